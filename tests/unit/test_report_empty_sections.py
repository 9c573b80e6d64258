"""A section whose code had nothing to show is left out of a page; words alone, answer and limits stay."""

from wlz_eval.report.content import _with_results


def markdown(text):
    return {"cell_type": "markdown", "source": text, "metadata": {}}


def code(shown, *tags):
    return {"cell_type": "code", "source": "x", "metadata": {"tags": list(tags)}, "outputs": [{}] if shown else []}


def test_a_heading_above_nothing_is_left_out():
    # The page of a cohort without a contract kept eleven headings with nothing under them.
    empty = [markdown("## Who pays\n\nEvery claim is shared out."), code(False), code(False)]
    full = [markdown("## Families"), code(False), code(True)]
    words = [markdown("## How to read this\n\nSlowly.")]
    limits = [markdown("## What may not be concluded"), code(False, "limits")]
    first = [code(False), code(True, "answer")]
    assert _with_results([*first, *empty, *full, *words, *limits]) == [*first, *full, *words, *limits]


def test_a_smaller_heading_belongs_to_its_section():
    section = [markdown("## Payments"), code(True), markdown("### By month"), code(False)]
    assert _with_results(section) == section
