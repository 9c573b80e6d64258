"""The studies of dose read back: summary by candidate, what motivation does, and a clear word when one is missing."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from wlz_eval.core.errors import WlzEvalError
from wlz_eval.simulate.committed import study_folder
from wlz_eval.simulate.dose_results import CHOSEN, DoseStudies, load_dose_studies


def made(rows, backwards=()):
    columns = [
        "cell", "within", "candidate", "schools", "slope", "motivation", "worlds", "coverage", "half_width", "found",
        "bias", "robustness", "confounder_dose", "confounder_outcome", "holds",
    ]
    other = ["cell", "question", "schools", "truth", "coverage", "open_ended", "false_positives"]
    return DoseStudies(
        slopes=pd.DataFrame(rows, columns=columns), backwards=pd.DataFrame(list(backwards), columns=other),
        facts={"candidates": {"CR1": "one", CHOSEN: "two"}},
    )


@pytest.fixture
def studies():
    nan = float("nan")
    hidden = (0.25, 0.22, 0.35, 0.107)
    rows = []
    for candidate, coverage, holds in (("CR1", 0.9, False), (CHOSEN, 0.95, True)):
        for slope, found in ((0.0, 0.05), (0.2, 0.8)):
            name = f"8 schools, ICC 0.15, slope {slope:g}"
            rows.append((name, True, candidate, 8, slope, False, 100, coverage, 0.2, found, 0.0, nan, nan, nan, holds))
        rows.append(("8 hidden", False, candidate, 8, 0.0, True, 100, 0.11, 0.1, 0.9, *hidden, False))
        rows.append(("60 hidden", False, candidate, 60, 0.0, True, 100, 0.0, 0.1, 1.0, *hidden, False))
    return made(
        rows,
        [
            ("inverse, 8 schools, weak", "inverse", 8, 25.0, 0.96, 0.6, nan),
            ("inverse, 8 schools, zero", "inverse", 8, float("inf"), 0.97, 0.97, nan),
            ("linearity, 8 schools", "linearity", 8, nan, nan, nan, 0.03),
        ],
    )


def test_the_summary_counts_cells_within_the_bar_only(studies):
    table = studies.table()
    assert table.loc["CR1", ["cells", "failing"]].tolist() == [2, 2]
    assert table.loc[CHOSEN, ["cells", "failing"]].tolist() == [2, 0]
    # Where there is a slope, finding it is not a false positive.
    assert table.loc[CHOSEN, "false_positives_worst"] == 0.05
    assert studies.title == "Slopes on dose: 2 cells of 100 worlds, 2 beyond the bar, and 3 of dose read backwards"
    assert studies.summary()["Cells that fail"].tolist() == ["2 of 2", "0 of 2"]


def test_the_answer_says_what_an_unrecorded_motivation_does(studies):
    assert "1 of 2 ways" in studies.answer
    assert "0.25 SDs too high" in studies.answer
    assert "11% of worlds with 8 schools and in 0% with 60" in studies.answer
    assert "96.0% of worlds or more" in studies.answer
    assert "no upper limit in at least 97.0%" in studies.answer


def test_pages_have_words(studies):
    (width,) = studies.widths().to_dict("records")
    assert list(width.values()) == ["8", "0.20", "95.0%", "5.0%", "80.0%"]
    assert studies.motivation()["Motivation explains of dose"].tolist() == ["35.0%", "35.0%"]
    assert studies.ways()["What it is"].tolist() == ["one", "two"]
    words = studies.backwards_words()
    assert words["True dose"].tolist() == ["25 hours", "none would do", ""]
    assert words["Found though not there"].tolist() == ["", "", "3.0%"]


def test_what_the_page_says_in_words_holds_in_the_committed_studies():
    studies = load_dose_studies()
    table = studies.table()
    held = table[table["failing"] == 0]
    assert held["half_width"].idxmin() == CHOSEN
    assert {"schools ignored", "REML, KR"} <= set(table.index[table["failing"] > 0])
    hidden = studies.slopes[studies.slopes["motivation"] & (studies.slopes["candidate"] == CHOSEN)]
    # As strong as needed for the dose and less for the outcome, where there is no slope; weaker where there is.
    none, some = hidden[hidden["slope"] == 0], hidden[hidden["slope"] > 0]
    assert (none["confounder_dose"] > none["robustness"]).all()
    assert (none["confounder_outcome"] < none["robustness"]).all()
    assert (some[["confounder_dose", "confounder_outcome"]].lt(some["robustness"], axis=0)).all(axis=None)
    figure = studies.plot()
    assert len(figure.axes[0].get_yticklabels()) == 28
    assert len(figure.axes[0].collections) == 5


def test_without_a_study_it_says_what_to_run(tmp_path):
    for name in ("dose.csv", "dose.yaml"):
        shutil.copy(study_folder() / name, tmp_path)
    with pytest.raises(WlzEvalError, match="inverse_dose_study"):
        load_dose_studies(tmp_path)
