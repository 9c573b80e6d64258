"""The publication gate: reads what was written, as an attacker would, and says why it must not be published.

Reasons never repeat what they found, since they may be shown themselves.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
import struct
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wlz_eval.release.htmltext import Element, elements, visible_text
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.provenance import INTERNAL_MARK, NOT_RELEASED

__all__ = ["Refusal", "gate"]

#: Kinds of file that a page folder may hold.
_SUFFIXES = (".html", ".csv")
_DATA_URI = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
_PATH = re.compile(
    r"(?<![\w.<])/(?:home|root|work|tmp|usr|var|Users|mnt|opt|private|srv|data|etc)/[\w.-]|\b[A-Za-z]:\\|file://|\\\\\w+\\"
)
_TRACEBACK = re.compile(
    r"Traceback \(most recent call last\)|\x1b\[|^-{30,}$|File \"[^\"]+\", line \d+", re.MULTILINE
)
_FETCHES = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)", re.IGNORECASE)
#: A number of children, but not "1 in 4 children", "Year 6 pupils" or "2,670 children".
_NOT_AFTER = "".join(f"(?<!{words} )" for words in ("in", "[Yy]ear", "[Gg]rade", "[Ss]tage", "age", "aged"))
#: Between a number and its noun; not from the last cell of a row to the first of the next.
_SPACE = r"(?:(?!\n{4})\s)+"
_SMALL_COUNT = re.compile(
    _NOT_AFTER + r"(?<![\d.,/:-])\b(\d{1,3})" + _SPACE
    + r"(?:programme |comparison |other )?(?:children|pupils|child|pupil)\b"
    r"|\b[nN]\s*=\s*(\d{1,3})\b(?![.,]\d)"
)
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
#: Attributes that hold addresses inside the page and words of its style: nobody reads them as a sentence.
_ADDRESSES = frozenset(("class", "id", "href"))
_CHUNKS_ALLOWED = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"pHYs", b"sRGB", b"gAMA", b"tRNS", b"cHRM", b"sBIT"}


@dataclass(frozen=True, order=True)
class Refusal:
    """One reason not to publish.

    Parameters
    ----------
    page : str
        File in which it was found.
    reason : str
        What was found, without repeating it.
    """

    page: str
    reason: str

    def __str__(self) -> str:
        return f"{self.page}: {self.reason}"


@dataclass(frozen=True)
class _Page:
    """One file as the checks see it."""

    name: str
    source: str
    audience: str
    identifiers: Collection[str]
    private: Sequence[str]
    threshold: int
    ledgers: Mapping[str, Ledger]
    elements: tuple[Element, ...] = ()
    text: str = ""
    everything: str = field(default="", repr=False)
    prose: str = field(default="", repr=False)


def _identifiers(page: _Page) -> Iterator[str]:
    tokens = set(re.split(r"[^\w-]+", page.everything)) | set(re.split(r"[^\w]+", page.everything))
    tokens |= set(re.split(r"[^A-Za-z0-9]+", page.everything))
    # A short bare number cannot be told from any other number, so it is looked for only where no rule put it.
    plain = {i for i in page.identifiers if not (i.isdigit() and len(i) < 5)}
    if tokens & plain:
        yield "holds an identifier of a child, household or school from the cohort's tables"
        return
    odd = [i for i in plain if not re.fullmatch(r"[\w-]+", i)]
    if any(i in page.everything for i in odd):
        yield "holds an identifier of a child, household or school from the cohort's tables"
        return
    short = set(page.identifiers) - plain
    cells = {
        e.text.strip() for e in page.elements if e.tag in ("td", "th", "li", "option") and not e.has_data
    }
    if cells & short:
        yield "holds a table cell or list item that is an identifier from the cohort's tables"


def _small_counts(page: _Page) -> Iterator[str]:
    for match in _SMALL_COUNT.finditer(page.prose):
        if int(match.group(1) or match.group(2)) < page.threshold:
            yield f"speaks of fewer than {page.threshold} children by number"
            return


def _paths(page: _Page) -> Iterator[str]:
    if _PATH.search(page.everything) or any(p and p in page.everything for p in page.private):
        yield "holds an absolute path of the machine that made it"


def _tracebacks(page: _Page) -> Iterator[str]:
    if _TRACEBACK.search(page.text):
        yield "holds a traceback or a terminal's colour codes"


def _marks(page: _Page) -> Iterator[str]:
    if NOT_RELEASED in page.text:
        yield f"still says '{NOT_RELEASED}'"
    marked = any(mark in page.text for mark in INTERNAL_MARK.values())
    metas = {
        e.attributes.get("content", "") for e in page.elements if e.attributes.get("name") == "wlz-audience"
    }
    if page.audience == "public" and (marked or metas - {"public"}):
        yield "carries the mark of an internal page"
    if page.audience != "public" and not marked:
        yield f"is {page.audience} but does not say so"
    if not metas:
        yield "does not say for which audience it was made"


def _requests(page: _Page) -> Iterator[str]:
    for e in page.elements:
        if e.tag in ("script", "iframe", "object", "embed", "form", "base", "link"):
            yield f"holds a <{e.tag}> element"
            return
        for name, value in e.attributes.items():
            if name.startswith("on"):
                yield "holds a script in an attribute"
                return
            if name in ("src", "srcset", "poster", "data", "background") and not value.startswith("data:"):
                yield "fetches something from outside the page"
                return
            if name in ("href", "xlink:href", "action") and value.strip().lower().startswith(
                ("javascript:", "data:")
            ):
                yield "holds a link that runs code"
                return
    styles = " ".join(e.text for e in page.elements if e.tag == "style")
    styles += " ".join(e.attributes.get("style", "") for e in page.elements)
    if _FETCHES.search(styles):
        yield "has a style that fetches something from outside the page"


def _raw_output(page: _Page) -> Iterator[str]:
    for e in page.elements:
        if "unreleased" in e.attributes.get("class", "").split():
            yield (
                "shows output of a cell that did not pass the release rule "
                "(use nb.say, nb.show_table or nb.show_figure)"
            )
            return


def _images(page: _Page) -> Iterator[str]:
    for e in page.elements:
        if e.tag == "img" and not e.attributes.get("alt", "").strip():
            yield "has an image without alternative text"
            return
    for match in _DATA_URI.finditer(page.source):
        try:
            chunks = list(_png_chunks(base64.b64decode(match.group(1), validate=False)))
        except (ValueError, struct.error, binascii.Error):
            yield "holds an image that cannot be read"
            return
        if not set(chunks) <= _CHUNKS_ALLOWED:
            yield "holds an image with text hidden inside"
            return


def _png_chunks(png: bytes) -> Iterator[bytes]:
    if png[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("not a PNG")
    at = 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind
        at += 12 + length
        if kind == b"IEND" and at != len(png):
            yield b"rest"


def _shown(page: _Page) -> Iterator[str]:
    """Compare every number on the page with what the ledger says was released."""
    own = Path(page.name).stem
    cells = {(name, cell.key): cell for name, ledger in page.ledgers.items() for cell in ledger.cells}
    if not page.ledgers:
        return
    for e in page.elements:
        key = e.attributes.get("data-cell")
        if e.tag != "data" or key is None:
            continue
        notebook, _, rest = key.rpartition(":")
        cell = cells.get((notebook or own, rest))
        if cell is None or cell.text != e.text.strip():
            yield "shows a number that is not the one in the release ledger"
            return


_CHECKS: tuple[Callable[[_Page], Iterator[str]], ...] = (
    _identifiers,
    _small_counts,
    _paths,
    _tracebacks,
    _marks,
    _requests,
    _raw_output,
    _images,
    _shown,
)
#: What holds for internal pages too: they may show small numbers, never identifiers, paths or scripts.
_INTERNAL_CHECKS = (_identifiers, _paths, _tracebacks, _marks, _requests, _images, _shown)
_RESTRICTED_CHECKS = (_paths, _tracebacks, _marks, _requests, _images, _shown)


def ledger_refusals(ledger: Ledger, audience: str) -> Iterator[Refusal]:
    """Yield why a ledger itself must not be published."""
    page = f"{ledger.notebook}.html"
    if ledger.audience != audience:
        yield Refusal(page, f"was run for {ledger.audience} readers, not for {audience} ones")
        return
    if audience != "public":
        return
    if not ledger.rule.applies:
        yield Refusal(page, "was run without the release rule")
        return
    for cell in ledger.cells:
        groups = list(cell.ns)
        if cell.kind == "percent" and len(groups) == 2:
            groups.append(groups[0] - groups[1])
        if (
            not cell.hidden
            and any(n < ledger.rule.threshold for n in groups)
            and cell.text != "not available"
        ):
            yield Refusal(
                page, f"shows a {cell.kind} that rests on fewer than {ledger.rule.threshold} children"
            )
            return


def _csv_refusals(page: _Page) -> Iterator[str]:
    yield from _identifiers(page)
    yield from _paths(page)
    yield from _small_counts(page)
    for row in csv.reader(io.StringIO(page.source.lstrip("\ufeff"))):
        if any(_FORMULA.match(value) and not _NUMBER.fullmatch(value) for value in row):
            yield "holds a cell that a spreadsheet would run as a formula"
            return


def gate(
    folder: Path,
    *,
    audience: str,
    identifiers: Collection[str],
    ledgers: Sequence[Ledger] = (),
    private: Sequence[str] = (),
) -> tuple[Refusal, ...]:
    """Read every file that is about to be published.

    Parameters
    ----------
    folder : Path
        The staging folder.
    audience : str
        For whom it is.
    identifiers : collection of str
        Every ``child_id``, ``person_id``, ``household_id`` and ``school_id`` of the cohort's tables.
    ledgers : sequence of Ledger
        What each notebook has shown; a page ``x.html`` is held against the ledger of notebook ``x``.
    private : sequence of str
        Texts that must not appear, such as the paths of the project and of the output folder.

    Returns
    -------
    tuple of Refusal
        Why the folder must not be published; empty when it may.
    """
    refusals = [refusal for ledger in ledgers for refusal in ledger_refusals(ledger, audience)]
    by_notebook = {ledger.notebook: ledger for ledger in ledgers}
    threshold = max((ledger.rule.threshold for ledger in ledgers), default=10)
    known = frozenset(str(i).strip() for i in identifiers if str(i).strip())
    checks = {"public": _CHECKS, "internal": _INTERNAL_CHECKS}.get(audience, _RESTRICTED_CHECKS)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.suffix not in _SUFFIXES:
            refusals.append(Refusal(name, "is not a page or a table"))
            continue
        source = path.read_text(encoding="utf-8")
        page = _read(name, source, audience, known, private, threshold, by_notebook)
        found = _csv_refusals(page) if path.suffix == ".csv" else (r for check in checks for r in check(page))
        refusals.extend(Refusal(name, reason) for reason in found)
    return tuple(dict.fromkeys(refusals))


def _read(
    name: str,
    source: str,
    audience: str,
    identifiers: Collection[str],
    private: Sequence[str],
    threshold: int,
    ledgers: Mapping[str, Ledger],
) -> _Page:
    if name.endswith(".csv"):
        return _Page(
            name, source, audience, identifiers, private, threshold, ledgers, everything=source, prose=source
        )
    bare = _DATA_URI.sub("data:", source)
    found = tuple(elements(bare))
    text = visible_text(bare)
    attributes = [(name_, value) for e in found for name_, value in e.attributes.items()]
    comments = " ".join(re.findall(r"<!--(.*?)-->", bare, flags=re.DOTALL))
    everything = f"{text} \n{' '.join(value for _, value in attributes)} \n{comments}"
    # A value never runs on into the next one. Code is the project's own and says n=5 of other things; what cells
    # print is not code and is in the prose.
    sentences = " | ".join(value for name_, value in attributes if name_ not in _ADDRESSES)
    prose = f"{visible_text(bare, ('style', 'code'))} \n| {sentences} |\n{comments}"
    return _Page(
        name,
        source,
        audience,
        identifiers,
        private,
        threshold,
        ledgers,
        elements=found,
        text=text,
        everything=everything,
        prose=prose,
    )
