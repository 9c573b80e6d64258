"""One notebook as one page, and a cohort published."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from toy_notebook import ATT, COUNT, Toy

from wlz_eval.core.errors import GateRefusedError, RunError
from wlz_eval.core.finding import Finding
from wlz_eval.release import FindingSet, Rule, Stamp
from wlz_eval.report import Link, build_site, publish, read_notebook, released_rows, render_page, rows_csv
from wlz_eval.report.exports import COLUMNS as CSV_COLUMNS
from wlz_eval.report.markdown import Outline, to_html


@pytest.fixture
def toy(monkeypatch, tmp_path):
    return Toy(monkeypatch, tmp_path).typical()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        toy = Toy(patch, tmp_path_factory.mktemp("work")).typical()
    return render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded)


class Tags(HTMLParser):
    """Every start tag, and whether tags close in order."""

    VOID = frozenset(("meta", "img", "br", "hr", "input", "link"))

    def __init__(self, source):
        super().__init__()
        self.tags, self.open, self.errors = [], [], []
        self.feed(source)
        self.errors += self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.errors.append(tag)


def test_the_page_is_whole_and_in_one_language(page):
    tags = Tags(page)
    assert tags.errors == []
    assert ("html", {"lang": "en-GB"}) in tags.tags
    ids = [attributes["id"] for _, attributes in tags.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_one_h1_and_no_level_skipped(page):
    levels = [int(tag[1]) for tag, _ in Tags(page).tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_within_the_page_has_its_target(page):
    tags = Tags(page).tags
    ids = {attributes.get("id") for _, attributes in tags}
    for tag, attributes in tags:
        if tag == "a" and attributes["href"].startswith("#"):
            assert attributes["href"][1:] in ids, attributes


def test_contents_are_built_from_the_headings(page):
    contents = page[page.index('<nav class="toc"') : page.index("</nav>", page.index('<nav class="toc"'))]
    for words in ("In short", "Evidence", "Deep", "What may not be concluded", "How this page was made"):
        assert words in contents


def test_nothing_is_asked_of_another_host_and_no_script_runs(page):
    for tag, attributes in Tags(page).tags:
        assert tag not in ("script", "iframe", "link")
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("src", "data:").startswith("data:")
    assert "http:" not in page.replace("http-equiv", "")
    assert "https:" not in page
    assert "default-src 'none'" in page


def test_alternative_text_caption_and_table_headers_survive(page):
    images = [attributes for tag, attributes in Tags(page).tags if tag == "img"]
    assert [image["alt"] for image in images] == ["Bars; 230 children in all."]
    assert re.search(r"<figure><img [^>]+><figcaption>Children by group", page)
    assert page.count("<caption>") == 2
    assert 'role="region" aria-label="By group" tabindex="0"' in page


def test_the_answer_comes_before_evidence_and_code_is_folded(page):
    order = ["<h1>", 'class="answer"', 'class="limits"', "By group", "<footer"]
    assert [page.index(part) for part in order] == sorted(page.index(part) for part in order)
    assert page.index("<h1>") < page.index('class="answer"')
    for match in re.finditer(r'<pre class="code"', page):
        before = page[: match.start()]
        assert before.count("<details") > before.count("</details>")


def test_the_notebooks_own_head_is_replaced_by_the_pages(page):
    assert "Not yet released" not in page
    assert page.split("</head>")[1].count("SIMULATED DATA: no real children") == 1
    assert "wlz-eval run toy --notebook 04_attribution --effort quick" in page
    for short in ("d" * 16,):
        assert short in page


def test_values_are_never_markup(page):
    assert "<script" not in page
    assert "Toy &lt;b&gt;cohort&lt;/b&gt;" in page
    assert "What is the &lt;i&gt;answer&lt;/i&gt;?" in page


def test_numbers_link_to_the_cell_that_recorded_them(toy):
    stamp = Stamp(notebook="03_progress", cohort="toy", cell=5, plan_hash="", data_hash="")
    findings = FindingSet([(ATT, stamp), (COUNT, stamp)])
    links = [Link(name, "Why?", f"{name}.html") for name in ("03_progress", "04_attribution")]
    page = render_page(toy.notebook(), name="04_attribution", findings=findings, pages=links)
    traced = '<a class="trace" href="03_progress.html#cell-5"><data data-finding="attribution.att.english.endline"'
    assert traced in page
    own = render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded)
    assert 'href="#cell-3"' in own
    assert 'id="cell-3"' in own


def test_two_renderings_are_the_same_bytes(monkeypatch, tmp_path):
    pages = set()
    for folder in ("a", "b"):
        toy = Toy(monkeypatch, tmp_path / folder).typical()
        pages.add(render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded))
        assert str(tmp_path) not in next(iter(pages))
    assert len(pages) == 1


def test_pages_are_small(page):
    assert len(page.encode()) < 200_000


def test_output_that_no_verb_made_is_escaped_and_marked(toy):
    toy.cells.append({"cell_type": "code", "source": "x", "metadata": {}, "execution_count": 9, "outputs": [
        {"output_type": "execute_result", "data": {"text/html": "<b>raw</b>", "text/plain": "raw <b>"}, "metadata": {}},
        {"output_type": "stream", "name": "stderr", "text": "a warning"}]})
    page = render_page(toy.notebook(), name="04_attribution")
    assert '<pre class="unreleased" tabindex="0">raw &lt;b&gt;</pre>' in page
    assert "a warning" not in page


def test_checked_output_and_injected_parameters_stay_off_the_page(toy):
    stream = {"output_type": "stream", "name": "stdout", "text": "3.14159"}
    toy.cells.append({"cell_type": "code", "source": "print(x)", "metadata": {"tags": ["nbval-check-output"]},
                      "execution_count": 9, "outputs": [stream]})
    toy.cells.append({"cell_type": "code", "source": "out_dir = '/secret/place'",
                      "metadata": {"tags": ["injected-parameters"]}, "execution_count": 1, "outputs": []})
    page = render_page(toy.notebook(), name="04_attribution")
    assert "3.14159" not in page
    assert "/secret" not in page


def test_headers_of_a_table_in_markdown_are_followed_by_a_screen_reader():
    html = to_html("| a | b |\n|---|--:|\n| 1 | <b>2</b> |\n", Outline())
    assert '<th scope="col">a</th>' in html
    assert '<th scope="col" class="n">b</th>' in html
    assert '<td class="n">&lt;b&gt;2&lt;/b&gt;</td>' in html


@pytest.mark.parametrize("cells", [[], [{"cell_type": "markdown", "source": "no heading", "metadata": {}}],
                                   [{"cell_type": "markdown", "source": "# 4. Why?", "metadata": {}}]])
def test_notebooks_that_make_no_page_say_why(cells):
    with pytest.raises(RunError, match="04_attribution"):
        read_notebook("04_attribution", {"cells": cells})


def test_markdown_cannot_bring_markup_links_that_run_or_pictures():
    outline = Outline()
    html = to_html("# One\n\n### Two\n\n# One\n\n<b>x</b> [a](javascript:x) ![alt](http://e.org/x.png)", outline)
    assert "<b>" not in html
    assert "<img" not in html
    assert "javascript:" not in html
    assert [(h.level, h.anchor) for h in outline.headings] == [(2, "one"), (3, "two"), (2, "one-2")]


def test_the_download_holds_released_values_and_is_safe_to_open(toy):
    evil = Finding(finding_id="attribution.evil", quantity="x", estimate=-2.54321, unit="ratio", claim="description",
                   note='=HYPERLINK("http://x")', n_programme=9)
    stamp = toy.nb.recorded.stamp(ATT.finding_id)
    findings = toy.nb.recorded | FindingSet([(evil, stamp)])
    rows = list(csv.DictReader(io.StringIO(rows_csv(released_rows(findings, toy.cohort, Rule())))))
    assert list(rows[0]) == list(CSV_COLUMNS)
    by_id = {row["finding_id"]: row for row in rows}
    att = by_id[ATT.finding_id]
    assert (att["estimate"], att["ci_low"], att["n_programme"], att["hidden"]) == ("3.1", "0.4", "230", "")
    assert by_id[COUNT.finding_id]["estimate"] == "230"
    assert (by_id["attribution.evil"]["estimate"], by_id["attribution.evil"]["hidden"]) == ("", "yes")
    assert by_id["attribution.evil"]["n_programme"] == ""
    assert by_id["attribution.evil"]["n_programme_why_empty"] == "hidden"
    assert by_id["attribution.evil"]["note"].startswith("'=")


def test_publishing_moves_whole_folders(toy):
    toy.save()
    result = publish("toy", toy.workspace, cohort=toy.cohort)
    assert result.pages == (
        "04_attribution-draw.csv", "04_attribution.html", "changes.csv", "changes.html", "changes_dictionary.csv",
        "find.html", "findings.csv", "findings.parquet", "findings_dictionary.csv", "index.html",
    )
    assert not toy.workspace.staging_dir("toy", "public").exists()
    first = {p.name: p.read_bytes() for p in result.folder.iterdir()}
    publish("toy", toy.workspace, cohort=toy.cohort)
    assert {p.name: p.read_bytes() for p in result.folder.iterdir()} == first
    assert sorted(p.name for p in toy.workspace.site_dir("public").iterdir()) == ["toy"]


def test_a_leak_goes_to_quarantine_and_old_pages_stay(toy):
    toy.save()
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    before = (folder / "04_attribution.html").read_bytes()
    toy.cells.insert(-1, {"cell_type": "markdown", "source": "Look at KID0007.", "metadata": {}})
    toy.save()
    with pytest.raises(GateRefusedError, match=r"04_attribution\.html: holds an identifier") as caught:
        publish("toy", toy.workspace, cohort=toy.cohort)
    assert "KID0007" not in str(caught.value)
    assert (folder / "04_attribution.html").read_bytes() == before
    assert (toy.workspace.quarantine_dir("toy", "public") / "reasons.txt").exists()


def test_failed_notebooks_have_no_page_but_a_reason(toy):
    run = {"notebooks": {"04_attribution": {"status": "succeeded", "reason": "", "seconds": 1},
                         "05_engagement": {"status": "failed", "reason": "DesignError: no <b>", "seconds": 1}},
           "refused": [], "gate": []}
    toy.save(run)
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert "DesignError: no &lt;b&gt;" in index
    assert "3.1 points" in index
    site = build_site(toy.workspace).read_text(encoding="utf-8")
    assert "05_engagement: DesignError" in site
    assert "SIMULATED" in index
    assert "Simulated data: no real children" in site


def test_a_cohorts_page_quotes_what_an_answer_opens_with_and_no_more(toy):
    toy.nb.say("At length, {n} more.", n=COUNT)
    toy.cell("nb.say(...)", "answer")
    toy.save()
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    index, page = ((folder / name).read_text(encoding="utf-8") for name in ("index.html", "04_attribution.html"))
    assert "3.1 points" in index
    assert "At length" in page
    assert "At length" not in index


def test_a_refused_cohort_is_listed_with_reasons_and_not_published(toy):
    toy.save({"refused": ["children, row 3: child_id is empty"], "notebooks": {}, "gate": []})
    with pytest.raises(RunError, match="refused"):
        publish("toy", toy.workspace, cohort=toy.cohort)
    assert not toy.workspace.published_dir("toy", "public").exists()
    site = build_site(toy.workspace).read_text(encoding="utf-8")
    assert "children, row 3: child_id is empty" in site
    assert 'href="toy/index.html"' not in site


def test_nothing_run_is_an_error_and_an_unknown_source_fails_closed(toy):
    with pytest.raises(RunError, match="wlz-eval run"):
        publish("toy", toy.workspace, cohort=toy.cohort)
    toy.save()
    with pytest.raises(RunError, match="identifiers"):
        publish("toy", toy.workspace)


def test_internal_pages_go_to_their_own_folder_and_say_so(monkeypatch, tmp_path):
    toy = Toy(monkeypatch, tmp_path, audience="internal").typical().save()
    folder = publish("toy", toy.workspace, "internal", cohort=toy.cohort).folder
    assert folder == tmp_path / "reports-internal" / "toy"
    for page in folder.glob("*.html"):
        assert "INTERNAL: small numbers are not hidden" in page.read_text(encoding="utf-8")
    assert "228" in (folder / "findings.csv").read_text(encoding="utf-8-sig")
    assert not (tmp_path / "reports").exists()


def test_an_empty_site_says_how_to_begin(tmp_path):
    from wlz_eval.release import Workspace

    text = build_site(Workspace(tmp_path)).read_text(encoding="utf-8")
    assert "wlz-eval run" in text


def test_what_was_published_is_remembered_for_the_list(toy):
    toy.save()
    publish("toy", toy.workspace, cohort=toy.cohort)
    record = json.loads(toy.workspace.published_file("toy", "public").read_text(encoding="utf-8"))
    assert record["pages"] == ["04_attribution"]
    assert "3.1 points" in record["headline"]


def test_a_heading_just_before_the_limits_belongs_to_them(toy):
    toy.markdown("## What may not be concluded\n\nRead this twice.")
    toy.nb.say("Not the cause.")
    toy.cell("nb.say(...)", "limits")
    del toy.cells[-4:-2]
    page = render_page(toy.notebook(), name="04_attribution")
    assert page.count(">What may not be concluded</h2>") == 1
    assert page.index('class="limits"') < page.index("Read this twice.") < page.index("Not the cause.")
