"""What changed between two reports of a cohort: from released numbers only, with what may have moved them."""

import csv
import dataclasses
import io
import json

import pytest
from toy_notebook import ATT, Toy

from wlz_eval.release import Rule
from wlz_eval.report import publish
from wlz_eval.report.changes import changes_between, changes_csv
from wlz_eval.report.exports import COLUMNS
from wlz_eval.report.history import History, Release

INPUTS = {"data": "d", "plan": "p", "code": "c", "notebook": "n", "effort": "quick", "seed": "1", "versions": "v"}


def row(name="a", **more):
    """Make a released finding."""
    blank = {column: 0 if kind == "whole number" else False if kind == "yes or no" else "" for column, (kind, _)
             in COLUMNS.items()}
    numbers = {"estimate": 3.1, "ci_low": 0.4, "ci_high": 5.8}
    about = {"finding_id": name, "what": name.upper(), "unit": "points", "claim": "effect", "tier": "A",
             "notebook": "04_attribution", "cell": 3}
    return {**blank, **numbers, **about, **more}


def release(*rows, rule=None, **inputs):
    made = {"03_progress": INPUTS, "04_attribution": {**INPUTS, **inputs}}
    return Release(rule=rule or Rule(), inputs=made, rows=rows)


def kinds(before, now):
    return {c.row["finding_id"]: c.kind for c in changes_between(before, now).rows}


def test_the_first_report_has_nothing_before_it():
    found = changes_between(None, release(row()))
    assert (found.first, found.rows, found.same) == (True, (), 1)


def test_one_step_of_the_rounding_is_told_from_more():
    before = release(row("same"), row("step"), row("two"), row("end"))
    now = release(row("same"), row("step", estimate=3.2), row("two", estimate=3.3), row("end", ci_high=6.0))
    assert kinds(before, now) == {"step": "last digit", "two": "moved", "end": "interval moved"}
    assert changes_between(before, now).same == 1


@pytest.mark.parametrize(("unit", "before", "step", "two"), [
    ("children", 230.0, 235.0, 240.0), ("money", 754_000.0, 755_000.0, 756_000.0), ("percent", 42.0, 43.0, 44.0),
    ("sd", 0.21, 0.22, 0.23),
])
def test_a_step_is_that_of_the_unit(unit, before, step, two):
    about = {"unit": unit, "currency": "GBP" if unit == "money" else "", "ci_low": None, "ci_high": None}
    old = release(row(estimate=before, **about))
    assert kinds(old, release(row(estimate=step, **about))) == {"a": "last digit"}
    assert kinds(old, release(row(estimate=two, **about))) == {"a": "moved"}


def test_every_other_kind_of_change():
    gone = {"estimate": None, "ci_low": None, "ci_high": None}
    before = release(row("renamed"), row("hides"), row("shows", hidden=True, **gone), row("goes"), row("n/a"))
    now = release(row("renamed", claim="adjusted_difference"), row("hides", hidden=True, **gone), row("shows"),
                  row("comes"), row("n/a", **gone))
    assert kinds(before, now) == {"renamed": "renamed", "hides": "now hidden", "shows": "now shown",
                                  "comes": "appeared", "goes": "vanished", "n/a": "moved"}


def test_an_earlier_number_is_never_repeated_where_it_is_hidden_now_or_gone():
    gone = {"estimate": None, "ci_low": None, "ci_high": None}
    before = release(row("hides", estimate=7.7), row("goes", estimate=8.8), row("moves", estimate=9.9))
    now = release(row("hides", hidden=True, **gone), row("moves"))
    text = changes_csv(changes_between(before, now))
    assert "9.9" in text
    assert "7.7" not in text
    assert "8.8" not in text


@pytest.mark.parametrize(("old", "new", "repeated"), [
    (Rule(10, 5), Rule(10, 5), True), (Rule(20, 10), Rule(10, 5), True), (Rule(5, 5), Rule(10, 5), False),
    (Rule(10, 1), Rule(10, 5), False), (Rule(10, 5, applies=False), Rule(10, 5), False),
    (Rule(5, 5, applies=False), Rule(10, 5, applies=False), True),
])
def test_numbers_released_under_a_weaker_rule_are_not_repeated(old, new, repeated):
    found = changes_between(release(row(estimate=9.9), rule=old), release(row(), rule=new))
    assert found.repeated is repeated
    assert ("9.9" in changes_csv(found)) is repeated


