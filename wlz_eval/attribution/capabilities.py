"""What each method can do: one table that drives validation, documentation and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd

from wlz_eval.attribution.distance import COVARIATE_DISTANCES, PROPENSITY_LINKS
from wlz_eval.core.errors import OptionError, suggestion

__all__ = [
    "METHODS",
    "OPTIONS",
    "MatchSpec",
    "MethodCapability",
    "capability_table",
    "match_spec",
    "methods_of",
    "option_problems",
]

#: Options that every method knows.
COMMON = frozenset({"method", "estimand", "exact", "missing", "seed"})
#: Options of a method that measures a distance.
DISTANCE = frozenset({"distance", "link", "cross_fit", "discard", "reestimate"})
#: Options of a method that weighs by propensity scores.
SCORE = frozenset({"distance", "link", "cross_fit"})
#: Options of a method that forms pairs under limits.
LIMITS = frozenset({"caliper", "std_caliper", "antiexact", "mahvars"})


@dataclass(frozen=True, kw_only=True)
class MethodCapability:
    """What one method supports.

    Parameters
    ----------
    description : str
        What it does, in one sentence.
    kind : {"pairs", "strata", "weights"}
        What it gives.
    estimands : tuple of str
    options : frozenset of str
        Names of the options that the method knows.
    scalar_only : bool
        Whether the distance must be one number a unit.
    orders : tuple of str
    """

    description: str
    kind: Literal["pairs", "strata", "weights"]
    estimands: tuple[str, ...]
    options: frozenset[str]
    scalar_only: bool = False
    orders: tuple[str, ...] = ()


METHODS: Mapping[str, MethodCapability] = MappingProxyType(
    {
        "nearest": MethodCapability(
            description="each child in turn takes the nearest comparison children that are still free",
            kind="pairs",
            estimands=("ATT", "ATC"),
            options=COMMON
            | DISTANCE
            | LIMITS
            | {"ratio", "replace", "order", "prefer", "reuse_max", "min_controls", "max_controls"},
            orders=("largest", "smallest", "closest", "farthest", "data", "random"),
        ),
        "optimal": MethodCapability(
            description="partners are chosen together: most children matched, then the least total distance",
            kind="pairs",
            estimands=("ATT", "ATC"),
            options=COMMON | DISTANCE | LIMITS | {"ratio", "prefer", "min_controls", "max_controls"},
        ),
        "full": MethodCapability(
            description="everybody is placed in sets of one child and those nearest to it, at the least total distance",
            kind="pairs",
            estimands=("ATT", "ATC", "ATE"),
            options=COMMON | DISTANCE | LIMITS | {"min_controls", "max_controls", "omit_fraction"},
        ),
        "subclass": MethodCapability(
            description="children are sorted into classes of like propensity score, and compared within them",
            kind="strata",
            estimands=("ATT", "ATC", "ATE"),
            options=COMMON | DISTANCE | {"subclass", "min_n"},
            scalar_only=True,
        ),
        "cem": MethodCapability(
            description="children are compared who agree on every covariate once it is cut into bins",
            kind="strata",
            estimands=("ATT", "ATC", "ATE"),
            options=COMMON | {"cutpoints", "grouping", "k2k"},
        ),
        "exact": MethodCapability(
            description="children are compared who agree on every covariate",
            kind="strata",
            estimands=("ATT", "ATC", "ATE"),
            options=COMMON,
        ),
        "cardinality": MethodCapability(
            description="the largest sample is kept whose groups differ by no more than is stated on every covariate",
            kind="strata",
            estimands=("ATT", "ATC", "ATE"),
            options=COMMON | {"ratio", "mahvars", "tolerances", "target", "fine", "gap", "node_limit", "time_limit"},
        ),
        "ipw": MethodCapability(
            description="children are weighed by the inverse of the probability of being in their group",
            kind="weights",
            estimands=("ATT", "ATC", "ATE"),
            options=COMMON | SCORE | {"trim"},
            scalar_only=True,
        ),
        "overlap": MethodCapability(
            description="children are weighed by the probability of being in the other group, so that those count most "
            "who could as well have been in either",
            kind="weights",
            estimands=("ATO",),
            options=COMMON | SCORE,
            scalar_only=True,
        ),
        "entropy": MethodCapability(
            description="children are weighed as equally as can be while the means of all covariates agree exactly",
            kind="weights",
            estimands=("ATT", "ATC", "ATE"),
            options=COMMON | {"moments", "base_weights"},
        ),
    }
)


@dataclass(frozen=True, kw_only=True)
class MatchSpec:
    """The options of one design, checked against :data:`METHODS`; named as in R's MatchIt where alike."""

    method: str = "nearest"
    distance: Any = "glm"
    link: str = "logit"
    cross_fit: int | None = None
    estimand: str = "ATT"
    ratio: int | None = 1
    replace: bool = False
    order: str | None = None
    caliper: Mapping[str, float] = field(default_factory=dict)
    std_caliper: Mapping[str, bool] = field(default_factory=dict)
    exact: tuple[str, ...] = ()
    antiexact: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    mahvars: tuple[str, ...] = ()
    discard: str = "none"
    reestimate: bool = False
    reuse_max: int | None = None
    min_controls: float | None = None
    max_controls: float | None = None
    subclass: int | tuple[float, ...] = 6
    min_n: int = 1
    cutpoints: Any = "sturges"
    grouping: Mapping[str, Any] = field(default_factory=dict)
    k2k: bool = False
    trim: float | None = None
    moments: int = 1
    base_weights: str | None = None
    omit_fraction: float = 0.0
    tolerances: Any = 0.05
    target: str | None = None
    fine: tuple[str, ...] = ()
    gap: float = 0.005
    node_limit: int = 1000
    time_limit: float = 300.0
    missing: str = "indicator"
    seed: int = 0


