"""Effects by subgroup, and whether they differ: one model, few schools, corrected for the number of comparisons."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.attribution.balance import standardising_sd, weighted_mean
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import Analysed, analysed_children, one_column
from wlz_eval.attribution.effects.conclude import too_few_schools
from wlz_eval.attribution.effects.models import Linearised, OutcomeModel, averaged_over, linear_outcome
from wlz_eval.attribution.effects.variance import check_df
from wlz_eval.attribution.formula import is_outcome_column
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result
from wlz_eval.inference import ILLUSTRATIVE_BELOW, RobustEstimates, cluster_robust, hc_robust
from wlz_eval.inference.multiplicity import holm, resampled_step_down

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SubgroupEffects", "draw_subgroups", "effects_by_subgroup"]

NOT_KNOWN = "not known"
#: More levels than this are no subgroups but a number, to be cut into bands first.
MOST_LEVELS = 12
STATUS_WORDS: dict[str, str] = {
    "estimated": "",
    "few_children": "too few children",
    "one_school": "one school in a group: no interval",
    "no_variation": "all children of a group alike: no interval",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class SubgroupEffects(Result):
    """Effects by level of a baseline column.

    Parameters
    ----------
    outcome, by : str
    levels : DataFrame
        See :meth:`table`.
    pairs : DataFrame
        One row for two levels: ``first``, ``second``, ``difference`` (first minus second), ``se``, ``df``,
        ``ci_low``, ``ci_high``, ``p``, ``p_family`` (Holm, among all pairs).
    statistic, df_between, df_within, p : float
        Joint test that all effects are the same: Wald statistic over `df_between` as an F with so many degrees of
        freedom; missing with fewer than two levels, or too few schools for so many levels.
    minimum : int
        Fewest children of each group in a level that is estimated.
    """

    outcome: str
    by: str
    levels: pd.DataFrame
    pairs: pd.DataFrame
    statistic: float
    df_between: float
    df_within: float
    p: float
    minimum: int

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Difference in {self.outcome} by {self.by}"

    def table(self) -> pd.DataFrame:
        """One row a level.

        Returns
        -------
        DataFrame
            ``level``, ``estimate``, ``se``, ``df``, ``ci_low``, ``ci_high``, ``p``, ``p_family`` (step-down resampling
            over levels), ``n_programme``, ``n_comparison``, ``schools_programme``, ``schools_comparison``,
            ``worst_smd`` (largest standardised difference within the level), ``status``, ``illustrative``.
        """
        return self.levels.copy()

    def plot(self) -> Figure:
        """Draw the effects and their intervals, one level a line."""
        return draw_subgroups(self.levels)


def _labels(outcomes: pd.DataFrame, by: str, units: pd.Index) -> pd.Series:
    column = one_column(outcomes, "by", by)
    if is_outcome_column(by):
        raise DesignError(
            f"{by} is measured after the programme began, so the programme may have changed who is in which group. "
            "Use a column known before it."
        )
    values = column.loc[units]
    found = values.nunique(dropna=True)
    if found > MOST_LEVELS:
        raise OptionError(
            f"{by} has {found:,} different values; subgroups have at most {MOST_LEVELS}. Cut it into bands first."
        )
    text = values.map(lambda v: f"{v:g}" if isinstance(v, float) else str(v))
    return text.astype(object).where(values.notna(), NOT_KNOWN).astype(str)


def _worst_imbalance(design: Design, children: Analysed) -> float:
    """Largest standardised mean difference among these children, in SDs of the whole focal group."""
    columns, treated = design.covariates.balance, design.treatment.to_numpy(dtype=bool)
    here, w = columns.loc[children.y.index], children.weights.to_numpy(dtype=float)
    worst = 0.0
    for name in columns.columns:
        plain = design.covariates.kinds[name] in ("binary", "level", "missing")
        sd = standardising_sd(columns[name].to_numpy(dtype=float), treated, design.spec.estimand, plain)
        x = here[name].to_numpy(dtype=float)
        gap = weighted_mean(x[children.treated], w[children.treated]) - weighted_mean(
            x[~children.treated], w[~children.treated]
        )
        worst = max(worst, abs(gap) / sd if sd > 0 else 0.0)
    return worst


def _status(children: Analysed, minimum: int) -> str:
    treated = int(children.treated.sum())
    if min(treated, len(children.y) - treated) < minimum:
        return "few_children"
    if all(len(np.unique(children.y[group])) == 1 for group in (children.treated, ~children.treated)):
        # No residual is left, so that an interval would be one of rounding.
        return "no_variation"
    return "one_school" if too_few_schools(children) else "estimated"


def _stacked_fit(
    models: Mapping[str, Linearised], children: Mapping[str, Analysed], variance: str | None, df: str | None
) -> RobustEstimates:
    """Fit all levels as one model, each with its own coefficients, so that what schools share is counted once."""
    blocks = [model.X.add_prefix(f"{level} | ") for level, model in models.items()]
    X = pd.concat(blocks).fillna(0.0)
    y = np.concatenate([m.y for m in models.values()])
    w = np.concatenate([m.weights for m in models.values()])
    effect = {level: {f"{level} | programme": 1.0} for level in models}
    for one, two in itertools.combinations(models, 2):
        effect[f"{one} - {two}"] = {f"{one} | programme": 1.0, f"{two} | programme": -1.0}
    labels = [c.clusters for c in children.values() if c.clusters is not None]
    if not labels:
        return hc_robust(X, y, w, kind=variance or "HC3", contrasts=effect)
    return cluster_robust(X, y, pd.concat(labels), w, kind=variance or "CR2", df=df, contrasts=effect)


def _joint_test(fit: RobustEstimates, k: int) -> tuple[float, float, float, float]:
    """Test that k effects are one: Hotelling's T² with the fewest degrees of freedom of the contrasts it is made of."""
    if k < 2:
        return math.nan, math.nan, math.nan, math.nan
    columns = [fit.position(f"{fit.names[0]} - {name}") for name in fit.names[1:k]]
    gaps, q = fit.estimate[columns], k - 1
    covariance = fit.covariance[np.ix_(columns, columns)]
    eta = float(fit.df[columns].min())
    within = eta - q + 1
    if not within > 0 or np.linalg.matrix_rank(covariance) < q:
        return math.nan, float(q), math.nan, math.nan
    statistic = float(gaps @ np.linalg.solve(covariance, gaps)) * within / (eta * q)
    return statistic, float(q), within, float(special.fdtrc(q, within, statistic))


