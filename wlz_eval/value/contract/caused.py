"""What is paid for outcomes beside what would have been paid had there been no programme."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.core.result import Result
from wlz_eval.value.contract.counterfactual import bias_corrected, draw_effects, draw_outcomes, payment_table
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.payments import PENNIES
from wlz_eval.value.contract.rules import readings_of
from wlz_eval.value.contract.terms import OUTCOME_TRIGGERS

__all__ = ["EXIT_RATES", "Caused", "caused", "effects_of"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
#: Untreated exit rates at which payments are stated for outcomes that only programme children are measured in.
EXIT_RATES: tuple[float, ...] = (0.4, 0.5, 0.6, 0.7)
MEASURED = "Outcomes with an estimate"


@dataclass(frozen=True, kw_only=True, repr=False)
class Caused(Result):
    """Outcome payments with and without the programme.

    Parameters
    ----------
    estimated, unknown : tuple of str
        Areas whose outcome has an effect on page 4, and those that have none.
    rows : DataFrame
        ``basis``, ``areas``, ``rate`` (percent; missing for the estimate), ``paid``, ``without``, ``without_low``,
        ``without_high``, ``over``, ``over_low``, ``over_high`` (paid less without; missing where there is no estimate),
        ``share``, ``share_low``, ``share_high`` (percent of `paid` beyond; likewise), ``children``, ``title``.
    claim : str
        ``effect`` when every effect used is one, else ``adjusted_difference``.
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
                        method="percent of payments beyond prices x E[min(outcomes with no programme, cap)]",
                        note=NOTE,
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
            method="an assumed untreated exit rate, no estimate" if assumed else "effects of page 4, drawn jointly",
            price_year=self.owed.price_year,
            currency=self.owed.currency,
            perspective="payers",
            evidence=self.owed.evidence,
            note=NOTE,
        )


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
    findings: Iterable[Finding],
    covariances: Iterable[FindingCovariance] = (),
    draws: int = 2000,
    seed: int = 0,
) -> Caused:
    """Compare outcome payments with what would have been paid with no programme.

    With no programme a child has o₀ outcomes, of which min(o₀, cap) are paid: the payment is the sum over children of
    price x E[min(o₀, cap)], with the child's and the contract's money caps kept. See
    :mod:`wlz_eval.value.contract.counterfactual` for how o₀ is drawn, and why what the draws say is corrected for the
    bend of the rule.

    Parameters
    ----------
    owed : Owed
        The contract worked through.
    findings : iterable of Finding
        Findings of notebook 04.
    covariances : iterable of FindingCovariance
        Between them.
    draws, seed : int

    Returns
    -------
    Caused
        An estimate for the outcomes that have an effect of tier A or B, counting those outcomes alone. Where others
        are paid for too, what all outcomes would cost if 40 to 70% of the children at risk reached them with no
        programme: a range and no estimate.
    """
    effects = effects_of(owed, findings)
    has = np.array([e is not None for e in effects], dtype=bool)
    areas = np.array([r.outcome.area.replace("_", " ") for r in owed.rules], dtype=object)
    known = [e for e in effects if e is not None]
    drawn = draw_effects(known, tuple(covariances), draws, np.random.default_rng([seed, 0]))
    rows = []
    if has.any():
        rows.append(_row(owed, has, has, drawn, known, math.nan, [seed, 1], MEASURED, areas[has]))
    if not has.all():
        every = np.ones(len(has), dtype=bool)
        rows += [
            _row(owed, every, has, drawn, known, rate, [seed, 2, k], "All outcomes", areas[~has])
            for k, rate in enumerate(EXIT_RATES)
        ]
    return Caused(
        estimated=tuple(areas[has]),
        unknown=tuple(areas[~has]),
        rows=pd.DataFrame(rows),
        claim="effect" if known and all(e.claim == "effect" for e in known) else "adjusted_difference",
        owed=owed,
    )


def _row(
    owed: Owed, counted: Bools, estimated: Bools, effects: Array, known: Sequence[Finding], rate: float,
    seed: Sequence[int], basis: str, areas: npt.NDArray[Any],
) -> dict[str, Any]:
    rules = [r for r, c in zip(owed.rules, counted, strict=True) if c]
    before, after = readings_of(owed.data, rules, "baseline"), readings_of(owed.data, rules)
    seen = np.column_stack([r.reached(before[:, j], after[:, j]) for j, r in enumerate(rules)]).sum(axis=1)
    pay, room = _payer(owed, seen)
    paid = min(int(pay[np.arange(len(seen)), np.minimum(seen, 3)].sum()), room) / PENNIES

    def payments(shifts: Array) -> Array:
        # The same numbers round the shifted readings each time, so that two sets of shifts differ by the shifts alone.
        outcomes = draw_outcomes(rules, before, after, shifts, estimated[counted], rate, np.random.default_rng(seed))
        total = pay[np.arange(len(seen))[None, :], np.minimum(outcomes, 3)].sum(axis=1)
        return np.asarray(np.minimum(total, room) / PENNIES)

    held = np.tile(np.array([e.estimate for e in known]), (len(effects), 1))
    without, *ends = bias_corrected(payments(effects), payments(held))
    year = f", {owed.price_year} prices" if owed.price_year else ""
    estimate = math.isnan(rate)
    blank = math.nan
    over = (paid - without, paid - ends[1], paid - ends[0]) if estimate else (blank, blank, blank)
    share = [100 * v / paid if paid > 0 else blank for v in over]
    return {
        "basis": basis, "areas": ", ".join(areas), "rate": 100 * rate, "paid": paid, "without": without,
        "without_low": ends[0], "without_high": ends[1], "over": over[0], "over_low": over[1],
        "over_high": over[2], "share": share[0], "share_low": share[1], "share_high": share[2],
        "children": owed.children, "title": f"{owed.currency} in all{year} ({owed.evidence})",
    }


def _payer(owed: Owed, seen: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int]:
    """Pennies for none to three outcomes of each child, and what the contract's cap leaves for outcomes."""
    terms, claims = owed.terms, owed.claims
    other = claims[~claims["trigger"].isin(OUTCOME_TRIGGERS)]
    first = other.groupby("child_id")["paid"].sum().reindex(owed.data.index.astype(str)).fillna(0).to_numpy(np.int64)
    # What was achieved and not paid (no evidence, or left) stays unpaid; the others are taken to be evidenced.
    gone = owed.data["left"].notna().to_numpy() if terms.withdrawn == "until_left" and "left" in owed.data else False
    met = owed.met[list(OUTCOME_TRIGGERS)].to_numpy(dtype=bool)
    allowed = np.where(seen[:, None] > np.arange(3)[None, :], met, ~np.broadcast_to(gone, len(seen))[:, None])
    prices = [owed.prices.get(t, 0) for t in OUTCOME_TRIGGERS]
    cap = None if terms.child_cap is None else terms.child_cap * PENNIES
    table = payment_table(prices, first, cap, allowed, terms.outcomes_paid_per_child)
    if terms.contract_cap is None:
        return table, int(np.iinfo(np.int64).max)
    return table, max(round(terms.contract_cap * PENNIES) - int(other["paid"].sum()), 0)
