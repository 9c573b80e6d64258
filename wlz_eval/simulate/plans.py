"""The plan of a simulated cohort, as a commented ``plan.yaml``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import yaml

from wlz_eval.simulate.options import SimulationOptions

__all__ = ["plan_mapping", "plan_text"]

_HEAD = """\
# The analysis plan of simulated pupils. It was written before anything was simulated.
schema_version: 1

# How children were chosen. Only a choice by rules on measures that the tables hold lets an effect be claimed.
selection:
  basis: {basis}
  description: {description}

# At risk in six areas, as West London Zone counts them. One rule of an area is enough.
risk:
  - {{area: economic_disadvantage, column: fsm, equals: 1, outcome_area: false}}
  # SDQ total of teachers: 12 is where "borderline" begins in the three-band system.
  - {{area: emotional_wellbeing, column: sdq_total_baseline, at_least: 12}}
  # 87.38 is the 20th percentile of standardised scores.
  - {{area: english, column: english_baseline, below: 87.38}}
  - {{area: maths, column: maths_baseline, below: 87.38}}
  - {{area: attendance, column: attendance_baseline, below: 96}}
  - {{area: relationships, column: sdq_peer_baseline, at_least: 4}}
"""

_MATCHING = """
# The primary design: 1:1 nearest neighbours, within a fifth of an SD of the propensity score.
matching:
  formula: "{formula}"
  comparison: {comparison}
  caliper: 0.2
"""

_NO_MATCHING = """
# There are no comparison children, so nothing can be matched.
matching: null
"""

_OUTCOMES = """
# English is the outcome that the evaluation stands on.
outcomes:
  - {measure: english, wave: endline, primary: true}
  - {measure: maths, wave: endline}
  - {measure: attendance, wave: endline}
  # SDQ total difficulties as teachers rate them: fewer is better.
  - {measure: sdq_total, wave: endline, informant: teacher}

# Engagement: hours with Link Worker and partners. The slope is an association: motivated children come more
# often and do better anyway.
engagement:
  exposure: hours
  covariates: [english_baseline, maths_baseline, sdq_total_baseline, attendance_baseline, fsm]
  school_effects: cluster
"""

_VALUE = """
# What outcomes are worth. The links from points to money are illustrative, and so is how long a benefit lasts and how
# fast it fades: no study gives them. Hence optimism bias is taken off as for an assumption (the default).
# Attendance is not valued beside grades, since both count the same earnings.
value:
  price_year: 2023
  benefits:
    - measure: english
      unit_value: gcse_grade_english
      units_per_point: 0.03
      sd_units_per_point: 0.01
      source: illustrative
      onset_year: 5
    - measure: maths
      unit_value: gcse_grade_maths
      units_per_point: 0.03
      sd_units_per_point: 0.01
      source: illustrative
      onset_year: 5
    - measure: sdq_total
      unit_value: child_mental_disorder_nhs_year
      units_per_point: 0.02
      sd_units_per_point: 0.01
      source: illustrative
      duration_years: 3
      duration_low: 1
      duration_high: 6
      decay: 0.3
      decay_low: 0.1
      decay_high: 0.6

# Numbers that rest on fewer than ten children are never shown in public.
disclosure: {threshold: 10, round_to: 5}
seed: 2024
"""

_BASIS = {
    "observed": (
        "rules",
        "Children were drawn in a lottery weighted by points for measured need, the same in every school.",
    ),
    "judgement": ("judgement", "Teachers put children forward on what they saw, beside the points."),
}


@functools.lru_cache(maxsize=16)
def _text(selection: str, administrative: bool, comparison: str) -> str:
    basis, description = _BASIS[selection]
    sdq = "" if administrative else "sdq_total_baseline + "
    # What decides about places stands in the formula; gender and language are added since reports show them.
    measured = f"english_baseline + maths_baseline + {sdq}attendance_baseline"
    formula = f"programme ~ {measured} + fsm + C(sen) + C(gender) + eal"
    matching = _MATCHING.format(formula=formula, comparison=comparison) if comparison else _NO_MATCHING
    return _HEAD.format(basis=basis, description=description) + matching + _OUTCOMES + _VALUE


def plan_text(options: SimulationOptions) -> str:
    """Write ``plan.yaml`` for a world, with comments."""
    comparison = "" if not options.pool else "other_school" if options.comparison_schools else "same_school"
    return _text(options.selection, options.comparison_measures == "administrative", comparison)


@functools.lru_cache(maxsize=16)
def _parsed(text: str) -> dict[str, Any]:
    return yaml.safe_load(text)


def plan_mapping(options: SimulationOptions) -> Mapping[str, Any]:
    """Give the contents of :func:`plan_text` as a mapping."""
    return dict(_parsed(plan_text(options)))
