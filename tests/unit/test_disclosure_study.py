"""The study of disclosure: its attacker has teeth, and suppression dulls them."""

import itertools

import pandas as pd

from wlz_eval.release import disclosure_study as study
from wlz_eval.release.rule import release_count
from wlz_eval.release.suppression import suppress
from wlz_eval.release.suppression.exported import withhold


def test_what_is_designed_to_add_up_does():
    for seed in range(5):
        drawn = study.draw_cohort(seed)
        assert all(drawn.counts[whole] == sum(drawn.counts[part] for part in parts) for whole, parts in drawn.sums)
        cells = {(ledger.notebook, cell.key) for ledger in drawn.ledgers for cell in ledger.cells}
        assert cells == set(drawn.cells)


def test_what_a_text_says_is_what_the_rule_does():
    for n in range(0, 60):
        low, high = study._said(release_count(n, study.RULE).text)
        assert low <= n <= high
        same = [m for m in range(0, 90) if release_count(m, study.RULE).text == release_count(n, study.RULE).text]
        assert (low, high) == (min(same), max(same))


def test_the_attacker_finds_numbers_behind_the_rule_alone_and_fewer_after_suppression():
    before = after = 0
    for seed in (study.FIRST_SEED, study.FIRST_SEED + 1):
        drawn = study.draw_cohort(seed)
        before += study.found_in(drawn, drawn.ledgers)[1]
        after += study.found_in(drawn, withhold(drawn.ledgers, suppress(drawn.ledgers).cells, "hidden"))[1]
    # Not yet none: see Choice.left.
    assert after < before


def test_runs_go_on_where_they_stopped(monkeypatch, tmp_path):
    seeds = itertools.count()
    row = {"children": 1, "cells": 1, "rule": 0, "besides": 0, "hidden": 0, "found_by_rule": 0, "found": 0, "left": 0,
           "rounding": 1.0}
    monkeypatch.setattr(study, "run_cohort", lambda seed: {"seed": seed, **row, "children": next(seeds)})
    study.run(3, tmp_path)
    assert list(study.run(5, tmp_path)["children"]) == [0, 1, 2, 3, 4]
    assert isinstance(study.run(5, tmp_path), pd.DataFrame)
