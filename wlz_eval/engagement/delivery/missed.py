"""Sessions missed in a row, beside what the same misses in a random order would show; and why they were missed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.delivery.attendance import attendance_rates, count_sessions
from wlz_eval.engagement.delivery.planned import Grouping, Ints, Planned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "LENGTHS", "REASONS", "RUNS", "MissedSessions", "chance_of_pair", "longest_runs", "missed_runs", "missed_sessions",
]

Array = npt.NDArray[np.float64]
#: Sessions missed in a row at which the delivery practice framework has the Link Worker step in.
RUN = 2
#: Lengths of the longest run that are told apart; the last one stands for itself and all longer ones.
LONGEST = 5
RUNS = ("group", "children", "count", "rest", "share", "expected", "expected_low", "expected_high")
LENGTHS = ("length", "children", "count", "step", "share")
REASONS = ("group", "missed", "children", "share", "ci_low", "ci_high")
NOT_GIVEN = "no reason recorded"


def longest_runs(owner: Ints, order: Ints, missed: npt.NDArray[np.bool_], owners: int) -> Ints:
    """Longest run of missed sessions of each owner.

    Parameters
    ----------
    owner : array of int
        Child, or child and kind of support, of each session.
    order : array of int
        Place of each session in time.
    missed : array of bool
    owners : int

    Notes
    -----
    Of sessions on one day the missed one is taken first, whatever the order of the rows.

    Examples
    --------
    >>> longest_runs(np.array([0, 0, 0, 1]), np.array([3, 1, 2, 1]), np.array([True, False, True, False]), 2).tolist()
    [2, 0]
    """
    if not len(owner):
        return np.zeros(owners, dtype=np.intp)
    start = int(order.min())
    span = int(order.max()) - start + 1
    # One number a session, so that one sort orders by owner, time and outcome.
    key = np.sort(((owner * span) + (order - start)) * 2 + ~missed)
    gone, who = key % 2 == 0, key // (2 * span)
    new = np.r_[True, (who[1:] != who[:-1]) | (gone[1:] != gone[:-1])]
    begins = np.flatnonzero(new)
    length = np.where(gone[begins], np.diff(np.r_[begins, len(key)]), 0)
    longest = np.zeros(owners, dtype=np.intp)
    np.maximum.at(longest, who[begins], length)
    return longest


def missed_runs(sessions: pd.DataFrame, length: int = RUN) -> pd.Series:
    """Whether each child missed at least `length` planned sessions in a row.

    Parameters
    ----------
    sessions : DataFrame
        ``child_id``, ``date``, ``attended`` (0 or 1).
    length : int
        Sessions in a row.

    Returns
    -------
    Series of bool
        Indexed by child.
    """
    child, who = pd.factorize(sessions["child_id"], sort=True)
    day = pd.to_datetime(sessions["date"]).to_numpy(dtype="datetime64[D]").astype(np.int64)
    missed = sessions["attended"].to_numpy(dtype=float) == 0
    return pd.Series(longest_runs(child, day, missed, len(who)) >= length, index=pd.Index(who), name="missed_run")


def chance_of_pair(planned: Array, missed: Array) -> Array:
    """Chance that at least two misses stand side by side when a child's misses fall on its sessions at random.

    One less the share of orders with no two side by side: C(n - m + 1, m) / C(n, m).

    Examples
    --------
    >>> chance_of_pair(np.array([4.0, 3.0]), np.array([2.0, 1.0])).round(3).tolist()
    [0.5, 0.0]
    """
    apart = planned - missed + 1
    possible = missed <= apart

    def log_choose(n: Array, k: Array) -> Array:
        return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))

    log = log_choose(apart, np.where(possible, missed, 0)) - log_choose(planned, missed)
    return np.where(possible, 1 - np.exp(np.minimum(log, 0.0)), 1.0)


@dataclass(frozen=True, kw_only=True, repr=False)
class MissedSessions(Result):
    """Runs of missed sessions, and reasons.

    Parameters
    ----------
    runs : DataFrame
        ``group`` (all sessions, then each kind of support), ``children``, ``count`` and ``share`` (percent) of those
        who missed two in a row, ``rest`` (the others), and the share to be ``expected`` were the same misses of each
        child in a random order, with the range that holds it 95 times in 100.
    lengths : DataFrame
        ``length`` in words, ``count`` and ``share`` of children whose longest run was at least so long; ``step`` is the
        count that the row before it would give away.
    reasons : DataFrame
        ``group`` (reason), ``missed`` sessions, ``children``, ``share`` of missed sessions with its 95% interval; empty
        where no reason is recorded.
    """

    runs: pd.DataFrame
    lengths: pd.DataFrame
    reasons: pd.DataFrame

    title = "Planned sessions missed in a row"

    def table(self) -> pd.DataFrame:
        """Return one row for all sessions and one a kind of support."""
        return self.runs

    def plot(self) -> Figure:
        """Draw shares with two misses in a row beside what chance order would give, unreleased."""
        from wlz_eval.engagement.delivery.figures import draw_runs

        return draw_runs(self.runs)

    def findings(self) -> list[Finding]:
        """Return the share that missed two in a row, and the share that a random order would give."""
        if self.runs.empty:
            return []
        row = self.runs.iloc[0]
        made = (
            ("missed_runs", "percent", row["share"], math.nan, math.nan, "share of programme children with sessions"),
            (
                "missed_runs_expected", "percent_expected", row["expected"], row["expected_low"], row["expected_high"],
                "the same misses of each child in a random order",
            ),
        )
        return [
            Finding(
                finding_id=f"delivery.journey.{name}", quantity=quantity, unit="percent", claim="description",
                group="programme", subgroup="missed two planned sessions in a row at least once", estimate=value,
                ci_low=low, ci_high=high, n_programme=int(row["children"]), method=method,
            )
            for name, quantity, value, low, high, method in made
        ]

    def sentence(self) -> tuple[str, dict[str, Finding]]:
        """Say whether misses come together more than chance would have it: a template and its values."""
        if self.runs.empty:
            return "No child has a planned session, so no run of missed ones can be counted.", {}
        seen, expected = self.findings()
        words = {"seen": seen, "expected": expected}
        text = (
            "{seen} of the children missed two planned sessions in a row at least once. Had each child's missed "
            "sessions fallen at random among its own, {expected} would have (anything in {expected:interval} is no "
            "surprise): "
        )
        if seen.estimate > expected.ci_high:
            return text + "missed sessions come together more than chance would have it.", words
        if seen.estimate < expected.ci_low:
            return text + "missed sessions lie further apart than chance would have it.", words
        return text + "there is no sign that missed sessions come together.", words


def _run_row(name: str, longest: Ints, planned: Array, missed: Array) -> tuple[object, ...]:
    n, count = len(longest), int((longest >= RUN).sum())
    chance = chance_of_pair(planned, missed)
    half = 1.96 * math.sqrt(float((chance * (1 - chance)).sum())) / n
    middle = float(chance.mean())
    ends = (100 * max(middle - half, 0.0), 100 * min(middle + half, 1.0))
    return (name, n, count, n - count, 100 * count / n, 100 * middle, *ends)


def _owned(planned: Planned, by: Grouping) -> tuple[pd.DataFrame, Ints]:
    """Count sessions of each child and group, and the longest run of missed ones in each."""
    n = len(planned.children)
    known = by.codes >= 0
    counts = count_sessions(planned.child, planned.attended, by, n)
    owner = by.codes[known] * n + planned.child[known]
    longest = longest_runs(owner, planned.day[known], ~planned.attended[known], n * len(by.labels))
    cell = counts["group"].cat.codes.to_numpy(dtype=np.intp) * n + counts["child"].to_numpy(dtype=np.intp)
    return counts.reset_index(drop=True), longest[cell]


def _runs(planned: Planned) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows: list[tuple[object, ...]] = []
    everything = Grouping(np.zeros(len(planned), dtype=np.intp), ("All sessions",))
    lengths = pd.DataFrame(columns=list(LENGTHS))
    for by in (everything, planned.groups.get("support")):
        if by is None:
            continue
        counts, longest = _owned(planned, by)
        given = counts["planned"].to_numpy(dtype=float)
        gone = given - counts["attended"].to_numpy(dtype=float)
        if by is everything:
            lengths = _lengths(longest)
        codes = counts["group"].cat.codes.to_numpy()
        for k, name in enumerate(by.labels):
            here = codes == k
            if here.any():
                rows.append(_run_row(name, longest[here], given[here], gone[here]))
    return pd.DataFrame(rows, columns=list(RUNS)), lengths


def _lengths(longest: Ints) -> pd.DataFrame:
    words = ("one", "two in a row", "three in a row", "four in a row", "five in a row")
    n, rows, before = len(longest), [], len(longest)
    for length, word in zip(range(1, LONGEST + 1), words, strict=True):
        count = int((longest >= length).sum())
        rows.append((f"at least {word}", n, count, before - count, 100 * count / n if n else math.nan))
        before = count
    return pd.DataFrame(rows, columns=list(LENGTHS))


def _reasons(planned: Planned) -> pd.DataFrame:
    reason = planned.groups.get("reason")
    missed = ~planned.attended
    if reason is None or not (reason.codes[missed] >= 0).any():
        return pd.DataFrame(columns=list(REASONS))
    labels = (*reason.labels, NOT_GIVEN)
    codes = np.where(reason.codes >= 0, reason.codes, len(reason.labels))[missed]
    child, everyone = planned.child[missed], Grouping(np.zeros(int(missed.sum()), dtype=np.intp), ("all",))
    rows = []
    for k, name in enumerate(labels):
        here = codes == k
        if here.any():
            found = attendance_rates(count_sessions(child, here, everyone, len(planned.children))).iloc[0]
            children = len(np.unique(child[here]))
            rows.append((name, int(here.sum()), children, found["rate"], found["ci_low"], found["ci_high"]))
    return pd.DataFrame(rows, columns=list(REASONS))


def missed_sessions(planned: Planned) -> MissedSessions:
    """Describe runs of missed sessions, and the reasons recorded for them.

    Parameters
    ----------
    planned : Planned
        From :func:`planned_sessions`.

    Returns
    -------
    MissedSessions
    """
    if not len(planned):
        return MissedSessions(**{
            name: pd.DataFrame(columns=list(columns))
            for name, columns in (("runs", RUNS), ("lengths", LENGTHS), ("reasons", REASONS))
        })
    runs, lengths = _runs(planned)
    return MissedSessions(runs=runs, lengths=lengths, reasons=_reasons(planned))
