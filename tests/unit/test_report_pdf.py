"""Pages on paper: what a screen reader and a reviewer need survives, the bytes repeat, and nothing is fetched."""

import re
import sys

import pytest
from pdf_reading import read, tagged
from toy_notebook import toy_png

from wlz_eval.batch import RunRequest
from wlz_eval.batch.request import check_run
from wlz_eval.core.errors import RunError
from wlz_eval.release.provenance import SIMULATED_MARK
from wlz_eval.report.fonts import font_file, font_rules
from wlz_eval.report.page import css_string, render_template
from wlz_eval.report.pdf import Printer, pdf_files

pytest.importorskip("weasyprint")
pytest.importorskip("pypdf")

TITLE = 'Tom & "Ann" </style>'


def page(question="What changed?", body="", code="<details class='code'><pre>secret_code()</pre></details>"):
    html = render_template("base.html.j2", audience="public", bands=[SIMULATED_MARK])
    head, _, rest = html.partition("<title></title>")
    picture = f'<figure><img src="{toy_png()}" alt="Scores rose by 3.1 points." width="40" height="30"></figure>'
    main = (
        f'<h1 id="top">{question}</h1><div class="evidence"><h2 id="a">How much?</h2><p>It rose by <a class="trace"'
        f' href="04_x.html#cell-3">3.1 points</a> (<button type="button" class="term">95% interval</button> 0.4 to 5.8'
        f').</p>{picture}<nav class="toc">on this page</nav>{code}{body}</div>'
    )
    before, opening, after = rest.partition('<main id="main" tabindex="-1">')
    return f"{head}<title>{question} – toy</title>{before}{opening}{main}{after}"


@pytest.fixture(scope="module")
def printed():
    return Printer().page("05_toy", page(body="<p>" + "More words. " * 900 + "</p>"))


def test_language_title_headings_and_alternative_texts_survive(printed):
    reader = read(printed)
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert reader.metadata.title == "What changed? – toy"
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)] == ["What changed?"]
    assert [entry.title for entry in reader.outline[1]] == ["How much?"]
    assert tagged(reader)[0] == ["Scores rose by 3.1 points."]


def test_every_sheet_is_numbered_and_carries_the_warning(printed):
    reader = read(printed)
    count = len(reader.pages)
    assert count >= 2
    for i, sheet in enumerate(reader.pages, start=1):
        text = sheet.extract_text()
        assert SIMULATED_MARK in text
        assert f"(page {i} of {count})" in text


def test_numbers_stay_and_code_and_navigation_go(printed):
    text = " ".join(sheet.extract_text() for sheet in read(printed).pages)
    assert "3.1 points" in text
    assert "95% interval 0.4 to 5.8" in " ".join(text.split())
    assert "secret_code" not in text
    assert "on this page" not in text


def test_the_bytes_repeat_and_hold_no_date(printed):
    again = Printer().page("05_toy", page(body="<p>" + "More words. " * 900 + "</p>"))
    assert again == printed
    assert b"CreationDate" not in printed
    assert read(printed).metadata.creation_date is None


def test_fonts_are_those_of_the_suite_whatever_the_machine_has(printed):
    """With the fonts of one machine the summary took two sheets, with those of another three."""
    sheets = read(printed).pages
    found = {font.get_object()["/BaseFont"] for sheet in sheets for font in sheet["/Resources"]["/Font"].values()}
    assert {name.split("+")[1].split("-")[0] for name in found} == {"wlz"}


def test_each_face_of_paper_is_a_file_that_is_there():
    urls = re.findall(r'url\("([^"]+)"\)', font_rules())
    assert len(urls) == 12
    assert [url for url in urls if not font_file(url).is_file()] == []
    assert font_file("https://example.invalid/x.ttf") is None


def test_a_page_that_asks_for_something_else_is_not_printed():
    with pytest.raises(RunError, match="http://example"):
        Printer().page("05_toy", page(body='<img src="http://example.invalid/x.png" alt="x">'))


def test_all_pages_in_one_have_contents_and_links_that_lead_inside():
    front, two = page("All of it"), page("Why?", '<p><a href="01_a.html#a">there</a> <a href="other.html">out</a></p>')
    reader = read(Printer().whole(front, {"01_a": page("What?"), "02_b": two}))
    first = reader.pages[0].extract_text()
    assert "Contents" in first
    assert re.search(r"What\?[ .]*2\n(.*\n)?.*Why\?[ .]*3", first)
    for i, sheet in enumerate(reader.pages, start=1):
        assert sheet.extract_text().count("(page ") == 1
        assert f"(page {i} of 3)" in sheet.extract_text()
    assert "What?" in first
    assert "Why?" in first
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)] == ["All of it", "What?", "Why?"]
    names = set(reader.named_destinations)
    assert {"01_a", "02_b", "01_a--a"} <= names
    links = [link.get_object() for sheet in reader.pages for link in sheet.get("/Annots", [])]
    assert links
    assert not any("/URI" in link.get("/A", {}) for link in links)


def test_an_unchanged_page_is_not_printed_again(tmp_path, monkeypatch):
    folder, kept = tmp_path / "pages", tmp_path / "kept"
    folder.mkdir()
    (folder / "index.html").write_text(page("All"), encoding="utf-8")
    (folder / "01_a.html").write_text(page("One"), encoding="utf-8")
    made = pdf_files(folder, ["01_a"], "report.pdf", kept)
    assert [path.name for path in made] == ["01_a.pdf", "report.pdf"]
    before = [path.read_bytes() for path in made]
    monkeypatch.setattr(Printer, "_layout", lambda *args: pytest.fail("printed again"))
    assert [path.read_bytes() for path in pdf_files(folder, ["01_a"], "report.pdf", kept)] == before
    monkeypatch.undo()
    (folder / "01_a.html").write_text(page("Other"), encoding="utf-8")
    pdf_files(folder, ["01_a"], "report.pdf", kept)
    assert len(list(kept.glob("*.pdf"))) == 2


def test_words_in_a_style_sheet_cannot_end_it():
    written = css_string(TITLE)
    assert written.startswith('"')
    assert written.endswith('"')
    assert not set('<>"&\\/') & set(written[1:-1]) - {"\\"}
    assert "</style" not in written


@pytest.mark.parametrize("missing", ["weasyprint", "pypdf"])
def test_without_the_extra_the_option_says_what_to_install(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    check_run(RunRequest())
    with pytest.raises(RunError, match=r"pip install 'wlz-eval\[pdf\]'"):
        check_run(RunRequest(pdf=True))


def test_no_name_inside_reads_like_a_month():
    """A header cell was named "2015-0-4" by its object, row and column, and the gate took that for a month of birth."""
    from wlz_eval.release.gate.readers.pdf import read_pdf

    table = "<table><tr><th>Outcome</th><th>Size</th></tr><tr><th scope='row'>Maths</th><td>3.1</td></tr></table>"
    made = Printer().page("05_toy", page(body=table))
    assert not re.search(r"(?m)^\d+-\d+-\d+", read_pdf(made, "05_toy.pdf").words)
    named, headers = [], []
    waiting = [read(made).trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        thing = waiting.pop().get_object()
        named += [thing["/ID"]] if "/ID" in thing else []
        headers += thing["/A"].get("/Headers", []) if "/A" in thing else []
        below = thing.get("/K", [])
        waiting += [k for k in (below if isinstance(below, list) else [below]) if isinstance(k.get_object(), dict)]
    assert len(named) == 3
    assert set(headers) < set(named)
    assert len(set(headers)) == 2
