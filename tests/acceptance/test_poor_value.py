"""Costs and contracts that are valid but odd: pages 07 and 08 say in plain words what is so, or the run is refused.

Whole pages are run for a few cohorts that hold several oddities each. The others are worked through without a kernel:
what page 8 says is spoken under the public's rule, as the page does.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from odd_cohorts import Change, odd, plain

from wlz_eval.batch import RunRequest, run
from wlz_eval.core.errors import WlzEvalError
from wlz_eval.measures import analysis_frame
from wlz_eval.plan import load_cohort_and_plan
from wlz_eval.release.rule import Rule
from wlz_eval.release.sentences import speak
from wlz_eval.value import contract_page

#: What no reader may meet: numbers that are none, words of Python, names of columns.
NOT_WORDS = re.compile(r"\b(?:nan|NaN|inf|None|NaT|True|False|Traceback)\b|\b[a-z]+_[a-z_]+\b")
HIDDEN = "Not shown here: a result that rests on fewer than 10 children, or that would give away a number that does."


def keys(**values: Any) -> Change:
    """Set keys of a YAML file; ``None`` takes one out."""
    return lambda held: {k: v for k, v in {**held, **values}.items() if v is not None}


def column(name: str, value: Any) -> Change:
    """Fill a column of a table."""
    return lambda table: table.assign(**{name: value})


def programme(base: Path) -> list[str]:
    children = pd.read_csv(base / "children.csv", dtype=str)
    return sorted(children.loc[children["group"] == "programme", "child_id"])


def evidence(folder: Path, rows: list[tuple[str, str, str]]) -> Path:
    pd.DataFrame(rows, columns=["child_id", "trigger", "date"]).to_csv(folder / "evidence.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """A cohort in which enough children meet each trigger for its sums to be shown."""
    folder = tmp_path_factory.mktemp("base") / "base"
    return plain(folder, children=140, pool=160, schools=4, comparison_schools=2, seed=7)


@pytest.fixture(scope="module")
def loaded(base):
    """The cohort, its plan and its frame, read once: a contract changes neither children nor readings."""
    cohort, plan = load_cohort_and_plan(base)
    return cohort, plan, analysis_frame(cohort)


def changed(loaded, contract: Change = lambda held: held, without: tuple[str, ...] = (), **tables: Change):
    """Say what page 8 says once terms and tables are changed."""
    cohort, plan, frame = loaded
    held = {name: table for name, table in cohort.tables.items() if name not in without}
    held |= {name: change(cohort[name]) for name, change in tables.items()}
    terms = None if "contract" in without else contract(dict(cohort.contract))
    return said(dataclasses.replace(cohort, tables=held, contract=terms), plan, frame)


def said(cohort, plan, frame) -> dict[str, str]:
    """What page 8 says of a cohort to the public, by part, and the labels of its tables."""
    page = contract_page(cohort, frame, plan.risk, plan.engagement, effort="draft", fewest=10)
    spoken = {
        name: speak(*getattr(page, f"{name}answer")(), Rule(threshold=10)).text
        for name in ("", "targets_", "anyway_", "forecast_", "investor_", "incentives_")
    }
    labels = [words for words in (page.money, page.cash_money) if words]
    for table in (page.result.triggers, page.result.areas, page.lines, page.raters, page.still_open, page.cases):
        unseen = [c for c in table if c in ("trigger", "payer", "flag") or c.endswith("_counted")]
        shown = table.drop(columns=unseen)
        labels += [str(v) for c in shown.select_dtypes(exclude="number") for v in shown[c].dropna() if v != ""]
    assert all(f.currency and f.perspective and f.evidence for f in page.findings() if f.unit == "money")
    return {**spoken, "labels": " | ".join(labels)}


def evidenced(loaded, children: list[str], day: str) -> dict[str, str]:
    """Say what the page says where only these children's sign-up has evidence, of this day."""
    cohort, plan, frame = loaded
    rows = pd.DataFrame({"child_id": children, "trigger": "sign_up", "date": pd.Timestamp(day)})
    terms = {**cohort.contract, "evidence_by": "2024-07-31"}
    return said(dataclasses.replace(cohort, tables={**cohort.tables, "evidence": rows}, contract=terms), plan, frame)


def in_words(parts: dict[str, str]) -> None:
    for name, text in parts.items():
        assert not NOT_WORDS.search(text), (name, text)
        assert "  " not in text, (name, text)


