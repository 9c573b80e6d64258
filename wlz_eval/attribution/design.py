"""A design: who is compared with whom, and how strongly, made before any outcome is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.attribution.balance import BalanceTable, balance_table
from wlz_eval.attribution.capabilities import METHODS, MatchSpec
from wlz_eval.attribution.covariates import Covariates
from wlz_eval.attribution.formula import MatchingFormula
from wlz_eval.core.numbers import format_count, format_number
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Design"]

#: Who is averaged over.
FOCAL: Mapping[str, str] = MappingProxyType({"ATT": "programme", "ATC": "comparison"})
#: Options that the account names even when they are the defaults.
ALWAYS_SAID = frozenset({"ratio", "replace", "tolerances"})


@dataclass(frozen=True, repr=False)
class Design(Result):
    """A matched design, frozen. It holds no outcome and cannot be given one.

    Parameters
    ----------
    formula : MatchingFormula
    spec : MatchSpec
        Options as asked for.
    treatment : Series of bool
        Programme children, indexed by unit.
    distance : Series
        The one number a unit that was matched on (propensity score, its linear predictor, or the user's); missing
        where the distance is between covariates. Discarded units keep the number by which they were discarded.
    weights : Series
        Matching weight of every unit; 0 for who is not in the comparison. Comparison weights have mean one.
    strata : Series
        Number of the matched set of each unit; missing when units serve in several sets, or in none.
    pairs : DataFrame
        ``focal``, ``partner``, ``pair`` (number of the set), ``distance``, ``weight``.
    covariates : Covariates
        Columns of the models and of the balance table.
    described : str
        The distance in a few words.
    caliper_widths : mapping of str to float
        Widest gap allowed within a pair, by ``distance`` or column, in its own units.
    discarded : Series of bool
        Units left out for want of overlap.
    coefficients : Series
        Of the propensity model; empty without one.
    notes : tuple of str
        What was dropped, filled or found on the way.
    """

    formula: MatchingFormula
    spec: Any
    treatment: pd.Series
    distance: pd.Series
    weights: pd.Series
    strata: pd.Series
    pairs: pd.DataFrame
    covariates: Covariates
    described: str
    caliper_widths: Mapping[str, float]
    discarded: pd.Series
    coefficients: pd.Series
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: method and sizes."""
        one, two = self.count("Matched", "programme"), self.count("Matched", "comparison")
        groups = f"{format_count(one)} programme and {format_count(two)} comparison children"
        made = "Weighted" if METHODS[self.spec.method].kind == "weights" else "Matched"
        return f"{made} design ({self.spec.method}): {groups}"

    def count(self, stage: str, group: str) -> int:
        """Children of a group at a stage: a row of :attr:`sizes`, or ``Left out`` (unmatched and discarded)."""
        column = self.sizes.to_dict()[group]
        return int(column["All"] - column["Matched"] if stage == "Left out" else column[stage])

    @property
    def sizes(self) -> pd.DataFrame:
        """Children by group: all, matched, unmatched, discarded, and effective sample sizes (ESS)."""
        matched = (self.weights > 0).to_numpy()
        discarded = self.discarded.to_numpy()
        columns = {}
        for label, group in (
            ("comparison", ~self.treatment.to_numpy()),
            ("programme", self.treatment.to_numpy()),
        ):
            w = self.weights.to_numpy()[group]
            ess = w.sum() ** 2 / (w**2).sum() if (w**2).sum() > 0 else 0.0
            inside, aside = int(matched[group].sum()), int(discarded[group].sum())
            rest = float(group.sum() - inside - aside)
            columns[label] = [float(group.sum()), ess, float(inside), rest, float(aside)]
        rows = ["All", "Matched (ESS)", "Matched", "Unmatched", "Discarded"]
        return pd.DataFrame(columns, index=pd.Index(rows, name="children"))

    @property
    def matched_programme(self) -> pd.Index:
        """Labels of the programme children in the comparison."""
        return self.treatment.index[self.treatment.to_numpy() & (self.weights > 0).to_numpy()]

    @property
    def unmatched_programme(self) -> pd.Index:
        """Labels of the programme children who are not in the comparison."""
        return self.treatment.index[self.treatment.to_numpy() & ~(self.weights > 0).to_numpy()]

    @property
    def achieved_estimand(self) -> str:
        """What the design can estimate, in words: who is averaged over."""
        if self.spec.estimand not in FOCAL:
            done = sum(self.count("Matched", group) for group in ("programme", "comparison"))
            everybody = format_count(len(self.weights))
            whom = ", those counting most who could as well have been in either" if self.spec.estimand == "ATO" else ""
            return f"average effect on {format_count(done)} of {everybody} children of both groups{whom}"
        focal = FOCAL[self.spec.estimand]
        done, everyone = self.count("Matched", focal), self.count("All", focal)
        if done == everyone:
            return f"average effect on all {format_count(everyone)} {focal} children"
        return (
            f"average effect on the {format_count(done)} of {format_count(everyone)} {focal} children who could be "
            "matched, not on all of them"
        )

    def balance(self, limit: float = 0.1) -> BalanceTable:
        """Balance before and after matching."""
        return balance_table(self, limit)

    def profile(self) -> pd.DataFrame:
        """Who was left out: mean of each covariate among matched and unmatched programme children."""
        columns = self.covariates.balance
        inside, outside = columns.loc[self.matched_programme], columns.loc[self.unmatched_programme]
        return pd.DataFrame(
            {
                "kind": pd.Series(self.covariates.kinds),
                "matched_mean": inside.mean(),
                "unmatched_mean": outside.mean(),
                "n_matched": len(inside),
                "n_unmatched": len(outside),
            }
        ).rename_axis("covariate")

    def account(self) -> str:
        """Say what was done, as a list for the reader of a log or a notebook."""
        lines = [
            self.title,
            f"  formula: {self.formula.text}",
            f"  method: {self.spec.method} ({METHODS[self.spec.method].description})",
            *(f"  {name}: {text}" for name, text in self._options()),
            f"  estimand: {self.achieved_estimand}",
            *(f"  note: {note}" for note in self.notes),
        ]
        return "\n".join(lines)

    def _options(self) -> list[tuple[str, str]]:
        """Options that this method knows and that were used, in words."""
        can, default = METHODS[self.spec.method].options, MatchSpec()
        said = [("distance", self.described)] if self.described else []
        for name, width in self.caliper_widths.items():
            asked = f"{self.spec.caliper[name]:g} SDs = " if self.spec.std_caliper[name] else ""
            said.append((f"caliper on {name.replace('_', ' ')}", f"{asked}{format_number(width, 4)}"))
        silent = {"method", "estimand", "distance", "link", "caliper", "std_caliper", "missing", "seed"}
        for name in sorted(can - silent):
            value = getattr(self.spec, name)
            if isinstance(value, tuple) and value:
                named = all(isinstance(part, str) for part in value)
                said.append((f"{name} on" if named else name, ", ".join(map(str, value))))
            elif not isinstance(value, tuple) and (value != getattr(default, name) or name in ALWAYS_SAID):
                said.append((name, str(value)))
        return said

    def __str__(self) -> str:
        return f"{self.account()}\n{self.sizes.to_string()}"

    def table(self) -> pd.DataFrame:
        """Sizes: all, matched, unmatched, effective."""
        return self.sizes

    def plot(self) -> Figure:
        """Overlap of the two groups' distances, before and after matching."""
        from wlz_eval.attribution.balance import overlap_plot

        return overlap_plot(self)