#: What each option means and which values it takes.
OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "method": "how partners are found",
        "distance": "glm (propensity), a covariate distance, a classifier, one number a child, or a matrix",
        "link": "link of the propensity model; linear. for its linear predictor",
        "cross_fit": "folds in which a classifier scores children it has not seen",
        "estimand": "whom the effect is averaged over",
        "ratio": "comparison children for each child; for cardinality with a target, None leaves the sizes free",
        "replace": "whether a comparison child may serve several",
        "order": "who chooses first",
        "caliper": "widest gap within a pair: on the distance, or a mapping of columns to widths",
        "std_caliper": "whether widths are in SDs; a mapping for single columns",
        "exact": "columns on which a pair must agree",
        "antiexact": "columns on which a pair must differ",
        "prefer": "columns on which pairs agree first, elsewhere if nobody is left",
        "mahvars": "columns whose Mahalanobis distance finds the partner, within the caliper on the distance; for "
        "cardinality: that pairs the children who were kept",
        "discard": "whom to leave out for want of overlap on the distance: none, treated, control, both",
        "reestimate": "whether the distance is estimated again after that",
        "reuse_max": "how often a comparison child may serve",
        "min_controls": "fewest comparison children a child",
        "max_controls": "most comparison children a child",
        "subclass": "number of classes, or the quantiles that separate them",
        "min_n": "fewest children of each group in a class",
        "cutpoints": "bins of each number: a rule (sturges, scott, fd, q4), how many, or where; a mapping by column",
        "grouping": "levels of a category that count as one, by column",
        "k2k": "whether strata are paired down to as many of one group as of the other, nearest first",
        "omit_fraction": "largest share of the comparison children whom full matching may leave out",
        "tolerances": "largest difference that cardinality matching leaves between the groups, in SDs; a mapping by "
        "column, 0.05 for those it does not name",
        "target": "whom the sample should resemble: focal (the group that the effect is about), all, or nobody",
        "fine": "columns whose shares must be exactly the same in both groups",
        "gap": "share by which a larger sample may be missed; 0 for the proven largest",
        "node_limit": "branches of the search after which the best sample found so far is taken",
        "time_limit": "seconds after which the same happens, as a guard",
        "trim": "a quantile to which higher weights come down, or (above 1) the most ordinary children one may weigh",
        "moments": "moments that entropy balancing makes agree: 1 means, 2 variances too",
        "base_weights": "column of weights that entropy balancing stays near to",
        "missing": "missing covariates: indicator (fill and mark), drop, or raise",
        "seed": "of everything random",
    }
)
DISCARD: tuple[str, ...] = ("none", "treated", "control", "both")
TARGETS: tuple[str, ...] = ("focal", "all")
MISSING: tuple[str, ...] = ("indicator", "drop", "raise")


