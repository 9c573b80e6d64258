"""The study of disclosure: its attacker has teeth, and suppression dulls them."""

import itertools
import math

import pandas as pd

from wlz_eval.core.files import project_root
from wlz_eval.release import disclosure_study as study
from wlz_eval.release.rule import release_count
from wlz_eval.release.suppression import suppress
from wlz_eval.release.suppression.exported import withhold
from wlz_eval.simulate.committed import read_committed, study_folder


def test_what_is_designed_to_add_up_does():
    for seed in range(3):
        drawn = study.draw_cohort(seed)
        assert all(drawn.counts[whole] == sum(drawn.counts[part] for part in parts) for whole, parts in drawn.sums)
        cells = {(ledger.notebook, cell.key) for ledger in drawn.ledgers for cell in ledger.cells}
        assert cells == set(drawn.cells)


def test_what_a_text_says_is_what_the_rule_does():
    for n in range(0, 60):
        low, high = study._said(release_count(n, study.RULE).text)
        assert low <= n <= high
        if n < study.RULE.threshold:
            assert (low, high) == (0, math.inf)
            continue
        same = [m for m in range(0, 90) if release_count(m, study.RULE).text == release_count(n, study.RULE).text]
        assert (low, high) == (min(same), max(same))


def test_the_attacker_finds_numbers_behind_the_rule_alone_and_none_after_suppression():
    before = after = 0
    for seed in (810_002, 810_013):
        drawn = study.draw_cohort(seed)
        before += study.found_in(drawn, drawn.ledgers)[1]
        after += study.found_in(drawn, withhold(drawn.ledgers, suppress(drawn.ledgers).cells, "hidden"))[1]
    assert before > 0
    assert after == 0


def test_runs_go_on_where_they_stopped(monkeypatch, tmp_path):
    seeds = itertools.count()
    row = {"children": 1, "cells": 1, "rule": 0, "besides": 0, "hidden": 0, "found_by_rule": 0, "found": 0, "left": 0,
           "rounding": 1.0}
    monkeypatch.setattr(study, "run_cohort", lambda seed: {"seed": seed, **row, "children": next(seeds)})
    study.run(3, tmp_path)
    assert list(study.run(5, tmp_path)["children"]) == [0, 1, 2, 3, 4]
    assert isinstance(study.run(5, tmp_path), pd.DataFrame)


def test_a_recheck_takes_the_hash_over_only_where_no_number_moved(monkeypatch, tmp_path):
    row = {"children": 1, "cells": 1, "rule": 0, "besides": 0, "hidden": 0, "found_by_rule": 0, "found": 0, "left": 0,
           "rounding": 1.0}
    monkeypatch.setattr(study, "run_cohort", lambda seed: {"seed": seed, **row})
    monkeypatch.setattr(study, "CODE", "old")
    study.run(25, tmp_path)
    monkeypatch.setattr(study, "CODE", "new")
    monkeypatch.setattr(study, "run_cohort", lambda seed: {"seed": seed, **row, "found": 1})
    assert not study.recheck(tmp_path)
    assert read_committed("disclosure", "", tmp_path)[1]["code"] == "old"
    monkeypatch.setattr(study, "run_cohort", lambda seed: {"seed": seed, **row})
    assert study.recheck(tmp_path)
    table, facts = read_committed("disclosure", "", tmp_path)
    assert facts["code"] == "new"
    assert len(table) == 25


def test_the_committed_result_belongs_to_this_code_and_is_what_the_document_says():
    table, facts = read_committed("disclosure", "", study_folder())
    assert facts["code"] == study.CODE, "Run python -m wlz_eval.release.disclosure_study --recheck, or without it."
    assert table["seed"].tolist() == list(range(study.FIRST_SEED, study.FIRST_SEED + len(table)))
    assert study.summary(table).items() <= facts.items()
    document = " ".join((project_root() / "docs" / "data-protection.md").read_text(encoding="utf-8").split())
    for said in (
        f"{facts['cohorts']:,} drawn cohorts", f"{facts['hidden_numbers']:,} hidden numbers",
        f"{facts['found_with_the_rule_alone']:,} with the rule alone",
        f"{facts['found_after_suppression']:,} after suppression",
        f"{facts['percent_withheld_besides']}% of the cells", f"{facts['mean_rounding_error']} children",
    ):
        assert said in document
