"""The study of known answers: its benchmarks are the published ones, and its results belong to this code."""

import pandas as pd
import pytest
import yaml

from wlz_eval.simulate import load_answers
from wlz_eval.simulate.calibration_study import study_folder
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


def test_balance_seen_beforehand_tells_who_comes_close(answers):
    lesson = answers.balance_lesson()
    assert lesson.iloc[0]["largest_error"] < 500 < lesson.iloc[-1]["largest_error"]


def test_what_is_printed_is_what_is_committed(answers):
    rows = pd.read_csv(study_folder() / "known_answers.csv")
    assert set(rows["experiment"]) == set(answers.table().index)
    assert len(answers.page("nsw-cps")) == (rows["experiment"] == "nsw-cps").sum()
    assert "Only where the groups became alike" in answers.answer
