"""Read-only registries: measures, bands, rates, unit values, breaks; each row with its source and date."""
