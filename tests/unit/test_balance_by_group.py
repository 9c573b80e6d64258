"""Balance within schools: against sums written out, child by child."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.balance import balance_by_group
from wlz_eval.core.errors import DesignError, OptionError


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(21)
    n = 400
    need = rng.normal(size=n)
    return pd.DataFrame(
        {
            "programme": (need + rng.logistic(size=n) > 1.5).astype(int),
            "english": 100 - 10 * need,
            "fsm": (rng.random(n) < 0.4).astype(float),
            "school_id": rng.choice(["s1", "s2", "s3"], n),
        },
        index=pd.Index([f"c{i}" for i in range(n)], name="child_id"),
    )


FORMULA = "programme ~ english + fsm"


def _design(data, **options):
    return match(FORMULA, data.drop(columns="school_id"), **options)


def _by_hand(design, data, school, compared, column):
    """Difference within a school, in SDs of all programme children."""
    treated, w, x = data["programme"] == 1, design.weights, data[column]
    sd = x[treated].std(ddof=0 if column == "fsm" else 1)
    here = data["school_id"] == school
    one = here & treated & (w > 0)
    if compared == "same_group":
        none = here & ~treated & (w > 0)
        gap = np.average(x[one], weights=w[one]) - np.average(x[none], weights=w[none])
        return gap / sd, one.sum(), none.sum()
    means, partners = [], set()
    for child in data.index[one]:
        if len(design.pairs):
            mine = design.pairs.loc[design.pairs["focal"] == child, "partner"]
        else:
            mine = data.index[(design.strata == design.strata[child]) & ~treated & (w > 0)]
        partners |= set(mine)
        means.append(np.average(x[mine], weights=w[mine]) if not len(design.pairs) else x[mine].mean())
    return (x[one].mean() - np.mean(means)) / sd, one.sum(), len(partners)


@pytest.mark.parametrize("compared", ["same_group", "partners"])
@pytest.mark.parametrize(
    "options",
    [{"caliper": 0.2}, {"ratio": 2, "replace": True}, {"method": "subclass", "subclass": 5}],
    ids=["pairs", "two partners", "subclass"],
)
def test_each_school_has_the_difference_of_its_own_children(data, compared, options):
    design = _design(data, **options)
    found = balance_by_group(design, data, compared=compared).table().set_index("group")
    assert found.index.tolist() == ["s1", "s2", "s3"]
    for school, row in found.iterrows():
        gaps = {}
        for column in ("english", "fsm"):
            gap, n1, n0 = _by_hand(design, data, school, compared, column)
            assert (row["n_programme"], row["n_comparison"]) == (n1, n0)
            gaps[column] = abs(gap)
        assert row["worst_smd"] == pytest.approx(max(gaps.values()))
        assert row["mean_smd"] == pytest.approx(np.mean(list(gaps.values())))
        assert row["worst_covariate"] == max(gaps, key=gaps.get)


def test_partners_of_all_schools_together_have_the_balance_of_the_design(data):
    design = _design(data, ratio=2)
    found = balance_by_group(design, data.assign(everybody="all"), "everybody", compared="partners").table()
    assert found.loc[0, "worst_smd"] == pytest.approx(design.balance().worst_after)


def test_comparison_children_as_focal_look_for_partners_on_the_programme(data):
    design = _design(data, estimand="ATC", replace=True)
    row = balance_by_group(design, data.assign(everybody="all"), "everybody", compared="partners").table().loc[0]
    assert row["worst_smd"] == pytest.approx(design.balance().worst_after)
    assert row["n_comparison"] == (data["programme"] == 0).sum()


def test_small_groups_are_counted_and_not_judged(data):
    data = data.assign(school_id=np.where(np.arange(len(data)) < 12, None, data["school_id"]))
    design = _design(data)
    result = balance_by_group(design, data)
    row = result.table().set_index("group").loc["not known"]
    assert row["balanced"] == "too few children"
    assert np.isnan(row["worst_smd"])
    assert np.isnan(row["mean_smd"])
    assert row["worst_covariate"] == ""
    assert 0 < row["n_programme"] + row["n_comparison"] <= 12
    assert "of the 3 groups judged; 1 with too few" in result.verdict
    names = [label.get_text() for label in result.plot().axes[0].get_yticklabels()]
    assert sorted(names) == ["s1", "s2", "s3"]


@pytest.mark.parametrize(
    ("options", "error", "hint"),
    [
        ({"by": "school"}, OptionError, "Did you mean school_id"),
        ({"by": "band_endline"}, DesignError, "after the programme began"),
        ({"compared": "partner"}, OptionError, "Did you mean partners"),
        ({"minimum": 0}, OptionError, "at least 1"),
        ({"limit": 0}, OptionError, "above 0"),
    ],
)
def test_wrong_options_say_what_is_valid(data, options, error, hint):
    with pytest.raises(error, match=hint):
        balance_by_group(_design(data), data.assign(band_endline="a"), **options)


def test_a_child_that_is_not_in_the_data_is_an_error(data):
    with pytest.raises(DesignError, match="exactly one row"):
        balance_by_group(_design(data), data.iloc[1:])


def test_weights_have_no_partners(data):
    from dataclasses import replace

    design = _design(data)
    weighed = replace(design, pairs=design.pairs.iloc[:0], strata=design.strata.astype("Int64") * pd.NA)
    with pytest.raises(OptionError, match="nobody has partners"):
        balance_by_group(weighed, data, compared="partners")
    assert balance_by_group(weighed, data).table()["worst_smd"].notna().all()
