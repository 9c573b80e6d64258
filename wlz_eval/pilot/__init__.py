"""What West London Zone has published, computed again; the pilot's small tables rebuilt; and what they could show."""
