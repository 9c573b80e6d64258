"""Every number on a page is one that the release ledger holds, and the ledger itself shows nothing small."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wlz_eval.core.numbers import NOT_AVAILABLE
from wlz_eval.release.gate.material import NUMBERS, Case, Material, Refusal
from wlz_eval.release.ledger import Ledger, LedgerCell

__all__ = ["bare_cells", "ledger_refusals", "raw_output", "shown"]

_BARE_NUMBER = re.compile(r"[-−+£$€]*\d[\d,]*(?:\.\d+)?\s?%?")
_PERCENTILE = re.compile(
    r"\b(\d+(?:\.\d+)?)(?:st|nd|rd|th) percentile|\bp(\d\d?)\b|\b(lower|upper) (?:quartile|decile)"
)
#: Not "Lowest" alone: that is how the bounds of an estimate are headed.
_EXTREME = re.compile(
    r"(?:minimum|maximum|min|max|youngest|oldest)\b(?! (?:possible|estimate))"
    r"|(?:lowest|highest) (?:score|reading|mark|value|result|attendance|child|pupil)"
)


def shown(material: Material, case: Case) -> Iterator[str]:
    """Compare every number that carries a key with what the ledger says was released."""
    if not case.ledgers:
        return
    own = Path(material.name).stem
    for e in material.elements:
        key = e.attributes.get("data-cell")
        if e.tag != "data" or key is None:
            continue
        notebook, _, rest = key.rpartition(":")
        cell = case.cells.get((notebook or own, rest))
        if cell is None or cell.text != e.text.strip():
            yield "shows a number that is not the one in the release ledger"
            return


def bare_cells(material: Material, case: Case) -> Iterator[str]:
    """Look for a table cell that is a number and passed no verb."""
    for e in material.elements:
        text = e.text.strip()
        if e.tag in ("td", "dd") and not e.has_data and _BARE_NUMBER.fullmatch(text) and text not in case.labels:
            yield "shows a number in a table that is not in the release ledger"
            return
    if material.kind == "document" and case.ledgers:
        labels = {number for label in case.labels for number in NUMBERS.findall(label)}
        known = labels.union(case.numbers)
        cells = (cell for _, column in material.columns for cell in column if _BARE_NUMBER.fullmatch(cell))
        if any(not known.issuperset(NUMBERS.findall(cell)) for cell in cells):
            yield "shows a number in a table that is not in the release ledger"


def raw_output(material: Material, case: Case) -> Iterator[str]:
    """Look for output of a cell that no verb made."""
    if any("unreleased" in e.attributes.get("class", "").split() for e in material.elements):
        yield "shows output of a cell that did not pass the release rule (use nb.say, nb.show_table or nb.show_figure)"


def ledger_refusals(ledger: Ledger, audience: str) -> Iterator[Refusal]:
    """Yield why a ledger itself must not be published."""
    page = f"{ledger.notebook}.html"
    if ledger.audience != audience:
        yield Refusal(page, f"was run for {ledger.audience} readers, not for {audience} ones")
        return
    if audience != "public":
        return
    if not ledger.rule.applies:
        yield Refusal(page, "was run without the release rule")
        return
    few = ledger.rule.threshold
    visible = [cell for cell in ledger.cells if not cell.hidden and cell.text != NOT_AVAILABLE]
    small = next((cell for cell in visible if any(n < few for n in _groups(cell))), None)
    if small is not None:
        yield Refusal(page, f"shows a {small.kind} that rests on fewer than {few} children")
    if any(_is_one_child(cell, few) for cell in visible):
        yield Refusal(page, "shows a lowest or highest value or a percentile, which is one child's")


def _groups(cell: LedgerCell) -> list[int]:
    """Children behind a number, and beside a share those that it is not."""
    groups = list(cell.ns)
    if cell.kind == "percent" and len(groups) == 2:
        groups.append(groups[0] - groups[1])
    return groups


def _is_one_child(cell: LedgerCell, few: int) -> bool:
    """Whether a statistic is the value of one child, or of so few that it may as well be."""
    if cell.kind != "statistic" or not cell.ns:
        return False
    column = cell.definition.get("column", "").casefold()
    if _EXTREME.match(column):
        return True
    match = _PERCENTILE.search(column)
    if match is None:
        return False
    share = 25.0 if match.group(3) else float(match.group(1) or match.group(2))
    return min(cell.ns) * min(share, 100 - share) / 100 < few
