"""What the checks of data quality count by whole columns is what a plain loop over readings counts."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.cohort import make_cohort
from wlz_eval.measures.quality.checks import duplicates
from wlz_eval.measures.quality.checks.dates import _sittings
from wlz_eval.measures.quality.checks.forms import form_clues
from wlz_eval.measures.quality.checks.raters import _by_name
from wlz_eval.measures.quality.checks.swapped import _within
from wlz_eval.measures.quality.held import FEWEST, Held, grouped

META = {
    "id": "small",
    "title": "Small",
    "provenance": "synthetic",
    "licence": "CC0",
    "source": "made here",
    "programme": {"start": "2020-09-01", "end": "2021-07-20"},
    "waves": {
        "baseline": {"start": "2020-09-01", "end": "2020-09-30"},
        "endline": {"start": "2021-07-01", "end": "2021-07-20"},
    },
    "data_use": {"lawful_basis": "none needed", "special_category_condition": "none held", "retention_date": None},
}
reading = st.tuples(
    st.integers(0, 39), st.sampled_from(("sdq_emotional", "sdq_conduct")), st.sampled_from(("baseline", "endline")),
    st.sampled_from(("teacher", "parent", None)), st.integers(0, 60), st.sampled_from((0.0, 3.0, None)),
)


def held(rows: list[tuple], schools: int = 3) -> Held:
    children = pd.DataFrame(
        {
            "child_id": [f"c{i:02d}" for i in range(40)],
            "group": ["programme"] * 20 + ["comparison"] * 20,
            "school_id": [f"s{i % schools}" for i in range(40)],
            "comparison_type": [None] * 20 + ["same_school"] * 20,
            "index_date": pd.Series([pd.Timestamp("2021-01-10")] * 20 + [pd.NaT] * 20),
        }
    )
    columns = ["child_id", "measure", "wave", "informant", "date", "value"]
    table = pd.DataFrame([(f"c{r[0]:02d}", *r[1:]) for r in rows], columns=columns)
    table["date"] = pd.Timestamp("2020-09-01") + pd.to_timedelta(table["date"].astype(int) * 5, unit="D")
    table["value"] = table["value"].astype(float)
    return Held(make_cohort(META, {"children": children, "measures": table}, checked=True))


@settings(max_examples=40, deadline=None)
@given(st.lists(reading, min_size=1, max_size=150))
def test_readings_hold_each_known_value_with_its_child(rows):
    made = held(rows)
    table = made.readings
    wanted = sorted((f"c{c:02d}", m, w, str(i), v) for c, m, w, i, _, v in rows if v is not None)
    names = made.children.index.to_numpy()[table["child"]]
    informants = table["informant"].astype(object).where(table["informant"].notna(), None) if len(table) else []
    got = zip(names, table["measure"], table["wave"], informants, table["value"], strict=True)
    assert sorted((str(c), str(m), str(w), str(i), float(v)) for c, m, w, i, v in got) == wanted
    assert list(table["school_id"].astype(str)) == [f"s{int(str(c)[1:]) % 3}" for c in names]


@settings(max_examples=40, deadline=None)
@given(st.lists(reading, min_size=1, max_size=150))
def test_values_are_the_means_of_a_childs_readings(rows):
    made = held(rows)
    plain = defaultdict(list)
    for child, measure, wave, _, _, value in rows:
        if value is not None:
            plain[measure, wave, child].append(value)
    assert set(made.values) == {(m, w) for m, w, _ in plain}
    for (measure, wave), values in made.values.items():
        wanted = [np.mean(plain.get((measure, wave, child), [np.nan])) for child in range(40)]
        assert np.allclose(values, wanted, equal_nan=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(reading, min_size=60, max_size=250), st.integers(1, 3))
def test_children_read_by_an_unusual_informant_are_counted_as_by_a_loop(rows, schools):
    made = held(rows, schools)
    known = [(c, m, w, i) for c, m, w, i, _, v in rows if v is not None and i is not None]
    common = {
        m: min(("parent", "teacher"), key=lambda i: (-sum(r[1] == m and r[3] == i for r in known), i))
        for m in {r[1] for r in known}
    }
    seen, odd = defaultdict(set), defaultdict(set)
    for child, measure, wave, informant in known:
        seen[wave, f"s{child % schools}"].add(child)
        if informant != common[measure]:
            odd[wave, f"s{child % schools}"].add(child)
    wanted = sorted((w, s, len(found), len(odd[w, s])) for (w, s), found in seen.items() if len(found) >= FEWEST)
    assert sorted((c.wave, c.school, c.size, c.affected) for c in form_clues(made)) == wanted


@settings(max_examples=40, deadline=None)
@given(st.lists(reading, min_size=1, max_size=200))
def test_sittings_and_children_dated_within_a_period_are_those_of_a_loop(rows):
    made = held(rows)
    table = made.readings
    kept = _sittings(table[["child", "date"]])
    plain = {(c, d) for c, *_, d, v in rows if v is not None}
    days = (kept["date"] - pd.Timestamp("2020-09-01")).dt.days // 5
    assert sorted(zip(kept["child"].tolist(), days.tolist(), strict=True)) == sorted(plain)

    period = made.cohort.meta.waves["endline"]
    seen, odd = defaultdict(set), defaultdict(set)
    for child, _, wave, _, day, value in rows:
        if wave == "baseline" and value is not None:
            seen[f"s{child % 3}"].add(child)
            if period.start <= dt.date(2020, 9, 1) + dt.timedelta(days=5 * day) <= period.end:
                odd[f"s{child % 3}"].add(child)
    wanted = {s: (len(found), len(odd[s])) for s, found in seen.items() if len(found) >= FEWEST}
    assert _within(made, table, "baseline", period) == wanted


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abcd"), max_size=60), st.integers(0, 2**31))
def test_positions_by_name_and_by_number_are_those_of_a_loop(names, seed):
    where = np.random.default_rng(seed).random(len(names)) < 0.6
    plain = {n: [i for i, m in enumerate(names) if m == n and where[i]] for n in sorted(set(names))}
    got = _by_name(np.array(names, dtype=object), where)
    assert {n: rows.tolist() for n, rows in got.items()} == {n: rows for n, rows in plain.items() if rows}
    codes = np.array([ord(n) for n in names], dtype=np.int64)
    every = [[i for i, m in enumerate(names) if m == n] for n in sorted(set(names))]
    assert [part.tolist() for part in grouped(codes)] == every


@pytest.mark.parametrize("columns", [1, 5, 30, 31, 70])
def test_patterns_of_what_two_children_share_are_the_different_rows(columns):
    rng = np.random.default_rng(columns)
    shared = rng.random((8, columns))[rng.integers(0, 8, 200)] < 0.5
    patterns = list(duplicates._patterns(shared))
    assert sorted(i for _, rows in patterns for i in rows) == list(range(200))
    assert len(patterns) == len({tuple(row) for row in shared})
    assert all((shared[rows] == pattern).all() for pattern, rows in patterns)


def test_pairs_compared_in_parts_are_as_likely_as_all_at_once(monkeypatch):
    rng = np.random.default_rng(5)
    low = rng.normal(size=(60, 6))
    low[rng.random(low.shape) < 0.2] = np.nan
    high = low + rng.choice([0.0, 0.2], size=low.shape)
    first, second = np.array(list(itertools.combinations(range(60), 2))).T
    school = np.arange(60) % 4
    p, shared = duplicates.alike(low, high, first, second, school)
    monkeypatch.setattr(duplicates, "AT_ONCE", 97)
    in_parts, shared_in_parts = duplicates.alike(low, high, first, second, school)
    assert np.allclose(in_parts, p, rtol=1e-9)
    assert (shared_in_parts == shared).all()
    one, one_shared = duplicates.alike(low, high, first[7:8], second[7:8], school)
    assert np.isclose(one[0], p[7])
    assert one_shared[0] == shared[7]
