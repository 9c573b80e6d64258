"""What holds for every design, whatever the method and the data: limits, weights, and what must not matter.

That one and two worker processes give the same bytes is tested beside what runs in parallel
(``test_specifications.py``, ``test_calibration.py``).
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from wlz_eval.attribution import METHODS
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.make import make_design
from wlz_eval.core.errors import DesignError

FORMULA = "programme ~ x + z + C(sen)"
PAIRS = ("nearest", "optimal", "full")
FEW = settings(max_examples=5, deadline=None, derandomize=True, phases=(Phase.generate,))
SEEDS = st.integers(0, 100_000)


def _children(seed: int, n: int = 50) -> pd.DataFrame:
    """Few distinct values, so that ties are common; a factor, and blocks of very unequal size."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, n).astype(float)
    columns = {
        "programme": (rng.random(n) < 0.2 + 0.08 * x).astype(int),
        "x": x,
        "z": rng.integers(-6, 7, n) / 4,
        "sen": rng.choice(["no", "support", "plan"], n, p=[0.7, 0.2, 0.1]),
        "school": rng.choice(["a", "b", "c"], n, p=[0.7, 0.2, 0.1]),
    }
    data = pd.DataFrame(columns, index=[f"u{i:03d}" for i in rng.permutation(n)])
    data.loc[data.index[:4], "programme"] = [0, 1, 0, 1]
    return data


def _make(data: pd.DataFrame, method: str, **options) -> Design | None:
    """A design, or None where the data allow none."""
    more = {"gap": 0.05, "tolerances": 0.3} if method == "cardinality" else {}
    formula = "programme ~ x" if method == "exact" else FORMULA
    try:
        return make_design(formula, data, method=method, **more, **options)
    except DesignError:
        return None


def _gaps(design: Design, values: pd.Series) -> np.ndarray:
    return (design.pairs["focal"].map(values) - design.pairs["partner"].map(values)).abs().to_numpy(dtype=float)


def _agree(design: Design, values: pd.Series) -> np.ndarray:
    return (design.pairs["focal"].map(values) == design.pairs["partner"].map(values)).to_numpy()


OPTIONS = st.fixed_dictionaries(
    {
        "distance": st.sampled_from(["glm", "mahalanobis", "scaled_euclidean"]),
        "caliper": st.sampled_from([{"distance": 0.5}, {"z": 0.5}, {"distance": 0.8, "z": 1.0, "x": 0.9}, None]),
        "std_caliper": st.booleans(),
        "exact": st.sampled_from([(), ("school",)]),
        "antiexact": st.sampled_from([(), ("sen",)]),
        "estimand": st.sampled_from(["ATT", "ATC"]),
    }
)


@pytest.mark.parametrize("method", PAIRS)
@given(SEEDS, OPTIONS)
@settings(FEW, max_examples=8)
def test_no_caliper_is_exceeded_and_no_exact_or_antiexact_column_broken(method, seed, options):
    data = _children(seed)
    options = options if options["caliper"] else {k: v for k, v in options.items() if k != "std_caliper"}
    design = _make(data, method, **options)
    if design is None:
        return
    for name, width in design.caliper_widths.items():
        if name != "distance":
            in_sds = options["std_caliper"]
            assert width == pytest.approx(options["caliper"][name] * (data[name].std() if in_sds else 1.0))
            assert (_gaps(design, data[name]) <= width).all()
        elif options["distance"] == "glm":
            assert (_gaps(design, design.distance) <= width).all()
        assert name != "distance" or (design.pairs["distance"] <= width).all()
    assert all(_agree(design, data[name]).all() for name in options["exact"])
    assert not any(_agree(design, data[name]).any() for name in options["antiexact"])


@pytest.mark.parametrize("method", METHODS)
@given(SEEDS, st.sampled_from([(), ("school",)]))
@FEW
def test_weights_sum_to_group_sizes_and_sets_hold_both_groups_of_one_block(method, seed, exact):
    data = _children(seed)
    for estimand in METHODS[method].estimands:
        more = {"target": "all"} if method == "cardinality" and estimand == "ATE" else {}
        design = _make(data, method, estimand=estimand, exact=exact, **more)
        if design is None:
            continue
        for group in (design.treatment, ~design.treatment):
            used = design.weights[group & (design.weights > 0)]
            assert len(used)
            np.testing.assert_allclose(used.sum(), len(used))
        sets = design.strata.dropna()
        both = design.treatment.loc[sets.index].groupby(sets.astype(int)).nunique()
        assert (both == 2).all()
        blocks = [data.loc[sets.index, name].groupby(sets.astype(int)).nunique() for name in exact]
        assert not any((count > 1).any() for count in blocks)


