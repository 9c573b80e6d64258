"""What every result object can do: give a tidy table, draw itself, and print what it holds."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Result"]


class Result:
    """Mixin for frozen result objects.

    A subclass gives ``table()`` (a tidy data frame with stable column names) and, where a picture
    helps, ``plot()`` (a matplotlib figure in the house style). Printing and HTML show that same table,
    so that the three can never disagree. ``title`` is one line that says what the result is.
    """

    title: str = ""

    def table(self) -> pd.DataFrame:
        """Return the result as a tidy data frame."""
        raise TypeError(f"{type(self).__name__} gives no table")

    def __str__(self) -> str:
        return f"{self.title or type(self).__name__}\n{self.table().to_string()}"

    def _repr_html_(self) -> str:
        heading = f"<p><strong>{escape(self.title)}</strong></p>" if self.title else ""
        return heading + self.table().to_html(border=0)