class TestContract:
    @pytest.mark.parametrize(
        ("change", "part", "words"),
        [
            ({"without": ("contract",)}, "", "no outcomes contract"),
            ({"without": ("rate_card",)}, "", "no outcomes contract"),
            ({"without": ("targets",)}, "targets_", "has no targets"),
            ({"without": ("costs",)}, "investor_", "hold no costs"),
            ({"contract": keys(investment=None)}, "investor_", "how it is financed"),
            ({"contract": keys(contract_cap=0)}, "", "£0 is owed"),
            ({"contract": keys(child_cap=0)}, "", "£0 is owed"),
            ({"contract": keys(contract_cap=100)}, "", "£100 is owed"),
            ({"contract": keys(payers={"nhs": 1.0})}, "", "all of it by nhs"),
            ({"rate_card": column("price", 0.0)}, "", "£0 is owed"),
            ({"rate_card": column("price", 10.123456789)}, "", "is owed"),
            ({"rate_card": column("price", 5e6),
                      "contract": keys(contract_cap=None, child_cap=None)}, "", "million"),
            ({"rate_card": lambda t: t.head(1), "targets": lambda t: t.head(3)}, "anyway_",
             "prices no outcome"),
            ({"rate_card": lambda t: t.drop(columns="price_year")}, "", "At illustrative prices, £"),
            ({"targets": lambda t: t[t["case"] == "low"]}, "targets_", "no middle target"),
            ({"contract": keys(as_of="2021-01-01")}, "", "nothing is owed yet"),
            ({"contract": keys(claim_dates={"sign_up": "2015-01-01"})}, "", "is owed"),
            ({"contract": keys(claim_dates={"outcome_1": "2031-01-01"})}, "", "is owed"),
        ],
    )
    def test_what_is_odd_is_said_in_plain_words(self, loaded, change, part, words):
        parts = changed(loaded, **change)
        in_words(parts)
        assert words in parts[part]

    def test_names_of_payers_may_hold_any_letter_or_number(self, loaded):
        # A number in a name was taken for a result typed by hand, and stopped the page.
        names = {"Gemeente Zürich": 0.5, "Łódź & Søn <b>": 0.3, "Fund 7": 0.2}
        parts = changed(loaded, contract=keys(payers=names))
        assert "by the payers named below" in parts[""]

    def test_a_contract_that_runs_counts_nothing_as_failed(self, base):
        # Endlines still to come were counted as outcomes missed, and as capital lost.
        running = odd(base, "running", measures=lambda t: t[t["wave"] != "endline"],
                      files={"contract": keys(as_of="2023-03-15")})
        cohort, plan = load_cohort_and_plan(running)
        parts = said(cohort, plan, analysis_frame(cohort))
        in_words(parts)
        assert "so far" in parts[""]
        assert "within their reach" not in parts["targets_"]
        assert "No outcome is decided yet" in parts["anyway_"]
        assert "were nothing more paid" in parts["investor_"]
        assert "95% interval" in parts["forecast_"]

    def test_payments_for_few_children_are_hidden(self, base, loaded):
        # A payment at a price that is public gives its number of children away: £6,000 at £1,500 is four of them.
        parts = evidenced(loaded, programme(base)[:4], "2022-10-01")
        in_words(parts)
        assert parts[""] == HIDDEN
        assert parts["anyway_"] == HIDDEN

    def test_late_evidence_of_all_pays_nobody_and_does_not_say_so_of_them(self, base, loaded):
        assert evidenced(loaded, programme(base), "2030-01-01")[""] == HIDDEN

    @pytest.mark.parametrize(
        ("name", "rows", "words"),
        [
            ("twice", [(0, "sign_up"), (0, "sign_up")], "an earlier row has the same child_id, trigger"),
            ("ghost", [("GHOST", "sign_up")], "the child is not in the children table"),
        ],
    )
    def test_evidence_that_breaks_the_rules_is_refused(self, base, name, rows, words):
        ids = programme(base)
        folder = odd(base, f"evidence-{name}")
        evidence(folder, [(ids[c] if isinstance(c, int) else c, t, "2022-10-01") for c, t in rows])
        with pytest.raises(WlzEvalError, match=words):
            load_cohort_and_plan(folder)

    @pytest.mark.parametrize(
        ("name", "change", "words"),
        [
            ("negative-target", {"targets": column("count", "-5")}, "out of range"),
            ("negative-cost", {"costs": column("amount", "-5")}, "out of range"),
            ("no-price-year", {"costs": column("price_year", "")}, "the cell is empty"),
            ("old-prices", {"costs": column("price_year", "1901")}, "1950 to 2100"),
        ],
    )
    def test_tables_that_break_the_rules_are_refused(self, base, name, change, words):
        with pytest.raises(WlzEvalError, match=words):
            load_cohort_and_plan(odd(base, f"refused-{name}", **change))

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"targets": column("trigger", "outcome_9")}, "this trigger is not known"),
            ({"contract": keys(currency="USD")}, "none is converted"),
            ({"contract": lambda c: {**c, "investment": {**c["investment"], "pays_for": ["nhs"]}}}, "no cost line"),
        ],
    )
    def test_terms_that_break_the_rules_are_refused(self, loaded, change, words):
        with pytest.raises(WlzEvalError, match=words):
            changed(loaded, **change)


