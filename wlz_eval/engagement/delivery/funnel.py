"""Funnel limits: how far a partner's attendance may lie from the overall rate by chance alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.delivery.likeness import Ints, Likeness, sessions_alike, total_distribution

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BEYOND", "FUNNEL", "PartnerFunnel", "partner_funnel"]

#: Chance outside the inner and the outer limits, both sides together.
INNER, OUTER = 0.05, 0.002
FUNNEL = (
    "group", "planned", "children", "rate", "target", "inner_low", "inner_high", "outer_low", "outer_high", "verdict",
)
WITHIN, NEAR = "no more than chance explains", "at the edge of what chance explains"
BEYOND = {-1: "lower than chance explains", 1: "higher than chance explains"}
TOO_FEW = "too few children to say"


@dataclass(frozen=True, kw_only=True, repr=False)
class PartnerFunnel(Result):
    """Each partner's attendance beside the limits within which chance would keep it.

    Parameters
    ----------
    partners : DataFrame
        By name: ``group``, ``planned`` sessions, ``children``, ``rate``, ``target`` (the overall rate), 95% limits
        ``inner_low`` and ``inner_high``, 99.8% limits ``outer_low`` and ``outer_high`` (all in percent), ``verdict``.
    alike : float
        Correlation of two sessions of one child with the same partner.
    """

    partners: pd.DataFrame
    alike: float

    title = "Attendance of each partner beside what chance allows; no ranking"

    def table(self) -> pd.DataFrame:
        """Return one row a partner, by name."""
        return self.partners

    def beyond(self) -> pd.DataFrame:
        """Partners outside the outer limits, that is, by more than chance."""
        return self.partners[self.partners["verdict"].isin(list(BEYOND.values()))]

    def plot(self) -> Figure:
        """Draw the funnel, unreleased."""
        from wlz_eval.engagement.delivery.figures import draw_funnel

        return draw_funnel(self.partners)

    def findings(self) -> list[Finding]:
        """Return how many partners were judged and how many lie beyond chance; nothing without partners."""
        if self.partners.empty:
            return []
        judged = self.partners[self.partners["verdict"] != TOO_FEW]
        made = (("judged", len(judged)), ("beyond", len(self.beyond())))
        return [
            Finding(
                finding_id=f"delivery.funnel.{name}", quantity="count", unit="count", claim="description",
                estimate=float(value), subgroup=f"partners {name}",
                method="partners outside funnel limits of 99.8%; sessions of a child belong together",
            )
            for name, value in made
        ]

    def sentence(self) -> tuple[str, dict[str, Finding]]:
        """Say in words how many partners differ by more than chance: a template and its values."""
        made = {f.finding_id.rsplit(".", 1)[1]: f for f in self.findings()}
        if not made or not made["judged"].estimate:
            return "No partner has enough children for its attendance to be judged.", {}
        if not made["beyond"].estimate:
            return "No partner's attendance differs from the overall rate by more than chance explains.", {}
        many = "partners differ" if made["beyond"].estimate > 1 else "partner differs"
        return (
            f"In attendance {{beyond:number}} {many} from the overall rate by more than chance explains, of "
            "{judged:number} with enough children to say. Of partners that are all alike, one in five hundred would "
            "still lie so far out. The data do not say why: partners work with different children, at different times.",
            made,
        )


def _level(likeness: Likeness, weighted: float, outside: float) -> float:
    """Correlation to use at one level: the estimate, widened since it rests on few children."""
    if likeness.df < 1 or weighted <= 1:
        return likeness.correlation
    ratio = float(special.stdtrit(likeness.df, 1 - outside / 2) / special.ndtri(1 - outside / 2))
    effect = 1 + (weighted - 1) * likeness.correlation
    return float(np.clip((effect * ratio**2 - 1) / (weighted - 1), 0.0, 0.98))


def _limits(group: Ints, planned: Ints, rate: float, correlation: float, outside: float) -> tuple[Ints, Ints]:
    """Fewest and most attended sessions of each partner that chance allows."""
    low, high = [], []
    for support, chance in total_distribution(group, planned, rate, correlation):
        upto, onward = np.cumsum(chance), np.cumsum(chance[::-1])[::-1]
        low.append(support[int(np.argmax(upto > outside / 2))])
        high.append(support[len(support) - 1 - int(np.argmax(onward[::-1] > outside / 2))])
    return np.array(low, dtype=np.intp), np.array(high, dtype=np.intp)


def partner_funnel(counts: pd.DataFrame, fewest: int = 10) -> PartnerFunnel:
    """Judge each partner's attendance against the overall rate, so that small partners are not shamed by chance.

    The limits are those of the exact distribution of a partner's attended sessions when all partners have the overall
    rate, children are independent, and the sessions of a child go together as children of one partner show
    (beta-binomial). That likeness is widened by the ratio of the t to the normal quantile, since it is estimated.
    Discrete totals make the limits a little wider than their names.

    Parameters
    ----------
    counts : DataFrame
        ``group``, ``child``, ``planned``, ``attended``: one row a child and partner (:func:`child_counts`).
    fewest : int
        Children below which nothing is said of a partner.

    Returns
    -------
    PartnerFunnel
        By name, never by rate. With no variation at all (all sessions attended, or none) every partner is at the
        target.

    References
    ----------
    Spiegelhalter (2005), Statistics in Medicine 24: funnel plots for comparing institutional performance.

    Examples
    --------
    >>> counts = pd.DataFrame({"group": ["a"] * 20 + ["b"] * 20, "child": range(40), "planned": 10,
    ...                        "attended": [9, 8] * 10 + [3, 4] * 10})
    >>> partner_funnel(counts).table()[["group", "verdict"]].to_dict("list")
    {'group': ['a', 'b'], 'verdict': ['higher than chance explains', 'lower than chance explains']}
    """
    ordered = counts.sort_values(["group", "child"], kind="stable")
    codes, names = pd.factorize(ordered["group"])
    group = codes.astype(np.intp)
    planned, attended = (ordered[c].to_numpy(dtype=np.intp) for c in ("planned", "attended"))
    if not len(group):
        return PartnerFunnel(partners=pd.DataFrame(columns=list(FUNNEL)), alike=math.nan)
    total, came = (np.bincount(group, w).astype(np.intp) for w in (planned, attended))
    rate = float(came.sum() / total.sum())
    likeness = sessions_alike(group, planned.astype(float), attended.astype(float))
    frame = pd.DataFrame({"group": [str(n) for n in names], "planned": total, "children": np.bincount(group)})
    frame["rate"], frame["target"] = 100 * came / total, 100 * rate
    outside = np.zeros(len(frame), dtype=int)
    sides = np.zeros(len(frame), dtype=int)
    for name, share in (("inner", INNER), ("outer", OUTER)):
        low = high = came
        if 0 < rate < 1 and len(frame) > 1:
            alike = _level(likeness, float((planned**2).sum() / planned.sum()), share)
            low, high = _limits(group, planned, rate, alike, share)
            frame[f"{name}_low"], frame[f"{name}_high"] = 100 * low / total, 100 * high / total
        else:
            frame[f"{name}_low"] = frame[f"{name}_high"] = 100 * rate
        sides = np.where(came < low, -1, np.where(came > high, 1, 0))
        outside += sides != 0
    words = [WITHIN, NEAR]
    verdict = [BEYOND[int(s)] if o == 2 else words[int(o)] for o, s in zip(outside, sides, strict=True)]
    frame["verdict"] = np.where(frame["children"] < fewest, TOO_FEW, verdict)
    return PartnerFunnel(partners=frame[list(FUNNEL)], alike=likeness.correlation)
