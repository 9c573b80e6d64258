"""The release ledger: what a notebook has shown, cell by cell, for the publisher and the gate to read."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from wlz_eval.core.files import write_atomic
from wlz_eval.release.rule import Released, Rule

__all__ = ["Ledger", "LedgerCell"]


@dataclass(frozen=True, kw_only=True)
class LedgerCell:
    """One number that stands on a page, or was withheld from it.

    Parameters
    ----------
    key : str
        Unique on the page; the ``data-cell`` of the element that shows it.
    where : str
        ``table``, ``figure``, ``sentence``, ``caption`` or ``alt``.
    of : str
        The caption of the table or figure, or the sentence's template.
    definition : mapping
        What the number is: the labels of its row and the title of its column, or its finding.
    kind : str
        What the rule took it for.
    ns : tuple of int
        Children behind it, exact: the ledger is private.
    text : str
        What the reader sees.
    hidden : bool
        Whether the rule withheld it.
    """

    key: str
    where: str
    of: str
    definition: Mapping[str, str]
    kind: str
    ns: tuple[int, ...]
    text: str
    hidden: bool

    @functools.cached_property
    def written(self) -> str:
        """The cell as it stands in the ledger's file, which is written anew whenever something is shown."""
        return "  " + _json(vars(self)).replace("\n", "\n  ")


def _json(content: Mapping[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)


@dataclass
class Ledger:
    """All that one notebook has shown.

    Parameters
    ----------
    cohort, audience, notebook : str
        Whose page it is.
    rule : Rule
        The rule that was applied.
    cells : list of LedgerCell
        In the order in which they were shown.
    """

    cohort: str
    audience: str
    notebook: str
    rule: Rule = field(default_factory=Rule)
    cells: list[LedgerCell] = field(default_factory=list)
    blocks: int = 0

    def new_block(self) -> int:
        """Count a new sentence, table or figure; keys of its cells begin with it."""
        self.blocks += 1
        return self.blocks

    def add(
        self,
        key: str,
        released: Released,
        *,
        where: str,
        of: str,
        definition: Mapping[str, str] | None = None,
    ) -> None:
        """Enter one number. Words are not entered."""
        if released.kind == "label":
            return
        self.cells.append(
            LedgerCell(
                key=key,
                where=where,
                of=of,
                definition=dict(definition or {}),
                kind=released.kind,
                ns=released.ns,
                text=released.text,
                hidden=released.hidden,
            )
        )

    def to_json(self) -> str:
        """Return the ledger as JSON, the same bytes for the same content."""
        content = {
            "version": 1,
            "cohort": self.cohort,
            "audience": self.audience,
            "notebook": self.notebook,
            "rule": asdict(self.rule),
            "cells": [],
        }
        cells = ",\n".join(cell.written for cell in self.cells)
        filled = f'"cells": [\n{cells}\n ]' if cells else '"cells": []'
        return _json(content).replace('"cells": []', filled, 1) + "\n"

    def save(self, path: Path) -> None:
        """Write the ledger whole or not at all."""
        write_atomic(path, self.to_json())

    @classmethod
    def load(cls, path: Path) -> Ledger:
        """Read a ledger that :meth:`save` wrote."""
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        cells = [LedgerCell(**{**cell, "ns": tuple(cell["ns"])}) for cell in content["cells"]]
        return cls(
            cohort=content["cohort"],
            audience=content["audience"],
            notebook=content["notebook"],
            rule=Rule(**content["rule"]),
            cells=cells,
        )
