"""How often the interval of the benefit-cost ratio holds the truth of its world, and what is said of no effect.

``python -m wlz_eval.simulate.value_study --worlds 500`` draws light worlds. Each has its own links, unit
values, durations, decays and costs, drawn from the plan's distributions, and its own children, whose differences from
their matches are averaged by school. The appraisal is told the estimates and the plan, never the world. In some kinds
of world a gain is worth less than the plan hopes, by the share that is taken off for optimism bias; a harm is worth all
that it is, so that taking anything off it would show. Results are committed in ``data/studies/value.csv``;
``value.yaml`` beside it says from which seeds and which code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.reference.money import unit_value
from wlz_eval.simulate.cell_study import CHECKED, CellStudy
from wlz_eval.simulate.committed import code_hash, read_committed
from wlz_eval.value.appraisal.npv import Appraisal, appraise
from wlz_eval.value.appraisal.verdict import verdict
from wlz_eval.value.benefits import BenefitLine, benefit_fading, unit_price
from wlz_eval.value.benefits.optimism import less_optimism
from wlz_eval.value.costs import Costs
from wlz_eval.value.costs.lines import COLUMNS
from wlz_eval.value.options import BenefitOptions, ValueOptions
from wlz_eval.value.spread import Spread

__all__ = [
    "CELLS", "SEED", "Cell", "World", "draw_world", "holds", "judge", "load_value_study", "run_cell", "study_code",
]

Array = npt.NDArray[np.float64]
#: Fixed before any world was drawn, and never redrawn.
SEED = 20_261_122
#: Draws of each appraisal.
DRAWS = 2_000
#: Bar: coverage of the ratio, and of nothing where there is no effect.
LEAST, MOST = 0.93, 0.97
#: What the numbers depend on, below ``wlz_eval/``.
MODULES = (
    "simulate/value_study.py", "value/appraisal/npv.py", "value/appraisal/perspectives.py",
    "value/appraisal/verdict.py",
    "value/benefits/fading.py", "value/benefits/line.py", "value/benefits/optimism.py", "value/benefits/worth.py",
    "value/spread.py",
    "value/uncertainty/build.py",
    "value/uncertainty/margins.py", "value/uncertainty/model.py", "value/uncertainty/montecarlo.py",
    "value/uncertainty/ratio.py", "value/uncertainty/sampling.py",
)
#: Outcomes: effect where there is one, spread of a child's difference, change that comes with no programme.
OUTCOMES: Mapping[str, tuple[float, float, float]] = {
    "english": (4.0, 12.0, 5.0), "maths": (3.0, 12.0, 4.0), "sdq_total": (-1.5, 5.0, -2.0),
}
#: Correlation of a child's differences, as more is good; part of the spread that lies between schools.
CORRELATION, BETWEEN = 0.5, 0.1
YEARS, CHILDREN, COST, COST_SD = 2, 144, 1_500.0, 0.1
#: Share by which a gain is worth less than the plan hopes, in the worlds with hopes too high: the table's largest.
HOPED = 0.4

_GIVEN = {"source": "illustrative", "units_per_point": 0.03, "sd_units_per_point": 0.008, "onset_year": 5}
OPTIONS = ValueOptions.model_validate(
    {
        "price_year": 2023,
        "costs_relative_sd": COST_SD,
        "benefits": [
            {"measure": "english", "unit_value": "gcse_grade_english", **_GIVEN},
            {"measure": "maths", "unit_value": "gcse_grade_maths", "link_distribution": "lognormal", **_GIVEN},
            {
                "measure": "sdq_total", "unit_value": "child_mental_disorder_nhs_year", "source": "illustrative",
                "units_per_point": 0.02, "link_distribution": "triangular", "link_low": 0.0, "link_high": 0.05,
                "duration_years": 3, "duration_low": 1, "duration_high": 8,
                "decay": 0.3, "decay_low": 0.1, "decay_high": 0.6,
            },
        ],
    }
)


@dataclass(frozen=True)
class Cell:
    """One kind of world: how large the effects are, in how many schools, and by which share hopes are too high."""

    share: float
    schools: int
    optimism: float = 0.0


CELLS: Mapping[str, Cell] = {
    "effect, 24 schools": Cell(1.0, 24),
    "effect, 8 schools": Cell(1.0, 8),
    "half the effect, 24 schools": Cell(0.5, 24),
    "no effect, 24 schools": Cell(0.0, 24),
    "no effect, 8 schools": Cell(0.0, 8),
    "effect, hopes too high, 8 schools": Cell(1.0, 8, HOPED),
    "no effect, hopes too high, 8 schools": Cell(0.0, 8, HOPED),
    "harm, hopes too high, 24 schools": Cell(-1.0, 24, HOPED),
}


@dataclass(frozen=True)
class World:
    """What the appraisal is told, and what is true.

    Parameters
    ----------
    lines : tuple of BenefitLine
    covariances : tuple of FindingCovariance
    costs : Costs
    ratio : float
        True benefit-cost ratio.
    raw : float
        Ratio that the change before and after would have claimed.
    """

    lines: tuple[BenefitLine, ...]
    covariances: tuple[FindingCovariance, ...]
    costs: Costs
    ratio: float
    raw: float


def _estimates(cell: Cell, rng: np.random.Generator) -> tuple[list[Finding], list[FindingCovariance]]:
    """Average children's differences by school, and schools with equal weight, as a trial by school would."""
    truth, sd, _ = np.array(list(OUTCOMES.values())).T
    sign = np.where(truth < 0, -1.0, 1.0)
    k, n = len(truth), CHILDREN // cell.schools
    shape = np.full((k, k), CORRELATION) + (1 - CORRELATION) * np.eye(k)
    factor = np.linalg.cholesky(shape * np.outer(sign * sd, sign * sd))
    schools = rng.standard_normal((cell.schools, k)) @ factor.T * np.sqrt(BETWEEN)
    pupils = rng.standard_normal((cell.schools, n, k)) @ factor.T * np.sqrt(1 - BETWEEN)
    means = cell.share * truth + schools + pupils.mean(axis=1)
    covariance = np.cov(means.T) / cell.schools
    estimate, se = means.mean(axis=0), np.sqrt(np.diag(covariance))
    half = se * special.stdtrit(cell.schools - 1, 0.975)
    found = [
        Finding(
            finding_id=f"attribution.att.{name}.endline", quantity="att", outcome=name, wave="endline", claim="effect",
            estimate=float(estimate[i]), se=float(se[i]), ci_low=float(estimate[i] - half[i]),
            ci_high=float(estimate[i] + half[i]), unit="points", tier="A", n_programme=CHILDREN, n_comparison=CHILDREN,
        )
        for i, name in enumerate(OUTCOMES)
    ]
    pairs = [
        FindingCovariance(
            finding_a=found[i].finding_id, finding_b=found[j].finding_id, covariance=float(covariance[i, j])
        )
        for i in range(k) for j in range(i)
    ]
    return found, pairs


