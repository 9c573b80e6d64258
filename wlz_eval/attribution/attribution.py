"""The result of attribution: everything notebook 04 shows, and the findings it records."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.attribution.balance import BalanceTable, love_plot
from wlz_eval.attribution.claims import ClaimVerdict, clear_by_itself_only
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import EffectEstimate
from wlz_eval.attribution.options import OutcomeOptions
from wlz_eval.attribution.raters import RATERS_KNEW
from wlz_eval.attribution.selection import SelectionVerdict
from wlz_eval.attribution.tiers import MeasurementMap
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.finding import Finding, FindingCovariance, Tier
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Attribution", "OutcomeEffect", "draw_effects"]


@dataclass(frozen=True, kw_only=True)
class OutcomeEffect:
    """One outcome against one type of comparison children.

    Parameters
    ----------
    outcome : OutcomeOptions
    comparison : str
        Type of comparison children.
    headline : bool
        Whether the plan names that type.
    tier, label, unit, better : str
    att : EffectEstimate
        Matched and adjusted.
    naive : EffectEstimate
        Neither.
    verdict : ClaimVerdict
    family_p : float
        Holm-adjusted p-value among the outcomes against the same comparison children.
    raters_knew : bool
        Whether any rater of it is known to have known who was on the programme.
    """

    outcome: OutcomeOptions
    comparison: str
    headline: bool
    tier: Tier
    label: str
    unit: Any
    better: str
    att: EffectEstimate
    naive: EffectEstimate
    verdict: ClaimVerdict
    family_p: float = float("nan")
    raters_knew: bool = False

    @property
    def reason(self) -> str:
        """What stands against more, and what speaks against the outcome itself, as sentences."""
        return f"{self.verdict.reason} {RATERS_KNEW if self.raters_knew else ''}".strip()

    @property
    def name(self) -> str:
        """Measure and wave, as in finding ids."""
        return f"{self.outcome.measure}.{self.outcome.wave}"

    @property
    def doubted(self) -> bool:
        """Whether it is a further outcome that is clear only until the number of outcomes is allowed for."""
        return not self.outcome.primary and clear_by_itself_only(self.att, self.family_p)

    def with_family_p(self, p: float) -> OutcomeEffect:
        """Copy with the family's p-value."""
        return replace(self, family_p=p)

    def finding(self, quantity: str, suffix: str = "") -> Finding:
        """Return the finding of the ATT, the naive difference, Hedges' g, how many in a hundred, or the family's p."""
        source = self.naive if quantity == "naive" else self.att
        common: dict[str, Any] = {
            "finding_id": f"attribution.{quantity}.{self.name}{suffix}",
            "quantity": quantity,
            "outcome": self.outcome.measure,
            "wave": self.outcome.wave,
            "group": "programme",
            "comparator": self.comparison,
            "tier": self.tier,
            "primary": self.outcome.primary,
            "n_programme": source.n_programme,
            "n_comparison": source.n_comparison,
            "method": source.method,
        }
        called: dict[str, Any] = {
            "claim": self.verdict.claim, "only_by_itself": self.doubted, "note": self.reason,
        }
        if quantity == "hedges_g":
            g = self.att.g
            return Finding(
                **common,
                estimate=g.estimate,
                ci_low=g.ci_low,
                ci_high=g.ci_high,
                unit="sd",
                **called,
            )
        if quantity == "in_hundred":
            return self._in_hundred({**common, **called})
        if quantity == "family_p":
            return Finding(
                **{**common, "method": "Holm, over the outcomes against the same comparison children"},
                estimate=self.family_p, unit="probability", claim="description",
            )
        numbers: dict[str, Any] = {
            "estimate": source.estimate,
            "se": source.se,
            "ci_low": source.ci_low,
            "ci_high": source.ci_high,
        }
        if quantity == "naive":
            return Finding(**common, **numbers, unit=self.unit, claim="description", note=source.notes[-1])
        return Finding(**common, **numbers, unit=self.unit, **called)

    def _in_hundred(self, common: Mapping[str, Any]) -> Finding:
        """Cohen's U3: of a hundred programme children, how many stand above the middle comparison child."""
        g = self.att.g
        sign = -1.0 if self.better == "lower" else 1.0
        # Nobody and everybody are never said: no sample of children can show them.
        shares = [min(max(100 * NormalDist().cdf(sign * x), 1.0), 99.0) for x in (g.estimate, g.ci_low, g.ci_high)]
        return Finding(
            **{**common, "method": "Cohen's U3 of Hedges' g: scores are taken to be spread like a bell curve"},
            estimate=shares[0],
            ci_low=min(shares[1:]),
            ci_high=max(shares[1:]),
            unit="count",
        )

    @property
    def has_hundred(self) -> bool:
        """Whether it can be said of how many in a hundred: a difference with an interval, and a better side."""
        known = all(map(math.isfinite, (self.att.g.estimate, self.att.g.ci_low, self.att.g.ci_high)))
        return known and self.better in ("higher", "lower") and self.outcome.primary