def small(base: Path) -> Path:
    """Eight programme children of one school, none compared, costs all in kind of one payer and of no known year."""
    children = pd.read_csv(base / "children.csv", dtype=str)
    own = children[children["group"] == "programme"]
    kept = set(own.loc[own["school_id"] == own["school_id"].mode().iloc[0], "child_id"].head(8))
    tables = [p.stem for p in base.glob("*.csv") if "child_id" in pd.read_csv(p, nrows=0).columns]
    costs = {"costs": lambda t: t.assign(kind="in_kind", payer="philanthropy", period="")}
    invests = {"contract": lambda c: {**c, "investment": {**c["investment"], "pays_for": ["philanthropy"]}}}
    return odd(base, "small", without=("family_needs.csv",), files=invests, **costs,
               **{name: lambda t: t[t["child_id"].isin(kept)] for name in tables})


def like_star(base: Path) -> Path:
    """Dollars of 1998, benefits of nothing, no contract."""
    year = column("price_year", "1998")
    plan = lambda p: {**p, "value": {"price_year": 1998, "benefits": []}}  # noqa: E731
    return odd(base, "dollars", without=("contract.yaml", "rate_card.csv", "targets.csv"), costs=year, funding=year,
               files={"cohort": keys(currency="USD"), "plan": plan})


def no_money(base: Path) -> Path:
    """No costs at all, a running contract without targets, a payer and a payer's name that nobody knows."""
    names = {"Łódź & Søn": 0.5, "Fund 7": 0.5}
    return odd(base, "no-money", without=("costs.csv", "funding.csv", "targets.csv"),
               files={"contract": keys(payers=names, as_of="2023-03-15")})


@pytest.fixture(scope="module")
def pages(base, tmp_path_factory):
    out = tmp_path_factory.mktemp("odd")
    stranger = odd(base, "stranger", costs=column("payer", "Zürich Trust"))
    request = RunRequest(cohorts=(small(base), like_star(base), no_money(base), stranger),
                         notebooks=("07_value", "08_contract"), effort="draft", out_dir=out, workers=2)
    return run(request), {(p.parent.name, p.stem[:2]): words(p) for p in (out / "reports").glob("*/0[78]*.html")}


def words(page: Path) -> str:
    """All words of a page after "In short", code and what it says of its making left out."""
    text = re.sub(r"<(script|style|pre|details|footer)\b.*?</\1>", " ", page.read_text(encoding="utf-8"),
                  flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text)).split("In short", 1)[1]


class TestPages:
    def test_all_succeed_but_the_costs_of_a_stranger_which_are_refused_in_words(self, pages):
        result, texts = pages
        wrong = {(j.cohort, j.notebook): j.detail or j.reason for j in result.jobs if j.status != "succeeded"}
        assert set(wrong) == {("stranger", "07_value"), ("stranger", "08_contract")}
        assert "this payer has no cost line" in wrong["stranger", "08_contract"]
        assert "unknown payer 'Zürich Trust'" in wrong["stranger", "07_value"]
        assert "Traceback" not in wrong["stranger", "07_value"]
        assert result.gate == {}
        assert {("small", "07"), ("small", "08"), ("dollars", "07"), ("dollars", "08"), ("no-money", "07"),
                ("no-money", "08")} <= set(texts)

    def test_no_page_holds_a_number_that_is_none(self, pages):
        for key, text in pages[1].items():
            assert not re.search(r"\b(nan|NaN|inf|None|NaT|Traceback)\b", text), key

    def test_eight_children_are_never_a_number(self, pages):
        text = pages[1]["small", "08"]
        assert text.count(HIDDEN) >= 3
        assert not re.search(r"£[\d,]+ is owed", text)

    def test_sections_without_a_contract_are_left_out(self, pages):
        # Eleven bare headings stood on the page of a cohort without a contract.
        text = pages[1]["dollars", "08"]
        assert "no outcomes contract" in text
        for heading in ("Who pays", "The investor's view", "What is still to come"):
            assert heading not in text
        assert "What may not be concluded" in text
