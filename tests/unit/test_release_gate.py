"""The publication gate catches planted leaks and passes clean pages."""

import base64
import struct
import zlib
from dataclasses import replace

import pytest
from toy_notebook import ATT, COLUMNS, COUNT, Toy

from wlz_eval.release import Ledger, LedgerCell, Rule
from wlz_eval.release.gate import gate
from wlz_eval.report import render_page

IDENTIFIERS = {"KID0001", "PER0002", "HOU 03", "school-1", "412"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A clean page and its ledger, made once."""
    with pytest.MonkeyPatch.context() as patch:
        toy = Toy(patch, tmp_path_factory.mktemp("work")).typical()
    return render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded), toy.nb.ledger


@pytest.fixture
def clean(made, tmp_path):
    """A staging folder, a clean page and its ledger."""
    staging = tmp_path / "staging"
    staging.mkdir()
    return staging, *made


def refusals(clean, page, ledger=None, audience="public", **options):
    staging, _, own = clean
    (staging / "04_attribution.html").write_text(page, encoding="utf-8")
    found = gate(staging, audience=audience, identifiers=IDENTIFIERS, ledgers=[ledger or own], **options)
    return [refusal.reason for refusal in found]


def test_a_clean_page_passes(clean):
    assert refusals(clean, clean[1]) == []


def text_chunk(png):
    body = b"tEXtComment\x00KID0001"
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:33] + chunk + png[33:]


def hide_text_in_image(page):
    start = page.index("base64,") + 7
    end = page.index('"', start)
    png = base64.b64decode(page[start:end])
    return page[:start] + base64.b64encode(text_chunk(png)).decode() + page[end:]


def in_body(markup):
    return lambda page: page.replace("</main>", markup + "</main>")


LEAKS = {
    "child id in text": in_body("<p>See KID0001.</p>"),
    "person id in an attribute": in_body('<p title="PER0002">x</p>'),
    "household id with a space": in_body("<p>HOU 03</p>"),
    "school id in a caption": in_body("<table><caption>At school-1</caption></table>"),
    "short numeric id in a table cell": in_body("<table><tr><td>412</td></tr></table>"),
    "id in a comment": in_body("<!-- KID0001 -->"),
    "id in an alternative text": lambda page: page.replace('alt="', 'alt="KID0001 '),
    "id split by punctuation": in_body("<p>(KID0001/x)</p>"),
    "id in code": in_body("<pre><code>row('KID0001')</code></pre>"),
    "small count in text": in_body("<p>Only 4 children left.</p>"),
    "small count in an alternative text": lambda page: page.replace('alt="', 'alt="7 pupils; '),
    "small n": in_body("<p>(n = 3)</p>"),
    "small count in a title": lambda page: page.replace("<title>", "<title>9 children "),
    "path of the machine": in_body("<p>/home/ann/data/children.csv</p>"),
    "path of a Windows machine": in_body(r"<p>C:\Users\ann</p>"),
    "traceback": in_body("<pre>Traceback (most recent call last):</pre>"),
    "terminal colours": in_body("<pre>\x1b[0;31mError</pre>"),
    "mark of an internal page": in_body("<p>INTERNAL: small numbers are not hidden. Do not pass on.</p>"),
    "made for another audience": lambda page: page.replace('content="public"', 'content="internal"'),
    "no audience": lambda page: page.replace('name="wlz-audience"', 'name="other"'),
    "not yet released": in_body("<p>Not yet released</p>"),
    "script": in_body("<script>1</script>"),
    "script in an attribute": in_body('<p onclick="x()">x</p>'),
    "link that runs code": in_body('<a href="javascript:x()">x</a>'),
    "image of another host": in_body('<img src="https://example.org/x.png" alt="x">'),
    "style of another host": lambda page: page.replace("</style>", "@import 'https://example.org/x.css';</style>"),
    "stylesheet link": in_body('<link rel="stylesheet" href="x.css">'),
    "image without text": lambda page: page.replace('alt="', 'alt="" data-alt="'),
    "text hidden in an image": hide_text_in_image,
    "output that no verb made": in_body('<pre class="unreleased">3.14159</pre>'),
    "number that is not in the ledger": in_body('<data data-cell="s9.9" value="4">4</data>'),
    "number changed after release": lambda page: page.replace(">3.1 points</data>", ">3.14159 points</data>"),
}


@pytest.mark.parametrize("name", LEAKS)
def test_planted_leaks_are_caught(clean, name):
    leaky = LEAKS[name](clean[1])
    assert leaky != clean[1]
    found = refusals(clean, leaky)
    assert found, name
    for reason in found:  # reasons may be shown themselves, so they repeat nothing
        for identifier in IDENTIFIERS:
            assert identifier not in reason
        assert "/home" not in reason


@pytest.mark.parametrize(
    "words",
    ["1 in 4 children", "fewer than 10 children", "10 children", "1,004 children", "Year 6 pupils", "2.5 children",
     "grade 3 pupils", "95% interval", "412 of them", "n = 40", "and/or", "https://example.org/home/x"],
)
def test_harmless_words_pass(clean, words):
    assert refusals(clean, in_body(f"<p>{words}</p>")(clean[1])) == []


def test_the_address_of_a_heading_is_no_sentence_after_a_small_number(clean):
    """A page was held back because its heading "Children who ..." came next after the number 4.

    The value of one element and the address of the next were read as one sentence, "4 children".
    """
    heading = '<h2 id="children-who-were-lost">Who was lost</h2><p><a class="pupils" href="#children-who">See</a></p>'
    after = f'<p><data value="4">4</data></p>{heading}<p title="2">x</p><p title="pupils">x</p>'
    assert refusals(clean, in_body(after)(clean[1])) == []


def test_a_row_is_not_read_on_into_the_next(clean):
    """A page was held back: a row ended with 4 schools, and the next began with "children of the same schools"."""
    rows = "<table><tr><td>others</td><td>4</td></tr><tr><td>children of the same schools</td><td>3</td></tr></table>"
    assert not any("children by number" in reason for reason in refusals(clean, in_body(rows)(clean[1])))


@pytest.mark.parametrize(
    "markup",
    ['<h2 id="KID0001">x</h2>', '<h2 id="children-KID0001">x</h2>', '<p><a href="#PER0002">x</a></p>',
     '<p class="a school-1">x</p>', '<p id="x" title="4 children">x</p>', '<p aria-label="only 4 pupils">x</p>',
     '<p title="n = 3">x</p>', "<!-- 4 children -->", "<table><tr><td>4</td>\n<td>children</td></tr></table>"],
)
def test_what_attributes_say_is_still_read(clean, markup):
    assert refusals(clean, in_body(markup)(clean[1]))


@pytest.mark.parametrize(
    ("kind", "ns"), [("count", (9,)), ("statistic", (50, 9)), ("percent", (500, 3)), ("percent", (500, 497)),
                     ("interval", (0,))]
)
def test_a_ledger_that_shows_a_small_number_is_refused(clean, kind, ns):
    ledger = replace(clean[2], cells=list(clean[2].cells))
    ledger.cells.append(LedgerCell(key="t9.0.0", where="table", of="T", definition={}, kind=kind, ns=ns, text="9",
                                   hidden=False))
    assert any("rests on fewer than 10" in reason for reason in refusals(clean, clean[1], ledger))
    ledger.cells[-1] = replace(ledger.cells[-1], hidden=True, text="hidden")
    assert refusals(clean, clean[1], ledger) == []


def test_an_internal_or_unruled_ledger_is_not_published(clean):
    cells = list(clean[2].cells)
    assert refusals(clean, clean[1], Ledger("toy", "internal", "04_attribution", cells=cells))
    assert refusals(clean, clean[1], Ledger("toy", "public", "04_attribution", Rule(applies=False), cells))


def test_internal_pages_must_say_so_and_hold_no_identifier(monkeypatch, tmp_path):
    toy = Toy(monkeypatch, tmp_path / "work", audience="internal").typical()
    page = render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded)
    (tmp_path / "staging").mkdir()
    clean = (tmp_path / "staging", page, toy.nb.ledger)
    assert refusals(clean, page, audience="internal") == []
    assert refusals(clean, page.replace("INTERNAL", "x"), audience="internal")
    assert refusals(clean, in_body("<p>KID0001</p>")(page), audience="internal")


@pytest.mark.parametrize("text", ["a\n=SUM(A1)\n", "a\n@x\n", "a\nKID0001\n", "a\n-x\n", "a\n3 children\n"])
def test_tables_are_read_too(clean, text):
    staging, page, _ = clean
    (staging / "findings.csv").write_text(text, encoding="utf-8")
    assert refusals(clean, page)
    (staging / "findings.csv").write_text("a\n-3.1\n'=SUM(A1)\n", encoding="utf-8")
    assert refusals(clean, page) == []


def test_other_files_are_refused(clean):
    (clean[0] / "data.xlsx").write_bytes(b"x")
    assert refusals(clean, clean[1]) == ["is of a kind that the gate cannot read"]


def test_private_texts_are_refused(clean):
    assert refusals(clean, in_body("<p>in-the-cellar</p>")(clean[1]), private=["in-the-cellar"])


def test_a_page_quoting_another_is_held_against_its_ledger(clean):
    quoted = '<meta name="wlz-audience" content="public"><data data-cell="04_attribution:s1.0" value="">{}</data>'
    for shown, ok in (("3.1 points", True), ("3.2 points", False)):
        (clean[0] / "index.html").write_text(quoted.format(shown), encoding="utf-8")
        assert (refusals(clean, clean[1]) == []) is ok


def test_findings_used_here_are_what_the_toy_shows():
    assert ATT.n_programme == 228
    assert COUNT.estimate == 228
    assert set(COLUMNS) == {"group", "n", "share", "mean"}
