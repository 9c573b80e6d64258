"""Growth with the number of children, from Parquet, each size in a process of its own so that its memory can be read.

``python growth.py pool.parquet`` is that process: it reads, matches, tables balance, and prints what it took.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import statsmodels.api as sm
from children import COVARIATES, FORMULA, children, write_children
from clock import elapsed, head, row, seconds

from wlz_eval.attribution import match, read_design_columns

#: Programme and comparison children.
SIZES = ((100, 10_000), (1_000, 100_000), (10_000, 1_000_000))
NATION = (20_000, 8_000_000)
OPTIONS = {"caliper": 0.2}


def matching_floor(frame: Any) -> None:
    """Fit one logit, sort its distances once, sort each covariate once."""
    design = sm.add_constant(frame[COVARIATES].to_numpy())
    fitted = sm.Logit(frame["programme"].to_numpy(), design).fit(disp=0)
    np.argsort(fitted.predict(design))
    np.sort(frame[COVARIATES].to_numpy(), axis=0)


def measure(path: str) -> dict[str, float]:
    """Read, match and table balance once; then the floor on the same children."""
    held: dict[str, Any] = {}

    def read() -> None:
        held["frame"] = read_design_columns(path, FORMULA, **OPTIONS)

    def design() -> None:
        match(FORMULA, held["frame"], **OPTIONS).balance().table()

    # Whatever is loaded once a process, such as the parser of formulas, is no part of any size.
    match(FORMULA, children(200, 1_800), **OPTIONS).balance().table()
    took: dict[str, float] = {"wall": 0.0}

    def whole() -> None:
        took["read"] = seconds(read)
        took["design"] = seconds(design)

    took["wall"] = elapsed(whole)
    took["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    if took["design"] < 5:
        took["design"] = min(took["design"], seconds(design, repeats=2))
    took["floor"] = seconds(lambda: matching_floor(held["frame"]), repeats=1 if took["design"] > 5 else 3)
    return took


def print_growth(national: bool) -> None:
    """Print seconds, ratio to the floor, and peak memory for each size."""
    columns = ("programme", "comparison", "read", "design", "floor", "ratio", "wall", "peak GB")
    head("propensity, 1:1 caliper match, balance; at most 3", *columns)
    for programme, comparison in (*SIZES, *([NATION] if national else [])):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pool.parquet"
            # Written elsewhere: what writing needs must not be counted.
            write_children(path, programme, comparison)
            answer = subprocess.run(
                [sys.executable, __file__, str(path)], check=True, stdout=subprocess.PIPE, text=True
            )
        took = json.loads(answer.stdout)
        ratio = took["design"] / took["floor"]
        row("  from Parquet", programme, comparison, took["read"], took["design"], took["floor"], ratio, took["wall"],
            took["peak"])  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
