"""The house style of figures: colour-blind-safe, readable in grey, labelled, small."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "MARKERS", "axis_title", "house_style", "new_figure", "wrapped"]

#: Okabe-Ito colours, chosen to differ in lightness too, so that they hold in grey.
COLOURS: dict[str, str] = {
    "programme": "#0072B2",
    "comparison": "#E69F00",
    "neutral": "#595959",
    "good": "#009E73",
    "bad": "#D55E00",
    "light": "#BFBFBF",
    "accent": "#CC79A7",
}

#: A marker for each group, so that no reader depends on colour.
MARKERS: dict[str, str] = {"programme": "o", "comparison": "s", "neutral": "D"}

_STYLE: Any = {
    "figure.dpi": 110,
    "savefig.dpi": 110,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E5E5E5",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "wlz-eval",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this context and the figure has the house style; nothing global changes."""
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        yield


def new_figure(
    rows: int = 1, columns: int = 1, width: float = 7.2, height: float = 4.0, **options: Any
) -> tuple[Figure, Any]:
    """Make a figure and its axes in the house style, unattached to any window or global state.

    Parameters
    ----------
    rows, columns : int
        Grid of axes.
    width, height : float
        Size in inches; 7.2 fills the column of a printed page.
    options
        Passed to ``Figure.subplots``.

    Returns
    -------
    tuple
        The figure, and one axes or an array of them.
    """
    from matplotlib.figure import Figure

    with house_style():
        figure = Figure(figsize=(width, height))
        axes: Axes | Any = figure.subplots(rows, columns, **options)
    return figure, axes


def wrapped(text: object, width: int = 38) -> str:
    """Break a label into lines of so many letters.

    Examples
    --------
    >>> wrapped("Difference in reading", 12).splitlines()
    ['Difference', 'in reading']
    """
    return "\n".join(textwrap.wrap(str(text), width))


def axis_title(data: pd.DataFrame, column: str, otherwise: str, width: int = 50) -> str:
    """Title of an axis: the words that a column of the figure's own data holds in every row, on lines that fit."""
    words = str(data[column].iloc[0]) if column in data and len(data) else otherwise
    return wrapped(words, width)
