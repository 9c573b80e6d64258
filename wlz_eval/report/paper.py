"""A page made ready for paper: what only a screen can use is gone, and names and links hold across all pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from wlz_eval.core.errors import RunError

__all__ = ["blank_sheets", "front_page", "page_for_paper"]

#: Attributes that hold the ids of other elements.
_POINTERS = ("aria-labelledby", "aria-describedby", "for", "headers", "popovertarget", "aria-details")
#: Classes of what makes no sense on paper.
_SCREEN_ONLY = frozenset(("skip", "toc", "turn", "crumbs", "downloads", "meaning"))


def page_for_paper(tree: Any, name: str) -> None:
    """Make a page ready to be printed by itself or among others.

    Parameters
    ----------
    tree : Element
        The page, which is changed.
    name : str
        Its file without ``.html``, which begins all its ids, so that they are single among all pages. Its main part has
        the name itself, and links to other pages lead there.
    """
    _for_paper(tree)
    _prefix(tree, name)


def front_page(tree: Any, titles: Mapping[str, str], sheets: Mapping[str, int]) -> None:
    """Make a page the first of a document of many: its head stays, and a list of contents follows.

    Parameters
    ----------
    tree : Element
        The page of the cohort, which is changed; its own list of questions is left out.
    titles : mapping of str to str
        Title of each page by name, in order.
    sheets : mapping of str to int
        The sheet on which each begins.
    """
    page_for_paper(tree, "front")
    main, body = _one(tree, "main"), _one(tree, "body")
    main[:] = [e for e in main if "evidence" not in _classes(e)]
    body[:] = [e for e in body if e.tag != "footer"]
    nav = SubElement(main, "nav", {"class": "contents", "aria-labelledby": "front--contents"})
    SubElement(nav, "h2", {"id": "front--contents"}).text = "Contents"
    listed = SubElement(nav, "ol")
    for name, title in titles.items():
        # The style sheet sets the number at the end of the line.
        link = SubElement(SubElement(listed, "li"), "a", {"href": f"#{name}", "data-sheet": str(sheets[name])})
        link.text = title


def blank_sheets(tree: Any, count: int) -> None:
    """Empty a page into so many sheets that have only its margins; they lend their numbers."""
    body = _one(tree, "body")
    body[:] = [Element("div", {"class": "chapter"}) for _ in range(count)]
    body.text = None


def _one(tree: Any, tag: str) -> Any:
    found = next(tree.iter(tag), None)
    if found is None:
        raise RunError(f"A page to be printed has no <{tag}> element.")
    return found


def _classes(element: Any) -> list[str]:
    return str(element.get("class", "")).split()


def _for_paper(tree: Any) -> None:
    """Take out what only a screen can use: code that is folded away, navigation, the list beside the text."""
    for parent in tree.iter():
        for child in list(parent):
            gone = _SCREEN_ONLY & set(_classes(child)) or (child.tag == "details" and "code" in _classes(child))
            if gone:
                _drop(parent, child)
    for button in tree.iter("button"):
        # Its words are part of a sentence; what it opens stands at the foot of the page.
        button.tag = "span"
        button.attrib.clear()


def _drop(parent: Any, child: Any) -> None:
    """Remove an element, not the text that follows it."""
    tail, at = child.tail or "", list(parent).index(child)
    if at:
        parent[at - 1].tail = (parent[at - 1].tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(child)


def _prefix(tree: Any, name: str) -> None:
    """Give every id of a page the page's name, and point its links at ids of that kind."""
    for element in tree.iter():
        if element.get("id"):
            element.set("id", f"{name}--{element.get('id')}")
        for pointer in _POINTERS:
            if element.get(pointer):
                element.set(pointer, " ".join(f"{name}--{i}" for i in element.get(pointer).split()))
        if element.tag == "a" and element.get("href") is not None:
            _relink(element, name)
    _one(tree, "main").set("id", name)


def _relink(link: Any, name: str) -> None:
    """Point a link within this page or to another one at its place; any other file is plain words on paper."""
    href = link.get("href")
    if re.match(r"https?://", href):
        return
    match = re.fullmatch(r"(?:([\w-]+)\.html)?(?:#(.+))?", href)
    if match is None or not any(match.groups()):
        link.tag = "span"
        del link.attrib["href"]
        return
    page, anchor = match.group(1) or name, match.group(2)
    link.set("href", f"#{page}--{anchor}" if anchor else f"#{page}")
