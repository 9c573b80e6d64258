"""One file a weighting method: pure functions from covariates or scores to weights."""
