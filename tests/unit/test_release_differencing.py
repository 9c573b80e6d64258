"""Two public runs that differ by a few children: the second is not published."""

import dataclasses
import itertools
import json
import random

import pandas as pd
import pytest
from toy_notebook import Toy

import wlz_eval.release.marks as marks_module
from wlz_eval.core.errors import GateRefusedError
from wlz_eval.release.differencing import PublishedRuns, children_between, too_close
from wlz_eval.release.marks import Marks, child_marks
from wlz_eval.release.rule import Rule
from wlz_eval.release.suppression.facts import rounded_range
from wlz_eval.report import publish

KEY = b"secret"


@pytest.fixture
def toy(monkeypatch, tmp_path):
    return Toy(monkeypatch, tmp_path).typical().save()


def without(cohort, n):
    gone = set(cohort.children["child_id"].iloc[:n])
    tables = {
        name: table[~table["child_id"].isin(gone)] if "child_id" in table else table
        for name, table in cohort.tables.items()
    }
    return dataclasses.replace(cohort, tables=tables)


def replaced(cohort, **tables):
    return dataclasses.replace(cohort, tables={**cohort.tables, **tables})


def marks_of(children, records=None, measured=True):
    """Marks of children who each have one record, or those given."""
    held = dict.fromkeys(map(str, children), 1) | {str(child): mark for child, mark in (records or {}).items()}
    return Marks(("score",), (measured,), {child: f"{mark:06x}" for child, mark in held.items()})


def test_marks_depend_on_records_only(toy):
    cohort = toy.cohort
    marks = child_marks(cohort, KEY)
    assert len(marks.children) == len(cohort.children)
    turned = {name: table.iloc[::-1, ::-1] for name, table in cohort.tables.items()}
    again = child_marks(dataclasses.replace(cohort, tables=turned), KEY)
    assert set(children_between(marks, again, 10).values()) == {0}
    assert child_marks(cohort, b"other").children.keys().isdisjoint(marks.children)
    assert not any(str(child) in str(marks) for child in cohort.children["child_id"])


def test_a_corrected_value_is_a_child_who_changed(toy):
    changed = toy.cohort.children.copy()
    changed["school_id"] = changed["school_id"].astype(object)
    changed.loc[changed.index[0], "school_id"] = "another"
    after = child_marks(replaced(toy.cohort, children=changed), KEY)
    between = children_between(child_marks(toy.cohort, KEY), after, 10)
    assert {part: n for part, n in between.items() if n} == {"any record": 1, "children: school_id": 1}


def test_a_corrected_score_is_not_hidden_by_edits_elsewhere(toy):
    """Ten months of birth were tidied in the same run, and the mean before and after gave the one child's score."""
    children, measures = toy.cohort.children.copy(), toy.cohort.tables["measures"].copy()
    children["school_id"] = children["school_id"].astype(object)
    children.loc[children.index[:12], "school_id"] = "another"
    first = measures.index[measures["value"].notna()][0]
    measures.loc[first, "value"] += 1
    about = f"measures: {measures.loc[first, 'measure']}, {measures.loc[first, 'wave']}: value"
    before = child_marks(toy.cohort, KEY)
    assert too_close([before], child_marks(replaced(toy.cohort, children=children), KEY), 10) == ""
    after = child_marks(replaced(toy.cohort, children=children, measures=measures), KEY)
    assert too_close([before], after, 10) == about
    runs = PublishedRuns(toy.workspace.audience_dir("toy", "public") / "none.json")
    runs.runs.append(before)
    assert f"in one part of their records ({about})" in runs.refusal(after, 10)


