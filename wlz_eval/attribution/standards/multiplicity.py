"""Several outcomes judged at once: what each p-value becomes when the others are counted too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.attribution.asked import asked_for_seed
from wlz_eval.attribution.effects.estimate import EffectEstimate
from wlz_eval.core.errors import OptionError
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result
from wlz_eval.inference.multiplicity import aligned_scores, benjamini_hochberg, holm, resampled_step_down

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SeveralOutcomes", "draw_several", "several_outcomes"]


@dataclass(frozen=True, kw_only=True, repr=False)
class SeveralOutcomes(Result):
    """One family of outcomes, each with its p-value before and after the family is allowed for.

    Parameters
    ----------
    data : DataFrame
        See :meth:`table`.
    """

    data: pd.DataFrame
    title: str = "Allowing for several outcomes"

    def table(self) -> pd.DataFrame:
        """One row an outcome.

        Returns
        -------
        DataFrame
            ``outcome``, ``estimate``, ``ci_low``, ``ci_high``, ``hedges_g``, ``g_low``, ``g_high``, ``p``, ``p_holm``,
            ``p_resampled`` (missing where no schools are known), ``p_bh`` (Benjamini and Hochberg), ``n_programme``,
            ``n_comparison``.
        """
        return self.data.copy()

    def plot(self) -> Figure:
        """Draw the p-values of each outcome beside each other."""
        return draw_several(self.data)


def several_outcomes(effects: Mapping[str, EffectEstimate], *, seed: int = 0) -> SeveralOutcomes:
    """Allow for several outcomes in three ways.

    Holm's correction holds however the outcomes go together; the resampled one knows from the schools how far they
    do, and so asks for no more than is needed; both keep the chance of *any* false alarm. Benjamini and Hochberg's
    bounds the share of false alarms among the outcomes called different, which is less to ask.

    Parameters
    ----------
    effects : mapping of str to EffectEstimate
        The family, by name: every outcome against one kind of comparison children.
    seed : int
        Of the resampling.

    Returns
    -------
    SeveralOutcomes

    Raises
    ------
    OptionError
        When fewer than two outcomes have a p-value.

    References
    ----------
    Holm (1979); Benjamini and Hochberg (1995); Westfall and Young (1993).
    """
    if not isinstance(effects, Mapping):
        raise OptionError("effects must name each estimate, such as {'reading': estimate}.")
    asked_for_seed(seed)
    p = [effect.p for effect in effects.values()]
    if np.isfinite(p).sum() < 2:
        raise OptionError("Fewer than two outcomes have a p-value, so there is nothing to allow for.")
    scores = [effect.scores for effect in effects.values()]
    known = all(len(s) for s, value in zip(scores, p, strict=True) if np.isfinite(value))
    resampled = resampled_step_down(p, aligned_scores(scores), seed=seed) if known else np.full(len(p), np.nan)
    rows = [
        {
            "outcome": name,
            **{k: getattr(effect, k) for k in ("estimate", "ci_low", "ci_high")},
            "hedges_g": effect.g.estimate,
            "g_low": effect.g.ci_low,
            "g_high": effect.g.ci_high,
            "p": effect.p,
            "n_programme": effect.n_programme,
            "n_comparison": effect.n_comparison,
        }
        for name, effect in effects.items()
    ]
    return SeveralOutcomes(
        data=pd.DataFrame(rows).assign(p_holm=holm(p), p_resampled=resampled, p_bh=benjamini_hochberg(p))
    )


def draw_several(table: pd.DataFrame) -> Figure:
    """Draw the table of :class:`SeveralOutcomes`: one line an outcome, one mark a p-value."""
    rows = table.iloc[::-1].reset_index(drop=True)
    figure, axes = new_figure(height=1.4 + 0.35 * len(rows))
    marks = (("p", "by itself", "o", "neutral"), ("p_holm", "Holm", "D", "programme"),
             ("p_resampled", "resampled", "s", "good"), ("p_bh", "Benjamini-Hochberg", "^", "comparison"))
    for name, label, marker, colour in marks:
        axes.scatter(rows[name], rows.index, marker=marker, color=COLOURS[colour], label=label)
    axes.axvline(0.05, color=COLOURS["bad"], linewidth=1)
    axes.set_yticks(rows.index, rows["outcome"].astype(str))
    axes.set_xlabel("p-value (line: .05)")
    axes.set_xlim(-0.02, 1.02)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.grid(axis="y", visible=False)
    return figure
