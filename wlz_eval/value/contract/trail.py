"""The audit trail: each pound back to the reading, dose or consent that it was claimed for. Restricted pages only."""

from __future__ import annotations

import pandas as pd

from wlz_eval.core.errors import ReleaseError
from wlz_eval.value.contract.dates import wave_end
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.payments import PENNIES
from wlz_eval.value.contract.rules import readings_of
from wlz_eval.value.contract.terms import OUTCOME_TRIGGERS, TRIGGERS

__all__ = ["TRAIL_COLUMNS", "audit_trail"]

TRAIL_COLUMNS = ("child_id", "intake", "trigger", "date", "claimed", "paid", "evidence", "reference")


def _outcome_words(owed: Owed) -> pd.Series:
    """Say each child's outcomes in words: measure, first and later reading, in the order in which they are shown."""
    before, after = readings_of(owed.data, owed.rules, "baseline"), readings_of(owed.data, owed.rules)
    order = sorted(range(len(owed.rules)), key=lambda j: wave_end(owed.cohort, owed.rules[j].outcome.wave))
    words = []
    for i, met in enumerate(owed.reached.to_numpy(dtype=bool)):
        words.append(
            [
                f"{owed.rules[j].label}: {before[i, j]:g} at baseline, {after[i, j]:g} at {owed.rules[j].outcome.wave}"
                for j in order
                if met[j]
            ]
        )
    return pd.Series(words, index=owed.data.index.astype(str))


def audit_trail(owed: Owed, audience: str) -> pd.DataFrame:
    """List every claim with the pseudonymous evidence behind it.

    Parameters
    ----------
    owed : Owed
    audience : str
        Must be ``restricted``: each row describes one child.

    Returns
    -------
    DataFrame
        ``child_id`` (pseudonym), ``intake``, ``trigger``, ``date``, ``claimed``, ``paid``, ``evidence`` (in words),
        ``reference`` (of the evidence table). ``paid`` adds up exactly to all that is owed.

    Raises
    ------
    ReleaseError
        For any other audience.
    """
    if audience != "restricted":
        raise ReleaseError(
            f"The audit trail describes single children and is for the restricted audience, not {audience!r}. "
            "Run the notebook with --audience restricted."
        )
    outcomes = _outcome_words(owed)
    usual = {"consent": "consent recorded", "sign_up": "started", "high_engagement": "attendance and interactions"}
    claims = owed.claims
    evidence = [
        outcomes[child][OUTCOME_TRIGGERS.index(trigger)] if trigger in OUTCOME_TRIGGERS else usual[trigger]
        for child, trigger in zip(claims["child_id"], claims["trigger"], strict=True)
    ]
    reference = pd.Series("", index=claims.index)
    if owed.cohort.has("evidence") and "reference" in owed.cohort["evidence"]:
        held = owed.cohort["evidence"]
        keys = pd.MultiIndex.from_arrays([held["child_id"].astype(str), held["trigger"].astype(str)])
        known = pd.Series(held["reference"].astype(object).fillna("").to_numpy(), index=keys)
        wanted = pd.MultiIndex.from_arrays([claims["child_id"], claims["trigger"]])
        reference = known.reindex(wanted).fillna("").set_axis(claims.index)
    return pd.DataFrame(
        {
            "child_id": claims["child_id"], "intake": claims["intake"], "trigger": claims["trigger"].map(TRIGGERS),
            "date": claims["date"].dt.strftime("%Y-%m-%d"), "claimed": claims["claimed"] / PENNIES,
            "paid": claims["paid"] / PENNIES, "evidence": evidence, "reference": reference.to_numpy(),
        }
    )
