"""Two public runs that differ by a few children: the second is not published."""

import dataclasses

import pytest
from toy_notebook import Toy

from wlz_eval.core.errors import GateRefusedError
from wlz_eval.release.differencing import PublishedRuns, child_marks, children_between, too_close
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


def test_marks_depend_on_records_only(toy):
    cohort = toy.cohort
    marks = child_marks(cohort, KEY)
    assert len(marks) == len(cohort.children)
    turned = {name: table.iloc[::-1, ::-1] for name, table in cohort.tables.items()}
    assert child_marks(dataclasses.replace(cohort, tables=turned), KEY) == marks
    assert child_marks(cohort, b"other").keys().isdisjoint(marks)
    assert not any(str(child) in str(marks) for child in cohort.children["child_id"])


def test_a_corrected_value_is_a_child_who_changed(toy):
    changed = toy.cohort.children.copy()
    changed["school_id"] = changed["school_id"].astype(object)
    changed.loc[changed.index[0], "school_id"] = "another"
    after = dataclasses.replace(toy.cohort, tables={**toy.cohort.tables, "children": changed})
    assert children_between(child_marks(toy.cohort, KEY), child_marks(after, KEY)) == 1


@pytest.mark.parametrize(("left", "close"), [(0, False), (1, True), (9, True), (10, False), (25, False)])
def test_nobody_or_ten_may_lie_between_two_runs(left, close):
    before = {str(i): "x" for i in range(40)}
    now = {str(i): "x" for i in range(left, 40)}
    assert too_close([before], now, 10) is close
    assert too_close([{}, before], now, 10) is close


def test_every_earlier_run_counts_not_only_the_last():
    first = {str(i): "x" for i in range(40)}
    second = {str(i): "x" for i in range(12, 40)}
    back = {str(i): "x" for i in range(1, 40)}
    assert not too_close([second], back, 10)
    assert too_close([first, second], back, 10)


def test_the_earlier_pages_stand_when_one_child_left(toy):
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(GateRefusedError, match="fewer than 10 children left, joined or changed"):
        publish("toy", toy.workspace, cohort=without(toy.cohort, 1))
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    publish("toy", toy.workspace, cohort=toy.cohort)
    path = toy.workspace.audience_dir("toy", "public") / "published_runs.json"
    assert len(PublishedRuns(path).runs) == 1
