"""The dose study: which interval of an engagement slope covers the true slope in every world, and is narrowest.

Run as ``python -m wlz_eval.simulate.dose_study --worlds 1000``; it goes on from the cells already done with the same
code. The answer is ``data/studies/dose.csv``; ``dose.yaml`` beside it says from which seeds and which code.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.inference import least_squares, mixed_reml
from wlz_eval.inference.estimates import t_interval
from wlz_eval.inference.linear import LeastSquares, cluster_totals
from wlz_eval.inference.omitted import partial_r2, robustness
from wlz_eval.inference.random_intercept import cluster_sums, variance_ratio, whiten
from wlz_eval.inference.sandwich import cluster_parts, intraclass_moments, satterthwaite
from wlz_eval.simulate.cell_study import CHECKED, CellStudy
from wlz_eval.simulate.committed import code_hash, read_committed
from wlz_eval.simulate.dose_worlds import DOSE_CELLS, SEED, SLOPE, DoseWorld, draw_dose_world

__all__ = ["CANDIDATES", "dose_code", "judge_dose", "load_dose_study", "run_dose_cell", "run_dose_study"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
#: A candidate's answer: estimate, lower and upper end, degrees of freedom.
Answer = tuple[float, float, float, float]

#: The candidates, in the order of the table.
CANDIDATES: dict[str, str] = {
    "schools ignored": "least squares, children taken as independent",
    "CR1": "least squares, CR1 by school, t(schools - 1)",
    "CR2, IK": "least squares, CR2 by school, Imbens-Kolesar degrees of freedom",
    "exchangeable, CR2": "random-intercept weights, CR2 by school, Satterthwaite's degrees of freedom",
    "fixed, CR2": "within schools, CR2 by school, Imbens-Kolesar degrees of freedom",
    "REML, KR": "random intercept a school, Kenward-Roger",
}
#: Place of the dose among the columns.
DOSE = 3
LEVEL = 0.95
#: The bar: least coverage, most false positives, each within two Monte Carlo errors.
COVERED, FALSE = 0.935, 0.065
#: What the study's numbers depend on, below ``wlz_eval/``.
MODULES = (
    "inference/estimates.py",
    "inference/linear.py",
    "inference/mixed.py",
    "inference/omitted/strength.py",
    "inference/random_intercept.py",
    "inference/sandwich.py",
    "simulate/dose_study.py",
    "simulate/dose_worlds.py",
)


def judge_dose(world: DoseWorld) -> dict[str, Answer]:
    """Estimate, lower and upper end of the interval, and degrees of freedom, by each candidate.

    :func:`wlz_eval.engagement.engagement_slope` gives the same (a test compares them); here one fit serves all.
    """
    names = ["constant", "baseline", "need", "dose"]
    fit, m = least_squares(world.columns, world.outcome, names=names), int(world.school.max()) + 1
    n = len(world.outcome)
    spread = float(fit.residuals @ fit.residuals) / (n - 4) * fit.bread[DOSE, DOSE]
    pull = cluster_totals(fit.residuals * (fit.X @ fit.bread[:, DOSE]), world.school)
    estimate = float(fit.coefficients[DOSE])
    found = {
        "schools ignored": _answer(estimate, spread, n - 4.0),
        "CR1": _answer(estimate, float(pull @ pull) * m / (m - 1), m - 1.0),
        "CR2, IK": _cr2(fit, world.school, DOSE, *intraclass_moments(fit.residuals, world.school)),
    }
    ratio = variance_ratio(cluster_sums(fit, world.school))
    found["exchangeable, CR2"] = _cr2(least_squares(*whiten(fit, world.school, ratio)), world.school, DOSE)
    inside = _within(fit, world.school)
    found["fixed, CR2"] = _cr2(inside, world.school, DOSE - 1, *intraclass_moments(inside.residuals, world.school))
    model = mixed_reml(world.columns, world.outcome, world.school, contrasts={"dose": {"dose": 1.0}}, names=names)
    found["REML, KR"] = (
        float(model.estimate[0]), float(model.ci_low[0]), float(model.ci_high[0]), float(model.df[0])
    )
    return {name: found[name] for name in CANDIDATES}


def _within(fit: LeastSquares, school: Ints) -> LeastSquares:
    """Least squares on deviations from schools' means, for which CR2 is that with schools' own columns.

    Pustejovsky and Tipton (2018), theorem 2.
    """
    rows = np.column_stack([fit.X[:, 1:], fit.y])
    rows = rows - (cluster_totals(rows, school) / np.bincount(school)[:, None])[school]
    return least_squares(rows[:, :-1], rows[:, -1])


def _cr2(fit: LeastSquares, school: Ints, place: int, within: float = 1.0, between: float = 0.0) -> Answer:
    parts = cluster_parts(fit, school, "CR2", np.eye(len(fit.names))[:, [place]])
    df = satterthwaite(parts, 0, within, between)
    return _answer(float(fit.coefficients[place]), float((parts.scores**2).sum()), df)


def _answer(estimate: float, variance: float, df: float) -> Answer:
    low, high, _ = t_interval(np.array([estimate]), np.sqrt([variance]), np.array([df]), LEVEL)
    return estimate, float(low[0]), float(high[0]), df


def _strength(world: DoseWorld) -> tuple[float, float, float]:
    """Robustness value that is said of the naive slope; what motivation really explains of dose and of outcome."""
    fit = least_squares(world.columns, world.outcome)
    scale = float(np.sqrt(fit.residuals @ fit.residuals * fit.bread[DOSE, DOSE]))
    needs, dose = world.columns[:, :DOSE], world.columns[:, DOSE]
    shares = []
    for columns, y in ((needs, dose), (world.columns, world.outcome)):
        full = least_squares(np.column_stack([columns, world.motivation]), y)
        left = len(y) - full.X.shape[1]
        se = np.sqrt(full.residuals @ full.residuals / left * full.bread[-1, -1])
        shares.append(partial_r2(float(full.coefficients[-1] / se), left))
    return robustness(float(fit.coefficients[DOSE]), scale), shares[0], shares[1]


def run_dose_cell(name: str, worlds: int) -> pd.DataFrame:
    """Run a cell: one row a candidate.

    Parameters
    ----------
    name : str
        A key of ``DOSE_CELLS``.
    worlds : int
        Numbered from zero.

    Returns
    -------
    DataFrame
        ``cell``, ``within``, ``candidate``, ``schools``, ``icc``, ``slope``, ``motivation``, ``worlds``, ``coverage``,
        ``coverage_error`` (Monte Carlo), ``half_width`` (mean), ``half_width_median``, ``found`` (share of intervals
        that leave zero out: false positives where the slope is zero), ``found_error``, ``bias``, ``bias_error``,
        ``df`` (median), ``robustness``, ``confounder_dose``, ``confounder_outcome`` (medians; only where motivation
        was not recorded), ``check`` and ``holds``.
    """
    cell = DOSE_CELLS[name]
    drawn = [draw_dose_world(cell.options, i) for i in range(worlds)]
    runs = [judge_dose(world) for world in drawn]
    strength = np.full(3, np.nan)
    if cell.options.motivation:
        strength = np.median([_strength(world) for world in drawn], axis=0)
    return pd.DataFrame([_row(name, c, np.array([r[c] for r in runs]), strength) for c in CANDIDATES])


def _row(name: str, candidate: str, runs: Array, strength: Array) -> dict[str, object]:
    cell = DOSE_CELLS[name]
    options, worlds = cell.options, len(runs)
    estimate, low, high, df = runs.T
    coverage = float(((low <= options.slope) & (options.slope <= high)).mean())
    seen = float(((low > 0) | (high < 0)).mean())
    half, error = (high - low) / 2, estimate - options.slope
    false = options.slope == 0.0 and seen > FALSE + 2 * _error(FALSE, worlds)
    return {
        "cell": name, "within": cell.within, "candidate": candidate, "schools": options.schools, "icc": options.icc,
        "slope": options.slope, "motivation": options.motivation, "worlds": worlds,
        "coverage": round(coverage, 4), "coverage_error": round(_error(coverage, worlds), 4),
        "half_width": round(float(half.mean()), 4), "half_width_median": round(float(np.median(half)), 4),
        "found": round(seen, 4), "found_error": round(_error(seen, worlds), 4),
        "bias": round(float(error.mean()), 4),
        "bias_error": round(float(error.std(ddof=1) / np.sqrt(worlds)), 4),
        "df": round(float(np.median(df)), 1),
        "robustness": round(float(strength[0]), 3), "confounder_dose": round(float(strength[1]), 3),
        "confounder_outcome": round(float(strength[2]), 3),
        "check": _check(runs),
        "holds": bool(coverage >= COVERED - 2 * _error(COVERED, worlds) and not false),
    }


def _check(runs: Array) -> float:
    first = runs[:CHECKED, :3]
    return round(float(first[np.isfinite(first)].sum()), 6)


def _error(share: float, n: int) -> float:
    return float(np.sqrt(share * (1 - share) / n))


def dose_code() -> str:
    """Hash of the code that the numbers depend on; docstrings, comments, types and layout do not count."""
    return code_hash(MODULES)


#: Of the code that is running, whatever happens to its files meanwhile.
CODE = dose_code()


def load_dose_study(folder: Path | None = None) -> pd.DataFrame:
    """Read the committed study: one row a cell and candidate, as :func:`run_dose_cell` describes.

    Raises
    ------
    WlzEvalError
        When it has not been run.
    """
    return read_committed("dose", "dose_study", folder)[0]


def _told(rows: pd.DataFrame) -> str:
    best = rows.set_index("candidate")
    shown = (f"{k} {best.coverage[k]:.1%} ±{best.half_width[k]:.3f}" for k in list(CANDIDATES)[2:])
    return "; ".join(shown)



STUDY = CellStudy(
    name="dose",
    module="dose_study",
    cells=tuple(DOSE_CELLS),
    run_cell=run_dose_cell,
    told=_told,
    facts={
        "seed": SEED,
        "slope": [0.0, SLOPE],
        "bar": {"coverage": COVERED, "false_positives": FALSE, "read_with": "two Monte Carlo errors"},
        "candidates": CANDIDATES,
        "modules": list(MODULES),
        "code": CODE,
    },
)
#: Runs the cells that are not yet done: see :meth:`CellStudy.run`.
run_dose_study = STUDY.run


if __name__ == "__main__":
    STUDY.command(__doc__)
