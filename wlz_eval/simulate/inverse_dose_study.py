"""The study of dose: whether the interval of "how many hours for a given change" holds the truth as often as it says.

Run as ``python -m wlz_eval.simulate.inverse_dose_study --worlds 1000``; it goes on from the cells already done with
the same code. Beside the inverse question it tries the band of the dose-response curve, the test of a straight line,
and the dose at which half meet an outcome. The answer is ``data/studies/inverse_dose.csv``; ``inverse_dose.yaml``
beside it says from which seeds and which code.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, special

from wlz_eval.engagement.dose.basis import harrell_knots, natural_spline
from wlz_eval.engagement.dose.change import read_ratios
from wlz_eval.engagement.dose.curve import curve_columns, curve_contrasts, linearity_test, simultaneous_factor
from wlz_eval.engagement.dose.fieller import fieller_set
from wlz_eval.engagement.dose.logistic import logistic_fit
from wlz_eval.engagement.dose.sample import DoseSample, binned_doses, fit_dose
from wlz_eval.engagement.dose.share import GRID, crossing, share_band
from wlz_eval.simulate.cell_study import CHECKED, CellStudy
from wlz_eval.simulate.committed import code_hash

__all__ = ["CELLS", "DoseCell", "draw_dose_world", "run_cell", "run_study", "study_code"]

Array = npt.NDArray[np.float64]

#: Of every world; fixed before the committed run, never drawn again.
SEED = 20261123
#: The change asked about, in SDs of the outcome, and its slope over one hour, by name.
CHANGE = 0.2
SLOPES: dict[str, float] = {"strong": 0.02, "weak": 0.008, "near zero": 0.002, "zero": 0.0}
#: Children a school, on average; variance of outcome between schools and within.
CHILDREN, BETWEEN, WITHIN = 25, 0.15, 0.49
#: The bar: least coverage, most false positives, each within two Monte Carlo errors.
COVERED, FALSE = 0.935, 0.065
#: What the study's numbers depend on, below ``wlz_eval/``.
MODULES = (
    "engagement/dose/basis.py",
    "engagement/dose/change.py",
    "engagement/dose/curve.py",
    "engagement/dose/fieller.py",
    "engagement/dose/joint.py",
    "engagement/dose/logistic.py",
    "engagement/dose/sample.py",
    "engagement/dose/share.py",
    "inference/estimates.py",
    "inference/linear.py",
    "inference/random_intercept.py",
    "inference/robust.py",
    "inference/sandwich.py",
    "simulate/inverse_dose_study.py",
)
Question = Literal["inverse", "curve", "linearity", "share"]


@dataclass(frozen=True)
class DoseCell:
    """One cell: a question, a number of schools, and (inverse) a slope."""

    question: Question
    schools: int
    slope: str = "strong"

    @property
    def seed(self) -> int:
        """Seed of the cell, from all that defines it."""
        return zlib.crc32(repr(self).encode())


CELLS: dict[str, DoseCell] = {
    **{f"inverse, {m} schools, {s}": DoseCell("inverse", m, s) for m in (8, 20) for s in SLOPES},
    **{
        f"{q}, {m} schools": DoseCell(q, m)
        for q in ("curve", "linearity", "share")
        for m in (8, 20)
    },
}


def bent(dose: Array) -> Array:
    """Draw the true curve of the cells of the band: it rises fast, then levels off."""
    return np.asarray(1.2 * (1 - np.exp(-dose / 20)))


def draw_dose_world(cell: DoseCell, number: int) -> tuple[DoseSample, Array]:
    """Draw world `number` of a cell: dose goes to those who began lower, and differs between schools.

    Returns
    -------
    tuple
        The children, and what the truth rests on: the part of their outcome (or log odds) that is not dose.

    Examples
    --------
    >>> sample, rest = draw_dose_world(CELLS["inverse, 8 schools, zero"], 0)
    >>> sample.n_schools, len(rest) == len(sample.dose) == 200
    (8, True)
    """
    rng = np.random.default_rng([SEED, cell.seed, number])
    m, n = cell.schools, CHILDREN * cell.schools
    share = np.exp(rng.normal(0.0, 0.6, m))
    school = np.repeat(np.arange(m), rng.multinomial(n - 2 * m, share / share.sum()) + 2)
    baseline = np.sqrt(0.1) * rng.normal(size=m)[school] + np.sqrt(0.9) * rng.normal(size=n)
    drive = -0.4 * baseline + np.sqrt(0.2) * rng.normal(size=m)[school] + 0.8 * rng.normal(size=n)
    dose = 25 * np.exp(0.5 * drive)
    level, noise = rng.normal(size=m)[school], rng.normal(size=n)
    if cell.question == "share":
        rest = 0.6 * baseline
        chance = special.expit(rest + 0.06 * (dose - 25) + math.sqrt(0.5) * level)
        y = (special.ndtr(noise) < chance).astype(float)
    else:
        rest = 0.55 * baseline
        shape = bent(dose) if cell.question == "curve" else SLOPES[cell.slope] * dose
        y = rest + shape + math.sqrt(BETWEEN) * level + math.sqrt(WITHIN) * noise
    X = pd.DataFrame({"constant": 1.0, "baseline": baseline})
    labels = np.char.add("s", np.char.zfill(school.astype(str), 2))
    return DoseSample(y, dose, X, labels, pd.DataFrame(index=X.index), ("baseline",), "", True), rest


def _inverse(cell: DoseCell, number: int) -> dict[str, float]:
    sample, _ = draw_dose_world(cell, number)
    fit = fit_dose(sample, sample.X.assign(dose=sample.dose), {"dose": {"dose": 1.0}})
    slope, se, df = float(fit.estimate[0]), float(fit.se[0]), float(fit.df[0])
    found = fieller_set(CHANGE, slope, 0.0, se**2, float(special.stdtrit(df, 0.975)))
    kind, low, high = read_ratios(found)
    truth = CHANGE / SLOPES[cell.slope] if SLOPES[cell.slope] else math.inf
    ends = [v for v in (low, high) if math.isfinite(v)]
    return {
        "truth": truth, "covered": found.holds(truth), "open": kind in ("at_least", "everything"),
        "other_way": kind == "less", "check": sum(ends),
    }


def _curve(cell: DoseCell, number: int) -> dict[str, float]:
    sample, rest = draw_dose_world(cell, number)
    knots, bins = harrell_knots(sample.dose, 4), binned_doses(sample)
    X, names = curve_columns(sample, knots)
    contrasts = curve_contrasts(X, names, natural_spline(bins["dose"], knots))
    fit = fit_dose(sample, X, {k: v for k, v in contrasts.items() if k.startswith("at ")})
    truth = rest.mean() + bent(bins["dose"].to_numpy())
    inside = (fit.ci_low <= truth) & (truth <= fit.ci_high)
    factor = simultaneous_factor(fit.covariance, float(fit.df.min()), draws=4000)
    third = len(inside) // 3
    return {
        "covered": float(inside.mean()), "low_end": float(inside[:third].mean()),
        "high_end": float(inside[-third:].mean()),
        "simultaneous": bool((abs(fit.estimate - truth) <= factor * fit.se).all()), "check": float(fit.ci_low.sum()),
    }


def _linearity(cell: DoseCell, number: int) -> dict[str, float]:
    sample, _ = draw_dose_world(cell, number)
    X, names = curve_columns(sample, harrell_knots(sample.dose, 4))
    test = linearity_test(sample, X, names)
    return {"false": test[3] < 0.05, "check": test[3]}


def _marginal_truth(rest: Array) -> float:
    """Dose at which half of such children meet the outcome, school levels averaged over by Gauss-Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    weights = weights / weights.sum()

    def gap(dose: float) -> float:
        eta = rest[:, None] + 0.06 * (dose - 25) + math.sqrt(0.5) * nodes
        return float((special.expit(eta) @ weights).mean() - 0.5)

    return float(optimize.brentq(gap, -100, 200))