def _line(benefit: BenefitOptions, effect: Finding, optimism: float) -> BenefitLine:
    unit = unit_value(benefit.unit_value)
    return BenefitLine(
        option=benefit, unit=unit, label=benefit.measure, use="headline", reason="", effect=effect,
        direction=-1.0 if benefit.measure == "sdq_total" else 1.0, price=unit_price(unit, OPTIONS),
        fading=benefit_fading(benefit, OPTIONS, YEARS), optimism=optimism,
    )


def _true_years(line: BenefitLine, rng: np.random.Generator) -> float:
    """Present value of the years of a benefit in one world: its own duration and decay."""
    f = line.fading
    return float(f.factor(f.duration.at(rng.standard_normal()), f.decay.at(rng.standard_normal())))


def _costs() -> Costs:
    amount = COST * CHILDREN
    row = dict(zip(COLUMNS, ["All", "staff", "local_authority", "local_authority", "cash", "running", False, 0, amount,
                             amount], strict=True))
    return Costs(pd.DataFrame([row]), CHILDREN, OPTIONS.price_year, "GBP", "simulated", years=YEARS)


def draw_world(name: str, world: int) -> World:
    """Draw one world: its links, unit values, durations, decays and costs, and what is seen of its children.

    Parameters
    ----------
    name : str
        A key of ``CELLS``.
    world : int
        Numbered from zero.
    """
    cell = CELLS[name]
    rng = np.random.default_rng([SEED, list(CELLS).index(name), world])
    effects, pairs = _estimates(cell, rng)
    lines = tuple(_line(b, e, cell.optimism) for b, e in zip(OPTIONS.benefits, effects, strict=True))
    worth = np.array([
        x.direction * float(x.link.at(rng.standard_normal())) * float(x.worth.at(rng.standard_normal()))
        * _true_years(x, rng)
        for x in lines
    ])  # fmt: skip
    true = np.array([cell.share * effect for effect, _, _ in OUTCOMES.values()])
    gained = less_optimism(worth * true, cell.optimism).sum()
    change = [cell.share * effect + grown for effect, _, grown in OUTCOMES.values()]
    spread = Spread(1.0, COST_SD)
    cost = COST * float(spread.at(rng.standard_normal())) / spread.mean
    claimed = sum(x.direction * c * x.link.mean * x.worth.mean * x.factor for x, c in zip(lines, change, strict=True))
    return World(lines, tuple(pairs), _costs(), float(gained) / cost, claimed / COST)


