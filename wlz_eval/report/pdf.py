"""Published pages on paper: each page as a PDF that a screen reader can follow, and all pages of a cohort in one."""

from __future__ import annotations

import base64
import importlib
import io
import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wlz_eval.core.errors import RunError
from wlz_eval.core.files import hash_bytes, write_atomic
from wlz_eval.report import fonts, paper
from wlz_eval.report.fonts import font_file, font_rules
from wlz_eval.report.paper import blank_sheets, front_page, page_for_paper

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WHOLE", "Printer", "need_pdf", "pdf_files"]

#: What makes the PDFs, and what the gate reads them with: the extra ``pdf``.
_EXTRA = ("weasyprint", "pypdf")
#: File of all pages of a cohort.
WHOLE = "report.pdf"
#: PDF/UA: tags, reading order, language, title and alternative texts.
VARIANT = "pdf/ua-1"
_PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")


def need_pdf() -> None:
    """Check that PDFs can be made here.

    Raises
    ------
    RunError
        Saying what to install.
    """
    for name in _EXTRA:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise RunError(
                f"--pdf needs the extra 'pdf', and {error.name or name} is not installed. Run: pip install"
                " 'wlz-eval[pdf]', or: pip install weasyprint pypdf."
            ) from None
        except OSError as error:
            raise RunError(
                f"--pdf needs Pango, which {name} cannot find: {str(error).splitlines()[0][:120]}. On Debian or Ubuntu:"
                " apt install libpango-1.0-0 libpangoft2-1.0-0."
            ) from None


@dataclass
class Printer:
    """Prints pages. Each is laid out once, and printed by itself and as part of the document of all pages.

    Every document is A4 and tagged, holds no date, and has the same bytes for the same pages on every machine.
    """

    _pictures: dict[str, bytes] = field(default_factory=dict)
    _laid: dict[tuple[str, str], Any] = field(default_factory=dict)
    _images: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def _fonts(self) -> tuple[Any, Any]:
        """The fonts, read once, and the rules that use them."""
        import weasyprint  # type: ignore[import-untyped]
        from weasyprint.text.fonts import FontConfiguration  # type: ignore[import-untyped]

        known = FontConfiguration()
        return known, weasyprint.CSS(string=font_rules(), url_fetcher=_fetcher({}), font_config=known)

    def page(self, name: str, html: str) -> bytes:
        """Print one page.

        Parameters
        ----------
        name : str
            Its file without ``.html``.
        html : str
            A page as :func:`wlz_eval.report.page.render_template` makes it.
        """
        return _written(self._page(name, html))

    def whole(self, front: str, pages: Mapping[str, str]) -> bytes:
        """Print several pages as one document, with a list of contents that gives the number of each page.

        Parameters
        ----------
        front : str
            The page whose head begins the document; its own list of questions is left out.
        pages : mapping of str to str
            HTML by name, in order.
        """
        documents = {name: self._page(name, html) for name, html in pages.items()}
        first = self._front(front, documents)
        sheets = [sheet for document in (first, *documents.values()) for sheet in document.pages]
        lenders = self._layout(front, partial(blank_sheets, count=len(sheets))).pages
        return _written(first.copy([_numbered(*both) for both in zip(sheets, lenders, strict=True)]))

    def _page(self, name: str, html: str) -> Any:
        """Lay a page out."""
        if (name, html) not in self._laid:
            self._laid[name, html] = self._layout(html, partial(page_for_paper, name=name))
        return self._laid[name, html]

    def _front(self, html: str, documents: Mapping[str, Any]) -> Any:
        """Lay out the first sheets, whose own number moves those of the pages that follow."""
        titles, own = {name: document.make_bookmark_tree()[0][0] for name, document in documents.items()}, 1
        while True:
            starts, after = {}, own + 1
            for name, document in documents.items():
                starts[name] = after
                after += len(document.pages)
            front = self._layout(html, partial(front_page, titles=titles, sheets=starts))
            if len(front.pages) <= own:
                return front
            own = len(front.pages)

    def _named(self, match: re.Match[str]) -> str:
        name = f"picture:{hash_bytes(match.group(1).encode())}"
        if name not in self._pictures:
            self._pictures[name] = _opaque(base64.b64decode(match.group(1)))
        return name

    def _layout(self, html: str, prepare: Callable[[Any], None]) -> Any:
        """Lay out a page of which `prepare` has changed the tree."""
        import weasyprint
        from weasyprint.urls import FatalURLFetchingError  # type: ignore[import-untyped]

        try:
            with _unspoken():
                # A parser is slow on long attributes, so pictures stand in it by name.
                named, (known, rules) = _PICTURE.sub(self._named, html), self._fonts
                read = weasyprint.HTML(string=named, url_fetcher=_fetcher(self._pictures), media_type="print")
                prepare(read.etree_element)
                return read.render(stylesheets=[rules], font_config=known, pdf_variant=VARIANT, cache=self._images)
        except FatalURLFetchingError as error:
            # No ordinary exception, so it would end a whole batch.
            raise RunError(f"A page that is to be printed asks for what is not inside it: {error}") from None


