"""Raw readings into scores, bands and counts, and what of them may be compared.

``sdq``, ``attainment``, ``absence``, ``incidents`` and ``ordered`` score one kind of measure each, as functions on
arrays and series; ``forms`` puts rows that stand on one form together; ``derive`` makes what ``derived:`` in
``cohort.yaml`` asks for; ``comparable`` says which two readings may be compared.
"""

from wlz_eval.measures.scoring.absence import attendance_by_wave, persistent_absence
from wlz_eval.measures.scoring.attainment import adjust_for_age, letters_as_grades, level_scores, percentile, reaches
from wlz_eval.measures.scoring.comparable import (
    Comparability,
    Comparisons,
    Reading,
    comparability,
    comparisons,
    judge_readings,
)
from wlz_eval.measures.scoring.derive import derived_readings, readings
from wlz_eval.measures.scoring.incidents import IncidentRules, incident_rules, school_days
from wlz_eval.measures.scoring.ordered import (
    FeedbackSummary,
    areas_below,
    feedback_answers,
    feedback_summary,
    imd_quintile,
    ordered_words,
)
from wlz_eval.measures.scoring.sdq import SdqScored, score_items, score_sdq, sdq_band

__all__ = [
    "Comparability",
    "Comparisons",
    "FeedbackSummary",
    "IncidentRules",
    "Reading",
    "SdqScored",
    "adjust_for_age",
    "areas_below",
    "attendance_by_wave",
    "comparability",
    "comparisons",
    "derived_readings",
    "feedback_answers",
    "feedback_summary",
    "imd_quintile",
    "incident_rules",
    "judge_readings",
    "letters_as_grades",
    "level_scores",
    "ordered_words",
    "percentile",
    "persistent_absence",
    "reaches",
    "readings",
    "school_days",
    "score_items",
    "score_sdq",
    "sdq_band",
]
