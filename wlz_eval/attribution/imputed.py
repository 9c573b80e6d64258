"""Designs on several imputed tables, and their effects pooled by Rubin's rules.

Missing covariates are filled several times over; each table gets its own design and estimate, and the interval of
the pooled estimate counts what is not known. Imputation sees baseline columns and who was on the programme, never an
outcome: a design is made before outcomes are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import EffectEstimate, estimate_effect
from wlz_eval.attribution.formula import MatchingFormula, read_formula
from wlz_eval.attribution.make import make_design
from wlz_eval.attribution.units import plain_frame, treatment_of
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result
from wlz_eval.inference.imputation import impute
from wlz_eval.inference.rubin import PooledEstimate, pool_rubin
from wlz_eval.measures.frame import AnalysisFrame

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ImputedDesigns", "ImputedEffect", "draw_imputed_balance", "estimate_imputed", "match_imputed"]

#: Measures that are pooled as logarithms.
RATIOS = ("risk_ratio", "odds_ratio")


@dataclass(frozen=True, kw_only=True, repr=False)
class ImputedDesigns(Result):
    """One design for each imputed table.

    Parameters
    ----------
    formula : MatchingFormula
    designs : tuple of Design
    missing : DataFrame
        ``covariate``, ``programme``, ``comparison``: children whose value was imputed.
    notes : tuple of str
    """

    formula: MatchingFormula
    designs: tuple[Design, ...]
    missing: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"{len(self.designs)} designs on imputed covariates ({self.designs[0].spec.method})"

    def table(self) -> pd.DataFrame:
        """One row a design: imputation, programme, comparison, comparison_ess, worst_smd."""
        rows = [
            {
                "imputation": number,
                "programme": design.count("Matched", "programme"),
                "comparison": design.count("Matched", "comparison"),
                "comparison_ess": design.sizes["comparison"].to_numpy()[1],
                "worst_smd": design.balance().worst_after,
            }
            for number, design in enumerate(self.designs, start=1)
        ]
        return pd.DataFrame(rows)

    def balance(self) -> pd.DataFrame:
        """Balance over the designs, one row a covariate.

        Returns
        -------
        DataFrame
            ``covariate``, ``smd_before``, ``smd_after`` (means over the designs), ``smd_after_low``,
            ``smd_after_high`` (the range).
        """
        tables = [design.balance().covariates for design in self.designs]
        # A level that one table lacks has no row there.
        after = pd.concat([t["smd_after"] for t in tables], axis=1)
        before = pd.concat([t["smd_before"] for t in tables], axis=1).mean(axis=1)
        columns = {
            "smd_before": before,
            "smd_after": after.mean(axis=1),
            "smd_after_low": after.min(axis=1),
            "smd_after_high": after.max(axis=1),
        }
        return pd.DataFrame(columns).rename_axis("covariate").reset_index()

    def plot(self) -> Figure:
        """Draw the balance before and after, with the range over the imputed tables."""
        return draw_imputed_balance(self.balance())


def draw_imputed_balance(table: pd.DataFrame) -> Figure:
    """Draw standardised mean differences of :meth:`ImputedDesigns.balance`; missing cells are not drawn."""
    figure, axes = new_figure(height=max(2.2, 0.8 + 0.27 * len(table)))
    y = np.arange(len(table))
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.hlines(y, table["smd_after_low"], table["smd_after_high"], color=COLOURS["programme"], linewidth=3)
    axes.scatter(table["smd_before"], y, marker="o", facecolors="white", edgecolors=COLOURS["bad"], label="before")
    axes.scatter(table["smd_after"], y, marker="D", color=COLOURS["programme"], label="after, with range")
    axes.set_yticks(y, table["covariate"].astype(str))
    axes.set_xlabel("Difference between the groups, in standard deviations")
    axes.legend(loc="lower right")
    return figure


@dataclass(frozen=True, kw_only=True, repr=False)
class ImputedEffect(Result):
    """The effect on one outcome, pooled over imputed tables.

    Parameters
    ----------
    outcome, measure : str
    pooled : PooledEstimate
        Of the effect, or of its logarithm for a ratio.
    effects : tuple of EffectEstimate
        One for each table.
    estimate, ci_low, ci_high : float
        In the outcome's own unit, or as a ratio.
    notes : tuple of str
    """

    outcome: str
    measure: str
    pooled: PooledEstimate
    effects: tuple[EffectEstimate, ...]
    estimate: float
    ci_low: float
    ci_high: float
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"{self.effects[0].title}; pooled over {len(self.effects)} imputations"

    def table(self) -> pd.DataFrame:
        """One row: outcome, estimate, se, df, interval, p, children, fraction_missing, imputations, measure.

        Numbers of children are means over the tables; `se` is that of the logarithm for a ratio.
        """
        row = {
            "outcome": self.outcome,
            "estimate": self.estimate,
            "se": self.pooled.se,
            "df": self.pooled.df,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "p": self.pooled.p,
            "n_programme": float(np.mean([e.n_programme for e in self.effects])),
            "n_comparison": float(np.mean([e.n_comparison for e in self.effects])),
            "fraction_missing": self.pooled.fraction_missing,
            "imputations": self.pooled.imputations,
            "measure": self.measure,
        }
        return pd.DataFrame([row])


def match_imputed(
    formula: str,
    data: pd.DataFrame | AnalysisFrame,
    *,
    imputations: int = 20,
    auxiliary: Sequence[str] = (),
    rounds: int = 10,
    imputation_method: str = "linear",
    seed: int = 0,
    **options: Any,
) -> ImputedDesigns:
    """Impute missing covariates several times, and make a design on each table.

    Parameters
    ----------
    formula, data
        See :func:`wlz_eval.match`.
    imputations : int
        Tables; as many as the per cent of children with a gap is a good rule.
    auxiliary : sequence of str
        Further baseline columns that foretell the missing values, used to impute but not to match.
    rounds, imputation_method, seed
        See :func:`wlz_eval.inference.imputation.impute`. `seed` is that of the designs too.
    **options
        Of :func:`wlz_eval.match`, or of ``weight`` for a method that weighs.

    Returns
    -------
    ImputedDesigns
        A single design when no covariate is missing.

    Raises
    ------
    OptionError
        When a column does not exist, or `missing` is given: imputing is what is done with them.
    DesignError
        See :func:`wlz_eval.match`.

    References
    ----------
    Leyrat and others (2019), Statistical Methods in Medical Research 28: estimate within each table, then pool. They
    also give the outcome to the imputation; it stays out here, so covariates that foretell the outcome strongly and
    lack many values are adjusted for a little less than fully.

    Examples
    --------
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0, 0, 0], "age": [6, None, 3, 6, 7.5, 2]}, index=list("abcdef"))
    >>> len(match_imputed("programme ~ age", data, imputations=3, replace=True).designs)
    3
    """
    if "missing" in options:
        raise OptionError("match_imputed has no missing: covariates are imputed. Leave it out, or use match.")
    frame = plain_frame(data)
    read = read_formula(formula, [str(c) for c in frame.columns])
    for name in auxiliary:
        if name not in frame.columns:
            raise OptionError(
                f"auxiliary names {name!r}, which is not a column. {suggestion(name, list(map(str, frame.columns)))}"
            )
    treated = treatment_of(frame, read.treatment)
    used = list(dict.fromkeys([read.treatment, *read.columns, *auxiliary]))
    gaps = frame[list(read.columns)].isna()
    missing = pd.DataFrame({"programme": gaps[treated].sum(), "comparison": gaps[~treated].sum()})
    for column, group in ((c, g) for g in ("programme", "comparison") for c in read.columns):
        if missing[group].to_dict()[column] == int((treated if group == "programme" else ~treated).sum()):
            raise DesignError(
                f"{column!r} is not known for any {group} child, so nothing tells what it is there. Take it out of "
                "the formula."
            )
    missing = missing[missing.sum(axis=1) > 0].rename_axis("covariate").reset_index()
    if missing.empty:
        only = make_design(formula, frame, seed=seed, **options)
        return ImputedDesigns(
            formula=read, designs=(only,), missing=missing, notes=("No covariate is missing: nothing was imputed.",)
        )
    tables = impute(frame[used], imputations=imputations, rounds=rounds, method=imputation_method, seed=seed)
    rest = frame.drop(columns=used)
    designs = [make_design(formula, pd.concat([table, rest], axis=1), seed=seed, **options) for table in tables]
    named = ", ".join(f"{name} ({int(count):,})" for name, count in gaps.sum().items() if count)
    note = f"Imputed {imputations:,} times for children who lack them: {named}."
    once = ("Imputed once only: the interval does not count that the filled values are not known.",)
    notes = (note, *(once if imputations == 1 else ()))
    return ImputedDesigns(formula=read, designs=tuple(designs), missing=missing, notes=notes)


def estimate_imputed(designs: ImputedDesigns, outcomes: pd.DataFrame, outcome: str, **options: Any) -> ImputedEffect:
    """Estimate the effect within each imputed table, and pool by Rubin's rules.

    Parameters
    ----------
    designs : ImputedDesigns
    outcomes, outcome, **options
        See :func:`wlz_eval.estimate_effect`.

    Returns
    -------
    ImputedEffect
        Degrees of freedom by Barnard and Rubin, from the mean of those within the tables.

    References
    ----------
    Rubin (1987); Barnard and Rubin (1999), Biometrika 86.
    """
    effects = tuple(estimate_effect(design, outcomes, outcome, **options) for design in designs.designs)
    ratio = effects[0].measure in RATIOS
    values = [math.log(e.estimate) if ratio else e.estimate for e in effects]
    pooled = pool_rubin(values, [e.se**2 for e in effects], df_complete=float(np.mean([e.df for e in effects])))
    ends = (pooled.estimate, pooled.ci_low, pooled.ci_high)
    estimate, low, high = map(math.exp, ends) if ratio else ends
    notes = dict.fromkeys(note for effect in effects for note in effect.notes)
    return ImputedEffect(
        outcome=outcome,
        measure=effects[0].measure,
        pooled=pooled,
        effects=effects,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        notes=(*designs.notes, *notes),
    )
