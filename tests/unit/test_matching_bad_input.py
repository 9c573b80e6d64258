"""Bad input to every method: a clear error that names the thing, or a consequence that the design states."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from wlz_eval.attribution import METHODS, NobodyMatchedError
from wlz_eval.attribution.capabilities import OPTIONS
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.make import make_design
from wlz_eval.core.errors import DesignError, OptionError, WlzEvalError

FORMULA = "programme ~ x + z + C(sen)"
PAIRS = ("nearest", "optimal", "full")
SCORES = tuple(m for m in METHODS if "link" in METHODS[m].options)


def _with(option: str) -> list[str]:
    return [m for m in METHODS if option in METHODS[m].options]


def _children(n: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x, z = rng.integers(0, 5, n).astype(float), rng.normal(size=n).round(2)
    programme = (rng.random(n) < 1 / (1 + np.exp(0.8 - 0.3 * (x - 2) - 0.4 * z))).astype(int)
    columns = {"programme": programme, "x": x, "z": z, "sen": rng.choice(["no", "yes"], n)}
    return pd.DataFrame({**columns, "school": rng.choice(list("abc"), n)}, index=[f"c{i}" for i in range(n)])


DATA = _children()
ONE = DATA["programme"] == 1


def _make(method: str, data=DATA, formula: str = FORMULA, **options) -> Design:
    """A design, in which no warning of another library is let through."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        design = make_design(formula, data, method=method, **options)
        design.balance()
        assert method in str(design)
    for group in (design.treatment, ~design.treatment):
        used = design.weights[group & (design.weights > 0)]
        assert len(used)
        np.testing.assert_allclose(used.sum(), len(used))
    return design


def _said(design: Design, words: str) -> bool:
    return any(words in note for note in design.notes) and words in design.account()


# Covariates.


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["number", "category", "shifted", "together"])
def test_covariates_that_tell_the_groups_apart(method, kind):
    data, formula = DATA.copy(), f"{FORMULA} + p"
    if kind == "together":
        data["a"], data["b"], formula = data["z"], data["programme"] - data["z"], "programme ~ a + b"
    else:
        letter = ONE.map({True: "t", False: "u"})
        data["p"] = {"number": ONE * 1.0, "category": letter, "shifted": data["z"] + 20 * ONE}[kind]
    with pytest.raises(DesignError, match=r"apart perfectly|agrees with|No sample|cannot balance"):
        _make(method, data, formula)


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_covariate_is_dropped_aloud_and_alone_refused(method):
    data = DATA.assign(k=3.0, word="same")
    assert _said(_make(method, data, f"{FORMULA} + k + word"), "k is the same for every child")
    for formula in ("programme ~ k", "programme ~ C(word)"):
        with pytest.raises(DesignError, match="varies"):
            _make(method, data, formula)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("values", "hint"),
    [
        (np.arange(80) % 3, "other values"),
        (ONE.map({True: "yes", False: "no"}), "other values"),
        (ONE.astype(int).astype(str), "other values"),
        (pd.Series([1, "a"] * 40, index=DATA.index, dtype=object), "other values"),
        # A list in a cell ended in pandas' own TypeError.
        (pd.Series([[1]] * 80, index=DATA.index, dtype=object), "other values"),
        (DATA["programme"].where(DATA["x"] > 0), "missing for"),
        (DATA["programme"].astype("Int64").where(DATA["x"] > 0), "missing for"),
        (1, "no comparison child"),
        (0, "no programme child"),
    ],
)
def test_a_programme_column_that_is_not_two_valued(method, values, hint):
    with pytest.raises(DesignError, match=hint):
        _make(method, DATA.assign(programme=values))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("column", "hint"),
    [
        (DATA["x"].where(DATA.index != "c3", np.inf), "'x' holds infinite"),
        (DATA["x"].where(DATA.index != "c3", -np.inf).astype("Float64"), "'x' holds infinite"),
        # Kept as objects, infinity was a category of its own.
        (DATA["x"].where(DATA.index != "c3", np.inf).astype(object), "'x' holds infinite"),
        (np.nan, "missing for every child"),
        # Squares overflowed; so small, the column was dropped as if it repeated another.
        (DATA["x"] * 1e300, "too large or too small"),
        (DATA["x"] * 1e-300, "too large or too small"),
        # The imaginary part was cut off; the lists ended in pandas' own ValueError; durations were categories.
        (DATA["x"] + 1j, "complex"),
        (pd.Series([[1]] * 80, index=DATA.index), "lists"),
        (pd.to_timedelta(DATA["x"], unit="D"), "is a date or a time"),
    ],
)
def test_columns_that_are_no_covariate(method, column, hint):
    with pytest.raises(DesignError, match=hint):
        _make(method, DATA.assign(x=column))


