"""The release ledger: what a notebook has shown, cell by cell, for the publisher and the gate to read."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from wlz_eval.core.files import write_atomic
from wlz_eval.core.numbers import format_number
from wlz_eval.release.counted import implied_key
from wlz_eval.release.limits import round_count
from wlz_eval.release.rule import Released, Rule

__all__ = ["Ledger", "LedgerCell", "image_hash"]


@dataclass(frozen=True, kw_only=True)
class LedgerCell:
    """One number that stands on a page, or was withheld from it.

    Parameters
    ----------
    key : str
        Unique on the page; the ``data-cell`` of the element that shows it.
    where : str
        ``table``, ``figure``, ``sentence``, ``caption`` or ``alt``; ``implied`` for a number of children that another
        number of this place tells.
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
    plain : str
        The released value, or two of an interval, as tables that machines read have it.
    """

    key: str
    where: str
    of: str
    definition: Mapping[str, str]
    kind: str
    ns: tuple[int, ...]
    text: str
    hidden: bool
    plain: str = ""

    @functools.cached_property
    def written(self) -> str:
        """The cell as it stands in the ledger's file, which is written anew whenever something is shown."""
        return "  " + _json(vars(self)).replace("\n", "\n  ")


def image_hash(png: bytes) -> str:
    """Return the hash by which a picture is known."""
    return hashlib.sha256(png).hexdigest()


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
    images : list of str
        Hash of each picture that was drawn from released numbers.
    labels : set of str
        Words in tables and figures that hold digits, such as a year.
    """

    cohort: str
    audience: str
    notebook: str
    rule: Rule = field(default_factory=Rule)
    cells: list[LedgerCell] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
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
        """Enter one number, and those of children that it tells; of words only those that hold digits."""
        if released.kind == "label":
            if any(character.isdigit() for character in released.text):
                self.labels.add(released.text)
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
                plain=released.plain,
            )
        )
        if self.rule.applies and not released.hidden and released.plain:
            self.cells += [
                LedgerCell(
                    key=implied_key(key, part.children), where="implied", of=of, definition={"row": part.children},
                    kind="count", ns=(part.n,), text=format_number(round_count(part.n, self.rule), 0), hidden=False,
                    plain=f"{round_count(part.n, self.rule)}",
                )
                for part in released.counted
                if part.children
            ]

    def add_image(self, bundle: Mapping[str, str]) -> None:
        """Enter a picture that a verb is about to show, as a display bundle holds it."""
        self.images.append(image_hash(base64.b64decode(bundle["image/png"])))

    def to_json(self) -> str:
        """Return the ledger as JSON, the same bytes for the same content."""
        content = {
            "version": 1,
            "cohort": self.cohort,
            "audience": self.audience,
            "notebook": self.notebook,
            "rule": asdict(self.rule),
            "images": sorted(self.images),
            "labels": sorted(self.labels),
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
            images=list(content.get("images", ())),
            labels=set(content.get("labels", ())),
        )
