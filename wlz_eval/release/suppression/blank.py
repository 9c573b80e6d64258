"""Blank withheld cells in what a notebook has shown: tables, sentences, and figures, which are drawn anew.

What is left looks in every way as if the rule had hidden the number when it was shown: the same word, class, note below
and sentence in place of one that says a result. A reader who could tell the two apart would know which hidden numbers
are large.
"""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Collection, Mapping
from html import escape, unescape
from typing import Any

import pandas as pd

from wlz_eval.release.ledger import Ledger
from wlz_eval.release.plainly import SENTENCE_END, in_plain_words
from wlz_eval.release.rule import HIDDEN, Rule, hidden_note, hidden_sentence
from wlz_eval.release.show import NO_FIGURE, figure_bundle, notice_html
from wlz_eval.release.stated import ALL_HIDDEN, RESTS_ON

__all__ = ["blank_notebook", "silenced"]

_DATA = re.compile(r'<data((?: data-finding="[^"]*")?) data-cell="([^"]*)" value="[^"]*">(.*?)</data>', re.DOTALL)
#: A number in a cell of a table, with the cell's class before it.
_CELL = re.compile(r'<td class="(n \w+)(?: wide)?">(<data[^>]* data-cell="([^"]*)" value=")', re.DOTALL)
#: Words made from the numbers of a figure: from the least to the most of them, and the children on whom it rests.
_ENDS = re.compile(f": from |^{RESTS_ON} ")
_CAPTION = '<p class="wlz-figcaption">'
_SAY = '<p class="wlz-say">'
_PARAGRAPH = re.compile(r'(<p[^>]*>(?:<strong>.*?</strong> )?)(.*?)( <span class="wlz-note">.*</span>)?</p>', re.DOTALL)
RULE = Rule()


def silenced(ledger: Ledger, keys: Collection[str]) -> frozenset[str]:
    """Return the sentences that say nothing once some cells are withheld, by what the keys of their numbers begin with.

    The words around a hidden result say which way it points, so they go with it.
    """
    return frozenset(
        cell.key.rpartition(".")[0]
        for cell in ledger.cells
        if cell.key in keys and cell.kind != "count" and cell.where in ("sentence", "caption", "alt")
    )


def blank_notebook(
    notebook: Mapping[str, Any], keys: Collection[str], rule: Rule = RULE, silent: Collection[str] = ()
) -> Mapping[str, Any]:
    """Return an executed notebook whose outputs no longer hold some cells.

    Parameters
    ----------
    notebook : mapping
        As it was run.
    keys : collection of str
        Keys of cells in its ledger.
    rule : Rule
        Threshold that the notes name.
    silent : collection of str
        Sentences that give way whole, as :func:`silenced` names them.

    Returns
    -------
    mapping
        The same notebook where there is nothing to blank. Numbers give way to a word. A figure is drawn anew without
        them; one whose drawing function is not in this package gives way to a sentence.
    """
    if not keys:
        return notebook
    blanked = copy.deepcopy(dict(notebook))
    figures = {key.partition(".")[0] for key in keys if key.startswith("f")}
    for cell in blanked["cells"]:
        kept: list[Any] = []
        drawn = gone = False
        for output in cell.get("outputs", []):
            mark = output.get("metadata", {}).get("wlz_eval", {})
            if mark.get("figure", {}).get("block") in figures:
                output, drawn = _figure(output, mark["figure"], keys, rule, silent), True
                gone = "image/png" not in output["data"]
            elif mark.get("released") and "text/html" in output.get("data", {}):
                if gone and _html(output).startswith(_CAPTION):
                    gone = False
                    continue
                _words(output, keys, rule, silent, drawn)
                drawn = gone = False
            kept.append(output)
        if "outputs" in cell:
            cell["outputs"] = kept
    return blanked


