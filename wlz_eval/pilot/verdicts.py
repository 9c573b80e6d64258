"""Every published figure computed again from the others, and a verdict on each."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.pilot.expression import Figures, Value, evaluate, parse
from wlz_eval.pilot.rounding import MODES, fitting_counts, modes_that_give
from wlz_eval.pilot.tables import REASONS, FigureRow, RuleRow, contradictions, figures, known_values, rules
from wlz_eval.pilot.words import number_words, pairs_words

__all__ = ["VERDICTS", "Judged", "judge", "judged_figures"]

#: The four verdicts, in the order of the page.
VERDICTS = ("reproduced", "rounding differs", "cannot be reproduced", "contradicts")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The verdict on one figure.

    Parameters
    ----------
    id : str
    verdict : str
        One of :data:`VERDICTS`.
    computed : str
        What came out, in words; empty where nothing could be computed.
    modes : tuple of str
        Ways of rounding by which the figure comes out.
    reason : str
        Why it cannot be computed, a key of :data:`wlz_eval.pilot.tables.REASONS`; empty otherwise.
    against : str
        The contradiction that it belongs to, or what it stands against; empty otherwise.
    """

    id: str
    verdict: str
    computed: str = ""
    modes: tuple[str, ...] = ()
    reason: str = ""
    against: str = ""

    @property
    def why(self) -> str:
        """The verdict's grounds, in words."""
        if self.verdict == "cannot be reproduced":
            return REASONS[self.reason] + (f" ({self.computed})" if self.computed else "")
        if self.verdict == "rounding differs":
            return f"{self.computed}: comes out only {MODES[self.modes[-1]]}"
        return self.computed


def judge(row: FigureRow, rule: RuleRow, known: Figures) -> Judged:
    """Give one figure its verdict.

    Parameters
    ----------
    row : FigureRow
    rule : RuleRow
        How it is tested.
    known : Figures
        Values that its expression may name.

    Returns
    -------
    Judged

    Raises
    ------
    OptionError
        When the rule cannot be carried out, or a contradiction is named that does not exist.

    Examples
    --------
    >>> judge(figures()["PIL-062"], rules()["PIL-062"], known_values()).why
    '46.67: comes out only cut off'
    """
    if rule.contradiction and rule.contradiction not in contradictions():
        raise OptionError(f"The rule of {row.id} names {rule.contradiction}, which is no contradiction in the table.")
    if rule.reason and rule.reason not in REASONS:
        known_reasons = suggestion(rule.reason, [*REASONS])
        raise OptionError(f"The rule of {row.id} gives the reason {rule.reason!r}. {known_reasons}")
    try:
        return _TESTS[rule.test](row, rule, known)
    except OptionError as error:
        raise OptionError(f"The rule of {row.id} fails. {error}") from error


def _printed(row: FigureRow, rule: RuleRow, known: Figures) -> Value:
    return evaluate(parse(rule.stated or row.id), known)


def _against(row: FigureRow, rule: RuleRow, computed: str) -> Judged:
    return Judged(id=row.id, verdict="contradicts", computed=computed, against=rule.contradiction or rule.expression)


def _recompute(row: FigureRow, rule: RuleRow, known: Figures) -> Judged:
    value = evaluate(parse(rule.expression), known)
    modes = modes_that_give(value, _printed(row, rule, known), rule.step)
    if not modes:
        return _against(row, rule, f"computed as {number_words(value)}")
    verdict = "reproduced" if "half_up" in modes else "rounding differs"
    return Judged(id=row.id, verdict=verdict, computed=number_words(value), modes=modes)


def _one_number(value: Value) -> Fraction:
    if isinstance(value, tuple):
        raise OptionError("A number is needed here, not a range.")
    return value


def _grim(row: FigureRow, rule: RuleRow, known: Figures, scale: int = 100) -> Judged:
    whole = int(_one_number(evaluate(parse(rule.expression), known)))
    found = fitting_counts(_one_number(_printed(row, rule, known)), [whole], rule.step, scale=scale)
    modes = tuple(mode for mode in MODES if found[mode])
    if not modes:
        return _against(row, rule, f"no whole number of {whole} children gives it, rounded or cut off")
    pairs = pairs_words(found[modes[0]]) if scale == 100 else _totals(found[modes[0]])
    if "half_up" in modes:
        told = f"{pairs} would give it"
        return Judged(id=row.id, verdict="cannot be reproduced", computed=told, modes=modes, reason=rule.reason)
    return Judged(id=row.id, verdict="rounding differs", computed=f"{pairs} children", modes=modes)


def _totals(pairs: tuple[tuple[int, int], ...]) -> str:
    return " or ".join(f"a total of {total:,}" for total, _ in pairs) + f" over {pairs[0][1]}"


def _grim_mean(row: FigureRow, rule: RuleRow, known: Figures) -> Judged:
    return _grim(row, rule, known, scale=1)


def _grim_search(row: FigureRow, rule: RuleRow, known: Figures) -> Judged:
    ends = evaluate(parse(rule.expression), known)
    if not isinstance(ends, tuple):
        raise OptionError("A range of numbers of children is needed, as span(20, 34).")
    found = fitting_counts(_one_number(_printed(row, rule, known)), range(int(ends[0]), int(ends[1]) + 1), rule.step)
    told = f"rounded, {pairs_words(found['half_up']) or 'no count'} would give it"
    told += f"; cut off, {pairs_words(found['truncation']) or 'no count'}"
    modes = tuple(mode for mode in MODES if found[mode])
    return Judged(id=row.id, verdict="cannot be reproduced", computed=told, modes=modes, reason=rule.reason)


def _same(row: FigureRow, rule: RuleRow, known: Figures) -> Judged:
    other = evaluate(parse(rule.expression), known)
    if other != _printed(row, rule, known):
        return _against(row, rule, f"stated as {number_words(other)} elsewhere")
    return Judged(id=row.id, verdict="cannot be reproduced", reason=rule.reason)


def _at_least(row: FigureRow, rule: RuleRow, known: Figures) -> Judged:
    bound = _one_number(evaluate(parse(rule.expression), known))
    if _one_number(_printed(row, rule, known)) < bound:
        return _against(row, rule, f"must be at least {number_words(bound)}")
    told = f"at least {number_words(bound)} by other figures, which it is"
    return Judged(id=row.id, verdict="cannot be reproduced", computed=told, reason=rule.reason)


def _quoted(row: FigureRow, rule: RuleRow, known: Figures) -> Judged:
    if contradictions()[rule.contradiction].kind != "contradiction":
        raise OptionError(f"{rule.contradiction} is not a contradiction, so its quotations cannot decide.")
    return _against(row, rule, "two passages say different things")


def _none(row: FigureRow, rule: RuleRow, known: Figures) -> Judged:
    return Judged(id=row.id, verdict="cannot be reproduced", reason=rule.reason)


_TESTS = MappingProxyType(
    {
        "recompute": _recompute,
        "grim": _grim,
        "grim_mean": _grim_mean,
        "grim_search": _grim_search,
        "same": _same,
        "at_least": _at_least,
        "quoted": _quoted,
        "none": _none,
    }
)


@functools.cache
def judged_figures() -> Mapping[str, Judged]:
    """Judge every published figure by its rule; a figure without a rule, or a rule without a figure, is refused."""
    known, table = known_values(), rules()
    if lost := set(figures()) ^ set(table):
        raise OptionError(f"Figures and rules do not match: {', '.join(sorted(lost))}.")
    return MappingProxyType({i: judge(row, table[i], known) for i, row in figures().items()})
