"""Leaks planted one by one into a clean folder of every kind of file: the gate refuses each, and passes the folder."""

import base64
import io
import json
import re
import shutil
import struct
import zipfile
import zlib
from urllib.parse import quote

import docx
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure
from toy_notebook import Toy

from wlz_eval.release.gate import Known, gate
from wlz_eval.release.show import figure_png
from wlz_eval.report import render_page

pypdf = pytest.importorskip("pypdf")

KNOWN = Known(
    frozenset({"KID0001", "PER0002", "HOU-03", "school-1", "412", "9041733", "Q", "north"}),
    frozenset({"lives with her aunt", "asthma"}),
    frozenset({"2014-03"}),
)
#: What no reason may repeat.
SECRETS = (*KNOWN.identifiers - {"412", "Q"}, *KNOWN.values, "2014", "SW1A", "@", "/home")
PAGE, FIGURE = "04_attribution.html", "04_attribution_bars.csv"


def pdf(text="A summary.", **about):
    """A PDF of one page with this text."""
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

    script = about.pop("script", "")
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(width=300, height=300)
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): DictionaryObject({
        NameObject("/F1"): DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()})})})
    page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({f"/{key.title()}": value for key, value in about.items()})
    if script:
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(script)})
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def word():
    document = docx.Document()
    document.add_paragraph("A summary.")
    return document