def _words(
    output: dict[str, Any], keys: Collection[str], rule: Rule, silent: Collection[str], drawn: bool
) -> None:
    """Blank numbers in a table, a sentence or a caption; the plain text beside it follows the page."""
    html = _html(output)
    caption = html.startswith(_CAPTION)
    blanked = _blanked(html, keys)
    if blanked == html and not (drawn and caption):
        return
    note = escape(hidden_note(rule))
    html = blanked
    if '<div class="wlz-table">' in html:
        html = html if note in html else _noted(html, note)
    else:
        parts = _PARAGRAPH.fullmatch(html)
        if parts is not None:
            head, said, tail = parts.groups("")
            if caption and drawn and note not in tail:
                before = tail.removesuffix("</span>") + " " if tail else ' <span class="wlz-note">'
                tail = f"{before}{note}</span>"
            said = _without(said, silent, rule)
            if head.startswith(_SAY):
                said = in_plain_words(said, rule)
            html = f"{head}{said}{tail}</p>"
    output["data"] = {"text/html": html, "text/plain": unescape(re.sub(r"<[^>]*>", " ", html)).strip()}


def _noted(html: str, note: str) -> str:
    """Say below a table what a hidden number is, after what is said there already."""
    html = html.removesuffix("</div>")
    foot = '<p class="wlz-note">'
    if foot in html:
        return html.removesuffix("</p>") + f" {note}</p></div>"
    return f"{html}{foot}{note}</p></div>"


def _without(html: str, silent: Collection[str], rule: Rule) -> str:
    """Take the words away that would say something of a hidden number, as the verbs do."""
    said = [key.rpartition(".")[0] for _, key, _ in _DATA.findall(html)]
    if any(block in silent for block in said):
        html = escape(hidden_sentence(rule))
    parts = SENTENCE_END.split(html)
    return " ".join(part for part in parts if not (_ENDS.search(part) and f">{HIDDEN}</data>" in part))


def _html(output: Mapping[str, Any]) -> str:
    html = output["data"]["text/html"]
    return html if isinstance(html, str) else "".join(html)


def _blanked(html: str, keys: Collection[str]) -> str:
    def _blank(match: re.Match[str]) -> str:
        finding, key, _ = match.groups()
        return f'<data{finding} data-cell="{key}" value="">{HIDDEN}</data>' if key in keys else match.group()

    def _class(match: re.Match[str]) -> str:
        kind, data, key = match.groups()
        return f'<td class="{kind} hidden">{data}' if key in keys else match.group()

    return _DATA.sub(_blank, _CELL.sub(_class, html))


def _figure(
    output: Mapping[str, Any], figure: Mapping[str, Any], keys: Collection[str], rule: Rule, silent: Collection[str]
) -> dict[str, Any]:
    """Draw a figure anew without some cells, or say that it is not shown."""
    data = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in figure["data"].items()})
    for key in keys:
        block, _, place = key.partition(".")
        parts = place.split(".")
        if block == figure["block"] and all(part.isdigit() for part in parts):
            for name in figure["columns"][int(parts[1])]:
                data.loc[int(parts[0]), name] = float("nan")
    for name in figure["numbers"]:
        data[name] = data[name].astype(float)
    alt = unescape(re.sub(r"<[^>]*>", "", _alternative(str(figure["alt"]), keys, rule, silent)))
    draw = _drawing(figure["draw"])
    if draw is None or not data[figure["numbers"]].notna().any().any():
        return _sentence(output)
    bundle, metadata = figure_bundle(draw(data), alt)
    left = {name: values.astype(object).where(values.notna(), None).tolist() for name, values in data.items()}
    mark = {"released": True, "figure": {**figure, "data": left}}
    return {**output, "data": bundle, "metadata": {**metadata, "wlz_eval": mark}}


def _alternative(html: str, keys: Collection[str], rule: Rule, silent: Collection[str]) -> str:
    """Blank numbers in an alternative text, which still says what is found, be it that all is hidden."""
    words = _blanked(html, keys)
    if words == html:
        return html
    left = _without(words, silent, rule)
    return left if "<data" in left or left == escape(hidden_sentence(rule)) else f"{left} {ALL_HIDDEN}".lstrip()


def _drawing(name: str) -> Any:
    """Return a drawing function of this package by its place; None for any other."""
    module, _, function = name.partition(":")
    if module.split(".")[0] != "wlz_eval" or not function.isidentifier():
        return None
    return getattr(importlib.import_module(module), function, None)


def _sentence(output: Mapping[str, Any]) -> dict[str, Any]:
    html = notice_html(NO_FIGURE)
    data = {"text/html": html, "text/plain": NO_FIGURE}
    return {**output, "data": data, "metadata": {"wlz_eval": {"released": True}}}
