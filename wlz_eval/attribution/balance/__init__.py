"""Balance of two groups: measures of a column, the table before and after, by group, prognostic, and pictures."""

from wlz_eval.attribution.balance.by_group import BalanceByGroup, balance_by_group, draw_balance_by_group
from wlz_eval.attribution.balance.distribution import distribution_table, draw_distribution
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
from wlz_eval.attribution.balance.overlap import draw_overlap, overlap_plot, overlap_table
from wlz_eval.attribution.balance.plots import love_plot
from wlz_eval.attribution.balance.prognostic import PrognosticBalance, prognostic_balance
from wlz_eval.attribution.balance.table import BalanceTable, balance_table

__all__ = [
    "BalanceByGroup",
    "BalanceTable",
    "PrognosticBalance",
    "balance_by_group",
    "balance_of",
    "balance_table",
    "distribution_table",
    "draw_balance_by_group",
    "draw_distribution",
    "draw_overlap",
    "ecdf_gaps",
    "effective_size",
    "love_plot",
    "overlap_plot",
    "overlap_table",
    "pair_gap",
    "prognostic_balance",
    "smd",
    "standardising_sd",
    "stratum_gap",
    "variance_ratio",
    "weighted_mean",
    "weighted_variance",
]
