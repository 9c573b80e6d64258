"""What follows from a refusal of the gate: quarantine, reasons in every place, and earlier pages that stand."""

import html
import json

import pytest
import yaml
from toy_notebook import META, Toy

from wlz_eval.batch.record import JobResult, RunResult, write_run_file
from wlz_eval.batch.telling import result_lines
from wlz_eval.core.errors import GateRefusedError
from wlz_eval.release import Workspace
from wlz_eval.report import build_site, publish

LEAK = "See KID0001, one of 4 children."


def leaky(monkeypatch, folder, audience="public"):
    toy = Toy(monkeypatch, folder, audience=audience).typical()
    toy.markdown(f"## More\n\n{LEAK}")
    return toy.save({"notebooks": {}, "refused": [], "gate": []})


@pytest.fixture
def refused(monkeypatch, tmp_path):
    """A run whose pages the gate refused after an earlier one was published, as the batch leaves it."""
    earlier = Toy(monkeypatch, tmp_path).typical().save()
    publish("toy", earlier.workspace, cohort=earlier.cohort)
    toy = leaky(monkeypatch, tmp_path)
    with pytest.raises(GateRefusedError) as caught:
        publish("toy", toy.workspace, cohort=toy.cohort)
    reasons = tuple(str(caught.value).splitlines())
    run = toy.workspace.run_file("toy", "public")
    write_run_file(run, "toy", "public", gate=reasons)
    return toy.workspace, reasons


def test_the_reasons_name_page_and_kind_but_not_what_was_found(refused):
    _, reasons = refused
    assert any(r.startswith("04_attribution.html: ") and "identifier" in r for r in reasons)
    assert any("fewer than 10 children" in r for r in reasons)
    assert not any("KID0001" in r or "4 children" in r for r in reasons)


def test_the_pages_are_in_quarantine_with_their_reasons(refused):
    workspace, reasons = refused
    place = workspace.quarantine_dir("toy", "public")
    assert LEAK in (place / "04_attribution.html").read_text(encoding="utf-8")
    assert (place / "reasons.txt").read_text(encoding="utf-8").splitlines() == list(reasons)
    assert not workspace.staging_dir("toy", "public").exists()
    assert workspace.private in place.parents


def test_earlier_pages_stand_and_hold_nothing_of_the_new_ones(refused):
    workspace, _ = refused
    page = workspace.published_dir("toy", "public") / "04_attribution.html"
    assert "3.1 points" in page.read_text(encoding="utf-8")
    assert not any("KID0001" in p.read_text(encoding="utf-8") for p in workspace.site_dir("public").rglob("*.html"))


def test_the_reasons_are_in_run_json_and_on_the_terminal_and_the_public_is_told_that_pages_are_checked(refused):
    workspace, reasons = refused
    assert json.loads(workspace.run_file("toy", "public").read_text(encoding="utf-8"))["gate"] == list(reasons)
    site = html.unescape(build_site(workspace).read_text(encoding="utf-8"))
    assert "Not published: being checked. The pages that are linked here are of an earlier run." in site
    assert not any(reason.partition(": ")[2].split(" (")[0] in site for reason in reasons)
    assert not any(word in site for word in ("publication gate", "quarantine", "reasons.txt"))
    result = RunResult(jobs=(), gate={"toy": reasons})
    assert result.exit_code == 3
    wrong = "\n".join(result_lines(result, quiet=True)[1])
    assert all(reason in wrong for reason in reasons)


def test_those_inside_read_the_reasons_on_the_list(refused):
    workspace, reasons = refused
    run = workspace.run_file("toy", "internal")
    run.parent.mkdir(parents=True)
    write_run_file(run, "toy", "internal", gate=reasons)
    site = html.unescape(build_site(workspace, "internal").read_text(encoding="utf-8"))
    assert "the publication gate refused" in site
    assert all(reason.partition(": ")[2].split(" (")[0] in site for reason in reasons)


def test_a_refusal_outranks_a_failed_notebook():
    job = JobResult("toy", "04_attribution", "failed", "no", 1.0)
    assert RunResult(jobs=(job,), gate={"toy": ("x",)}).exit_code == 3