def judge(world: World, seed: int) -> dict[str, float]:
    """Appraise a world, and set the answer beside its truth.

    Returns
    -------
    dict
        ``covered`` (the ratio's interval holds the truth), ``zero`` (the benefit's interval holds nothing), ``gain``
        (the words say that benefits exceed costs), ``nothing`` (they say that benefits may be nothing), ``ratio``,
        ``width`` (of its interval), ``truth``, ``raw``.
    """
    part = appraise(world.lines, world.covariances, world.costs, OPTIONS, DRAWS, seed)
    assert isinstance(part, Appraisal)
    low, high = part.interval("ratio")
    least, most = part.interval("benefit")
    said = verdict(part)
    return {
        "covered": float(low <= world.ratio <= high), "zero": float(least <= 0 <= most),
        "gain": float("exceed costs, as far" in said), "nothing": float("may well be nothing" in said),
        "ratio": part.ratio, "width": high - low, "truth": world.ratio, "raw": world.raw,
    }


def run_cell(name: str, worlds: int) -> dict[str, object]:
    """Run the worlds of one cell.

    Returns
    -------
    dict
        ``cell``, ``worlds``, ``coverage`` of the true ratio with its Monte Carlo error, ``holds_zero`` (benefit),
        ``said_gain``, ``said_nothing``, ``truth`` and ``ratio`` (means), ``width`` (mean), ``raw_change`` (ratio that
        the change before and after would have claimed), ``check`` (a sum over the first worlds) and ``holds``.
    """
    rows = pd.DataFrame([judge(draw_world(name, i), i) for i in range(worlds)])
    means = rows.mean()
    found: dict[str, object] = {
        "cell": name, "worlds": worlds, "coverage": round(means["covered"], 4),
        "coverage_error": round(float(np.sqrt(means["covered"] * (1 - means["covered"]) / worlds)), 4),
        "holds_zero": round(means["zero"], 4), "said_gain": round(means["gain"], 4),
        "said_nothing": round(means["nothing"], 4), "truth": round(means["truth"], 4),
        "ratio": round(means["ratio"], 4), "width": round(means["width"], 4), "raw_change": round(means["raw"], 4),
        "check": round(float(rows[["ratio", "width"]].head(CHECKED).to_numpy().sum()), 6),
    }
    return {**found, "holds": holds(found)}


def holds(row: Mapping[str, Any]) -> bool:
    """Whether a cell keeps its bar: coverage, or, where it is to err downwards, that it never flatters.

    Where hopes of gains are cut and the programme did nothing, a chance harm on one outcome is kept whole and a chance
    gain on another is cut. What is stated is then too low on purpose, and its interval holds nothing less often.
    """
    cell = CELLS[str(row["cell"])]
    if cell.share == 0 and cell.optimism > 0:
        return bool(row["said_gain"] == 0 and row["ratio"] <= row["truth"])
    return bool(LEAST <= row["holds_zero" if cell.share == 0 else "coverage"] <= MOST)


def study_code() -> str:
    """Hash of the code that the numbers depend on; docstrings, comments, types and layout do not count."""
    return code_hash(MODULES)


#: Of the code that is running, whatever happens to its files meanwhile.
CODE = study_code()


def load_value_study(folder: Path | None = None) -> pd.DataFrame:
    """Read the committed study: one row a cell, as :func:`run_cell` describes.

    Raises
    ------
    WlzEvalError
        When it has not been run.
    """
    return read_committed("value", "value_study", folder)[0]


def _told(rows: pd.DataFrame) -> str:
    """Say what a cell gave."""
    row = rows.iloc[0]
    return (
        f"the truth was held in {row['coverage']:.1%}, nothing in {row['holds_zero']:.1%}; ratio {row['ratio']:.3f} of "
        f"{row['truth']:.3f}{'' if row['holds'] else ', beyond the bar'}"
    )


#: Run with ``python -m``; kept after each cell.
STUDY = CellStudy(
    name="value",
    module="value_study",
    cells=tuple(CELLS),
    run_cell=lambda name, worlds: pd.DataFrame([run_cell(name, worlds)]),
    facts={
        "seed": SEED,
        "draws": DRAWS,
        "bar": {
            "coverage": [LEAST, MOST], "of": "the ratio; of nothing by the benefit where there is no effect",
            "instead": "with hopes too high and no effect: no gain is said, and the stated ratio is not above the "
            "truth",
        },
        "modules": list(MODULES),
        "code": CODE,
    },
    told=_told,
)


if __name__ == "__main__":
    STUDY.command(__doc__)