def test_tidied_days_do_not_hide_a_number_that_was_changed(toy):
    """Each number was marked with its row's day, so twelve tidied days hid the one attendance that was corrected."""
    ids = toy.cohort.children["child_id"]
    day = pd.Timestamp("2022-09-05")
    table = pd.DataFrame({"child_id": ids, "date": day, "minutes": 30.0})
    tidied = table.assign(date=[day + pd.Timedelta(days=int(i < 12)) for i in range(len(ids))])
    changed = tidied.assign(minutes=[30.0 + 5 * (i == 0) for i in range(len(ids))])
    before, days, both = (child_marks(replaced(toy.cohort, interactions=t), KEY) for t in (table, tidied, changed))
    assert too_close([before], days, 10) == ""
    assert too_close([before], both, 10) == "interactions: minutes, whatever the day"


def test_of_a_very_large_pool_whole_tables_are_compared(toy, monkeypatch):
    monkeypatch.setattr(marks_module, "_BY_COLUMN", 10)
    measures = toy.cohort.tables["measures"].copy()
    first = measures.index[measures["value"].notna()][0]
    measures.loc[first, "value"] += 1
    before, after = (child_marks(c, KEY) for c in (toy.cohort, replaced(toy.cohort, measures=measures)))
    assert too_close([before], after, 10) == "any record"
    assert {part for part, n in children_between(before, after, 10).items() if n} == {"any record", "measures"}


def test_a_household_is_a_record_of_its_children(toy):
    children = toy.cohort.children.assign(household_id=lambda c: "H" + c["child_id"].astype(str))
    house = children["household_id"].iloc[0]
    needs = pd.DataFrame(
        {"household_id": [house], "framework": "six", "area": "crime", "wave": "baseline", "met": [True]}
    )
    before = child_marks(replaced(toy.cohort, children=children, family_needs=needs), KEY)
    after = child_marks(replaced(toy.cohort, children=children, family_needs=needs.assign(met=False)), KEY)
    between = children_between(before, after, 10)
    changed = {part for part, n in between.items() if n}
    assert changed == {"any record", "family_needs: baseline, six, crime: met"}


@pytest.mark.parametrize(("left", "close"), [(0, False), (1, True), (9, True), (10, False), (25, False)])
def test_nobody_or_ten_may_lie_between_two_runs(left, close):
    before, now = marks_of(range(40)), marks_of(range(left, 40))
    assert bool(too_close([before], now, 10)) is close
    assert bool(too_close([marks_of([]), before], now, 10)) is close


@pytest.mark.parametrize(("measured", "scored", "close"), [(True, 30, True), (True, 12, False), (False, 30, False)])
def test_of_those_who_left_what_means_are_made_of_counts(measured, scored, close):
    """Twelve left, and only three had a score: the means before and after give the mean of the three, if shown."""
    unscored = dict.fromkeys([*range(3, 12), *range(scored, 60)], 0)
    left = {child: mark for child, mark in unscored.items() if child >= 12}
    before, now = marks_of(range(60), unscored, measured), marks_of(range(12, 60), left, measured)
    assert bool(too_close([before], now, 10)) is close


def test_every_earlier_run_counts_not_only_the_last():
    first, second, back = marks_of(range(40)), marks_of(range(12, 40)), marks_of(range(1, 40))
    assert not too_close([second], back, 10)
    assert too_close([first, second], back, 10)


@pytest.mark.parametrize(
    ("kept", "words"),
    [({"version": 1, "key": "00", "runs": []}, "another version"), ({"version": 2, "closed": True}, "were deleted")],
)
def test_marks_that_cannot_be_compared_hold_the_run_back(kept, words, tmp_path):
    path = tmp_path / "published_runs.json"
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert words in PublishedRuns(path).refusal(marks_of(range(40)), 10)
    path.unlink()
    assert PublishedRuns(path).refusal(marks_of(range(40)), 10) == ""


def test_the_earlier_pages_stand_when_one_child_left(toy):
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(GateRefusedError, match="fewer than 10 children left, joined or changed"):
        publish("toy", toy.workspace, cohort=without(toy.cohort, 1))
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    publish("toy", toy.workspace, cohort=toy.cohort)
    path = toy.workspace.audience_dir("toy", "public") / "published_runs.json"
    assert len(PublishedRuns(path).runs) == 1


