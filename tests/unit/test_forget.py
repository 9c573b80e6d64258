"""A child that is forgotten is nowhere left, and nothing else is lost; what was published is named."""

import hashlib
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from toy_notebook import Toy

from wlz_eval.batch.forget import forget
from wlz_eval.batch.forgotten import forgotten_children
from wlz_eval.batch.prepare import RefusedError, prepare
from wlz_eval.cohort import find, load_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.release import Workspace
from wlz_eval.report import publish

CHILD, PERSON, SIBLING = "C003", "P003", "C004"


@pytest.fixture
def cohort(tiny_cohort_folder, monkeypatch):
    """A cohort of CSV and Parquet tables in which a child has a sibling; no other cohort is looked at."""
    monkeypatch.setattr(find, "shipped_cohorts", list)
    monkeypatch.setattr("wlz_eval.batch.forget.shipped_cohorts", list)
    path = tiny_cohort_folder / "children.csv"
    children = pd.read_csv(path, dtype=str, keep_default_na=False)
    children.loc[children["child_id"] == SIBLING, "household_id"] = "H003"
    children["note"] = [f'says "{i}",\nthen leaves' for i in range(len(children))]
    path.write_text("\ufeff" + children.to_csv(index=False, lineterminator="\r\n"), encoding="utf-8", newline="")
    measures = pd.read_csv(tiny_cohort_folder / "measures.csv")
    measures["child_id"] = measures["child_id"].astype("category")
    measures.to_parquet(tiny_cohort_folder / "measures.parquet", compression="zstd")
    (tiny_cohort_folder / "measures.csv").unlink()
    needs = {"household_id": ["H003", "H005"], "framework": "six", "area": "work", "wave": "baseline", "met": "yes"}
    pd.DataFrame(needs).to_csv(tiny_cohort_folder / "family_needs.csv", index=False)
    return tiny_cohort_folder


@pytest.fixture
def out(cohort, tmp_path):
    """An output folder that holds the child in every kind of private file."""
    workspace = Workspace(tmp_path / "out")
    private = workspace.cohort_dir("tiny")
    for name in ("public/executed/04_a.ipynb", "public/ledger/04_a.json", "public/log/04_a.log",
                 "public/staging/x.html", "public/quarantine/04_a.html", "internal/executed/04_a.ipynb",
                 "public/pdf/04_a.pdf", "findings/04_a.parquet", "checked.json"):
        path = private / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"about {CHILD}", encoding="utf-8")
    (private / "source.json").write_text(json.dumps({"folder": str(cohort)}), encoding="utf-8")
    for other in ("other/public/log/04_a.log", "studies/public/executed/pooled.ipynb"):
        (workspace.private / other).parent.mkdir(parents=True)
        (workspace.private / other).write_text(f"{PERSON} is here", encoding="utf-8")
    (workspace.private / "other/public/log/05_a.log").write_text("C0031 and P0030 are others", encoding="utf-8")
    return workspace


def everything(*folders):
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders for path in folder.rglob("*") if path.is_file() and path.name != "run.lock"
    }


