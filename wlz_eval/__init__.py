"""wlz_eval."""
