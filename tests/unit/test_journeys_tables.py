"""Journeys from tables: states by hand, what cannot be told, the service map, cards, outcomes, figures."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from journey_worlds import planted

from wlz_eval.cohort import make_cohort
from wlz_eval.engagement import EngagementOptions
from wlz_eval.engagement.journeys import (
    draw_flow,
    draw_stages,
    draw_states,
    draw_timeline,
    draw_touchpoints,
    journeys,
    partner_cards,
    sequences,
    service_map,
)
from wlz_eval.engagement.journeys.flow import flow_counts, thirds
from wlz_eval.engagement.journeys.outcomes import journey_differences
from wlz_eval.engagement.journeys.sequences import beside_smallest, state_shares
from wlz_eval.measures import analysis_frame
from wlz_eval.release import Label, Percent
from wlz_eval.release.columns import release_table, released_frame
from wlz_eval.release.rule import Rule, release_finding

OPTIONS = EngagementOptions()
ENGLISH = SimpleNamespace(measure="english", wave="endline", primary=True, better="higher")
IDS = ["C000", "C003", "C006", "C009"]  # the programme children of the tiny cohort
TERMS = [
    {"name": "Autumn 2022", "start": "2022-09-01", "end": "2022-12-16"},
    {"name": "Spring 2023", "start": "2023-01-04", "end": "2023-03-31"},
]


def cohort_with(tiny_cohort, terms=TERMS, left=None, **tables):
    bare = {k: v for k, v in tiny_cohort.tables.items() if k in ("children", "measures")}
    if left:
        bare["children"] = bare["children"].assign(left=bare["children"]["child_id"].map(left))
    if "sessions" in tables and "partners" not in tables:
        tables["partners"] = pd.DataFrame({"partner_id": ["P1"], "name": ["Sports club"]})
    meta = tiny_cohort.meta.model_dump(mode="json")
    meta["programme"] = {"start": "2022-09-01", "end": "2023-03-31"}
    meta["waves"]["endline"] = {"start": "2023-03-01", "end": "2023-03-31"}
    return make_cohort({**meta, "terms": terms}, {**bare, **tables})


def told(tiny_cohort, options=OPTIONS, **tables):
    cohort = cohort_with(tiny_cohort, **tables)
    return sequences(cohort, analysis_frame(cohort), options)


def contacts(*rows):
    return pd.DataFrame(list(rows), columns=["child_id", "date", "with", "kind", "minutes"])


def engagements(child, *days):
    return [(child, day, "child", "engagement", 30.0) for day in days]


def visits(child, *days, minutes=60.0, partner="P1"):
    return pd.DataFrame(
        {
            "child_id": child,
            "partner_id": partner,
            "date": list(days),
            "support_type": "sport",
            "planned_minutes": 60.0,
            "attended_minutes": minutes,
        }
    )


class TestStates:
    def test_by_hand(self, tiny_cohort):
        october, november = ("2022-10-03", "2022-10-10", "2022-10-17"), ("2022-11-14", "2022-11-21", "2022-11-28")
        table = contacts(
            *engagements("C000", *october[:2]),  # engaged in the first half of autumn
            *engagements("C003", october[0]),  # one is not enough: light
            ("C006", "2022-12-27", "parent", "contact", 5.0),  # a holiday belongs to the half-term before it
            *engagements("C000", *november[:2]),
        )
        partner = pd.concat(
            [
                visits("C000", *november),  # with two engagements: both
                visits("C003", *november),  # partner support
                visits("C009", *october, minutes=0.0),  # planned and missed: nothing
            ]
        )
        found = told(tiny_cohort, interactions=table, sessions=partner, left={"C006": "2023-01-20"})
        assert list(found.children) == IDS
        assert [label.split(", ")[1] for label in found.steps] == ["first half", "second half"] * 2
        none, light, engaged, support, both, left = range(6)
        assert found.states.tolist() == [
            [engaged, both, none, none],
            [light, support, none, none],
            [none, light, left, left],
            [none, none, none, none],
        ]

    def test_the_plan_sets_the_cut_points(self, tiny_cohort):
        table = contacts(*engagements("C003", "2022-10-03"))
        easy = EngagementOptions(journey_engagements=1, journey_sessions=1)
        found = told(tiny_cohort, easy, interactions=table, sessions=visits("C003", "2022-10-03"))
        assert found.states[1].tolist() == [4, 0, 0, 0]

    def test_months_count_from_the_childs_own_start(self, tiny_cohort):
        cohort = cohort_with(tiny_cohort, interactions=contacts(*engagements("C000", "2022-11-05", "2022-11-20")))
        frame = analysis_frame(cohort)
        data = frame.data.copy()
        data.loc["C000", "index_date"] = pd.Timestamp("2022-11-01")
        late = dataclasses.replace(frame, data=data)
        found = sequences(cohort, late, EngagementOptions(journey_period="month"))
        assert len(found.steps) == 7
        # Two months of the seven lie after the end of the programme.
        assert found.states[0].tolist() == [2, 0, 0, 0, 0, 6, 6]

    def test_who_starts_late_is_outside_before(self, tiny_cohort):
        cohort = cohort_with(tiny_cohort, interactions=contacts(*engagements("C000", "2022-11-25", "2022-11-28")))
        frame = analysis_frame(cohort)
        data = frame.data.copy()
        data.loc["C000", "index_date"] = pd.Timestamp("2022-11-01")
        found = sequences(cohort, dataclasses.replace(frame, data=data), OPTIONS)
        assert found.states[0].tolist() == [6, 2, 0, 0]

    def test_what_was_recorded_is_said(self, tiny_cohort):
        only = told(tiny_cohort, interactions=contacts(*engagements("C000", "2022-10-03", "2024-01-01")))
        assert any("no partner sessions" in note for note in only.notes)
        assert any("before the first step" in note for note in only.notes)
        no_kind = contacts(*engagements("C000", "2022-10-03", "2022-10-04")).drop(columns="kind")
        found = told(tiny_cohort, interactions=no_kind)
        assert any("not told apart" in note for note in found.notes)
        assert found.states[0, 0] == 2

    def test_the_order_of_rows_changes_nothing(self, tiny_cohort):
        rows = contacts(*engagements("C009", "2022-10-03", "2022-10-04"), *engagements("C000", "2022-11-25"))
        one, other = told(tiny_cohort, interactions=rows), told(tiny_cohort, interactions=rows.iloc[::-1])
        assert (one.states == other.states).all()


class TestCannotBeTold:
    def test_no_events(self, tiny_cohort):
        for tables in ({}, {"interactions": contacts()}):
            found = told(tiny_cohort, **tables)
            assert not found.available
            assert "no interactions and no sessions" in found.reason

    def test_no_event_within_the_programme(self, tiny_cohort):
        found = told(tiny_cohort, interactions=contacts(*engagements("C000", "2024-03-01")))
        assert "within the programme" in found.reason

    def test_no_terms(self, tiny_cohort):
        rows = contacts(*engagements("C000", "2022-10-03"))
        assert "terms" in told(tiny_cohort, terms=[], interactions=rows).reason
        monthly = told(tiny_cohort, EngagementOptions(journey_period="month"), terms=[], interactions=rows)
        assert monthly.available

    def test_the_whole_result_says_so_too(self, tiny_cohort):
        cohort = cohort_with(tiny_cohort)
        frame = analysis_frame(cohort)
        found = journeys(cohort, frame, OPTIONS, [ENGLISH])
        assert (found.available, found.groups, found.findings()) == (False, 0, [])
        assert found.answer() == ("{reason}", {"reason": found.sequences.reason})
        assert found.table().empty
        mapped = service_map(cohort, frame, OPTIONS)
        assert mapped.reason
        assert mapped.answer()[1]["reason"] == mapped.reason
        assert partner_cards(cohort, frame).empty

    def test_few_children_have_no_typical_journey(self, tiny_cohort):
        cohort = cohort_with(tiny_cohort, interactions=contacts(*engagements("C000", "2022-10-03")))
        found = journeys(cohort, analysis_frame(cohort), OPTIONS, [ENGLISH])
        assert found.available
        assert found.groups == 0
        assert "too few" in found.answer()[1]["reason"]
        assert found.outcomes.empty


class TestServiceMap:
    def test_by_hand(self, tiny_cohort):
        table = contacts(
            ("C000", "2022-09-11", "parent", "contact", 5.0),
            ("C003", "2022-09-21", "child", "contact", 5.0),
            *engagements("C000", "2022-10-01"),
        )
        cohort = cohort_with(tiny_cohort, interactions=table, sessions=visits("C009", "2022-09-06", minutes=0.0))
        frame = analysis_frame(cohort)
        mapped = service_map(cohort, frame, OPTIONS)
        stages = mapped.stages.set_index("stage")
        start = cohort.children.set_index("child_id").loc["C000", "index_date"]
        first = [(pd.Timestamp(day) - start).days for day in ("2022-09-11", "2022-09-21")]
        assert stages.loc["First contact", ["children", "n", "share"]].tolist() == [2, 4, 50.0]
        assert stages.loc["First contact", "median_days"] == np.mean(first)
        assert stages.loc["First engagement", "children"] == 1
        assert stages.loc["Partner support", "children"] == 0
        assert np.isnan(stages.loc["Partner support", "median_days"])
        whole = mapped.touchpoints[mapped.touchpoints["step"] == "Whole programme"].set_index("who")
        assert whole.loc["Link Worker with a parent", ["per_child", "reached", "n"]].tolist() == [0.25, 1, 4]
        assert {f.claim for f in mapped.findings()} == {"description"}
        assert "delivery.service.days.first_contact" in {f.finding_id for f in mapped.findings()}

    def test_a_stage_that_all_but_a_few_reached_is_hidden_among_the_findings_too(self, tiny_cohort):
        # The page hid it, and findings.csv printed it: 97% of those of whom 97% reached the stage before.
        cohort = cohort_with(tiny_cohort, interactions=contacts(*engagements("C000", "2022-10-01")))
        mapped = service_map(cohort, analysis_frame(cohort), OPTIONS)
        rows = pd.DataFrame({"stage": ["Started", "Met", "Stayed"], "children": [270, 266, 200], "n": 300,
                             "share": [90.0, 88.7, 66.7], "apart": [math.inf, 4.0, 66.0], "median_days": math.nan})
        found = dataclasses.replace(mapped, stages=rows).findings()
        assert [release_finding(f, Rule()).text for f in found] == ["90%", "hidden", "67%"]

    def test_partner_card_by_hand(self, tiny_cohort):
        partners = pd.DataFrame(
            {
                "partner_id": ["P1", "P2"], "name": ["Club 10", "Club 2"], "outcome_areas": ["english maths", None],
                "level_policies": ["yes", "no"], "level_values": ["yes", None],
            }
        )  # fmt: skip
        table = pd.concat(
            [
                visits("C000", "2022-10-03", "2022-10-17"),
                visits("C003", "2022-10-03", minutes=0.0),
                visits("C003", "2022-10-04", minutes=30.0, partner="P2"),
            ]
        )
        cohort = cohort_with(tiny_cohort, sessions=table, partners=partners)
        card = partner_cards(cohort, analysis_frame(cohort))
        assert card["partner"].tolist() == ["Club 2", "Club 10"]
        last = card.iloc[1]
        assert (last["children"], last["planned"], last["attended"]) == (2, 3, 2)
        assert last["rate"] == pytest.approx(200 / 3)
        assert (last["minutes"], last["weeks"], last["levels_met"]) == (60.0, 1.0, 2.0)
        assert (last["areas"], last["levels"]) == ("english, maths", "policies, values")


class TestTables:
    def test_shares_add_up_and_the_next_smallest_stands_beside_the_smallest(self):
        table = state_shares(np.array([[0, 1]] * 12 + [[1, 1]] * 4 + [[2, 1]] * 30), ("a", "b"), "All")
        assert table.groupby("step")["share"].sum().tolist() == pytest.approx([100.0, 100.0])
        first = table[table["step"] == "a"].set_index("state")
        assert first["children"].tolist() == [12, 4, 30]
        assert first["beside"].tolist() == [4, 4, 30]
        assert beside_smallest(pd.Series([3]), [pd.Series(["a"])]).tolist() == [3]

    def test_thirds_keep_ties_together(self):
        words = ("low", "middle", "high")
        assert thirds(pd.Series([5.0] * 4), words).tolist() == ["middle"] * 4
        found = thirds(pd.Series([1.0, 1, 1, 1, 2, 3, np.nan]), words)
        assert found.iloc[:4].tolist() == ["low"] * 4
        assert pd.isna(found.iloc[6])

    def test_flow_counts_each_child_once_in_each_part(self):
        need, support = pd.Series(["a", "a", "b", None]), pd.Series(["x", "y", "x", "x"])
        table = flow_counts(need, support, pd.Series(["up", "up", "down", "up"]))
        assert table.groupby("part")["children"].sum().tolist() == [3, 3]
        assert flow_counts(need[:0], support[:0], need[:0]).empty

    def test_a_band_without_a_child_is_a_row_too(self):
        table = flow_counts(pd.Series(["a", "a", "b"]), pd.Series(["x", "y", "x"]), pd.Series(["up", "up", "down"]))
        assert sorted(table["children"]) == [0, 0, 1, 1, 1, 1, 1, 1]

    def test_differences_are_those_of_a_regression(self):
        rng = np.random.default_rng(1)
        data = pd.DataFrame({"j": rng.choice(list("ABC"), 300, p=[0.5, 0.3, 0.2]), "before": rng.normal(size=300)})
        data["school_id"] = rng.integers(0, 12, 300)
        data["after"] = data["before"] + (data["j"] == "B") * 2 + rng.normal(size=300)
        table = journey_differences(data, "j", "after", "before").set_index("journey")
        fit = smf.ols("after ~ before + C(j)", data).fit()
        size = data["j"].value_counts(normalize=True)
        means = pd.Series({"A": 0.0, "B": fit.params["C(j)[T.B]"], "C": fit.params["C(j)[T.C]"]})
        assert table["difference"].to_dict() == pytest.approx((means - (means * size).sum()).to_dict())
        assert (table["ci_low"] < table["difference"]).all()
        assert table.loc["B", "ci_low"] > 0.5

    def test_a_journey_of_few_children_has_no_difference(self):
        data = pd.DataFrame({"j": ["A"] * 40 + ["B"] * 40 + ["C"] * 4, "y": np.arange(84) % 7.0, "school_id": "s"})
        table = journey_differences(data, "j", "y", None).set_index("journey")
        assert np.isnan(table.loc["C", "difference"])
        assert "Too few" in table.loc["C", "note"]
        assert np.isfinite(table.loc["A", "ci_low"])
        assert journey_differences(data[data["j"] == "A"], "j", "y", None)["difference"].isna().all()

    def test_no_difference_below_the_threshold_since_it_would_follow_from_the_others(self):
        # Differences, each times its children, add up to zero: a hidden one could be worked out.
        data = pd.DataFrame({"j": ["A"] * 40 + ["B"] * 40 + ["C"] * 14, "y": np.arange(94) % 7.0, "school_id": "s"})
        table = journey_differences(data, "j", "y", None, fewest=15).set_index("journey")
        assert np.isnan(table.loc["C", "difference"])
        shown = table.loc[["A", "B"]]
        assert (shown["difference"] * shown["n"]).sum() == pytest.approx(0, abs=1e-9)


def world(sizes, seed=1):
    """A cohort whose children follow planted journeys: Link Worker first then partner; lightly; both."""
    rng = np.random.default_rng(seed)
    terms = [
        {"name": f"Term {i}", "start": f"2022-{9 + i:02d}-01", "end": f"2022-{9 + i:02d}-28"} for i in range(4)
    ]
    templates = np.array([[2, 2, 2, 2, 3, 3, 3, 3], [1] * 8, [4] * 8])
    states, group = planted(sizes, 8, 0.1, rng, templates)
    starts = [f"2022-{9 + i:02d}-{day:02d}" for i in range(4) for day in (2, 17)]
    met, came = [], []
    for child, row in enumerate(states):
        name = f"C{child:03d}"
        for day, state in zip(starts, row, strict=True):
            met += engagements(name, *[day] * 2) if state in (2, 4) else []
            met += [(name, day, "parent", "contact", 5.0)] if state == 1 else []
            came += [visits(name, *[day] * 3)] if state in (3, 4) else []
    n = len(states)
    ids = [f"C{i:03d}" for i in range(n)]
    before = rng.normal(100, 10, n)
    values = pd.DataFrame({"child_id": ids * 2, "measure": "english", "wave": ["baseline"] * n + ["endline"] * n})
    values["value"] = np.r_[before, before + 4 * (group == 2) + rng.normal(0, 3, n)].clip(60, 140).round(1)
    children = pd.DataFrame({"child_id": ids, "group": "programme", "index_date": "2022-09-01"})
    children["school_id"] = [f"S{i % 9}" for i in range(n)]
    children["fsm"] = ["yes", "no"] * (n // 2)
    meta = {
        "schema_version": 1, "id": "world", "title": "Planted journeys", "provenance": "synthetic", "licence": "none",
        "source": "this test", "programme": {"start": "2022-09-01", "end": "2022-12-31"}, "terms": terms,
        "waves": {"baseline": {"start": "2022-06-01", "end": "2022-07-20"},
                  "endline": {"start": "2022-12-01", "end": "2022-12-31"}},
        "data_use": {"lawful_basis": "none", "special_category_condition": "none held"},
    }  # fmt: skip
    tables = {"children": children, "measures": values, "interactions": contacts(*met)}
    partners = pd.DataFrame({"partner_id": ["P1"], "name": ["Sports club"]})
    return make_cohort(meta, {**tables, "sessions": pd.concat(came).drop_duplicates(), "partners": partners}), group


@pytest.fixture(scope="module")
def planted_world():
    cohort, group = world((50, 40, 30))
    frame = analysis_frame(cohort)
    easy = EngagementOptions(journey_sessions=1, journey_groups=4)
    return cohort, frame, group, journeys(cohort, frame, easy, [ENGLISH]), service_map(cohort, frame, easy)


class TestJourneys:
    def test_planted_journeys_are_told(self, planted_world):
        _, _, group, found, _ = planted_world
        assert found.groups == 3
        names = pd.Series(found.group.to_numpy()).groupby(group).agg(lambda g: g.mode()[0]).tolist()
        assert names == ["Journey A", "Journey B", "Journey C"]
        words = found.typical.set_index("journey")["words"]
        assert words["Journey A"] == "Link Worker engagement, then partner support"
        assert words["Journey B"] == "Light contact"
        assert found.typical["children"].sum() == 120

    def test_outcomes_are_associations_with_a_caution(self, planted_world):
        _, _, _, found, _ = planted_world
        table = found.outcomes.set_index("journey")
        # Planted: 4 points more for a quarter of the children, so 3 above the average of all and 1 below it.
        assert table.loc["Journey C", "ci_low"] < 3 < table.loc["Journey C", "ci_high"]
        assert table.loc["Journey C", "ci_low"] > 0
        facts = {f.finding_id: f for f in found.findings()}
        assert facts["delivery.journeys.outcome.english.endline.c"].claim == "association"
        assert "does not say" in facts["delivery.journeys.outcome.english.endline.c"].note
        assert not any(f.claim == "effect" for f in facts.values())
        template, values = found.answer()
        assert values["journeys"].estimate == 3
        assert not any(c.isdigit() for c in template)
        template, values = found.sequences.definition()
        assert not any(c.isdigit() for c in template)
        assert (values["engagements"].estimate, values["sessions"].estimate) == (2, 1)

    def test_flow_timeline_and_card(self, planted_world):
        _, _, _, found, _ = planted_world
        assert found.flow.groupby("part")["children"].sum().tolist() == [120, 120]
        assert set(found.flow.loc[found.flow["part"] == "need to support", "end"]) == set(found.typical["journey"])
        assert len(found.timeline) == 3 * 8
        contacts = found.card[found.card["what"] == "Link Worker contacts"].set_index("journey")
        assert contacts["n"].to_dict() == found.typical.set_index("journey")["children"].to_dict()

    def test_all_children_never_stand_beside_the_journeys(self, planted_world):
        # From all children less the journeys that are shown, what is hidden of one journey would follow.
        _, _, _, found, _ = planted_world
        journeys_found = ["Journey A", "Journey B", "Journey C"]
        assert found.shares["group"].unique().tolist() == ["All children"]
        assert found.timeline["journey"].unique().tolist() == journeys_found
        assert found.card["journey"].unique().tolist() == journeys_found
        columns = {"group": Label("Journey"), "step": Label("Step"), "state": Label("State"),
                   "share": Percent("Children", n="n", beside="beside")}  # fmt: skip
        shown = released_frame(release_table(found.shares, columns, Rule()), columns)
        hidden = shown["share"].isna().groupby([shown["group"], shown["step"]]).sum()
        assert (hidden != 1).all()

    def test_figures_are_drawn_from_what_is_shown(self, planted_world):
        _, _, _, found, mapped = planted_world
        hidden = found.shares.assign(share=found.shares["share"].where(found.shares["children"] >= 10))
        states = draw_states(hidden)
        assert len(states.axes) == 1
        assert "Too few to show" in [t.get_text() for t in states.legends[0].get_texts()]
        assert len(draw_timeline(found.timeline).axes[0].get_yticks()) == 3
        bare = draw_timeline(found.timeline.drop(columns="share")).axes[0]
        assert len(bare.patches) == 3 * 8
        assert not bare.texts
        flow = found.flow.assign(children=found.flow["children"].astype(float).where(found.flow["children"] >= 10))
        assert len(draw_flow(flow).axes[0].patches) == flow["children"].notna().sum()
        assert len(draw_stages(mapped.stages).axes) == 2
        assert draw_touchpoints(mapped.touchpoints).axes[0].images
        nothing = flow.assign(children=np.nan)
        assert not draw_flow(nothing).axes[0].patches
        assert draw_states(hidden.assign(share=np.nan)).axes

    def test_the_order_of_rows_changes_nothing(self, planted_world):
        cohort, _, _, found, _ = planted_world
        turned = {name: table.iloc[::-1].reset_index(drop=True) for name, table in cohort.tables.items()}
        other = dataclasses.replace(cohort, tables=turned)
        again = journeys(
            other, analysis_frame(other), EngagementOptions(journey_sessions=1, journey_groups=4), [ENGLISH]
        )
        assert again.group.equals(found.group)
        pd.testing.assert_frame_equal(again.outcomes, found.outcomes)
        pd.testing.assert_frame_equal(again.shares, found.shares)
