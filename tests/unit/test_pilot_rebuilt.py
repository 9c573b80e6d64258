"""The pilot's rules, put to the rebuilt anchors through the package's own verbs, give what the pilot published."""

import filecmp
import functools

import pandas as pd
import pytest

from wlz_eval.cohort import check_cohort
from wlz_eval.measures import analysis_frame, at_risk, progress, risk_count
from wlz_eval.measures.options import RiskRule
from wlz_eval.pilot.folders import anchors, rebuilt_folder, write_anchors
from wlz_eval.pilot.rebuild import marginal, spread_counts
from wlz_eval.pilot.rebuilt import flags_at
from wlz_eval.plan import load_cohort_and_plan

SHIPPED = rebuilt_folder()
IDS = ("pilot-phoenix", "pilot-ark-swift", "pilot-randolph-beresford")


@pytest.fixture(scope="module", params=IDS)
def anchor(request):
    return opened(request.param)


@functools.cache
def opened(name):
    cohort, plan = load_cohort_and_plan(SHIPPED / name)
    return cohort, plan, analysis_frame(cohort)


def crossed(frame, rules, area):
    """How many children at risk at the start, of those how many are out, and how many are at risk at the end."""
    before, after = (flags_at(frame, rules, wave)[area] for wave in ("baseline", "endline"))
    both = before.notna() & after.notna()
    before, after = before[both].astype(bool), after[both].astype(bool)
    return int(before.sum()), int((before & ~after).sum()), int(after.sum())


def composite(frame, rules):
    """Children with fewer, as many and more areas at risk at the end than at the start."""
    change = risk_count(flags_at(frame, rules, "endline")) - risk_count(flags_at(frame, rules, "baseline"))
    known = change.dropna()
    return int((known < 0).sum()), int((known == 0).sum()), int((known > 0).sum())


def exits(cohort, frame, rules, measure):
    """Children at risk at the start and those of them who are out, as the findings of page 3 tell them."""
    found = {f.finding_id: f for f in progress(cohort, frame, rules).findings()}
    share = found[f"progress.exit_rate.{measure}.endline"]
    return share.n_programme, round(share.estimate * share.n_programme / 100, 6)


class TestWhatTheFoldersAre:
    def test_they_pass_the_check_and_say_what_they_are(self, anchor):
        cohort, _, _ = anchor
        assert check_cohort(SHIPPED / cohort.id).problems == ()
        assert cohort.provenance == "synthetic"
        assert "rebuilt" in cohort.meta.title
        assert "made up" in cohort.meta.source
        assert (cohort.children["group"] == "programme").all()

    def test_they_are_what_the_script_writes(self, tmp_path):
        for path in write_anchors(tmp_path):
            names = sorted(p.name for p in path.iterdir())
            assert names == sorted(p.name for p in (SHIPPED / path.name).iterdir())
            same, other, odd = filecmp.cmpfiles(path, SHIPPED / path.name, names, shallow=False)
            assert (other, odd) == ([], []), same

    def test_only_the_programmes_children_and_as_many_as_published(self):
        assert [len(a.children) for a in anchors()] == [34, 33, 51]


class TestPhoenix:
    def test_english_twenty_sixteen_four(self):
        cohort, plan, frame = opened("pilot-phoenix")
        assert crossed(frame, plan.risk, "english") == (20, 16, 4)
        assert exits(cohort, frame, plan.risk, "english") == (20, 16)

    def test_maths_fifteen_three(self):
        cohort, plan, frame = opened("pilot-phoenix")
        assert crossed(frame, plan.risk, "maths")[:2] == (15, 3)
        assert exits(cohort, frame, plan.risk, "maths") == (15, 3)

    def test_behaviour_seven_of_whom_six_still(self):
        _, plan, frame = opened("pilot-phoenix")
        assert crossed(frame, plan.risk, "behaviour")[:2] == (7, 1)
        assert int(frame.data["behaviour_incidents_baseline"].notna().sum()) == 33

    def test_the_midpoint_of_a_level_is_the_score_at_the_end(self):
        _, _, frame = opened("pilot-phoenix")
        assert set(frame.data["english_endline"].dropna()) <= {75.0, 85.0, 95.0, 105.0, 115.0}

    def test_improved_in_english_and_maths_as_printed(self):
        _, _, frame = opened("pilot-phoenix")
        for subject, percent, n in (("english", 87, 30), ("maths", 31, 32)):
            rows = frame.data[[f"{subject}_baseline", f"{subject}_endline"]].dropna()
            better = rows[f"{subject}_endline"] > rows[f"{subject}_baseline"]
            assert (round(100 * better.mean()), len(rows)) == (percent, n)

    def test_composite_and_engagement(self):
        cohort, plan, frame = opened("pilot-phoenix")
        assert composite(frame, plan.risk) == (14, 14, 2)
        risks = {wave: risk_count(flags_at(frame, plan.risk, wave)) for wave in ("baseline", "endline")}
        change = (risks["endline"] - risks["baseline"]).dropna()
        dose = cohort["interactions"].groupby("child_id").size().reindex(frame.data.index, fill_value=0)
        means = [dose[change.index[chosen]].mean() for chosen in (change < 0, change == 0, change > 0)]
        assert [f"{mean:.1f}" for mean in means] == ["24.1", "18.2", "12.5"]
        assert int(dose.sum()) == 722

    def test_every_child_assessed_was_at_risk_in_something(self):
        _, plan, frame = opened("pilot-phoenix")
        assert risk_count(flags_at(frame, plan.risk, "baseline")).dropna().min() >= 1


