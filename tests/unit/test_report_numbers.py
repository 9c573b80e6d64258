"""Released numbers as tables and as an A to Z, of one cohort and of the whole site; what the list says of trouble."""

import csv
import dataclasses
import io
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest
from toy_notebook import ATT, COUNT, Toy

from wlz_eval.core.finding import Finding
from wlz_eval.release import FindingSet, Rule, Workspace
from wlz_eval.report import build_site, publish, released_rows
from wlz_eval.report.exports import COLUMNS, SITE_COLUMNS, dictionary_csv, joined_csv, read_rows, rows_csv, rows_parquet
from wlz_eval.report.finding_index import by_letter, entries_of
from wlz_eval.report.troubles import todo_list, trouble_of

EVIL = Finding(finding_id="attribution.evil", quantity="x", estimate=-2.5, unit="ratio", claim="description",
               note='=HYPERLINK("http://x")', n_programme=9)


@pytest.fixture
def toy(monkeypatch, tmp_path):
    return Toy(monkeypatch, tmp_path).typical()


@pytest.fixture
def rows(toy):
    stamp = toy.nb.recorded.stamp(ATT.finding_id)
    return released_rows(toy.nb.recorded | FindingSet([(EVIL, stamp)]), toy.cohort, Rule())


def test_parquet_has_numbers_as_numbers_and_says_why_one_is_not_there(rows, tmp_path):
    path = tmp_path / "f.parquet"
    path.write_bytes(rows_parquet(rows))
    table = pd.read_parquet(path).set_index("finding_id")
    assert str(table["estimate"].dtype) == "float64"
    assert table.loc[ATT.finding_id, ["estimate", "ci_low", "n_programme"]].tolist() == [3.1, 0.4, 230]
    assert table.loc[COUNT.finding_id, "estimate"] == 230
    evil = table.loc["attribution.evil"]
    assert pd.isna(evil["estimate"])
    assert pd.isna(evil["n_programme"])
    assert (evil["hidden"], evil["n_programme_why_empty"]) == (True, "hidden")
    assert "too few children" in evil["why_empty"]
    assert evil["note"].startswith("'=")
    assert read_rows(path, finding_id={ATT.finding_id})[0]["estimate"] == 3.1
    assert read_rows(path, finding_id={"of no run"}) == [], "a run of pages 1 and 2 alone has none that are compared"


def test_parquet_is_the_same_to_the_byte_and_carries_no_more_than_its_columns(rows, tmp_path):
    assert rows_parquet(rows) == rows_parquet(rows)
    path = tmp_path / "f.parquet"
    path.write_bytes(rows_parquet(rows))
    assert pq.read_metadata(path).metadata is None
    assert pq.read_schema(path).names == list(COLUMNS)


def test_what_is_withheld_besides_is_empty_in_both_tables(toy):
    withheld = {ATT.finding_id: {"estimate", "n_comparison"}}
    found = released_rows(toy.nb.recorded, toy.cohort, Rule(), withheld)[0]
    assert [found[name] for name in ("estimate", "ci_low", "ci_high", "n_comparison")] == [None] * 4
    assert found["n_comparison_why_empty"] == "hidden"
    assert found["n_programme"] == 230


def test_every_column_is_in_the_dictionary():
    said = list(csv.DictReader(io.StringIO(dictionary_csv(SITE_COLUMNS))))
    assert [r["column"] for r in said] == list(SITE_COLUMNS)
    assert {r["type"] for r in said} == {"text", "number", "whole number", "yes or no"}


