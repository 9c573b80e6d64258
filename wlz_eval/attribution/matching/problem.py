"""What every matching method is given, and the two forms in which it answers.

Units are rows, numbered by position and already sorted by label, so that the lower number settles a tie and the
order of the data never does. Methods see arrays only; names, formulas and outcomes stay outside.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Caliper", "Distances", "Pairs", "Problem", "Strata", "codes_of"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

#: Two distances that differ by less than this share of their size are a tie: they differ by rounding only.
TIE = 1e-12


@dataclass(frozen=True)
class Distances:
    """How far apart two rows are, in exactly one of three forms.

    Parameters
    ----------
    scalar : array, shape (n,), optional
        One number a row; the distance is the absolute difference.
    points : array, shape (n, k), optional
        A point a row; the distance is Euclidean (covariates already whitened).
    matrix : array, shape (focal, pool), optional
        Distances themselves; `row` gives each row its place in the matrix.
    row : array of int, shape (n,), optional
        For a matrix: position of each row among the focal or among the pool's units.
    """

    scalar: Array | None = None
    points: Array | None = None
    matrix: Array | None = None
    row: Ints | None = None

    def between(self, one: npt.ArrayLike, two: npt.ArrayLike) -> Array:
        """Distances between rows `one` (focal) and rows `two` (pool), element by element."""
        i, j = np.asarray(one, dtype=np.intp), np.asarray(two, dtype=np.intp)
        if self.scalar is not None:
            return np.abs(self.scalar[i] - self.scalar[j])
        if self.points is not None:
            return np.sqrt(((self.points[i] - self.points[j]) ** 2).sum(axis=-1))
        assert self.matrix is not None
        assert self.row is not None
        return self.matrix[self.row[i], self.row[j]]


@dataclass(frozen=True)
class Caliper:
    """A limit within every pair: the values of its two units may differ by at most `width`.

    Parameters
    ----------
    name : str
        Covariate, or ``distance``.
    width : float
    values : array, shape (n,), optional
        Left out for a caliper on a distance that is not one number a unit.
    """

    name: str
    width: float
    values: Array | None = None


@dataclass(frozen=True)
class Problem:
    """A matching problem.

    Parameters
    ----------
    focal, pool : array of int
        Rows that are to be matched, and rows that may serve; ascending. Discarded rows are in neither.
    distance : Distances
    calipers : tuple of Caliper
        All must hold within every pair.
    block : array of int, shape (n,)
        Only rows of one block may be paired.
    antiexact : array of int, shape (n, a)
        A pair must differ in every column.
    prefer : array of int, shape (n, b)
        Pairs that agree on all columns are made first, then on all but the last, and so on.
    priority : array, shape (n,), optional
        Number that orders "largest" and "smallest" when the distance itself is not one number a row.
    focal_first : bool
        Whether a focal row stands before pool rows of the very same scalar distance.
    """

    focal: Ints
    pool: Ints
    distance: Distances
    calipers: tuple[Caliper, ...] = ()
    block: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    antiexact: Ints = field(default_factory=lambda: np.zeros((0, 0), dtype=np.intp))
    prefer: Ints = field(default_factory=lambda: np.zeros((0, 0), dtype=np.intp))
    priority: Array | None = None
    focal_first: bool = True

    def allowed(self, one: npt.ArrayLike, two: npt.ArrayLike) -> Bools:
        """Whether each pair of rows may be paired: block, calipers, antiexact."""
        i, j = np.asarray(one, dtype=np.intp), np.asarray(two, dtype=np.intp)
        fine = np.ones(np.broadcast(i, j).shape, dtype=bool)
        if len(self.block):
            fine &= self.block[i] == self.block[j]
        for caliper in self.calipers:
            gap = self.distance.between(i, j) if caliper.values is None else caliper.values[i] - caliper.values[j]
            fine &= np.abs(gap) <= caliper.width
        for codes in self.antiexact.T:
            fine &= codes[i] != codes[j]
        return fine

    @property
    def scalar_caliper(self) -> float:
        """Width of the caliper on a scalar distance; infinite without."""
        widths = [c.width for c in self.calipers if c.name == "distance" and c.values is self.distance.scalar]
        return min(widths, default=np.inf)


@dataclass(frozen=True)
class Pairs:
    """Pairs as row numbers, sorted by the focal row, nearest partner first."""

    one: Ints
    two: Ints


@dataclass(frozen=True)
class Strata:
    """Stratum of each row; -1 for rows in none."""

    code: Ints


def codes_of(columns: npt.NDArray[np.intp]) -> Ints:
    """Give each distinct row of a table of codes one number, in the order of the codes.

    Examples
    --------
    >>> codes_of(np.array([[1, 0], [0, 2], [1, 0]])).tolist()
    [1, 0, 1]
    """
    code = np.zeros(len(columns), dtype=np.intp)
    for column in columns.T:
        # Column by column, renumbered each time, is far faster than sorting whole rows, and cannot overflow.
        own, levels = pd.factorize(column, sort=True)
        code, _ = pd.factorize(code * len(levels) + own, sort=True)
    return code.astype(np.intp)
