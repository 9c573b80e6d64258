"""Write the rebuilt anchors as cohort folders: ``python -m wlz_eval.pilot.folders [folder]``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from wlz_eval.cohort import make_cohort, write_cohort
from wlz_eval.core.files import project_root, write_atomic
from wlz_eval.pilot.ark_swift import ark_swift
from wlz_eval.pilot.early_years import randolph_beresford
from wlz_eval.pilot.phoenix import phoenix
from wlz_eval.pilot.rebuild import BASELINE, ENDLINE, START, Anchor

__all__ = ["anchors", "rebuilt_folder", "write_anchors"]

LICENCE = """\
# Licence of {id}

No real child is in this folder. The rows were rebuilt from numbers that West London Zone published in its report on
the pilot of 2015/16, so that those numbers come out again. What was not published (each child's own score, who has
which background, which days) is made up, as plainly as the published numbers allow; nothing may be read from it.

The rows are dedicated to the public domain under CC0 1.0 Universal: use them for anything, without asking.

They were made by `python -m wlz_eval.pilot.folders`.
"""


def rebuilt_folder() -> Path:
    """Folder of the rebuilt cohorts."""
    return project_root() / "data" / "studies" / "pilot_2015_16"


def anchors() -> tuple[Anchor, ...]:
    """Rebuild the three anchors."""
    return phoenix(), ark_swift(), randolph_beresford()


def _meta(anchor: Anchor) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "id": anchor.id,
        "title": anchor.title,
        "provenance": "synthetic",
        "licence": "CC0 1.0; rebuilt from published tables, no real child",
        "source": "Rebuilt from the Summary of the West London Zone Pilot Implementation Study, September 2016; days, "
        "scores and who is who are not published and are made up",
        "currency": "GBP",
        "programme": {"start": START, "end": ENDLINE[1]},
        "waves": {
            "baseline": {"start": BASELINE[0], "end": BASELINE[1]},
            "endline": {"start": ENDLINE[0], "end": ENDLINE[1]},
        },
        "data_use": {
            "lawful_basis": "none needed: rebuilt from published tables",
            "special_category_condition": "none held: rebuilt from published tables",
        },
        **anchor.extra,
    }


def write_anchors(folder: Path) -> tuple[Path, ...]:
    """Write the cohort folder of each anchor below `folder`; the same bytes every time.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    tuple of Path
        The cohort folders.
    """
    written = []
    for anchor in anchors():
        tables = {"children": anchor.children, "measures": anchor.measures}
        if len(anchor.interactions):
            tables["interactions"] = anchor.interactions
        own = folder / anchor.id
        write_cohort(make_cohort(_meta(anchor), tables), own)
        write_atomic(own / "plan.yaml", anchor.plan)
        write_atomic(own / "LICENCE.md", LICENCE.format(id=anchor.id))
        written.append(own)
    return tuple(written)


if __name__ == "__main__":
    for path in write_anchors(Path(sys.argv[1]) if len(sys.argv) > 1 else rebuilt_folder()):
        print(f"wrote {path}")
