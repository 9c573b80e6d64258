"""What each matching method can do: one table that drives validation, documentation and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["METHODS", "MatchSpec", "MethodCapability", "match_spec"]


@dataclass(frozen=True, kw_only=True)
class MethodCapability:
    """What one matching method supports.

    Parameters
    ----------
    description : str
        What it does, in one sentence.
    estimands, distances, links, orders : tuple of str
        Values that the method accepts.
    ratio, replace, caliper, exact : bool
        Whether the method knows that option at all.
    """

    description: str
    estimands: tuple[str, ...]
    distances: tuple[str, ...]
    links: tuple[str, ...]
    orders: tuple[str, ...]
    ratio: bool
    replace: bool
    caliper: bool
    exact: bool


METHODS: Mapping[str, MethodCapability] = MappingProxyType(
    {
        "nearest": MethodCapability(
            description="each child in turn takes the nearest comparison children that are still free",
            estimands=("ATT", "ATC"),
            distances=("glm",),
            links=("logit", "linear.logit"),
            orders=("largest", "smallest", "data", "random"),
            ratio=True,
            replace=True,
            caliper=True,
            exact=True,
        ),
    }
)


@dataclass(frozen=True, kw_only=True)
class MatchSpec:
    """The options of one matched design, checked against :data:`METHODS`."""

    method: str = "nearest"
    distance: str = "glm"
    link: str = "logit"
    estimand: str = "ATT"
    ratio: int = 1
    replace: bool = False
    order: str = "largest"
    caliper: float | None = None
    std_caliper: bool = True
    exact: tuple[str, ...] = ()
    seed: int = 0


def _one_of(option: str, value: object, valid: tuple[str, ...], method: str) -> None:
    if value not in valid:
        raise OptionError(
            f"{option} {value!r} is not known to method {method!r}. {suggestion(str(value), valid)}"
        )


def match_spec(options: Mapping[str, Any]) -> MatchSpec:
    """Check the options of a matched design.

    Raises
    ------
    OptionError
        For an option that does not exist, or a value that the method does not know; the nearest is suggested.

    Examples
    --------
    >>> match_spec({"caliper": 0.2}).ratio
    1
    """
    valid = tuple(f.name for f in fields(MatchSpec))
    for name in options:
        if name not in valid:
            raise OptionError(f"Unknown matching option {name!r}. {suggestion(name, valid)}")
    exact = options.get("exact", ())
    exact = (exact,) if isinstance(exact, str) else tuple(exact or ())
    spec = replace(MatchSpec(), **{**options, "exact": exact})
    _one_of("method", spec.method, tuple(METHODS), spec.method)
    can = METHODS[spec.method]
    _one_of("distance", spec.distance, can.distances, spec.method)
    _one_of("link", spec.link, can.links, spec.method)
    _one_of("estimand", spec.estimand, can.estimands, spec.method)
    _one_of("order", spec.order, can.orders, spec.method)
    if isinstance(spec.ratio, bool) or not isinstance(spec.ratio, int) or spec.ratio < 1:
        raise OptionError(f"ratio must be a whole number of at least 1, not {spec.ratio!r}.")
    if spec.caliper is not None and not spec.caliper > 0:
        raise OptionError(f"caliper must be above 0, not {spec.caliper!r}; leave it out for no caliper.")
    default = MatchSpec()
    for name in ("ratio", "replace", "caliper", "exact"):
        if not getattr(can, name) and getattr(spec, name) != getattr(default, name):
            raise OptionError(f"Method {spec.method!r} has no {name}. Leave it out.")
    return spec
