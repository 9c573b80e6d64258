"""What stands beside the pages of a cohort: its released numbers as tables, their A to Z, and what changed in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.files import hash_bytes, write_atomic
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.release.alike import described_readings
from wlz_eval.release.labels import outcome_label
from wlz_eval.report.changes import Change, Changes, by_notebook, changes_csv, changes_dictionary_csv
from wlz_eval.report.content import PageContent
from wlz_eval.report.exports import BOM, Row, dictionary_csv, rows_csv, rows_parquet
from wlz_eval.report.finding_index import Entry, by_letter, entries_of
from wlz_eval.report.page import bands, render_template

__all__ = ["downloads", "numbers_record", "stage_numbers"]

#: Most changes of one page that stand on the page of changes; all stand in its table.
_MOST = 40
#: What may be downloaded beside the pages, in this order, where it was made.
_DOWNLOADS: dict[str, str] = {
    "09_summary.pdf": "The summary, to print",
    "summary.docx": "The summary for Word, to comment on",
    "summary.md": "The summary as plain text (Markdown)",
    "report.pdf": "All pages in one file, to print",
    "findings.csv": "Every released number with its interval and what it may be called, for a spreadsheet",
    "findings.parquet": "The same for statistical software, with numbers as numbers",
    "findings_dictionary.csv": "What the columns of those tables mean",
    "changes.csv": "What changed since the report before",
    "changes_dictionary.csv": "What the columns of that table mean",
}


def stage_numbers(
    staging: Path, rows: Sequence[Row], changes: Changes, contents: Mapping[str, PageContent], cohort: Cohort
) -> None:
    """Write the tables of released numbers, their A to Z and what changed into the staging folder.

    Parameters
    ----------
    staging : Path
    rows : sequence of dict
        The released findings.
    changes : Changes
        Since the report before.
    contents : mapping
        Pages by notebook.
    cohort : Cohort
        For the names of its measures.
    """
    head = next(iter(contents.values())).head
    about = {"audience": head["audience"], "bands": bands(head), "title": head["title"]}
    write_atomic(staging / "findings.csv", BOM + rows_csv(rows))
    write_atomic(staging / "findings.parquet", rows_parquet(rows))
    write_atomic(staging / "findings_dictionary.csv", BOM + dictionary_csv())
    write_atomic(staging / "changes.csv", BOM + changes_csv(changes))
    write_atomic(staging / "changes_dictionary.csv", BOM + changes_dictionary_csv())
    letters = by_letter(_entries(rows, cohort))
    write_atomic(staging / "find.html", render_template("find_cohort.html.j2", letters=letters, **about))
    groups = [_group(name, found, contents) for name, found in by_notebook(_told(changes)).items()]
    page = render_template("changes.html.j2", changes=changes, groups=groups, sentences=_sentences(changes), **about)
    write_atomic(staging / "changes.html", page)


def _entries(rows: Sequence[Row], cohort: Cohort) -> tuple[Entry, ...]:
    outcomes = {row["outcome"]: outcome_label(cohort, row["outcome"]) for row in rows if row["outcome"]}
    return entries_of(rows, outcomes)


def numbers_record(rows: Sequence[Row], cohort: Cohort) -> dict[str, Any]:
    """Describe a cohort's numbers for the site: its words, how its outcomes were measured, a hash of the table."""
    wanted = dict.fromkeys((row["outcome"], row["wave"] if row["wave"] in WAVE_WORDS else "") for row in rows)
    return {
        "words": [[entry.word, entry.anchor] for entry in _entries(rows, cohort)],
        "findings": hash_bytes(rows_csv(rows).encode()),
        **described_readings(cohort, ((outcome, wave) for outcome, wave in wanted if outcome)),
    }


def downloads(folder: Path, coming: Sequence[str] = ()) -> list[tuple[str, str]]:
    """List the files beside the pages that a reader may want, each with what it is; `coming` are made later."""
    return [(name, words) for name, words in _DOWNLOADS.items() if name in coming or (folder / name).exists()]


def _told(changes: Changes) -> tuple[Change, ...]:
    """Leave out what is no more than rounding: it is counted, and stands in the table."""
    return changes.of("moved", "interval moved", "renamed", "now hidden", "now shown", "appeared", "vanished")


def _group(name: str, found: Sequence[Change], contents: Mapping[str, PageContent]) -> dict[str, Any]:
    content = contents.get(name)
    return {
        "title": content.question if content else f"Page {name}, which is no longer there",
        "href": f"{name}.html" if content else "",
        "changes": found[:_MOST],
        "more": len(found) - len(found[:_MOST]),
    }


def _sentences(changes: Changes) -> list[str]:
    """Say how much changed, in a few sentences."""
    if changes.first:
        return ["No earlier report of this cohort is on record here, so there is nothing to compare with."]
    if not changes.rows:
        return [f"Nothing: all {changes.same:,} released numbers are what they were, to the last digit."]
    kinds = {
        "moved by more than rounding": changes.of("moved"),
        "kept their size, and their interval moved": changes.of("interval moved"),
        "kept their size, but may be called otherwise": changes.of("renamed"),
        "are hidden now": changes.of("now hidden"),
        "are shown now and were hidden": changes.of("now shown"),
        "are new": changes.of("appeared"),
        "are no longer there": changes.of("vanished"),
        "changed in the last digit alone, which may be rounding": changes.of("last digit"),
    }
    said = "; ".join(f"{len(found):,} {words}" for words, found in kinds.items() if found)
    sentences = [f"Of the released numbers, {said}. Unchanged: {changes.same:,}."]
    primary = [c for c in changes.of("moved", "interval moved", "renamed", "now hidden") if c.row["primary"]]
    if primary:
        sentences.append("Numbers on the primary outcome are among them, and stand first on their page's list.")
    if not changes.repeated:
        sentences.append("Earlier numbers are not repeated here: they were released under a weaker rule.")
    return sentences