@dataclass(frozen=True, kw_only=True, repr=False)
class Attribution(Result):
    """What the programme changed, as far as the data can say.

    Parameters
    ----------
    map : MeasurementMap
    selection : SelectionVerdict
    designs : mapping of str to Design
        By type of comparison children.
    effects : tuple of OutcomeEffect
        Tier A and B outcomes, for each type of comparison children.
    refusals : mapping of str to str
        Types for which no design could be made, and why.
    headline : str
        Type that the plan names.
    balance_limit : float
    reason : str
        Why there is no headline; empty when there is one.
    seed : int
    labels : mapping of str to str
        Covariates of the designs in plain words.
    """

    map: MeasurementMap
    selection: SelectionVerdict
    designs: Mapping[str, Design] = field(default_factory=dict)
    effects: tuple[OutcomeEffect, ...] = ()
    refusals: Mapping[str, str] = field(default_factory=dict)
    headline: str = ""
    balance_limit: float = 0.1
    reason: str = ""
    seed: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    title: str = "Effect on the programme's children, matched and naive"

    def __post_init__(self) -> None:
        object.__setattr__(self, "designs", MappingProxyType(dict(self.designs)))
        object.__setattr__(self, "refusals", MappingProxyType(dict(self.refusals)))
        object.__setattr__(self, "labels", MappingProxyType(dict(self.labels)))

    @property
    def has_design(self) -> bool:
        """Whether the plan's own comparison could be made."""
        return self.headline in self.designs

    @property
    def design(self) -> Design:
        """The headline's design."""
        if not self.has_design:
            raise DesignError(self.reason or "There is no matched design.")
        return self.designs[self.headline]

    @property
    def balance(self) -> BalanceTable:
        """Balance of the headline's design."""
        return self.design.balance(self.balance_limit)

    @property
    def headline_effects(self) -> tuple[OutcomeEffect, ...]:
        """Effects against the plan's own comparison children."""
        return tuple(e for e in self.effects if e.headline)

    @property
    def primary(self) -> OutcomeEffect | None:
        """The primary outcome's effect, if it could be estimated."""
        return next((e for e in self.headline_effects if e.outcome.primary), None)

    def matched_programme(self, outcome: str | None = None) -> pd.Index:
        """Programme children behind the headline: all who were matched, or those with this outcome known."""
        if outcome is None:
            return self.design.matched_programme
        known = {e.att.outcome: e.att.programme for e in self.headline_effects}
        if outcome not in known:
            raise OptionError(f"No effect on {outcome!r} was estimated. {suggestion(outcome, list(known))}")
        return known[outcome]

    def table(self) -> pd.DataFrame:
        """One row an outcome and comparison: ATT and naive difference with intervals, g, children, claim."""
        rows = [
            {
                "measure": e.outcome.measure,
                "wave": e.outcome.wave,
                "label": e.label,
                "primary": e.outcome.primary,
                "tier": e.tier,
                "comparison": e.comparison,
                "headline": e.headline,
                "unit": e.unit,
                "better": e.better,
                "att": e.att.estimate,
                "att_low": e.att.ci_low,
                "att_high": e.att.ci_high,
                "df": e.att.df,
                "p": e.att.p,
                "p_family": e.family_p,
                "naive": e.naive.estimate,
                "naive_low": e.naive.ci_low,
                "naive_high": e.naive.ci_high,
                "hedges_g": e.att.g.estimate,
                "g_low": e.att.g.ci_low,
                "g_high": e.att.g.ci_high,
                "naive_g": e.naive.g.estimate,
                "naive_g_low": e.naive.g.ci_low,
                "naive_g_high": e.naive.g.ci_high,
                "n_programme": e.att.n_programme,
                "n_comparison": e.att.n_comparison,
                "naive_n_programme": e.naive.n_programme,
                "naive_n_comparison": e.naive.n_comparison,
                "schools_programme": e.att.schools_programme,
                "schools_comparison": e.att.schools_comparison,
                "claim": e.verdict.claim,
                "illustrative": e.att.illustrative,
                "only_by_itself": e.doubted,
                "reason": e.reason,
            }
            for e in self.effects
        ]
        return (
            pd.DataFrame(rows)
            if rows
            else pd.DataFrame(columns=["measure", "wave", "label", "comparison", "att"])
        )

    def love_plot(self, rows: pd.DataFrame) -> Figure:
        """Draw rows of the balance table with the plan's own limit."""
        return love_plot(rows, self.balance_limit)

    def plot(self) -> Figure:
        """Standardised effects with their intervals."""
        return draw_effects(self.table())

    def sizes(self) -> pd.DataFrame:
        """Children by type of comparison: all, matched, unmatched."""
        rows = []
        for kind, design in self.designs.items():
            rows.append(
                {
                    "comparison": kind,
                    "headline": kind == self.headline,
                    **{
                        f"{group}_{word}": design.count(stage, group)
                        for group in ("programme", "comparison")
                        for stage, word in (("All", "all"), ("Matched", "matched"), ("Left out", "unmatched"))
                    },
                }
            )
        return pd.DataFrame(rows)

    def findings(self) -> tuple[Finding, ...]:
        """Every number that leaves notebook 04: tiers, sizes, balance, effects, naive differences, g."""
        return (*self.map.findings(), *self._size_findings(), *self._effect_findings())

    def _effect_findings(self) -> tuple[Finding, ...]:
        found = []
        for effect in self.effects:
            if effect.headline:
                found += [effect.finding(q) for q in ("att", "naive", "hedges_g")]
                found += [effect.finding("in_hundred")] if effect.has_hundred else []
                found += [effect.finding("family_p")] if math.isfinite(effect.family_p) else []
            found.append(effect.finding("att", f".{effect.comparison}"))
        return tuple(found)

    def _size_findings(self) -> tuple[Finding, ...]:
        if not self.has_design:
            return ()
        count, worst = self.design.count, self.balance
        n1, n0 = count("Matched", "programme"), count("Matched", "comparison")
        common: dict[str, Any] = {
            "claim": "description",
            "comparator": self.headline,
            "method": f"Matched design ({self.design.spec.method})",
        }
        counts = [
            Finding(
                finding_id=f"attribution.matched.{group}",
                quantity="count",
                unit="children",
                group=group,
                estimate=float(count("Matched", group)),
                **common,
                n_programme=n1 if group == "programme" else None,
                n_comparison=n0 if group == "comparison" else None,
            )
            for group in ("programme", "comparison")
        ]
        limits = [
            Finding(
                finding_id=f"attribution.imbalance.{when}",
                quantity="largest standardised mean difference",
                unit="sd",
                # Infinite where programme children do not differ at all on something that others differ on.
                estimate=value if np.isfinite(value) else math.nan,
                n_programme=n,
                n_comparison=m,
                **common,
            )
            for when, value, n, m in (
                (
                    "before",
                    worst.worst_before,
                    count("All", "programme"),
                    count("All", "comparison"),
                ),
                ("after", worst.worst_after, n1, n0),
            )
        ]
        return (*counts, *limits)

    def covariances(self) -> tuple[FindingCovariance, ...]:
        """Covariance between the headline effects of different outcomes, from the same schools.

        Each estimate is a sum of contributions of schools; the covariance of two estimates is the sum of
        products of their schools' contributions.
        """
        return tuple(
            FindingCovariance(
                finding_a=f"attribution.att.{a.name}",
                finding_b=f"attribution.att.{b.name}",
                covariance=float(a.att.scores.mul(b.att.scores, fill_value=0.0).sum()),
            )
            for a, b in itertools.combinations(self.headline_effects, 2)
            if len(a.att.scores) and len(b.att.scores)
        )


