"""Does the slope hang on a few children, or on one school? Leave-one-out slopes in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.regress.fitting import Fitted
from wlz_eval.engagement.regress.slope import EngagementSlope
from wlz_eval.inference import least_squares
from wlz_eval.inference.linear import cluster_totals
from wlz_eval.inference.random_intercept import cluster_sums, variance_ratio

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Influence", "influence"]

Array = npt.NDArray[np.float64]

#: Children a bin of the figure at least, and children left out at a time in the table.
TOGETHER = 10
MOST_BINS = 20
CURVE_COLUMNS = ("rank", "estimate", "n", "whole", "ci_low", "ci_high")
ROW_COLUMNS = ("who", "label", "estimate", "n")


@dataclass(frozen=True, kw_only=True, repr=False)
class Influence(Result):
    """What the slope would be without each child, and without each school.

    `without_child`, `cook` and `without_school` are about single children and schools: for exploring, never for a
    page. :meth:`table` and :meth:`curve` never rest on fewer than ten children.

    Parameters
    ----------
    slope : EngagementSlope
    without_child : array, shape (n,)
        The slope (over one step) without each child.
    cook : array, shape (n,)
        Cook's distance of each child.
    without_school : Series
        The slope without each school, by school; ``nan`` where nothing would be left to estimate it from.
    rows : DataFrame
        See :meth:`table`.
    exact : bool
        Whether leaving out was exact (linear; for a mixed model or random-intercept weights with the variances held)
        or one step of the search (logistic, ordered).
    """

    slope: EngagementSlope
    without_child: Array
    cook: Array
    without_school: pd.Series
    rows: pd.DataFrame
    exact: bool

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: which slope."""
        return f"{self.slope.title}: what it rests on"

    def table(self) -> pd.DataFrame:
        """Slopes of all children, and without the ten who pull it up or down the most.

        Columns ``who`` (``all``, ``without_up``, ``without_down``), ``label``, ``estimate``, ``n`` (children left).
        """
        return self.rows.copy()

    def curve(self) -> pd.DataFrame:
        """Slopes without each child, sorted and averaged in bins of at least ten children.

        Columns ``rank`` (percent of children), ``estimate`` (mean of the bin), ``n``, and in every row ``whole``,
        ``ci_low``, ``ci_high`` (the slope of all children and its interval).
        """
        n = len(self.without_child)
        if n < TOGETHER:
            return pd.DataFrame(columns=list(CURVE_COLUMNS), dtype=float)
        bins = min(MOST_BINS, n // TOGETHER)
        place = np.arange(n) * bins // n
        grouped = pd.DataFrame({"rank": 100 * (np.arange(n) + 0.5) / n, "estimate": np.sort(self.without_child)})
        table = grouped.groupby(place).mean()
        table["n"] = np.bincount(place)
        known = {"whole": self.slope.estimate, "ci_low": self.slope.ci_low, "ci_high": self.slope.ci_high}
        return table.assign(**known)[list(CURVE_COLUMNS)].reset_index(drop=True)

    @property
    def share_large(self) -> float:
        """Percent of children whose Cook's distance is above 4 over their number; ``nan`` without any."""
        n = len(self.cook)
        return 100.0 * float((self.cook > 4 / n).mean()) if n else math.nan

    @property
    def turns_without_ten(self) -> bool:
        """Whether the slope changes sign without the ten children who pull it most its own way."""
        signs = np.sign(self.rows["estimate"].to_numpy(dtype=float))
        return bool((signs[1:] * signs[0] < 0).any()) if len(signs) else False

    @property
    def turns_without_a_school(self) -> bool:
        """Whether the slope changes sign without some one school."""
        return bool((np.sign(self.without_school.dropna()) * np.sign(self.slope.estimate) < 0).any())

    def plot(self) -> Figure:
        """Draw the sorted slopes of :meth:`curve`."""
        from wlz_eval.engagement.regress.figures import draw_influence

        return draw_influence(self.curve())

    def answer(self) -> tuple[str, dict[str, Any]]:
        """Say whether the slope hangs on few children or one school: a template and its values."""
        if not self.slope.estimated:
            return "No association could be estimated. {reason}", {"reason": self.slope.note}
        if self.turns_without_ten or self.turns_without_a_school:
            few = "a few children" if self.turns_without_ten else "one school"
            clear = self.slope.ci_low > 0 or self.slope.ci_high < 0
            seen = "" if clear else "No clear association is seen, as the answer says. "
            return seen + "The direction of the slope hangs on {few}: without them it turns round.", {"few": few}
        return (
            "The direction of the slope hangs neither on any one school nor on the few children who weigh most.",
            {},
        )

    def findings(self, prefix: str, **about: Any) -> tuple[Finding, ...]:
        """Give the slopes of :meth:`table` as associations, ``.all``, ``.without_up``, ``.without_down``."""
        return tuple(
            Finding(
                finding_id=f"{prefix}.{row['who']}", quantity="slope", estimate=row["estimate"], claim="association",
                group="programme", n_programme=int(row["n"]), method=str(row["label"]), **about,
            )
            for row in self.rows.to_dict(orient="records")
        )


@dataclass(frozen=True)
class _Blocks:
    """A fit as quadratic form: everything that leaving rows out needs.

    `rows` are X (or standardised rows), `pulled` the same times the inverse covariance of the errors, `left` the
    residuals times it, `own` its diagonal, `loss` what a sum of two rows of one school takes off it, `bread` the
    inverse information.
    """

    rows: Array
    pulled: Array
    left: Array
    own: Array
    loss: Array
    bread: Array
    scale: float
    child: npt.NDArray[np.intp]
    school: npt.NDArray[np.intp]

    @property
    def information(self) -> Array:
        return np.asarray(self.rows.T @ self.pulled)

    def without(self, rows: npt.NDArray[np.intp]) -> Array:
        """Change of the coefficients when some rows are left out, exactly."""
        here, school = self.pulled[rows], self.school[rows]
        block = np.diag(np.ones(len(rows))) - (school[:, None] == school[None, :]) * self.loss[rows][:, None]
        block = block - here @ self.bread @ here.T
        gamma = np.linalg.lstsq(block, self.left[rows], rcond=1e-10)[0]
        return np.asarray(-self.bread @ (here.T @ gamma))


def _blocks(fit: Fitted) -> _Blocks:
    codes = np.unique(fit.prepared.school, return_inverse=True)[1]
    if fit.rows is not None:
        R, e = fit.rows.rows, fit.rows.residuals
        bread: Array = np.asarray(np.linalg.inv(R.T @ R), dtype=np.float64)
        nothing = np.zeros(len(e))
        return _Blocks(R, R, e, nothing + 1, nothing, bread, 1.0, fit.rows.child, codes[fit.rows.child])
    X, y = fit.X.to_numpy(), fit.y
    weighted = fit.variance in ("REML", "CR2-exchangeable") and fit.prepared.n_schools >= 2
    ratio = variance_ratio(cluster_sums(least_squares(X, y), codes)) if weighted else 0.0
    loss: Array = np.asarray((ratio / (1 + ratio * np.bincount(codes)))[codes], dtype=np.float64)

    def pull(values: Array) -> Array:
        sums = cluster_totals(values, codes)[codes]
        return values - (loss[:, None] * sums if values.ndim == 2 else loss * sums)

    pulled = pull(X)
    bread = np.asarray(np.linalg.inv(X.T @ pulled), dtype=np.float64)
    e = y - X @ (bread @ (pulled.T @ y))
    left = pull(e)
    scale = float(e @ left) / (len(y) - X.shape[1])
    return _Blocks(X, pulled, left, 1 - loss, loss, bread, scale, np.arange(len(y)), codes)


def _by_child(blocks: _Blocks) -> tuple[Array, Array]:
    """Change of all coefficients without each child, shape (n, p), and Cook's distance."""
    n = int(blocks.child.max()) + 1
    if len(blocks.left) == n:
        target = blocks.pulled @ blocks.bread
        spare = blocks.own - (target * blocks.pulled).sum(axis=1)
        # A child whom a column of its own fits exactly takes that column along, and moves no other coefficient.
        gamma = np.where(spare > 1e-10, blocks.left / np.where(spare > 1e-10, spare, 1.0), 0.0)
        change = -target * gamma[:, None]
    else:
        each = blocks.rows.reshape(n, -1, blocks.rows.shape[1])
        score = np.einsum("nkp,nk->np", each, blocks.left.reshape(n, -1))
        rest = blocks.information[None] - np.einsum("nkp,nkq->npq", each, each)
        change = -np.linalg.solve(rest, score[:, :, None])[:, :, 0]
    cook = np.einsum("np,pq,nq->n", change, blocks.information, change) / (blocks.rows.shape[1] * blocks.scale)
    return change, cook


def _by_school(blocks: _Blocks, fit: Fitted) -> pd.Series:
    """Change of the dose's coefficient without each school."""
    labels = np.unique(fit.prepared.school)
    changes = {}
    for g, label in enumerate(labels):
        here = blocks.school == g
        own = blocks.rows[here].T @ blocks.pulled[here]
        rest = blocks.information - own
        inverse = np.linalg.pinv(rest, rcond=1e-9, hermitian=True)
        held = (inverse @ rest)[-1]
        change = -(inverse @ (blocks.rows[here].T @ blocks.left[here]))[-1]
        target = np.zeros(len(held))
        target[-1] = 1.0
        changes[str(label)] = change if np.allclose(held, target, atol=1e-6) else math.nan
    return pd.Series(changes, dtype=float)


def influence(slope: EngagementSlope) -> Influence:
    """Work out the slope without each child and without each school, in closed form rather than by fitting again.

    For a linear model these are the slopes that fitting again would give (with random-intercept weights or a mixed
    model: at the variances of all children). For logistic and ordered models they are one step of the search away
    from all children's, as in Pregibon (1981, Annals of Statistics 9).

    Parameters
    ----------
    slope : EngagementSlope

    Returns
    -------
    Influence
        Without rows where there is no slope.

    References
    ----------
    Cook (1977), Technometrics 19; Christensen, Pearson and Johnson (1992), Technometrics 34 (mixed models).

    Examples
    --------
    >>> from wlz_eval.engagement import engagement_slope
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdef"), 20), "hours": rng.uniform(0, 50, 120)})
    >>> d["y"] = 0.2 * d["hours"] + rng.normal(size=120)
    >>> influence(engagement_slope(d, "y", "hours")).table()["n"].tolist()
    [120, 110, 110]
    """
    fit = slope.fit
    if fit is None:
        nothing = pd.DataFrame(columns=list(ROW_COLUMNS))
        empty = np.empty(0)
        return Influence(slope=slope, without_child=empty, cook=empty, without_school=pd.Series(dtype=float),
                         rows=nothing, exact=False)
    blocks = _blocks(fit)
    change, cook = _by_child(blocks)
    order = np.argsort(change[:, -1], kind="stable")
    rows = [("all", "all children", slope.estimate, slope.n)]
    for who, label, chosen in (
        ("without_up", "without the ten who pull it up most", order[:TOGETHER]),
        ("without_down", "without the ten who pull it down most", order[-TOGETHER:]),
    ):
        moved = blocks.without(np.flatnonzero(np.isin(blocks.child, chosen)))[-1]
        rows.append((who, label, slope.estimate + slope.step * float(moved), slope.n - TOGETHER))
    return Influence(
        slope=slope,
        without_child=slope.estimate + slope.step * change[:, -1],
        cook=cook,
        without_school=slope.estimate + slope.step * _by_school(blocks, fit),
        rows=pd.DataFrame(rows, columns=list(ROW_COLUMNS)),
        exact=fit.rows is None,
    )
