"""What changed for the programme's children, beside what is to be expected of them with no programme.

From data to page: ``population`` (whom the children were chosen from), ``normal`` (regression to the mean in closed
form), ``untreated`` and ``expected`` (the same, drawn for these very children), ``outcome``, ``scales`` and
``composite`` (what was seen beside it), ``result``, ``tables``, ``findings``, ``figures``.
"""

from wlz_eval.measures.progress.change import Change, Share, cluster_mean, clustered_share, paired_change, wilson
from wlz_eval.measures.progress.figures import draw_changes, draw_exit_rates, draw_flow, draw_ways
from wlz_eval.measures.progress.normal import Population, exit_rate_expected, expected_exit_rate, expected_regression
from wlz_eval.measures.progress.published import published_exit_rates
from wlz_eval.measures.progress.result import Progress, level_unit, progress

__all__ = [
    "Change", "Population", "Progress", "Share", "cluster_mean", "clustered_share", "draw_changes", "draw_exit_rates",
    "draw_flow", "draw_ways", "exit_rate_expected", "expected_exit_rate", "expected_regression", "level_unit",
    "paired_change", "progress", "published_exit_rates", "wilson",
]
