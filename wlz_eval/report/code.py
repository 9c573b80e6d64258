"""Code of a cell as HTML: highlighted, with the anchor that findings link to."""

from __future__ import annotations

from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

__all__ = ["code_html"]


def code_html(source: str, execution_count: int) -> str:
    """Render the code of one cell.

    Parameters
    ----------
    source : str
        Python.
    execution_count : int
        Number of the cell; its anchor is ``cell-<number>``.

    Examples
    --------
    >>> code_html("x = 1", 3).startswith('<pre class="code" id="cell-3" tabindex="0">')
    True
    """
    body = highlight(source.rstrip("\n"), PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
    anchor = f' id="cell-{execution_count}"' if execution_count else ""
    return f'<pre class="code"{anchor} tabindex="0"><code>{body}</code></pre>\n'
