"""What stands against a result, or beside it, as sentences of notebook 04: templates for the values of the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from wlz_eval.attribution.attribution import Attribution, OutcomeEffect
from wlz_eval.attribution.claims import agree, agreement_words, is_clear
from wlz_eval.attribution.pages.further import PREFIX, further_findings, said
from wlz_eval.attribution.pages.labels import in_short
from wlz_eval.attribution.scrutiny import Scrutiny
from wlz_eval.core.finding import Finding
from wlz_eval.core.words import COMPARISON_WORDS
from wlz_eval.measures.labels import column_label

__all__ = ["drift", "fragile", "hidden", "only_by_itself", "other_comparisons", "strength_rows"]

#: Groups that lay closer at the start than this many SDs come from populations that are alike for this purpose.
NEAR = 0.1
#: What the numbers of the sensitivity analyses are, by the end of their findings' ids.
STRENGTH_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "partial_r2": "Share of what is left of the outcome that goes with the programme (partial R²)",
        "robustness": "Share of what is left of both that something unseen must explain to leave no difference "
        "(robustness value)",
        "robustness_interval": "The same, for the interval to reach no difference",
        "e_value": "Risk ratio with both that something unseen must have to leave no difference (E-value)",
        "e_value_limit": "The same, for the interval to reach no difference",
        "gamma_lost": "Odds within pairs at which their difference is no longer clear (gamma)",
    }
)
#: How the result on omitted variables says that something no stronger than what was measured undoes it.
UNDONE = "could bring the interval to no effect"
PAIRS_UNCLEAR = (
    "Pair by pair, with nothing adjusted, the difference is not clear even without hidden bias: the result rests on "
    "the adjustment as much as on the pairs."
)


def _others(result: Attribution) -> list[OutcomeEffect]:
    """Primary outcome against the kinds of comparison children that are not the plan's own."""
    primary = result.primary
    if primary is None:
        return []
    return [e for e in result.effects if e.outcome == primary.outcome and not e.headline]


def other_comparisons(result: Attribution, *, disagreeing: bool = False) -> tuple[str, ...]:
    """Set the primary outcome against the other kinds of comparison children beside the plan's own.

    Parameters
    ----------
    result : Attribution
    disagreeing : bool
        Only those that say something else.
    """
    own, lines = result.primary, []
    for other in _others(result):
        assert own is not None
        if disagreeing and agree(own.att, other.att):
            continue
        name = f"{other.outcome.measure}_{other.outcome.wave}_{other.comparison}"
        label = in_short(result, [own.label])[0]
        lines.append(
            f"{label} against {COMPARISON_WORDS[other.comparison]}, not {COMPARISON_WORDS[own.comparison]}: "
            f"{{{name}}} (95% interval {{{name}:interval}}). {agreement_words(own.att, other.att)}"
        )
    return tuple(lines)


def only_by_itself(scrutiny: Scrutiny) -> tuple[str, ...]:
    """Name the further outcomes whose difference is clear by itself, but not once their number is allowed for."""
    if scrutiny.case is None:
        return ()
    result, cohort = scrutiny.case.result, scrutiny.case.cohort
    doubted = [effect.att.outcome for effect in result.headline_effects if effect.doubted]
    lost = in_short(result, [column_label(cohort, outcome) for outcome in doubted])
    if not lost:
        return ()
    which = "it is" if len(lost) == 1 else "they are"
    return (
        f"{' and '.join(lost)}: once the number of outcomes is allowed for, {which} no longer clear (see below). Take "
        "this as something to look into, not as a result.",
    )


def drift(scrutiny: Scrutiny) -> tuple[str, ...]:
    """Say how far matching on one noisy reading could mislead, with the size where the retest correlation is known."""
    found = scrutiny.get("noisy_baseline")
    if found is None:
        return ()
    if abs(found.gap) < NEAR * found.sd:
        return (
            "The two populations lay close together at the start ({baseline_gap} apart), so chance in that reading can "
            "do little here.",
        )
    way = "lower" if found.gap < 0 else "higher"
    size = "{baseline_bias:magnitude} " if math.isfinite(found.r) else ""
    most = "at the most, since the other things that are matched on make it less" if size else "by an unknown amount"
    return (
        f"Programme children come from a population that lay {{baseline_gap:magnitude}} {way} at the start. A reading "
        f"is part chance, so matching on it would by itself leave them {size}{way} than their partners later on, with "
        f"no programme at all: {most}.",
    )


def hidden(scrutiny: Scrutiny) -> tuple[str, ...]:
    """Say what something unseen could do; once only, where the interval leaves room for no effect already."""
    if scrutiny.case is None or not is_clear(scrutiny.case.effect.att):
        return said(scrutiny, "omitted", "placebo")
    lines = list(said(scrutiny, "omitted", "e_value"))
    pairs = scrutiny.get("rosenbaum")
    unclear = pairs is not None and not math.isfinite(pairs.gamma_lost)
    lines += [PAIRS_UNCLEAR] if unclear else said(scrutiny, "rosenbaum")
    return tuple(dict.fromkeys([*lines, *said(scrutiny, "placebo")]))


def fragile(scrutiny: Scrutiny) -> tuple[str, ...]:
    """Repeat among the limits what would undo a primary result that is called an effect, and who says otherwise."""
    if scrutiny.case is None:
        return ()
    effect = scrutiny.case.effect
    claimed = effect.verdict.claim == "effect" and is_clear(effect.att)
    undone = [line for line in said(scrutiny, "omitted") if UNDONE in line] if claimed else []
    return (*undone, *other_comparisons(scrutiny.case.result, disagreeing=True))


def strength_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """One row a number of the sensitivity analyses: ``label``, ``value`` (a ratio or a share of one) and children."""
    found = {f.finding_id.removeprefix(f"{PREFIX}."): f for f in further_findings(scrutiny)}
    rows = [(label, *_strength(found[name])) for name, label in STRENGTH_WORDS.items() if name in found]
    table = pd.DataFrame(rows, columns=["label", "value", "n_programme", "n_comparison"])
    return table.dropna(subset="value").reset_index(drop=True)


def _strength(found: Finding) -> tuple[float, int | None, int | None]:
    value = found.estimate / 100 if found.unit == "percent" else found.estimate
    return value, found.n_programme, found.n_comparison
