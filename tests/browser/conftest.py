"""One published cohort, and one page of another to compare it with, for all tests in a browser.

``WLZ_SITE=reports make test-browser`` looks at the pages of a run that is there already instead.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Publish one cohort, and one page of a second, and return the folder of pages; or those that were asked for."""
    if ready := os.environ.get("WLZ_SITE"):
        assert (Path(ready) / "compare.html").exists(), f"WLZ_SITE={ready} is no folder of reports"
        return Path(ready).resolve()
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "wlz_eval", "run", "--effort", "draft", "--out", str(out)]
    for asked in (["simulated-typical"], ["simulated-complete", "--notebook", "03_progress"]):
        done = subprocess.run(
            [*command, *asked], capture_output=True, text=True, check=False, env={**os.environ, "MPLBACKEND": "Agg"}
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert (out / "reports" / "compare.html").exists()
    return out / "reports"
