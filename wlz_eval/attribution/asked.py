"""What was asked for, checked: numbers, words, names and seeds, each refused by its own name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["asked_for_names", "asked_for_number", "asked_for_one_of", "asked_for_seed", "asked_for_whole"]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_))


def asked_for_number(
    name: str, value: Any, least: float = -math.inf, most: float = math.inf, *, ends: bool = True
) -> float:
    """Check a finite number between two limits, themselves allowed with `ends`.

    Examples
    --------
    >>> asked_for_number("power", 0.8, 0, 1, ends=False)
    0.8
    """
    inside = _is_number(value) and math.isfinite(value) and (least <= value <= most if ends else least < value < most)
    if not inside:
        limits = [f"{'at least' if ends else 'above'} {least:g}"] if math.isfinite(least) else []
        limits += [f"{'at most' if ends else 'below'} {most:g}"] if math.isfinite(most) else []
        raise OptionError(f"{name} must be a number {' and '.join(limits)}, not {value!r}.".replace(" ,", ","))
    return float(value)


def asked_for_whole(name: str, value: Any, least: int = 1) -> int:
    """Check a whole number of at least so many."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise OptionError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    return int(value)


def asked_for_seed(seed: Any) -> int:
    """Check the seed of random steps."""
    return asked_for_whole("seed", seed, 0)


def asked_for_one_of(name: str, value: Any, valid: Sequence[str]) -> str:
    """Check a word, and suggest the nearest."""
    if not isinstance(value, str) or value not in valid:
        raise OptionError(f"{name} {value!r} is not known. {suggestion(str(value), valid)}")
    return value


def asked_for_names(name: str, value: Any) -> list[str]:
    """Check a list of names: at least one, none twice; a text is no list of its letters."""
    if isinstance(value, (str, Mapping)) or not hasattr(value, "__iter__"):
        raise OptionError(f"{name} must be a list of columns, such as ['score_endline'], not {value!r}.")
    names = list(value)
    if not names:
        raise OptionError(f"{name} is empty. Name at least one column.")
    twice = [n for n in names if names.count(n) > 1]
    if twice:
        raise OptionError(f"{name} holds {twice[0]!r} twice. Name it once.")
    return names
