"""The suite's own rating of evidence: caps, steps and their reasons."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest

from wlz_eval.attribution.standards.evidence import DESIGNS, SCALES, EvidenceFacts, rate_evidence
from wlz_eval.core.errors import OptionError
from wlz_eval.reference.evidence import rubric, rubric_threshold

GOOD = EvidenceFacts(
    design="matched",
    basis="rules",
    worst_imbalance=0.04,
    adjusted=True,
    attrition=0.05,
    mde=0.15,
    raters_knew=False,
    coverage=0.95,
    coverage_error=0.01,
    false_positives=0.05,
    false_positives_error=0.01,
    effect_shown=True,
    change_seen=True,
)


def _levels(**change):
    rating = rate_evidence(dataclasses.replace(GOOD, **change))
    return tuple(rating.level(scale) for scale in ("eef_style", "maryland", "nesta"))


def test_the_best_matched_design_reaches_three():
    assert _levels() == (3, 3, 3)
    assert rate_evidence(GOOD).reasons("eef_style") == ()


@pytest.mark.parametrize(
    ("change", "levels"),
    [
        ({"basis": "judgement"}, (2, 2, 2)),
        ({"basis": "mixed"}, (2, 2, 2)),
        ({"basis": "unknown"}, (2, 2, 2)),
        ({"raters_knew": True}, (2, 3, 3)),
        ({"raters_knew": None}, (3, 3, 3)),
        ({"basis": "judgement", "raters_knew": True}, (1, 2, 2)),
        ({"tier": "B"}, (2, 2, 2)),
        ({"tier": "C"}, (0, 1, 2)),
        ({"mde": 0.40}, (3, 3, 3)),
        ({"mde": 0.41}, (2, 3, 3)),
        ({"mde": 0.61}, (0, 3, 3)),
        ({"mde": math.nan}, (0, 3, 3)),
        ({"attrition": 0.30}, (3, 3, 3)),
        ({"attrition": 0.35}, (2, 3, 3)),
        ({"attrition": 0.55}, (0, 3, 3)),
        ({"worst_imbalance": 0.2}, (3, 3, 3)),
        ({"worst_imbalance": 0.2, "adjusted": False}, (2, 2, 2)),
        ({"worst_imbalance": 0.3}, (1, 2, 2)),
        ({"worst_imbalance": math.nan}, (1, 2, 2)),
        ({"coverage": 0.85}, (2, 3, 3)),
        ({"coverage": 0.92, "coverage_error": 0.01}, (3, 3, 3)),
        ({"false_positives": 0.12}, (2, 3, 3)),
        ({"coverage": math.nan}, (3, 3, 3)),
        ({"effect_shown": False}, (3, 3, 2)),
        ({"effect_shown": False, "change_seen": False}, (3, 3, 1)),
        ({"design": "before_after"}, (0, 1, 2)),
        ({"design": "unmatched"}, (1, 2, 2)),
        ({"design": "randomised"}, (5, 5, 3)),
    ],
)
def test_each_step(change, levels):
    assert _levels(**change) == levels


def test_no_matched_design_passes_its_caps():
    for basis, tier, raters, shown in itertools.product(
        ("rules", "judgement", "unknown"), "ABC", (True, False, None), (True, False)
    ):
        levels = _levels(basis=basis, tier=tier, raters_knew=raters, effect_shown=shown)
        assert max(levels) <= (3 if basis == "rules" and tier == "A" else 2)
        assert min(levels) >= 0


def test_the_pilot_is_a_one():
    pilot = rate_evidence(EvidenceFacts(design="before_after", basis="mixed", tier="C", change_seen=True))
    assert (pilot.level("maryland"), pilot.level("eef_style"), pilot.level("nesta")) == (1, 0, 2)


def test_every_step_has_a_reason_and_those_that_lower_are_said():
    rating = rate_evidence(dataclasses.replace(GOOD, basis="judgement", raters_knew=True), "sdq_total", 100, 100)
    table = rating.table()
    assert table["reason"].str.endswith(".").all()
    assert set(table["scale"]) == set(SCALES.values())
    said = " ".join(rating.sentences())
    assert "Judgement that was not measured" in said
    assert "knew who was on the programme" in said
    assert said.count("Judgement that was not measured") == 1
    assert said.format_map(dict.fromkeys(rating.values(), "x"))
    assert rating.values()["evidence_eef_style"].finding_id == "attribution.evidence.eef_style.sdq_total"


def test_it_is_never_called_a_padlock():
    for design in DESIGNS:
        rating = rate_evidence(dataclasses.replace(GOOD, design=design))
        text = str(rating) + " ".join(rating.sentences()) + " ".join(f.method + f.note for f in rating.findings())
        assert "padlock" not in text.lower()
        assert "own rating" in text


def test_wrong_input_is_named():
    with pytest.raises(OptionError, match="matched"):
        rate_evidence(dataclasses.replace(GOOD, design="mached"))
    with pytest.raises(OptionError, match="judgement"):
        rate_evidence(dataclasses.replace(GOOD, basis="judgment"))
    with pytest.raises(OptionError, match="maryland"):
        rate_evidence(GOOD).level("marylan")
    with pytest.raises(OptionError, match="attrition"):
        rubric("eef_style", "atrition")


def test_rubrics_are_whole():
    for scale in SCALES:
        assert {r.value for r in rubric(scale, "design")} == set(DESIGNS)
    for criterion in ("mde", "attrition"):
        steps = [(float(r.value), r.level) for r in rubric("eef_style", criterion)]
        assert steps == sorted(steps, key=lambda s: (s[0], -s[1]))
        assert [level for _, level in steps] == [5, 4, 3, 2, 1]
    assert rubric_threshold("balance_good") < rubric_threshold("balance_adjustable")
