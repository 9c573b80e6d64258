"""Read an executed notebook as a page: question, answer, limits, evidence, code, head.

What may not be concluded stands below the answer, wherever the notebook says it: many read no further.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from wlz_eval.core.errors import RunError
from wlz_eval.report.code import code_html
from wlz_eval.report.figure_data import FigureData, figures_of
from wlz_eval.report.markdown import Heading, Outline, to_html
from wlz_eval.report.withheld import without_pictures

__all__ = ["Block", "PageContent", "read_notebook"]

_TITLE = re.compile(r"^#\s+(?:(\d+)\.\s*)?(.+)$", re.MULTILINE)
#: Tag of a cell whose plain output is checked by nbval: a check, not a result, so it is not on the page.
_CHECKED = "nbval-check-output"
Outputs = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Block:
    """One piece of a page.

    Parameters
    ----------
    kind : str
        ``text``, ``result``, ``code``, ``answer`` or ``limits``.
    html : str
        Its content.
    """

    kind: str
    html: str


@dataclass(frozen=True, kw_only=True)
class PageContent:
    """One notebook as a page.

    Parameters
    ----------
    notebook, number, question, lead : str
        Name, place among the questions, question, and the words below it as HTML.
    answer, limits : str
        HTML of the cells tagged so; empty when there are none.
    opening : str
        The first cell of the answer, which is what other pages quote.
    blocks : tuple of Block
        Everything else, in order.
    headings : tuple of Heading
        For the table of contents.
    figures : tuple of FigureData
        The figures, each with the file that holds its data.
    head : mapping
        What :func:`wlz_eval.release.open_notebook` says of cohort, plan and versions, or
        :func:`wlz_eval.release.open_study` of a study.
    """

    notebook: str
    number: str
    question: str
    lead: str
    answer: str
    limits: str
    blocks: tuple[Block, ...]
    headings: tuple[Heading, ...]
    opening: str = ""
    figures: tuple[FigureData, ...] = ()
    head: Mapping[str, Any] = field(default_factory=dict)


def read_notebook(name: str, notebook: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> PageContent:
    """Turn an executed notebook into the content of a page.

    Parameters
    ----------
    name : str
        Name of the notebook, such as ``04_attribution``.
    notebook : mapping
        The notebook, nbformat 4.
    more : mapping, optional
        What its head is to hold besides.

    Returns
    -------
    PageContent
        Its parts, as HTML in which every value is escaped.

    Raises
    ------
    RunError
        When the notebook has no question, or was not run through ``open_notebook``.
    """
    cells = list(notebook["cells"])
    number, question, lead_source = _question(name, cells)
    head = {**_head(name, cells), **(more or {})}
    figures = figures_of(name, notebook)
    show = functools.partial(outputs_html, below=_below_figures(figures, head))
    outline = Outline()
    if any("answer" in _tags(cell) for cell in cells):
        outline.add(2, "In short")
    lead = to_html(lead_source, Outline())
    blocks: list[Block] = []
    answer: list[str] = []
    limits: list[str] = []
    waiting: list[str] = []
    shown = [cells[0], *without_pictures(_with_results(cells[1:]))]
    for cell, after in zip(shown[1:], [*shown[2:], {}], strict=True):
        tags = _tags(cell)
        if "injected-parameters" in tags:
            continue  # holds the folders of the machine; the footer says what the run was asked for
        if cell["cell_type"] == "code" and _source(cell).strip():
            waiting.append(code_html(_source(cell), int(cell.get("execution_count") or 0)))
        if "answer" in tags:
            answer.append(_content(cell, outline, show))
        elif "limits" in tags:
            with outline.below_the_answer():
                limits.append(_limits(cell, outline, show, first=not limits))
        elif cell["cell_type"] == "markdown" and "limits" in _tags(after) and _source(cell).lstrip().startswith("#"):
            with outline.below_the_answer():
                limits.append(to_html(_source(cell), outline))
        elif cell["cell_type"] == "markdown":
            _flush(blocks, waiting)
            blocks.append(Block("text", to_html(_source(cell), outline)))
        else:
            result = show(cell.get("outputs", []), hide_plain=_CHECKED in tags)
            if result:
                blocks.append(Block("result", result))
                _flush(blocks, waiting)
    _flush(blocks, waiting)
    return PageContent(
        notebook=name,
        number=number,
        question=question,
        lead=lead,
        answer="".join(answer),
        opening="".join(answer[:1]),
        limits="".join(limits),
        blocks=tuple(blocks),
        headings=tuple(outline.as_read()),
        figures=figures,
        head=head,
    )


def _with_results(cells: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Leave out sections that show nothing: a heading with code below it, none of which had anything to say."""
    sections: list[list[Mapping[str, Any]]] = [[]]
    for cell in cells:
        if cell["cell_type"] == "markdown" and re.match(r"##\s", _source(cell).lstrip()):
            sections.append([])
        sections[-1].append(cell)
    kept = sections[:1]
    for section in sections[1:]:
        code = [cell for cell in section if cell["cell_type"] == "code" and _source(cell).strip()]
        if not code or any(cell.get("outputs") or {"answer", "limits"} & set(_tags(cell)) for cell in code):
            kept.append(section)
    return [cell for section in kept for cell in section]


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _tags(cell: Mapping[str, Any]) -> Sequence[str]:
    tags = cell.get("metadata", {}).get("tags", [])
    return tags if isinstance(tags, list) else []


