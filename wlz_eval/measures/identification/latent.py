"""Readings on the normal scale, so that a second reading can be drawn that keeps shares at risk as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.risk import at_risk

__all__ = ["Ranked", "Scales", "scales_of", "second_reading"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranked:
    """One column's readings as places among the pupils.

    Parameters
    ----------
    low, width : array, shape (n,)
        Share of pupils with a lower reading, and with this very reading.
    sd : float
        Of the readings, in their own units.
    """

    low: Array
    width: Array
    sd: float

    def normal(self, u: Array) -> Array:
        """Put readings on the normal scale; `u` from 0 to 1 says where within those of equal readings."""
        return np.asarray(special.ndtri(np.clip(self.low + u * self.width, 1e-9, 1 - 1e-9)))


@dataclass(frozen=True)
class Scales:
    """The numeric columns that the rules read, on the normal scale, and where the cut-points lie there.

    Parameters
    ----------
    columns : tuple of str
    ranked : tuple of Ranked
        One a column.
    rules : tuple of (area, column, cut, below)
        Positions of area and column, the cut-point on the normal scale, and whether risk lies below it.
    fixed : array of bool, shape (n, areas)
        Risk by facts that are no readings (free school meals).
    """

    columns: tuple[str, ...]
    ranked: tuple[Ranked, ...]
    rules: tuple[tuple[int, int, float, bool], ...]
    fixed: npt.NDArray[np.bool_]

    def middle(self) -> Array:
        """Put readings on the normal scale, equal readings at one place: shape (n, columns)."""
        n = len(self.fixed)
        half = np.full(n, 0.5)
        return np.column_stack([r.normal(half) for r in self.ranked]) if self.ranked else np.zeros((n, 0))

    def drawn(self, rng: np.random.Generator) -> Array:
        """Put readings on the normal scale, equal readings spread at random: shape (n, columns)."""
        n = len(self.fixed)
        return np.column_stack([r.normal(rng.random(n)) for r in self.ranked]) if self.ranked else np.zeros((n, 0))

    def flags(self, z: Array) -> npt.NDArray[np.bool_]:
        """Areas at risk of children with these readings: shape (n, areas)."""
        flags = self.fixed.copy()
        for area, column, cut, below in self.rules:
            flags[:, area] |= z[:, column] < cut if below else z[:, column] >= cut
        return flags

    def severity(self, z: Array) -> Array:
        """How far each child is toward need: mean over the rules of the reading, turned so that more is worse."""
        if not self.rules:
            return np.zeros(len(self.fixed))
        return np.mean([-z[:, c] if below else z[:, c] for _, c, _, below in self.rules], axis=0)


def _ranked(values: Array) -> Ranked:
    ordered = np.sort(values)
    low = np.searchsorted(ordered, values, side="left") / len(values)
    high = np.searchsorted(ordered, values, side="right") / len(values)
    return Ranked(low, high - low, float(values.std()))


def scales_of(data: pd.DataFrame, areas: Sequence[str], rules: Sequence[RiskRule]) -> Scales:
    """Put what the rules read on the normal scale.

    A rule with a cut-point on a reading at baseline is one that a second reading could change. All else (free school
    meals, deprivation of the home's area) is a fact that stays, and so is a rule whose reading is not known of every
    child because another rule of its area speaks for it.

    Parameters
    ----------
    data : DataFrame
        Rows of the analysis frame.
    areas : sequence of str
    rules : sequence of RiskRule

    Returns
    -------
    Scales
    """
    fixed = np.zeros((len(data), len(areas)), dtype=bool)
    columns: list[str] = []
    found: list[tuple[int, int, float, bool]] = []
    for rule in rules:
        area, values = list(areas).index(rule.area), data[rule.column]
        if rule.equals is not None or not rule.column.endswith("_baseline") or values.isna().any():
            fixed[:, area] |= at_risk(values, rule).fillna(False).to_numpy(dtype=bool)
            continue
        if rule.column not in columns:
            columns.append(rule.column)
        x, below = values.to_numpy(dtype=float), rule.below is not None
        cut = float(np.mean(x < (rule.below if rule.below is not None else rule.at_least)))
        found.append((area, columns.index(rule.column), float(special.ndtri(cut)), below))
    ranked = tuple(_ranked(data[c].to_numpy(dtype=float)) for c in columns)
    return Scales(tuple(columns), ranked, tuple(found), fixed)


def _shared_errors(scales: Scales, reliability: Array, parts: Mapping[str, Sequence[str]]) -> Array:
    """Covariance of measurement errors on the normal scale: a total errs with each scale that is summed in it."""
    errors = np.diag(1 - reliability)
    for total, summed in parts.items():
        if total not in scales.columns:
            continue
        t = scales.columns.index(total)
        for j, column in enumerate(scales.columns):
            if column in summed and scales.ranked[t].sd > 0:
                errors[t, j] = errors[j, t] = (1 - reliability[j]) * scales.ranked[j].sd / scales.ranked[t].sd
    return errors


def _possible(inverse: Array, root: Array, stable: Array, reliability: Array) -> tuple[Array, Array]:
    """Find the nearest spread of what is stable that can be, keeping the reliability of each measure.

    Where measures go together more closely than a reading with itself later, errors of one occasion must go together
    too: the links between measures then give way, the reliabilities do not.
    """
    share, axes = np.array([]), np.eye(len(stable))
    for _ in range(200):
        inside = inverse @ stable @ inverse.T
        share, axes = np.linalg.eigh((inside + inside.T) / 2)
        if share.min() >= -1e-9 and share.max() <= 1 + 1e-9:
            break
        clipped = root @ (axes * np.clip(share, 0.0, 1.0)) @ axes.T @ root.T
        scale = np.sqrt(reliability / np.maximum(np.diag(clipped), 1e-9))
        stable = clipped * np.outer(scale, scale)
    return np.clip(share, 0.0, 1.0), axes


def second_reading(
    scales: Scales, reliability: Array, parts: Mapping[str, Sequence[str]] | None = None
) -> tuple[Array, Array]:
    """Return how a second reading follows from the first: its expectation's matrix, and a root of its spread.

    Readings are multivariate normal with the correlations that the pupils show; a second reading has those very
    correlations, and correlates with the first reading of the same measure as `reliability` says. Between measures
    only what is not error carries over. So z2 = z1 A' + e B', with e standard normal.

    Parameters
    ----------
    scales : Scales
    reliability : array, shape (columns,)
        Correlation of two readings of each measure; 1 for what does not change.
    parts : mapping of str to sequence of str, optional
        Columns that are sums, and the columns summed in them, whose errors they share.

    Returns
    -------
    tuple of array, each (columns, columns)
    """
    k = len(scales.columns)
    if not k:
        return np.zeros((0, 0)), np.zeros((0, 0))
    z = scales.middle()
    spread = np.corrcoef(z, rowvar=False).reshape(k, k) if len(z) > k else np.eye(k)
    spread = np.where(np.isfinite(spread), spread, 0.0)
    np.fill_diagonal(spread, 1.0)
    values, vectors = np.linalg.eigh(spread)
    root = vectors * np.sqrt(np.maximum(values, 1e-6))
    # In units in which the pupils' spread is one in every direction, what is stable lies between none and all.
    inverse = np.linalg.inv(root)
    share, axes = _possible(inverse, root, spread - _shared_errors(scales, reliability, parts or {}), reliability)
    through = root @ axes
    return through * share @ np.linalg.inv(through), through * np.sqrt(1 - share**2)