def test_tables_of_cohorts_join_into_one(rows, tmp_path):
    paths = [tmp_path / name / "findings.csv" for name in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("\ufeff" + rows_csv(rows), encoding="utf-8", newline="")
    more = [{"cohort": "a", "cohort_title": "=A, or 1", "simulated": True},
            {"cohort": "b", "cohort_title": "B", "simulated": False}]
    text = joined_csv(zip(more, paths, strict=True), list(SITE_COLUMNS))
    found = list(csv.DictReader(io.StringIO(text)))
    assert list(found[0]) == list(SITE_COLUMNS)
    assert [r["cohort"] for r in found] == ["a"] * len(rows) + ["b"] * len(rows)
    assert (found[0]["cohort_title"], found[0]["simulated"], found[-1]["simulated"]) == ("'=A, or 1", "yes", "")
    assert found[0]["estimate"] == "3.1"


def test_the_index_leads_from_outcomes_and_words_to_cells(rows):
    found = by_letter(entries_of(rows, {"english": "English"}))
    assert [letter.letter for letter in found] == ["C", "E", "X"]
    english = found[1].entries[0]
    assert (english.word, english.anchor) == ("English", "w-english")
    assert [href for _, href in english.links] == ["04_attribution.html#cell-3"]
    accents = [{**rows[0], "outcome": name} for name in ("e", "f")]
    entries = entries_of(accents, {"e": "Éveil", "f": "Eveil!"})
    assert len({entry.anchor for entry in entries}) == 2
    assert [letter.letter for letter in by_letter(entries)] == ["E"]


def published(monkeypatch, tmp_path, *names, run=None, provenance="synthetic"):
    """Publish a toy under several names."""
    for name in names:
        toy = Toy(monkeypatch, tmp_path, provenance=provenance).typical()
        meta = toy.cohort.meta.model_copy(update={"id": name, "title": f"Cohort {name}"})
        toy.cohort = dataclasses.replace(toy.cohort, meta=meta)
        toy.save(run)
        for part in ("executed", "ledger"):
            source = toy.workspace.audience_dir("toy", "public") / part
            target = toy.workspace.audience_dir(name, "public") / part
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
        toy.workspace.findings_dir("toy").rename(toy.workspace.findings_dir(name))
        ledger = toy.workspace.ledger_file(name, "public", "04_attribution")
        ledger.write_text(ledger.read_text(encoding="utf-8").replace('"cohort": "toy"', f'"cohort": "{name}"'))
        publish(name, toy.workspace, cohort=toy.cohort)
    return Workspace(tmp_path)


def test_the_site_holds_every_cohort_in_one_table_and_leads_to_each(monkeypatch, tmp_path):
    workspace = published(monkeypatch, tmp_path, "one", "two")
    build_site(workspace)
    site = workspace.site_dir("public")
    table = pd.read_parquet(site / "findings.parquet")
    assert list(table.columns) == list(SITE_COLUMNS)
    assert set(table["cohort"]) == {"one", "two"}
    assert table["simulated"].all()
    text = (site / "findings.csv").read_text(encoding="utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(text)))) == len(table)
    page = (site / "find.html").read_text(encoding="utf-8")
    for name in ("one", "two"):
        found = (site / name / "find.html").read_text(encoding="utf-8")
        for anchor in ("w-english", "w-count"):
            if f'id="{anchor}"' in found:
                assert f'href="{name}/find.html#{anchor}"' in page
    assert 'href="find.html"' in (site / "index.html").read_text(encoding="utf-8")


def test_the_same_finding_of_two_cohorts_is_compared_on_the_site(monkeypatch, tmp_path):
    workspace = published(monkeypatch, tmp_path, "one")
    build_site(workspace)
    assert not (workspace.site_dir("public") / "compare.html").exists()
    workspace = published(monkeypatch, tmp_path, "two")
    site = build_site(workspace).parent
    page = (site / "compare.html").read_text(encoding="utf-8")
    assert page.count("3.1 points</data>") == 2
    assert 'href="one/04_attribution.html#cell-3"' in page
    assert "SIMULATED DATA: no real children" in page
    assert "Toy &lt;b&gt;cohort&lt;/b&gt;" in page
    assert "3.14159" not in page
    assert 'href="compare.html"' in (site / "index.html").read_text(encoding="utf-8")
    before = {p.name: p.read_bytes() for p in site.iterdir() if p.is_file()}
    build_site(workspace)
    assert {p.name: p.read_bytes() for p in site.iterdir() if p.is_file()} == before


def test_nothing_changed_builds_nothing_and_a_page_that_was_touched_is_built_again(monkeypatch, tmp_path):
    from wlz_eval.batch.publishing import publish_site

    workspace = published(monkeypatch, tmp_path, "one")
    publish_site(workspace, "public")
    page = workspace.site_dir("public") / "find.html"
    before = page.read_bytes()
    calls = []
    monkeypatch.setattr("wlz_eval.report.build_site", lambda *a: calls.append(a) or build_site(*a))
    publish_site(workspace, "public")
    assert calls == []
    page.write_text("by hand", encoding="utf-8")
    publish_site(workspace, "public")
    assert len(calls) == 1
    assert page.read_bytes() == before


def test_a_cohort_whose_pages_were_taken_away_leaves_no_number_behind(monkeypatch, tmp_path):
    import shutil

    workspace = published(monkeypatch, tmp_path, "one", "two", run={"notebooks": {}})
    build_site(workspace)
    site = workspace.site_dir("public")
    run = {"notebooks": {"04_attribution": {"status": "succeeded", "reason": ""}}}
    workspace.run_file("two", "public").write_text(json.dumps(run))
    shutil.rmtree(site / "two")
    index = build_site(workspace).read_text(encoding="utf-8")
    assert not (site / "compare.html").exists()
    assert set(pd.read_parquet(site / "findings.parquet")["cohort"]) == {"one"}
    assert "two/" not in (site / "find.html").read_text(encoding="utf-8")
    assert "its pages are no longer here" in index
    shutil.rmtree(site / "one")
    build_site(workspace)
    assert sorted(p.name for p in site.iterdir()) == ["index.html"]


def test_a_table_of_another_version_is_left_out_and_the_site_still_stands(monkeypatch, tmp_path):
    workspace = published(monkeypatch, tmp_path, "one", "two")
    site = workspace.site_dir("public")
    pd.DataFrame({"old": [1]}).to_parquet(site / "two" / "findings.parquet")
    build_site(workspace)
    assert set(pd.read_parquet(site / "findings.parquet")["cohort"]) == {"one"}


@pytest.mark.parametrize(("run", "kind", "words"), [
    ({"refused": ["children, row 3: child_id is empty"]}, "refused", "wlz-eval check"),
    ({"gate": ["04_attribution.html: holds an identifier"]}, "gate", "quarantine"),
    ({"fault": "The disk is full: /home/me/x/y.html could not be written."}, "fault", "run again"),
    ({"notebooks": {"04": {"status": "failed", "reason": "cell 3: no"}}}, "failed", "--notebook"),
    ({"notebooks": {"07": {"status": "skipped", "reason": "04 failed"}}}, "skipped", "Mend that one"),
    ({"notebooks": {"04": {"status": "cached", "reason": ""}}}, "removed", "makes them again"),
])
def test_every_way_of_not_being_there_has_a_reason_and_something_to_do(run, kind, words):
    trouble = trouble_of(run, published=False)
    assert trouble.kinds == (kind,)
    assert trouble.title
    assert "/home" not in "".join(trouble.reasons)
    (todo,) = todo_list([trouble, trouble], "public")
    assert todo.anchor == f"todo-{kind}"
    assert words in f"{todo.steps} {todo.command}"


def test_nothing_wrong_says_nothing_and_an_internal_run_keeps_its_audience():
    well = {"notebooks": {"04": {"status": "succeeded", "reason": ""}}, "refused": [], "gate": [], "fault": ""}
    assert trouble_of(well, published=True).kinds == ()
    assert trouble_of({}, published=False).kinds == ()
    (todo,) = todo_list([trouble_of({"gate": ["x"]}, published=True)], "internal")
    assert todo.command.endswith("--audience internal")


def test_the_list_links_each_trouble_to_what_to_do(tmp_path):
    workspace = Workspace(tmp_path)
    for name, run in {"a": {"refused": ["row 3"]}, "b": {"fault": "The disk is full."}}.items():
        path = workspace.run_file(name, "public")
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(run))
    page = build_site(workspace).read_text(encoding="utf-8")
    for kind in ("refused", "fault"):
        assert f'href="#todo-{kind}"' in page
        assert f'id="todo-{kind}"' in page
