"""The answer as a picture: drawn from what the answer shows, and gone where that is withheld."""

import re
from dataclasses import replace

import pytest
from toy_notebook import ATT, Toy

from wlz_eval.core.finding import Finding
from wlz_eval.release import FindingSet, Rule, Stamp
from wlz_eval.release.sentences import speak
from wlz_eval.report import render_page
from wlz_eval.report.headline import headline_of

STAMP = Stamp(notebook="04_attribution", cohort="toy", cell=3, plan_hash="", data_hash="")
OUTCOMES = {"english": {"label": "English", "better": "higher"}}


def headline(template, finding, outcomes=OUTCOMES):
    html = f'<p class="wlz-say">Before.</p><p>{speak(template, {"att": finding}, Rule()).html}</p>'
    return headline_of(html, FindingSet([(finding, STAMP)]), outcomes)


def test_places_on_the_line_are_to_scale():
    drawn = headline("The difference was {att} ({att:interval}).", ATT)
    assert drawn.after == 1
    assert 0 < drawn.zero < drawn.low < drawn.dot < drawn.high < 100
    # 3.1 lies half-way between 0.4 and 5.8, as released.
    assert drawn.dot == pytest.approx((drawn.low + drawn.high) / 2, abs=0.1)
    assert (drawn.dot - drawn.zero) / (drawn.high - drawn.zero) == pytest.approx(3.1 / 5.8, abs=0.01)


def test_it_says_in_words_what_it_shows():
    drawn = headline("The difference was {att} ({att:interval}).", ATT)
    assert "3.1 points" in drawn.alt
    assert "0.4 to 5.8 points" in drawn.alt
    assert "leaves out no difference" in drawn.alt
    assert (drawn.below, drawn.above) == ("lower than matched children", "higher than matched children (better)")
    assert drawn.what == "English at the end"
    open_ = headline("It was {att} ({att:interval}).", replace(ATT, ci_low=-0.4))
    assert "holds no difference" in open_.alt


def test_a_size_whose_direction_is_in_words_is_drawn_on_its_own_side():
    lower = replace(ATT, estimate=-3.14, ci_low=-5.8, ci_high=-0.4)
    drawn = headline("It was {att:magnitude} lower ({att:interval}).", lower, {"english": {"better": "lower"}})
    assert drawn.low < drawn.dot < drawn.high < drawn.zero
    assert drawn.estimate.endswith(" lower")
    assert drawn.below == "lower than matched children (better)"
    assert headline("It was {att} ({att:interval}).", lower).estimate == "\N{MINUS SIGN}3.1 points"


@pytest.mark.parametrize(("template", "finding"), [
    ("The difference was {att}.", ATT),
    ("The difference was {att} ({att:interval}).", replace(ATT, n_programme=9)),
    ("The difference was {att} ({att:interval}).", replace(ATT, quantity="slope")),
    ("If all of it were so: {att} ({att:interval}).",
     replace(ATT, finding_id="value.projection.net", quantity="net_present_value", claim="projection")),
])
def test_nothing_is_drawn_without_an_interval_of_what_is_shown(template, finding):
    assert headline(template, finding) is None


def test_money_is_drawn_against_its_costs():
    net = Finding(finding_id="value.net_present_value_per_child", quantity="net_present_value", estimate=-4670.0,
                  ci_low=-5380.0, ci_high=-3650.0, unit="money", currency="GBP", claim="projection", n_programme=50)
    drawn = headline("Net present value is {att} ({att:interval}).", net)
    assert (drawn.below, drawn.nothing) == ("costs are larger", "benefits equal costs")
    assert drawn.high < drawn.zero


def test_the_page_draws_it_below_its_sentence(monkeypatch, tmp_path):
    toy = Toy(monkeypatch, tmp_path).typical()
    page = render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded)
    figure = re.search(r'<figure class="headline">.*?</figure>', page, re.DOTALL)[0]
    assert page.index('class="answer"') < page.index(figure) < page.index('class="limits"')
    label = re.search(r'role="img" aria-label="([^"]+)"', figure)[1]
    assert "3.1 points" in label
    # What stands inside is one picture to a screen reader: nothing in it can take the focus.
    assert "<a " not in figure
    assert "<button" not in figure
    assert set(re.findall(r'data-cell="([^"]+)"', figure)) <= {c.key for c in toy.nb.ledger.cells}


def test_it_is_gone_when_a_number_of_its_sentence_is_withheld(monkeypatch, tmp_path):
    from wlz_eval.release.suppression.blank import blank_notebook

    toy = Toy(monkeypatch, tmp_path).typical()
    key = next(cell.key for cell in toy.nb.ledger.cells if cell.kind == "interval")
    page = render_page(blank_notebook(toy.notebook(), {key}), name="04_attribution", findings=toy.nb.recorded)
    assert 'class="headline"' not in page
