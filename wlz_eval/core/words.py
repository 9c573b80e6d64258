"""The words of reports for waves, comparison children and claims: each said in one way everywhere."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["COLUMN_WORDS", "COMPARISON_WORDS", "LEVEL_WORDS", "WAVE_WORDS", "claim_words", "listed"]

WAVE_WORDS: dict[str, str] = {
    "pre_baseline": "well before the start",
    "baseline": "at the start",
    "midpoint": "half-way through",
    "endline": "at the end",
    "followup": "at follow-up",
    "": "",
}

COMPARISON_WORDS: dict[str, str] = {
    "same_school": "children of the same schools",
    "other_school": "children of other schools",
    "waiting": "children waiting for a place",
    "historical": "children of earlier years",
    "declined": "children who declined a place",
    "national": "children nationally",
}

COLUMN_WORDS: dict[str, str] = {
    "fsm": "Free school meals",
    "eal": "English as an additional language",
    "sen": "Special educational needs",
    "social_care": "Known to social care",
    "imd_decile": "Deprivation of the area (1 is most deprived)",
    "gender": "Gender",
    "ethnicity": "Ethnicity",
    "year_group": "Year group",
    "phase": "Phase",
    "school_id": "School",
    "local_authority": "Local authority",
    "teacher_nominated": "Named by a teacher",
    "identified": "Identified by the rules",
}

LEVEL_WORDS: dict[str, str] = {
    "ehcp": "education, health and care plan",
    "support": "support in school",
    "none": "none",
    "early_years": "early years",
}

_CLAIM_WORDS: dict[str, str] = {
    "description": "describes these children",
    "association": "goes together; the reason is not known",
    "adjusted_difference": "difference after matching; may have other causes",
    "effect": "effect of the programme, as far as these data can say",
    "projection": "worked out from assumptions",
}
_EFFECT_OPEN = "estimate of the effect; it may well be none"
_ONLY_BY_ITSELF = "estimate of the effect; clear by itself, but not among so many outcomes"


def claim_words(claim: str, may_be_none: bool = False, only_by_itself: bool = False) -> str:
    """Say what a number may be called.

    Parameters
    ----------
    claim : str
        One of :data:`wlz_eval.core.finding.Claim`.
    may_be_none : bool
        Whether the number has an interval that holds zero: then no effect is said to be there.
    only_by_itself : bool
        Whether it is clear until the number of outcomes is allowed for: then none is said to be there either.

    Examples
    --------
    >>> claim_words("effect", may_be_none=True)
    'estimate of the effect; it may well be none'
    """
    if claim == "effect" and (may_be_none or only_by_itself):
        return _EFFECT_OPEN if may_be_none else _ONLY_BY_ITSELF
    return _CLAIM_WORDS[claim]


def listed(names: Sequence[str]) -> str:
    """List one name or more inside a sentence.

    Examples
    --------
    >>> listed(["maths"]), listed(["English", "maths", "attendance"])
    ('maths', 'English, maths and attendance')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
