"""Standardised differences of shares: an attacker solved them for counts that were hidden a few lines below."""

import math

import pandas as pd
import pytest

from wlz_eval.attribution import attribute
from wlz_eval.attribution.pages import balance_rows
from wlz_eval.attribution.pages.rare import fewest_behind
from wlz_eval.measures import analysis_frame
from wlz_eval.plan import load_cohort_and_plan


@pytest.fixture(scope="module")
def result():
    cohort, plan = load_cohort_and_plan("simulated-typical")
    frame = analysis_frame(cohort)
    return attribute(cohort, frame, plan.matching, [plan.primary], plan.selection, plan.seed)


def test_the_smallest_group_behind_each_row_is_counted(result):
    rows = balance_rows(result)
    data, programme = result.design.covariates.balance, result.design.treatment.to_numpy(dtype=bool)
    for name, kind, fewest in zip(data.columns, rows["kind"], rows["smd_before_fewest"], strict=True):
        if kind == "continuous":
            assert math.isinf(fewest)
        elif kind in ("binary", "missing"):
            own = [data.loc[group, name].sum() for group in (programme, ~programme)]
            sizes = [group.sum() for group in (programme, ~programme)]
            assert fewest == min(min(n, of - n) for n, of in zip(own, sizes, strict=True))
    lacking = rows[rows["kind"] == "missing"]
    assert len(lacking)
    assert (lacking["smd_before_fewest"] < 10).all()


def test_levels_add_up_so_each_tells_of_the_smallest(result):
    rows = balance_rows(result)
    special = rows[rows["covariate"].str.startswith("Special educational needs")]
    assert len(special) == 3
    levels = result.design.covariates.balance.filter(like="sen: ").groupby(result.design.treatment.to_numpy()).sum()
    assert set(special["smd_before_fewest"]) == {levels.min().min()}


def test_after_matching_never_tells_of_fewer_than_counted(result):
    found = fewest_behind(result.design, balance_rows(result).reset_index(drop=True))
    assert (found["after"] <= found["before"]).all()
    assert isinstance(found, pd.DataFrame)
