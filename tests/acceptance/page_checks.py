"""What every published page must keep, read from the page alone."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

from wlz_eval.core.finding import Finding
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.rule import HIDDEN, Rule, release_finding

VOID = frozenset(("meta", "img", "br", "hr", "input", "link"))
#: Digits that are words, and what the release rule says of itself.
WORDS = re.compile(
    r"95%|fewer than \d+|nearest \d+|1 in 100|\b(?:19|20)\d\d(?:/\d\d)?\b|\b0\d_[a-z_]+"
    r"|(?:[Gg]rade|Key Stage|[Pp]age) \d"
)


class Page(HTMLParser):
    """Tags with their attributes, numbers with their finding and link, and the words outside them."""

    def __init__(self, path: Path):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.numbers: list[tuple[dict[str, str], str, str]] = []
        self.words: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag == "data":
            link = next((a.get("href", "") for t, a in reversed(self._open) if t == "a"), "")
            self.numbers.append((attributes, "", link))
        if tag not in VOID:
            self._open.append((tag, attributes))

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop()[0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        inside = {tag for tag, _ in self._open}
        if "data" in inside:
            attributes, text, link = self.numbers[-1]
            self.numbers[-1] = (attributes, text + data, link)
        elif "main" in inside and not inside & {"pre", "style", "nav"}:
            self.words.append(data)

    def ids(self) -> set[str]:
        """Every id of the page."""
        return {attributes["id"] for _, attributes in self.tags if "id" in attributes}


def faults(path: Path, site: Path) -> list[str]:
    """Say what is wrong with the form of a page."""
    page, wrong = Page(path), []
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    if levels.count(1) != 1 or any(after > before + 1 for before, after in pairwise(levels)):
        wrong.append(f"headings {levels}")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    wrong += [f"id {name} twice" for name in {i for i in ids if ids.count(i) > 1}]
    for tag, attributes in page.tags:
        if tag == "img" and not attributes.get("alt", "").strip():
            wrong.append("image without text")
        if tag == "th" and attributes.get("scope") not in ("col", "row"):
            wrong.append("header of a table without scope")
        if tag in ("script", "iframe", "link") or not attributes.get("src", "data:").startswith("data:"):
            wrong.append(f"<{tag}> asks for something")
        if tag == "a":
            wrong += _link_faults(path, site, attributes["href"])
    if ("html", {"lang": "en-GB"}) not in page.tags:
        wrong.append("no language")
    if len(page.source) > 1_500_000:
        wrong.append("over 1.5 MB")
    return wrong


def _link_faults(path: Path, site: Path, href: str) -> list[str]:
    file, _, anchor = href.partition("#")
    target = (path.parent / file).resolve() if file else path
    if not target.is_relative_to(site.resolve()) or not target.exists():
        return [f"link to {href} leads nowhere"]
    if anchor and f'id="{anchor}"' not in target.read_text(encoding="utf-8"):
        return [f"link to {href}: no such place"]
    return []


def two_minded(pages: Path, ledgers: Iterable[Ledger], findings: Iterable[Finding]) -> list[str]:
    """Name the numbers of findings that are hidden in one published place and printed in another.

    Parameters
    ----------
    pages : Path
        Folder of a cohort's published files.
    ledgers : iterable of Ledger
        What its notebooks showed, which say what each number is.
    findings : iterable of Finding
        Of all its notebooks.
    """
    places: dict[tuple[str, str, tuple[int, ...]], dict[bool, set[str]]] = {}

    def seen(finding_id: str, kind: str, ns: tuple[int, ...], hidden: bool, where: str) -> None:
        places.setdefault((finding_id, kind, ns), {}).setdefault(hidden, set()).add(where)

    for ledger in ledgers:
        cells = {cell.key: cell for cell in ledger.cells}
        for attributes, text, _ in Page(pages / f"{ledger.notebook}.html").numbers:
            cell = cells.get(attributes.get("data-cell", ""))
            if cell is not None and cell.definition.get("finding"):
                seen(cell.definition["finding"], cell.kind, cell.ns, text.strip() == HIDDEN, ledger.notebook)
    with (pages / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["finding_id"]: row for row in csv.DictReader(file)}
    for finding in findings:
        row, estimate = rows[finding.finding_id], release_finding(finding, Rule())
        seen(finding.finding_id, estimate.kind, estimate.ns, row["hidden"] == "yes", "findings.csv")
        for column in ("n_programme", "n_comparison"):
            n = getattr(finding, column)
            if n is not None:
                seen(finding.finding_id, "count", (n,), not row[column], "findings.csv")
    return [
        f"{finding_id} ({kind}): hidden in {sorted(where[True])}, printed in {sorted(where[False])}"
        for (finding_id, kind, _), where in places.items()
        if len(where) == 2
    ]
