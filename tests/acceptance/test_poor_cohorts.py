"""Cohorts that are valid but poor: all nine notebooks succeed, say what is missing, and publish.

A poor cohort used to stop 04 or 05 with an error, which left it without a summary. A broken cohort in the same run
is refused, publishes nothing, and leaves the others unharmed.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from odd_cohorts import odd, plain

from wlz_eval.batch import RunRequest, run
from wlz_eval.cohort import find_cohort
from wlz_eval.release import NOTEBOOKS


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """A cohort with a pool of some size, to be made poor."""
    folder = tmp_path_factory.mktemp("base") / "base"
    return plain(folder, children=60, pool=300, schools=4, comparison_schools=4, seed=11)


def children_of(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "children.csv", dtype=str, keep_default_na=False)


def keep(folder: Path, children: pd.Series) -> Path:
    """Keep these children, and their families, in every table."""
    kept = {"child_id": set(children)}
    table = children_of(folder)
    if "household_id" in table:
        kept["household_id"] = set(table.loc[table["child_id"].isin(kept["child_id"]), "household_id"])
    for path in folder.glob("*.csv"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in kept.keys() & set(table.columns):
            table = table[table[column].isin(kept[column])]
        table.to_csv(path, index=False)
    return folder


def few_programme_children(base: Path, n: int) -> Path:
    table = children_of(base)
    chosen = table[table["group"] == "programme"].head(n)
    kept = pd.concat([chosen, table[table["group"] == "comparison"]])
    return keep(odd(base, f"programme-{n}"), kept["child_id"])


def no_comparison(base: Path) -> Path:
    table = children_of(base)
    return keep(odd(base, "no-comparison"), table.loc[table["group"] == "programme", "child_id"])


def required_tables_only(base: Path) -> Path:
    needed = ("cohort.yaml", "plan.yaml", "children.csv", "measures.csv")

    def plan(held: dict) -> dict:
        held["matching"]["formula"] = "programme ~ english_baseline + maths_baseline"
        kept = {key: value for key, value in held.items() if key not in ("engagement", "value")}
        return {**kept, "outcomes": [{"measure": "english", "wave": "endline", "primary": True}], "risk": []}

    others = tuple(path.name for path in base.iterdir() if path.name not in needed)
    return odd(base, "required-only", without=others, files={"plan": plan})


def two_schools_and_a_mark(base: Path) -> Path:
    """Two programme schools, one of them with a single programme child, and a byte order mark in a table."""
    table = children_of(base)
    first, second = sorted(table.loc[table["group"] == "programme", "school_id"].unique())[:2]
    programme = table["group"] == "programme"
    one = table[programme & (table["school_id"] == second)].head(1)
    kept = pd.concat([table[programme & (table["school_id"] == first)], one, table[~programme]])
    folder = keep(odd(base, "two-schools"), kept["child_id"])
    path = folder / "children.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    return folder


def no_endline(base: Path) -> Path:
    return odd(base, "no-endline", measures=lambda table: table[table["wave"] != "endline"])


def broken(base: Path) -> Path:
    return odd(base, "broken", without=("measures.csv",))


@pytest.fixture(scope="module")
def outcome(base, tmp_path_factory):
    out = tmp_path_factory.mktemp("poor")
    folders = [
        no_comparison(base), required_tables_only(base), two_schools_and_a_mark(base), no_endline(base),
        few_programme_children(base, 1), few_programme_children(base, 9), few_programme_children(base, 10),
    ]
    request = RunRequest(cohorts=(*folders, broken(base), base.parent / "absent"), effort="draft", out_dir=out)
    return run(request), out, [folder.name for folder in folders]


def test_every_notebook_of_every_poor_cohort_succeeds(outcome):
    result, _, names = outcome
    wrong = [f"{j.cohort} {j.notebook}: {j.detail or j.reason}" for j in result.jobs if j.status != "succeeded"]
    assert wrong == []
    assert {(job.cohort, job.notebook) for job in result.jobs} == {(c, n) for c in names for n in NOTEBOOKS}


def test_all_of_them_pass_the_gate_and_are_published(outcome):
    result, out, names = outcome
    assert result.gate == {}
    for name in names:
        assert len(list((out / "reports" / name).glob("0*.html"))) == len(NOTEBOOKS), name


def test_the_broken_and_the_absent_are_refused_with_status_2(outcome):
    result, out, _ = outcome
    assert result.exit_code == 2
    assert len(result.refused) == 2
    assert not (out / "reports" / "broken").exists()


def test_find_cohort_takes_a_folder_anywhere(base):
    assert find_cohort(base) == base
