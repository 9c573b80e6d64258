"""Words of the trade: one meaning each, opened where a page first uses them, and listed at its end."""

import re

import pytest
from toy_notebook import Toy

from wlz_eval.reference.glossary import glossary
from wlz_eval.report import render_page
from wlz_eval.report.glossary import Glossary, anchor_of

TERMS = glossary()


def test_meanings_are_short_plain_and_without_figures():
    for term in TERMS:
        assert len(term.meaning.split()) <= 40, term.term
        assert not re.search(r"\d", term.meaning), term.term
        assert term.meaning.endswith("."), term.term


def test_no_name_is_claimed_by_two_terms():
    names = [name.casefold() for term in TERMS for name in term.names]
    assert len(names) == len(set(names))
    anchors = [anchor_of(term) for term in TERMS]
    assert len(anchors) == len(set(anchors))


def test_only_the_first_use_in_prose_is_marked():
    page = Glossary()
    html = page.mark("<h2>Calipers</h2><p>A caliper, and <em>another Caliper</em>.</p><ul><li>Calipers.</li></ul>")
    assert html.count("<button") == 1
    assert html.startswith("<h2>Calipers</h2><p>A <span")
    assert "<button" not in page.mark("<p>A third caliper.</p>")
    assert [term.term for term in page.used] == ["caliper"]


@pytest.mark.parametrize("html", [
    "<h3>Tier</h3>", "<table><caption>Tier</caption><tr><td><p>Tier</p></td></tr></table>",
    "<p><a href='#x'>tier</a></p>", "<pre>tier</pre>", "<p><code>tier</code></p>",
    "<figure><p>tier</p></figure>", "<p>frontier tiered un-tier</p>",
    '<p class="tier">x</p>', '<p><data value="tier">tier</data></p>',
])
def test_headings_tables_links_code_and_attributes_are_left_alone(html):
    assert Glossary().mark(html) == html


def test_the_longest_name_wins_and_marks_stay_with_their_word():
    html = Glossary().mark("<p>See (net present value), at present value.</p>")
    assert '<span class="whole">(<button' in html
    assert ">net present value</button>),</span>" in html
    assert ">present value</button>.</span>" in html


def test_the_words_themselves_are_not_changed():
    text = "<p>Is it regression to the mean &amp; a propensity score (SDs)?</p>"
    marked = Glossary().mark(text)
    bare = re.sub(r'<span class="meaning".*?</span>', "", marked)
    assert re.sub(r"<[^>]+>", "", bare) == re.sub(r"<[^>]+>", "", text)


def test_each_button_opens_a_meaning_and_all_are_listed_for_paper(monkeypatch, tmp_path):
    toy = Toy(monkeypatch, tmp_path).typical()
    toy.markdown("The tier and the caliper; the tier again.")
    page = render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded)
    targets = re.findall(r'popovertarget="([^"]+)"', page)
    assert targets
    assert len(targets) == len(set(targets))
    assert all(page.count(f'id="{target}" popover') == 1 for target in targets)
    listed = page[page.index('class="words"') :]
    for term in TERMS:
        if anchor_of(term) in targets:
            assert f"<dt>{term.term}</dt>" in listed


def test_a_page_without_such_words_has_no_list(monkeypatch, tmp_path):
    toy = Toy(monkeypatch, tmp_path)
    toy.markdown("Plain words.")
    assert 'class="words"' not in render_page(toy.notebook(), name="04_attribution")
