"""Systems that are not Linux, pretended in a process of its own: cold kernels, the same bytes, and not a word."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from toy_batch import FINDINGS, fake_publish, write_cohort, write_notebook

from wlz_eval.batch import RunRequest, run

SCRIPT = Path(__file__).with_name("elsewhere_process.py")


@pytest.mark.parametrize("system", ["no fork", "windows"])
def test_without_what_linux_has(tmp_path, monkeypatch, system):
    books = tmp_path / "books"
    write_notebook(books, "01_a", [FINDINGS.format(name="01_a"), "print(1)"], 1)
    cohort = write_cohort(tmp_path / "cohorts" / "toy")
    out = tmp_path / "out"
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), system, str(books), str(out), str(cohort)], capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    refused = (out / "refused.txt").read_text()
    assert re.fullmatch(rf"Another run \(process \d+\) is writing to {out}\. Wait until it ends, .*", refused)

    fake_publish(monkeypatch)
    assert run(RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=tmp_path / "here")).exit_code == 0
    executed = ".work/toy/public/executed/01_a.ipynb"
    assert (out / executed).read_bytes() == (tmp_path / "here" / executed).read_bytes()
