"""The summary for those who comment on it: as Word and as Markdown, beside its page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wlz_eval.core.effort import EFFORTS
from wlz_eval.core.files import write_atomic
from wlz_eval.release.rule import Rule
from wlz_eval.report.content import PageContent
from wlz_eval.report.page import bands, release_note
from wlz_eval.report.parts import parts_of
from wlz_eval.report.plain import to_markdown
from wlz_eval.report.word import to_word

__all__ = ["SUMMARY_FILES", "stage_summary"]

#: Files that are made of the summary, and what each is called on its page.
SUMMARY_FILES: Mapping[str, str] = {"summary.docx": "Word, to comment on", "summary.md": "plain text (Markdown)"}


def stage_summary(staging: Path, content: PageContent, rule: Rule) -> None:
    """Write the summary in both formats, from the released text of its page.

    Parameters
    ----------
    staging : Path
        Folder of the pages.
    content : PageContent
        The summary's page.
    rule : Rule
        The release rule that was applied.
    """
    parts, warnings = parts_of(content), bands(content.head)
    title = f"{content.question} – {content.head['title']}"
    about = _about(content.head, rule)
    write_atomic(staging / "summary.docx", to_word(parts, title, warnings, about))
    write_atomic(staging / "summary.md", to_markdown(parts, warnings, about))


def _about(head: Mapping[str, Any], rule: Rule) -> list[tuple[str, str]]:
    kind = "Simulated: no real children." if head["provenance"] == "synthetic" else "Real pupils."
    about = f"{head['about']} " if head["about"] else ""
    departures = " ".join(f"{departure}." for departure in head["departures"]) or "No departures in this run."
    hashes = ", ".join(f"{what} {head[f'{what}_hash'][:16]}" for what in ("data", "plan", "code"))
    return [
        ("Cohort", f"{head['title']} ({head['cohort']})"),
        ("Data", f"{kind} {about}Source: {head['source']}. Licence: {head['licence']}."),
        ("Plan", f"{head['plan']} {departures}"),
        ("Effort", f"{EFFORTS[head['effort']]} Seed {head['seed']}."),
        ("Small numbers", release_note(rule)),
        ("Hashes", hashes),
        ("Versions", ", ".join(f"{name} {number}" for name, number in sorted(head["versions"].items()))),
        ("Made by", head["command"]),
    ]