def draw_effects(table: pd.DataFrame) -> Figure:
    """Draw matched and naive differences in standard deviations with their intervals, one pair a row.

    Parameters
    ----------
    table : DataFrame
        ``label``, ``wave``, ``comparison``, ``hedges_g``, ``g_low``, ``g_high``, ``naive_g``, ``naive_g_low``,
        ``naive_g_high`` and, if wanted, ``good`` (which direction is better). Rows whose numbers are missing
        (hidden by the release rule) are not drawn.
    """
    rows = table.dropna(subset=["hedges_g"])
    figure, axes = new_figure(height=1.2 + 0.55 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1].astype(float)
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.hlines(y, rows["g_low"], rows["g_high"], color=COLOURS["programme"])
    axes.scatter(rows["hedges_g"], y, color=COLOURS["programme"], marker="D", zorder=3)
    below = y - 0.25
    axes.hlines(below, rows["naive_g_low"], rows["naive_g_high"], color=COLOURS["bad"], linewidth=1, linestyles=":")
    axes.scatter(rows["naive_g"], below, facecolors="white", edgecolors=COLOURS["bad"], zorder=3)
    if len(rows):
        axes.annotate("matched", (rows["hedges_g"].iloc[0], y[0]), (0, 7), textcoords="offset points", ha="center",
                      color=COLOURS["programme"])
        axes.annotate("naive", (rows["naive_g"].iloc[0], below[0]), (0, -14), textcoords="offset points", ha="center",
                      color=COLOURS["bad"])
    apart = len(set(rows["comparison"])) > 1
    axes.set_yticks(y, [_row_name(row, apart) for row in rows.to_dict(orient="records")])
    axes.set_ylim(-0.8, max(len(rows) - 0.4, 0.7))
    axes.set_xlabel("Standard deviations (bars: 95% intervals)", loc="right")
    axes.grid(axis="y", visible=False)
    return figure


def _row_name(row: Mapping[Hashable, Any], apart: bool) -> str:
    """Name a row; the comparison children only where the figure holds several kinds."""
    better = f" ({row['good']} is better)" if row.get("good") in ("more", "less") else ""
    against = f"\nagainst {str(row['comparison']).replace('_', ' ')}" if apart else ""
    return f"{row['label']}, {row['wave']}{better}{against}"
