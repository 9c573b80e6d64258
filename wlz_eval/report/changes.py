"""What changed between two reports of a cohort, from the released numbers of both, and what may have moved them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wlz_eval.core.numbers import UNIT_DIGITS, format_interval, format_value
from wlz_eval.core.words import claim_words
from wlz_eval.release.limits import no_weaker
from wlz_eval.release.rule import HIDDEN, MONEY_FIGURES, Rule
from wlz_eval.report.exports import Row, rows_csv
from wlz_eval.report.history import Release

__all__ = [
    "CHANGE_COLUMNS", "Change", "Changes", "by_notebook", "changes_between", "changes_csv", "changes_dictionary_csv",
    "released_text",
]

Kind = Literal["moved", "interval moved", "last digit", "renamed", "now hidden", "now shown", "appeared", "vanished"]

#: Columns of changes.csv and what they mean.
CHANGE_COLUMNS: dict[str, str] = {
    "finding_id": "Name of the number",
    "what": "What the number is, in words",
    "change": "moved, interval moved (the number itself by no more than rounding), last digit (all by no more than "
    "rounding), renamed (what it may be called), now hidden, now shown, appeared or vanished",
    "before": "The number in the report before; empty when it may not be repeated",
    "before_low": "Lower end of its 95% interval",
    "before_high": "Upper end of its 95% interval",
    "now": "The number in this report",
    "now_low": "Lower end of its 95% interval",
    "now_high": "Upper end of its 95% interval",
    "unit": "How the number is counted",
    "currency": "Currency, for money",
    "claim_before": "What it might be called",
    "claim_now": "What it may be called",
    "tier_before": "How far the outcome could be attributed",
    "tier_now": "How far the outcome can be attributed",
    "why": "What differs in what its page was made from; where several differ, any of them may have moved it",
    "notebook": "Notebook that recorded it",
    "cell": "Cell that recorded it in this report",
}
#: What a notebook depends on, in words.
INPUT_WORDS: dict[str, str] = {
    "data": "the data", "plan": "the plan", "code": "the code of the suite", "notebook": "the notebook",
    "effort": "the effort (how many draws)", "seed": "the seed of chance", "versions": "versions of other software",
}
NOTHING = "nothing that is recorded differs"
_NEW_PAGE = "its page was not in the report before"
_NO_PAGE = "its page is not in this report"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One finding that is not as it was.

    Parameters
    ----------
    row : dict
        As it is released now, or was where it vanished.
    before : dict or None
        As it was released; None where it appeared, or where the earlier number may not be repeated.
    kind : str
        What happened to it.
    why : tuple of str
        What differs that may have moved it.
    claim_before, tier_before : str
        What it might be called then.
    """

    row: Row
    before: Row | None
    kind: Kind
    why: tuple[str, ...]
    claim_before: str = ""
    tier_before: str = ""

    @property
    def text_before(self) -> str:
        """The earlier number, as the page shows it."""
        if self.before is None:
            return {"appeared": "–", "now shown": HIDDEN}.get(self.kind, "not repeated here")
        return released_text(self.before)

    @property
    def text_now(self) -> str:
        """The number now, as the page shows it."""
        return "–" if self.kind == "vanished" else released_text(self.row)

    @property
    def note(self) -> str:
        """Say what else changed than the number."""
        said = []
        if self.kind not in ("appeared", "vanished"):
            if self.claim_before != self.row["claim"]:
                said.append(f"was: {claim_words(self.claim_before)}; now: {claim_words(self.row['claim'])}")
            if self.tier_before != self.row["tier"]:
                said.append(f"tier {self.tier_before or 'none'} became {self.row['tier'] or 'none'}")
        return "; ".join(said)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Two reports of a cohort held against each other.

    Parameters
    ----------
    first : bool
        Whether there is no earlier report.
    causes : tuple of str
        What differs in what the reports were made from.
    rows : tuple of Change
        Findings that are not as they were, by notebook, primary outcomes first.
    same : int
        Findings of which nothing changed.
    repeated : bool
        Whether earlier numbers may be repeated: not where they were released under a weaker rule.
    """

    first: bool
    causes: tuple[str, ...] = ()
    rows: tuple[Change, ...] = ()
    same: int = 0
    repeated: bool = True

    def of(self, *kinds: Kind) -> tuple[Change, ...]:
        """Select changes of some kinds."""
        return tuple(change for change in self.rows if change.kind in kinds)


def released_text(row: Mapping[str, Any]) -> str:
    """Print a released finding: number, unit and interval.

    Examples
    --------
    >>> released_text({"estimate": 3.1, "ci_low": 0.4, "ci_high": 5.8, "unit": "points", "currency": "", "hidden": 0})
    '3.1 points (0.4 to 5.8)'
    """
    if row["hidden"]:
        return HIDDEN
    value = _nan(row["estimate"])
    text = format_value(value, row["unit"], row["currency"], words=True)
    if math.isnan(value) or row["ci_low"] is None or row["ci_high"] is None:
        return text
    return f"{text} ({format_interval(row['ci_low'], row['ci_high'], row['unit'], row['currency'])})"


def changes_between(before: Release | None, now: Release) -> Changes:
    """Hold a report against the one before it.

    A number **moved** when it is more than one step of its rounding away from where it was, and so did its interval
    when one of its ends is: one step may be rounding alone. Earlier numbers are repeated only beside a number that is
    shown now, and only where they had been released under a rule no weaker than the one that holds now.

    Parameters
    ----------
    before, now : Release
        `before` is None for the first report.
    """
    if before is None:
        return Changes(first=True, same=len(now.rows))
    repeated = no_weaker(before.rule, than=now.rule)
    old = {row["finding_id"]: row for row in before.rows}
    new = {row["finding_id"]: row for row in now.rows}
    found = []
    for name, row in new.items():
        change = _change(old.get(name), row, now.rule, repeated, _why(row["notebook"], before, now))
        if change is not None:
            found.append(change)
    for name, row in old.items():
        if name not in new:
            why = _why(row["notebook"], before, now)
            found.append(Change(row=row, before=None, kind="vanished", why=why))
    found.sort(key=lambda c: (c.row["notebook"], not c.row["primary"]))
    return Changes(
        first=False, causes=_causes(before, now), rows=tuple(found), same=len(new) - sum(
            change.kind != "vanished" for change in found
        ), repeated=repeated,
    )


def _change(old: Row | None, row: Row, rule: Rule, repeated: bool, why: tuple[str, ...]) -> Change | None:
    if old is None:
        return Change(row=row, before=None, kind="appeared", why=why)
    kind = _kind(old, row, rule)
    if kind is None:
        return None
    shown = old if repeated and kind not in ("now hidden", "now shown") else None
    return Change(row=row, before=shown, kind=kind, why=why, claim_before=old["claim"], tier_before=old["tier"])


def _kind(old: Row, row: Row, rule: Rule) -> Kind | None:
    renamed = any(old[name] != row[name] for name in ("claim", "tier", "unit", "currency"))
    if bool(old["hidden"]) != bool(row["hidden"]):
        return "now hidden" if row["hidden"] else "now shown"
    pairs = [(_nan(old[name]), _nan(row[name])) for name in ("estimate", "ci_low", "ci_high")]
    if any(math.isnan(a) != math.isnan(b) for a, b in pairs):
        return "moved"
    moved = [abs(a - b) > 1.5 * _step(row["unit"], max(abs(a), abs(b)), rule) for a, b in pairs]
    if any(moved):
        return "moved" if moved[0] else "interval moved"
    if renamed:
        return "renamed"
    return "last digit" if any(a != b for a, b in pairs if not math.isnan(a)) else None


def _step(unit: str, size: float, rule: Rule) -> float:
    """Return one step of the rounding of a released number."""
    if unit == "children" and rule.applies:
        return float(rule.round_to)
    if unit == "money" and rule.applies and size > 0:
        return float(max(10.0 ** (math.floor(math.log10(size)) - MONEY_FIGURES + 1), 1.0))
    return float(10.0 ** -UNIT_DIGITS[unit])


def _nan(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [name for name in INPUT_WORDS if before.get(name) != now.get(name)]


def _causes(before: Release, now: Release) -> tuple[str, ...]:
    """Name what differs in any page that both reports hold, then pages that only one of them holds."""
    shared = [name for name in now.inputs if name in before.inputs]
    differ = {name: _differing(before.inputs[name], now.inputs[name]) for name in shared}
    said = []
    for kind, words in INPUT_WORDS.items():
        where = [name for name in shared if kind in differ[name]]
        if where:
            of_some = kind == "notebook" or len(where) < len(shared)
            said.append(f"{words} (of {_listed(where)})" if of_some else words)
    gone = [name for name in before.inputs if name not in now.inputs]
    new = [name for name in now.inputs if name not in before.inputs]
    said += [f"pages that are new: {_listed(new)}"] if new else []
    said += [f"pages that are no longer there: {_listed(gone)}"] if gone else []
    return tuple(said)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _why(notebook: str, before: Release, now: Release) -> tuple[str, ...]:
    """Say what may have moved the numbers of a notebook: its own inputs, and other notebooks that it may read from."""
    if notebook not in before.inputs:
        return (_NEW_PAGE,)
    if notebook not in now.inputs:
        return (_NO_PAGE,)
    found = [INPUT_WORDS[name] for name in _differing(before.inputs[notebook], now.inputs[notebook])]
    earlier = [
        name
        for name in sorted(now.inputs)
        if name < notebook and before.inputs.get(name, {}).get("notebook") != now.inputs[name].get("notebook")
    ]
    found += [f"an earlier notebook ({_listed(earlier)})"] if earlier else []
    return tuple(found) or (NOTHING,)


def changes_csv(changes: Changes) -> str:
    """Write the changes as CSV."""
    return rows_csv([_csv_row(change) for change in changes.rows], CHANGE_COLUMNS)


def changes_dictionary_csv() -> str:
    """Write what the columns of changes.csv mean."""
    rows = ({"column": name, "meaning": meaning} for name, meaning in CHANGE_COLUMNS.items())
    return rows_csv(rows, ("column", "meaning"))


def _csv_row(change: Change) -> Row:
    row, before = change.row, change.before or {}
    now: Mapping[str, Any] = {} if change.kind == "vanished" else row
    return {
        "finding_id": row["finding_id"],
        "what": row["what"],
        "change": change.kind,
        "before": before.get("estimate"),
        "before_low": before.get("ci_low"),
        "before_high": before.get("ci_high"),
        "now": now.get("estimate"),
        "now_low": now.get("ci_low"),
        "now_high": now.get("ci_high"),
        "unit": row["unit"],
        "currency": row["currency"],
        "claim_before": row["claim"] if change.kind == "vanished" else change.claim_before,
        "claim_now": now.get("claim"),
        "tier_before": row["tier"] if change.kind == "vanished" else change.tier_before,
        "tier_now": now.get("tier"),
        "why": "; ".join(change.why),
        "notebook": row["notebook"],
        "cell": now.get("cell"),
    }


def by_notebook(changes: Sequence[Change]) -> dict[str, list[Change]]:
    """Group changes by the notebook that recorded them."""
    grouped: dict[str, list[Change]] = {}
    for change in changes:
        grouped.setdefault(change.row["notebook"], []).append(change)
    return grouped
