"""Standard errors and intervals that hold with few schools, shared by attribution and engagement."""

from wlz_eval.inference.estimates import DF_KINDS, ILLUSTRATIVE_BELOW, WORKING_MODELS, RobustEstimates
from wlz_eval.inference.incomplete import IncompleteChange, incomplete_change, lost_profile
from wlz_eval.inference.linear import LeastSquares, independent_columns, least_squares
from wlz_eval.inference.mixed import MIXED_DF_KINDS, MixedEstimates, mixed_reml
from wlz_eval.inference.multiplicity import holm
from wlz_eval.inference.robust import CLUSTER_DF_KINDS, CLUSTER_KINDS, cluster_robust, hc_robust
from wlz_eval.inference.sandwich import intraclass_moments
from wlz_eval.inference.twoway import TWOWAY_KINDS, twoway_robust
from wlz_eval.inference.wild import WILD_WEIGHTS, WildBootstrap, wild_bootstrap

__all__ = [
    "CLUSTER_DF_KINDS",
    "CLUSTER_KINDS",
    "DF_KINDS",
    "ILLUSTRATIVE_BELOW",
    "MIXED_DF_KINDS",
    "TWOWAY_KINDS",
    "WILD_WEIGHTS",
    "WORKING_MODELS",
    "IncompleteChange",
    "LeastSquares",
    "MixedEstimates",
    "RobustEstimates",
    "WildBootstrap",
    "cluster_robust",
    "hc_robust",
    "holm",
    "incomplete_change",
    "independent_columns",
    "intraclass_moments",
    "least_squares",
    "lost_profile",
    "mixed_reml",
    "twoway_robust",
    "wild_bootstrap",
]
