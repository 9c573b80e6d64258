"""What is paid for outcomes beside what would have been paid had there been no programme."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.core.finding import Counted, Finding
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.value.contract.counterfactual import (
    Reached,
    Share,
    chances,
    expected_payment,
    payment_table,
    reached_of,
    share_beyond,
    thinned_to,
)
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.parts import counted_in, scaled
from wlz_eval.value.contract.payments import PENNIES
from wlz_eval.value.contract.terms import OUTCOME_TRIGGERS

__all__ = ["EXIT_RATES", "Caused", "caused", "effects_of"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
#: Half of a 95% interval, in standard deviations.
HALF = 1.959964
#: Untreated exit rates at which payments are stated for outcomes that only programme children are measured in.
EXIT_RATES: tuple[float, ...] = (0.4, 0.5, 0.6, 0.7)
MEASURED = "Outcomes with an estimate"


@dataclass(frozen=True, kw_only=True, repr=False)
class Caused(Result):
    """Outcome payments with and without the programme.

    Parameters
    ----------
    estimated, unknown : tuple of str
        Areas whose payments are compared with similar children, and those whose are not.
    rows : DataFrame
        ``basis``, ``areas``, ``rate`` (percent; missing for the estimate), ``paid``, ``without``, ``without_low``,
        ``without_high``, ``over``, ``over_low``, ``over_high`` (paid less without; missing where there is no estimate),
        ``share``, ``share_low``, ``share_high`` (percent of `paid` beyond; likewise), ``children``, ``title``; of each
        amount ``<name>_counted`` for the release rule.
    claim : str
        ``effect`` when page 4 calls the effect on each of these outcomes one, else ``adjusted_difference``.
    owed : Owed
    """

    estimated: tuple[str, ...]
    unknown: tuple[str, ...]
    rows: pd.DataFrame
    claim: str
    owed: Owed

    title = "Outcome payments with and without the programme"

    def table(self) -> pd.DataFrame:
        """Return the estimate first, then a row for each untreated exit rate."""
        return self.rows

    @property
    def estimate(self) -> Mapping[str, Any] | None:
        """The row of outcomes that have an estimate, or None."""
        own = self.rows[self.rows["rate"].isna()] if len(self.rows) else self.rows
        return {str(k): v for k, v in own.iloc[0].to_dict().items()} if len(own) else None

    @property
    def at_rates(self) -> pd.DataFrame:
        """Rows that rest on an assumed untreated exit rate."""
        return self.rows[self.rows["rate"].notna()] if len(self.rows) else self.rows

    def findings(self) -> list[Finding]:
        """Return what was paid, what would have been, and the share beyond it; ranges at assumed rates apart."""
        made = []
        if row := self.estimate:
            made += [
                self._money("anyway.estimated", "payment_with_no_programme", row, "without", MEASURED.lower()),
                self._money("beyond.estimated", "payment_beyond_no_programme", row, "over", MEASURED.lower()),
                self._money("outcomes_paid.estimated", "payment", row, "paid", MEASURED.lower(), ends=False),
            ]
            if math.isfinite(row["share"]):
                made.append(
                    Finding(
                        finding_id="contract.beyond_share",
                        quantity="share_beyond_no_programme",
                        estimate=row["share"],
                        ci_low=row["share_low"],
                        ci_high=row["share_high"],
                        unit="percentage_points",
                        claim="projection",
                        group="programme",
                        subgroup=MEASURED.lower(),
                        n_programme=int(row["children"]),
                        method=METHOD,
                        evidence=self.owed.evidence,
                        note=NOTE,
                        counted=row["share_counted"],
                    )
                )
        for assumed in self.at_rates.to_dict(orient="records"):
            place = f"if {assumed['rate']:.0f}% of the others had reached theirs with no programme"
            name = f"anyway.rate_{assumed['rate']:.0f}"
            made.append(self._money(name, "payment_with_no_programme", assumed, "without", place))
        return made

    def _money(
        self, name: str, quantity: str, row: Mapping[Any, Any], key: str, subgroup: str, ends: bool = True
    ) -> Finding:
        assumed = math.isfinite(row["rate"])
        return Finding(
            finding_id=f"contract.{name}",
            quantity=quantity,
            estimate=row[key],
            ci_low=row[f"{key}_low"] if ends else math.nan,
            ci_high=row[f"{key}_high"] if ends else math.nan,
            unit="money",
            claim="projection" if ends else "description",
            group="programme",
            subgroup=subgroup,
            n_programme=int(row["children"]),
            method="an assumed untreated exit rate, no estimate" if assumed else METHOD,
            price_year=self.owed.price_year,
            currency=self.owed.currency,
            perspective="payers",
            evidence=self.owed.evidence,
            note=NOTE,
            counted=row[f"{key}_counted"],
        )


_AMOUNTS = ("paid", "without", "without_low", "without_high", "over", "over_low", "over_high")
METHOD = "the contract's rule put to programme and comparison children; effect on it by the design of page 4"
NOTE = "Outcome payments only; sign-up and engagement are not outcomes."


def effects_of(owed: Owed, findings: Iterable[Finding]) -> list[Finding | None]:
    """Effect of page 4 on each payable outcome, or None: only what compares like with like counts."""
    usable = {
        f.finding_id: f
        for f in findings
        if f.claim in ("effect", "adjusted_difference") and f.tier in ("A", "B") and math.isfinite(f.estimate)
        and (f.has_interval or math.isfinite(f.se))
    }
    return [usable.get(f"attribution.att.{r.outcome.measure}.{r.outcome.wave}") for r in owed.rules]


def caused(
    owed: Owed,
    frame: AnalysisFrame,
    findings: Iterable[Finding] = (),
    matching: MatchingOptions | None = None,
    seed: int = 0,
) -> Caused:
    """Compare outcome payments with what would have been paid with no programme.

    With no programme a child has o₀ outcomes, of which min(o₀, cap) are paid: the payment is the sum over children of
    price x E[min(o₀, cap)], with the child's and the contract's money caps kept. Its expectation is estimated by the
    comparison children of page 4 (:mod:`wlz_eval.value.contract.counterfactual`).

    Parameters
    ----------
    owed : Owed
        The contract worked through.
    frame : AnalysisFrame
        Of the same cohort, with comparison children.
    findings : iterable of Finding
        Findings of notebook 04: which outcomes compare like with like, and what that may be called.
    matching : MatchingOptions or None
        The plan's primary design.
    seed : int
        That of notebook 04.

    Returns
    -------
    Caused
        An estimate for the outcomes that have an effect of tier A or B, counting those outcomes alone. Where others
        are paid for too, what all outcomes would cost if 40 to 70% of the children at risk reached them with no
        programme: a range and no estimate. There, as many of the estimated outcomes are lost at random as the
        estimate of their payments says.
    """
    effects = effects_of(owed, findings)
    has = np.array([e is not None for e in effects], dtype=bool)
    areas = np.array([r.outcome.area.replace("_", " ") for r in owed.rules], dtype=object)
    reached, first = reached_of(owed.data, owed.rules), _paid_before(owed)
    share = None
    if matching is not None and has.any() and owed.children:
        rules = [r for r, own in zip(owed.rules, has, strict=True) if own]
        # Comparison children are paid for nothing else: what the child's cap leaves is that of the programme's.
        share = share_beyond(frame, rules, _schedules(owed, first).mean(axis=0), matching, seed)
    if share is None:
        has = np.zeros(len(has), dtype=bool)
    rows = [] if share is None else [_estimated(owed, reached.of(has), first, share, areas[has])]
    if not has.all():
        rows += [_assumed(owed, reached, has, first, share, rate, areas[~has]) for rate in EXIT_RATES]
    claims = {e.claim for e in effects if e is not None}
    return Caused(
        estimated=tuple(areas[has]),
        unknown=tuple(areas[~has]),
        rows=pd.DataFrame(rows),
        claim="effect" if claims == {"effect"} else "adjusted_difference",
        owed=owed,
    )


def _estimated(
    owed: Owed, reached: Reached, first: Ints, share: Share, areas: npt.NDArray[Any]
) -> dict[str, Any]:
    """Row of the outcomes whose payments are compared with similar children."""
    earned, (_, most) = _earned(owed, reached, first), _scale(owed, reached, first)
    paid = min(earned, _room(owed)) / PENNIES
    without, low, high = (
        min(max(earned * (1 - part), 0.0), most) / PENNIES for part in (share.estimate, share.high, share.low)
    )
    over = (paid - without, paid - high, paid - low)
    percent = [100 * v / paid if paid > 0 else math.nan for v in over]
    row = {**_shown(owed, MEASURED, areas, math.nan, paid, (without, low, high)),
           "over": over[0], "over_low": over[1], "over_high": over[2],
           "share": percent[0], "share_low": percent[1], "share_high": percent[2]}
    return _with_children(row, _paid_children(owed, reached, paid, areas))


def _assumed(
    owed: Owed, reached: Reached, estimated: Bools, first: Ints, share: Share | None, rate: float,
    areas: npt.NDArray[Any],
) -> dict[str, Any]:
    """Row of all outcomes, where a share of the children at risk is taken to reach the others with no programme."""
    schedules, own, others = _schedules(owed, first), reached.of(estimated), reached.of(~estimated)
    kept, most = _scale(owed, reached, first)
    alone = expected_payment(schedules, chances(own, 0.0))[0]
    found = []
    for part in (0.0,) * 3 if share is None else (share.estimate, share.high, share.low):
        lost = thinned_to(own, schedules, alone * (1 - part)) if share else 0.0
        found.append(expected_payment(schedules, np.hstack([chances(own, lost), rate * others.could])))
    (middle, chance), (low, _), (high, _) = found
    # Which children come is chance, and apart from how well the effect is known.
    ends = middle - math.hypot(middle - low, HALF * chance), middle + math.hypot(high - middle, HALF * chance)
    money = [min(max(v * kept, 0.0), most) / PENNIES for v in (middle, *ends)]
    blank = dict.fromkeys(("over", "over_low", "over_high", "share", "share_low", "share_high"), math.nan)
    paid = min(_earned(owed, reached, first), _room(owed)) / PENNIES
    row = {**_shown(owed, "All outcomes", areas, 100 * rate, paid, (money[0], money[1], money[2])), **blank}
    return _with_children(row, counted_in(owed, OUTCOME_TRIGGERS))


def _paid_children(owed: Owed, reached: Reached, paid: float, areas: npt.NDArray[Any]) -> tuple[Counted, ...]:
    """Return the children who are paid for in some areas; in all of them, those of each trigger."""
    if len(areas) == len(owed.rules):
        return counted_in(owed, OUTCOME_TRIGGERS)
    n = int((reached.got.any(axis=1) & owed.met[list(OUTCOME_TRIGGERS)].any(axis=1).to_numpy(dtype=bool)).sum())
    return (Counted(children=f"paid for in {', '.join(areas)}", n=n, each=paid / max(n, 1)),)


def _with_children(row: dict[str, Any], counted: tuple[Counted, ...]) -> dict[str, Any]:
    """Say of each amount which children it tells: all move with what is paid, and a share not at all."""
    part = {name: row[name] / row["paid"] if row["paid"] else 0.0 for name in _AMOUNTS}
    return {**row, "share_counted": scaled(counted, 0.0),
            **{f"{name}_counted": scaled(counted, by if math.isfinite(by) else 0.0) for name, by in part.items()}}


def _shown(
    owed: Owed, basis: str, areas: npt.NDArray[Any], rate: float, paid: float, without: tuple[float, float, float]
) -> dict[str, Any]:
    year = f", {owed.price_year} prices" if owed.price_year else ""
    return {
        "basis": basis, "areas": ", ".join(areas), "rate": rate, "paid": paid, "without": without[0],
        "without_low": without[1], "without_high": without[2], "children": owed.children,
        "title": f"{owed.currency} in all{year} ({owed.evidence})",
    }


def _paid_before(owed: Owed) -> Ints:
    """Pennies paid to each child for other triggers, which its cap counts first."""
    other = owed.claims[~owed.claims["trigger"].isin(OUTCOME_TRIGGERS)]
    sums = other.groupby("child_id")["paid"].sum().reindex(owed.data.index.astype(str)).fillna(0)
    return np.asarray(sums.to_numpy(np.int64))


def _schedules(owed: Owed, first: Ints, allowed: Bools | None = None) -> Ints:
    """Pennies for none to three outcomes of each child; everything evidenced unless `allowed` says otherwise."""
    terms = owed.terms
    cap = None if terms.child_cap is None else terms.child_cap * PENNIES
    every = np.ones((len(first), len(OUTCOME_TRIGGERS)), dtype=bool) if allowed is None else allowed
    prices = [owed.prices.get(t, 0) for t in OUTCOME_TRIGGERS]
    return payment_table(prices, first, cap, every, terms.outcomes_paid_per_child)


def _earned(owed: Owed, reached: Reached, first: Ints) -> int:
    """Pennies for these outcomes, as far as they are evidenced and their child had not left; contract's cap apart."""
    schedules = _schedules(owed, first, owed.met[list(OUTCOME_TRIGGERS)].to_numpy(dtype=bool))
    counts = np.minimum(reached.got.sum(axis=1), len(OUTCOME_TRIGGERS))
    return int(schedules[np.arange(len(counts)), counts].sum())


def _scale(owed: Owed, reached: Reached, first: Ints) -> tuple[float, float]:
    """Part of the rule's payments that is evidenced, and pennies if every child at risk and read again succeeded."""
    schedules = _schedules(owed, first)
    by_rule, all_reach = (expected_payment(schedules, chances(reached, lost))[0] for lost in (0.0, -1.0))
    kept = _earned(owed, reached, first) / by_rule if by_rule > 0 else 1.0
    return kept, min(all_reach * kept, _room(owed))


def _room(owed: Owed) -> float:
    """Pennies that the contract's cap leaves for outcomes."""
    if owed.terms.contract_cap is None:
        return math.inf
    other = owed.claims.loc[~owed.claims["trigger"].isin(OUTCOME_TRIGGERS), "paid"]
    return max(round(owed.terms.contract_cap * PENNIES) - int(other.sum()), 0)