class TestArkSwift:
    def test_behaviour_eight_at_risk_all_improved(self):
        cohort, plan, frame = opened("pilot-ark-swift")
        at_start, out, _ = crossed(frame, plan.risk, "behaviour")
        assert (at_start, out) == (8, 8)
        assert exits(cohort, frame, plan.risk, "behaviour_incidents") == (8, 8)
        rows = frame.data[frame.data["behaviour_incidents_baseline"] >= 5]
        assert (rows["behaviour_incidents_endline"] < rows["behaviour_incidents_baseline"]).all()

    @pytest.mark.parametrize("at_least", [5, 6])
    def test_the_same_under_five_or_more_and_more_than_five(self, at_least):
        for name, expected in (("pilot-ark-swift", 8), ("pilot-phoenix", 7)):
            frame = opened(name)[2]
            rule = RiskRule(area="behaviour", column="behaviour_incidents_baseline", at_least=at_least)
            assert at_risk(frame.data["behaviour_incidents_baseline"], rule).sum() == expected

    def test_children_without_an_incident_and_with_a_few(self):
        data = opened("pilot-ark-swift")[2].data
        counts = {wave: data[f"behaviour_incidents_{wave}"] for wave in ("baseline", "endline")}
        assert [(counts[w] == 0).sum() for w in counts] == [13, 22]
        few = counts["baseline"].between(1, 4)
        assert few.sum() == 12
        assert (counts["endline"][few] > 5).sum() == 2

    def test_composite_and_nobody_back_in_a_subject(self):
        cohort, plan, frame = opened("pilot-ark-swift")
        assert composite(frame, plan.risk) == (9, 22, 2)
        subjects = [r.area for r in plan.risk if r.area != "behaviour"]
        before, after = (flags_at(frame, plan.risk, w)[subjects].astype(int) for w in ("baseline", "endline"))
        assert (after <= before).all(axis=None)
        assert (before - after).sum().to_dict() == {"reading": 0, "writing": 1, "maths": 0}
        assert len(cohort["interactions"]) == 1162


class TestRandolphBeresford:
    def test_below_baseline_in_the_prime_areas(self):
        cohort, plan, frame = opened("pilot-randolph-beresford")
        counted = {
            area: tuple(int(flags_at(frame, plan.risk, w)[area].sum()) for w in ("baseline", "endline"))
            for area in ("communication", "physical", "personal")
        }
        assert counted == {"communication": (22, 14), "physical": (15, 7), "personal": (20, 10)}
        at_start = [exits(cohort, frame, plan.risk, f"eyfs_{area}")[0] for area in counted]
        assert at_start == [22, 15, 20]

    def test_composite(self):
        _, plan, frame = opened("pilot-randolph-beresford")
        assert composite(frame, plan.risk) == (13, 20, 16)


def test_the_three_anchors_together_are_the_headline_but_for_the_child_it_loses():
    added = pd.DataFrame([composite(frame, plan.risk) for _, plan, frame in map(opened, IDS)]).sum().tolist()
    assert added == [36, 55 + 1, 20]
    assert sum(added) == 30 + 33 + 49


def test_profiles_come_out_as_printed_where_children_are_known():
    for name, column, has, percent, whole in (
        ("pilot-phoenix", "fsm", True, 51, 33),
        ("pilot-ark-swift", "sen", "support", 25, 32),
        ("pilot-randolph-beresford", "gender", "male", 52, 51),
    ):
        known = opened(name)[0].children[column].dropna()
        assert (int(100 * (known == has).mean()), len(known)) == (percent, whole)


def test_marginals_and_spreads():
    assert [marginal(f, 34) for f in ("PIL-084", "PIL-087", "PIL-090", "PIL-093")] == [
        (23, 34), (17, 33), (15, 33), (9, 33),
    ]
    counts = spread_counts(105, 4)
    assert counts.sum() == 105
    assert counts.min() >= 0
