"""Balance of two groups: measures of a column, the table before and after, by group, prognostic, and pictures."""

from wlz_eval.attribution.balance.by_group import BalanceByGroup, balance_by_group, draw_balance_by_group
from wlz_eval.attribution.balance.gaps import ecdf_gaps, pair_gap, stratum_gap
from wlz_eval.attribution.balance.given import balance_of
from wlz_eval.attribution.balance.measures import (
    effective_size,
    smd,
    standardising_sd,
    variance_ratio,
    weighted_mean,
    weighted_variance,
)
from wlz_eval.attribution.balance.plots import love_plot
from wlz_eval.attribution.balance.table import BalanceTable, balance_table

__all__ = [
    "BalanceByGroup",
    "BalanceTable",
    "balance_by_group",
    "balance_of",
    "balance_table",
    "draw_balance_by_group",
    "ecdf_gaps",
    "effective_size",
    "love_plot",
    "pair_gap",
    "smd",
    "standardising_sd",
    "stratum_gap",
    "variance_ratio",
    "weighted_mean",
    "weighted_variance",
]