def to_bytes(document):
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A folder with a clean file of every kind, and the ledger of its page."""
    with pytest.MonkeyPatch.context() as patch:
        toy = Toy(patch, tmp_path_factory.mktemp("work")).typical()
    folder = tmp_path_factory.mktemp("clean")
    page = render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded)
    # The style is as long as all the rest, and no leak is planted far inside.
    page = re.sub(r"<style>.*?</style>", "<style>p { margin: 0 }</style>", page, flags=re.DOTALL)
    (folder / PAGE).write_text(page, encoding="utf-8")
    (folder / FIGURE).write_text("Group,Children\nb,10\nc,230\na,fewer than 10\n", encoding="utf-8")
    (folder / "findings.csv").write_text("finding_id,estimate,n_programme\nx.y,3.1,230\n", encoding="utf-8")
    pd.DataFrame({"finding_id": ["x.y"], "n_programme": [230]}).to_parquet(folder / "findings.parquet")
    (folder / "index.json").write_text('{"words": ["english"]}', encoding="utf-8")
    (folder / "summary.md").write_text("# A summary\n\nNothing *small*.\n", encoding="utf-8")
    (folder / "summary.docx").write_bytes(to_bytes(word()))
    (folder / "summary.pdf").write_bytes(pdf())
    return folder, toy.nb.ledger


@pytest.fixture
def staged(clean, tmp_path):
    folder = tmp_path / "staging"
    shutil.copytree(clean[0], folder)
    return folder


def changed(folder, clean):
    """Take out what is as it was, which the test of the clean folder reads."""
    for path in clean.iterdir():
        here = folder / path.name
        if here.exists() and here.read_bytes() == path.read_bytes():
            here.unlink()
    assert any(folder.iterdir())
    return folder


def refused(folder, ledger):
    return gate(folder, audience="public", known=KNOWN, ledgers=[ledger])


def in_page(old, new):
    def plant(folder):
        page = (folder / PAGE).read_text(encoding="utf-8")
        assert old in page
        (folder / PAGE).write_text(page.replace(old, new, 1), encoding="utf-8")
    return plant


def body(markup):
    return in_page("</main>", f"{markup}</main>")


def write(name, content):
    def plant(folder):
        data = content() if callable(content) else content
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return plant


def image(png):
    return f'<img alt="Bars" src="data:image/png;base64,{base64.b64encode(png).decode()}">'


def outlier():
    """A dot for one child, drawn past the release verbs."""
    figure = Figure()
    figure.subplots().plot([1, 2, 3], [1, 2, 99], "o")
    return figure_png(figure)[0]


def change_image(change):
    def plant(folder):
        page = (folder / PAGE).read_text(encoding="utf-8")
        start = page.index("base64,") + 7
        end = page.index('"', start)
        png = change(base64.b64decode(page[start:end]))
        (folder / PAGE).write_text(page[:start] + base64.b64encode(png).decode() + page[end:], encoding="utf-8")
    return plant


def chunk(png):
    text = b"tEXtComment\x00one child"
    return png[:33] + struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text)) + png[33:]


def in_word(change):
    def made():
        document = word()
        return change(document) or to_bytes(document)
    return write("summary.docx", made)


def core_property(document):
    document.core_properties.subject = "about KID0001"


def comment(document):
    document.add_comment(document.paragraphs[0].runs, text="This is KID0001", author="ann")


def hidden_run(document):
    document.add_paragraph().add_run("Only 4 children").font.hidden = True


def split_runs(document):
    paragraph = document.add_paragraph("This is KI")
    paragraph.add_run("D0001").bold = True


def alternative_text(document):
    document.add_picture(io.BytesIO(outlier()))
    for shape in document.inline_shapes:
        shape._inline.docPr.set("descr", "4 children")


def more_in_archive(name, data):
    def made(document):
        buffer = io.BytesIO(to_bytes(document))
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.writestr(name, data)
        return buffer.getvalue()
    return in_word(made)


def parquet(metadata=None, **columns):
    def made():
        table = pa.table({"finding_id": ["x.y"], **columns})
        buffer = io.BytesIO()
        pq.write_table(table.replace_schema_metadata(metadata) if metadata else table, buffer)
        return buffer.getvalue()
    return write("findings.parquet", made)


def rename(folder):
    (folder / "findings.csv").rename(folder / "findings_KID0001.csv")


SVG = '<svg role="img" viewBox="0 0 9 9">{}</svg>'
LEAKS = {
    # Counts
    "a count in an alternative text": in_page('alt="', 'alt="7 pupils; '),
    "a count in the title of a drawing": body(SVG.format("<title>4 children</title>")),
    "a count in a drawing's label for screen readers": body('<svg role="img" aria-label="n = 4"></svg>'),
    "a count in a caption": body("<table><caption>By need: 3 children</caption></table>"),
    "a count behind a figure": write(FIGURE, "Group,Children\nb,10\na,4\n"),
    "a count in a column of another name": write(FIGURE, "Group,Value\nb,10\na,17\n"),
    "a precise number behind a figure": write(FIGURE, "Group,Mean\nb,2.04\n"),
    "a number as it was worked out": write("findings.csv", "finding_id,estimate\nx.y,3.14159265358979\n"),
    "a count in the table of findings": write("findings.csv", "finding_id,n_programme\nx.y,4\n"),
    "a count in a column of Parquet": parquet(n_programme=[4]),
    "a count in a hidden output": body('<div hidden><table><tr><td>4</td></tr></table></div>'),
    "a count in a folded output": body("<details><pre>4 children</pre></details>"),
    "a count in a comment of HTML": body("<!-- 4 children -->"),
    "a count printed by a style": in_page("</style>", '.x::after { content: "4 children" }</style>'),
    "a count printed by an escaped style": in_page("</style>", r'.x::after { content: "\34  children" }</style>'),
    "a count in a data attribute": body('<p data-tip="only 4 pupils">x</p>'),
    "a count in words": body("<p>Only three children left.</p>"),
    "a count in full-width digits": body("<p>Only ４ children left.</p>"),
    "a count parted by invisible characters": body("<p>Only 4\u200b chil\u00addren left.</p>"),
    "a range of few": body("<p>A group of 4-5 children.</p>"),
    "a count of kids": body("<p>Only 4 kids left.</p>"),
    "a count of those children": body("<p>All but 3 of the children stayed.</p>"),
    "a count after the word": body("<p>The number of girls was 4.</p>"),
    "a count as a fraction": body("<p>3/12 children left.</p>"),
    "a count in a list of terms": body("<dl><dt>Girls</dt><dd>17</dd></dl>"),
    "a count in a gauge": body('<meter value="4" max="12">few</meter>'),
    "a dot in a drawing": body(SVG.format('<circle cx="4" cy="4" r="1"/>')),
    "some of a few": body("<p>1 of 12 children.</p>"),
    "all but some": body("<p>38 out of 40 pupils.</p>"),
    "a share that is few": body("<p>5% of 40 children.</p>"),
    "a share that no verb released": body("<p>17.3% of the children.</p>"),
    "nobody of a group": body("<p>0% of the girls.</p>"),
    "everybody of a group": body("<p>100% of the programme children.</p>"),
    "a mean of a few": body("<p>The mean of the 6 girls was higher.</p>"),
    "a lowest value": body("<p>The lowest score was 12.</p>"),
    "the oldest child": body("<p>The oldest child is left out.</p>"),
    "a percentile of a few": body("<p>The 95th percentile was 31.</p>"),
    "a table cell that is not in the ledger": body("<table><tr><td>17</td></tr></table>"),
    "a number that is not in the ledger": body('<data data-cell="s9.9" value="4">4</data>'),
    "a count in Markdown between marks": write("summary.md", "Only **4** children.\n"),
    "a count in a table of Markdown": write("summary.md", "| Group | Value |\n|---|---:|\n| a | 17 |\n"),
    "a small count in a table of Markdown": write("summary.md", "Group | Children\n--- | ---\na | **4**\n"),
    "a count in hidden text of Word": in_word(hidden_run),
    "a count in an alternative text of Word": in_word(alternative_text),
    "a count in a PDF": write("summary.pdf", lambda: pdf("Only 4 children")),
    # Pictures
    "an outlier in a figure of unreleased data": body(image(outlier())),
    "text in a picture": change_image(chunk),
    "data after the end of a picture": change_image(lambda png: png + b"KID0001"),
    "a picture of another kind": body('<img alt="x" src="data:image/svg+xml;base64,PHN2Zz5LSUQ8L3N2Zz4=">'),
    # Identifiers
    "an identifier in a traceback": body("<p>KeyError: 'KID0001'</p>"),
    "a traceback": body("<pre>Traceback (most recent call last):</pre>"),
    "an identifier in the notebook's metadata": body('<meta name="notebook" content="KID0001">'),
    "a notebook": write("04_attribution.ipynb", "{}"),
    "an identifier in an address": body('<h3 id="row-KID0001">x</h3>'),
    "an identifier in base 64": body(f"<p>{base64.b64encode(b'KID0001').decode()}</p>"),
    "an identifier in base 64 twice over": write(
        "index.json", lambda: json.dumps([base64.b64encode(base64.b64encode(b"KID0001")).decode()])),
    "an identifier in escapes of a program": body(r"<p>\u004b\x49D0001</p>"),
    "an identifier in a part that no browser shows": body("<template><p>KID0001</p></template>"),
    "a school of one letter in a cell": body("<table><tr><td>Q</td></tr></table>"),
    "a school of a common word in a column": write("findings.csv", "finding_id,school\nx.y,North\n"),
    "an identifier in hexadecimal digits": body(f"<p>{b'KID0001'.hex()}</p>"),
    "an identifier in base 32": body(f"<p>{base64.b32encode(b'KID0001').decode()}</p>"),
    "an identifier in base 32 of small letters": body(f"<p>{base64.b32encode(b'KID0001').decode().lower()}</p>"),
    "an identifier written from its end": body("<p>1000DIK</p>"),
    "an identifier in three pieces": body("<p>KI-D00.01</p>"),
    "an identifier with percent signs": body(f'<a href="#{quote("KID0001").replace("K", "%4B")}">x</a>'),
    "an identifier in entities": body("<p>&#75;&#73;D0001</p>"),
    "an identifier in entities twice over": body("<p>&amp;#75;ID0001</p>"),
    "an identifier parted by invisible characters": body("<p>KID\u200b00\u206001</p>"),
    "an identifier parted by tags": body("<p>KID<b>00</b>01</p>"),
    "an identifier parted by a space": body("<p>KID 0001</p>"),
    "an identifier in small letters": body("<p>kid0001</p>"),
    "an identifier in letters of another alphabet": body("<p>\u041a\u0406D0001</p>"),
    "an identifier in full-width letters": body("<p>ＫＩＤ０００１</p>"),
    "an identifier with another hyphen": body("<p>HOU\u201103</p>"),
    "a school in a sentence": body("<p>All are at school-1.</p>"),
    "a number that is an identifier": body("<p>See 9041733.</p>"),
    "a short number in a list": body("<ul><li>412</li></ul>"),
    "an identifier in a file's name": rename,
    "an identifier in a column of Parquet": parquet(note=["KID0001"]),
    "an identifier in the metadata of Parquet": parquet(metadata={"made_from": "KID0001"}),
    "an identifier in JSON": write("index.json", '{"KID0001": 1}'),
    "an identifier in a property of Word": in_word(core_property),
    "an identifier in a comment of Word": in_word(comment),
    "an identifier in two runs of Word": in_word(split_runs),
    "an identifier in the metadata of a PDF": write("summary.pdf", lambda: pdf(keywords="KID0001")),
    # Facts about one child
    "free text": body("<p>She lives with her  aunt.</p>"),
    "a word of an unknown column": body("<p>With asthma.</p>"),
    "a month of birth": body("<p>2014-03</p>"),
    "a month of birth in words": body("<p>March 2014</p>"),
    "a month of birth after the word": body("<p>Birth month: March 2014</p>"),
    "a month of birth the other way round": body("<p>2014, March of</p>"),
    "a short month of birth": body("<p>Mar-2014</p>"),
    "a month of birth in six digits": body("<p>In 201403.</p>"),
    "a month of birth without its nought": body("<p>3/2014 and no more</p>"),
    "a date of birth": body("<p>17/03/2014</p>"),
    "a date of birth of anybody": body("<p>was born on 4 May 2011</p>"),
    "an amount in a cell that no verb has shown": body("<table><tr><td>\u2212\u2060£512</td></tr></table>"),
    "a date of birth of anybody, shortly": body("<p>Amina, b. 05 Mar 11</p>"),
    "a date of birth below its initials": body("<p>D.O.B.: 5/3/11</p>"),
    "a month of birth in a short date": body("<p>the 17 Mar 14 form</p>"),
    "a month of birth in a short date of digits": body("<p>17/03/14</p>"),
    "a postcode": body("<p>SW1A 2AA</p>"),
    "a postcode without its blank": body("<p>SW1A2AA</p>"),
    "a short postcode without its blank": body("<p>at w106ab.</p>"),
    "a pupil number": body("<p>A123456789012</p>"),
    "an address for mail": body("<p>ann@example.org</p>"),
    "an address for mail, spelled": body("<p>ann (at) example dot org</p>"),
    "an address for mail in words": body("<p>Write to ann at example dot org.</p>"),
    "a telephone number": body("<p>020 7946 0018</p>"),
    "a telephone number behind a link": body('<a href="tel:02079460018">Ring us</a>'),
    # The machine, other readers, other files
    "a page of another audience": in_page('content="public"', 'content="internal"'),
    "an internal sentence in Markdown": write("summary.md", "INTERNAL: small numbers are not hidden. Do not pass on."),
    "a path": body("<p>/home/ann/children.csv</p>"),
    "a path in a PDF": write("summary.pdf", lambda: pdf(creator="/home/ann/x")),
    "a script": body("<script>1</script>"),
    "a script in a PDF": write("summary.pdf", lambda: pdf(script="app.alert(1)")),
    "a request": body('<img alt="x" src="https://example.org/x.png">'),
    "a request of a drawing": body(SVG.format('<image href="https://example.org/x.png"/>')),
    "a request in Markdown": write("summary.md", "![x](https://example.org/x.png)"),
    "a page that goes elsewhere": body('<meta http-equiv="refresh" content="0">'),
    "a file within a Word document": more_in_archive("word/embeddings/x.xlsx", b"PK"),
    "data before a Word document": in_word(lambda document: b"KID" + to_bytes(document)),
    "data after a PDF": write("summary.pdf", lambda: pdf() + b"KID0001"),
    "a formula": write("findings.csv", 'finding_id\n"=HYPERLINK(""x"")"\n'),
    "an unknown kind of file": write("children.xlsx", b"PK"),
    "a locked or broken PDF": write("summary.pdf", b"%PDF-1.7"),
    "a broken table": write("findings.parquet", b"x"),
    "text in another encoding": write("findings.csv", "é".encode("latin-1")),
    "a link to a file": lambda folder: (folder / "x.csv").symlink_to(folder / FIGURE),
}


def test_a_clean_folder_passes(clean):
    assert refused(*clean) == ()


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_caught(clean, staged, name):
    LEAKS[name](staged)
    found = refused(changed(staged, clean[0]), clean[1])
    assert found, name
    for refusal in found:  # reasons may be shown themselves, so they repeat nothing
        assert not any(secret.casefold() in str(refusal).casefold() for secret in SECRETS), refusal


HARMLESS = [
    "1 in 4 children", "fewer than 10 children", "10 children", "1,004 children", "Year 6 pupils", "2.5 children",
    "one child", "two children", "no children", "412 of them", "for every 100 children, 3 of 100 more",
    "a 95% interval", "the highest standard", "March 2022", "2022-09-01", "born before the programme began",
    "KID", "PER 0003", "school 1 is not named", "the cost of 12 sessions", "asthmatic", "99% of the time",
    "the pupils of Year 6 in 2022/23 children", "question Q", "in the north",
    "Birth month: all of 2014", "Kidsgrove Partners", "3 families of outcomes", "the 5-point scale of children",
    "September 2022 to July 2024", "KI and D000 and 1", "DIK 1000", "10 20 30 children", "STANDARD ATTAINMENT",
    "a group of 10-14 children", "x86 and w3c", "12 May 22", "at school", "looked at dots",
    "version 1.3.14", "8, 12 and 14 of March", "r2 of cr2", "CO2 at 400",
    "Student's t of 3", "the number of children was 230",
]


def test_harmless_words_pass(clean, staged):
    body("".join(f"<p>{words}</p>" for words in HARMLESS))(staged)
    assert refused(changed(staged, clean[0]), clean[1]) == ()


def test_measures_side_by_side_are_no_number_of_a_patient(clean, staged):
    """Attributes ran into one another once: 720 wide, 390 high and a span of 2900 stopped every page with figures."""
    spans = '<span style="width:720px" title="720"></span><span title="390"></span><span title="2900"></span>'
    body(f"<p>{spans}</p>")(staged)
    assert refused(changed(staged, clean[0]), clean[1]) == ()


def test_a_pdf_is_refused_where_nobody_can_read_it(clean, staged, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pypdf", None)
    assert [r.reason for r in refused(staged, clean[1])] == [
        "is a PDF, which cannot be read without pypdf: install it with pip install 'wlz-eval[pdf]'"
    ]


def test_what_internal_readers_may_see(clean, staged):
    """Small numbers, but no child and no mark of public pages; the restricted ones may see children too."""
    body("<p>4 children</p>")(staged)
    reasons = {r.reason for r in gate(staged, audience="internal", known=KNOWN)}
    assert reasons == {"carries the mark of another page", "is internal but does not say so"}
    body("<p>KID0001</p>")(staged)
    assert any("identifier" in r.reason for r in gate(staged, audience="internal", known=KNOWN))
    assert not any("identifier" in r.reason for r in gate(staged, audience="restricted", known=KNOWN))