def _fetcher(pictures: Mapping[str, bytes]) -> Any:
    """Return what fetches pictures, which are inside the page, and fonts, which are inside the suite; nothing else."""
    import weasyprint
    from weasyprint.urls import URLFetcherResponse

    class Inside(weasyprint.URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            font = font_file(url)
            if font is not None:
                return URLFetcherResponse(url, font.read_bytes(), {"Content-Type": "font/ttf"})
            return URLFetcherResponse(url, pictures[url], {"Content-Type": "image/png"})

    return Inside(fail_on_errors=True)


def _written(document: Any) -> bytes:
    """Write a document that was laid out; a link that leads out of it becomes plain words, and is a link again after.

    The same sheets are written into two documents, where other links lead somewhere.
    """
    there = {anchor for sheet in document.pages for anchor in sheet.anchors}
    before = [(sheet, sheet.links) for sheet in document.pages]
    plain = []
    for sheet, links in before:
        outside = [link[0] == "internal" and link[1] not in there for link in links]
        sheet.links = [link for link, out in zip(links, outside, strict=True) if not out]
        plain += [link[3] for link, out in zip(links, outside, strict=True) if out]
    tags = [(box, box.element_tag) for box in plain if box.element_tag == "a"]
    for box in plain:
        box.link_annotation = None
        box.element_tag = "span" if box.element_tag == "a" else box.element_tag
    try:
        with _unspoken():
            written: bytes = document.write_pdf(pdf_variant=VARIANT, finisher=_name_headers)
    finally:
        for box, tag in tags:
            box.element_tag = tag
        for sheet, links in before:
            sheet.links = links
    return written


def _name_headers(_: Any, pdf: Any) -> None:
    """Name header cells of tables by letters too: "2015-0-4", of object, row and column, reads like a month."""
    import pydyf  # type: ignore[import-untyped]

    for thing in pdf.objects:
        name = thing.get("ID") if isinstance(thing, pydyf.Dictionary) else None
        if isinstance(name, pydyf.String) and not name.string.startswith("header"):
            # The cells below refer to the same string.
            name.string = "header" + name.string.replace("-", "_")


def _numbered(sheet: Any, lender: Any) -> Any:
    """Return a sheet with the page number of another."""
    from weasyprint.document import Page  # type: ignore[import-untyped]

    def _is_number(box: Any) -> bool:
        return getattr(box, "at_keyword", "") == "@bottom-right"

    box = sheet._page_box
    number = [child for child in lender._page_box.children if _is_number(child)]
    return Page(box.copy_with_children([*(child for child in box.children if not _is_number(child)), *number]))


def _opaque(png: bytes) -> bytes:
    """Lay a picture on white: paper has no transparency, and a PDF takes such a picture as it is."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        if picture.mode in ("RGB", "L"):
            return png
        layered = picture.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    saved = io.BytesIO()
    Image.alpha_composite(white, layered).convert("RGB").save(saved, format="PNG")
    return saved.getvalue()


@dataclass
class _Kept:
    """Finished PDFs by what they were made from, so that an unchanged page is not printed again."""

    folder: Path
    used: set[str] = field(default_factory=set)

    def get(self, made_from: Sequence[str], make: Callable[[], bytes]) -> bytes:
        import weasyprint

        own = [Path(str(module.__file__)).read_bytes() for module in (fonts, paper, sys.modules[__name__])]
        key = hash_bytes(*own, weasyprint.__version__.encode(), *(text.encode() for text in made_from))
        path = self.folder / f"{key}.pdf"
        self.used.add(path.name)
        if not path.exists():
            write_atomic(path, make())
        return path.read_bytes()

    def forget_others(self) -> None:
        for path in self.folder.glob("*.pdf"):
            if path.name not in self.used:
                path.unlink()


def pdf_files(folder: Path, names: Iterable[str], whole: str, kept: Path) -> tuple[Path, ...]:
    """Print every page of a folder beside itself, and all of them in one.

    Parameters
    ----------
    folder : Path
        Folder of the pages; its ``index.html``, if there is one, is only the front of the whole.
    names : iterable of str
        The pages to print, in order, such as ``04_attribution``.
    whole : str
        Name of the file that holds all of them, such as :data:`WHOLE`.
    kept : Path
        Folder in which finished PDFs are kept for the next run; what is not used any more is removed.

    Returns
    -------
    tuple of Path
        The files made.
    """
    need_pdf()
    html = {name: (folder / f"{name}.html").read_text(encoding="utf-8") for name in names}
    index = folder / "index.html"
    front = index.read_text(encoding="utf-8") if index.exists() else ""
    store, printer = _Kept(kept), Printer()
    made = []
    for name, page in html.items():
        made.append(folder / f"{name}.pdf")
        write_atomic(made[-1], store.get([name, page], partial(printer.page, name, page)))
    if front:
        made.append(folder / whole)
        write_atomic(made[-1], store.get([front, *html.values()], partial(printer.whole, front, html)))
    store.forget_others()
    return tuple(made)


class _Unspoken(logging.Filter):
    """Silence what WeasyPrint says of rules that are for screens; errors still pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.WARNING


@contextmanager
def _unspoken() -> Iterator[None]:
    log, quiet = logging.getLogger("weasyprint"), _Unspoken()
    log.addFilter(quiet)
    try:
        yield
    finally:
        log.removeFilter(quiet)
