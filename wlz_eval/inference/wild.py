"""The wild cluster bootstrap for one contrast: p-value, and interval by inverting the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.core.result import Result
from wlz_eval.inference.estimates import check_option, cluster_codes, fit_notes, named_contrasts
from wlz_eval.inference.linear import LeastSquares, cluster_totals, least_squares

__all__ = ["WILD_WEIGHTS", "WildBootstrap", "wild_bootstrap"]

Array = npt.NDArray[np.float64]

#: Factors that clusters' residuals are multiplied by: one sign, or one of six numbers (Webb 2023), of mean 0 and
#: variance 1.
WILD_WEIGHTS: dict[str, tuple[float, ...]] = {
    "rademacher": (-1.0, 1.0),
    "webb": tuple(sign * float(np.sqrt(size)) for sign in (-1, 1) for size in (1.5, 1.0, 0.5)),
}
#: Draws whose t is this close (relative) to the observed one count as equal to it.
TIE = 1e-9
#: An end of the interval is looked for up to 2 to this power standard errors away, then halved this often.
DOUBLINGS, HALVINGS = 20, 40


@dataclass(frozen=True, kw_only=True, repr=False)
class WildBootstrap(Result):
    """Wild cluster bootstrap of one contrast, frozen.

    Parameters
    ----------
    name : str
        Name of the contrast.
    estimate, t, p : float
        Least-squares estimate, its t by CR1, two-sided bootstrap p-value against zero.
    ci_low, ci_high : float
        The values that the test does not reject; infinite when, with so few clusters, it can reject none.
    smallest_p : float
        The smallest p-value that so many clusters and draws can give.
    weights_kind : str
        Distribution of the factors.
    draws : int
        Draws used; all sign patterns when `enumerated`.
    enumerated : bool
    n, n_clusters : int
    level : float
    notes : tuple of str
    """

    name: str
    estimate: float
    t: float
    p: float
    ci_low: float
    ci_high: float
    smallest_p: float
    weights_kind: str
    draws: int
    enumerated: bool
    n: int
    n_clusters: int
    level: float
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: how it was drawn."""
        how = "all sign patterns" if self.enumerated else f"{self.draws:,} draws"
        return f"Wild cluster bootstrap of {self.name}: {how} over {self.n_clusters:,} clusters"

    def table(self) -> pd.DataFrame:
        """One row: term, estimate, ci_low, ci_high, p, draws, enumerated."""
        return pd.DataFrame(
            {
                "estimate": [self.estimate],
                "ci_low": [self.ci_low],
                "ci_high": [self.ci_high],
                "p": [self.p],
                "draws": [self.draws],
                "enumerated": [self.enumerated],
            },
            index=pd.Index([self.name], name="term"),
        )


class _Draws:
    """Bootstrap t statistics as a function of the value under test.

    The residuals that obey a null are linear in it. So each draw's numerator is linear, its variance quadratic, in
    the distance between estimate and null, and their coefficients are worked out once for all nulls.
    """

    def __init__(self, fit: LeastSquares, codes: npt.NDArray[np.intp], contrast: Array, factors: Array):
        target = fit.bread @ contrast
        free = fit.X @ target / float(contrast @ target)
        own = fit.weights * (fit.X @ target)
        leverage = cluster_totals(own[:, None] * fit.X, codes)
        numerators, scores = [], []
        for residual in (fit.residuals, free):
            part = cluster_totals(own * residual, codes)
            score = cluster_totals(fit.X * (fit.weights * residual)[:, None], codes)
            numerators.append(factors @ part)
            scores.append(factors * part - (factors @ score) @ fit.bread @ leverage.T)
        self.constant, self.slope = numerators
        self.square = [(a * b).sum(axis=1) for a, b in ((scores[0],) * 2, scores, (scores[1],) * 2)]
        self.se = float(np.sqrt((cluster_totals(own * fit.residuals, codes) ** 2).sum()))

    def share(self, gap: float) -> float:
        """Share of draws with a t at least as large as the observed one, when the null lies `gap` below it."""
        variance = self.square[0] + 2 * gap * self.square[1] + gap**2 * self.square[2]
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(self.constant + gap * self.slope) / np.sqrt(np.maximum(variance, 0.0))
        # Without any variance a draw says nothing against the null.
        return float(np.mean(~(t < abs(gap) / self.se * (1 - TIE))))


