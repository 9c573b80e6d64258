"""The tables about published figures, as typed rows: rules, contradictions and their checks, shares."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from wlz_eval.core.errors import OptionError
from wlz_eval.pilot.expression import Figures, Value
from wlz_eval.reference.attainment import national_figures
from wlz_eval.reference.published import FigureRow, SourceRow, figures, sources
from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = [
    "REASONS",
    "CheckRow",
    "ContradictionRow",
    "FigureRow",
    "RuleRow",
    "ShareRow",
    "SourceRow",
    "checks",
    "contradictions",
    "figures",
    "known_values",
    "rules",
    "shares",
    "sources",
]

#: Why a figure cannot be computed from others, in words for a page.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "single": "a single fact or count: nothing is published from which it could be computed",
        "restated": "stated more than once, alike, and never derived",
        "no_inputs": "what it was computed from is not published, such as the number of children behind a percentage",
        "no_count": "the number of children is known, but not the count or total behind the figure",
        "definition": "a definition, rule, plan or target: chosen, not counted",
        "date": "a date or period",
        "not_available": "not available in the source",
        "elsewhere": "taken from research published elsewhere",
    }
)
Test = Literal["recompute", "grim", "grim_mean", "grim_search", "same", "at_least", "quoted", "none"]
Relation = Literal[
    "", "equals", "differs", "below", "above", "rounds_to", "does_not_round_to", "does_not_round_to_thousands",
    "only_cut_off", "no_count_of", "count_only_cut_off", "no_shared_whole_rounded", "shared_whole_cut_off",
]  # fmt: skip
Kind = Literal[
    "contradiction", "arithmetic", "ambiguity", "method gap", "derived tension", "tension", "missing data",
    "independence",
]  # fmt: skip


class RuleRow(ReferenceRow):
    """How one figure is tested: the expression, how finely it is printed, and why it cannot be computed."""

    id: str
    test: Test
    expression: str = ""
    stated: str = ""
    step: Fraction = Fraction(1)
    reason: str = ""
    contradiction: str = ""
    note: str = ""


class ContradictionRow(ReferenceRow):
    """One contradiction, ambiguity, tension or gap, with a quotation from each side."""

    id: str
    kind: Kind
    source_a: str
    quote_a: str
    source_b: str
    quote_b: str
    check: str
    figures: str = ""


class CheckRow(ReferenceRow):
    """One computed check of a contradiction; `what` says in words what it shows."""

    contradiction: str
    what: str
    left: str
    relation: Relation = ""
    right: str = ""
    among: str = ""


class ShareRow(ReferenceRow):
    """A share of children that the page puts an interval to: count and whole are expressions over figures."""

    name: str
    label: str
    count: str
    whole: str
    kind: Literal["composite", "bottom_fifth", "incidents", "partner"]


@functools.cache
def rules() -> Mapping[str, RuleRow]:
    """Every figure's rule, by the figure's id."""
    return MappingProxyType({row.id: row for row in read_rows("published_rules.csv", RuleRow)})


@functools.cache
def contradictions() -> Mapping[str, ContradictionRow]:
    """Every contradiction by its id."""
    return MappingProxyType({row.id: row for row in read_rows("contradictions.csv", ContradictionRow)})


@functools.cache
def checks() -> tuple[CheckRow, ...]:
    """Every computed check of a contradiction."""
    return read_rows("contradiction_checks.csv", CheckRow)


@functools.cache
def shares() -> tuple[ShareRow, ...]:
    """Every share that the page puts an interval to."""
    return read_rows("published_shares.csv", ShareRow)


@functools.cache
def known_values() -> Figures:
    """Values that expressions may name: published figures, and the national ones as ``DFE-2018/19``."""
    values: dict[str, Value] = {}
    for row in figures().values():
        value = _number(row)
        if value is not None:
            values[row.id] = value
    for (name, period), national in national_figures().items():
        if name == "grade4_english_maths":
            values[f"DFE-{period}"] = Fraction(str(national.value))
    wholes = {row.id: Fraction(row.denominator) for row in figures().values() if _stated_whole(row)}
    return Figures(MappingProxyType(values), MappingProxyType(wholes))


def _stated_whole(row: FigureRow) -> bool:
    """Whether the whole stands in the sentence itself, as in "14 out of 30"; others were ascribed by readers."""
    if not row.denominator.isdigit():
        return False
    return bool(re.search(rf"out of (the )?{row.denominator}\b", row.statement))


def _number(row: FigureRow) -> Value | None:
    """Read the value of a figure: a number, a range, a sum such as 3+1, or a month; None where it is no number."""
    text = row.value
    if month := re.fullmatch(r"(\d{4})-(\d{2})", text):
        return Fraction(12 * int(month[1]) + int(month[2])) if row.unit == "date" else None
    if ends := re.fullmatch(r"(\d+)-(\d+)", text):
        return Fraction(ends[1]), Fraction(ends[2])
    if re.fullmatch(r"\d+\+", text):
        return Fraction(text[:-1]), math.inf
    if parts := re.fullmatch(r"(\d+)\+(\d+)", text):
        return Fraction(parts[1]) + Fraction(parts[2])
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return Fraction(text)
    if text == "NA":
        return None
    raise OptionError(f"published_figures.csv, {row.id}: the value {text!r} cannot be read.")
