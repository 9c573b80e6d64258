"""A batch of toys in a process of its own, so that a test can kill it: BOOKS OUT COHORT as arguments."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from toy_batch import staged_publish

from wlz_eval.batch import RunRequest, make_progress, run

if __name__ == "__main__":
    books, out, *cohorts = sys.argv[1:]
    with pytest.MonkeyPatch.context() as patch:
        staged_publish(patch)
        # A change to the package between two processes is not what these tests are about.
        for module in ("prepare", "state", "publishing"):
            patch.setattr(f"wlz_eval.batch.{module}.package_hash", lambda: "fixed")
        request = RunRequest(cohorts=tuple(cohorts), notebooks_dir=Path(books), out_dir=out, workers=2)
        sys.exit(run(request, make_progress()).exit_code)
