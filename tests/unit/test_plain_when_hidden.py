"""Where numbers are hidden a page says so in plain words, and speaks of no picture that is not there."""

import pytest
from toy_notebook import COUNT, Toy

from wlz_eval.release import Rule
from wlz_eval.release.plainly import in_plain_words, not_shown
from wlz_eval.release.show import NO_FIGURE
from wlz_eval.release.suppression.blank import blank_notebook
from wlz_eval.report.withheld import without_pictures

WORDS = not_shown(Rule())


def number(text):
    return f'<data data-cell="s1.0" value="">{text}</data>'


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (("hidden", "hidden"), True), (("hidden", "280", "hidden"), True), (("hidden",), True),
        (("hidden", "280"), False), (("280",), False), ((), False),
    ],
)
def test_a_sentence_gives_way_where_it_would_say_next_to_nothing(numbers, said):
    html = f"This is about {' and '.join(map(number, numbers))}. All were seen."
    found = in_plain_words(html, Rule())
    assert (WORDS in found) is said
    assert found.endswith("All were seen.")
    assert found == html or "hidden" not in found


def test_it_is_said_once():
    html = f"Of {number('hidden')}. Beside {number('hidden')}. And {number('20')}."
    assert in_plain_words(html, Rule()).count(WORDS) == 1


def test_hidden_by_the_rule_and_for_another_number_look_alike(monkeypatch, tmp_path):
    """A reader who could tell the two apart would know which of the hidden numbers are large."""
    template = "This is about {one} of the programme, compared with {two}."
    texts = []
    for sizes in ((4, 6), (300, 290)):
        toy = Toy(monkeypatch, tmp_path, name="09_summary")
        toy.nb.rule = Rule()
        one, two = (_counted(n) for n in sizes)
        toy.outputs.clear()
        toy.nb.say(template, one=one, two=two)
        output = toy.outputs[-1]
        keys = [key for key in ("s1.0", "s1.1", "s2.0", "s2.1", "s0.0", "s0.1") if key in str(output)]
        notebook = {"cells": [{"cell_type": "code", "outputs": [_output(output)]}]}
        blanked = blank_notebook(notebook, keys) if keys else notebook
        texts.append(blanked["cells"][0]["outputs"][0]["data"])
    assert texts[0]["text/html"] == texts[1]["text/html"]
    assert WORDS in texts[1]["text/html"]
    assert texts[0]["text/plain"].strip() == texts[1]["text/plain"].strip()


def _counted(n):
    from dataclasses import replace

    return replace(COUNT, estimate=float(n), n_programme=n)


def _output(output):
    return {"output_type": "display_data", "data": dict(output["data"]), "metadata": {"wlz_eval": {"released": True}}}


def cell(kind, text, *outputs):
    data = [{"data": {"text/html": html} if html != "png" else {"image/png": "x"}} for html in outputs]
    return {"cell_type": kind, "source": text, "metadata": {}, **({"outputs": data} if kind == "code" else {})}


def test_words_on_a_picture_go_with_it():
    text = "## Were the groups alike?\n\nLook for diamonds inside the grey band.\n\nAlike groups make it fairer."
    notice = f'<p class="wlz-notice">{NO_FIGURE}</p>'
    for shown, left in (((notice,), False), (("png",), True), ((notice, "png"), True), (("<p>x</p>",), True)):
        heading, _ = without_pictures([cell("markdown", text), cell("code", "x", *shown)])
        assert ("diamonds" in heading["source"]) is left
        assert heading["source"].startswith("## Were the groups alike?")
        assert "Alike groups" in heading["source"]


def test_a_picture_of_the_next_section_does_not_count():
    cells = [
        cell("markdown", "## One\n\nLook at the dots."), cell("code", "x", f"<p>{NO_FIGURE}</p>"),
        cell("markdown", "## Two\n\nLook at the bars."), cell("code", "x", "png"),
    ]
    found = without_pictures(cells)
    assert "dots" not in found[0]["source"]
    assert "bars" in found[2]["source"]
