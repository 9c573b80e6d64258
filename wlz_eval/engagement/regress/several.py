"""Several kinds of dose at once, with how far they can be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.regress.prepare import covariate_columns, require_columns
from wlz_eval.engagement.regress.slope import EngagementSlope, engagement_slope
from wlz_eval.inference import holm

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SeveralExposures", "several_exposures"]

#: Above these the exposures are hardly told apart (Belsley, Kuh and Welsch 1980; Marquardt 1970).
HIGH_CONDITION, HIGH_VIF = 30.0, 10.0
COLUMNS = (
    "exposure", "step", "alone", "alone_low", "alone_high", "together", "together_se", "together_df",
    "together_low", "together_high", "p", "p_holm", "vif", "shared", "n", "n_schools", "note",
)


@dataclass(frozen=True, kw_only=True, repr=False)
class SeveralExposures(Result):
    """Slopes of several exposures, each alone and all together, for the same children.

    Parameters
    ----------
    outcome : str
    rows : DataFrame
        See :meth:`table`.
    condition : float
        Condition number of the exposures, scaled to one length, once what the constant and the covariates explain is
        taken out; above thirty they are hardly told apart. How far covariates go with each other has no part in it.
    correlation : DataFrame
        ``one``, ``two``, ``correlation``, ``n``: one row a pair of exposures.
    """

    outcome: str
    rows: pd.DataFrame
    condition: float
    correlation: pd.DataFrame

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: what was regressed on what."""
        return f"Association of {self.outcome} with {len(self.rows)} exposures, alone and together"

    def table(self) -> pd.DataFrame:
        """One row an exposure, in the order asked for, never by size or p-value.

        Columns ``exposure``, ``step``, ``alone`` with ``alone_low`` and ``alone_high``, ``together`` with
        ``together_se``, ``together_df``, ``together_low`` and ``together_high`` (the others held), ``p`` and
        ``p_holm`` (over all the exposures) of the latter, ``vif`` (variance inflation by the others and the
        covariates), ``shared`` (percent of its variance that the other exposures explain), ``n``, ``n_schools``,
        ``note``.
        """
        return self.rows.copy()

    def correlations(self) -> pd.DataFrame:
        """One row a pair of exposures: ``one``, ``two``, ``correlation``, ``n``."""
        return self.correlation.copy()

    def plot(self) -> Figure:
        """Draw each slope, alone and together."""
        from wlz_eval.engagement.regress.figures import draw_several

        return draw_several(self.rows)

    @property
    def told_apart(self) -> bool:
        """Whether the exposures are different enough for slopes that hold the others."""
        return bool(self.condition < HIGH_CONDITION and (self.rows["vif"] < HIGH_VIF).all())

    def answer(self) -> tuple[str, dict[str, Any]]:
        """Say how far the exposures can be told apart: a template and its values."""
        if not self.told_apart:
            return (
                "These kinds of support went to much the same children, so their slopes can hardly be told apart; "
                "read each alone, and none as the one that matters.",
                {},
            )
        return (
            "These kinds of support can be told apart. Each slope is shown alone and with the others held; p-values "
            "allow for their number. None of them says which kind of support works.",
            {},
        )

    def findings(self, prefix: str, **about: Any) -> tuple[Finding, ...]:
        """Give each exposure's slope with the others held, as an association."""
        return tuple(
            Finding(
                finding_id=f"{prefix}.{row['exposure']}", quantity="slope", estimate=row["together"],
                se=row["together_se"], ci_low=row["together_low"], ci_high=row["together_high"], claim="association",
                group="programme", subgroup=str(row["exposure"]), n_programme=int(row["n"]),
                method="least squares on all exposures at once, allowing for schools", note=str(row["note"]), **about,
            )
            for row in self.rows.to_dict(orient="records")
        )


def _explained(of: np.ndarray, by: np.ndarray) -> float:
    """Share of a column's variance that others explain."""
    X = np.column_stack([np.ones(len(of)), by])
    left = of - X @ np.linalg.lstsq(X, of, rcond=None)[0]
    total = float(((of - of.mean()) ** 2).sum())
    return 1.0 - float(left @ left) / total if total > 0 else float("nan")


def _inflation(of: np.ndarray, by: np.ndarray) -> float:
    share = _explained(of, by)
    return float("inf") if share > 1 - 1e-12 else 1.0 / (1.0 - share)


