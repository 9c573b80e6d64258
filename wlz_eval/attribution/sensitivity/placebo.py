"""Placebo outcomes: the same comparison on something that the programme cannot have changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import EffectEstimate, estimate_effect
from wlz_eval.attribution.sensitivity.found import describe_findings
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.inference import holm

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PlaceboTests", "draw_placebo", "placebo", "placebo_columns"]

EARLIER_WAVE = "_pre_baseline"
#: A difference below this, in SDs, is too small to matter: the usual limit of balance.
MARGIN = 0.1
#: A placebo fails when its p-value, corrected for their number (Holm), is below this.
ALARM = 0.05
VERDICTS = ("passes", "fails", "says little")
_WHY = {
    "passes": "any difference is shown to be smaller than matters",
    "fails": "the groups differ on something that the programme cannot have changed",
    "says little": "the interval is too wide to show or to rule out a difference that matters",
}
#: Says little, though zero lies outside the interval that is shown.
_SMALL = "the groups seem to differ, by less or by more than matters"


@dataclass(frozen=True, kw_only=True, repr=False)
class PlaceboTests(Result):
    """Differences on outcomes that the programme cannot move, each with a verdict.

    Parameters
    ----------
    tests : DataFrame
        One row an outcome, columns as in :meth:`table`.
    margin : float
        Smallest difference that would matter, in SDs of the outcome.
    effects : tuple of EffectEstimate
        The estimates behind it.
    """

    tests: pd.DataFrame
    margin: float
    effects: tuple[EffectEstimate, ...]
    title: str = "Placebo outcomes: differences where the programme can have made none"

    def table(self) -> pd.DataFrame:
        """One row an outcome.

        ``outcome``; ``estimate``, ``ci_low``, ``ci_high`` (its own unit, 95%), ``p``, ``p_family`` (Holm);
        ``sds``, ``sds_low``, ``sds_high`` (standard deviations, 90%: the interval of two one-sided tests),
        ``margin`` (SDs), ``verdict``, ``why``, ``n_programme``, ``n_comparison``.
        """
        return self.tests.copy()

    def plot(self) -> Figure:
        """Differences in SDs with their 90% intervals, and the margin."""
        return draw_placebo(self.table())

    @property
    def verdict(self) -> str:
        """``fails`` if any outcome fails, else ``passes`` if any passes and none says little, else ``says little``."""
        found = set(self.tests["verdict"])
        if "fails" in found:
            return "fails"
        return "passes" if found == {"passes"} else "says little"

    @property
    def sentence(self) -> str:
        """Plain words, no numbers."""
        several = len(self.tests) > 1
        which = "the placebo outcomes" if several else "the placebo outcome"
        if self.verdict == "fails":
            return (
                "The programme and comparison children differ on something that the programme cannot have changed, so "
                "the comparison is not fair as it stands."
            )
        if self.verdict == "passes":
            return f"On {which} the groups are shown to be alike, which speaks for the comparison without proving it."
        if "passes" in set(self.tests["verdict"]):
            return (
                "On some of the placebo outcomes the groups are shown to be alike; on the others a difference that "
                "matters is not ruled out. So they speak neither for nor against the comparison."
            )
        if (self.tests["why"] == _SMALL).all():
            return f"On {which} the groups may differ, and it is not clear whether by enough to matter."
        return f"On {which} the intervals are too wide to speak for or against the comparison."

    def findings(self, prefix: str, **about: Any) -> tuple[Finding, ...]:
        """One finding an outcome, ``<prefix>.placebo.<column>``: the difference in SDs with its 95% interval."""
        found: list[Finding] = []
        for row, effect in zip(self.tests.to_dict(orient="records"), self.effects, strict=True):
            found += describe_findings(
                prefix,
                [(f"placebo.{row['outcome']}", "placebo difference", row["sds"], "sd")],
                about,
                n_programme=row["n_programme"],
                n_comparison=row["n_comparison"],
                method=f"difference on an outcome that the programme cannot move, {effect.method}",
                note=f"This placebo {row['verdict']}: {row['why']}.",
                ci_low=effect.ci_low / effect.g.sd,
                ci_high=effect.ci_high / effect.g.sd,
            )
        return tuple(found)


def placebo_columns(columns: Iterable[str], design: Design) -> tuple[str, ...]:
    """Columns of an earlier wave (``*_pre_baseline``) on which the design does not match.

    Examples
    --------
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0, 0], "age": [6, 8, 6, 7.5, 2]}, index=list("abcde"))
    >>> from wlz_eval.attribution import match
    >>> placebo_columns(["age", "english_pre_baseline"], match("programme ~ age", data))
    ('english_pre_baseline',)
    """
    return tuple(
        str(c) for c in columns if str(c).endswith(EARLIER_WAVE) and str(c) not in design.formula.columns
    )


def placebo(
    design: Design,
    outcomes: pd.DataFrame,
    columns: str | Sequence[str] | None = None,
    *,
    margin: float = MARGIN,
    **options: Any,
) -> PlaceboTests:
    """Estimate the "effect" of a design on outcomes that the programme cannot have moved.

    An outcome *passes* when the 90% interval lies within the margin on either side of zero (two one-sided tests at
    5%); it *fails* when it does not pass and the 95% interval excludes zero; otherwise it *says little*. Absence of
    a clear difference is never a pass by itself.

    Parameters
    ----------
    design : Design
    outcomes : DataFrame
        Indexed by child, with the placebo columns and the cluster column.
    columns : str or sequence of str, optional
        Placebo outcomes; by default every earlier wave that the design does not match on.
    margin : float
        Smallest difference that matters, in SDs of the outcome.
    **options
        ``cluster, variance, df, model`` of :func:`~wlz_eval.attribution.estimate_effect`.

    Returns
    -------
    PlaceboTests

    Raises
    ------
    OptionError
        When there is no such column, or the design matches on it, so that it would be balanced by construction.

    References
    ----------
    Lakens (2017), Social Psychological and Personality Science 8, for the equivalence test.
    """
    if not (math.isfinite(margin) and margin > 0):
        raise OptionError(f"margin must be above zero, not {margin}: the smallest difference that matters, in SDs.")
    names = [columns] if isinstance(columns, str) else list(columns or placebo_columns(outcomes.columns, design))
    if not names:
        raise OptionError("There is no placebo outcome: no earlier wave is held that the design does not match on.")
    for name in names:
        if name not in outcomes.columns:
            raise OptionError(f"Placebo {name!r} is not a column. {suggestion(name, list(outcomes.columns))}")
        if name in design.formula.columns:
            raise OptionError(
                f"The design matches on {name!r}, so the groups are alike on it by construction. Name an outcome that "
                "the formula leaves out."
            )
    effects = tuple(estimate_effect(design, outcomes, name, **options) for name in names)
    family = holm([effect.p for effect in effects])
    tests = [_judged(effect, margin, float(p)) for effect, p in zip(effects, family, strict=True)]
    return PlaceboTests(tests=pd.DataFrame(tests), margin=margin, effects=effects)


def _judged(effect: EffectEstimate, margin: float, p_family: float) -> dict[str, Any]:
    sd = effect.g.sd
    known = math.isfinite(effect.se) and effect.df > 0 and sd > 0
    half = float(special.stdtrit(effect.df, 0.95)) * effect.se / sd if known else float("nan")
    size = effect.estimate / sd if sd > 0 else float("nan")
    alike = known and -margin < size - half and size + half < margin
    # Several placebos are several chances of a false alarm.
    differs = p_family < ALARM
    # With so few schools that the interval only illustrates, neither verdict can be given.
    verdict = "says little" if effect.illustrative else "passes" if alike else "fails" if differs else "says little"
    return {
        "outcome": effect.outcome,
        "estimate": effect.estimate,
        "ci_low": effect.ci_low,
        "ci_high": effect.ci_high,
        "p": effect.p,
        "p_family": p_family,
        "sds": size,
        "sds_low": size - half,
        "sds_high": size + half,
        "margin": margin,
        "verdict": verdict,
        "why": _why(effect, verdict, seen=half < abs(size)),
        "n_programme": effect.n_programme,
        "n_comparison": effect.n_comparison,
    }


def _why(effect: EffectEstimate, verdict: str, seen: bool) -> str:
    """Say what a verdict rests on; `seen`: the interval that is shown leaves zero out."""
    if effect.illustrative:
        return "too few schools, or an outcome that does not vary, for a firm interval"
    return _SMALL if verdict == "says little" and seen else _WHY[verdict]


def draw_placebo(table: pd.DataFrame) -> Figure:
    """Draw placebo differences in SDs with their 90% intervals from a (released) table.

    Parameters
    ----------
    table : DataFrame
        ``outcome`` (or ``label``), ``sds``, ``sds_low``, ``sds_high``, ``margin``, ``verdict``. Rows without a
        difference are not drawn.
    """
    rows = table.dropna(subset=["sds"])
    figure, axes = new_figure(height=1.6 + 0.45 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1].astype(float)
    if len(rows):
        margin = float(rows["margin"].iloc[0])
        axes.axvspan(-margin, margin, color=COLOURS["light"], alpha=0.4)
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.hlines(y, rows["sds_low"], rows["sds_high"], color=COLOURS["programme"])
    axes.scatter(rows["sds"], y, color=COLOURS["programme"], marker="D", zorder=3)
    names = rows["label"] if "label" in rows else rows["outcome"]
    axes.set_yticks(y, [f"{name}\n({verdict})" for name, verdict in zip(names, rows["verdict"], strict=True)])
    axes.set_ylim(-0.7, max(len(rows) - 0.3, 0.7))
    axes.set_xlabel("Standard deviations (bars: 90% intervals; band: too small to matter)")
    axes.grid(axis="y", visible=False)
    return figure