def _factors(m: int, kind: str, draws: int, seed: int) -> tuple[Array, bool]:
    """Draw a row of factors for each draw; every pattern of signs when there are no more of them than draws."""
    if kind == "rademacher" and m < 60 and 2**m <= draws:
        bits = (np.arange(2**m)[:, None] >> np.arange(m)) & 1
        return (2.0 * bits - 1.0).astype(float), True
    points: Array = np.array(WILD_WEIGHTS[kind], dtype=float)
    return points[np.random.default_rng(seed).integers(0, len(points), (draws, m))], False


def wild_bootstrap(
    X: npt.ArrayLike | pd.DataFrame,
    y: npt.ArrayLike,
    cluster: npt.ArrayLike,
    contrast: Mapping[str, float] | str,
    weights: npt.ArrayLike | None = None,
    factors: str = "rademacher",
    draws: int = 9999,
    names: Sequence[str] | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> WildBootstrap:
    """Test one contrast of a (weighted) linear regression by the wild cluster bootstrap, the null imposed.

    Parameters
    ----------
    X, y, cluster, weights, names, level
        As in :func:`wlz_eval.inference.cluster_robust`.
    contrast : str or mapping of str to float
        A coefficient, or a linear combination of coefficients.
    factors : {"rademacher", "webb"}
        Signs, or Webb's six numbers, which tell more patterns apart when there are fewer than about a dozen clusters.
    draws : int
        Draws. Signs are enumerated instead when there are no more patterns than that.
    seed : int

    Returns
    -------
    WildBootstrap

    Raises
    ------
    OptionError
        For an unknown option or column, or as :func:`wlz_eval.inference.cluster_robust` does.

    Notes
    -----
    With few programme schools among many, this test rejects far too seldom or too often (MacKinnon and Webb 2018):
    it is no way out of having few schools.

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90; Webb (2023), Canadian Journal of
    Economics 56; Roodman, MacKinnon, Nielsen and Webb (2019), Stata Journal 19.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> school = np.repeat(np.arange(10), 20)
    >>> X = pd.DataFrame({"one": 1.0, "programme": (school < 5) * 1.0})
    >>> wild = wild_bootstrap(X, rng.normal(size=10)[school] + rng.normal(size=200), school, "programme")
    >>> wild.enumerated, wild.draws
    (True, 1024)
    """
    check_option("factors", factors, tuple(WILD_WEIGHTS))
    if draws < 1:
        raise OptionError(f"draws must be at least 1; it is {draws}.")
    fit = least_squares(X, y, weights, names)
    labels, codes = cluster_codes(cluster, fit)
    parts = {contrast: 1.0} if isinstance(contrast, str) else dict(contrast)
    name = contrast if isinstance(contrast, str) else " + ".join(f"{v:g} {k}" for k, v in parts.items())
    column = named_contrasts(fit, {name: parts})[1][:, 0]
    values, enumerated = _factors(len(labels), factors, draws, seed)
    drawn = _Draws(fit, codes, column, values)
    estimate, alpha = float(column @ fit.coefficients), 1.0 - level

    def p_value(null: float) -> float:
        share = drawn.share(estimate - null)
        # A random draw may not find itself among the draws, so the observed sample counts as one more.
        return share if enumerated else (share * len(values) + 1) / (len(values) + 1)

    smallest = 2.0 ** (1 - len(labels)) if enumerated else 1 / (len(values) + 1)
    reach = drawn.se if smallest <= alpha else np.inf
    low, high = (_end(p_value, estimate, side * reach, alpha) for side in (-1.0, 1.0))
    m = len(labels)
    return WildBootstrap(
        name=name,
        estimate=estimate,
        t=estimate / (drawn.se * float(np.sqrt(m / (m - 1)))),
        p=p_value(0.0),
        ci_low=low,
        ci_high=high,
        smallest_p=smallest,
        weights_kind=factors,
        draws=len(values),
        enumerated=enumerated,
        n=len(fit.y),
        n_clusters=m,
        level=level,
        notes=fit_notes(fit),
    )


def _end(p_value: Callable[[float], float], estimate: float, step: float, alpha: float) -> float:
    """Walk away from the estimate until the test rejects, then halve; infinite when it never does."""
    if np.isinf(step):
        return step
    inside, outside = 0.0, 1.0
    for _ in range(DOUBLINGS):
        if p_value(estimate + outside * step) <= alpha:
            break
        inside, outside = outside, 2 * outside
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if p_value(estimate + middle * step) <= alpha:
            outside = middle
        else:
            inside = middle
    return estimate + inside * step
