"""The machine behind the page: its paths, its errors, and what would ask another one for something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wlz_eval.release.gate.material import Case, Material
from wlz_eval.release.gate.nearby import near

__all__ = ["paths", "requests", "tracebacks"]

_PATH = re.compile(
    r"(?<![\w.<])/(?:home|root|work|tmp|usr|var|users|mnt|opt|private|srv|data|etc)/[\w.-]|\b[a-z]:\\|file://|\\\\\w+\\"
)
_SLASHES = re.compile(r"/(?:home|root|work|tmp|usr|var|users|mnt|opt|private|srv|data|etc)/|[:\\]\\|file://")
_TRACEBACK = re.compile(
    r"Traceback \(most recent call last\)|\x1b\[|^-{30,}$|File \"[^\"]+\", line \d+|^\w*(?:Error|Exception): ",
    re.MULTILINE,
)
_FETCHES = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)|image-set\(", re.IGNORECASE)
#: What runs, opens something else, or holds what no reader sees.
_REFUSED = frozenset(
    ("script", "iframe", "frame", "object", "embed", "form", "base", "link", "applet", "portal", "input", "select",
     "textarea", "meter", "progress", "template", "noscript", "video", "audio", "canvas")
)
_ADDRESSES = ("src", "srcset", "poster", "data", "background", "ping", "action", "formaction", "manifest", "xlink:href")


def paths(material: Material, case: Case) -> Iterator[str]:
    """Look for absolute paths."""
    text = material.folded
    if any(near(_PATH, _SLASHES, text, 2, 20)) or any(p and p.casefold() in text for p in case.private):
        yield "holds an absolute path of the machine that made it"


def tracebacks(material: Material, case: Case) -> Iterator[str]:
    """Look for what a kernel says when it fails."""
    if _TRACEBACK.search(material.text):
        yield "holds a traceback or a terminal's colour codes"


def requests(material: Material, case: Case) -> Iterator[str]:
    """Look for what runs, and for what leaves the file."""
    for e in material.elements:
        reason = _request(e.tag, {name.lower(): value for name, value in e.attributes.items()})
        if reason:
            yield reason
            return
    styles = " ".join(e.text for e in material.elements if e.tag == "style")
    styles += " ".join(e.attributes.get("style", "") for e in material.elements)
    if _FETCHES.search(styles):
        yield "has a style that fetches something from outside the page"


def _request(tag: str, attributes: dict[str, str]) -> str:
    if tag in _REFUSED:
        return f"holds a <{tag}> element"
    if tag == "meta" and attributes.get("http-equiv", "").lower() not in ("", "content-security-policy"):
        return "holds an instruction to the browser"
    for name, value in attributes.items():
        address = value.strip().lower()
        if name.startswith("on") or name == "srcdoc":
            return "holds a script in an attribute"
        if name in _ADDRESSES and not address.startswith(("data:", "#")):
            return "fetches something from outside the page"
        if name == "href" and re.sub(r"\s", "", address).startswith(("javascript:", "data:", "vbscript:")):
            return "holds a link that runs code"
        if name == "href" and address.startswith(("tel:", "sms:", "mailto:", "file:", "blob:")):
            return "holds a link that reaches somebody or a file of this machine"
        if name == "href" and tag not in ("a", "area") and not address.startswith("#"):
            return "fetches something from outside the page"
    return ""
