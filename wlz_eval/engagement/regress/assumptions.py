"""What each model takes for granted, whether these children bear it out, and what it means when they do not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.result import Result
from wlz_eval.engagement.regress.brant import proportional_odds
from wlz_eval.engagement.regress.fitting import Fitted
from wlz_eval.engagement.regress.slope import EngagementSlope
from wlz_eval.inference import ILLUSTRATIVE_BELOW, intraclass_moments

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Assumptions", "assumptions"]

Array = npt.NDArray[np.float64]

#: Children a bin at least, and bins at most.
CHILDREN_A_BIN, MOST_BINS = 10, 12
#: Below this p-value a check is said not to hold.
ALARM = 0.05
#: Children of the rarer outcome for each column, below which a logistic model is strained (Peduzzi and others 1996).
EVENTS_A_COLUMN = 10
COLUMNS = ("check", "seen", "value", "unit", "p", "holds", "meaning", "n")
RESIDUAL_COLUMNS = ("fitted", "residual", "spread", "n")
NORMAL_COLUMNS = ("expected", "observed", "n")


@dataclass(frozen=True, kw_only=True, repr=False)
class Assumptions(Result):
    """Checks of one regression.

    Parameters
    ----------
    slope : EngagementSlope
    rows : DataFrame
        See :meth:`table`.
    residual_bins : DataFrame
        ``fitted``, ``residual`` (means of bins of at least ten children), ``spread`` (SD of the residuals), ``n``.
        For logistic and ordered models the residual is the outcome minus what was expected.
    normal_bins : DataFrame
        Linear model: ``expected`` and ``observed`` mean residual, in SDs, of children sorted by residual in bins of
        at least ten, ``n``.
    """

    slope: EngagementSlope
    rows: pd.DataFrame
    residual_bins: pd.DataFrame
    normal_bins: pd.DataFrame

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: of what."""
        return f"{self.slope.title}: what the model takes for granted"

    def table(self) -> pd.DataFrame:
        """One row a check.

        Columns ``check``, ``seen`` (words without numbers), ``value`` and its ``unit``, ``p``, ``holds`` (``yes``,
        ``no`` or ``not known``), ``meaning`` (plain words: what follows for the slope), ``n``.
        """
        return self.rows.copy()

    def plot(self) -> Figure:
        """Draw residuals against fitted values, in bins."""
        from wlz_eval.engagement.regress.figures import draw_residuals

        return draw_residuals(self.residual_bins)


def _check(
    check: str, seen: str, holds: bool | None, meaning: str, n: int, value: float = math.nan, unit: str = "",
    p: float = math.nan,
) -> dict[str, Any]:
    word = "not known" if holds is None else "yes" if holds else "no"
    return {"check": check, "seen": seen, "value": value, "unit": unit, "p": p, "holds": word, "meaning": meaning,
            "n": n}


