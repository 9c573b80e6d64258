"""Which pictures a notebook holds, and which of them the release verbs have drawn."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from wlz_eval.release.ledger import Ledger, image_hash

__all__ = ["carry_images", "notebook_images"]


def notebook_images(notebook: Mapping[str, Any]) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the hash of each picture in the outputs of a notebook, with its place: cell and output."""
    for i, cell in enumerate(notebook["cells"]):
        for j, output in enumerate(cell.get("outputs", [])):
            png = output.get("data", {}).get("image/png")
            if png:
                text = png if isinstance(png, str) else "".join(png)
                yield (i, j), image_hash(base64.b64decode(text))


def carry_images(ledger: Ledger, before: Mapping[str, Any], after: Mapping[str, Any]) -> Ledger:
    """Enter pictures that were drawn anew without withheld numbers, and take out those that they stand for.

    Parameters
    ----------
    ledger : Ledger
        Of the notebook.
    before, after : mapping
        The notebook as it was run and as it was blanked: the same outputs in the same places.

    Returns
    -------
    Ledger
        It knows a new picture only where it knew the one whose place that takes.
    """
    now = dict(notebook_images(after))
    drawn = frozenset(ledger.images)
    kept = {now[place] for place, image in notebook_images(before) if image in drawn and place in now}
    return dataclasses.replace(ledger, images=sorted(kept))
