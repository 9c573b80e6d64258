"""A page as Markdown: the same words, where no value can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from wlz_eval.report.parts import Part, Run

__all__ = ["escape_markdown", "to_markdown"]

#: What begins or makes markup anywhere in a line.
_MARKS = re.compile(r"([\\`*_\[\]<>|~])")
#: What begins a heading, list or quotation at the start of a line.
_STARTS = re.compile(r"^(\s*)([#+\-=>]|\d+(?=[.)]))")


def escape_markdown(text: str) -> str:
    r"""Return text of which nothing is taken for markup.

    Examples
    --------
    >>> print(escape_markdown("# a *b* <i> [c](d)"))
    \# a \*b\* \<i\> \[c\](d)
    """
    return _STARTS.sub(r"\1\\\2", _bare(text))


def _bare(text: str) -> str:
    return _MARKS.sub(r"\\\1", text.replace("&", "&amp;"))


def to_markdown(parts: Iterable[Part], bands: Sequence[str], about: Sequence[tuple[str, str]]) -> str:
    """Write a page as Markdown.

    Parameters
    ----------
    parts : iterable of Part
        The page, from :func:`wlz_eval.report.parts.parts_of`.
    bands : sequence of str
        Warnings, which stand first and last.
    about : sequence of (str, str)
        How it was made: what, and which.

    Returns
    -------
    str
        CommonMark with tables; a picture is the words that say what it shows.
    """
    warnings = [f"**{escape_markdown(band)}**" for band in bands]
    blocks = [*warnings, *(_block(part) for part in parts), "---"]
    blocks += [f"{escape_markdown(what)}: {escape_markdown(which)}  " for what, which in about]
    return "\n\n".join([*blocks, *warnings]) + "\n"


def _block(part: Part) -> str:
    words = "".join(_weighted(run) for run in part.runs)
    words = _STARTS.sub(r"\1\\\2", words)
    if part.kind == "heading":
        return f"{'#' * part.level} {words}"
    if part.kind == "item":
        return f"- {words}"
    if part.kind == "note":
        return f"_{words}_" if words else ""
    if part.kind == "picture":
        shown = f"Picture: {escape_markdown(part.alt)}"
        return f"{shown}\n\n_{words}_" if words else shown
    return _table(part, words) if part.kind == "table" else words


def _weighted(run: Run) -> str:
    bare = _bare(run.text)
    if not run.strong or not bare.strip():
        return bare
    inner = bare.strip()
    return bare.replace(inner, f"**{inner}**", 1)


def _table(part: Part, caption: str) -> str:
    head, *body = part.rows
    line = "|".join(" ---: " if right else " --- " for right in part.numeric)
    rows = [f"| {' | '.join(_bare(cell) for cell in row)} |" for row in (head, *body)]
    return "\n".join([f"**{caption}**", "", rows[0], f"|{line}|", *rows[1:]])