@given(SEEDS, st.integers(1, 3), st.sampled_from([(False, None), (True, None), (True, 2), (False, 3)]), OPTIONS)
@settings(FEW, max_examples=10)
def test_nobody_serves_more_often_than_allowed(seed, ratio, reuse, options):
    more = {"ratio": ratio, "exact": options["exact"], "distance": options["distance"]}
    design = _make(_children(seed), "nearest", replace=reuse[0], reuse_max=reuse[1], **more)
    if design is None:
        return
    limit = reuse[1] or (np.inf if reuse[0] else 1)
    assert design.pairs["partner"].value_counts().max() <= limit
    assert design.pairs["focal"].value_counts().max() <= ratio
    assert not design.pairs.duplicated(["focal", "partner"]).any()
    optimal = _make(_children(seed), "optimal", **more)
    assert optimal is None or optimal.pairs["partner"].is_unique


@pytest.mark.parametrize("method", METHODS)
@given(SEEDS)
@FEW
def test_order_of_rows_and_names_in_the_same_order_change_nothing(method, seed):
    data = _children(seed)
    design = _make(data, method)
    shuffled = _make(data.sample(frac=1, random_state=seed), method)
    # Ties go by label, so only names that stand in the same order (shorter first, then by letter) must change nothing.
    new = {label: f"child-{2 * int(label[1:]) + 1000:05d}" for label in data.index}
    renamed = _make(data.rename(index=new), method)
    assert (design is None) == (shuffled is None) == (renamed is None)
    if design is None:
        return
    pd.testing.assert_series_equal(shuffled.weights.loc[data.index], design.weights, check_exact=True)
    pd.testing.assert_frame_equal(shuffled.pairs, design.pairs, check_exact=True)
    np.testing.assert_array_equal(renamed.weights, design.weights)
    assert renamed.pairs["partner"].tolist() == design.pairs["partner"].map(new).tolist()
    assert shuffled.strata.loc[data.index].equals(design.strata)


@pytest.mark.parametrize("method", PAIRS)
@given(SEEDS, st.sampled_from([1e-9, 1e-3, 60.0, 1e6]), st.sampled_from(["mahalanobis", "scaled_euclidean"]))
@FEW
def test_the_unit_of_a_covariate_does_not_matter_to_scaled_distances(method, seed, factor, distance):
    # Beside a covariate in large units, Mahalanobis distance left the others out as having no spread.
    data = _children(seed)
    one = _make(data, method, distance=distance)
    two = _make(data.assign(z=data["z"] * factor), method, distance=distance)
    assert len(one.pairs) == len(two.pairs)
    # Sets that are equally good may be chosen otherwise where rounding differs, but no better or worse ones.
    assert one.pairs["distance"].sum() == pytest.approx(two.pairs["distance"].sum(), rel=1e-7)
    if method == "nearest":
        assert one.pairs[["focal", "partner"]].equals(two.pairs[["focal", "partner"]])


@given(SEEDS, OPTIONS, st.integers(1, 2))
@settings(FEW, max_examples=10)
def test_optimal_matching_is_never_worse_than_nearest(seed, options, ratio):
    options = options if options["caliper"] else {k: v for k, v in options.items() if k != "std_caliper"}
    data = _children(seed)
    best, greedy = (_make(data, method, ratio=ratio, **options) for method in ("optimal", "nearest"))
    assert (best is None) == (greedy is None)
    if best is None:
        return
    assert best.pairs["focal"].nunique() >= greedy.pairs["focal"].nunique()
    assert len(best.pairs) >= len(greedy.pairs)
    if len(best.pairs) == len(greedy.pairs) and best.pairs["focal"].nunique() == greedy.pairs["focal"].nunique():
        assert best.pairs["distance"].sum() <= greedy.pairs["distance"].sum() + 1e-9


# Against rules spelled out once more, naively, on tiny problems with ties, a factor and unequal blocks.


def _by_hand(data, score, ratio=1, reuse=1, prefer=(), antiexact=(), width=None, counts=None):
    """Nearest matching, largest first, as it is documented: rounds; preferred partners first; ties by place."""
    order = sorted(data.index)
    one = [u for u in order if data.loc[u, "programme"] == 1]
    pool = [u for u in order if data.loc[u, "programme"] == 0]
    turns = sorted(one, key=lambda u: -score[u])
    left, found = dict.fromkeys(pool, reuse), {u: [] for u in one}

    def choose(u, agree):
        free = [
            v
            for v in pool
            if left[v]
            and v not in found[u]
            and all(data.loc[u, c] == data.loc[v, c] for c in agree)
            and all(data.loc[u, c] != data.loc[v, c] for c in antiexact)
            and (width is None or abs(data.loc[u, "z"] - data.loc[v, "z"]) <= width)
        ]
        below = [v for v in free if score[v] < score[u]]
        above = [v for v in free if score[v] >= score[u]]
        # The one next below: the last by label among equals; the one next above: the first.
        low = max(below, key=lambda v: (score[v], v), default=None)
        high = min(above, key=lambda v: (score[v], v), default=None)
        if low is None or high is None:
            return low or high
        return low if score[u] - score[low] <= score[high] - score[u] else high

    most = max(counts.values()) if counts else ratio
    for number, depth in itertools.product(range(most), range(len(prefer), -1, -1)):
        for u in turns:
            if len(found[u]) == number and number < (counts[u] if counts else ratio):
                v = choose(u, prefer[:depth])
                if v is not None:
                    found[u].append(v)
                    left[v] -= 1
    return {(u, v) for u, partners in found.items() for v in partners}