def _pair_rows(fit: RobustEstimates, k: int) -> pd.DataFrame:
    names = list(itertools.combinations(fit.names[:k], 2))
    rows = slice(k, k + len(names))
    return pd.DataFrame(
        {
            "first": [one for one, _ in names],
            "second": [two for _, two in names],
            "difference": fit.estimate[rows],
            "se": fit.se[rows],
            "df": fit.df[rows],
            "ci_low": fit.ci_low[rows],
            "ci_high": fit.ci_high[rows],
            "p": fit.p[rows],
            "p_family": holm(fit.p[rows]),
        }
    )


def _level_row(level: str, design: Design, children: Analysed, status: str, value: float) -> dict[str, object]:
    treated, clusters = children.treated, children.clusters
    counts = (0, 0) if clusters is None else (clusters[treated].nunique(), clusters[~treated].nunique())
    both = treated.any() and not treated.all()
    return {
        "level": level,
        "estimate": value,
        **dict.fromkeys(("se", "df", "ci_low", "ci_high", "p", "p_family"), math.nan),
        "n_programme": int(treated.sum()),
        "n_comparison": int((~treated).sum()),
        "schools_programme": int(counts[0]),
        "schools_comparison": int(counts[1]),
        "worst_smd": _worst_imbalance(design, children) if both else math.nan,
        "status": status,
        "illustrative": True,
    }


