"""What a screen reader needs stands in the notebook's ledger and outputs, and again on the page."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from toy_notebook import Toy

from wlz_eval.report import render_page


class Page(HTMLParser):
    """Elements in order, each with its attributes and all the text inside."""

    VOID = frozenset(("meta", "img", "br", "hr", "input", "link"))

    def __init__(self, source):
        super().__init__()
        self.found, self._open = [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", **{name: value or "" for name, value in attrs}}
        self.found.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self._open:
            element["text"] += data

    def all(self, *tags):
        return [element for element in self.found if element["tag"] in tags]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        toy = Toy(patch, tmp_path_factory.mktemp("work")).typical()
    source = render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded)
    return toy, Page(source)


def test_language_title_and_one_main_part(made):
    _, page = made
    assert page.all("html")[0]["lang"] == "en-GB"
    assert page.all("title")[0]["text"].startswith("What is the <i>answer</i>?")
    assert [len(page.all(tag)) for tag in ("main", "h1", "footer")] == [1, 1, 1]
    link = page.all("a")[0]
    assert (link["class"], link["href"]) == ("skip", f"#{page.all('main')[0]['id']}")


def test_no_level_of_headings_is_skipped(made):
    _, page = made
    levels = [int(e["tag"][1]) for e in page.found if re.fullmatch(r"h[1-6]", e["tag"])]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_text_of_each_figure_is_the_one_that_the_notebook_gave(made):
    toy, page = made
    given = [
        output["metadata"]["image/png"]["alt"]
        for cell in toy.cells for output in cell.get("outputs", []) if "image/png" in output["data"]
    ]
    assert given == ["Bars; 230 children in all."]
    assert [image["alt"] for image in page.all("img")] == given
    captions = {cell.of for cell in toy.nb.ledger.cells if cell.where == "caption"}
    assert len(page.all("figcaption")) == len(captions) + len([e for e in page.all("figure") if "headline" in str(e)])


def test_each_table_has_its_caption_and_headers_that_a_screen_reader_follows(made):
    toy, page = made
    cells = [cell for cell in toy.nb.ledger.cells if cell.where == "table"]
    columns = {cell.definition["column"] for cell in cells}
    rows = {cell.definition["row"].split(" | ")[0] for cell in cells if cell.definition["row"]}
    assert columns
    assert rows
    assert [e["text"] for e in page.all("caption")] == list(dict.fromkeys(cell.of for cell in cells))
    heads = page.all("th")
    assert all(head["scope"] in ("col", "row") for head in heads)
    titles = {re.sub(r" \([a-zA-Z ]+\)$", "", head["text"]) for head in heads if head["scope"] == "col"}
    assert columns <= titles
    assert rows <= {head["text"] for head in heads if head["scope"] == "row"}
    assert all(head["text"].strip() for head in heads)


def test_what_scrolls_can_be_reached_and_has_a_name(made):
    _, page = made
    scrolls = [e for e in page.all("div") if "wlz-scroll" in e.get("class", "")]
    assert scrolls
    for element in scrolls:
        assert (element["role"], element["tabindex"]) == ("region", "0")
        assert element["aria-label"].strip()


def test_the_mark_of_simulated_data_and_the_foot_say_what_the_page_is(made):
    _, page = made
    assert page.all("aside")[0]["text"].strip() == "SIMULATED DATA: no real children"
    foot = page.all("footer")[0]["text"]
    for words in ("Simulated: no real children.", "Plan", "data dddddddddddddddd", "code ", "wlz-eval run toy"):
        assert words in foot
