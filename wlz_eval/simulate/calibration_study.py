"""The calibration study: which interval covers in every world, and which of those is narrowest.

Run as ``python -m wlz_eval.simulate.calibration_study --worlds 1000``; it goes on from the cells already done with
the same code. The answer is ``data/studies/calibration.csv``; ``calibration.yaml`` beside it says from which seeds
and which code.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.simulate.candidates import CANDIDATES, judge_world
from wlz_eval.simulate.cell_study import CHECKED, CellStudy
from wlz_eval.simulate.committed import code_hash
from wlz_eval.simulate.grid import CELLS, SEED, Cell, draw_world

__all__ = ["run_cell", "run_study", "study_code"]

Array = npt.NDArray[np.float64]

#: True effect, in every other world (nothing in the others).
EFFECT = 0.2
#: The bar: least coverage, most false positives, each within two Monte Carlo errors.
COVERED, FALSE = 0.935, 0.065
#: What the study's numbers depend on, below ``wlz_eval/``.
MODULES = (
    "attribution/matching/nearest.py",
    "attribution/matching/problem.py",
    "attribution/matching/search_line.py",
    "attribution/propensity.py",
    "inference/estimates.py",
    "inference/linear.py",
    "inference/mixed.py",
    "inference/random_intercept.py",
    "inference/robust.py",
    "inference/sandwich.py",
    "inference/wild.py",
    "simulate/calibration_study.py",
    "simulate/candidates.py",
    "simulate/grid.py",
)


def run_cell(name: str, worlds: int) -> pd.DataFrame:
    """Run a cell: one row a candidate.

    Parameters
    ----------
    name : str
        A key of ``CELLS``.
    worlds : int
        Numbered from zero; those with an even number have no effect.

    Returns
    -------
    DataFrame
        Columns ``cell``, ``within``, ``candidate``, ``worlds``, ``coverage``, ``coverage_error`` (Monte Carlo),
        ``half_width`` (mean), ``half_width_median``, ``false_positives`` (share of worlds without effect),
        ``false_positives_error``, ``bias``, ``bias_error``, ``df`` (median), ``holds``, and ``check``, a sum over
        the first worlds by which other code can be seen to give the same numbers.
    """
    cell = CELLS[name]
    truth = np.where(np.arange(worlds) % 2, EFFECT, 0.0)
    runs = [judge_world(draw_world(cell.options, i, float(truth[i])), i) for i in range(worlds)]
    return pd.DataFrame(
        [_row(name, cell, candidate, np.array([r[candidate] for r in runs]), truth) for candidate in CANDIDATES]
    )


def _row(name: str, cell: Cell, candidate: str, runs: Array, truth: Array) -> dict[str, object]:
    estimate, low, high, df = runs.T
    covered = (low <= truth) & (truth <= high)
    false = ((low > 0) | (high < 0))[truth == 0.0]
    half, error = (high - low) / 2, estimate - truth
    coverage, wrong = float(covered.mean()), float(false.mean())
    errors = _error(COVERED, len(covered)), _error(FALSE, len(false))
    return {
        "cell": name,
        "within": cell.within,
        "candidate": candidate,
        "worlds": len(runs),
        "coverage": round(coverage, 4),
        "coverage_error": round(_error(coverage, len(covered)), 4),
        "half_width": round(float(half.mean()), 4),
        "half_width_median": round(float(np.median(half)), 4),
        "false_positives": round(wrong, 4),
        "false_positives_error": round(_error(wrong, len(false)), 4),
        "bias": round(float(error.mean()), 4),
        "bias_error": round(float(error.std(ddof=1) / np.sqrt(len(error))), 4),
        "df": round(float(np.median(df)), 1),
        "check": _check(runs),
        "holds": bool(coverage >= COVERED - 2 * errors[0] and wrong <= FALSE + 2 * errors[1]),
    }


def _check(runs: Array) -> float:
    first = runs[:CHECKED, :3]
    return round(float(first[np.isfinite(first)].sum()), 6)


def _error(share: float, n: int) -> float:
    return float(np.sqrt(share * (1 - share) / n))


def study_code() -> str:
    """Hash of the code that the numbers depend on; docstrings, comments, types and layout do not count."""
    return code_hash(MODULES)


#: Of the code that is running, whatever happens to its files meanwhile.
CODE = study_code()


def _told(rows: pd.DataFrame) -> str:
    best = rows.set_index("candidate")
    shown = (f"{k} {best.coverage[k]:.1%} ±{best.half_width[k]:.2f}" for k in ("CR2, IK", "exchangeable, CR2"))
    return "; ".join(shown)



STUDY = CellStudy(
    name="calibration",
    module="calibration_study",
    cells=tuple(CELLS),
    run_cell=run_cell,
    told=_told,
    facts={
        "seed": SEED,
        "effect": [0.0, EFFECT],
        "bar": {"coverage": COVERED, "false_positives": FALSE, "read_with": "two Monte Carlo errors"},
        "candidates": CANDIDATES,
        "modules": list(MODULES),
        "code": CODE,
    },
)
#: Runs the cells that are not yet done: see :meth:`CellStudy.run`.
run_study = STUDY.run


if __name__ == "__main__":
    STUDY.command(__doc__)
