"""The calibration study read back: summary by candidate, figure, and a clear word when it is not there."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from wlz_eval.core.errors import WlzEvalError
from wlz_eval.simulate.calibration_results import draw_study, load_study


@pytest.fixture
def folder(tmp_path):
    rows = [
        ("a", True, "CR2, IK", 100, 0.96, 0.8, 0.04, True),
        ("a", True, "exchangeable, CR2", 100, 0.95, 0.4, 0.05, True),
        ("b", True, "CR2, IK", 100, 0.85, 0.5, 0.2, False),
        ("b", True, "exchangeable, CR2", 100, 0.94, 0.5, 0.06, True),
        ("c", False, "CR2, IK", 100, 0.5, 0.5, 0.5, False),
        ("c", False, "exchangeable, CR2", 100, 0.6, 0.5, 0.4, False),
    ]
    columns = ["cell", "within", "candidate", "worlds", "coverage", "half_width", "false_positives", "holds"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "calibration.csv", index=False)
    facts = {"candidates": {"CR2, IK": "one", "exchangeable, CR2": "two"}}
    (tmp_path / "calibration.yaml").write_text(yaml.safe_dump(facts, sort_keys=False))
    return tmp_path


def test_the_summary_counts_cells_within_the_bar_only(folder):
    study = load_study(folder)
    table = study.table()
    assert study.title == "Calibration of intervals: 2 cells of 100 worlds, and 1 beyond the bar"
    assert table.loc["CR2, IK", ["cells", "failing", "worst_cell"]].tolist() == [2, 1, "b"]
    assert table.loc["exchangeable, CR2", "failing"] == 0
    assert table.loc["exchangeable, CR2", "relative_width"] == pytest.approx(0.75)
    assert table.loc["CR2, IK", "false_positives_worst"] == 0.2


def test_the_figure_shows_every_cell(folder):
    figure = draw_study(load_study(folder).cells)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b", "c"]
    assert len(figure.axes[0].get_legend_handles_labels()[1]) == 5
    drawn = figure.axes[0].collections[3].get_offsets()
    assert drawn[:, 0].tolist() == [96.0, 85.0, 50.0]


def test_without_a_study_it_says_what_to_run(tmp_path):
    with pytest.raises(WlzEvalError, match="calibration_study"):
        load_study(tmp_path)
