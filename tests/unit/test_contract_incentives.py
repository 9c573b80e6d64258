"""The audit of incentives: cells about a line, planted bunching found, clean readings left alone."""

import numpy as np
import pytest

from wlz_eval.value.contract.bunching import LEVEL, Bunching, Cells, bunching, support

N = 400


def scores(rng, n=N):
    """SDQ-like totals: whole numbers from 0 to 40."""
    return np.clip(np.round(rng.normal(12, 6, n)), 0, 40)


def lifted(values, rng, share=0.8):
    near = (values == 12) & (rng.random(len(values)) < share)
    return np.where(near, 11.0, values)


class TestCells:
    @pytest.mark.parametrize(
        ("cut", "up", "strict", "values", "cells"),
        [
            (12.0, False, False, [13, 12, 11, 10], [-2, -1, 0, 1]),
            (96.0, True, True, [95.9, 96.0, 97.5], [-1, 0, 1]),
            (87.38, True, True, [86, 87, 88, 89], [-2, -1, 0, 1]),
        ],
    )
    def test_numbered_from_the_line(self, cut, up, strict, values, cells):
        assert support(np.array(values, float), 1.0, cut, up, strict).tolist() == cells

    def test_the_side_at_risk_is_the_mirror(self):
        values = np.array([12.0] * 30 + [11.0] * 10)
        paid, risky = (bunching(values, np.array([]), 1, 12, False, False, risk_side=r) for r in (False, True))
        assert (paid.own.past, paid.own.short) == (10, 30)
        assert (risky.own.past, risky.own.short) == (30, 10)

    def test_too_few_readings_are_not_tested(self):
        found = bunching(np.full(19, 11.0), np.array([]), 1, 12, False, False)
        assert not found.tested
        assert np.isnan(found.p_value)
        assert np.isnan(found.power())


class TestAgainstPublished:
    def test_fishers_exact_test_as_scipy_has_it(self):
        from scipy.stats import fisher_exact

        other = Cells(short=30, past=25, beyond=0, curved=0)
        found = Bunching(own=Cells(short=8, past=22, beyond=0, curved=0), other=other)
        assert found.p_value == pytest.approx(fisher_exact([[22, 8], [25, 30]], alternative="greater").pvalue)

    def test_a_third_of_three_cells_without_curvature(self):
        from scipy.stats import binomtest

        found = Bunching(own=Cells(short=10, past=25, beyond=10, curved=0.0), other=None)
        assert found.p_value == pytest.approx(binomtest(25, 45, 1 / 3, alternative="greater").pvalue)


class TestPlanted:
    @pytest.mark.parametrize("compared", [True, False])
    def test_found_as_often_as_printed_and_no_false_flags_beyond_the_level(self, compared):
        hits, false, power = [], [], []
        for seed in range(400):
            rng = np.random.default_rng([20, seed])
            own, other = scores(rng), scores(rng, 3 * N) if compared else np.array([])
            clean = bunching(own, other, 1, 12, False, False)
            false.append(clean.p_value <= LEVEL)
            power.append(clean.power())
            hits.append(bunching(lifted(own, rng), other, 1, 12, False, False).p_value <= LEVEL)
        assert np.mean(false) <= LEVEL + 2 * np.sqrt(LEVEL * (1 - LEVEL) / 400)
        assert np.mean(hits) == pytest.approx(np.mean(power), abs=0.08)
        assert np.mean(hits) > 0.8
