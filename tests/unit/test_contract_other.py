"""Forecast, families, the audit trail, INDIGO's export, and what every money figure carries."""

import json

import jsonschema
import numpy as np
import pandas as pd
import pytest
from toy_contract import CARD, RISK, TERMS, toy_contract, toy_tables

from wlz_eval.cohort import make_cohort
from wlz_eval.core.errors import CohortError, ReleaseError
from wlz_eval.core.files import reference_dir
from wlz_eval.measures import analysis_frame
from wlz_eval.value.contract import (
    audit_trail,
    contract_page,
    families,
    forecast,
    indigo_commitments,
    indigo_metrics,
    indigo_project,
)
from wlz_eval.value.contract.forecast import design_effect, draw_shares

TARGETS = pd.DataFrame(
    {
        "trigger": np.repeat(["sign_up", "outcome_1"], 3),
        "case": ["low", "base", "high"] * 2,
        "count": [5.0, 5, 5, 1, 2, 3],
    }
)


@pytest.fixture
def meta(tiny_cohort):
    return tiny_cohort.meta.model_dump(mode="json")


def many(meta, n_known, n_open, shares, seed=0, terms=TERMS):
    """Children with one paid outcome, SDQ: the intake of 2022/23 is read again, that of 2023/24 is not."""
    rng = np.random.default_rng(seed)
    ids = [f"K{i:03d}" for i in range(n_known + n_open)]
    known = np.arange(len(ids)) < n_known
    children = pd.DataFrame(
        {
            "child_id": ids, "group": "programme", "school_id": [f"s{i % 8}" for i in range(len(ids))],
            "index_date": np.where(known, "2022-09-05", "2023-09-04"), "started": "yes",
        }
    )
    after = np.where(rng.random(len(ids)) < shares, 5.0, 25.0)
    rows = [(c, "sdq_total", "baseline", 20.0) for c in ids]
    rows += [(c, "sdq_total", "endline", v) for c, v, k in zip(ids, after, known, strict=True) if k]
    measures = pd.DataFrame(rows, columns=["child_id", "measure", "wave", "value"])
    card, targets = pd.DataFrame(CARD[:2]), TARGETS.assign(count=TARGETS["count"] * 10)
    tables = {"children": children, "measures": measures, "rate_card": card, "targets": targets}
    cohort = make_cohort(meta, tables, contract=terms)
    from wlz_eval.value import contract

    return contract(cohort, analysis_frame(cohort), [RISK[3]]).owed


class TestForecast:
    def test_nothing_to_come_once_all_is_decided(self, meta):
        found = forecast(toy_contract(meta).owed)
        assert found.total == found.low == found.high == 534.01
        assert found.findings() == []

    def test_open_children_are_exchangeable_with_known_ones(self, meta):
        found = forecast(many(meta, 200, 100, 0.6), draws=4000)
        sure = 300 * 100 + 10 * float((found.decided - 30_000) / 10)
        assert found.children_open == 100
        assert "exchangeable" in found.basis
        assert found.total == pytest.approx(sure + 100 * 0.6 * 10, abs=60)
        assert found.low < found.total < found.high

    def test_the_interval_holds_what_comes(self, meta):
        held = []
        for seed in range(200):
            rng = np.random.default_rng(seed)
            p = rng.beta(6, 4)
            known, to_come = rng.binomial(80, p), rng.binomial(60, p) / 60
            shares = draw_shares(np.array([80 - known, known], float), 1.0, 60, 2000, rng)[:, 1]
            low, high = np.quantile(shares, [0.025, 0.975])
            held.append(low - 1e-9 <= to_come <= high + 1e-9)
        assert np.mean(held) >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / 200)

    def test_with_too_few_known_the_targets_are_drawn_from_and_it_says_so(self, meta):
        found = forecast(many(meta, 5, 40, 0.6), draws=2000)
        assert "targets" in found.basis
        # Base target 20 outcomes of 45 children: of the 40 open, the same share; low 10, high 30.
        assert found.total == pytest.approx(found.decided + 40 * 20 / 45 * 10, abs=15)

    def test_the_contracts_cap_bounds_it(self, meta):
        found = forecast(many(meta, 200, 100, 0.6, terms={**TERMS, "contract_cap": 31_300}))
        assert found.high <= 31_300

    def test_children_of_a_school_are_alike(self):
        groups = np.repeat(np.arange(10), 10)
        same = np.repeat(np.random.default_rng(1).random(10) < 0.5, 10).astype(float)
        assert design_effect(same, groups) == pytest.approx(10.0, rel=0.01)
        assert design_effect(np.tile([0.0, 1.0], 50), groups) == 1.0


class TestTrail:
    def test_every_pound_has_its_evidence(self, meta):
        result = toy_contract(meta)
        trail = audit_trail(result.owed, "restricted")
        assert round(trail["paid"].sum(), 2) == result.paid
        row = trail[(trail["child_id"] == "B") & (trail["trigger"] == "Second outcome")].iloc[0]
        assert row["evidence"].endswith("80 at baseline, 85 at endline")

    @pytest.mark.parametrize("audience", ["public", "internal", ""])
    def test_for_nobody_else(self, meta, audience):
        with pytest.raises(ReleaseError, match="restricted"):
            audit_trail(toy_contract(meta).owed, audience)


