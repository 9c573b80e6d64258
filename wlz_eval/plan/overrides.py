"""Changes to a plan for one run: each is applied, and listed as a departure."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wlz_eval.core.errors import PlanError, Problem, suggestion
from wlz_eval.plan.model import PlanModel
from wlz_eval.plan.problems import model_at, path_text

__all__ = ["Departure", "departures", "flatten", "merge"]


@dataclass(frozen=True)
class Departure:
    """One key in which the analysis differs from the plan.

    Parameters
    ----------
    key : str
        Where it stands in the plan, such as ``matching.caliper``.
    planned, used : object
        What the plan says, and what was done.
    """

    key: str
    planned: Any
    used: Any

    def __str__(self) -> str:
        return f"{self.key}: planned {self.planned!r}, used {self.used!r}"


def _parts(key: str) -> list[str | int]:
    """Split ``outcomes[0].primary`` or ``outcomes.0.primary`` into its parts."""
    words = [w for w in re.split(r"[.\[\]]+", str(key)) if w]
    return [int(w) if w.isdigit() else w for w in words]


def _set(
    target: Any, path: list[str | int], value: Any, table: str, done: tuple[str | int, ...] = ()
) -> None:
    part, rest, here = path[0], path[1:], (*done, path[0])
    if isinstance(target, list):
        if not isinstance(part, int) or part >= len(target):
            raise PlanError(
                [
                    Problem(
                        table=table,
                        column=path_text(here),
                        message=f"{path_text(done)} is a list of {len(target)}",
                        remedy=f"Name an element, 0 to {len(target) - 1}, or give the whole list."
                        if target
                        else "Give the whole list.",
                    )
                ]
            )
    else:
        model = model_at(done)
        valid = sorted(model.model_fields) if model else []
        if part not in valid:
            raise PlanError(
                [
                    Problem(
                        table=table,
                        column=path_text(here),
                        message="there is no such key in the plan",
                        remedy=suggestion(str(part), valid)
                        if valid
                        else f"{path_text(done)} has no keys below it.",
                    )
                ]
            )
        if rest and target.get(part) is None:
            target[part] = {}
    if rest:
        _set(target[part], rest, value, table, here)
    elif isinstance(value, Mapping):
        if target[part] is None:
            target[part] = {}
        if not value:
            return
        for key, inner in value.items():
            _set(target[part], _parts(key), inner, table, here)
    else:
        target[part] = list(value) if isinstance(value, tuple) else value


def merge(
    planned: Mapping[str, Any], overrides: Mapping[str, Any], table: str = "plan_overrides"
) -> dict[str, Any]:
    """Apply overrides to a plan's plain mapping, without changing it.

    Examples
    --------
    >>> base = {"value": {"price_year": 2023, "schedule": "green_book"}}
    >>> merge(base, {"value.price_year": 2020})["value"]
    {'price_year': 2020, 'schedule': 'green_book'}
    """
    if not isinstance(overrides, Mapping):
        raise PlanError(
            [
                Problem(
                    table=table,
                    message=f"plan overrides are a mapping, this is a {type(overrides).__name__}",
                    remedy="Give for example {'matching.caliper': 0.1}.",
                )
            ]
        )
    merged = copy.deepcopy(dict(planned))
    problems: list[Problem] = []
    for key, value in overrides.items():
        path = _parts(key)
        try:
            if not path:
                raise PlanError(
                    [Problem(table=table, message="an override has an empty key", remedy="Name the key.")]
                )
            _set(merged, path, value, table)
        except PlanError as error:
            problems.extend(error.problems)
    if problems:
        raise PlanError(problems)
    return merged


def flatten(value: Any, path: tuple[str | int, ...] = ()) -> dict[str, Any]:
    """Every leaf of a plain mapping by its path; a list of plain values is one leaf."""
    if isinstance(value, Mapping) and value:
        return {k: v for key, inner in value.items() for k, v in flatten(inner, (*path, key)).items()}
    if isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
        return {k: v for i, inner in enumerate(value) for k, v in flatten(inner, (*path, i)).items()}
    return {path_text(path): value}


def changed_keys(before: Any, after: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str, Any, Any]]:
    """Keys whose value differs between two plain plans, with both values (``None`` where absent).

    Examples
    --------
    >>> changed_keys({"matching": None, "seed": 1}, {"matching": None, "seed": 2})
    [('seed', 1, 2)]
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = [*before, *(k for k in after if k not in before)]
        return [c for k in keys for c in changed_keys(before.get(k), after.get(k), (*path, k))]
    lists = isinstance(before, list) and isinstance(after, list) and len(before) == len(after)
    if lists and all(isinstance(v, Mapping) for v in (*before, *after)):
        return [
            c
            for i, pair in enumerate(zip(before, after, strict=True))
            for c in changed_keys(*pair, (*path, i))
        ]
    return [] if before == after else [(path_text(path), before, after)]


def departures(planned: PlanModel, used: PlanModel) -> tuple[Departure, ...]:
    """List the keys in which what is used differs from what was planned."""
    pairs = changed_keys(planned.model_dump(mode="json"), used.model_dump(mode="json"))
    return tuple(Departure(key=k, planned=a, used=b) for k, a, b in pairs)
