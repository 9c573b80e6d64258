"""What is still to come of a contract that runs: payments drawn for the children whose outcomes are not yet known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.payments import PENNIES
from wlz_eval.value.contract.terms import CASES, OUTCOME_TRIGGERS
from wlz_eval.value.contract.timeline import targets_by_trigger

__all__ = ["Forecast", "design_effect", "draw_shares", "forecast"]

Array = npt.NDArray[np.float64]
#: Weight of the prior, in children, spread evenly over all that can happen: Jeffreys' for a yes and a no.
PRIOR = 1.0
#: Fewest decided children from whom shares are learnt; below it the contract's own base case is drawn from.
FEWEST = 20


@dataclass(frozen=True, kw_only=True, repr=False)
class Forecast(Result):
    """Payments that are decided, and those that are still to come.

    Parameters
    ----------
    decided : float
        Owed for what is known.
    total, low, high : float
        Expected payment in all and its 95% interval; the same as `decided` when nothing is open.
    children_open, children_known : int
        Children with something still to be decided; children from whom shares are learnt.
    basis : str
        What shares are drawn from, in words; empty when nothing is open.
    shares : DataFrame
        ``trigger``, ``known`` (share met of the children whose trigger is decided), ``expected``, ``low``, ``high`` of
        the open ones, ``open`` (children).
    draws : array
        Payment in all in each draw.
    """

    decided: float
    total: float
    low: float
    high: float
    children_open: int
    children_known: int
    basis: str
    shares: pd.DataFrame
    draws: Array
    owed: Owed

    title = "Payments still to come"

    def table(self) -> pd.DataFrame:
        """One row a trigger that is still open."""
        return self.shares

    def findings(self) -> list[Finding]:
        """Return the forecast; none when everything is decided."""
        if not self.basis:
            return []
        return [
            Finding(
                finding_id="contract.forecast",
                quantity="payment",
                estimate=self.total,
                ci_low=self.low,
                ci_high=self.high,
                unit="money",
                claim="projection",
                group="programme",
                subgroup="in all, with what is still to come",
                n_programme=self.children_open,
                method=self.basis,
                price_year=self.owed.price_year,
                currency=self.owed.currency,
                perspective="payers",
                evidence=self.owed.evidence,
                note="A forecast: children still to be measured are taken to be like those who were.",
            )
        ]


def design_effect(values: Array, groups: npt.NDArray[np.int64]) -> float:
    """How many times the variance of a mean grows since children of a school are alike; at least one.

    Parameters
    ----------
    values : array, shape (n,)
    groups : array of int, shape (n,)
        School of each child.

    Notes
    -----
    One plus the mean number of other children of a child's school, times the intra-class correlation by analysis of
    variance.

    Examples
    --------
    >>> design_effect(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 0, 1, 1]))
    2.0
    """
    n, size = len(values), np.bincount(groups)
    size = size[size > 0]
    if len(size) < 2 or n <= len(size):
        return 1.0
    codes = np.unique(groups, return_inverse=True)[1]
    means = np.bincount(codes, values) / np.bincount(codes)
    within = float(np.sum((values - means[codes]) ** 2)) / (n - len(size))
    between = float(np.sum(size * (means - values.mean()) ** 2)) / (len(size) - 1)
    usual = (n - float(np.sum(size**2)) / n) / (len(size) - 1)
    spread = between + (usual - 1) * within
    icc = (between - within) / spread if spread > 0 else 0.0
    return max(1.0, 1.0 + (float(np.sum(size**2)) / n - 1.0) * icc)


def draw_shares(known: Array, effect: float, n_open: int, draws: int, rng: np.random.Generator) -> Array:
    """Draw shares of the open children in each pattern, exchangeable with the known ones.

    Parameters
    ----------
    known : array, shape (patterns,)
        Known children in each pattern.
    effect : float
        Design effect of schools: the children count as this many times fewer.
    n_open : int
    draws : int
    rng : Generator

    Returns
    -------
    array, shape (draws, patterns)
        A Dirichlet draw of the shares, then a multinomial of the open children.
    """
    prior = PRIOR / len(known)
    shares = rng.dirichlet(known / effect + prior, size=draws)
    independent = max(1, round(n_open / effect))
    return np.asarray(rng.multinomial(independent, shares) / independent)


def _patterns(owed: Owed, children: pd.Index) -> npt.NDArray[np.int64]:
    """Pattern of each child: outcomes earned, and four more where highly engaged."""
    met = owed.met.loc[children]
    outcomes = met[list(OUTCOME_TRIGGERS)].to_numpy(dtype=int).sum(axis=1)
    return np.asarray(outcomes + 4 * met["high_engagement"].to_numpy(dtype=int), dtype=np.int64)


def _worth(owed: Owed) -> Array:
    """Pennies that each of the eight patterns adds for a child who signed up, its cap kept."""
    price = {t: owed.prices.get(t, 0) for t in ("consent", "sign_up", "high_engagement", *OUTCOME_TRIGGERS)}
    first = price["consent"] + price["sign_up"]
    cap = math.inf if owed.terms.child_cap is None else owed.terms.child_cap * PENNIES
    worth = []
    for pattern in range(8):
        own = sum(price[t] for t in OUTCOME_TRIGGERS[: pattern % 4]) + (price["high_engagement"] if pattern >= 4 else 0)
        worth.append(min(first + own, cap) - min(first, cap))
    return np.array(worth, dtype=float)


def _from_targets(owed: Owed, draws: int, rng: np.random.Generator) -> Array | None:
    """Draw patterns from the contract's own cases: one triangular draw for all triggers, low to high."""
    targets = targets_by_trigger(owed.cohort["targets"] if owed.cohort.has("targets") else None)
    names = ["high_engagement", *OUTCOME_TRIGGERS]
    if not set(names) & set(targets.index):
        return None
    # A case that is not given is taken from its neighbour: to take it for none at all would pull the forecast down.
    given = targets.reindex(names)[list(CASES)].ffill(axis=1).bfill(axis=1).fillna(0.0)
    wanted = np.sort(given.to_numpy(dtype=float), axis=1) / max(owed.children, 1)
    place = rng.triangular(-1.0, 0.0, 1.0, size=draws)[:, None]
    low, base, high = np.clip(wanted.T, 0.0, 1.0)
    share = base + np.where(place < 0, place * (base - low), place * (high - base))
    outcomes = -np.diff(np.column_stack([np.ones(draws), np.minimum.accumulate(share[:, 1:], axis=1)]), append=0.0)
    return np.column_stack([outcomes * (1 - share[:, :1]), outcomes * share[:, :1]])


