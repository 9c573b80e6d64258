"""Several cohorts in one model."""
