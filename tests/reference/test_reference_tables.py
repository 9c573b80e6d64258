"""Facts of the field, as the tables hold them."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from wlz_eval.core.errors import OptionError
from wlz_eval.core.files import reference_dir
from wlz_eval.reference.attainment import months_of_progress, national_figures
from wlz_eval.reference.breaks import breaks_between, broken_years
from wlz_eval.reference.measures import measures
from wlz_eval.reference.sdq import sdq_bands
from wlz_eval.reference.simulation import simulation_parameters
from wlz_eval.value import discount_factors


def test_discount_factors_of_the_green_book():
    assert discount_factors([30, 31, 75, 76]).round(6).tolist() == [0.356278, 0.345901, 0.094214, 0.091916]
    assert discount_factors(np.arange(1, 101)).sum() == pytest.approx(28.863363, abs=5e-7)


@pytest.mark.parametrize(
    ("measure", "informant", "cuts"),
    [
        ("sdq_total", "parent", (14, 17)), ("sdq_total", "teacher", (12, 16)), ("sdq_total", "self", (16, 20)),
        ("sdq_emotional", "teacher", (5, 6)), ("sdq_conduct", "self", (4, 5)), ("sdq_peer", "teacher", (4, 5)),
        ("sdq_hyperactivity", "parent", (6, 7)), ("sdq_prosocial", "teacher", (5, 4)),
    ],
)
def test_three_bands(measure, informant, cuts):
    bands = sdq_bands(measure, informant)
    before = cuts[0] + (1 if measure == "sdq_prosocial" else -1)
    assert [bands.band(s) for s in (before, *cuts)] == ["normal", "borderline", "abnormal"]
    assert bands.confirmed


def test_four_bands_that_were_not_confirmed_say_so():
    assert sdq_bands("sdq_total", "teacher", "four_band").confirmed
    assert not sdq_bands("sdq_total", "parent", "four_band").confirmed
    assert [sdq_bands("sdq_total", "teacher", "four_band").band(s) for s in (11, 12, 16, 19)] == [
        "close_to_average", "raised", "high", "very_high",
    ]


def test_every_scale_informant_and_system_has_bands_that_get_worse():
    table = pd.read_csv(reference_dir() / "sdq_bands.csv")
    sizes = table.groupby(["system", "informant", "measure"]).size()
    assert len(sizes) == 2 * 3 * 6
    for _, rows in table.groupby(["system", "informant", "measure"], sort=False):
        steps = np.diff(rows["cut"])
        assert (steps > 0).all() if rows["side"].iloc[0] == "at_least" else (steps < 0).all()


def test_unknown_bands_are_named():
    with pytest.raises(OptionError, match="teacher"):
        sdq_bands("sdq_total", "teecher")


@pytest.mark.parametrize(
    ("effect", "months"),
    [(0.01, 0), (0.02, 1), (0.09, 1), (0.10, 2), (0.18, 2), (0.19, 3), (0.26, 3), (0.35, 4), (0.44, 5), (0.52, 6),
     (0.61, 7), (0.69, 8), (0.78, 9), (0.87, 10), (0.95, 11), (0.96, 12), (2.0, 12), (-0.10, -2), (0.0, 0)],
)
def test_months_of_progress(effect, months):
    assert months_of_progress(effect) == months


def test_breaks_are_found_from_either_side():
    assert [b.name for b in breaks_between("gcse", date(2023, 6, 1), date(2021, 6, 1))] == ["gcse_grading"]
    assert breaks_between("gcse", date(2023, 6, 1), date(2024, 6, 1)) == []
    assert {b.kind for b in broken_years()} == {"no_data", "break"}


def test_national_figures_and_the_pilots_cut_point():
    assert national_figures()["grade4_english_maths", "2018/19"].value == 64.6
    assert measures()["english"].risk == round(100 + 15 * stats.norm.ppf(0.2), 2)
    assert simulation_parameters()["attrition"].value == pytest.approx(10 / 128, abs=0.005)


SOURCED = ["sdq_bands", "sdq_items", "eef_months", "broken_years", "national_figures", "simulation"]
SOURCED += ["attainment_cuts", "gcse_letters", "ordered_scales", "persistent_absence", "teacher_levels"]


@pytest.mark.parametrize("file", SOURCED)
def test_every_row_has_a_source_and_says_whether_it_is_confirmed(file):
    table = pd.read_csv(reference_dir() / f"{file}.csv")
    assert table["source"].notna().all()
    assert table["confirmed"].notna().all()