def _scores(data: pd.DataFrame, seed: int) -> pd.Series:
    # Eighths are exact, so that a tie is a tie.
    return pd.Series(np.random.default_rng(seed).integers(0, 9, len(data)) / 8, index=data.index)


@given(SEEDS, st.integers(1, 3), st.integers(1, 3), st.booleans(), st.booleans(), st.sampled_from([None, 0.5, 1.0]))
@settings(FEW, max_examples=25)
def test_nearest_matching_follows_its_rules(seed, ratio, reuse, prefers, differs, width):
    data = _children(seed, n=18)
    score = _scores(data, seed)
    prefer, antiexact = ("school", "sen") if prefers else (), ("x",) if differs else ()
    limits = {"prefer": prefer, "antiexact": antiexact}
    expected = _by_hand(data, score, ratio, reuse, width=width, **limits)
    caliper = {} if width is None else {"caliper": {"z": width}, "std_caliper": False}
    design = _make(data, "nearest", distance=score, ratio=ratio, reuse_max=reuse, **limits, **caliper)
    found = set() if design is None else set(design.pairs[["focal", "partner"]].itertuples(index=False, name=None))
    assert found == expected


@given(SEEDS, st.sampled_from([(1, 2, 3), (1, 3, 4), (2, 3, 5)]))
@settings(FEW, max_examples=8)
def test_a_varying_number_of_partners_follows_its_rule(seed, limits):
    least, ratio, most = limits
    data = _children(seed, n=40)
    score = _scores(data, seed)
    one = sorted(data.index[data["programme"] == 1], key=lambda u: (-score[u], u))
    design = _make(data, "nearest", distance=score, ratio=ratio, min_controls=least, max_controls=most)
    wanted = design.pairs["focal"].value_counts().reindex(one, fill_value=0)
    if (data["programme"] == 0).sum() < ratio * len(one):
        return
    # Ming and Rosenbaum: fewest to the least alike, most to the most alike, one in between, the average kept. That
    # one was given nobody where everybody else's share came out even.
    spare = ratio * len(one) - least * len(one)
    many, rest = divmod(spare, most - least)
    middle = [least + rest] if many < len(one) else []
    expected = [least] * (len(one) - many - len(middle)) + middle + [most] * many
    assert wanted.tolist() == expected
    counts = dict(zip(one, expected, strict=True))
    assert set(design.pairs[["focal", "partner"]].itertuples(index=False, name=None)) == _by_hand(
        data, score, counts=counts
    )


@given(SEEDS, st.integers(2, 5))
@settings(FEW, max_examples=8)
def test_classes_left_as_they_fall_are_quantiles_of_the_programme_children(seed, classes):
    data = _children(seed)
    score = _scores(data, seed)
    design = _make(data, "subclass", distance=score, subclass=classes, min_n=0)
    cuts = np.quantile(score[data["programme"] == 1], np.arange(1, classes) / classes)
    code = (score.to_numpy()[:, None] >= cuts).sum(axis=1)
    n1, n0 = (pd.Series(code[data["programme"] == g]).value_counts() for g in (1, 0))
    raw = [
        0.0 if not (n1.get(c, 0) and n0.get(c, 0)) else 1.0 if t else n1[c] / n0[c]
        for c, t in zip(code, data["programme"] == 1, strict=True)
    ]
    weights = pd.Series(raw, index=data.index)
    used = (weights > 0) & (data["programme"] == 0)
    weights[used] /= weights[used].mean()
    np.testing.assert_allclose(design.weights, weights)


@given(SEEDS, st.integers(2, 4))
@settings(FEW, max_examples=8)
def test_coarsened_strata_are_paired_down_nearest_first(seed, bins):
    data = _children(seed, n=30)
    low, high = data["z"].min(), data["z"].max()
    code = np.clip(((data["z"] - low) / ((high - low) / bins)).astype(int), 0, bins - 1)
    both = [data[data["programme"] == g] for g in (1, 0)]
    design = make_design("programme ~ z + C(sen)", data, method="cem", cutpoints={"z": bins}, k2k=True)
    # Mahalanobis distance, with every level of the category and the covariance within the groups.
    X = pd.concat([data[["z"]], pd.get_dummies(data["sen"]).astype(float)], axis=1)
    within = sum((len(g) - 1) * np.cov(X.loc[g.index].T) for g in both) / (len(data) - 2)
    inverse = np.linalg.pinv(within, rcond=1e-10)
    free, expected = set(both[1].index), []
    for u in sorted(both[0].index):
        like = [v for v in sorted(free) if code[v] == code[u] and data.loc[v, "sen"] == data.loc[u, "sen"]]
        gaps = {v: float((X.loc[u] - X.loc[v]) @ inverse @ (X.loc[u] - X.loc[v])) for v in like}
        if gaps:
            v = min(gaps, key=lambda v: (round(gaps[v], 9), v))
            free.remove(v)
            expected.append((u, v))
    assert list(design.pairs[["focal", "partner"]].itertuples(index=False, name=None)) == expected
