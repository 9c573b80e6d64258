"""A page as a Word document, to comment on: real headings, header rows, alternative texts, the same bytes each time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from wlz_eval.report.parts import Part

__all__ = ["LANGUAGE", "to_word"]

LANGUAGE = "en-GB"
#: In place of the day on which a document is made, and of the times within the file.
_DAY = datetime(2000, 1, 1)
_ZIP_DAY = (1980, 1, 1, 0, 0, 0)
#: Width of what is printed: A4 less its margins, in millimetres.
_WIDTH = 170


def to_word(parts: Iterable[Part], title: str, bands: Sequence[str], about: Sequence[tuple[str, str]]) -> bytes:
    """Write a page as .docx.

    Parameters
    ----------
    parts : iterable of Part
        The page, from :func:`wlz_eval.report.parts.parts_of`.
    title : str
        Title of the document, which also stands at the foot of every sheet.
    bands : sequence of str
        Warnings, at the head of every sheet.
    about : sequence of (str, str)
        How it was made: what, and which.

    Returns
    -------
    bytes
        The file. It holds no time.
    """
    from docx import Document

    document = Document()
    _set_up(document, title, bands)
    for part in parts:
        _write(document, part)
    for what, which in about:
        small = document.add_paragraph(style="Small print")
        small.add_run(f"{what}: ").bold = True
        small.add_run(which)
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_times(buffer.getvalue())


def _set_up(document: Any, title: str, bands: Sequence[str]) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt, RGBColor

    about = document.core_properties
    about.title, about.language, about.author, about.comments = title, LANGUAGE, "wlz-eval", ""
    about.created = about.modified = _DAY
    about.last_modified_by, about.revision = "wlz-eval", 1
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm((210 - _WIDTH) / 2)
    section.top_margin = section.bottom_margin = Mm(20)
    small = document.styles.add_style("Small print", WD_STYLE_TYPE.PARAGRAPH)
    small.base_style = document.styles["Normal"]
    small.font.size, small.paragraph_format.space_after = Pt(8.5), Pt(2)
    for name, size in (("Normal", 10.5), ("Title", 20), ("Heading 1", 14), ("Heading 2", 12)):
        style = document.styles[name]
        style.font.size, style.font.name = Pt(size), "Calibri"
        style.font.color.rgb = RGBColor(0, 0, 0)
        _speak_english(style)
    head = section.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    head.add_run(" · ".join(bands)).bold = True
    foot = section.footer.paragraphs[0]
    foot.style = small
    foot.add_run(f"{title} · page ")
    _field(foot, "PAGE")
    foot.add_run(" of ")
    _field(foot, "NUMPAGES")


def _speak_english(style: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = style.element.get_or_add_rPr()
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), LANGUAGE)
    properties.append(language)


def _field(paragraph: Any, instruction: str) -> None:
    """Add a number that Word fills in."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    run = paragraph.add_run("1")
    run._r.getparent().remove(run._r)
    field.append(run._r)
    paragraph._p.append(field)


def _write(document: Any, part: Part) -> None:
    if part.kind == "heading":
        document.add_paragraph(part.text, style="Title" if part.level == 1 else f"Heading {min(part.level - 1, 3)}")
    elif part.kind == "table":
        _table(document, part)
    elif part.kind == "picture":
        _picture(document, part)
    else:
        style = {"item": "List Bullet", "note": "Small print"}.get(part.kind, "Normal")
        _words(document.add_paragraph(style=style), part)


def _words(paragraph: Any, part: Part) -> None:
    for run in part.runs:
        paragraph.add_run(_printable(run.text)).bold = run.strong or None


def _printable(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")


def _table(document: Any, part: Part) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    caption = document.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next = True
    _words(caption, part)
    table = document.add_table(rows=len(part.rows), cols=len(part.rows[0]), style="Light Grid")
    described = OxmlElement("w:tblCaption")
    described.set(qn("w:val"), part.text)
    table._tbl.tblPr.append(described)
    for row, texts in zip(table.rows, part.rows, strict=True):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for j, text in enumerate(texts):
            paragraph = row.cells[j].paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.add_run(_printable(text)).font.size = Pt(8.5)
            if part.numeric[j]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)


def _picture(document: Any, part: Part) -> None:
    from docx.shared import Mm

    document.add_picture(io.BytesIO(part.png), width=Mm(_WIDTH * 0.8))
    shown = document.inline_shapes[-1]._inline.docPr
    shown.set("descr", _printable(part.alt))
    shown.set("name", f"Picture {len(document.inline_shapes)}")
    _words(document.add_paragraph(style="Small print"), part)


def _without_times(made: bytes) -> bytes:
    """Write the archive again in order of names, every part dated alike."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        # Readers want the list of types first.
        names = sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name))
        for name in names:
            info = zipfile.ZipInfo(name, _ZIP_DAY)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
            new.writestr(info, old.read(name))
    return buffer.getvalue()