def effects_by_subgroup(
    design: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    by: str,
    *,
    minimum: int = 30,
    cluster: str | None = "school_id",
    variance: str | None = None,
    df: str | None = None,
    model: OutcomeModel = "interacted",
    baseline: str | None = None,
    seed: int = 0,
) -> SubgroupEffects:
    """Estimate the effect in each level of a baseline column, and test whether the effects differ.

    The design is kept as it is: its weights balance all children together, and the balance within each level is
    given beside its effect. Each level has an outcome model of its own, all in one regression, so that schools which
    appear in several levels are counted once. Whether effects differ is judged by the joint test and the
    pairs, never by one level being significant and another not.

    Parameters
    ----------
    design : Design
    outcomes : DataFrame
        Holds the outcome, the clusters and `by`.
    outcome, by : str
        `by` is known before the programme; children for whom it is not form a level of their own.
    minimum : int
        Fewest programme and fewest comparison children of a level that is estimated.
    cluster, variance, df, model, baseline
        As in :func:`wlz_eval.attribution.effects.estimate_effect`; the model is a linear one, and clusters are
        schools or none.
    seed : int
        Of the resampling correction.

    Returns
    -------
    SubgroupEffects

    Raises
    ------
    DesignError
        When `by` is measured after the programme began.
    OptionError
        For an unknown column, or one with too many values.

    Notes
    -----
    The joint test is Hotelling's T² approximation of Tipton and Pustejovsky (2015), Journal of Educational and
    Behavioral Statistics 40, with the smallest Satterthwaite degrees of freedom among its contrasts in place of
    theirs, which errs on the side of caution.
    """
    if model == "logistic":
        raise OptionError("Subgroups are compared by linear models. Use 'interacted', 'additive' or 'unadjusted'.")
    if isinstance(cluster, tuple):
        raise OptionError("Subgroups are clustered in one way. Name one column, or None for independent children.")
    if isinstance(minimum, bool) or not isinstance(minimum, int | np.integer) or minimum < 2:
        raise OptionError(f"minimum must be a whole number of at least 2 children of each group, not {minimum!r}.")
    check_df(cluster, df)
    everyone = analysed_children(design, outcomes, outcome, cluster=cluster, baseline=baseline)
    labels = _labels(outcomes, by, everyone.y.index)
    parts = {level: everyone.of((labels == level).to_numpy()) for level in sorted(set(labels))}
    status = {level: _status(part, minimum) for level, part in parts.items()}
    models: dict[str, Linearised] = {
        level: linear_outcome(
            part, averaged_over(design.spec.estimand, part.treated), model, "difference"
        )
        for level, part in parts.items()
        if status[level] != "few_children"
    }
    rows = {
        level: _level_row(level, design, part, status[level], models[level].value if level in models else math.nan)
        for level, part in parts.items()
    }
    full = [level for level in models if status[level] == "estimated"]
    pairs, joint = _pair_rows_none(), (math.nan, math.nan, math.nan, math.nan)
    if full:
        fit = _stacked_fit({v: models[v] for v in full}, {v: parts[v] for v in full}, variance, df)
        _fill(rows, fit, full, seed)
        pairs, joint = _pair_rows(fit, len(full)), _joint_test(fit, len(full))
    return SubgroupEffects(
        outcome=outcome,
        by=by,
        levels=pd.DataFrame(list(rows.values())),
        pairs=pairs,
        statistic=joint[0],
        df_between=joint[1],
        df_within=joint[2],
        p=joint[3],
        minimum=minimum,
    )


def _pair_rows_none() -> pd.DataFrame:
    columns = ["first", "second", "difference", "se", "df", "ci_low", "ci_high", "p", "p_family"]
    return pd.DataFrame(columns=columns)


def _fill(rows: dict[str, dict[str, object]], fit: RobustEstimates, levels: list[str], seed: int) -> None:
    """Enter the interval and the p-values of each level into its row."""
    k = len(levels)
    family: npt.NDArray[np.float64] = resampled_step_down(fit.p[:k], fit.scores[:, :k], seed=seed)
    for i, level in enumerate(levels):
        rows[level].update(
            estimate=float(fit.estimate[i]),
            se=float(fit.se[i]),
            df=float(fit.df[i]),
            ci_low=float(fit.ci_low[i]),
            ci_high=float(fit.ci_high[i]),
            p=float(fit.p[i]),
            p_family=float(family[i]),
            illustrative=not fit.df[i] >= ILLUSTRATIVE_BELOW,
        )


def draw_subgroups(table: pd.DataFrame) -> Figure:
    """Draw the table of :class:`SubgroupEffects`; levels without an interval are named and left empty."""
    rows = table.iloc[::-1].reset_index(drop=True)
    figure, axes = new_figure(height=1.0 + 0.45 * len(rows))
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    shown = rows["ci_low"].notna()
    axes.hlines(rows.index[shown], rows.loc[shown, "ci_low"], rows.loc[shown, "ci_high"], color=COLOURS["programme"])
    axes.scatter(rows.loc[shown, "estimate"], rows.index[shown], color=COLOURS["programme"], zorder=3)
    names = [
        f"{level} ({STATUS_WORDS.get(status, status)})" if STATUS_WORDS.get(status, status) else str(level)
        for level, status in zip(rows["level"], rows["status"], strict=True)
    ]
    axes.set_yticks(rows.index, names)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlabel("Programme minus comparison, with 95% interval")
    axes.grid(axis="y", visible=False)
    return figure