def capability_table() -> pd.DataFrame:
    """One row a method: what it does, what it gives, estimands and options.

    Examples
    --------
    >>> capability_table().loc["nearest", "kind"]
    'pairs'
    """
    rows = {
        name: {
            "description": can.description,
            "kind": can.kind,
            "estimands": ", ".join(can.estimands),
            "options": ", ".join(sorted(can.options - COMMON)),
        }
        for name, can in METHODS.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def _one_of(option: str, value: object, valid: Sequence[str], method: str) -> None:
    if not isinstance(value, str) or value not in valid:
        raise OptionError(
            f"{option} {value!r} is not known to method {method!r}. {suggestion(str(value), valid)}"
        )


def _names(option: str, value: Any) -> tuple[str, ...]:
    """Read a column name, or several."""
    names = (value,) if isinstance(value, str) else () if value is None else value
    if not isinstance(names, (list, tuple, set, frozenset, pd.Index)) or not all(isinstance(n, str) for n in names):
        raise OptionError(f"{option} must be names of columns, not {value!r}.")
    # A set has no order of its own.
    return tuple(sorted(names) if isinstance(names, (set, frozenset)) else names)


def _calipers(caliper: Any, std_caliper: Any) -> tuple[dict[str, float], dict[str, bool]]:
    """Read one number, or one a column; ``distance`` is the distance itself."""
    widths = {} if caliper is None else dict(caliper) if isinstance(caliper, Mapping) else {"distance": caliper}
    for name, width in widths.items():
        number = isinstance(width, (int, float, np.number)) and not isinstance(width, bool)
        if not number or not width >= 0:
            raise OptionError(
                f"caliper on {name} must be a number of at least 0, not {width!r}; leave it out for no caliper."
            )
    for value in std_caliper.values() if isinstance(std_caliper, Mapping) else [std_caliper]:
        _yes_no("std_caliper", value)
    if isinstance(std_caliper, Mapping):
        unknown = [name for name in std_caliper if name not in widths]
        if unknown:
            raise OptionError(f"std_caliper names {unknown[0]!r}, on which there is no caliper.")
        scale = {name: bool(std_caliper.get(name, True)) for name in widths}
    else:
        scale = dict.fromkeys(widths, bool(std_caliper))
    return {name: float(width) for name, width in widths.items()}, scale


def _whole(option: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise OptionError(f"{option} must be a whole number of at least {least}, not {value!r}.")


def _yes_no(option: str, value: Any) -> None:
    if not isinstance(value, (bool, np.bool_)):
        raise OptionError(f"{option} must be True or False, not {value!r}.")


def _number(option: str, value: Any, least: float, below: float = np.inf) -> None:
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not least <= value < below:
        limit = f" and less than {below:g}" if np.isfinite(below) else ""
        raise OptionError(f"{option} must be a number of at least {least:g}{limit}, not {value!r}.")


def _check_counts(spec: MatchSpec) -> None:
    for option in ("replace", "reestimate", "k2k"):
        _yes_no(option, getattr(spec, option))
    _whole("seed", spec.seed, 0)
    _number("omit_fraction", spec.omit_fraction, 0, 1)
    _number("gap", spec.gap, 0, 1)
    _whole("node_limit", spec.node_limit, 1)
    _number("time_limit", spec.time_limit, 0)
    if not (spec.ratio is None and spec.method == "cardinality"):
        _whole("ratio", spec.ratio, 1)
    if spec.reuse_max is not None:
        _whole("reuse_max", spec.reuse_max, 1)
    if spec.cross_fit is not None:
        _whole("cross_fit", spec.cross_fit, 2)
    least, most = spec.min_controls, spec.max_controls
    for option, value in (("min_controls", least), ("max_controls", most)):
        if value is not None:
            (_whole if spec.method == "optimal" else _number)(option, value, 1 if spec.method == "optimal" else 0)
    if spec.method == "full" and least is not None and most is not None and least > most:
        raise OptionError(f"min_controls {least:g} is more than max_controls {most:g}: nobody could have so many.")
    if spec.method == "nearest" and (least is not None or most is not None):
        if most is None:
            raise OptionError("min_controls needs max_controls: say how many a child may have at most.")
        _whole("max_controls", most, 2)
        _whole("min_controls", least if least is not None else 1, 1)
        if not (least or 1) <= (spec.ratio or 1) <= most or (least or 1) == most:
            raise OptionError(
                f"ratio {spec.ratio} must lie between min_controls {least or 1} and max_controls {most}, being the "
                "average."
            )


def _check_sample(spec: MatchSpec) -> None:
    """Check whom the sample of cardinality matching should resemble."""
    if spec.target is not None:
        _one_of("target", spec.target, TARGETS, spec.method)
    if (spec.estimand == "ATE") != (spec.target == "all"):
        raise OptionError(
            f"estimand {spec.estimand!r} and target {spec.target!r} do not go together: ATE needs target 'all', which "
            "no other estimand may have."
        )
    if spec.ratio is None and spec.target is None:
        raise OptionError("ratio None leaves the sizes of the groups free, which needs a target: 'focal' or 'all'.")
    if spec.ratio is None and spec.mahvars:
        raise OptionError("mahvars pairs the children who were kept, which needs a ratio.")


def _check_score(spec: MatchSpec) -> None:
    """Refuse options of a propensity model where the distance is none, and distances of no known form."""
    distance = spec.distance
    if isinstance(distance, type) or not (
        isinstance(distance, (str, pd.Series, pd.DataFrame)) or hasattr(distance, "predict_proba")
    ):
        raise OptionError(
            f"distance must be a name, a Series (one number for each child, by label), a DataFrame (a matrix) or a "
            f"classifier that has been made, with fit and predict_proba; not {type(distance).__name__}."
        )
    given = isinstance(distance, (str, pd.Series, pd.DataFrame))
    if spec.cross_fit is not None and given:
        raise OptionError("cross_fit scores children by a classifier. Give one as distance, or leave cross_fit out.")
    if spec.link != "logit" and given and not (isinstance(distance, str) and distance == "glm"):
        raise OptionError(f"link {spec.link!r} belongs to a propensity model, and this distance is none. Leave it out.")
    if spec.link not in ("logit", "linear.logit") and not given:
        raise OptionError(f"link {spec.link!r} belongs to distance 'glm'; a classifier has logit or linear.logit.")


def _check_values(spec: MatchSpec, can: MethodCapability) -> None:
    _one_of("estimand", spec.estimand, can.estimands, spec.method)
    # Weights need a probability, which a linear predictor is not.
    links = [link for link in PROPENSITY_LINKS if can.kind != "weights" or not link.startswith("linear.")]
    _one_of("link", spec.link, links, spec.method)
    _one_of("discard", spec.discard, DISCARD, spec.method)
    _one_of("missing", spec.missing, MISSING, spec.method)
    if isinstance(spec.distance, str):
        valid = ("glm",) if can.scalar_only else ("glm", *COVARIATE_DISTANCES)
        _one_of("distance", spec.distance, valid, spec.method)
    _check_score(spec)
    if spec.order is not None:
        _one_of("order", spec.order, can.orders, spec.method)
    if spec.reestimate and spec.discard == "none":
        raise OptionError("reestimate needs discard: without it nobody is left out to estimate again without.")
    _check_counts(spec)
    both = [name for name in spec.exact if name in spec.antiexact]
    if both:
        raise OptionError(f"exact and antiexact both name {both[0]!r}: no pair can agree and differ on it.")
    if spec.method == "cardinality":
        _check_sample(spec)


def methods_of(verb: str) -> tuple[str, ...]:
    """Names of the methods of ``match`` or of ``weight``, the default first.

    Examples
    --------
    >>> methods_of("weight")
    ('ipw', 'overlap', 'entropy')
    """
    return tuple(name for name, can in METHODS.items() if (can.kind == "weights") == (verb == "weight"))


def _method(options: Mapping[str, Any], verb: str) -> str:
    valid = methods_of(verb)
    method = options.get("method", valid[0])
    if isinstance(method, str) and method in METHODS and method not in valid:
        raise OptionError(f"method {method!r} belongs to {'match' if verb == 'weight' else 'weight'}(): call that.")
    _one_of("method", method, valid, verb)
    return str(method)


def _is_default(value: Any, default: Any) -> bool:
    """Whether a value says nothing; tables and arrays always say something."""
    if isinstance(value, (pd.Series, pd.DataFrame, np.ndarray)):
        return False
    return value is None or bool(value == default)


def match_spec(options: Mapping[str, Any], verb: str = "match") -> MatchSpec:
    """Check the options of a design.

    Parameters
    ----------
    options : mapping
    verb : {"match", "weight"}
        Whose methods may be asked for.

    Raises
    ------
    OptionError
        For an option that does not exist, one that the method does not know, or a value that is not valid; the
        nearest is suggested.

    Examples
    --------
    >>> match_spec({"caliper": 0.2}).caliper
    {'distance': 0.2}
    """
    valid = tuple(f.name for f in fields(MatchSpec))
    for name in options:
        if name not in valid:
            raise OptionError(f"Unknown matching option {name!r}. {suggestion(name, valid)}")
    method = _method(options, verb)
    can = METHODS[method]
    default = MatchSpec(method=method, estimand=can.estimands[0])
    for name, value in options.items():
        if name not in can.options and not _is_default(value, getattr(default, name)):
            raise OptionError(
                f"Method {method!r} has no {name}. Leave it out, or choose a method that has it: "
                f"{', '.join(other for other, its in METHODS.items() if name in its.options) or 'none'}."
            )
    caliper, std_caliper = _calipers(options.get("caliper"), options.get("std_caliper", True))
    named = ("exact", "antiexact", "prefer", "mahvars", "fine")
    columns: dict[str, Any] = {name: _names(name, options.get(name, ())) for name in named}
    # Lists compare and print as they are; arrays do not.
    plain = {k: v.tolist() if isinstance(v, np.ndarray) and k != "distance" else v for k, v in options.items()}
    rest = {k: v for k, v in plain.items() if k not in {"caliper", "std_caliper", *columns}}
    spec = replace(default, **rest, caliper=caliper, std_caliper=std_caliper, **columns)
    _check_values(spec, can)
    return spec


def option_problems(options: Mapping[str, Any], verb: str = "match") -> list[tuple[str, str]]:
    """Everything that is wrong with the options of a design at once: the option to change, and why.

    Each is what :func:`match_spec` says once the option before it is left out.

    Examples
    --------
    >>> [option for option, _ in option_problems({"caliper": -1, "reestimate": True})]
    ['caliper', 'reestimate']
    """
    left, problems = dict(options), []
    while (why := _refusal(left, verb)) is not None:
        to_blame = (name for name in left if name != "method" and _refusal(_without(left, name), verb) != why)
        option = next(to_blame, "method")
        problems.append((option, why))
        if option == "method":
            break
        left = _without(left, option)
    return problems


def _without(options: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key != name}


def _refusal(options: Mapping[str, Any], verb: str) -> str | None:
    try:
        match_spec(options, verb)
    except OptionError as error:
        return str(error)
    return None