def _question(name: str, cells: Sequence[Mapping[str, Any]]) -> tuple[str, str, str]:
    """Return number, question and the words below it from the first cell."""
    first = cells[0] if cells and cells[0]["cell_type"] == "markdown" else None
    match = _TITLE.search(_source(first)) if first is not None else None
    if first is None or match is None:
        raise RunError(f"Notebook {name} has no question. Begin it with a Markdown cell '# 4. Question?'.")
    rest = _source(first)[: match.start()] + _source(first)[match.end() :]
    return match.group(1) or "", match.group(2).strip(), rest.strip()


def _head(name: str, cells: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    for cell in cells:
        for output in cell.get("outputs", []):
            head = output.get("metadata", {}).get("wlz_eval", {}).get("head")
            if head:
                return dict(head)
    raise RunError(
        f"Notebook {name} was not run through wlz.open_notebook(...) or open_study(...), so its page cannot be made."
    )


def _content(cell: Mapping[str, Any], outline: Outline, show: Callable[[Outputs], str]) -> str:
    return to_html(_source(cell), outline) if cell["cell_type"] == "markdown" else show(cell.get("outputs", []))


def _limits(cell: Mapping[str, Any], outline: Outline, show: Callable[[Outputs], str], first: bool) -> str:
    """Return the box of what may not be concluded; it has a heading whether or not the notebook gives one."""
    heading = ""
    own = cell["cell_type"] == "markdown" and _source(cell).lstrip().startswith("#")
    if first and not own:
        title = outline.add(2, "What may not be concluded")
        heading = f'<h2 id="{escape(title.anchor)}">{escape(title.text)}</h2>\n'
    return heading + _content(cell, outline, show)


def _flush(blocks: list[Block], waiting: list[str]) -> None:
    """Put the code that waits into one folded block: that of a result stands below it, whatever cells made it."""
    if waiting:
        before = blocks.pop().html if blocks and blocks[-1].kind == "code" else ""
        blocks.append(Block("code", before + "".join(waiting)))
        waiting.clear()


def _below_figures(figures: Sequence[FigureData], head: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands below the caption of each figure: its source, and its data to download."""
    simulated = ", simulated data" if head.get("provenance") == "synthetic" else ""
    source = f' <span class="source">Source: {escape(head["title"])}{simulated}.</span>' if "source" in head else ""
    link = '<span class="downloads"><a href="{}" download>Data behind this figure (CSV)</a></span>'
    return {figure.block: f"{source} {link.format(escape(figure.file))}" for figure in figures}


def outputs_html(outputs: Outputs, hide_plain: bool = False, below: Mapping[str, str] | None = None) -> str:
    """Render the outputs of a cell; `below` holds what stands below the caption of each figure, by its block.

    Only what came through the release verbs is rendered as HTML. Warnings on the error stream are left out.
    Anything else is shown as escaped text with the class ``unreleased``, which the gate refuses in public.
    """
    parts: list[str] = []
    for output in outputs:
        kind = output["output_type"]
        mark = output.get("metadata", {}).get("wlz_eval", {})
        if mark.get("head") or (kind == "stream" and output.get("name") == "stderr"):
            continue
        if mark.get("released"):
            parts.append(_released_html(output, below or {}))
        elif not hide_plain:
            text = _plain(output)
            if text.strip():
                parts.append(f'<pre class="unreleased" tabindex="0">{escape(text)}</pre>')
    return _join_figures(parts)


def _released_html(output: Mapping[str, Any], below: Mapping[str, str]) -> str:
    data = output["data"]
    if "image/png" not in data:
        return _text(data.get("text/html", ""))
    about = output["metadata"].get("image/png", {})
    png = re.sub(r"\s+", "", _text(data["image/png"]))
    alt, width, height = escape(str(about.get("alt", ""))), int(about["width"]), int(about["height"])
    block = output["metadata"]["wlz_eval"].get("figure", {}).get("block", "")
    tall = ' class="tall"' if height > width else ""
    image = f'<img{tall} src="data:image/png;base64,{png}" alt="{alt}" width="{width}" height="{height}">'
    return f"<figure>{image}{below.get(block, '')}</figure>"


def _join_figures(parts: Sequence[str]) -> str:
    """Put each caption into the figure before it, and what stands below the caption too."""
    joined: list[str] = []
    opening = '<p class="wlz-figcaption">'
    for part in parts:
        if part.startswith(opening) and joined and joined[-1].endswith("</figure>"):
            caption = part[len(opening) : -len("</p>")]
            after = joined[-1].index(">", len("<figure>")) + 1
            image, below = joined[-1][:after], joined[-1][after : -len("</figure>")]
            joined[-1] = f"{image}<figcaption>{caption}{below}</figcaption></figure>"
        else:
            joined.append(part)
    return "\n".join(joined)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "".join(value)


def _plain(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "stream":
        return _text(output["text"])
    if output["output_type"] == "error":
        return "\n".join(output.get("traceback", []))
    return _text(output.get("data", {}).get("text/plain", "output that is not text"))
