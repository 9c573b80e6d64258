"""Worlds of journeys with and without groups, made apart from the code that looks for groups."""

from __future__ import annotations

import numpy as np

ACTIVE = 5  # states other than having left and being outside
LEFT = 5


def with_leavers(states, share, rng):
    """Let a share of the children leave, in any step alike."""
    n, periods = states.shape
    gone, when = rng.random(n) < share, rng.integers(1, periods, n)
    states = states.copy()
    states[gone[:, None] & (np.arange(periods) >= when[:, None])] = LEFT
    return states


def by_degree(n, periods, rng, kind="level"):
    """Children who differ in degree only: counts with continuous heterogeneity, cut into states.

    ``level``: how much; ``timing``: more early or more late, by degree; ``persistent``: amounts that drift.
    """
    level, other = rng.normal(size=(2, n))
    other = rng.choice([0.0, 0.5, 1.0]) * level + other
    engaged, partner = rng.choice([0.0, 0.4, 0.8, 1.2]) * level[:, None], rng.choice([0.0, 0.4]) * other[:, None]
    if kind == "timing":
        slope = np.linspace(-1, 1, periods)
        engaged, partner = engaged + rng.normal(size=(n, 1)) * slope, partner + rng.normal(size=(n, 1)) * slope
    if kind == "persistent":
        drift = np.zeros((n, periods))
        drift[:, 0] = rng.normal(size=n)
        for t in range(1, periods):
            drift[:, t] = 0.8 * drift[:, t - 1] + 0.6 * rng.normal(size=n)
        partner = partner + drift
    e = rng.poisson(np.exp(0.3 + 0.3 * rng.normal(size=periods) + engaged)) >= 2
    s = rng.poisson(np.exp(1.0 + 0.3 * rng.normal(size=periods) + partner)) >= 3
    light = rng.random((n, periods)) < 0.6
    states = np.where(e & s, 4, np.where(e, 2, np.where(s, 3, light.astype(int))))
    return with_leavers(states, rng.choice([0, 0.1]), rng)


def planted(sizes, periods, noise, rng, templates=None):
    """Children of several groups, each of whom follows its group's template but for a share of steps.

    Returns states and groups.
    """
    if templates is None:
        templates = np.array(
            [[2] * 6 + [3] * 6, [1] * 12, [4] * 12, [0] * 4 + [2] * 8, [3] * 4 + [1] * 4 + [2] * 4]
        )[: len(sizes), :periods]
    group = np.repeat(np.arange(len(sizes)), sizes)
    states = templates[group].copy()
    astray = rng.random(states.shape) < noise
    states[astray] = rng.integers(0, ACTIVE, astray.sum())
    return states, group