def test_the_child_is_in_no_file_afterwards(cohort, out):
    done = forget(CHILD, out_dirs=[out.root])
    assert not done.dry_run
    for path in (*cohort.rglob("*"), *out.root.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            assert b"C003\"" not in content
            assert not any(i in content.replace(b"C0031", b"").replace(b"P0030", b"") for i in (b"C003", b"P003")), path
    table = pq.read_table(cohort / "measures.parquet")
    assert CHILD not in str(table["child_id"].combine_chunks().dictionary.to_pylist())


def test_everybody_else_is_as_before_to_the_byte(cohort, out):
    before = load_cohort(cohort)
    text = (cohort / "children.csv").read_bytes()
    parquet = pq.read_table(cohort / "measures.parquet")
    untouched = {
        p: h for p, h in everything(cohort).items() if p.suffix != ".parquet" and CHILD.encode() not in p.read_bytes()
    }
    assert untouched
    forget(CHILD, out_dirs=[out.root])
    after = load_cohort(cohort)
    records = text.split(b"\r\n")
    assert (cohort / "children.csv").read_bytes().split(b"\r\n") == [r for r in records if CHILD.encode() not in r]
    assert pq.read_table(cohort / "measures.parquet").schema.equals(parquet.schema)
    for name, table in before.tables.items():
        if "child_id" in table:
            left = table[table["child_id"] != CHILD].reset_index(drop=True)
            now = after[name].reset_index(drop=True)
            pd.testing.assert_frame_equal(now, left, check_categorical=False)
    assert everything(cohort).items() >= untouched.items()


def test_a_sibling_and_the_needs_of_the_family_stay_until_the_last_child_goes(cohort, out):
    forget(CHILD, out_dirs=[out.root])
    assert SIBLING in (cohort / "children.csv").read_text(encoding="utf-8")
    assert "H003" in (cohort / "family_needs.csv").read_text(encoding="utf-8")
    forget(SIBLING, out_dirs=[out.root])
    assert (cohort / "family_needs.csv").read_text(encoding="utf-8").splitlines()[1:] == ["H005,six,work,baseline,yes"]


def test_a_dry_run_says_the_same_and_changes_nothing(cohort, out):
    before = everything(cohort, out.root)
    planned = forget(CHILD, out_dirs=[out.root], dry_run=True)
    assert everything(cohort, out.root) == before
    done = forget(CHILD, out_dirs=[out.root])
    assert planned.steps == done.steps
    assert done.table()["what"].tolist()


def test_what_later_reports_are_held_against_stays(cohort, out):
    """Released numbers and keyed marks hold no row of a child; printed pages go with what they were made from."""
    private = out.audience_dir("tiny", "public")
    for name in ("releases.json", "published.json", "published_runs.json"):
        (private / name).write_text("{}", encoding="utf-8")
    forget(CHILD, out_dirs=[out.root])
    left = {path.name for path in private.iterdir()}
    assert left == {"releases.json", "published.json", "published_runs.json"}
    assert not out.pdf_dir("tiny", "public").exists()


def test_forgetting_twice_is_forgetting_once(cohort, out):
    forget(CHILD, out_dirs=[out.root])
    before = everything(cohort, out.root)
    again = forget(CHILD, out_dirs=[out.root])
    assert again.known
    assert again.steps == ()
    assert everything(cohort, out.root).keys() == before.keys()
    assert everything(cohort, out.root) == before


@pytest.mark.parametrize("child", [CHILD, PERSON, f" {CHILD} "])
def test_the_child_is_found_by_either_id_in_every_cohort(child, cohort, out, tmp_path):
    other = tmp_path / "second"
    other.mkdir()
    for path in cohort.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    table = (other / "children.csv").read_text(encoding="utf-8").replace(CHILD, "X77")
    (other / "children.csv").write_text(table, encoding="utf-8", newline="")
    described = yaml.safe_load((other / "cohort.yaml").read_text(encoding="utf-8"))
    (other / "cohort.yaml").write_text(yaml.safe_dump({**described, "id": "second"}), encoding="utf-8")
    done = forget(child, [str(cohort), str(other)], [out.root])
    assert {where.split("/")[0] for what, where, _ in done.steps if what == "rows"} == {"tiny", "second"}
    assert PERSON not in (other / "children.csv").read_text(encoding="utf-8")


def test_an_id_that_nobody_has_changes_nothing(cohort, out):
    before = everything(cohort, out.root)
    done = forget("C9999", out_dirs=[out.root])
    assert not done.known
    assert everything(cohort, out.root) == before
    with pytest.raises(OptionError):
        forget("  ")


def test_the_report_and_the_list_never_name_the_child(cohort, out):
    done = forget(CHILD, out_dirs=[out.root])
    kept = (out.private / "forgotten.json").read_text(encoding="utf-8")
    for text in (str(done), str(done.table()), kept):
        assert CHILD not in text
        assert PERSON not in text
    assert forgotten_children(out).among([CHILD, "C005"]) == 1


def test_a_child_that_a_new_delivery_brings_back_stops_the_cohort(cohort, out):
    delivered = {path: path.read_bytes() for path in cohort.iterdir()}
    forget(CHILD, out_dirs=[out.root])
    assert prepare(str(cohort), out, None).id == "tiny"
    for path, content in delivered.items():
        path.write_bytes(content)
    with pytest.raises(RefusedError) as caught:
        prepare(str(cohort), out, None)
    assert "forgotten before" in str(caught.value)
    assert CHILD not in str(caught.value)


def test_a_mention_that_no_rule_can_mend_is_named(cohort, out):
    (cohort / "notes.txt").write_text(f"Ask about {CHILD}.", encoding="utf-8")
    for dry in (True, False):
        steps = forget(CHILD, out_dirs=[out.root], dry_run=dry).steps
        assert ("left", "tiny/notes.txt", "still names the child elsewhere: mend it by hand") in steps


def test_what_was_published_stays_and_is_named(monkeypatch, tmp_path):
    toy = Toy(monkeypatch, tmp_path).typical().save()
    publish("toy", toy.workspace, cohort=toy.cohort)
    monkeypatch.setattr("wlz_eval.batch.forget.shipped_cohorts", list)
    folder = tmp_path / "cohorts" / "toy"
    folder.mkdir(parents=True)
    (folder / "cohort.yaml").write_text("id: toy\n", encoding="utf-8")
    toy.cohort.children.to_csv(folder / "children.csv", index=False)
    pages = everything(toy.workspace.published_dir("toy", "public"))
    done = forget("KID0007", [str(folder)], [tmp_path])
    published = [how for what, where, how in done.steps if what == "published" and where == "reports/toy"]
    assert len(published) == 1
    assert "1 public run counted the child" in published[0]
    assert everything(toy.workspace.published_dir("toy", "public")) == pages
    assert not toy.workspace.executed_file("toy", "public", "04_attribution").exists()
    assert (toy.workspace.audience_dir("toy", "public") / "published_runs.json").exists()