@pytest.mark.parametrize("seed", range(30))
def test_any_two_published_runs_are_consistent_with_ten_different_children(seed, tmp_path):
    """Whatever leaves, joins, comes back or is corrected, and in whatever order runs are asked for."""
    draw, runs = random.Random(seed), PublishedRuns(tmp_path / "runs.json")
    now, refused = dict.fromkeys(map(str, range(60)), 0), 0
    for step in range(1, 40):
        for child in draw.sample(range(80), draw.choice((0, 1, 1, 2, 5, 12))):
            change = draw.choice(("leave", "join", "correct"))
            if change == "leave":
                now.pop(str(child), None)
            elif change == "join":
                now.setdefault(str(child), 0)
            elif str(child) in now:
                now[str(child)] = step
        marks = marks_of([], now)
        if runs.refusal(marks, 10):
            refused += 1
        else:
            runs.remember(marks)
    assert refused
    assert len(runs.runs) > 1
    for one, other in itertools.combinations(runs.runs, 2):
        assert all(n == 0 or n >= 10 for n in children_between(one, other, 10).values())


@pytest.mark.parametrize("left", [1, 9])
def test_what_is_published_stays_consistent_with_at_least_ten_leaving(toy, left):
    """A reader of all that is public sees one run, so nothing differs for the children who left."""
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    before = {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with pytest.raises(GateRefusedError):
        publish("toy", toy.workspace, cohort=without(toy.cohort, left))
    assert {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    publish("toy", toy.workspace, cohort=without(toy.cohort, 10))


ATTRIBUTES = {"year": ("7", "8", "9"), "sex": ("boy", "girl"), "plan": ("none", "support", "plan")}


def drawn(cohort, draw):
    """A cohort of 20 to 120 children whose attributes are drawn, some of them rare."""
    size = draw.randint(20, 120)
    children = pd.DataFrame({"child_id": [f"c{i}" for i in range(size)]} | {
        name: draw.choices(values, [draw.random() ** 2 + 0.02 for _ in values], k=size)
        for name, values in ATTRIBUTES.items()
    })
    return dataclasses.replace(cohort, tables={"children": children})


def counts(cohort):
    """What one run publishes: the least and the most that each shown number can be."""
    children = cohort.children
    shown = {"all": len(children)}
    shown |= {(name, value): int((children[name] == value).sum()) for name, of in ATTRIBUTES.items() for value in of}
    return {what: rounded_range(n, Rule()) for what, n in shown.items()}


def test_two_runs_say_no_more_of_a_child_who_left_than_one(toy):
    """Drawn cohorts that some children leave, those who left often alike, as when a class or a school drops out.

    Where one to nine left there is no second run, so a reader knows what the first said. Where more did, at least ten
    children may lie between the two, and of each attribute it stays open that a child who left has it, and that not.
    """
    published = 0
    for draw in map(random.Random, range(25)):
        first = drawn(toy.cohort, draw)
        ids = first.children.sort_values(draw.choice(tuple(ATTRIBUTES)))["child_id"]
        before, reader = child_marks(first, KEY), counts(first)
        for left in (1, draw.randint(2, 8), 9, 10, 12, 15):
            stayed = first.children[~first.children["child_id"].isin(ids.iloc[:left])]
            second = dataclasses.replace(first, tables={"children": stayed})
            refused = bool(too_close([before], child_marks(second, KEY), 10))
            assert refused is (left < 10)
            if refused:
                continue
            published += 1
            between = {
                what: (max(0, reader[what][0] - high), reader[what][1] - low)
                for what, (low, high) in counts(second).items()
            }
            everyone = between.pop("all")[1]
            assert everyone >= 10
            assert all(most > 0 for _, most in between.values()), "nobody who left has it"
            assert all(least < everyone for least, _ in between.values()), "everybody who left has it"
    assert published
