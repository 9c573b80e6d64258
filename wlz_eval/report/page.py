"""One notebook as one page."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape, unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from wlz_eval.core.effort import EFFORTS
from wlz_eval.release.findings import FindingSet, Stamp
from wlz_eval.release.htmltext import JOINER
from wlz_eval.release.notebook import NOTEBOOKS
from wlz_eval.release.provenance import INTERNAL_MARK, SIMULATED_MARK
from wlz_eval.release.rule import Rule
from wlz_eval.report.content import Block, PageContent, read_notebook
from wlz_eval.report.glossary import Glossary
from wlz_eval.report.headline import below_paragraph, headline_of

__all__ = ["Link", "link_findings", "render_page", "render_template"]

#: Where a line could end between a minus and what it belongs to, and the joiner that forbids it.
_MINUS, _JOINED = re.compile("\u2212(?=[£$€])"), f"\u2212{JOINER}"
_DATA = re.compile(r'<data data-finding="([^"]+)" data-cell="([^"]+)"([^>]*)>(.*?)</data>', re.DOTALL)


@dataclass(frozen=True)
class Link:
    """A page of the same cohort, or another study."""

    notebook: str
    title: str
    href: str


@functools.cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    made = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["css_string"] = lambda text: Markup(css_string(text))
    return made


@functools.cache
def _style() -> str:
    folder = Path(__file__).parent / "templates"
    return "\n".join((folder / name).read_text(encoding="utf-8").strip() for name in ("style.css", "print.css"))


def css_string(text: str) -> str:
    r"""Return words as a CSS string that cannot end early, whatever they hold.

    Examples
    --------
    >>> css_string('a "b"')
    '"a \\000022 b\\000022 "'
    """
    plain = unescape(str(text))
    return '"' + "".join(c if c.isalnum() or c in " .,:;-()" else f"\\{ord(c):06x} " for c in plain) + '"'


def render_template(name: str, *, audience: str, bands: Sequence[str], **values: Any) -> str:
    """Render one of the package's templates, every value escaped; no line ends between a minus and its amount.

    Parameters
    ----------
    name : str
        File under ``templates``.
    audience : str
        For whom the page is.
    bands : sequence of str
        Warnings across the head of the page.
    **values
        What the template names.
    """
    html = (
        _environment()
        .get_template(name)
        .render(style=Markup(_style()), audience=audience, bands=list(bands), efforts=EFFORTS, **values)
    )
    return _MINUS.sub(_JOINED, html)


def link_findings(
    html: str, stamps: Mapping[str, Stamp], href: Callable[[str], str], own: str = "", cell_prefix: str = ""
) -> str:
    """Link every finding to the cell that recorded it.

    Parameters
    ----------
    html : str
        HTML that the release verbs made.
    stamps : mapping of str to Stamp
        Where each finding was recorded.
    href : callable
        Address of a notebook's page.
    own : str
        The notebook whose page this is; its own tables are not linked, or they would be all links.
    cell_prefix : str
        Put before each ledger key, for numbers that are quoted on another page.
    """

    def _link(match: re.Match[str]) -> str:
        finding, key, rest, shown = match.groups()
        data = f'<data data-finding="{finding}" data-cell="{escape(cell_prefix)}{key}"{rest}>{shown}</data>'
        stamp = stamps.get(finding)
        if stamp is None or not stamp.cell or (stamp.notebook == own and key.startswith("t")):
            return data
        page = "" if stamp.notebook == own else href(stamp.notebook)
        return f'<a class="trace" href="{escape(page)}#cell-{stamp.cell}">{data}</a>'

    return _DATA.sub(_link, html)


def release_note(rule: Rule) -> str:
    """Say what the release rule did to the page."""
    if not rule.applies:
        return "Not hidden and not rounded on this page."
    return (
        f"Numbers of children are rounded to the nearest {rule.round_to}; anything that rests on fewer than "
        f"{rule.threshold} children, or would give away a number that does, is hidden."
    )


def bands(head: Mapping[str, Any]) -> list[str]:
    """Return the warnings that stand across the head of a page."""
    found = [SIMULATED_MARK] if head["provenance"] == "synthetic" else []
    return [*found, *([INTERNAL_MARK[head["audience"]]] if head["audience"] in INTERNAL_MARK else [])]


def render_page(
    executed_notebook: Mapping[str, Any] | PageContent,
    *,
    name: str = "",
    findings: FindingSet | None = None,
    pages: Sequence[Link] = (),
    rule: Rule | None = None,
    template: str = "page.html.j2",
    files: Sequence[tuple[str, str]] = (),
) -> str:
    """Render an executed notebook as one self-contained page.

    Parameters
    ----------
    executed_notebook : mapping or PageContent
        The notebook with its outputs, or what :func:`read_notebook` made of it.
    name : str
        Name of the notebook, such as ``04_attribution``.
    findings : FindingSet, optional
        All findings of the cohort, so that each number links to the cell that recorded it.
    pages : sequence of Link
        The pages of this cohort, in order.
    rule : Rule, optional
        The release rule that was applied.
    template : str
        ``study.html.j2`` for a study of the method.
    files : sequence of (str, str)
        The page in other formats: name of the file beside it, and what to call it.

    Returns
    -------
    str
        HTML that asks no other file for anything and holds no time and no path.
    """
    if isinstance(executed_notebook, PageContent):
        content = executed_notebook
    else:
        content = read_notebook(name, executed_notebook)
    stamps = {f.finding_id: s for f, s in findings.items()} if findings is not None else {}
    made = {page.notebook for page in pages} or {s.notebook for s in stamps.values()}
    known = {i: s for i, s in stamps.items() if s.notebook in made or s.notebook == content.notebook}

    def _linked(html: str) -> str:
        return link_findings(html, known, lambda notebook: f"{notebook}.html", own=content.notebook)

    linked = replace(
        content,
        answer=_linked(content.answer),
        limits=_linked(content.limits),
        blocks=tuple(
            Block(b.kind, _linked(b.html) if b.kind == "result" else b.html) for b in content.blocks
        ),
    )
    headline = headline_of(content.answer, findings or FindingSet(), content.head.get("outcomes", {}))
    if headline is not None:
        drawn = _environment().get_template("headline.html.j2").render(vars(headline))
        linked = replace(linked, answer=below_paragraph(linked.answer, headline.after, drawn))
    words = Glossary()
    linked = replace(
        linked,
        lead=words.mark(linked.lead),
        answer=words.mark(linked.answer),
        limits=words.mark(linked.limits),
        blocks=tuple(Block(b.kind, b.html if b.kind == "code" else words.mark(b.html)) for b in linked.blocks),
    )
    names = [page.notebook for page in pages]
    at = names.index(content.notebook) if content.notebook in names else -1
    return render_template(
        template,
        audience=content.head["audience"],
        bands=bands(content.head),
        page=linked,
        head=content.head,
        words=words.used,
        questions=len(NOTEBOOKS),
        pages=list(pages),
        before=pages[at - 1] if at > 0 else None,
        after=pages[at + 1] if 0 <= at < len(pages) - 1 else None,
        release_note=release_note(rule or Rule()),
        files=list(files),
    )