@pytest.mark.parametrize("method", METHODS)
def test_numbers_kept_as_objects_or_far_from_zero_are_the_same_covariate(method):
    plain = _make(method)
    # As objects they became a category; so far from zero, "columns before them already say the same".
    for x in (DATA["x"].astype(object), DATA["x"] + 2.0**36):
        again = _make(method, DATA.assign(x=x))
        assert not any("already say" in note for note in again.notes)
        np.testing.assert_allclose(again.weights, plain.weights, atol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_missing_covariates_are_counted_dropped_or_refused(method):
    data = DATA.assign(x=DATA["x"].where(~DATA.index.isin(["c3", "c4"])))
    assert _said(_make(method, data), "x is missing for")
    # The note said only that the mean was filled in, while these methods had compared them with one another alone.
    assert _said(_make(method, data), "value of its own") == (method in ("cem", "exact"))
    assert _said(_make(method, data, missing="drop"), "2 children were left out")
    with pytest.raises(DesignError, match=r"x \(2\)"):
        _make(method, data, missing="raise")
    # Nobody left used to read "'programme' is 0 for every row".
    with pytest.raises(DesignError, match="Every programme child lacks a covariate"):
        _make(method, DATA.assign(x=DATA["x"].where(~ONE)), missing="drop")


# Labels, tables, columns.


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (pd.concat([DATA, DATA.iloc[:1]]), "'c0' has several rows"),
        (DATA.set_axis([*DATA.index[:-1], np.nan]), "no unit label"),
        # Each of these ended in an exception of pandas, or (1 and "1") let the order of rows settle ties.
        (DATA.set_axis([*DATA.index[:-2], 1, "1"]), "read the same"),
        (DATA.set_axis(pd.MultiIndex.from_arrays([DATA["school"], DATA.index])), "several levels"),
        (pd.concat([DATA, DATA[["x"]]], axis=1), "Column 'x' stands in the data twice"),
        ({"programme": [1, 0]}, "DataFrame, not dict"),
        (DATA.iloc[:0], "no programme child"),
    ],
)
def test_tables_that_cannot_be_used(method, data, hint):
    with pytest.raises(DesignError, match=hint):
        _make(method, data)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"formula": "programme ~ zz"}, "'zz'.*Did you mean z"),
        ({"formula": "programm ~ z"}, "Did you mean programme"),
        ({"formula": 3}, "must be text"),
        ({"rato": 2}, "Did you mean ratio"),
        ({"exact": "shool"}, "Did you mean school"),
        ({"exact": 3}, "names of columns"),
        ({"missing": "dropp"}, "Did you mean drop"),
        ({"estimand": "AT"}, "Did you mean AT"),
        # Ended in numpy's error, only where it was used; None drew anew each time.
        ({"seed": -1}, "seed must be"),
        ({"seed": None}, "seed must be"),
    ],
)
def test_misspelt_names_and_values_are_named(method, change, hint):
    with pytest.raises(OptionError, match=hint):
        _make(method, **change)