def test_what_differs_is_named_and_several_may():
    found = changes_between(release(row()), release(row(estimate=9.0), data="D", seed="2"))
    assert found.causes == ("the data (of 04_attribution)", "the seed of chance (of 04_attribution)")
    assert found.rows[0].why == ("the data", "the seed of chance")
    assert changes_between(release(row()), release(row(estimate=9.0))).rows[0].why == (
        "nothing that is recorded differs",)


def test_an_earlier_notebook_counts_among_what_may_have_moved_a_number():
    before, now = release(row()), release(row(estimate=9.0))
    edited = dataclasses.replace(now, inputs={**now.inputs, "03_progress": {**INPUTS, "notebook": "N"}})
    assert changes_between(before, edited).rows[0].why == ("an earlier notebook (03_progress)",)
    other = dataclasses.replace(now, inputs={"03_progress": INPUTS}, rows=())
    assert changes_between(other, now).rows[0].why == ("its page was not in the report before",)
    found = changes_between(now, other)
    assert (found.rows[0].kind, found.rows[0].why) == ("vanished", ("its page is not in this report",))


def test_what_it_may_be_called_is_said_beside_a_number_that_moved():
    (change,) = changes_between(release(row()), release(row(estimate=9, claim="adjusted_difference", tier="B"))).rows
    assert "difference after matching" in change.note
    assert "tier A became B" in change.note


def test_the_order_of_rows_changes_nothing():
    rows = [row("a"), row("b"), row("c", estimate=9.0)]
    assert changes_between(release(*rows), release(*reversed(rows))).rows == ()


def test_two_reports_are_kept_and_the_same_report_again_changes_nothing(tmp_path):
    path = tmp_path / "releases.json"
    for n, expected in ((1.0, None), (1.0, None), (2.0, 1.0), (2.0, 1.0), (3.0, 2.0), (1.0, 3.0)):
        history, now = History(path), release(row(estimate=n))
        before = history.before(now)
        assert (before.rows[0]["estimate"] if before else None) == expected
        history.remember(now)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert [kept["current"]["rows"][0][2], kept["before"]["rows"][0][2]] == [1.0, 3.0]


def test_a_run_that_is_killed_after_its_pages_were_moved_makes_the_same_pages_again(tmp_path):
    path = tmp_path / "releases.json"
    History(path).remember(release(row(estimate=1.0)))
    now = release(row(estimate=2.0))
    first = History(path).before(now)
    # Killed here: the record still holds the earlier report only.
    assert History(path).before(now) == first


def test_the_cohorts_own_page(monkeypatch, tmp_path):
    toy = Toy(monkeypatch, tmp_path).typical().save()
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    assert "there is nothing to compare with" in (folder / "changes.html").read_text(encoding="utf-8")
    moved = dataclasses.replace(ATT, estimate=4.4, claim="effect")
    monkeypatch.setattr("toy_notebook.ATT", moved)
    toy = Toy(monkeypatch, tmp_path, overrides={"seed": 7}).typical().save()
    publish("toy", toy.workspace, cohort=toy.cohort)
    page = (folder / "changes.html").read_text(encoding="utf-8")
    assert "3.1 points (0.4 to 5.8)" in page
    assert "4.4 points (0.4 to 5.8)" in page
    assert "3.14159" not in page
    assert "the seed of chance" in page
    rows = list(csv.DictReader(io.StringIO((folder / "changes.csv").read_text(encoding="utf-8-sig"))))
    assert [(r["finding_id"], r["change"], r["before"], r["now"]) for r in rows] == [
        (ATT.finding_id, "moved", "3.1", "4.4")]
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    publish("toy", toy.workspace, cohort=toy.cohort)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before, "published again, it is the same to the byte"


def test_what_a_run_with_a_failed_notebook_published_is_not_compared_with(monkeypatch, tmp_path):
    """A kernel was killed, the rest was published, and the next report said that all its other numbers were new."""
    toy = Toy(monkeypatch, tmp_path).typical().save()
    run_file = toy.workspace.run_file("toy", "public")
    run_file.parent.mkdir(parents=True, exist_ok=True)
    ended = {"status": "failed", "reason": "its kernel was killed", "seconds": 1.0}
    run_file.write_text(json.dumps({"notebooks": {"05_engagement": ended}}), encoding="utf-8")
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    assert not toy.workspace.releases_file("toy", "public").exists()
    run_file.write_text(json.dumps({"notebooks": {"05_engagement": {**ended, "status": "skipped"}}}), encoding="utf-8")
    publish("toy", toy.workspace, cohort=toy.cohort)
    assert "there is nothing to compare with" in (folder / "changes.html").read_text(encoding="utf-8")
    assert toy.workspace.releases_file("toy", "public").exists()
