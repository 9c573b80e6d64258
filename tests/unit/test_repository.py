"""The repository's own promises: versions agree, nothing private is tracked, the layout holds."""

import re
import runpy
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_environment_yml_is_what_the_lock_says():
    script = runpy.run_path(str(ROOT / ".ci" / "environment.py"))
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == script["environment"](), (
        "environment.yml differs from requirements.lock: run `python .ci/environment.py > environment.yml`"
    )


def test_every_direct_dependency_is_explained_in_architecture():
    script = runpy.run_path(str(ROOT / ".ci" / "environment.py"))
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    missing = [name for name in script["direct_dependencies"]() if f"`{name}`" not in text]
    assert missing == []


def test_lock_names_no_index_and_has_a_hash_for_each_package():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "--index-url" not in lock
    assert not re.search(r"https?://", lock)
    blocks = [block for block in lock.split("\n") if "==" in block and not block.startswith("    #")]
    assert all(block.rstrip().endswith("\\") for block in blocks)


@pytest.mark.parametrize("cohort", ["private-2024", "west-2019"])
def test_cohorts_that_do_not_ship_are_refused_by_git(cohort):
    done = subprocess.run(
        ["git", "check-ignore", "-q", f"data/cohorts/{cohort}/children.csv"], cwd=ROOT, check=False
    )
    assert done.returncode == 0


def test_published_and_private_folders_are_ignored_by_git():
    for path in ("reports/star-1986/index.html", ".work/star-1986/findings/a.parquet", "reports-internal/x"):
        done = subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False)
        assert done.returncode == 0, path
