"""The audit of incentives: cells about a line, planted bunching found, clean readings left alone."""

import numpy as np
import pytest

from wlz_eval.value.contract.bunching import (
    LEVEL,
    Bunching,
    Cells,
    bunching,
    critical,
    step_down,
    support,
    together,
)

N = 400
NONE = (np.zeros(0), np.zeros(0))


def line(short, past, other=None, beyond=0, curved=0.0):
    far = None if other is None else Cells(short=other[0], past=other[1], beyond=0, curved=0.0)
    return Bunching(own=Cells(short=short, past=past, beyond=beyond, curved=curved), other=far, places=NONE)


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

    @pytest.mark.parametrize(("own", "others"), [(19, 0), (3, 60)])
    def test_too_few_readings_are_not_tested(self, own, others):
        found = bunching(np.full(own, 11.0), np.repeat([11.0, 12.0], others), 1, 12, False, False)
        assert not found.tested
        assert np.isnan(found.p_value)
        assert np.isnan(found.power())


class TestAgainstPublished:
    def test_fishers_exact_test_as_scipy_has_it(self):
        from scipy.stats import fisher_exact

        found = line(8, 22, (30, 25))
        assert found.p_value == pytest.approx(fisher_exact([[22, 8], [25, 30]], alternative="greater").pvalue)

    def test_a_third_of_three_cells_without_curvature(self):
        from scipy.stats import binomtest

        found = line(10, 25, beyond=10)
        assert found.p_value == pytest.approx(binomtest(25, 45, 1 / 3, alternative="greater").pvalue)


    def test_all_lines_together_is_mantel_and_haenszels_test_when_no_child_is_read_twice(self):
        # Two strata: programme 8 short and 12 past beside 30 and 20; 5 and 9 beside 40 and 30.
        tables = ((8, 12, 30, 20), (5, 9, 40, 30))

        def placed(k, short, past, which):
            marks = np.repeat([0.0, 1.0], (short, past))
            return np.concatenate([marks if which == j else np.full(a + b, np.nan) for j, (a, b) in enumerate(k)])

        own, far = ([t[:2] for t in tables], [t[2:] for t in tables])
        lines = [
            Bunching(
                own=Cells(short=a, past=b, beyond=0, curved=0), other=Cells(short=c, past=d, beyond=0, curved=0),
                places=(placed(own, a, b, j), placed(far, c, d, j)),
            )
            for j, (a, b, c, d) in enumerate(tables)
        ]
        found = together(lines)
        score = sum(b - (a + b) * (b + d) / (a + b + c + d) for a, b, c, d in tables)
        variance = sum(
            (a + b) * (c + d) * (a + c) * (b + d) / (a + b + c + d) ** 3 for a, b, c, d in tables
        )
        assert found.score == pytest.approx(score)
        # Its variance goes by each child's own residual, not by the stratum's share: equal but for chance.
        assert found.error == pytest.approx(np.sqrt(variance), rel=0.03)
        assert (found.short, found.past) == (13, 21)


    def test_power_is_for_moving_those_whom_somebody_is_paid_for(self):
        own, other = np.repeat([11.0, 12.0], 60), np.repeat([11.0, 12.0], 200)
        few, all_ = (
            bunching(own, other, 1, 12, False, False, paid_for=np.arange(120) % k == 0) for k in (4, 1)
        )
        assert (few.movable, all_.movable) == (0.25, 1.0)
        assert few.power() < all_.power()
        assert together([few]).lift == pytest.approx(together([all_]).lift / 4)


class TestTogether:
    def test_lines_that_could_not_speak_cost_nothing(self):
        strong, mute = line(10, 30, (60, 60)), line(1, 1, (30, 30))
        assert not mute.tested
        assert step_down([strong])[0] == pytest.approx(strong.p_value)
        # The best that the other could reach is far above, so nothing is added.
        assert step_down([strong, mute])[0] == pytest.approx(strong.p_value)

    def test_never_less_than_the_p_value_nor_more_than_holms(self):
        from wlz_eval.inference.multiplicity import holm

        lines = [line(10, 24, (60, 60)), line(8, 20, (50, 70)), line(14, 12, (40, 40))]
        plain, adjusted = np.array([b.p_value for b in lines]), np.array(step_down(lines))
        assert (adjusted >= plain - 1e-12).all()
        assert (adjusted <= holm(plain) + 1e-12).all()

    def test_flagged_up_to_the_critical_value_and_not_beyond(self):
        lines = [line(10, 10, (60, 60)), line(12, 12, (50, 70)), line(7, 7, (40, 40))]
        at = critical(lines)
        reached = [b.attainable[b.attainable <= at * (1 + 1e-9)].max(initial=0.0) for b in lines]
        following = min(b.attainable[b.attainable > at * (1 + 1e-9)].min() for b in lines)
        above = [b.attainable[b.attainable <= following * (1 + 1e-9)].max(initial=0.0) for b in lines]
        assert sum(reached) <= LEVEL < sum(above)

    def test_false_alarms_over_lines_that_share_their_children(self):
        flags = []
        for seed in range(300):
            rng = np.random.default_rng([21, seed])
            first, away = scores(rng), scores(rng, 3 * N)
            # The second score is nearly the first: the lines stand or fall together.
            again, far = (np.clip(v + rng.integers(-1, 2, len(v)), 0, 40) for v in (first, away))
            lines = [bunching(first, away, 1, 12, False, False), bunching(again, far, 1, 12, False, False)]
            flags.append(min(step_down([*lines, together(lines)])) <= LEVEL)
        assert np.mean(flags) <= LEVEL + 2 * np.sqrt(LEVEL * (1 - LEVEL) / 300)

    def test_a_little_moved_everywhere_is_seen_by_all_lines_together(self):
        hits = []
        for seed in range(60):
            rng = np.random.default_rng([22, seed])
            lines = [bunching(lifted(scores(rng), rng, 0.5), scores(rng, 3 * N), 1, 12, False, False) for _ in range(5)]
            hits.append((together(lines).p_value <= 0.01, lines[0].p_value <= 0.01))
        assert np.mean(hits, axis=0)[0] > 0.9 > np.mean(hits, axis=0)[1]


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
