"""What may be claimed, and in which words. Nothing else in the suite may say that the programme caused anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from wlz_eval.attribution.selection import SelectionVerdict
from wlz_eval.core.finding import Claim, Finding, Tier
from wlz_eval.core.words import WAVE_WORDS

__all__ = [
    "CLEAR",
    "ClaimVerdict",
    "agree",
    "agreement_words",
    "claim_sentence",
    "claim_verdict",
    "clear_by_itself_only",
    "direction_words",
    "doubt",
    "is_clear",
    "may_say_caused",
]

Better = Literal["higher", "lower", "unclear"]

#: Fewest matched programme children for an effect to be claimed (the Justice Data Lab reports from 60).
FEWEST_MATCHED = 60
#: Beyond this standardised difference adjustment cannot mend a comparison (What Works Clearinghouse).
BEYOND_ADJUSTMENT = 0.25
#: A p-value below this leaves a difference clear after allowing for the number of outcomes.
CLEAR = 0.05


@dataclass(frozen=True, kw_only=True)
class ClaimVerdict:
    """What one estimate may be called, and every reason that stands against more."""

    claim: Claim
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The reasons as one sentence; empty when nothing stands against an effect."""
        text = "; ".join(self.reasons)
        return text[:1].upper() + text[1:] + "." if text else ""


def claim_verdict(
    tier: Tier,
    selection: SelectionVerdict,
    *,
    worst_imbalance: float,
    balance_limit: float,
    adjusted: bool,
    matched: int,
    illustrative: bool,
    placebo_fails: bool = False,
) -> ClaimVerdict:
    """Decide what an estimate may be called.

    `effect` needs all of: tier A, children chosen by rules that the data bear out, balance within the limit (or
    within the reach of adjustment, when the outcome model adjusts), enough matched children, and enough schools.

    Parameters
    ----------
    tier : str
        Of the outcome, from the measurement map.
    selection : SelectionVerdict
    worst_imbalance : float
        Largest absolute standardised mean difference after matching.
    balance_limit : float
        The plan's limit.
    adjusted : bool
        Whether the outcome model adjusts for the covariates.
    matched : int
        Matched programme children with the outcome.
    illustrative : bool
        Whether the interval rests on too few schools.
    placebo_fails : bool
        Whether the matched groups differ on an earlier wave, which the programme cannot have moved.
    """
    if tier not in ("A", "B"):
        return ClaimVerdict(claim="description", reasons=("not measured alike in both groups",))
    reasons = []
    if tier != "A":
        reasons.append("no baseline that this outcome may be compared with is held for both groups")
    if not selection.by_rules:
        reasons.append(selection.reason[0].lower() + selection.reason[1:].rstrip("."))
    reach = max(balance_limit, BEYOND_ADJUSTMENT) if adjusted else balance_limit
    if not worst_imbalance <= reach:
        reasons.append("the matched groups still differ at the start")
    if matched < FEWEST_MATCHED:
        reasons.append("too few programme children could be matched")
    if placebo_fails:
        reasons.append("the matched groups differ on earlier measurements that the programme cannot have changed")
    if illustrative:
        reasons.append("there are too few schools for a firm interval")
    return ClaimVerdict(claim="adjusted_difference" if reasons else "effect", reasons=tuple(reasons))


def may_say_caused(finding: Finding) -> bool:
    """Whether a finding may be worded as caused by the programme.

    Only an effect on a tier A outcome whose 95% interval leaves zero out.

    Examples
    --------
    >>> f = Finding(finding_id="x", quantity="att", estimate=2.0, unit="points", claim="effect", tier="A",
    ...             ci_low=1.0, ci_high=3.0)
    >>> may_say_caused(f)
    True
    """
    return finding.claim == "effect" and finding.tier == "A" and finding.interval_excludes_zero


class Estimated(Protocol):
    """A difference with its interval."""

    @property
    def estimate(self) -> float: ...

    @property
    def ci_low(self) -> float: ...

    @property
    def ci_high(self) -> float: ...


def is_clear(found: Estimated) -> bool:
    """Whether the interval leaves zero out; not where there is none."""
    return found.ci_low > 0 or found.ci_high < 0


def agree(one: Estimated, two: Estimated) -> bool:
    """Whether two comparisons of one outcome say the same: neither is clear, or both are and point the same way."""
    return is_clear(one) == is_clear(two) and (not is_clear(one) or one.estimate * two.estimate > 0)


