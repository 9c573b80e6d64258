"""Odd tables on page 01: it says what it can, never stops, and never makes a number of nothing."""

import warnings

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.measures import analysis_frame, data_quality
from wlz_eval.measures.progress.population import readings_of
from wlz_eval.measures.quality.held import Held
from wlz_eval.simulate import SimulationOptions, simulate


@pytest.fixture(scope="module")
def cohort():
    return simulate(SimulationOptions(seed=11, children=30, pool=60, schools=3, comparison_schools=3)).cohort


def changed(cohort, children=None, **tables):
    """Give the cohort other tables; None takes one away, and children who are left out leave every table."""
    held = {name: table for name, table in {**cohort.tables, **tables}.items() if table is not None}
    if children is not None:
        ids = set(children["child_id"])
        held = {k: v[v["child_id"].isin(ids)].reset_index(drop=True) if "child_id" in v else v for k, v in held.items()}
        held["children"] = children
    return make_cohort(cohort.meta, held, checked=True)


def copied_wave(table):
    start = table[table["wave"] == "baseline"]
    return pd.concat([table[table["wave"] != "endline"], start.assign(wave="endline")], ignore_index=True)


ODD = {
    "one programme child": lambda c: changed(c, c.children[c.children["group"] == "programme"].head(1)),
    "one comparison child": lambda c: changed(c, c.children[c.children["group"] == "comparison"].head(1)),
    "no comparison": lambda c: changed(c, c.children[c.children["group"] == "programme"]),
    "one school": lambda c: changed(c, c.children.assign(school_id="S")),
    "no column of dates": lambda c: changed(c, measures=c.measures.drop(columns="date")),
    "blank dates": lambda c: changed(c, measures=c.measures.assign(date=pd.NaT)),
    "every value blank": lambda c: changed(c, measures=c.measures.assign(value=np.nan)),
    "no endline": lambda c: changed(c, measures=c.measures[c.measures["wave"] != "endline"]),
    "every value the same": lambda c: changed(c, measures=c.measures.assign(value=2.0)),
    "the end copied from the start": lambda c: changed(c, measures=copied_wave(c.measures)),
    "no partners": lambda c: changed(c, partners=None, partner_measures=None, sessions=None),
    "one reading": lambda c: changed(c, measures=c.measures.head(1)),
    "required tables only": lambda c: make_cohort(
        c.meta, {"children": c.children, "measures": c.measures}, checked=True
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_tables_give_a_page_whose_numbers_are_numbers(cohort, name):
    odd = ODD[name](cohort)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a division by nothing is a number made of nothing
        quality = data_quality(odd, analysis_frame(odd), "english_endline")
    assert quality.scores["score"].dropna().between(0, 100).all()
    assert all(np.isfinite(f.estimate) for f in quality.findings())
    assert quality.suspected["p"].between(0, 1).all() if "p" in quality.suspected else True
    assert quality.answer
    assert quality.partners_reading


def test_what_could_not_be_looked_for_has_no_number_of_places(cohort):
    odd = ODD["required tables only"](cohort)
    checked = data_quality(odd, analysis_frame(odd), "english_endline").checked.set_index("kind")
    assert checked.loc[~checked["looked"], "places"].isna().all()
    assert (checked.loc[checked["looked"], "places"] >= 0).all()
    assert not checked["looked"].all()


def test_derived_readings_are_checked_and_single_items_are_not(tiny_cohort):
    """Page 01 looked at 25 items one by one, and at no score that was made from them."""
    rows = [
        (child, f"sdq_item_{i}", "baseline", 1.0, "teacher", pd.Timestamp("2022-06-20"))
        for child in tiny_cohort.children["child_id"]
        for i in range(1, 26)
    ]
    added = pd.DataFrame(rows, columns=["child_id", "measure", "wave", "value", "informant", "date"])
    english = tiny_cohort.measures[tiny_cohort.measures["measure"] == "english"]
    table = pd.concat([english.astype(object), added.astype(object)], ignore_index=True)
    words = [name for name in table if name not in ("date", "value")]
    table = table.astype(dict.fromkeys(words, "str") | {"value": float}).assign(date=pd.to_datetime(table["date"]))
    meta = tiny_cohort.meta.model_dump(mode="json") | {"derived": [{"kind": "sdq"}]}
    made = make_cohort(meta, {"children": tiny_cohort.children, "measures": table}, checked=True)
    assert {"sdq_total", "english"} <= set(Held(made).measures)
    assert not [name for name in Held(made).measures if "item" in name]
    # Page 03 takes reliability and norms of the informant who filled in the items.
    assert readings_of(made, "sdq_total", "endline").informant == "teacher"
