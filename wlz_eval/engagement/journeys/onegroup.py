"""Worlds without groups that resemble the children seen: what clusters look like when there are none."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.engagement.journeys.alphabet import BOTH, LEFT, LIGHT, LINK_WORKER, NONE, OUTSIDE, PARTNER

__all__ = ["OneGroup", "one_group"]

Ints = npt.NDArray[np.integer]
Bools = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]

#: Largest latent correlation: beyond it a draw would repeat itself.
HIGHEST = 0.98


def _channels(states: Ints) -> tuple[Bools, Bools]:
    """Split states into three yes/no questions, (3, n, T), and whether each could be answered.

    Was the child engaged by the Link Worker; by a partner; and if by neither, was there any contact at all?
    """
    engaged = (states == LINK_WORKER) | (states == BOTH)
    partner = (states == PARTNER) | (states == BOTH)
    there = (states != LEFT) & (states != OUTSIDE)
    neither = there & ~engaged & ~partner
    return np.stack([engaged, partner, states == LIGHT]), np.stack([there, there, neither])


def _latent(yes: Bools, known: Bools) -> Array:
    """Latent correlations of the channels by lag, (3, 3, T), from pooled odds ratios.

    Mantel-Haenszel odds ratios over all pairs of periods of one lag, turned into correlations of normal
    variables by the approximation of Digby (1983), which is close to the tetrachoric correlation.
    """
    periods = yes.shape[2]
    y = (yes & known).astype(float)
    no = (~yes & known).astype(float)
    out = np.zeros((3, 3, periods))
    for c in range(3):
        for d in range(3):
            a, b, e, f = (p.T @ q for p, q in ((y[c], y[d]), (y[c], no[d]), (no[c], y[d]), (no[c], no[d])))
            total = np.maximum(a + b + e + f, 1.0)
            for lag in range(periods):
                # Half a pair is added to each side, so that a pair never seen is unlikely and not impossible.
                same = np.diagonal(a * f / total, lag).sum() + np.diagonal(a * f / total, -lag).sum() + 0.5
                other = np.diagonal(b * e / total, lag).sum() + np.diagonal(b * e / total, -lag).sum() + 0.5
                odds = (same / other) ** (np.pi / 4)
                out[c, d, lag] = (odds - 1) / (odds + 1)
    return out


class OneGroup:
    """Draws children of one group, who differ by degree only.

    Parameters
    ----------
    states : array of int, shape (n, T)
        The children seen. From them come how common each kind of support was in each period, how strongly support
        in one period goes with support in another (by how far apart they are, within and between kinds), how many
        left, and when children began. Leaving happens at a constant rate.
    """

    def __init__(self, states: Ints):
        self.n, self.periods = states.shape
        yes, known = _channels(states)
        share = (yes & known).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        self.cut = special.ndtri(share)
        self.outside = states == OUTSIDE
        self.left = float((states == LEFT).any(axis=1).mean())
        self.root = self._root(_latent(yes, known))

    def _root(self, latent: Array) -> Array:
        lag = np.abs(np.arange(self.periods)[:, None] - np.arange(self.periods)[None, :])
        blocks = [[latent[c, d][lag] for d in range(3)] for c in range(3)]
        for c, d in ((0, 2), (1, 2)):
            # The third question is asked only where the first two are answered by no: never in one period together.
            near = latent[c, d][np.maximum(lag, 1 if self.periods > 1 else 0)]
            blocks[c][d], blocks[d][c] = near, near.T
        matrix = np.clip(np.block(blocks), -HIGHEST, HIGHEST)
        matrix = (matrix + matrix.T) / 2
        np.fill_diagonal(matrix, 1.0)
        values, vectors = np.linalg.eigh(matrix)
        root: Array = vectors * np.sqrt(np.maximum(values, 0.0))
        return root / np.sqrt((root**2).sum(axis=1, keepdims=True))

    def draw(self, rng: np.random.Generator) -> Ints:
        """Draw as many children as were seen: states, shape (n, T)."""
        z: Array = (rng.standard_normal((self.n, 3 * self.periods)) @ self.root.T).reshape(self.n, 3, self.periods)
        engaged, partner, light = (np.less(z[:, channel], self.cut[channel]) for channel in range(3))
        states = np.where(
            engaged, np.where(partner, BOTH, LINK_WORKER), np.where(partner, PARTNER, np.where(light, LIGHT, NONE))
        )
        states[self.outside[rng.permutation(self.n)]] = OUTSIDE
        gone: Bools = np.less(rng.random(self.n), self.left)
        when = rng.integers(1, max(self.periods, 2), self.n)
        states[gone[:, None] & (np.arange(self.periods)[None, :] >= when[:, None])] = LEFT
        return states


def one_group(states: Ints, draws: int, seed: int) -> Iterator[Ints]:
    """Draw several worlds of one group (see :class:`OneGroup`).

    Examples
    --------
    >>> seen = np.array([[0, 1], [1, 1], [4, 0], [2, 5]] * 10)
    >>> [world.shape for world in one_group(seen, 2, seed=1)]
    [(40, 2), (40, 2)]
    """
    rng = np.random.default_rng(seed)
    world = OneGroup(states)
    for _ in range(draws):
        yield world.draw(rng)