OTHERS = {
    "caliper": 0.2, "std_caliper": False, "ratio": 2, "replace": True, "order": "data", "antiexact": "school",
    "prefer": "school", "mahvars": "z", "discard": "both", "reestimate": True, "reuse_max": 2, "min_controls": 1,
    "max_controls": 3, "subclass": 4, "min_n": 2, "cutpoints": "fd", "grouping": {"sen": [["no", "yes"]]}, "k2k": True,
    "trim": 0.9, "moments": 2, "base_weights": "x", "omit_fraction": 0.1, "tolerances": 0.1, "target": "focal",
    "fine": "sen", "gap": 0.1, "node_limit": 5, "time_limit": 3.0, "distance": "mahalanobis",
    "link": "probit", "cross_fit": 3,
}  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_an_option_of_another_method_is_refused_with_those_that_have_it(method):
    assert set(OTHERS) | {"method", "estimand", "exact", "missing", "seed"} == set(OPTIONS)
    for option in set(OTHERS) - METHODS[method].options:
        with pytest.raises(OptionError, match=rf"has no {option}.*{_with(option)[0]}"):
            _make(method, **{option: OTHERS[option]})


# Values of options: a value that is not understood is never read as another.
BAD = [
    *(("caliper", v) for v in (-0.1, np.nan, "0.2", True, [0.2], {"z": -1}, {"zz": 1}, {"sen": 1}, {"z": None})),
    # "no" was true, 2 was true, and None false.
    *(("std_caliper", v) for v in ("no", 2, None)),
    *(("replace", v) for v in ("no", 2)),
    *(("k2k", v) for v in ("no", 1)),
    *(("ratio", v) for v in (0, 1.5, "2", True)),
    *(("reuse_max", v) for v in (0, 1.5, "2", True)),
    *(("antiexact", v) for v in ("shool", 3)),
    *(("prefer", v) for v in ("shool", 3)),
    *(("mahvars", v) for v in ("zzz", "a b", 3)),
    # Numbers, classes and arrays ended in errors of scikit-learn and numpy.
    *(("distance", v) for v in ("nosuch", 3, LogisticRegression, np.arange(80.0), ["x"])),
    *(("link", v) for v in ("logitt", 3)),
    *(("cross_fit", v) for v in (1, 1.5, "2", 3)),
    *(("discard", v) for v in ("all", 3)),
    ("reestimate", True),
    *(("order", v) for v in ("bigest", 3)),
    *(("max_controls", v) for v in ("3", np.nan, -1)),
    *(("omit_fraction", v) for v in (-0.1, 1, "a", np.nan)),
    *(("subclass", v) for v in (1, "4", None, (2,), ("a",), [], True, np.nan)),
    *(("min_n", v) for v in (-1, 1.5, "a", None)),
    *(("cutpoints", v) for v in ("sturgess", -1, 1.5, None, True, {"xx": 3}, {"sen": 3}, {"z": ["a"]}, {"z": []})),
    *(("grouping", v) for v in ("a", 3, {"sen": None}, {"sen": ["no"]}, {"sen": [["maybe"]]}, {"sem": [["no"]]})),
    # The last group won without a word.
    ("grouping", {"sen": [["no"], ["no", "yes"]]}),
    *(("trim", v) for v in (0, 0.5, 1, "a", np.nan, True)),
    *(("moments", v) for v in (0, 1.5, "2", None)),
    *(("base_weights", v) for v in ("ww", "z", "sen", 3)),
    *(("tolerances", v) for v in (-1, "a", np.nan, np.inf, True, None, [0.1], {"zz": 0.1}, {"z": "a"})),
    *(("target", v) for v in ("foc", "all", 3)),
    *(("fine", v) for v in ("shool", 3)),
    *(("gap", v) for v in (-1, 1, "a", np.nan)),
    *(("node_limit", v) for v in (0, 1.5, "a")),
    *(("time_limit", v) for v in (-1, "a", np.nan)),
]


@pytest.mark.parametrize(("option", "value"), BAD, ids=lambda v: str(v)[:25])
def test_values_that_are_not_valid(option, value):
    for method in _with(option):
        with pytest.raises(WlzEvalError, match=option):
            _make(method, **{option: value})