class TestFamilies:
    def cohort(self, meta, **needs):
        tables = toy_tables(children={"household_id": ["h1", "h1", "h2", "h3", "h4"]})
        rows = {
            "household_id": ["h1", "h1", "h2", "h2", "h3"], "framework": "six",
            "area": ["crime", "health"] * 2 + ["health"], "wave": "baseline", "met": ["yes", "yes", "yes", "no", "no"],
        }
        tables["family_needs"] = pd.DataFrame({**rows, **needs})
        return make_cohort(meta, tables)

    def test_by_hand(self, meta):
        cohort = self.cohort(meta)
        rows = families(cohort, analysis_frame(cohort)).rows.set_index("areas")
        assert rows["families"].to_dict() == {"none": 1, "one": 1, "two or more": 1}
        assert set(rows["of"]) == {3}

    def test_an_area_of_the_other_framework(self, meta):
        cohort = self.cohort(meta, area=["crime", "housing", "crime", "health", "health"])
        with pytest.raises(CohortError, match=r"row 3, column area.*six areas has no such area"):
            families(cohort, analysis_frame(cohort))


class TestIndigo:
    schema = json.loads((reference_dir() / "indigo_schema.json").read_text(encoding="utf-8"))

    def project(self, meta, hide=()):
        terms = {**TERMS, "contract_cap": 600, "investment": {"capital": [{"date": "2022-09-01", "amount": 200}]}}
        owed = toy_contract(meta, terms, targets=TARGETS).owed
        metrics = indigo_metrics(owed).astype(dict.fromkeys(hide, float))
        metrics.loc[:, list(hide)] = np.nan
        return indigo_project(owed, metrics, indigo_commitments(owed))

    def strict(self):
        """The schema with every name that it does not know refused, so that a typing slip cannot pass."""

        def closed(node):
            if isinstance(node, dict):
                own = {k: closed(v) for k, v in node.items()}
                return {**own, "additionalProperties": False} if "properties" in node else own
            return [closed(v) for v in node] if isinstance(node, list) else node

        return closed(self.schema)

    def test_valid_and_every_name_known(self, meta):
        project = json.loads(json.dumps(self.project(meta)))
        jsonschema.validate(project, self.strict())
        first = project["outcome_pricings"][1]
        assert first["outcome_metric_id"] == {"value": "outcome_1"}
        assert first["price_per_unit"]["amount"] == {"value": 10.0}
        assert first["maximum_price_if_all_targets_achieved"]["amount"] == {"value": "20.00"}
        assert project["results"][1]["number_with_positive_social_outcomes"] == {"value": 2.0}
        paid = [c["total_outcome_payments"]["amount"]["value"] for c in project["outcome_payment_commitments"]]
        assert sum(paid) == pytest.approx(534.01)

    def test_what_is_hidden_is_left_out(self, meta):
        project = self.project(meta, hide=("number_with_positive_social_outcomes",))
        jsonschema.validate(project, self.strict())
        assert all("number_with_positive_social_outcomes" not in r for r in project["results"])

    def test_the_part_says_where_it_is_from_and_decides_like_the_whole(self):
        said = self.schema["$comment"]
        assert all(word in said for word in ("INDIGO-Initiative/database-app", "commit", "MIT License", "Copyright"))
        # With a member required or others forbidden, a part could pass what the whole refuses.
        text = json.dumps({k: v for k, v in self.schema.items() if k != "$comment"})
        assert '"required"' not in text
        assert '"additionalProperties"' not in text

    def test_a_contract_without_outcomes_to_pay_would_not_pass(self, meta):
        project = {**self.project(meta), "outcome_metrics": []}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(project, self.schema)

    def test_a_typing_slip_would_not_pass(self, meta):
        project = self.project(meta)
        project["outcome_pricings"][0]["price_per_units"] = {}
        with pytest.raises(jsonschema.ValidationError, match="price_per_units"):
            jsonschema.validate(project, self.strict())


def test_every_money_figure_carries_price_year_perspective_and_kind(meta):
    tables = toy_tables(targets=TARGETS)
    costs = {"item": ["staff"], "payer": ["fund"], "kind": ["cash"], "period": ["2022/23"], "amount": [300.0]}
    tables["costs"] = pd.DataFrame({**costs, "price_year": 2023})
    terms = {**TERMS, "investment": {"capital": [{"date": "2022-09-01", "amount": 200}]}}
    cohort = make_cohort(meta, tables, contract=terms)
    found = contract_page(cohort, analysis_frame(cohort), RISK, effort="draft").findings()
    money = [f for f in found if f.unit == "money"]
    assert len(money) > 10
    assert {(f.price_year, f.currency, f.evidence) for f in money} == {(2023, "GBP", "illustrative")}
    assert {f.perspective for f in money} == {"payers", "investors"}
    assert len({f.finding_id for f in found}) == len(found)
