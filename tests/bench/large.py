"""All nine notebooks on a cohort of 10,000 programme children and a pool of 1,000,000: time and memory by notebook.

``python tests/bench/large.py`` simulates the cohort into a scratch folder, checks it, runs each notebook by papermill
in a kernel of its own, and prints a line for each as soon as it has ended. Memory is the high-water mark that the
system keeps for the largest process, looked at twenty times a second; a kernel that passes the limit is killed, and the
line says so. The floor reads the tables of the cohort by pyarrow in a process of its own.

``--children``, ``--pool``, ``--effort``, ``--limit``, ``--notebooks`` and ``--folder`` (which keeps the cohort for the
next time) give other sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from clock import head, row

PROJECT = Path(__file__).parents[2]
#: Programme children, pool, and the memory in GB that one kernel may take.
CHILDREN, POOL, LIMIT = 10_000, 1_000_000, 8.0
#: Children of one school, on the programme or not: schools are of the size that they are in England.
ON_PROGRAMME, IN_POOL = 33, 333
#: Seconds between two looks at a kernel's memory.
LOOK = 0.05

#: What a step of its own process does, by name; the folder of the cohort follows.
STEPS = {
    "simulate": """
import sys
from wlz_eval.simulate import make_options, simulate, write_simulated
folder, children, pool, schools, others = sys.argv[1], *map(int, sys.argv[2:])
name = folder.rstrip("/").rsplit("/", 1)[-1]
options = make_options(id=name, children=children, pool=pool, schools=schools, comparison_schools=others, seed=1)
write_simulated(simulate(options), folder)
""",
    "floor": """
import sys
from pathlib import Path
import pyarrow.csv as text, pyarrow.parquet as parquet
parquet_files, text_files = (sorted(Path(sys.argv[1]).glob(end)) for end in ("*.parquet", "*.csv"))
held = [parquet.read_table(path) for path in parquet_files] + [text.read_csv(path) for path in text_files]
""",
    "load": """
import sys
from wlz_eval.plan import load_cohort_and_plan
load_cohort_and_plan(sys.argv[1])
""",
    "check": """
import sys
from wlz_eval.cli import main
sys.argv = ["wlz-eval", "check", sys.argv[1]]
main()
""",
    "notebook": """
import json, sys
import papermill
source, target, parameters = sys.argv[1:]
papermill.execute_notebook(source, target, json.loads(parameters), kernel_name="python3", progress_bar=False)
""",
}


def _family(process: int) -> list[int]:
    """Number of a process and of all that it started."""
    found, new = [process], [process]
    while new:
        children: list[int] = []
        for one in new:
            for listing in Path(f"/proc/{one}/task").glob("*/children"):
                try:
                    children += [int(word) for word in listing.read_text().split()]
                except OSError:
                    continue
        found, new = found + children, children
    return found


def _memory(process: int) -> float:
    """Most memory in GB that a living process has held, as the kernel of the system counts it."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024**2 for line in lines if line.startswith("VmHWM:")), 0.0)


def _used(process: int) -> float:
    """Processor seconds of a living process."""
    try:
        words = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def measure(step: str, *words: str, limit: float) -> dict[str, float | str]:
    """Run a step in a process of its own; say what it and all that it started took, and how it ended.

    Memory is that of the largest process. At the limit the largest process, the notebook's kernel, is killed, as the
    system would.
    """
    started, peak, killed = time.perf_counter(), 0.0, False
    cpu: dict[int, float] = {}
    environment = os.environ | {"PYTHONHASHSEED": "0", "ARROW_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    command = [sys.executable, "-c", STEPS[step], *words]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=said, stderr=said, text=True)
        while process.poll() is None:
            for one in _family(process.pid):
                held = _memory(one)
                cpu[one] = max(cpu.get(one, 0.0), _used(one))
                peak = max(peak, held)
                if held > limit and not killed:
                    os.kill(one, 9)
                    killed = True
            time.sleep(LOOK)
        said.seek(0)
        last = said.read().strip().splitlines()[-1:]
    ended = f"stopped at {limit:g} GB" if killed else "" if process.returncode == 0 else "failed: " + "".join(last)
    return {"wall": time.perf_counter() - started, "cpu": sum(cpu.values()), "peak": peak, "ended": ended}


def _line(name: str, took: dict[str, float | str], floor: dict[str, float | str]) -> None:
    ratio = float(took["cpu"]) / max(float(floor["cpu"]), 0.01)
    row(f"  {name}", float(took["wall"]), float(took["cpu"]), ratio, float(took["peak"]), str(took["ended"]))


def print_large(
    children: int = CHILDREN, pool: int = POOL, effort: str = "quick", limit: float = LIMIT,
    only: Sequence[str] = (), keep: str = "",
) -> None:
    """Print seconds and memory of simulating, loading and checking the cohort, and of each notebook."""
    head(
        f"{children:,} programme children and a pool of {pool:,}, effort {effort}",
        "wall", "seconds", "ratio", "peak GB", "ended",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(keep or scratch).resolve()
        folder, out = work / f"large-{children}-{pool}", Path(scratch) / "out"
        made = None
        if not (folder / "plan.yaml").is_file():
            sizes = (children, pool, max(children // ON_PROGRAMME, 2), max(pool // IN_POOL, 2))
            made = measure("simulate", str(folder), *map(str, sizes), limit=limit)
        floor = measure("floor", str(folder), limit=limit)
        _line("floor: tables by pyarrow", floor, floor)
        if made is not None:
            _line("simulate and write", made, floor)
        for step in () if only else ("load", "check"):
            _line(step, measure(step, str(folder), limit=limit), floor)
        out.mkdir(parents=True)
        parameters = json.dumps({"cohort": str(folder), "audience": "public", "effort": effort, "out_dir": str(out)})
        for source in sorted((PROJECT / "notebooks").glob("*.ipynb")):
            if not only or source.stem[:2] in only:
                target = str(out / source.name)
                _line(source.stem, measure("notebook", str(source), target, parameters, limit=limit), floor)


def main() -> None:
    """Print the table for the sizes that are asked for."""
    parser = argparse.ArgumentParser(description="Time and memory of the nine notebooks on a large cohort.")
    parser.add_argument("--children", type=int, default=CHILDREN, help="programme children")
    parser.add_argument("--pool", type=int, default=POOL, help="comparison pupils")
    parser.add_argument("--effort", choices=("draft", "quick", "full"), default="quick")
    parser.add_argument("--limit", type=float, default=LIMIT, help="GB of memory that a kernel may take")
    parser.add_argument("--notebooks", nargs="*", default=(), help="numbers of the notebooks, such as 01 04; else all")
    parser.add_argument("--folder", default="", help="folder in which the cohort is kept for the next time")
    asked = parser.parse_args()
    print_large(asked.children, asked.pool, asked.effort, asked.limit, asked.notebooks, asked.folder)


if __name__ == "__main__":
    main()