def _collinearity(used: pd.DataFrame, exposures: Sequence[str], adjust: Sequence[str]) -> tuple[dict[str, Any], float]:
    covariates = covariate_columns(used, adjust)
    covariates = covariates.loc[:, covariates.std().to_numpy() > 0]
    doses = used[list(exposures)].astype(float)
    facts = {}
    for name in exposures:
        others = doses.drop(columns=name).to_numpy()
        own = doses[name].to_numpy()
        facts[name] = (
            _inflation(own, np.column_stack([others, covariates.to_numpy()])),
            100.0 * _explained(own, others),
        )
    known = np.column_stack([np.ones(len(used)), covariates.to_numpy(dtype=float)])
    whole = doses.to_numpy()
    left = whole - known @ np.linalg.lstsq(known, whole, rcond=None)[0]
    length = np.sqrt((left**2).sum(axis=0))
    # An exposure that the covariates explain wholly is nothing but rounding error.
    if (length <= 1e-9 * np.sqrt((whole**2).sum(axis=0))).any():
        return facts, float("inf")
    return facts, float(np.linalg.cond(left / length))


def several_exposures(
    data: pd.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    baseline: str | None = None,
    school: str = "school_id",
    steps: Mapping[str, float] | None = None,
    **options: Any,
) -> SeveralExposures:
    """Regress an outcome on several exposures, each alone and all together.

    Only children with every exposure count, so that slopes alone and together are of the same children. Nothing is
    chosen by its p-value: every exposure is shown, in the order asked for, and p-values are adjusted for their number
    (Holm 1979).

    Parameters
    ----------
    data, outcome, covariates, baseline, school
        As for :func:`wlz_eval.engagement.engagement_slope`.
    exposures : sequence of str
        At least two columns.
    steps : mapping of str to float, optional
        Step of each exposure; 1 where not named.
    **options
        ``school_effects``, ``model``, ``variance``, ``df``.

    Raises
    ------
    OptionError
        For fewer than two exposures, one named twice, or as :func:`engagement_slope` does.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame(rng.normal(size=(120, 2)), columns=["hours", "contacts"])
    >>> d = d.assign(school_id=np.arange(120) % 8, y=d["hours"] + rng.normal(size=120))
    >>> several_exposures(d, "y", ["hours", "contacts"]).table()["together"].round(1).tolist()
    [1.0, -0.0]
    """
    names = list(exposures)
    if len(names) < 2 or len(set(names)) < len(names):
        raise OptionError(f"exposures must name at least two different columns; they are {names}.")
    require_columns(data, names)
    clash = [name for name in names if name in covariates or name in (outcome, baseline)]
    if clash:
        raise OptionError(f"{clash[0]!r} is an exposure and is also outcome or covariate. Leave it out of one.")
    unknown = [name for name in (steps or {}) if name not in names]
    if unknown:
        raise OptionError(f"steps names {unknown[0]!r}, which is not among the exposures.")
    used = data.dropna(subset=[*names, outcome, school, *([baseline] if baseline else [])])

    def slope(name: str, others: Sequence[str]) -> EngagementSlope:
        step = float((steps or {}).get(name, 1.0))
        return engagement_slope(used, outcome, name, [*covariates, *others], baseline, school, step, **options)

    pairs = {name: (slope(name, []), slope(name, [n for n in names if n != name])) for name in names}
    adjusted = holm([both.p for _, both in pairs.values()])
    estimable = len(used) > 2 and bool((used[names].astype(float).std() > 0).all())
    facts, condition = (
        _collinearity(used, names, [*([baseline] if baseline else []), *covariates])
        if estimable
        else (dict.fromkeys(names, (float("nan"), float("nan"))), float("nan"))
    )
    rows = [
        (
            name, alone.step, alone.estimate, alone.ci_low, alone.ci_high, both.estimate, both.se, both.df,
            both.ci_low, both.ci_high, both.p, p_holm, *facts[name], both.n, both.n_schools, both.note or alone.note,
        )
        for (name, (alone, both)), p_holm in zip(pairs.items(), adjusted, strict=True)
    ]
    matrix = used[names].astype(float).corr().to_numpy()
    links = [
        (one, names[j], float(matrix[i, j]), len(used)) for i, one in enumerate(names) for j in range(i + 1, len(names))
    ]
    return SeveralExposures(
        outcome=outcome,
        rows=pd.DataFrame(rows, columns=list(COLUMNS)),
        condition=condition,
        correlation=pd.DataFrame(links, columns=["one", "two", "correlation", "n"]),
    )