def forecast(owed: Owed, draws: int = 2000, seed: int = 0) -> Forecast:
    """Forecast what a running contract will pay, with its interval.

    Children whose outcomes are still open are exchangeable with those of the same contract whose wave is in: their
    high engagement and number of outcomes are drawn jointly (Dirichlet-multinomial, which for one trigger is
    beta-binomial), with the children counting as fewer since those of a school are alike. Where fewer than twenty are
    known, the contract's own low, base and high targets are drawn from instead. Prices and caps are then applied to
    each draw.

    Parameters
    ----------
    owed : Owed
    draws, seed : int

    Returns
    -------
    Forecast
    """
    decided = float(owed.claims["paid"].sum()) / PENNIES
    names = ["high_engagement", *OUTCOME_TRIGGERS]
    waiting = owed.open[names].any(axis=1).to_numpy(dtype=bool)
    nothing = pd.DataFrame(columns=["trigger", "known", "expected", "low", "high", "open"])
    made = {"decided": decided, "children_open": int(waiting.sum()), "owed": owed}
    if not waiting.any():
        return Forecast(total=decided, low=decided, high=decided, children_known=int((~waiting).sum()), basis="",
                        shares=nothing, draws=np.full(1, decided), **made)  # type: ignore[arg-type]
    rng = np.random.default_rng(seed)
    known, opened = owed.data.index[~waiting], owed.data.index[waiting]
    if len(known) >= FEWEST:
        patterns = _patterns(owed, known)
        schools = pd.factorize(owed.data.loc[known, "school_id"].astype(str))[0]
        effect = design_effect((patterns % 4).astype(float), schools)
        shares = draw_shares(np.bincount(patterns, minlength=8).astype(float), effect, len(opened), draws, rng)
        basis = "children of the same contract whose wave is in, exchangeable with those still to be measured"
    else:
        drawn = _from_targets(owed, draws, rng)
        if drawn is None:
            return Forecast(total=math.nan, low=math.nan, high=math.nan, children_known=len(known), basis="",
                            shares=nothing, draws=np.full(1, math.nan), **made)  # type: ignore[arg-type]
        shares, basis = drawn, "the contract's low, base and high targets, since too few children are known"
    already = owed.claims.loc[owed.claims["child_id"].isin(opened.astype(str)) & owed.claims["trigger"].isin(names)]
    base = decided * PENNIES - float(already["paid"].sum())
    total = base + len(opened) * (shares @ _worth(owed))
    if owed.terms.contract_cap is not None:
        total = np.minimum(total, owed.terms.contract_cap * PENNIES)
    total = total / PENNIES
    low, high = np.quantile(total, [0.025, 0.975])
    return Forecast(total=float(total.mean()), low=float(low), high=float(high), children_known=len(known), basis=basis,
                    shares=_shares(owed, known, opened, shares), draws=total, **made)  # type: ignore[arg-type]


def _shares(owed: Owed, known: pd.Index, opened: pd.Index, shares: Array) -> pd.DataFrame:
    pattern = np.arange(8)
    rows = []
    for trigger, has in (
        ("high_engagement", pattern >= 4), *((t, pattern % 4 > k) for k, t in enumerate(OUTCOME_TRIGGERS))
    ):
        drawn = 100 * shares[:, has].sum(axis=1)
        low, high = np.quantile(drawn, [0.025, 0.975])
        seen = 100 * float(owed.met.loc[known, trigger].mean()) if len(known) else math.nan
        rows.append((trigger, seen, float(drawn.mean()), float(low), float(high), len(opened)))
    return pd.DataFrame(rows, columns=["trigger", "known", "expected", "low", "high", "open"])