@pytest.mark.parametrize("method", PAIRS)
def test_columns_of_calipers_that_hold_no_usable_numbers(method):
    for value, hint in ((np.nan, "no value"), (np.inf, "infinite")):
        data = DATA.assign(q=DATA["z"].where(DATA.index != "c3", value))
        with pytest.raises(DesignError, match=rf"'q'.*{hint}"):
            _make(method, data, caliper={"q": 1})
    # Its gaps were filled with the mean and nothing said so.
    data = DATA.assign(q=DATA["z"].where(DATA.index != "c3"))
    assert _said(_make(method, data, mahvars="q"), "q is missing for")
    with pytest.raises(DesignError, match=r"mahvars q.*varies"):
        _make(method, DATA.assign(q=1.0), mahvars="q")


@pytest.mark.parametrize("value", [(3, 2), (0, 3), (1.5, 3), (1, 2.5), (np.nan, 3), (1, np.inf), (1, None)])
@pytest.mark.parametrize("method", ["nearest", "optimal"])
def test_numbers_of_partners_that_make_no_sense(method, value):
    # Optimal matching cut 1.5 to 1 and 2.5 to 2.
    with pytest.raises(OptionError, match="controls"):
        _make(method, ratio=2, min_controls=value[0], max_controls=value[1])


def test_options_of_a_model_that_the_distance_is_not():
    # Each was accepted and ignored.
    vector = DATA["z"].rename("v")
    for options, hint in (
        ({"cross_fit": 3}, "cross_fit"),
        ({"link": "probit", "distance": "mahalanobis"}, "link 'probit'"),
        ({"link": "probit", "distance": vector}, "link 'probit'"),
        ({"link": "probit", "distance": LogisticRegression()}, "link 'probit'"),
    ):
        with pytest.raises(OptionError, match=hint):
            _make("nearest", **options)


# Distances that are given.
MATRIX = pd.DataFrame(
    np.abs(np.subtract.outer(DATA["z"][ONE].to_numpy(), DATA["z"][~ONE].to_numpy())),
    index=DATA.index[ONE],
    columns=DATA.index[~ONE],
)


@pytest.mark.parametrize("method", SCORES)
@pytest.mark.parametrize(
    ("distance", "hint"),
    [
        (pd.Series(np.arange(80.0)), "no value for 80"),
        (DATA["z"].where(DATA.index != "c3"), "no value for 1 .*c3"),
        (DATA["z"].where(DATA.index != "c3", np.inf), "infinite"),
        (DATA["sen"], "must be numbers"),
        (pd.Series(np.arange(81.0), index=[*DATA.index, "c3"]), "several numbers for 'c3'"),
    ],
)
def test_a_vector_that_cannot_be_used(method, distance, hint):
    with pytest.raises(DesignError, match=hint):
        _make(method, distance=distance)


@pytest.mark.parametrize("method", SCORES)
@pytest.mark.parametrize(
    ("matrix", "hint"),
    [
        (MATRIX.T, "lacks 80"),
        (-1 - MATRIX, "negative"),
        (MATRIX.where(MATRIX > 0.01), "missing"),
        (MATRIX.astype(object).map(lambda v: "far"), "must hold numbers"),
        # The rows after the one that came twice were given the distances of others.
        (pd.concat([MATRIX, MATRIX.iloc[:1]]), "twice"),
    ],
)
def test_a_matrix_that_cannot_be_used(method, matrix, hint):
    if method in PAIRS:
        with pytest.raises(DesignError, match=hint):
            _make(method, distance=matrix)
    else:
        with pytest.raises(WlzEvalError, match=r"one number a child|propensity score|matrix"):
            _make(method, distance=matrix)


@pytest.mark.parametrize("method", PAIRS)
def test_a_matrix_that_forbids_pairs(method):
    matrix = MATRIX.copy()
    matrix.iloc[0] = np.inf
    # A child with nobody allowed ended the search of nearest matching in an error of zip().
    assert _make(method, distance=matrix).count("Left out", "programme") == 1
    with pytest.raises(NobodyMatchedError):
        _make(method, distance=matrix + np.inf)


