"""One entry to every method: the verb is chosen by what the method gives."""

from __future__ import annotations

from typing import Any

import pandas as pd

from wlz_eval.attribution.capabilities import methods_of
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.match import match
from wlz_eval.attribution.weight import weight
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["make_design"]


def make_design(formula: str, data: pd.DataFrame | AnalysisFrame, **options: Any) -> Design:
    """Make a design by any method: `weight` for the methods that weigh, `match` for all others.

    Parameters
    ----------
    formula, data, **options
        See :func:`wlz_eval.match` and :func:`wlz_eval.attribution.weight.weight`.

    Examples
    --------
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0, 0], "age": [6, 8, 5, 7, 9]}, index=list("abcde"))
    >>> [make_design("programme ~ age", data, method=m).spec.method for m in ("nearest", "entropy")]
    ['nearest', 'entropy']
    """
    verb = weight if options.get("method") in methods_of("weight") else match
    return verb(formula, data, **options)
