"""What must not appear of the tables of cohorts: for the pages of one, and for those above them all."""

from __future__ import annotations

from collections.abc import Iterable

from wlz_eval.cohort.describe import read_meta
from wlz_eval.cohort.model import Cohort
from wlz_eval.plan import planned_columns
from wlz_eval.release.gate import NOTHING, Known, known_of
from wlz_eval.release.rule import Rule
from wlz_eval.release.workspace import Workspace

__all__ = ["known", "known_of_all"]


def known(cohort: Cohort, threshold: int) -> Known:
    """Gather what must not appear of a cohort's tables, but for the columns that its plan asks to show."""
    planned = planned_columns(cohort.folder) if cohort.folder is not None else ()
    return known_of(cohort, threshold, planned)


def known_of_all(workspace: Workspace, cohorts: Iterable[str]) -> Known:
    """Gather identifiers and rare words of the tables of several cohorts, as far as these can still be read.

    They are read anew from where the notebooks read them, so that nothing about them need be kept. Tables that were
    deleted in the meantime cannot be looked into: what is said of such a cohort was looked through when it was
    published. Months are left out, since one cohort's month of birth is another one's term.
    """
    found = NOTHING
    for cohort in cohorts:
        folder = workspace.source_folder(cohort)
        meta = read_meta(folder / "cohort.yaml", folder.name)[0] if folder and folder.is_dir() else None
        if folder is None or meta is None:
            continue
        try:
            here = known(Cohort(meta, {}, folder=folder), Rule().threshold)
        except (OSError, ValueError):
            continue
        found |= Known(here.identifiers, here.values)
    return found
