"""Slopes between and within schools: of schools that give more, and of children who had more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.regress.capabilities import check_request
from wlz_eval.engagement.regress.fitting import fit_prepared
from wlz_eval.engagement.regress.slope import EngagementSlope

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BetweenWithin", "between_within"]

#: Fewest schools for a slope between schools: constant, mean dose and mean baseline use up three of them.
FEWEST_SCHOOLS = 6
LABELS = {
    "within": "Children of the same school",
    "between": "Schools with a higher mean dose",
    "difference": "Difference (between minus within)",
}
COLUMNS = ("part", "label", "estimate", "se", "df", "ci_low", "ci_high", "p", "illustrative", "n", "n_schools")


@dataclass(frozen=True, kw_only=True, repr=False)
class BetweenWithin(Result):
    """The slope within schools, that between schools, and whether they are the same.

    Parameters
    ----------
    slope : EngagementSlope
    rows : DataFrame
        See :meth:`table`; empty when it cannot be estimated.
    note : str
        Why not, or what a reader should know.
    """

    slope: EngagementSlope
    rows: pd.DataFrame
    note: str = ""

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: which slope."""
        return f"{self.slope.title}: between and within schools"

    @property
    def p_equal(self) -> float:
        """P-value of the test that both slopes are equal; ``nan`` when there is none."""
        known = self.rows.loc[self.rows["part"] == "difference", "p"]
        return float(known.iloc[0]) if len(known) else float("nan")

    def table(self) -> pd.DataFrame:
        """Rows ``within``, ``between`` and ``difference`` (``part``).

        Columns ``part``, ``label``, ``estimate``, ``se``, ``df``, ``ci_low``, ``ci_high``, ``p``, ``illustrative``,
        ``n``, ``n_schools``. The p-value of the difference tests that the two slopes are equal.
        """
        return self.rows.copy()

    def plot(self) -> Figure:
        """Draw the slopes and their intervals."""
        from wlz_eval.engagement.regress.figures import draw_between_within

        return draw_between_within(self.rows)

    def answer(self) -> tuple[str, dict[str, Any]]:
        """Say whether the two differ: a template and its values."""
        if self.rows.empty:
            return "Slopes between and within schools cannot be told apart here. {reason}", {"reason": self.note}
        low, high = self.rows.loc[self.rows["part"] == "difference", ["ci_low", "ci_high"]].iloc[0]
        if low > 0 or high < 0:
            return (
                "Schools that give more differ in another way than children who had more within a school. The slope "
                "between schools mixes the support with all else in which schools differ; read the one within.",
                {},
            )
        return (
            "The data do not show that schools which give more differ in another way than children who had more "
            "within a school; with few schools such a difference would be hard to see.",
            {},
        )

    def findings(self, prefix: str, **about: Any) -> tuple[Finding, ...]:
        """Give ``.within``, ``.between`` and ``.difference`` as associations."""
        return tuple(
            Finding(
                finding_id=f"{prefix}.{row['part']}", quantity="slope", estimate=row["estimate"], se=row["se"],
                ci_low=row["ci_low"], ci_high=row["ci_high"], claim="association", group="programme",
                n_programme=int(row["n"]), method=f"{row['label'].lower()}; contextual model, CR2 by school",
                note=self.note, **about,
            )
            for row in self.rows.to_dict(orient="records")
        )


def between_within(slope: EngagementSlope) -> BetweenWithin:
    """Split a linear slope into that within schools and that between them (contextual, or Mundlak, model).

    Mean dose of the school (and its mean baseline, where one is adjusted for) join the regression; the coefficient of
    mean dose is the difference of the two slopes, and its test is the test that they are equal.

    Parameters
    ----------
    slope : EngagementSlope
        Of the linear model.

    Returns
    -------
    BetweenWithin
        Without rows, and with a reason, for fewer than six schools or where schools' mean doses do not differ.

    Raises
    ------
    OptionError
        For a logistic or ordered slope.

    References
    ----------
    Mundlak (1978), Econometrica 46; Raudenbush and Bryk (2002), Hierarchical Linear Models, chapter 5.

    Examples
    --------
    >>> import numpy as np
    >>> from wlz_eval.engagement import engagement_slope
    >>> rng = np.random.default_rng(1)
    >>> s = np.repeat(np.arange(12), 20)
    >>> d = pd.DataFrame({"school_id": s, "hours": 2 * s + rng.uniform(0, 10, 240)})
    >>> d["y"] = d["hours"] + s + rng.normal(size=240)
    >>> between_within(engagement_slope(d, "y", "hours")).table()["estimate"].round(1).tolist()
    [1.0, 1.5, 0.5]
    """
    if slope.model != "linear":
        raise OptionError("between_within splits linear slopes only. Use model linear, or school_effects fixed.")
    blank = pd.DataFrame(columns=list(COLUMNS))
    if slope.fit is None:
        return BetweenWithin(slope=slope, rows=blank, note=slope.note)
    if slope.n_schools < FEWEST_SCHOOLS:
        return BetweenWithin(slope=slope, rows=blank, note="There are too few schools for a slope between schools.")
    prepared = slope.fit.prepared
    exposure, X = prepared.exposure, prepared.X
    of_school = X.groupby(prepared.school)
    means = {f"{name} (school mean)": of_school[name].transform("mean")
             for name in (prepared.baseline, exposure) if name is not None}
    mean = f"{exposure} (school mean)"
    wide = X.drop(columns=exposure).assign(**means)
    wide[exposure] = X[exposure]
    fit, reason = fit_prepared(replace(prepared, X=wide), "linear", "cluster", *check_request("linear", "cluster",
                                                                                           None, None))
    if fit is None or mean not in fit.X:
        note = reason or "Schools do not differ in their mean dose."
        return BetweenWithin(slope=slope, rows=blank, note=note)
    step = slope.step
    found = fit.contrasts(
        {"within": {exposure: step}, "between": {exposure: step, mean: step}, "difference": {mean: step}}
    )
    rows = found.table().reset_index(names="part").assign(n=slope.n, n_schools=slope.n_schools)
    rows.insert(1, "label", [LABELS[part] for part in rows["part"]])
    return BetweenWithin(slope=slope, rows=rows[list(COLUMNS)])
