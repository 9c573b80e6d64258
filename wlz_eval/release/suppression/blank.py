"""Blank withheld cells in what a notebook has shown: tables, sentences, and figures, which are drawn anew."""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Collection, Mapping
from html import unescape
from typing import Any

import pandas as pd

from wlz_eval.release.rule import HIDDEN
from wlz_eval.release.show import figure_bundle, notice_html

__all__ = ["WITHHELD", "blank_notebook"]

#: What stands in place of a number, in a sentence or a table.
WITHHELD = HIDDEN
_DATA = re.compile(r'<data((?: data-finding="[^"]*")?) data-cell="([^"]*)" value="[^"]*">(.*?)</data>', re.DOTALL)
_NO_FIGURE = "A figure is not shown here, since a hidden number could be worked out from it."
_NOTE = "Hidden too: numbers from which others could be worked out."


def blank_notebook(notebook: Mapping[str, Any], keys: Collection[str]) -> Mapping[str, Any]:
    """Return an executed notebook whose outputs no longer hold some cells.

    Parameters
    ----------
    notebook : mapping
        As it was run.
    keys : collection of str
        Keys of cells in its ledger.

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
        for i, output in enumerate(cell.get("outputs", [])):
            mark = output.get("metadata", {}).get("wlz_eval", {})
            if not mark.get("released"):
                continue
            if mark.get("figure", {}).get("block") in figures:
                cell["outputs"][i] = _figure(output, mark["figure"], keys)
            elif "text/html" in output.get("data", {}):
                _words(output, keys)
    return blanked


def _words(output: dict[str, Any], keys: Collection[str]) -> None:
    """Blank numbers in a table, a sentence or a caption; the plain text beside it goes, since it has no keys."""
    html = output["data"]["text/html"]
    html = html if isinstance(html, str) else "".join(html)
    blanked = _blanked(html, keys)
    if blanked == html:
        return
    html = blanked
    if '<div class="wlz-table">' in html:
        html = html.removesuffix("</div>") + f'<p class="wlz-note">{_NOTE}</p></div>'
    output["data"] = {"text/html": html, "text/plain": _NOTE}


def _blanked(html: str, keys: Collection[str]) -> str:
    def _blank(match: re.Match[str]) -> str:
        finding, key, _ = match.groups()
        return f'<data{finding} data-cell="{key}" value="">{WITHHELD}</data>' if key in keys else match.group()

    return _DATA.sub(_blank, html)


def _figure(output: Mapping[str, Any], figure: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
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
    alt = unescape(re.sub(r"<[^>]*>", "", _blanked(str(figure["alt"]), keys)))
    draw = _drawing(figure["draw"])
    if draw is None or not data[figure["numbers"]].notna().any().any():
        return _sentence(output)
    bundle, metadata = figure_bundle(draw(data), alt)
    return {**output, "data": bundle, "metadata": {**metadata, "wlz_eval": {"released": True}}}


def _drawing(name: str) -> Any:
    """Return a drawing function of this package by its place; None for any other."""
    module, _, function = name.partition(":")
    if module.split(".")[0] != "wlz_eval" or not function.isidentifier():
        return None
    return getattr(importlib.import_module(module), function, None)


def _sentence(output: Mapping[str, Any]) -> dict[str, Any]:
    html = notice_html(_NO_FIGURE)
    data = {"text/html": html, "text/plain": _NO_FIGURE}
    return {**output, "data": data, "metadata": {"wlz_eval": {"released": True}}}