def _bin_codes(values: Array) -> npt.NDArray[np.intp]:
    bins = max(1, min(MOST_BINS, len(values) // CHILDREN_A_BIN))
    rank = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return np.asarray(rank * bins // len(values), dtype=np.intp)


def _residual_bins(fit: Fitted) -> pd.DataFrame:
    fitted = fit.expected
    table = pd.DataFrame({"fitted": fitted, "residual": fit.y - fitted})
    grouped = table.groupby(_bin_codes(fitted))
    bins = grouped.mean()
    bins["spread"], bins["n"] = grouped["residual"].std(), grouped.size()
    return bins.reset_index(drop=True)[list(RESIDUAL_COLUMNS)]


def _normal_bins(fit: Fitted) -> pd.DataFrame:
    left = fit.y - fit.expected
    z = np.sort((left - left.mean()) / left.std())
    n = len(z)
    scores = special.ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    codes = _bin_codes(z)
    grouped = pd.DataFrame({"expected": scores, "observed": z}).groupby(codes)
    bins = grouped.mean()
    bins["n"] = grouped.size()
    return bins.reset_index(drop=True)[list(NORMAL_COLUMNS)]


def breusch_pagan(left: Array, columns: Array) -> tuple[float, float, float]:
    """Koenker's (1981) form of the Breusch-Pagan test, which needs no normal errors.

    Returns
    -------
    tuple of float
        n times R² of the squared residuals on the columns (a constant is added), its degrees of freedom, p-value.
    """
    X = np.column_stack([np.ones(len(left)), columns])
    square = left**2
    rest = square - X @ np.linalg.lstsq(X, square, rcond=None)[0]
    total = float(((square - square.mean()) ** 2).sum())
    statistic = len(left) * (1 - float(rest @ rest) / total) if total > 0 else 0.0
    df = float(np.linalg.matrix_rank(X) - 1)
    return statistic, df, float(special.chdtrc(df, statistic))


def _linear_checks(fit: Fitted) -> list[dict[str, Any]]:
    left, n = fit.y - fit.expected, len(fit.y)
    statistic, _, p = breusch_pagan(left, np.column_stack([fit.expected, fit.dose]))
    robust = fit.variance != "REML"
    even = p >= ALARM
    spread = _check(
        "The same scatter at every level",
        "no change of scatter was seen" if even else "the scatter changes with the fitted outcome or the dose",
        even,
        "The interval allows for uneven scatter, so it stands either way." if robust
        else "The mixed model's interval takes even scatter for granted: compare it with schools as clusters.",
        n, 100 * statistic / n, "percent", p,
    )
    z = (left - left.mean()) / left.std()
    skew, tails = float((z**3).mean()), float((z**4).mean()) - 3
    normal = float(special.chdtrc(2, n / 6 * (skew**2 + tails**2 / 4)))
    shape = _check(
        "Scatter shaped like a bell",
        "no departure from a bell shape was seen" if normal >= ALARM else "the scatter is lopsided or has long tails",
        normal >= ALARM,
        "The interval does not need it, unless children and schools are few: look at what the slope rests on.",
        n, 100 * float((np.abs(z) > 1.96).mean()), "percent", normal,
    )
    return [spread, shape, _alike(fit, left, robust)]


def _alike(fit: Fitted, left: Array, robust: bool) -> dict[str, Any]:
    codes = np.unique(fit.prepared.school, return_inverse=True)[1]
    within, between = intraclass_moments(left, codes)
    share = 100 * between / (within + between) if within + between > 0 else 0.0
    several = fit.prepared.n_schools >= 2
    return _check(
        "Children of a school are no more alike than others",
        "children of the same school are alike beyond what the columns say" if share > 0 and several
        else "no likeness within schools was seen",
        (share == 0) if several else None,
        ("The interval allows for it." if several else "With one school nothing can allow for it.") if robust
        else "The mixed model allows for it, if schools differ by a constant.",
        len(left), share if several else math.nan, "percent",
    )


def _logistic_checks(fit: Fitted) -> list[dict[str, Any]]:
    n, p = len(fit.y), fit.expected
    codes = _bin_codes(p)
    bins = int(codes.max()) + 1
    seen, hoped = np.bincount(codes, fit.y), np.bincount(codes, p)
    spread = np.maximum(hoped * (1 - hoped / np.bincount(codes)), 1e-12)
    statistic = float(((seen - hoped) ** 2 / spread).sum())
    chance = float(special.chdtrc(bins - 2, statistic)) if bins > 2 else math.nan
    rarer = float(min(fit.y.sum(), n - fit.y.sum())) / max(len(fit.columns), 1)
    return [
        _check(
            "Fitted shares agree with observed ones",
            "they agree" if not chance < ALARM else "they differ somewhere along the scale",
            None if math.isnan(chance) else chance >= ALARM,
            "Where they differ the odds do not rise evenly: read the difference in probability as an average only.",
            n, 100 * float(np.abs((seen - hoped) / np.bincount(codes)).max()), "percentage_points", chance,
        ),
        _check(
            "Enough children with either outcome",
            "enough for the columns" if rarer >= EVENTS_A_COLUMN else "few for so many columns",
            rarer >= EVENTS_A_COLUMN,
            "With few, odds ratios come out too large: adjust for less, or use the linear model.",
            n, rarer, "count",
        ),
        _alike(fit, (fit.y - p) / np.sqrt(np.maximum(p * (1 - p), 1e-12)), True),
    ]


def _ordered_checks(fit: Fitted) -> list[dict[str, Any]]:
    tests = proportional_odds(fit).set_index("term")
    n, dose = len(fit.y), fit.prepared.exposure
    rows = []
    for term, name in ((dose, "The same odds at every level, for the dose"), ("all", "The same odds at every level, "
                                                                             "for all columns")):
        p = float(tests["p"].get(term, math.nan))
        rows.append(
            _check(
                name,
                "the test could not be made" if math.isnan(p) else "no difference was seen" if p >= ALARM
                else "odds differ between levels",
                None if math.isnan(p) else p >= ALARM,
                "Where they differ, one slope for all levels is an average: read the differences in probability, level "
                "by level, from logistic models.",
                n, float(tests["statistic"].get(term, math.nan)), "ratio", p,
            )
        )
    fewest = float(np.bincount(fit.y.astype(int)).min())
    rows.append(
        _check(
            "Enough children at every level", "enough" if fewest >= CHILDREN_A_BIN else "some level holds very few",
            fewest >= CHILDREN_A_BIN, "Put levels with few children together with their neighbours.", n,
        )
    )
    return rows


def _common_checks(slope: EngagementSlope, baseline: bool) -> list[dict[str, Any]]:
    asked = slope.n + slope.n_left_out
    return [
        _check(
            "Enough schools for the interval",
            "enough" if slope.df >= ILLUSTRATIVE_BELOW and slope.n_schools >= 2 else "very few carry the slope",
            slope.df >= ILLUSTRATIVE_BELOW and slope.n_schools >= 2,
            "With very few the interval is wide and only illustrative.", slope.n, slope.df, "ratio",
        ),
        _check(
            "Nobody is missing",
            "nobody was left out" if slope.n_left_out == 0 else "some children lack outcome, dose or baseline",
            slope.n_left_out == 0,
            "The slope is of the children who have everything; those who left may differ.", slope.n,
            100 * slope.n_left_out / asked, "percent",
        ),
        _check(
            "Children who differ in dose began alike, once adjusted",
            "the outcome's baseline is adjusted for" if baseline else "no baseline is adjusted for",
            None,
            "No regression can check this: support may go to those in need and is taken up by those who want it. The "
            "slope is an association.", slope.n,
        ),
    ]


def assumptions(slope: EngagementSlope) -> Assumptions:
    """Check what a regression takes for granted.

    Whether dose and outcome lie on a line is looked at by the dose-response curve.

    Parameters
    ----------
    slope : EngagementSlope

    Returns
    -------
    Assumptions
        Without rows where there is no slope.

    References
    ----------
    Koenker (1981), Journal of Econometrics 17; Hosmer and Lemeshow (1980), Communications in Statistics A9; Brant
    (1990), Biometrics 46.

    Examples
    --------
    >>> from wlz_eval.engagement import engagement_slope
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdef"), 20), "hours": rng.uniform(0, 50, 120)})
    >>> d["y"] = 0.2 * d["hours"] + rng.normal(size=120) * d["hours"]
    >>> assumptions(engagement_slope(d, "y", "hours")).table()["holds"].iloc[0]
    'no'
    """
    fit = slope.fit
    if fit is None:
        return Assumptions(
            slope=slope, rows=pd.DataFrame(columns=list(COLUMNS)),
            residual_bins=pd.DataFrame(columns=list(RESIDUAL_COLUMNS), dtype=float),
            normal_bins=pd.DataFrame(columns=list(NORMAL_COLUMNS), dtype=float),
        )
    own = {"linear": _linear_checks, "logistic": _logistic_checks, "ordered": _ordered_checks}[slope.model](fit)
    normal = _normal_bins(fit) if slope.model == "linear" else pd.DataFrame(columns=list(NORMAL_COLUMNS), dtype=float)
    rows = [*own, *_common_checks(slope, fit.prepared.baseline is not None)]
    return Assumptions(
        slope=slope, rows=pd.DataFrame(rows, columns=list(COLUMNS)), residual_bins=_residual_bins(fit),
        normal_bins=normal,
    )
