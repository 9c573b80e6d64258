"""The reasonable analyses that could have been planned instead: which choices there are, and their combinations."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.attribution.capabilities import METHODS, MatchSpec, match_spec, methods_of
from wlz_eval.attribution.formula import MatchingFormula, read_formula
from wlz_eval.attribution.options import SCHOOL_COLUMNS
from wlz_eval.core.errors import OptionError

__all__ = ["VARIANTS", "DesignChoice", "Variant", "covariate_sets", "design_choices", "supported_variants"]

#: Characteristics that a matched comparison may use beside the planned ones.
CHARACTERISTICS: tuple[str, ...] = (
    "fsm", "sen", "eal", "gender", "ethnicity", "imd_decile", "social_care", "year_group",
)
#: A column counts as held when at least this share of the children of each group have it.
HELD_SHARE = 0.8
#: Widths of the caliper, in SDs of the distance.
CALIPERS: tuple[float | None, ...] = (None, 0.1, 0.2)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way of matching, without caliper and exact columns.

    Parameters
    ----------
    name : str
        In plain words, as the figure shows it.
    options : mapping
        Options of :func:`wlz_eval.attribution.match`.
    caliper : bool
        Whether a caliper in SDs of its distance makes sense.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    caliper: bool = True


def _variant(name: str, caliper: bool = True, **options: Any) -> Variant:
    return Variant(name=name, options=MappingProxyType(options), caliper=caliper)


#: Ways of matching that a careful evaluator might have planned. Those that no method supports are left out, so a
#: method that is added to the table of capabilities joins by itself.
VARIANTS: tuple[Variant, ...] = (
    _variant("nearest, 1 each", method="nearest"),
    _variant("nearest, 1 each, log-odds", method="nearest", link="linear.logit"),
    _variant("nearest, 1 each, probit", method="nearest", link="probit"),
    _variant("nearest, 2 each", method="nearest", ratio=2),
    _variant("nearest, 3 each", method="nearest", ratio=3),
    _variant("nearest, reusing", method="nearest", replace=True),
    _variant("nearest, 3 each, reusing", method="nearest", ratio=3, replace=True),
    _variant("nearest, Mahalanobis", caliper=False, method="nearest", distance="mahalanobis"),
    _variant("nearest, robust Mahalanobis", caliper=False, method="nearest", distance="robust_mahalanobis"),
    _variant("nearest, scaled Euclidean", caliper=False, method="nearest", distance="scaled_euclidean"),
    _variant("optimal, 1 each", method="optimal"),
    _variant("optimal, 2 each", method="optimal", ratio=2),
    _variant("optimal, Mahalanobis", caliper=False, method="optimal", distance="mahalanobis"),
    _variant("full", method="full"),
    _variant("coarsened exact", caliper=False, method="cem"),
    _variant("subclasses", caliper=False, method="subclass"),
    _variant("cardinality", caliper=False, method="cardinality"),
    _variant("inverse-probability weights", caliper=False, method="ipw"),
    _variant("overlap weights", caliper=False, method="overlap"),
    _variant("entropy balancing", caliper=False, method="entropy"),
)


def _spec(options: Mapping[str, Any]) -> MatchSpec:
    """Check options, whichever verb their method belongs to."""
    return match_spec(options, "weight" if options.get("method") in methods_of("weight") else "match")


def _supported(options: Mapping[str, Any]) -> bool:
    try:
        _spec(options)
    except OptionError:
        return False
    return True


def supported_variants() -> tuple[Variant, ...]:
    """List the variants that the methods of :data:`METHODS` can do today.

    Examples
    --------
    >>> supported_variants()[0].name
    'nearest, 1 each'
    """
    return tuple(v for v in VARIANTS if v.options["method"] in METHODS and _supported(v.options))


@dataclass(frozen=True, kw_only=True)
class DesignChoice:
    """One design among the many: what was chosen, in words and as options.

    Parameters
    ----------
    comparison, method, caliper, covariates, exact : str
        In words, as the table and the figure show them.
    formula : str
    options : mapping
        Options of ``match``.
    own_baseline : bool
        Whether the outcome's own baseline may be adjusted for.
    planned : bool
        Whether this is the plan's own design.
    """

    comparison: str
    method: str
    caliper: str
    covariates: str
    exact: str
    formula: str
    options: dict[str, Any]
    own_baseline: bool = True
    planned: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What makes two choices the same design."""
        spec = _spec({name: value for name, value in self.options.items() if name != "seed"})
        return self.formula.replace(" ", ""), repr((self.comparison, self.own_baseline, spec))


def _terms(right: str) -> list[str]:
    """Split the right-hand side at its top-level plus signs."""
    parts, depth = [""], 0
    for sign in right:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "+" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def _names_column(term: str, column: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(column)}(?![\w.])", term) is not None


def _held(data: pd.DataFrame, column: str, treatment: str) -> bool:
    values = data[column]
    known = values.notna().groupby(data[treatment] == 1).mean()
    return bool(known.min() >= HELD_SHARE and len(values.dropna().unique()) > 1)