def _share(cell: DoseCell, number: int) -> dict[str, float]:
    sample, rest = draw_dose_world(cell, number)
    X = sample.X.assign(dose=sample.dose)
    beta, _ = logistic_fit(X.to_numpy(), sample.y)
    if beta is None:
        raise RuntimeError(f"World {number} of {cell} is separated; choose another seed for the study.")
    doses = np.linspace(*sample.seen, GRID)
    _, low, high, _ = share_band(sample, X, beta, doses)
    kind, first, last = crossing(doses, low, high, 0.0)
    truth = _marginal_truth(rest)
    between = (math.isnan(first) or first <= truth) and (math.isnan(last) or truth <= last)
    inside = kind != "none" and (not first < truth < last if kind == "either_end" else between)
    return {
        "truth": truth, "covered": inside, "open": kind not in ("bounded", "none"),
        "check": sum(v for v in (first, last) if math.isfinite(v)),
    }


ASK: dict[Question, Callable[[DoseCell, int], dict[str, float]]] = {
    "inverse": _inverse, "curve": _curve, "linearity": _linearity, "share": _share,
}


def run_cell(name: str, worlds: int) -> pd.DataFrame:
    """Run a cell.

    Parameters
    ----------
    name : str
        A key of ``CELLS``.
    worlds : int
        Numbered from zero.

    Returns
    -------
    DataFrame
        One row: ``cell``, ``question``, ``schools``, ``worlds``, ``truth`` (dose; mean over worlds), ``coverage`` and
        ``coverage_error`` (Monte Carlo; of a band: mean over the doses of its table), ``low_end`` and ``high_end``
        (coverage of the third of lowest and of highest doses), ``simultaneous`` (worlds whose whole curve lay within
        the wider band), ``open_ended`` (share of sets without an upper limit, or without one of the limits for a
        share), ``other_way`` (share that said that less dose goes with the change), ``false_positives`` and
        ``false_positives_error``, ``holds``, and ``check``, a sum over the first worlds.
    """
    cell = CELLS[name]
    runs = pd.DataFrame([ASK[cell.question](cell, i) for i in range(worlds)]).astype(float)
    means = runs.mean()
    coverage, false = means.get("covered", math.nan), means.get("false", math.nan)
    holds = not coverage < COVERED - 2 * _error(COVERED, worlds) and not false > FALSE + 2 * _error(FALSE, worlds)
    row = {
        "cell": name, "question": cell.question, "schools": cell.schools, "worlds": worlds,
        "truth": round(means.get("truth", math.nan), 2), "coverage": coverage,
        "coverage_error": _error(coverage, worlds), "low_end": means.get("low_end", math.nan),
        "high_end": means.get("high_end", math.nan), "simultaneous": means.get("simultaneous", math.nan),
        "open_ended": means.get("open", math.nan), "other_way": means.get("other_way", math.nan),
        "false_positives": false, "false_positives_error": _error(false, worlds), "holds": bool(holds),
        "check": _check(runs),
    }
    return pd.DataFrame([row]).round(
        {c: 4 for c in row if isinstance(row[c], float) and c not in ("truth", "check")}
    )