# Nobody alike.


@pytest.mark.parametrize("method", SCORES)
def test_no_common_support_is_refused_or_stated(method):
    apart = pd.Series(np.where(ONE, 0.8, 0.2) + 0.01 * DATA["x"], index=DATA.index)
    if METHODS[method].kind == "weights":
        _make(method, distance=apart)
        with pytest.raises(DesignError, match="nobody in common"):
            _make(method, distance=ONE * 1.0)
        return
    # Nothing was said, and everybody was matched with somebody wholly unlike.
    assert _said(_make(method, distance=apart), "no common support")
    with pytest.raises(NobodyMatchedError, match="no common support"):
        _make(method, distance=apart, discard="both")
    assert _said(_make(method, distance=pd.Series(0.3, index=DATA.index)), "same for every child")


@pytest.mark.parametrize("method", PAIRS)
def test_a_caliper_that_nobody_meets(method):
    data = DATA.assign(z=DATA["z"] + np.arange(80) * 1e-4)
    with pytest.raises(NobodyMatchedError, match=r"caliper of .* on z.*Widen"):
        _make(method, data, caliper={"z": 1e-9})


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("school", [ONE.map({True: "a", False: "b"}), DATA.index])
def test_an_exact_block_with_no_comparison(method, school):
    with pytest.raises(NobodyMatchedError, match=r"agree|block"):
        _make(method, DATA.assign(school=school), exact="school")


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"exact"}))
def test_blocks_that_hold_one_group_are_left_out(method):
    data = DATA.assign(school=DATA["school"].where(~(ONE & (DATA["x"] > 2)), "alone"))
    design = _make(method, data, "programme ~ z", exact="school")
    assert (design.weights[data["school"] == "alone"] == 0).all()
    assert design.count("Left out", "programme") > 0
    assert "alone" not in set(data.loc[design.pairs["focal"], "school"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("few", [ONE, ~ONE])
def test_one_child_in_a_group(method, few):
    data = DATA.drop(DATA.index[few][1:])
    if method in ("subclass", "exact", "cardinality", "entropy"):
        with pytest.raises(DesignError, match=r"too few|agrees with|No sample|cannot balance"):
            _make(method, data)
        return
    design = _make(method, data)
    # Fitted probabilities of 0 and 1 used to pass in silence.
    assert method == "cem" or _said(design, "likelihood of being on the programme is 0 or 1")


# Consequences that are stated.


def test_fewer_partners_classes_or_bins_than_asked_for_are_stated():
    for method in ("nearest", "optimal"):
        assert _said(_make(method, ratio=5), "fewer than 5 partners")
    # Everybody counted as one block, whose classes were made fewer without a word.
    with pytest.raises(DesignError, match="too few"):
        _make("subclass", subclass=40)
    assert _said(_make("subclass", subclass=10, exact="school"), "Fewer than 10 classes")
    assert _said(_make("cem", cutpoints={"x": 1, "z": 4}), "nobody is matched on: x")
    with pytest.raises(NobodyMatchedError, match="not 70 children"):
        _make("cardinality", ratio=70)


@pytest.mark.parametrize("method", METHODS)
def test_unknown_values_of_exact_columns_are_stated(method):
    data = DATA.assign(school=DATA["school"].where(DATA["x"] > 0))
    assert _said(_make(method, data, "programme ~ sen", exact="school"), "for exact that counts as a value of its own")


def test_a_caliper_on_a_distance_between_covariates_is_not_said_to_be_in_sds():
    # The account read "0.5 SDs = 0.5".
    account = _make("nearest", distance="mahalanobis", caliper=0.5).account()
    assert "caliper on distance: 0.5" in account


def test_quantiles_of_subclasses_can_be_printed():
    # The account joined numbers as if they were names.
    assert "subclass: 0.2, 0.8" in _make("subclass", subclass=(0.2, 0.8)).account()
    assert "cutpoints: [0.0, 1.0]" in _make("cem", cutpoints=np.array([0.0, 1.0])).account()
