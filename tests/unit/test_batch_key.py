"""The manifest: what counts as finished, and what as changed."""

from __future__ import annotations

import json

import pytest

from wlz_eval.batch.key import CAUSES, Manifest, Record, changed, file_hash, files_hash, package_hash
from wlz_eval.batch.progress import LinesProgress, make_progress
from wlz_eval.batch.record import JobResult, Refusal, RunResult

KEY = dict.fromkeys(CAUSES, "same")
FILES = {"children.csv": "a", "measures.csv": "b"}


@pytest.fixture
def record(tmp_path):
    (tmp_path / "page").write_text("whole")
    return Record(KEY, {"effort": "quick"}, {"page": file_hash(tmp_path / "page")}, 1.5, FILES)


def test_unchanged(tmp_path, record):
    assert changed(record, KEY, tmp_path, FILES) == ""
    assert changed(None, KEY, tmp_path, FILES) == "it has not been run"


@pytest.mark.parametrize("cause", list(CAUSES))
def test_each_cause_is_named(tmp_path, record, cause):
    assert changed(record, KEY | {cause: "other"}, tmp_path, FILES) == CAUSES[cause]


def test_the_tables_that_changed_are_named(tmp_path, record):
    key = KEY | {"data": "other"}
    now = {"children.csv": "a", "measures.parquet": "b", "sessions.csv": "c"}
    assert changed(record, key, tmp_path, now) == "the data changed (measures.csv, measures.parquet, sessions.csv)"
    early = Record(KEY, {}, record.outputs, 1.5)
    assert changed(early, key, tmp_path, now) == CAUSES["data"], "a manifest of before files were kept"


def test_an_output_that_is_not_what_was_made(tmp_path, record):
    (tmp_path / "page").write_text("half")
    assert "page is missing or was changed" in changed(record, KEY, tmp_path, FILES)
    (tmp_path / "page").unlink()
    assert "page is missing or was changed" in changed(record, KEY, tmp_path, FILES)


def test_a_manifest_is_read_as_it_was_written(tmp_path, record):
    path = tmp_path / "manifest.json"
    manifest = Manifest.read(path)
    manifest.add("04_attribution", record)
    manifest.set_published("abc")
    again = Manifest.read(path)
    assert again.records == {"04_attribution": record}
    assert again.published == "abc"
    again.remove("04_attribution")
    assert Manifest.read(path).records == {}
    assert Manifest.read(path).published == "", "what was published no longer stands for what is finished"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 0}', '{"format": 1, "notebooks": {"a": {"b": 1}}}'])
def test_a_damaged_manifest_counts_as_empty(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_text(content)
    assert Manifest.read(path).records == {}


def test_a_person_can_read_the_manifest(tmp_path, record):
    Manifest(tmp_path / "manifest.json").add("01_a", record)
    content = json.loads((tmp_path / "manifest.json").read_text())
    assert set(content["notebooks"]["01_a"]["key"]) == set(CAUSES)
    assert content["notebooks"]["01_a"]["parameters"] == {"effort": "quick"}


def test_hashes_of_files(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    paths = [tmp_path / "a", tmp_path / "b"]
    assert files_hash(paths) == files_hash(paths[::-1])
    assert file_hash(tmp_path / "absent") == ""
    assert len(package_hash()) == 64


def result(status, **more):
    return RunResult((JobResult("toy", "01_a", status, "why", 1.0, "in full"),), **more)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (result("succeeded"), 0),
        (result("cached"), 0),
        (result("failed"), 1),
        (result("succeeded", faults={"toy": "Traceback"}), 1),
        (result("failed", refused=(Refusal("b", "bad"),)), 2),
        (result("failed", refused=(Refusal("b", "bad"),), gate={"toy": ("small",)}), 3),
        (result("succeeded", interrupted=True), 130),
    ],
)
def test_exit_status(found, code):
    assert found.exit_code == code


def test_a_result_is_a_table():
    table = result("failed").table()
    assert list(table.columns) == ["cohort", "notebook", "status", "seconds", "reason"]
    assert "in full" not in result("failed")._repr_html_(), "details are for the terminal"


def test_lines_when_not_on_a_terminal(capsys):
    lines = make_progress()
    assert isinstance(lines, LinesProgress)
    lines.begin(2)
    lines.started("toy", "01_a", "it has not been run", "01_a.log")
    lines.ended(JobResult("toy", "01_a", "succeeded", "it has not been run", 1.24))
    lines.ended(JobResult("toy", "02_b", "failed", "why", 2.0, "in full"))
    lines.close()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "[1/2] toy 01_a succeeded in 1.2 s\n[2/2] toy 02_b failed in 2.0 s: in full\n"
    quiet = make_progress(quiet=True)
    quiet.begin(1)
    quiet.ended(JobResult("toy", "01_a", "failed"))
    quiet.note("anything")
    assert capsys.readouterr().err == ""
