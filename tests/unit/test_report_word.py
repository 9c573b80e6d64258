"""The summary as Word and Markdown says what its page says, and nothing in it is markup or a time."""

import io
import zipfile

import pytest
from docx import Document
from docx.oxml.ns import qn
from toy_notebook import toy_png

from wlz_eval.report.content import Block, PageContent
from wlz_eval.report.parts import parts_of
from wlz_eval.report.plain import to_markdown
from wlz_eval.report.word import LANGUAGE, to_word

BAND = "SIMULATED DATA: no real children"
TABLE = (
    '<div class="wlz-table"><div class="wlz-scroll"><table><caption>Main numbers</caption><thead><tr>'
    '<th scope="col">What</th><th scope="col" class="n">Estimate</th></tr></thead><tbody><tr>'
    '<th scope="row">Partner &lt;b&gt;x&lt;/b&gt; | y</th>'
    '<td class="n"><data value="3.1">3.1 points</data></td></tr></tbody></table></div>'
    '<p class="wlz-note">Rounded.</p></div>'
)
FIGURE = (
    f'<figure><img src="{toy_png()}" alt="The gain is 3.1." width="4" height="3">'
    "<figcaption>Gains.</figcaption></figure>"
)
CONTENT = PageContent(
    notebook="09_summary", number="9", question="What may we say?", lead="<p>Two pages.</p>",
    answer='<p class="wlz-say"><strong>The children.</strong> <data value="230">230 children</data> took part.</p>',
    limits='<h2 id="l">What may not be concluded</h2><p># not a heading, *not* bold</p>',
    blocks=(
        Block("text", "<h2>The main numbers</h2>"), Block("result", TABLE), Block("code", "<pre>secret()</pre>"),
        Block("result", FIGURE), Block("text", "<ul><li>one <em>thing</em></li></ul>"),
    ),
    headings=(),
)
ABOUT = [("Made by", "wlz-eval run")]


@pytest.fixture(scope="module")
def made():
    return to_word(parts_of(CONTENT), "Title", [BAND], ABOUT)


@pytest.fixture(scope="module")
def document(made):
    return Document(io.BytesIO(made))


def test_headings_are_real_and_skip_no_level(document):
    styles = [(p.style.name, p.text) for p in document.paragraphs if p.style.name.startswith(("Title", "Heading"))]
    assert styles == [
        ("Title", "What may we say?"), ("Heading 1", "In short"), ("Heading 1", "What may not be concluded"),
        ("Heading 1", "The main numbers"),
    ]


def test_numbers_weights_and_lists_are_those_of_the_page(document):
    said = {p.text: p for p in document.paragraphs}
    children = said["The children. 230 children took part."]
    assert [run.text for run in children.runs if run.bold] == ["The children."]
    assert said["one thing"].style.name == "List Bullet"
    assert "secret" not in "\n".join(said)


def test_a_table_has_a_header_row_a_caption_and_plain_cells(document):
    (table,) = document.tables
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) == "Main numbers"
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["What", "Estimate"], ["Partner <b>x</b> | y", "3.1 points"],
    ]


def test_a_picture_says_what_it_shows(document):
    (picture,) = document.inline_shapes
    assert picture._inline.docPr.get("descr") == "The gain is 3.1."


def test_language_title_and_the_warning_on_every_sheet(document):
    assert document.core_properties.title == "Title"
    assert document.core_properties.language == LANGUAGE == "en-GB"
    assert document.styles["Normal"].element.rPr.find(qn("w:lang")).get(qn("w:val")) == "en-GB"
    assert document.sections[0].header.paragraphs[0].text == BAND
    assert not document.sections[0].different_first_page_header_footer
    fields = document.sections[0].footer._element.findall(f".//{qn('w:fldSimple')}")
    assert [field.get(qn("w:instr")) for field in fields] == ["PAGE", "NUMPAGES"]


def test_the_bytes_repeat_and_hold_no_time(made):
    assert to_word(parts_of(CONTENT), "Title", [BAND], ABOUT) == made
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert "2000-01-01" in core
    assert "python-docx" not in core


def test_markdown_holds_the_same_words_and_no_markup_of_a_value():
    text = to_markdown(parts_of(CONTENT), [BAND], ABOUT)
    assert text.startswith(f"**{BAND}**\n\n# What may we say?\n\nTwo pages.\n\n## In short\n\n")
    assert "**The children.** 230 children took part." in text
    assert "\\# not a heading, \\*not\\* bold" in text
    assert "| Partner \\<b\\>x\\</b\\> \\| y | 3.1 points |" in text
    assert "| --- | ---: |" in text
    assert "Picture: The gain is 3.1.\n\n_Gains._" in text
    assert "- one thing" in text
    assert "secret" not in text
    assert text.rstrip().endswith(f"**{BAND}**")