def test_a_second_refusal_takes_the_place_of_the_first(monkeypatch, refused, tmp_path):
    workspace, _ = refused
    (workspace.quarantine_dir("toy", "public") / "old.html").write_text("x", encoding="utf-8")
    toy = leaky(monkeypatch, tmp_path)
    with pytest.raises(GateRefusedError):
        publish("toy", toy.workspace, cohort=toy.cohort)
    assert not (workspace.quarantine_dir("toy", "public") / "old.html").exists()


def test_pages_that_pass_leave_none_that_were_refused(monkeypatch, refused, tmp_path):
    workspace, _ = refused
    assert workspace.quarantine_dir("toy", "public").exists()
    mended = Toy(monkeypatch, tmp_path).typical().save()
    publish("toy", mended.workspace, cohort=mended.cohort)
    assert not workspace.quarantine_dir("toy", "public").exists()


@pytest.mark.parametrize("audience", ["internal", "restricted"])
def test_pages_for_colleagues_are_marked_and_lie_elsewhere(monkeypatch, tmp_path, audience):
    toy = Toy(monkeypatch, tmp_path, audience=audience).typical().save()
    folder = publish("toy", toy.workspace, audience, cohort=toy.cohort).folder
    assert folder == tmp_path / f"reports-{audience}" / "toy"
    for page in folder.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert f'name="wlz-audience" content="{audience}"' in text
        assert audience.upper() in text
    site = build_site(toy.workspace, audience).read_text(encoding="utf-8")
    assert audience.upper() in site
    assert not Workspace(tmp_path).site_dir("public").exists()


def test_internal_pages_are_never_published_for_the_public(monkeypatch, tmp_path):
    """A notebook that was run for colleagues, put where those of public runs lie."""
    toy = Toy(monkeypatch, tmp_path, audience="internal").typical().save()
    private = toy.workspace.cohort_dir("toy")
    (private / "internal").rename(private / "public")
    with pytest.raises(GateRefusedError) as caught:
        publish("toy", toy.workspace, cohort=toy.cohort)
    assert "was run for internal readers" in str(caught.value)
    assert "carries the mark of an internal page" in str(caught.value)


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """A cohort that was published, whose tables lie in a folder."""
    toy = Toy(monkeypatch, tmp_path).typical().save()
    publish("toy", toy.workspace, cohort=toy.cohort)
    folder = tmp_path / "tables" / "toy"
    folder.mkdir(parents=True)
    (folder / "cohort.yaml").write_text(yaml.safe_dump(META), encoding="utf-8")
    toy.cohort.children.to_csv(folder / "children.csv", index=False)
    toy.workspace.source_file("toy").write_text(json.dumps({"folder": str(folder)}), encoding="utf-8")
    return toy.workspace


def test_the_pages_above_the_cohorts_name_no_child(kept):
    """An identifier in what the site takes over from a cohort is looked for in that cohort's tables."""
    before = build_site(kept).read_bytes()
    record = kept.published_file("toy", "public")
    told = json.loads(record.read_text(encoding="utf-8"))
    record.write_text(json.dumps({**told, "title": "All about KID 0007"}), encoding="utf-8")
    with pytest.raises(GateRefusedError, match="identifier") as caught:
        build_site(kept)
    assert "0007" not in str(caught.value)
    assert (kept.site_dir("public") / "index.html").read_bytes() == before


def test_a_table_of_all_cohorts_names_no_child(kept):
    """The tables of the site are read too, and a leak in one stops all of the site."""
    table = kept.published_dir("toy", "public") / "findings.csv"
    content = table.read_bytes()
    assert b"english" in content
    table.write_bytes(content.replace(b"english", b"PER0003"))
    with pytest.raises(GateRefusedError, match=r"findings\.csv: holds an identifier"):
        build_site(kept)


def test_a_site_is_built_where_tables_were_deleted(kept, tmp_path):
    (tmp_path / "tables" / "toy" / "children.csv").unlink()
    assert build_site(kept).exists()
    (tmp_path / "tables" / "toy" / "cohort.yaml").unlink()
    assert build_site(kept).exists()