def agreement_words(one: Estimated, two: Estimated) -> str:
    """Say whether two comparisons of one outcome say the same: one wording for every page.

    Examples
    --------
    >>> f = Finding(finding_id="x", quantity="att", estimate=-0.3, unit="points", claim="effect", ci_low=-2.9,
    ...             ci_high=2.3)
    >>> from dataclasses import replace
    >>> agreement_words(f, replace(f, estimate=-3.0, ci_low=-4.0, ci_high=-2.1))
    'Only one of the two is clear, which does not show that they differ.'
    """
    if is_clear(one) != is_clear(two):
        return "Only one of the two is clear, which does not show that they differ."
    if not is_clear(one):
        return "Neither is clear."
    if one.estimate * two.estimate <= 0:
        return "The two contradict each other."
    overlap = max(one.ci_low, two.ci_low) <= min(one.ci_high, two.ci_high)
    return "Both point the same way." if overlap else "Both point the same way, but differ in size."


def clear_by_itself_only(finding: Estimated, family_p: float) -> bool:
    """Whether a further outcome is clear until one allows for how many outcomes there are (Holm).

    Such a one is never worded as caused. The primary outcome is not asked: the plan names it, so it is no pick of many.

    Parameters
    ----------
    finding : Finding
        Of an outcome that is not the primary one.
    family_p : float
        Its p-value after Holm's correction; missing where it stands alone.
    """
    return bool(is_clear(finding) and family_p >= CLEAR)


def doubt(doubted: int, alone: bool = True) -> str:
    """Say once, after the last of them, that further outcomes that are clear by themselves may be so by chance.

    Parameters
    ----------
    doubted : int
        How many are.
    alone : bool
        Whether no other outcome was named before them.
    """
    if doubted == 1:
        return "With so many outcomes one may look clear by chance, so do not take it for a result."
    those = "these" if alone else "the last of these"
    return f"With so many outcomes {those} may look clear by chance, so do not take them for results."


def direction_words(estimate: float, better: Better | str) -> tuple[str, str]:
    """Say which way a difference points, and whether that is good.

    Examples
    --------
    >>> direction_words(-1.0, "lower")
    ('lower', 'which is better')
    """
    way = "higher" if estimate > 0 else "lower"
    if better not in ("higher", "lower"):
        return way, "which may be good or bad"
    return way, "which is better" if way == better else "which is worse"


def claim_sentence(
    finding: Finding,
    label: str,
    better: Better | str,
    reason: str | None = None,
    name: str = "att",
    doubted: bool = False,
) -> str:
    """Word a finding exactly as far as its claim allows, as a template for ``nb.say``.

    Parameters
    ----------
    finding : Finding
        A difference between programme and matched comparison children, or a tier C outcome.
    label : str
        Name of the outcome in plain words.
    better : {"higher", "lower", "unclear"}
        Which direction is good.
    reason : str
        Why no more may be claimed, as a sentence; the finding's own note when left out, nothing when empty.
    name : str
        Name of the placeholder: the sentence is said by ``nb.say(sentence, att=finding)``.
    doubted : bool
        Whether it is clear by itself only (:func:`clear_by_itself_only`): then nothing was caused.

    Returns
    -------
    str
        A sentence or two with placeholders such as ``{att:interval}``.
    """
    title = label.replace("{", "").replace("}", "")
    when = WAVE_WORDS.get(finding.wave, finding.wave)
    what = f"{title} {when}".strip()
    if finding.tier == "C" or finding.claim == "description":
        return (
            f"{what}: not measured alike for programme and comparison children, so these data cannot say what the "
            "programme did for it."
        )
    if not finding.has_interval:
        return f"{what}: the difference is {{{name}}}, but no interval can be given, so nothing may be concluded."
    way, good = direction_words(finding.estimate, better)
    size, interval = f"{{{name}:magnitude}}", f"95% interval {{{name}:interval}}"
    because = finding.note if reason is None else reason
    differed = f"{what}: programme children were {size} {way} than matched comparison children, {good} ({interval})."
    if doubted:
        return f"{differed} {because}".strip()
    if may_say_caused(finding):
        return (
            f"As far as these data can say, the programme caused {what} to be {size} {way} than it would have been, "
            f"{good} ({interval}). {because}"
        ).strip()
    if finding.claim == "effect":
        return (
            f"The data cannot tell whether the programme changed {what}: the best estimate is {{{name}}}, and the "
            f"{interval} leaves a gain, a loss and no change open. {because}"
        ).strip()
    if finding.interval_excludes_zero:
        return f"{differed} This adjusted difference is not shown to be the programme's doing. {because}".strip()
    return (
        f"{what}: no clear difference between programme and matched comparison children: {{{name}}} ({interval}). "
        f"{because}"
    ).strip()
