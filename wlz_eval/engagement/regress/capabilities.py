"""What each regression can do: models, treatments of schools, variances, in one table that drives everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.inference import MIXED_DF_KINDS

__all__ = ["CAPABILITIES", "MODELS", "SCHOOL_EFFECTS", "VARIANCES", "Capability", "capability_table", "check_request"]

#: Models, and what each is for.
MODELS: Mapping[str, str] = MappingProxyType(
    {
        "linear": "a score, or any number",
        "logistic": "yes or no, such as at risk or not",
        "ordered": "a few levels in order (proportional odds)",
    }
)
#: Ways to treat schools, and what each compares.
SCHOOL_EFFECTS: Mapping[str, str] = MappingProxyType(
    {
        "cluster": "all children; the interval allows for children of a school being alike",
        "fixed": "children of the same school only; the interval allows for slopes that differ between schools",
        "random": "all children; schools are drawn from one normal distribution (mixed model)",
    }
)
#: Variances, and how each is named in words.
VARIANCES: Mapping[str, str] = MappingProxyType(
    {
        "CR2-exchangeable": "CR2 by school with random-intercept weights",
        "CR2": "CR2 by school",
        "CR3": "CR3 by school (jackknife)",
        "CR1": "CR1 by school",
        "CR1S": "CR1S by school",
        "CR0": "CR0 by school",
        "REML": "random intercept a school (REML)",
    }
)
_ROBUST = ("ik", "bm", "clusters", "residual", "normal")
_WEIGHTED = ("bm", "clusters", "residual", "normal")
_SCORES = ("bm", "clusters", "ik", "normal")
_COUNTED = ("clusters", "bm", "ik", "residual", "normal")


def _plain(first: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Variances of one fit, each with its degrees of freedom, the default first."""
    return {"CR2": first, **{kind: ("clusters", *(d for d in first if d != "clusters")) for kind in
                             ("CR3", "CR1", "CR1S", "CR0")}}


@dataclass(frozen=True)
class Capability:
    """What one model does with schools treated in one way.

    Parameters
    ----------
    variances : mapping of str to tuple of str
        Variances, the default first; of each its degrees of freedom, the default first. Empty when the two do not go
        together.
    why_not : str
        Why they do not, and what to do instead.
    """

    variances: Mapping[str, tuple[str, ...]]
    why_not: str = ""


#: What goes with what. The default of the linear model is the choice of ``data/studies/dose.csv``.
CAPABILITIES: Mapping[tuple[str, str], Capability] = MappingProxyType(
    {
        ("linear", "cluster"): Capability({"CR2-exchangeable": _WEIGHTED, **_plain(_ROBUST)}),
        ("linear", "fixed"): Capability(_plain(_ROBUST)),
        ("linear", "random"): Capability({"REML": MIXED_DF_KINDS}),
        ("logistic", "cluster"): Capability(_plain(_SCORES)),
        ("logistic", "fixed"): Capability(_plain(_SCORES)),
        ("logistic", "random"): Capability(
            {}, "A logistic model with random schools is not offered: use cluster, or model linear."
        ),
        ("ordered", "cluster"): Capability(_plain(_SCORES)),
        ("ordered", "fixed"): Capability(
            {}, "An ordered model with a level for each school is biased with few children a school: use cluster."
        ),
        ("ordered", "random"): Capability(
            {}, "An ordered model with random schools is not offered: use cluster, or model linear."
        ),
    }
)


def capability_table() -> pd.DataFrame:
    """One row a model and treatment of schools: ``model``, ``schools``, ``offered``, ``variances``, ``why_not``.

    Examples
    --------
    >>> bool(capability_table().set_index(["model", "schools"]).loc[("ordered", "random"), "offered"])
    False
    """
    rows = [
        (model, schools, bool(can.variances), ", ".join(can.variances), can.why_not)
        for (model, schools), can in CAPABILITIES.items()
    ]
    return pd.DataFrame(rows, columns=["model", "schools", "offered", "variances", "why_not"])


def check_request(model: str, school_effects: str, variance: str | None, df: str | None) -> tuple[str, str]:
    """Check what was asked for, and fill in the defaults.

    Returns
    -------
    tuple of str
        Variance and degrees of freedom.

    Raises
    ------
    OptionError
        For an unknown model, treatment of schools, variance or degrees of freedom, or two that do not go together.

    Examples
    --------
    >>> check_request("linear", "random", None, None)
    ('REML', 'kenward-roger')
    """
    for option, value, valid in (
        ("model", model, tuple(MODELS)),
        ("school_effects", school_effects, tuple(SCHOOL_EFFECTS)),
    ):
        if value not in valid:
            raise OptionError(f"Unknown {option} {value!r}. {suggestion(str(value), valid)}")
    can = CAPABILITIES[model, school_effects]
    if not can.variances:
        raise OptionError(f"model {model!r} and school_effects {school_effects!r} do not go together. {can.why_not}")
    where = f"model {model!r} with school_effects {school_effects!r}"
    chosen = variance or next(iter(can.variances))
    if chosen not in can.variances:
        raise OptionError(f"{where} has no variance {chosen!r}. {suggestion(str(chosen), tuple(can.variances))}")
    freedom = df or can.variances[chosen][0]
    if freedom not in can.variances[chosen]:
        raise OptionError(f"variance {chosen!r} has no df {freedom!r}. {suggestion(freedom, can.variances[chosen])}")
    return chosen, freedom
