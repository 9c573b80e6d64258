"""What every published page must keep, read from the page alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

VOID = frozenset(("meta", "img", "br", "hr", "input", "link"))
#: Digits that are words, and what the release rule says of itself.
WORDS = re.compile(
    r"95%|fewer than \d+|nearest \d+|1 in 100|\b(?:19|20)\d\d(?:/\d\d)?\b|\b0\d_[a-z_]+|[Gg]rade \d|Key Stage \d"
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