def _as_term(data: pd.DataFrame, column: str) -> str:
    return column if pd.api.types.is_numeric_dtype(data[column].dtype) else f"C({column})"


def covariate_sets(read: MatchingFormula, data: pd.DataFrame, own: str | None) -> dict[str, tuple[str, bool]]:
    """Name the sets of covariates that might have been planned.

    Parameters
    ----------
    read : MatchingFormula
        The plan's formula.
    data : DataFrame
        Baseline columns.
    own : str or None
        The outcome's own baseline.

    Returns
    -------
    dict
        Right-hand side of the formula, and whether the outcome's own baseline may be adjusted for, by name;
        ``as planned`` first.
    """
    terms = _terms(read.right)
    scores = [c for c in read.columns if c.endswith("_baseline") and c not in read.categorical]
    scores = [c for c in scores if pd.api.types.is_numeric_dtype(data[c].dtype) and data[c].nunique() > 2]
    sets = {"as planned": (read.right, True)}
    if scores:
        sets["with squares"] = (" + ".join([*terms, *(f"I({c} ** 2)" for c in scores)]), True)
    without = [t for t in terms if own is None or not _names_column(t, own)]
    if own is not None and without and len(without) < len(terms):
        sets["without own baseline"] = (" + ".join(without), False)
    if own is not None and own in data and _held(data, own, read.treatment):
        sets["own baseline only"] = (own, True)
    candidates = [c for c in data.columns if c in CHARACTERISTICS or (c.endswith("_baseline") and "pre_" not in c)]
    more = [c for c in candidates if c not in read.columns and _held(data, c, read.treatment)]
    if more:
        sets["all that is held"] = (" + ".join([*terms, *(_as_term(data, c) for c in more)]), True)
    seen: dict[tuple[str, ...], str] = {}
    return {k: v for k, v in sets.items() if seen.setdefault(tuple(sorted(_terms(v[0]))), k) == k}


def _exact_sets(exact: Sequence[str], comparison: str) -> dict[str, tuple[str, ...]]:
    """Exact agreement as planned, on the school where that is possible, and on nothing."""
    planned = tuple(c for c in exact if comparison == "same_school" or c not in SCHOOL_COLUMNS)
    words = {c: "same school" if c in SCHOOL_COLUMNS else c for c in planned}
    sets = {" and ".join(words.values()): planned} if planned else {}
    return {**sets, "nothing exact": ()}


def design_choices(
    formula: str,
    data: Mapping[str, pd.DataFrame],
    planned: Mapping[str, Any],
    comparison: str,
    own: str | None = None,
) -> list[DesignChoice]:
    """Combine the reasonable choices; the plan's own design first.

    Parameters
    ----------
    formula : str
        The plan's.
    data : mapping of str to DataFrame
        For each type of comparison child: programme children and those of that type, baseline columns only.
    planned : mapping
        The plan's options of ``match``.
    comparison : str
        The plan's type of comparison children.
    own : str, optional
        The outcome's own baseline column.
    """
    exact = tuple(planned.get("exact", ()))
    choices = []
    for kind, frame in data.items():
        read = read_formula(formula, [str(c) for c in frame.columns])
        sets, exacts = covariate_sets(read, frame, own), _exact_sets(exact, kind)
        for variant, caliper, named, (agree, columns) in itertools.product(
            supported_variants(), CALIPERS, sets.items(), exacts.items()
        ):
            options = {**variant.options, "exact": columns, **({} if caliper is None else {"caliper": caliper})}
            if (caliper is not None and not variant.caliper) or not _supported(options):
                continue
            right, own_baseline = named[1]
            choices.append(
                DesignChoice(
                    comparison=kind,
                    method=variant.name,
                    caliper="no caliper" if caliper is None else f"caliper {caliper:g} SD",
                    covariates=named[0],
                    exact=agree,
                    formula=f"{read.treatment} ~ {right}",
                    options=options,
                    own_baseline=own_baseline,
                )
            )
    return [_planned_choice(formula, planned, comparison, exact), *choices]


def _planned_choice(formula: str, planned: Mapping[str, Any], comparison: str, exact: tuple[str, ...]) -> DesignChoice:
    """Describe the plan's own design in the words of the others."""
    agree, columns = next(iter(_exact_sets(exact, comparison).items()))
    options = {**planned, "exact": columns}
    caliper = options.get("caliper")
    number = isinstance(caliper, (int, float, np.number))
    wanted = {k: v for k, v in options.items() if k not in ("exact", "caliper", "std_caliper", "seed")}
    spec = _spec(wanted)
    name = next((v.name for v in supported_variants() if _spec(v.options) == spec), str(spec.method))
    return DesignChoice(
        comparison=comparison,
        method=name,
        caliper="no caliper" if not caliper else f"caliper {caliper:g} SD" if number else "other caliper",
        covariates="as planned",
        exact=agree,
        formula=formula,
        options=options,
        planned=True,
    )