def _error(share: float, n: int) -> float:
    return float(np.sqrt(share * (1 - share) / n))


def _check(runs: pd.DataFrame) -> float:
    return round(float(runs["check"].iloc[:CHECKED].sum()), 6)


def study_code() -> str:
    """Hash of the code that the numbers depend on; docstrings, comments, types and layout do not count."""
    return code_hash(MODULES)


#: Of the code that is running, whatever happens to its files meanwhile.
CODE = study_code()


def _told(rows: pd.DataFrame) -> str:
    row = rows.iloc[0].dropna()
    shown = (c for c in ("coverage", "simultaneous", "open_ended", "other_way", "false_positives") if c in row)
    return f"{', '.join(f'{c} {row[c]:.1%}' for c in shown)}{'' if row['holds'] else ' (fails)'}"



STUDY = CellStudy(
    name="inverse_dose",
    module="inverse_dose_study",
    cells=tuple(CELLS),
    run_cell=run_cell,
    told=_told,
    facts={
        "seed": SEED,
        "change": CHANGE,
        "slopes": SLOPES,
        "bar": {"coverage": COVERED, "false_positives": FALSE, "read_with": "two Monte Carlo errors"},
        "modules": list(MODULES),
        "code": CODE,
    },
)
#: Runs the cells that are not yet done: see :meth:`CellStudy.run`.
run_study = STUDY.run


if __name__ == "__main__":
    STUDY.command(__doc__)
