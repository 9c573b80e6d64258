"""The study of known answers: its benchmarks are the published ones, and its results belong to this code."""

import pandas as pd
import pytest
import yaml

from wlz_eval.simulate import load_answers
from wlz_eval.simulate.committed import study_folder
from wlz_eval.simulate.known_answers import answers_code


@pytest.fixture(scope="module")
def answers():
    return load_answers()


def test_committed_answers_come_from_this_code():
    facts = yaml.safe_load((study_folder() / "known_answers.yaml").read_text(encoding="utf-8"))
    assert facts["code"] == answers_code(), (
        "data/studies/known_answers.csv was made by other code. Run python -m wlz_eval.simulate.known_answers "
        "(--recheck when no number has moved)."
    )


def test_benchmarks_and_naive_answers_are_the_published_ones(answers):
    table = answers.table()
    assert table.loc["nsw-cps", "benchmark"] == pytest.approx(1794.34, abs=0.01)
    assert table.loc["nsw-cps", "benchmark_se"] == pytest.approx(632.85, abs=0.01)
    assert table.loc["nsw-cps", "naive"] == pytest.approx(-8497.52, abs=0.01)
    assert table.loc["nhefs", "naive"] == pytest.approx(2.54, abs=0.005)
    assert table.loc["nhefs", "benchmark"] == pytest.approx(3.44, abs=0.01)


def test_balance_seen_beforehand_bounds_the_worst_error_and_no_more(answers):
    good, bad = (answers.balance_lesson().iloc[i] for i in (0, -1))
    # Cardinality came last: its means are within 0.05 SDs in both surveys, and its answers are not among the nearest.
    assert good["largest_error"] < 1000 < bad["largest_error"]
    # A design just past the limit came nearer than some within it, so nothing may be said of "only" balanced designs.
    assert bad["smallest_error"] < good["largest_error"]


def test_weights_find_the_published_weight_gain(answers):
    smoking = answers.of("nhefs")
    assert smoking.loc["ipw", "unadjusted"] == pytest.approx(3.4405, abs=0.0005)


def test_partial_matches_are_not_counted_as_answers_for_all(answers):
    assert not {"cem", "exact", "nearest, caliper", "overlap"} & set(answers.fair("nsw-psid").index)
    assert answers.of("nsw-psid").loc[["cem", "overlap"], "holds"].eq(False).all()


def test_what_is_printed_is_what_is_committed(answers):
    rows = pd.read_csv(study_folder() / "known_answers.csv")
    assert set(rows["experiment"]) == set(answers.table().index)
    assert len(answers.page("nsw-cps")) == (rows["experiment"] == "nsw-cps").sum()
    assert "Only" not in answers.answer
