"""Read an HTML page: text, attributes, comments, styles and pictures."""

from __future__ import annotations

import base64
import binascii
import re

from wlz_eval.release.gate.material import Material
from wlz_eval.release.gate.unfold import unescape_css
from wlz_eval.release.htmltext import read_html

__all__ = ["read_page"]

_PNG = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
_OTHER_DATA = re.compile(r"data:(?!image/png;base64,)[a-z]+/[a-z0-9.+-]+[;,]", re.IGNORECASE)
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_CSS_STRING = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'")
#: Attributes that hold addresses inside the page and words of its style: nobody reads them as a sentence.
_ADDRESSES = frozenset(("class", "id", "href"))
#: Attributes that hold lengths, places and released numbers: digits there are no identifier.
_MEASURES = frozenset(
    ("value", "width", "height", "style", "d", "points", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry",
     "dx", "dy", "viewbox", "transform", "colspan", "rowspan", "tabindex", "data-cell", "data-finding", "href", "id")
)


def read_page(content: bytes, name: str) -> Material:
    """Read a page as text that the checks understand.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        Its path within the folder.
    """
    source = content.decode("utf-8")
    images, troubles = _images(source)
    bare = _PNG.sub("data:", source)
    found, (text, spoken, unmarked) = read_html(bare, ("style",), ("style", "code"), ("style", "data"))
    attributes = [
        (key.lower(), value)
        for e in found
        for key, value in e.attributes.items()
        # The key of a released number is held against the ledger, and is no text.
        if not (e.tag == "data" and key == "data-cell")
    ]
    comments = " ".join(_COMMENT.findall(bare))
    styles = "\n".join(e.text for e in found if e.tag == "style")
    said = " | ".join(_style_words(styles + " ".join(value for key, value in attributes if key == "style")))
    # A value never runs on into the next one. Code is the project's own and says n=5 of other things; what cells
    # print is not code and is in the prose.
    sentences = " | ".join(value for key, value in attributes if key not in _ADDRESSES)
    everything = " \n".join((text, *(value for _, value in attributes), comments, styles, said))
    plain = " \n".join((unmarked, *(v for key, v in attributes if key not in _MEASURES), comments))
    return Material(
        name=name,
        kind="page",
        text=text,
        prose=f"{spoken} \n| {sentences} |\n{comments} |\n{said}",
        words=everything,
        unmarked=plain,
        elements=found,
        images=images,
        troubles=troubles,
    )


def _images(source: str) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    images, troubles = [], []
    if _OTHER_DATA.search(source):
        troubles.append("holds embedded data that is not a PNG picture")
    for match in _PNG.finditer(source):
        try:
            images.append(base64.b64decode(match.group(1), validate=False))
        except (ValueError, binascii.Error):
            troubles.append("holds an image that cannot be read")
    return tuple(images), tuple(dict.fromkeys(troubles))


def _style_words(styles: str) -> list[str]:
    """Return the strings that a style may print, with their escapes undone."""
    strings = [a or b for a, b in _CSS_STRING.findall(styles)]
    return [unescape_css(string) for string in strings]
