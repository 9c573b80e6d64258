"""A batch of many cohorts beside the same notebooks run by a plain loop of papermill, all in one run.

Both arms run the same notebooks of the same simulated cohorts with the parameters ``effort="draft"`` and ``workers=1``:
the loop gives them to ``papermill.execute_notebook``, the batch always gives ``workers=1`` to its notebooks. Both have
one thread for linear algebra (set in ``bench.py`` for the loop's kernels, which inherit it). The loop uses papermill's
default engine, client and kernel. The batch renders pages and lets the gate read them too, which the loop does not.

Seconds are on the wall, so the machine should do nothing else. ``BATCH_COHORTS`` says how many cohorts (default 20).
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from clock import elapsed, head, row

from wlz_eval.batch import RunRequest, RunResult, run
from wlz_eval.core.files import notebooks_dir
from wlz_eval.simulate import make_options, simulate, write_simulated

COHORTS = int(os.environ.get("BATCH_COHORTS", "20"))
WORKERS = 2
#: Cohorts that are also run one notebook at a time: what a notebook takes beyond its computing where a core is free.
ALONE = 3
#: Rows that a changed table loses: at least ten of each question, so that the page is not held back.
CHANGED = 200


def _cohorts(folder: Path) -> list[Path]:
    """Simulate cohorts of the size of a small programme, each with a seed of its own."""
    made = []
    for seed in range(1, COHORTS + 1):
        name = f"bench-{seed:02d}"
        options = make_options(id=name, children=300, pool=4000, schools=10, comparison_schools=20, seed=seed)
        write_simulated(simulate(options), folder / name)
        made.append(folder / name)
    return made


def _loop(cohorts: list[Path], out: Path) -> None:
    """Run every notebook in its order, as a script of an analyst would."""
    import papermill

    for cohort in cohorts:
        for notebook in sorted(notebooks_dir().glob("*.ipynb")):
            target = out / cohort.name / notebook.name
            target.parent.mkdir(parents=True, exist_ok=True)
            parameters = {"cohort": str(cohort), "out_dir": str(out), "effort": "draft", "workers": 1}
            papermill.execute_notebook(str(notebook), str(target), parameters=parameters, progress_bar=False)


def _batch(cohorts: list[Path], out: Path, workers: int = WORKERS) -> tuple[RunResult, float]:
    found: list[RunResult] = []
    request = RunRequest(cohorts=tuple(cohorts), out_dir=out, effort="draft", workers=workers)
    seconds = elapsed(lambda: found.append(run(request)))
    if found[0].exit_code:
        sys.exit(f"The batch did not succeed: {found[0].faults or found[0].refused or found[0].gate}")
    return found[0], seconds


def _beyond(out: Path) -> list[float]:
    """Return the seconds of each notebook of a batch that its cells did not take."""
    timings = json.loads((out / ".work" / "timings.json").read_text(encoding="utf-8"))
    return [timing["seconds"] - timing["computing"] for cohort in timings.values() for timing in cohort.values()]


def _again(cohort: Path) -> Callable[[], None]:
    """Run the command as a user does, its own start included."""
    import subprocess

    command = [sys.executable, "-m", "wlz_eval", "run", *map(str, sorted(cohort.parent.iterdir()))]
    options = ["--out", str(cohort.parents[1] / "batch"), "--effort", "draft", "--quiet", "--workers", str(WORKERS)]
    return lambda: subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL) and None


def _change(table: Path) -> None:
    """Take away the last rows of a table, those of more children than a public run may differ by without being held."""
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(lines[:-CHANGED]), encoding="utf-8")


def print_batch() -> None:
    """Print the seconds of the loop, of the batch, and of batches in which nothing or one table has changed."""
    with tempfile.TemporaryDirectory() as folder:
        cohorts = _cohorts(Path(folder) / "cohorts")
        notebooks = len(list(notebooks_dir().glob("*.ipynb")))
        head(f"{len(cohorts)} cohorts x {notebooks} notebooks, {WORKERS} at once", "wall", "of the loop")
        _, batch = _batch(cohorts, Path(folder) / "batch")
        beyond = _beyond(Path(folder) / "batch")
        second = elapsed(_again(cohorts[0]))
        _change(cohorts[0] / "feedback.csv")
        changed, one = _batch(cohorts, Path(folder) / "batch")
        ran = sum(job.status == "succeeded" for job in changed.jobs)
        _batch(cohorts[:ALONE], Path(folder) / "alone", workers=1)
        alone = _beyond(Path(folder) / "alone")
        loop = elapsed(lambda: _loop(cohorts, Path(folder) / "loop"))
    row("plain loop of papermill.execute_notebook", loop, 1.0)
    row("batch, pages included (wanted: at most half)", batch, batch / loop)
    row("batch again, nothing changed (wanted: under 3)", second, second / loop)
    row(f"batch again, one table changed: {ran} notebooks ran", one, one / loop)
    head("a notebook beyond its computing, s (wanted: under .3)", "mean", "median", "largest")
    for name, seconds in ((f"{WORKERS} at once", beyond), ("one at a time", alone)):
        row(name, statistics.mean(seconds), statistics.median(seconds), max(seconds))
