"""The fonts of paper: those that matplotlib brings, so that sheets break alike on every machine."""

from __future__ import annotations

from pathlib import Path

__all__ = ["font_file", "font_rules"]

#: File of each face, without what its style adds, by the variable of the style sheets that names its family.
FAMILIES: dict[str, str] = {"sans": "DejaVuSans", "serif": "DejaVuSerif", "mono": "DejaVuSansMono"}
#: What a style adds to the name of the file, by weight and slant; serif letters slant by another word.
STYLES: dict[tuple[int, str], tuple[str, str]] = {
    (400, "normal"): ("", ""),
    (700, "normal"): ("-Bold", "-Bold"),
    (400, "italic"): ("-Oblique", "-Italic"),
    (700, "italic"): ("-BoldOblique", "-BoldItalic"),
}
#: Boxes in the margin of a sheet that hold words, to which the variables do not reach.
MARGIN_BOXES = ("top-center", "bottom-left", "bottom-right")
_SCHEME = "font:"


def font_rules() -> str:
    """Return style rules that name the fonts, each by an address that :func:`font_file` knows.

    Examples
    --------
    >>> font_rules().count("@font-face")
    12
    """
    faces = [
        f'@font-face {{ font-family: "wlz {family}"; font-weight: {weight}; font-style: {slant};'
        f' src: url("{_SCHEME}{name}{added[family == "serif"]}.ttf"); }}'
        for family, name in FAMILIES.items() for (weight, slant), added in STYLES.items()
    ]
    named = " ".join(f'--{family}: "wlz {family}" !important;' for family in FAMILIES)
    margins = " ".join(f'@{box} {{ font-family: "wlz sans" !important; }}' for box in MARGIN_BOXES)
    return "\n".join([*faces, f":root {{ {named} }}", f"@page {{ {margins} }}"])


def font_file(url: str) -> Path | None:
    """Return the file of a font's address; None for any other address."""
    if not url.startswith(_SCHEME):
        return None
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf" / url.removeprefix(_SCHEME)
