"""A disk that is full under one part of a run: it fails in words, the rest goes on, and nothing is half there."""

from __future__ import annotations

import contextlib
import html
import json

import pytest
from small_disk import fill, small_disk
from toy_batch import FINDINGS, staged_publish, write_cohort, write_notebook

from wlz_eval.batch import RunRequest, run
from wlz_eval.core.errors import RunError

AGAIN = "Free some space and run again; what is finished is kept."
#: For each cohort, the part of its private folder that lies on a full disk, and the bytes left there.
DISKS = {
    "executed": ("public/executed", 0),
    "findings": ("findings", 0),
    "manifest": ("public", 8192),
    "private": ("public", 0),
    "staging": ("public/staging", None),
}


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Ask for a run of two notebooks, whose pages are longer than a small disk."""
    staged_publish(monkeypatch)
    books = tmp_path / "books"
    show = "from IPython.display import HTML, display\nif 'staging' in cohort: display(HTML('y' * 2_000_000))"
    write_notebook(books, "01_a", [FINDINGS.format(name="01_a"), show], 1)

    def ask(*cohorts):
        folders = []
        for name in cohorts:
            folder = tmp_path / "cohorts" / name
            folders.append(folder if folder.exists() else write_cohort(folder))
        return RunRequest(cohorts=tuple(folders), notebooks_dir=books, out_dir=tmp_path / "out", workers=2)

    return ask


def test_each_part_of_a_run_on_a_full_disk(tmp_path, ask):
    out = tmp_path / "out"
    with contextlib.ExitStack() as stack:
        for cohort, (place, free) in DISKS.items():
            stack.enter_context(small_disk(out / ".work" / cohort / place, free=free))
        result = run(ask(*DISKS, "calm"))
        ended = {job.cohort: (job.status, job.reason) for job in result.jobs}
        site = html.unescape((out / "reports/index.html").read_text())
        records = {
            cohort: json.loads(path.read_text())
            for cohort in [*DISKS, "calm"]
            if (path := out / ".work" / cohort / "public/run.json").exists()
        }
        halves = [path for path in out.rglob("*") if path.name.endswith(".part")]
    assert result.exit_code == 1
    assert halves == []
    assert ended["calm"][0] == ended["staging"][0] == "succeeded"
    assert (out / "reports/calm/01_a.html").exists()
    reasons = {
        "executed": f"The disk is full: {out}/.work/executed/public/executed/01_a.ipynb could not be written. {AGAIN}",
        "findings": "the disk is full: cell 3 could not write a file. Free some space and run again",
        "manifest": f"The disk is full: {out}/.work/manifest/public/manifest.json could not be written. {AGAIN}",
        "private": f"The disk is full: {out}/.work/private/public/log/01_a.log could not be written. {AGAIN}",
    }
    for cohort, reason in reasons.items():
        assert ended[cohort] == ("failed", reason)
        # Where not even this can be written, it is said at the terminal.
        if cohort != "private":
            assert records[cohort]["notebooks"]["01_a"]["reason"] == reason
            assert reason.replace(f"{out}/.work/{cohort}/public/", "").replace("executed/01_a", "01_a") in site
    assert "The disk is full" in result.faults["private"]
    assert records["staging"]["fault"] == result.faults["staging"]
    assert result.faults["staging"].startswith("The disk is full: ")
    assert "Not published: the new pages could not be made." in site
    assert not (out / "reports/staging").exists()

    again = run(ask(*DISKS, "calm"))
    assert again.exit_code == 0, "with space, a plain run does what is missing"
    assert {job.cohort for job in again.jobs if job.status == "cached"} == {"calm", "staging"}


def test_the_site_and_the_whole_folder_on_a_full_or_read_only_disk(tmp_path, ask):
    with small_disk(tmp_path / "out") as out:
        assert run(ask("calm")).exit_code == 0
        index = (out / "reports/index.html").read_bytes()
        fill(out, 0)
        result = run(ask("calm"))
        assert [job.status for job in result.jobs] == ["cached"]
        assert result.exit_code == 1
        assert "The disk is full: " in "".join(result.faults.values())
        assert (out / "reports/index.html").read_bytes() == index
    unwritable = pytest.raises(RunError, match=r"cannot be written \(Read-only file system\). Choose another")
    with small_disk(tmp_path / "out", read_only=True), unwritable:
        run(ask("calm"))
