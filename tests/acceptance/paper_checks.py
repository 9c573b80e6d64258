"""What of a page must be found again in its PDF, read from the PDF alone."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from page_checks import Page
from pdf_reading import read, tagged

from wlz_eval.release.provenance import SIMULATED_MARK

#: What stands on the page for a screen only.
SCREEN_ONLY = re.compile(
    r'<(nav|details|aside)\b.*?</\1>|<(p|span)[^>]*class="(?:downloads|meaning)".*?</\2>', re.DOTALL
)


def squeezed(text: str) -> str:
    """Text without any space or joiner: lines end elsewhere on paper."""
    return re.sub(r"[\s\u2060]+", "", text)


def words(html: str) -> str:
    """What a reader sees of some HTML, without any space."""
    return squeezed(unescape(re.sub(r"<[^>]+>", "", html)))


def outline(entries: list, level: int = 1) -> list[tuple[int, str]]:
    """Headings as the bookmarks of a PDF give them."""
    found: list[tuple[int, str]] = []
    for entry in entries:
        found += outline(entry, level + 1) if isinstance(entry, list) else [(level, squeezed(entry.title))]
    return found


def losses(path: Path, pdf: bytes) -> list[str]:
    """Say what a page holds and its PDF does not."""
    html, reader, lost = path.read_text(encoding="utf-8"), read(pdf), []
    shown = SCREEN_ONLY.sub("", html[html.index("<body") :])
    sheets = [squeezed(sheet.extract_text()) for sheet in reader.pages]
    text, (alts, kinds) = "".join(sheets), tagged(reader)
    lost += [f"number {t}" for _, t, _ in Page(path).numbers if squeezed(t) not in text]
    headings = [(int(n), words(inner)) for n, inner in re.findall(r"<h([1-6])[^>]*>(.*?)</h\1>", shown, re.DOTALL)]
    if outline(reader.outline) != headings:
        lost.append(f"headings {headings} as {outline(reader.outline)}")
    wanted = [unescape(alt) for alt in re.findall(r'<img[^>]* alt="([^"]*)"', shown)]
    if sorted(alts) != sorted(wanted):
        lost.append(f"alternative texts {wanted} as {alts}")
    heads = re.findall(r"<th\b.*?</th>", shown, re.DOTALL)
    # A table that goes on on the next sheet has its header row again.
    if kinds.get("/TH", 0) < len(heads):
        lost.append(f"{len(heads)} header cells as {kinds.get('/TH', 0)}")
    lost += [f"header {words(head)}" for head in heads if words(head) not in text]
    if reader.trailer["/Root"].get("/Lang") != "en-GB":
        lost.append("language")
    if SIMULATED_MARK in html:
        lost += [f"warning on sheet {i}" for i, sheet in enumerate(sheets, 1) if squeezed(SIMULATED_MARK) not in sheet]
    return lost


def sheet_of(pdf: bytes, heading: str) -> int:
    """Number of the sheet on which a heading stands."""
    reader = read(pdf)
    (sheet,) = {
        reader.get_destination_page_number(entry) + 1
        for entry in _flat(reader.outline) if squeezed(entry.title) == squeezed(heading)
    }
    return sheet


def _flat(entries: list) -> list:
    return [e for entry in entries for e in (_flat(entry) if isinstance(entry, list) else [entry])]
