"""Tables of contacts and sessions that are valid but odd: pages 05 and 06 say what cannot be said, and give no number.

What breaks the rules of the tables is refused by table, column and row instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from odd_cohorts import odd

from wlz_eval.batch import RunRequest, run
from wlz_eval.cohort import load_cohort
from wlz_eval.core.errors import CohortError

NOTHING_TO_SEE = (
    "No association between English (standardised score) and the support before it was read could be estimated."
)


def cells(row: int, **values: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Set cells of one row, counted as in the file: the head is row 1."""
    return lambda table: table.assign(
        **{name: table[name].where(table.index != row - 2, value) for name, value in values.items()}
    )


def none_at_all(base: Path) -> Path:
    """All partner sessions were missed, and no contact took any time."""
    return odd(
        base, "no-dose",
        interactions=lambda t: t.assign(minutes="0"), sessions=lambda t: t.assign(attended_minutes="0"),
    )


def few_events(base: Path) -> Path:
    """Four children were met, and one session was planned: a slope would be about those few."""
    return odd(
        base, "few-events",
        interactions=lambda t: t[t["child_id"].isin(sorted(set(t["child_id"]))[:4])].assign(minutes="30"),
        sessions=lambda t: t.head(1).assign(attended_minutes="60"),
    )


def everybody_always_came(base: Path) -> Path:
    """Interactions are an empty table, and every session was attended."""
    return odd(
        base, "always",
        interactions=lambda t: t.head(0), sessions=lambda t: t.assign(attended_minutes=t["planned_minutes"]),
    )


def twelve_children(base: Path) -> Path:
    children = pd.read_csv(base / "children.csv", dtype=str, keep_default_na=False)
    kept = set(children.loc[children["group"] == "programme", "child_id"].head(12))
    kept |= set(children.loc[children["group"] == "comparison", "child_id"])
    tables = [p.stem for p in base.glob("*.csv") if "child_id" in pd.read_csv(p, nrows=0).columns]
    folder = odd(base, "twelve", **{name: lambda t: t[t["child_id"].isin(kept)] for name in tables})
    (folder / "family_needs.csv").unlink()
    return folder


@pytest.fixture(scope="module")
def pages(base, tmp_path_factory):
    out = tmp_path_factory.mktemp("odd")
    folders = [none_at_all(base), few_events(base), everybody_always_came(base), twelve_children(base)]
    notebooks = ("05_engagement", "06_delivery")
    result = run(RunRequest(cohorts=tuple(folders), notebooks=notebooks, effort="draft", out_dir=out, workers=2))
    return result, {(p.parent.name, p.stem[:2]): answer(p) for p in (out / "reports").glob("*/0*.html")}


def answer(page: Path) -> str:
    """The words under "In short", and all words of the page after them."""
    text = re.sub(r"<(script|style|pre|details)\b.*?</\1>", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text)).split("In short", 1)[1]


def test_every_page_succeeds_and_passes_the_gate(pages):
    result, texts = pages
    assert [f"{j.cohort} {j.notebook}: {j.detail or j.reason}" for j in result.jobs if j.status != "succeeded"] == []
    assert result.gate == {}
    assert len(texts) == 8


def test_no_page_holds_a_number_that_is_none(pages):
    for key, text in pages[1].items():
        assert not re.search(r"\b(nan|inf|Traceback)\b", text), key


@pytest.mark.parametrize(
    ("cohort", "why"),
    [
        ("no-dose", "Every child had the same dose, none at all"),
        ("few-events", "All but a few children had the same dose"),
        ("twelve", "Too few children have both the dose and the outcome"),
    ],
)
def test_no_slope_where_doses_cannot_tell(pages, cohort, why):
    text = pages[1][cohort, "05"]
    assert NOTHING_TO_SEE in text[:400]
    assert why in text[:400]
    assert "points higher" not in text


def test_attendance_of_all_or_of_few_is_a_share_of_sessions(pages):
    texts = pages[1]
    assert "attended 100% of the partner sessions" in texts["always", "06"][:400]
    assert re.search(r"attended \d\d% of the partner sessions", texts["twelve", "06"][:400])
    assert "planned for too few of them to say" in texts["few-events", "06"][:400]


def test_typical_journeys_are_not_looked_for_among_few(pages):
    assert "too few children to look for typical journeys" in pages[1]["twelve", "06"]


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("negative", {"interactions": cells(5, minutes="-10")}, "interactions, row 5, column minutes"),
        ("ghost", {"sessions": cells(4, child_id="GHOST")}, "sessions, row 4, column child_id"),
        ("stranger", {"sessions": cells(6, partner_id="NOBODY")}, "sessions, row 6, column partner_id"),
        ("unplanned", {"sessions": cells(7, planned_minutes="0")}, "sessions, row 7, column planned_minutes"),
    ],
)
def test_what_breaks_the_rules_is_refused_by_table_row_and_column(base, name, changes, said):
    with pytest.raises(CohortError, match=said):
        load_cohort(odd(base, name, **changes))
