"""Subclasses, coarsened and exact strata on cases small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution.matching.cem import coarsen
from wlz_eval.attribution.matching.exact import exact_strata, level_codes
from wlz_eval.attribution.matching.problem import Strata, codes_of
from wlz_eval.attribution.matching.subclass import subclass_strata
from wlz_eval.attribution.matching.weights import stratum_weights
from wlz_eval.core.errors import DesignError, OptionError

LENT = np.array([0.1, 0.2, 0.4, 0.5, 0.7, 0.75, 0.8])
LENT_TREATED = np.array([1, 0, 1, 1, 1, 0, 0], dtype=bool)


def test_codes_of_number_rows_in_the_order_of_the_codes():
    table = np.array([[3, 0], [1, 9], [1, 2], [3, 0], [-1, 5]])
    assert codes_of(table).tolist() == [3, 2, 1, 3, 0]


@pytest.mark.parametrize(
    ("estimand", "expected"),
    [("ATT", [0, 0, 1, 1, 0, 0, 0, 1]), ("ATC", [0, 1, 1, 1, 0, 0, 1, 1]), ("ATE", [0, 0, 1, 1, 0, 0, 1, 1])],
)
def test_quantiles_are_those_of_the_group_averaged_over(estimand, expected):
    distance = np.array([0.1, 0.3, 0.7, 0.9, 0.05, 0.15, 0.45, 0.75])
    treated = np.array([1, 1, 1, 1, 0, 0, 0, 0], dtype=bool)
    # Medians: programme .5, comparison .3, all .375; a unit on the cut-point belongs to the class above.
    assert subclass_strata(distance, treated, subclasses=2, estimand=estimand).code.tolist() == expected


def test_an_empty_class_takes_the_nearest_unit_of_its_neighbour():
    code = subclass_strata(LENT, LENT_TREATED, subclasses=[0.25, 0.8]).code
    assert code.tolist() == [0, 0, 1, 1, 2, 1, 2]  # 0.75 crosses the border that it is nearest to
    alone = subclass_strata(LENT, LENT_TREATED, subclasses=[0.25, 0.8], min_n=0).code
    assert alone.tolist() == [0, 0, 1, 1, 2, 2, 2]
    assert stratum_weights(Strata(alone), LENT_TREATED, "ATT")[[2, 3]].tolist() == [0.0, 0.0]


def test_every_class_holds_as_many_of_each_group_as_asked_for():
    rng = np.random.default_rng(4)
    treated = rng.random(90) < 0.4
    distance = np.where(treated, rng.beta(6, 2, 90), rng.beta(2, 6, 90))
    code = subclass_strata(distance, treated, subclasses=8, min_n=3).code
    for group in (treated, ~treated):
        assert np.bincount(code[group], minlength=8).min() >= 3
        # Units were moved, but never past one another: classes still rise with the distance.
        assert (np.diff(code[group][np.argsort(distance[group])]) >= 0).all()


def test_equal_cut_points_give_fewer_classes():
    distance = np.array([0.2, 0.2, 0.2, 0.2, 0.9, 0.2, 0.9, 0.2])
    treated = np.array([1, 1, 1, 1, 1, 0, 0, 0], dtype=bool)
    code = subclass_strata(distance, treated, subclasses=4).code
    assert sorted(set(code.tolist())) == list(range(code.max() + 1))
    assert code.max() < 3


def test_blocks_are_cut_by_themselves_and_left_out_without_a_group():
    distance = np.tile(LENT, 2)
    treated = np.r_[LENT_TREATED, np.ones(7, dtype=bool)]
    code = subclass_strata(distance, treated, subclasses=2, block=np.repeat([0, 1], 7)).code
    assert code[:7].tolist() == subclass_strata(LENT, LENT_TREATED, subclasses=2).code.tolist()
    assert (code[7:] == -1).all()


def test_a_small_block_gets_fewer_classes():
    distance = np.r_[LENT, 0.3, 0.4]
    treated = np.r_[LENT_TREATED, True, False]
    code = subclass_strata(distance, treated, subclasses=3, block=np.repeat([0, 1], [7, 2])).code
    assert code[7] == code[8] == code[:7].max() + 1


def test_discarded_units_are_in_no_stratum_and_move_no_cut_point():
    inside = np.ones(8, dtype=bool)
    inside[7] = False
    with_outlier = subclass_strata(np.r_[LENT, 99.0], np.r_[LENT_TREATED, True], subclasses=2, inside=inside).code
    assert with_outlier.tolist() == [*subclass_strata(LENT, LENT_TREATED, subclasses=2).code.tolist(), -1]


@pytest.mark.parametrize(
    "options", [{"subclasses": 1}, {"subclasses": 2.5}, {"subclasses": [0.5, 1.2]}, {"min_n": -1}, {"estimand": "ATX"}]
)
def test_subclass_options_out_of_range_are_refused(options):
    with pytest.raises(OptionError):
        subclass_strata(LENT, LENT_TREATED, **options)


def test_too_many_classes_for_a_group_are_refused():
    with pytest.raises(DesignError, match="too few"):
        subclass_strata(LENT, LENT_TREATED, subclasses=4)


def test_numbers_of_bins_are_those_of_the_rules():
    data = pd.DataFrame({"x": np.arange(100.0)})
    for rule, bins in (("sturges", 8), ("scott", 5), ("fd", 5), (6, 6)):
        assert coarsen(data, ["x"], rule)["x"].nunique() == bins, rule
    # 99/8 wide: 12.375 is the first boundary, so 12 is in the first bin and 13 in the second.
    assert coarsen(data, ["x"], 8)["x"].iloc[[12, 13]].tolist() == [1, 2]
    assert coarsen(data, ["x"], "q4")["x"].value_counts().tolist() == [25, 25, 25, 25]
    assert coarsen(data, ["x"], 0)["x"].nunique() == 100


def test_freedman_diaconis_widens_where_the_middle_half_is_one_value():
    x = np.r_[np.zeros(80), np.arange(1.0, 21.0)]
    # Quartiles are both 0; at 1/8 and 7/8 the gap is that of 0 and the 7/8 quantile, over three quarters.
    width = np.quantile(x, 7 / 8) / (1 - 2 / 8)
    bins = int(np.ceil(20 / width * 100 ** (1 / 3)))
    codes = coarsen(pd.DataFrame({"x": x}), ["x"], "fd")["x"]
    assert codes.max() == bins


def test_given_cut_points_put_a_boundary_value_into_the_bin_above():
    data = pd.DataFrame({"x": [0.0, 4.9, 5.0, 9.0, 10.0], "y": [1.0, 2.0, 3.0, 4.0, 5.0]})
    codes = coarsen(data, ["x", "y"], {"x": [5, 10], "y": 1})
    assert list(codes.columns) == ["x"]
    assert codes["x"].tolist() == [1, 1, 2, 2, 3]


def test_not_known_is_a_bin_and_a_level_of_its_own():
    data = pd.DataFrame({"x": [1.0, np.nan, 9.0, np.nan], "sen": ["a", None, "b", None]})
    assert coarsen(data, ["x", "sen"], 2).to_numpy().tolist() == [[1, 1], [0, 0], [2, 2], [0, 0]]
    assert level_codes(pd.Series([True, None, False], dtype="boolean")).tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cutpoints": "sturgess"}, "Did you mean sturges"),
        ({"cutpoints": {"z": 3}}, "cutpoints names 'z'"),
        ({"cutpoints": {"sen": 3}}, "not a number"),
        ({"cutpoints": {"x": []}}, "finite"),
        ({"cutpoints": -2}, "-2"),
        ({"grouping": {"sen": [["a", "c"]]}}, "'c', which does not occur"),
    ],
)
def test_coarsening_options_are_checked(options, message):
    data = pd.DataFrame({"x": [1.0, 2.0], "sen": ["a", "b"]})
    with pytest.raises(OptionError, match=message):
        coarsen(data, ["x", "sen"], **options)


def test_strata_need_both_groups_and_stay_within_blocks():
    data = pd.DataFrame({"sen": ["a", "a", "b", "b", "a", "a"]})
    treated = np.array([1, 0, 1, 1, 1, 0], dtype=bool)
    assert exact_strata(data, ["sen"], treated).code.tolist() == [0, 0, -1, -1, 0, 0]
    split = exact_strata(data, ["sen"], treated, block=np.array([0, 0, 0, 0, 1, 1]))
    assert split.code.tolist() == [0, 0, -1, -1, 1, 1]
    fewer = exact_strata(data, ["sen"], treated, inside=np.array([1, 0, 1, 1, 1, 1], dtype=bool))
    assert fewer.code.tolist() == [0, -1, -1, -1, 0, 0]


def test_nobody_in_common_is_an_error():
    data = pd.DataFrame({"sen": ["a", "b"]})
    with pytest.raises(DesignError, match="No programme child agrees"):
        exact_strata(data, ["sen"], np.array([True, False]))
    with pytest.raises(OptionError, match="at least one"):
        exact_strata(data, [], np.array([True, False]))
