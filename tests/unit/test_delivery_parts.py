"""Attendance, missed sessions, practice levels, partners' measures, contacts and feedback: by hand and in worlds."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from wlz_eval.cohort import make_cohort
from wlz_eval.engagement.delivery import attendance_table, child_feedback, partner_scales, practice_profile
from wlz_eval.engagement.delivery.caseload import GROUPS, NOT_KNOWN, caseload, need_groups
from wlz_eval.engagement.delivery.missed import chance_of_pair, missed_sessions
from wlz_eval.engagement.delivery.partner_scales import standardised_change
from wlz_eval.engagement.delivery.planned import planned_sessions
from wlz_eval.measures.options import RiskRule

IDS = ["C000", "C003", "C006", "C009"]  # the programme children of the tiny cohort


def cohort_with(tiny_cohort, **tables):
    bare = {k: v for k, v in tiny_cohort.tables.items() if k in ("children", "measures")}
    return make_cohort(tiny_cohort.meta.model_dump(mode="json"), {**bare, **tables}, checked=True)


def sessions(rows, **columns):
    """Sessions from (child, partner, day of October 2022, minutes attended)."""
    table = pd.DataFrame(rows, columns=["child_id", "partner_id", "date", "attended_minutes"])
    table["date"] = pd.to_datetime("2022-10-01") + pd.to_timedelta(table["date"] - 1, unit="D")
    return table.assign(attended_minutes=table["attended_minutes"].astype(float), planned_minutes=60.0, **columns)


def planned(tiny_cohort, rows, children=IDS, **columns):
    return planned_sessions(cohort_with(tiny_cohort, sessions=sessions(rows, **columns)), pd.Index(children))


class TestAttendance:
    def test_intervals_cover_with_few_children(self):
        rng, blocks, rates = np.random.default_rng(1), [], {}
        for k in range(400):
            n, rates[f"w{k}"] = rng.integers(6, 30), rng.choice([70.0, 90.0])
            own = rng.beta(rates[f"w{k}"] * 0.06, 6 - rates[f"w{k}"] * 0.06, n)
            child = np.repeat(np.arange(n), rng.integers(2, 20, n))
            came = rng.random(len(child)) < own[child]
            blocks.append(pd.DataFrame({"child_id": child, "attended": came, "world": f"w{k}"}))
        table = attendance_table(pd.concat(blocks), "world").set_index("group")
        true = pd.Series(rates).reindex(table.index)
        assert 0.93 <= ((table["ci_low"] <= true) & (true <= table["ci_high"])).mean() <= 0.985

    def test_all_attended_still_has_a_width(self):
        table = pd.DataFrame({"child_id": np.repeat(range(12), 10), "attended": 1, "k": "x"})
        row = attendance_table(table, "k").iloc[0]
        assert row["rate"] == row["ci_high"] == 100
        assert 70 < row["ci_low"] < 80  # twelve children, not 120 sessions

    def test_one_child_has_no_interval(self):
        row = attendance_table(pd.DataFrame({"child_id": "a", "attended": [1, 0], "k": "x"}), "k").iloc[0]
        assert row["rate"] == 50
        assert np.isnan(row["ci_low"])

    def test_partners_in_the_order_of_their_numbers(self):
        table = pd.DataFrame({"child_id": "a", "attended": 1, "k": ["P 10", "P 2", "P 1", None]})
        assert attendance_table(table, "k")["group"].tolist() == ["P 1", "P 2", "P 10"]


class TestPlanned:
    def test_terms_weekdays_and_stages(self, tiny_cohort):
        found = planned(tiny_cohort, [("C000", "P1", 3, 60), ("C000", "P1", 31, 60), ("C000", "P1", 93, 0)])
        labels = {name: [g.labels[c] if c >= 0 else "" for c in g.codes] for name, g in found.groups.items()}
        assert labels["weekday"] == ["Monday", "Monday", "Sunday"]
        assert labels["term"] == ["Autumn 2022", "Autumn 2022", ""]
        assert labels["stage"][0] == "First four weeks of a child"
        assert labels["stage"][1:] == ["In between", "Last four weeks of a child"]

    def test_not_planned_is_left_out_with_a_note(self, tiny_cohort):
        table = sessions([("C000", "P1", 3, 60), ("C000", "P1", 4, 60)]).assign(planned_minutes=[60.0, 0.0])
        found = planned_sessions(cohort_with(tiny_cohort, sessions=table), pd.Index(IDS))
        assert len(found) == 1
        assert any("no minutes" in note for note in found.notes)

    def test_others_do_not_count(self, tiny_cohort):
        assert len(planned(tiny_cohort, [("C001", "P1", 3, 60), ("C000", "P1", 3, 60)])) == 1

    def test_partners_that_are_not_described(self, tiny_cohort):
        partners = pd.DataFrame({"partner_id": ["P1", "P3", "P4"], "name": ["Club", "Twin", "Twin"]})
        rows = [("C000", p, 3, 60) for p in ("P1", "P2", "P3", "P4")]
        cohort = cohort_with(tiny_cohort, sessions=sessions(rows), partners=partners)
        found = planned_sessions(cohort, pd.Index(IDS))
        assert found.groups["partner"].labels == ("Club", "P2", "P3", "P4")
        assert "the table of partners lacks" in found.notes[0]


class TestMissed:
    def test_chance_of_two_side_by_side_is_that_of_all_orders(self):
        rng = np.random.default_rng(3)
        for n, m in ((6, 2), (9, 4), (12, 3), (5, 3), (7, 0), (4, 4)):
            order = np.argsort(rng.random((20_000, n)), axis=1) < m
            seen = (order[:, 1:] & order[:, :-1]).any(axis=1).mean()
            assert chance_of_pair(np.array([float(n)]), np.array([float(m)]))[0] == pytest.approx(seen, abs=0.015)

    def test_runs_by_hand(self, tiny_cohort):
        rows = [("C000", "P1", d, a) for d, a in ((3, 0), (4, 0), (5, 0), (6, 60))]
        rows += [("C003", "P1", 3, 0), ("C003", "P1", 4, 60), ("C003", "P2", 5, 0), ("C006", "P1", 3, 60)]
        found = missed_sessions(planned(tiny_cohort, rows))
        assert found.runs[["group", "children", "count"]].to_numpy().tolist() == [["All sessions", 3, 1]]
        assert found.lengths["count"].tolist() == [2, 1, 1, 0, 0]
        assert found.lengths["step"].tolist() == [1, 1, 0, 1, 0]

    def test_clumped_misses_are_seen_and_scattered_ones_are_not(self, tiny_cohort):
        def verdict(gone):
            children = [f"K{i}" for i in range(60)]
            rows = [(c, "P1", d + 1, 0 if d in gone else 60) for c in children for d in range(20)]
            return missed_sessions(planned(tiny_cohort, rows, children)).sentence()[0]

        assert "more than chance would have it" in verdict({5, 6, 7})
        assert "further apart" in verdict({1, 5, 9, 13, 17})

    def test_by_kind_of_support_runs_do_not_cross_kinds(self, tiny_cohort):
        rows = [("C000", "P1", 3, 0), ("C000", "P2", 4, 0), ("C000", "P1", 5, 60)]
        table = missed_sessions(planned(tiny_cohort, rows, support_type=["art", "sport", "art"])).runs
        assert dict(zip(table["group"], table["count"], strict=True)) == {"All sessions": 1, "art": 0, "sport": 0}

    def test_reasons(self, tiny_cohort):
        rows = [("C000", "P1", d, 0) for d in (3, 4, 5)] + [("C003", "P1", 3, 0), ("C003", "P1", 4, 60)]
        reason = ["illness", "illness", None, "trip", "illness"]  # the last one attended: its reason does not count
        table = missed_sessions(planned(tiny_cohort, rows, missed_reason=reason)).reasons
        assert table[["group", "missed", "children"]].to_numpy().tolist() == [
            ["illness", 2, 1], ["trip", 1, 1], ["no reason recorded", 1, 1],
        ]
        assert table["share"].sum() == pytest.approx(100)
        assert missed_sessions(planned(tiny_cohort, rows)).reasons.empty


class TestPractice:
    def test_counts_and_what_intensity_builds_on(self, tiny_cohort):
        partners = pd.DataFrame({"partner_id": ["P1", "P2", "P10"], "name": ["B", "A 10", "A 2"]})
        partners["level_policies"] = pd.array([True, True, None], dtype="boolean")
        partners["level_practice"] = pd.array([True, False, False], dtype="boolean")
        partners["level_intensity"] = pd.array([True, True, False], dtype="boolean")
        found = practice_profile(cohort_with(tiny_cohort, partners=partners))
        counts = found.levels[["meets", "does_not", "not_known"]].to_numpy().tolist()
        assert counts[:3] == [[2, 0, 1], [1, 2, 0], [0, 0, 3]]
        assert found.partners["group"].tolist() == ["A 2", "A 10", "B"]
        assert found.ahead == 1

    def test_nothing_recorded(self, tiny_cohort):
        for tables in ({}, {"partners": pd.DataFrame({"partner_id": ["P1"]})}):
            found = practice_profile(cohort_with(tiny_cohort, **tables))
            assert found.findings() == []
            assert "do not say" in found.sentence()[0]


def own_measures(rows, measure="confidence"):
    return pd.DataFrame(rows, columns=["child_id", "partner_id", "wave", "value"]).assign(measure=measure)


class TestScales:
    def test_by_hand(self, tiny_cohort):
        rows = [(c, "P1", "baseline", v) for c, v in zip(IDS, (10.0, 20.0, 30.0, 40.0), strict=True)]
        rows += [("C000", "P1", "midpoint", 99.0), ("C000", "P1", "endline", 20.0), ("C003", "P1", "endline", 30.0)]
        cohort = cohort_with(tiny_cohort, partner_measures=own_measures(rows))
        school = tiny_cohort.children.set_index("child_id")["school_id"]
        row = partner_scales(cohort, pd.Index(IDS), school).rows.iloc[0]
        assert (row["at_start"], row["children"], row["lost"], row["after"]) == (4, 2, 2, 25.0)
        assert row["change"] == pytest.approx(10 / np.std([10, 20, 30, 40], ddof=1))

    def test_fewer_is_better_turns_the_sign(self, tiny_cohort):
        rows = [(c, "P1", w, v) for c in IDS for w, v in (("baseline", 10.0 + int(c[1:])), ("endline", 5.0))]
        cohort = cohort_with(tiny_cohort, partner_measures=own_measures(rows, "sdq_total"))
        school = tiny_cohort.children.set_index("child_id")["school_id"]
        found = partner_scales(cohort, pd.Index(IDS), school)
        assert (found.rows["change"] > 0).all()
        text, _ = found.sentence()
        assert "better" in text
        assert "not what the partners did" in text
        assert {f.claim for f in found.findings()} == {"description"}

    def test_a_measure_without_a_direction_has_no_change(self, tiny_cohort):
        rows = [(c, "P1", w, 5.0 + int(c[1:])) for c in IDS for w in ("baseline", "endline")]
        cohort = cohort_with(tiny_cohort, partner_measures=own_measures(rows, "club_score"))
        rows = partner_scales(cohort, pd.Index(IDS), pd.Series("s", index=IDS)).rows
        assert rows["better"].eq("not known").all()
        assert rows["change"].isna().all()

    def test_the_interval_covers_and_matches_beckers_variance(self):
        rng, inside = np.random.default_rng(7), 0
        for _ in range(600):
            start = rng.normal(0, 1, 200)
            first, noise = start[:30], rng.normal(0, 0.8, 30)
            _, low, high = standardised_change(first, 0.6 * first + noise + 0.5, start.std(ddof=1), 199)
            inside += low <= 0.5 <= high
        assert 0.93 <= inside / 600 <= 0.97
        change, low, high = standardised_change(first, 0.6 * first + noise + 0.5, 1.0, 29)
        gap = 0.6 * first + noise + 0.5 - first
        want = np.sqrt(gap.var(ddof=1) / 30 + change**2 / (2 * 29))
        assert (high - low) / 2 / special.stdtrit(29, 0.975) == pytest.approx(want)


class TestCaseload:
    def doses(self, n=90, seed=2):
        rng = np.random.default_rng(seed)
        data = pd.DataFrame({"school_id": [f"s{i % 6}" for i in range(n)]}, index=[f"c{i:03d}" for i in range(n)])
        for i in range(5):
            data[f"m{i}_baseline"] = rng.normal(0, 1, n)
        return data, [RiskRule(area=f"a{i}", column=f"m{i}_baseline", below=0) for i in range(5)], rng

    def test_thirds_of_need_and_a_planted_difference(self):
        data, rules, rng = self.doses()
        group = need_groups(data, rules)
        assert set(group) == set(GROUPS)
        more = (group == GROUPS[2]) * 8.0
        doses = pd.DataFrame({"link_worker_interactions": 20 + more + rng.normal(0, 2, len(data))}, index=data.index)
        found = caseload(doses, data, rules)
        gap = found.findings()[0]
        assert gap.claim == "association"
        assert gap.ci_low < 8 < gap.ci_high
        assert found.spread["contacts"].is_monotonic_increasing
        assert found.schools["children"].sum() == 90

    def test_without_rules_need_is_not_known(self):
        data, _, _ = self.doses()
        doses = pd.DataFrame({"link_worker_interactions": 5.0}, index=data.index)
        found = caseload(doses, data, [])
        assert found.needs["group"].tolist() == [NOT_KNOWN]
        assert found.findings() == []
        assert "cannot be set against need" in found.sentence()[0]

    def test_constant_contacts_and_one_school(self):
        data, rules, _ = self.doses()
        doses = pd.DataFrame({"link_worker_interactions": 5.0}, index=data.index)
        found = caseload(doses, data.assign(school_id="s"), rules)
        assert found.gap[0] == pytest.approx(0, abs=1e-9)
        assert (found.needs["contacts"] == 5).all()


class TestFeedback:
    def test_by_hand_with_the_silent(self, tiny_cohort):
        answers = [("C000", "Fun", 5), ("C003", "Fun", 4), ("C006", "Fun", 1), ("C001", "Fun", 5), ("C000", "Fun!", 2)]
        table = pd.DataFrame(answers, columns=["child_id", "question", "score"]).astype({"score": "Int64"})
        school = pd.Series(["a", "b", "c", "b"], index=IDS)
        found = child_feedback(cohort_with(tiny_cohort, feedback=table), school)
        row = found.rows.iloc[0]
        assert (row["children"], row["silent"], row["response"], row["favourable"]) == (3, 1, 75, 2)
        assert (row["least"], row["most"]) == (50, 75)
        assert row["ci_low"] < row["share"] < row["ci_high"]
        assert len({f.finding_id for f in found.findings()}) == len(found.findings())

    def test_whose_voice_is_missing(self, tiny_cohort):
        ids = [f"K{i:02d}" for i in range(40)]
        table = pd.DataFrame({"child_id": ids[:25], "question": "Fun", "score": 4}).astype({"score": "Int64"})
        rate = pd.Series(np.where(np.arange(40) < 25, 80.0, 50.0) + np.arange(40) % 3, index=ids)
        school = pd.Series([f"s{i % 5}" for i in range(40)], index=ids)
        text, values = child_feedback(cohort_with(tiny_cohort, feedback=table), school, rate).sentence()
        assert "whose voice is missing" in text
        assert values["attended"].estimate == pytest.approx(30, abs=1)

    def test_none(self, tiny_cohort):
        found = child_feedback(cohort_with(tiny_cohort), pd.Series("a", index=IDS))
        assert found.findings() == []
        assert "no feedback" in found.sentence()[0]
