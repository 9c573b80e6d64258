"""The real cohort: rebuilt to the byte from its source, with the numbers that it must hold."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from wlz_eval.cohort import Cohort, check_cohort, find_cohort, load_cohort

FOLDER = find_cohort("star-1986")


@pytest.fixture(scope="module")
def star() -> Cohort:
    return load_cohort("star-1986")


def test_the_build_gives_the_committed_bytes(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("star_build", FOLDER / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build(tmp_path / "star-1986")
    made = {path.name: path.read_bytes() for path in (tmp_path / "star-1986").iterdir()}
    assert {"children.csv", "measures.parquet", "exposures.csv", "costs.csv", "flow.csv", "cohort.yaml"} == set(made)
    for name, content in made.items():
        assert content == (FOLDER / name).read_bytes(), name


def test_counts_are_those_of_the_design(star: Cohort) -> None:
    children = star.children
    programme = children["group"] == "programme"
    assert programme.sum() == 228
    assert children.loc[programme, "school_id"].nunique() == 51
    assert (~programme).sum() == 2670
    entered = star["exposures"]["child_id"].drop_duplicates().isin(children.loc[~programme, "child_id"])
    assert entered.sum() == 195
    assert star.flow["count"].tolist() == [11598, 6325, 4425, 4048, 2898]


def test_same_school_means_a_school_with_programme_pupils(star: Cohort) -> None:
    children = star.children
    programme_schools = set(children.loc[children["group"] == "programme", "school_id"])
    comparison = children[children["group"] == "comparison"]
    shared = comparison["school_id"].isin(programme_schools)
    assert (comparison["comparison_type"] == "same_school").eq(shared).all()
    assert shared.sum() == 1646


def test_every_pupil_has_both_baselines_and_later_scores_thin_out(star: Cohort) -> None:
    taken = star.measures.groupby(["measure", "wave"], observed=True)["child_id"].nunique()
    for measure in ("sat_reading", "sat_maths"):
        assert taken[measure, "baseline"] == 2898
        assert taken[measure, "baseline"] > taken[measure, "midpoint"] > taken[measure, "endline"]
        assert taken[measure, "endline"] > taken[measure, "followup"]


def test_years_in_a_small_class(star: Cohort) -> None:
    years = star["exposures"].groupby("child_id")["amount"].sum()
    programme = star.children.loc[star.children["group"] == "programme", "child_id"]
    assert years.reindex(programme).between(1, 3).all()
    assert (years.reindex(programme) == 3).sum() == 147


def test_the_cost_is_the_published_one_for_each_pupil(star: Cohort) -> None:
    costs = star["costs"]
    assert costs["amount"].sum() / 228 == 7400
    assert costs["price_year"].unique().tolist() == [1998]
    assert star.currency == "USD"


def test_it_checks_without_a_warning_and_stays_small() -> None:
    report = check_cohort("star-1986")
    assert report.ok
    assert not report.warnings
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 1_300_000
    assert (FOLDER / "LICENCE.md").is_file()
