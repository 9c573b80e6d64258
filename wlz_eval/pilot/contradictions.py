"""The contradictions of the published figures, each with a quotation from both sides and what can be computed of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

from wlz_eval.core.errors import OptionError
from wlz_eval.pilot.expression import Figures, Value, evaluate, parse
from wlz_eval.pilot.rounding import fitting_counts, modes_that_give
from wlz_eval.pilot.tables import CheckRow, checks, contradictions, figures, known_values
from wlz_eval.pilot.words import number_words

__all__ = ["carry_out", "check_words", "evidence"]

_ONE, _THOUSAND = Fraction(1), Fraction(1000)


def _counts(printed: Fraction, whole: Fraction) -> tuple[str, ...]:
    found = fitting_counts(printed, [int(whole)])
    return tuple(mode for mode, pairs in found.items() if pairs)


def _shared(a: Fraction, b: Fraction, among: Value, mode: str) -> set[int]:
    """Numbers of children that could stand behind both percentages."""
    ends = among if isinstance(among, tuple) else (among, among)
    wholes = range(int(ends[0]), int(ends[1]) + 1)
    first, second = ({whole for _, whole in fitting_counts(p, wholes)[mode]} for p in (a, b))
    return first & second


#: What each relation of a check means, for the two numbers that it compares.
RELATIONS: Mapping[str, Callable[[Fraction, Fraction], bool]] = MappingProxyType(
    {
        "equals": lambda a, b: a == b,
        "differs": lambda a, b: a != b,
        "below": lambda a, b: a < b,
        "above": lambda a, b: a > b,
        "rounds_to": lambda a, b: "half_up" in modes_that_give(a, b, _ONE),
        "does_not_round_to": lambda a, b: not modes_that_give(a, b, _ONE),
        "does_not_round_to_thousands": lambda a, b: not modes_that_give(a, b, _THOUSAND),
        "only_cut_off": lambda a, b: modes_that_give(a, b, _ONE) == ("truncation",),
        "no_count_of": lambda a, b: not _counts(a, b),
        "count_only_cut_off": lambda a, b: _counts(a, b) == ("truncation",),
    }
)
#: Relations that look for a number of children, among those that the check names.
AMONG: Mapping[str, Callable[[Fraction, Fraction, Value], bool]] = MappingProxyType(
    {
        "no_shared_whole_rounded": lambda a, b, among: not _shared(a, b, among, "half_up"),
        "shared_whole_cut_off": lambda a, b, among: bool(_shared(a, b, among, "truncation")),
    }
)


def _number(text: str, known: Figures) -> Fraction:
    value = evaluate(parse(text), known)
    if isinstance(value, tuple):
        raise OptionError(f"{text!r} is a range; a check compares numbers.")
    return value


def carry_out(check: CheckRow, known: Figures | None = None) -> bool:
    """Compute one check: whether the published numbers stand to each other as it says.

    A check that only shows a number, without comparing it, holds when it can be computed.

    Examples
    --------
    >>> carry_out(CheckRow(contradiction="C02", what="{left}", left="sum(PIL-009, PIL-011, PIL-013)",
    ...                    relation="below", right="100"))
    True
    """
    values = known or known_values()
    left = _number(check.left, values)
    if not check.relation:
        return True
    right = _number(check.right, values)
    if check.relation in AMONG:
        return AMONG[check.relation](left, right, evaluate(parse(check.among), values))
    return RELATIONS[check.relation](left, right)


def check_words(check: CheckRow) -> str:
    """Say what a check shows, with the numbers that it computed."""
    parts = {name: _shown(text) if text else "" for name, text in
             (("left", check.left), ("right", check.right), ("among", check.among))}
    return check.what.format(**parts)


def _shown(text: str) -> str:
    row = figures().get(text)
    if row is not None and row.unit == "date":
        return row.value
    value: Value = evaluate(parse(text), known_values())
    return number_words(value)


def evidence(contradiction: str) -> tuple[str, ...]:
    """Say what was computed of a contradiction, one sentence a check; empty where only the quotations can show it.

    Raises
    ------
    OptionError
        When the contradiction does not exist, or a check does not hold.
    """
    if contradiction not in contradictions():
        raise OptionError(f"There is no contradiction {contradiction!r}.")
    own = [check for check in checks() if check.contradiction == contradiction]
    for check in own:
        if not carry_out(check):
            raise OptionError(f"{contradiction}: {check_words(check)!r} does not hold.")
    return tuple(check_words(check) for check in own)
