"""What page 7 says: templates whose placeholders are findings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wlz_eval.core.finding import Finding
from wlz_eval.core.words import listed
from wlz_eval.reference.payers import payers
from wlz_eval.value.appraisal.bias import has_optimism
from wlz_eval.value.appraisal.verdict import verdict

if TYPE_CHECKING:
    from wlz_eval.value.appraisal.result import ValueResult

__all__ = ["answer", "only_by_itself_sentence", "payers_sentence", "purse_sentence"]

CURRENCY_WORDS = {"GBP": "pounds", "USD": "dollars", "EUR": "euros"}
Words = tuple[str, dict[str, Finding | str | None]]


def _spent(found: Mapping[str, Finding]) -> Words:
    """Cost a child."""
    return "The programme cost {cost} a child ({year} prices, not discounted).", {"cost": found["value.cost_per_child"]}


def payers_sentence(result: ValueResult) -> Words:
    """Say who paid for a child's place."""
    payers = [f for f in result.costs.findings() if f.finding_id.startswith("value.cost.payer.")]
    named = [f for f in payers if f.subgroup != "not stated"]
    if not named or len(payers) > 26:
        return "The cost lines do not say who paid.", {}
    values: dict[str, Finding | str | None] = {}
    parts = []
    for i, payer in enumerate(payers):
        values[f"payer{chr(97 + i)}"], values[f"name{chr(97 + i)}"] = payer, _payer(payer.subgroup)
        parts.append(f"{{payer{chr(97 + i)}}} {'came ' * (i == 0)}from {{name{chr(97 + i)}}}")
    return f"Of the cost of a child's place, {listed(parts)}.", values


def _payer(name: str) -> str:
    """Call a payer by its label, as within a sentence; as it stands where the registry does not know it."""
    known = payers().get(name.replace(" ", "_"))
    if known is None:
        return name
    first, *others = known.label.split()
    return known.label if any(word[0].isupper() for word in others) else " ".join([first.lower(), *others])


def _paid_back(found: Mapping[str, Finding], prefix: str) -> str:
    """Say by when benefits have paid for costs, if they do."""
    year = found[f"{prefix}.payback_year"]
    if not math.isfinite(year.estimate):
        return "They do not pay it back within the years that are counted. "
    return "On the best estimate they have paid it back {payback} after the start. "


def answer(result: ValueResult) -> Words:
    """Answer the question of notebook 07: net present value first, then ratio, odds, payback and cost."""
    found = {f.finding_id: f for f in result.findings()}
    if "value.cost_per_child" not in found:
        return "These data hold no costs, so nothing can be said about value.", {"cost": None}
    spent, values = _spent(found)
    values["year"] = str(result.costs.price_year)
    if result.shown is None:
        said = spent + " No benefit is valued, so these data do not say whether it was worth its cost."
        quoted = [f for name, f in found.items() if name.startswith("value.published.")]
        if len(quoted) == 1:
            # A figure that was not seen in its source is quoted as that, beside the number.
            values |= {"what": quoted[0].quantity.replace("_", " "), "published": quoted[0]}
            seen = " (not confirmed against its source)" if quoted[0].note else ""
            said += f" Others published an {{what}} of {{published}}{seen}; it is quoted only, and added to nothing."
        return said, values
    prefix = "value" if result.headline is not None else "value.projection"
    values |= {
        "net": found[f"{prefix}.net_present_value_per_child"],
        "ratio": found[f"{prefix}.benefit_cost_ratio"],
        "odds": found[f"{prefix}.breakeven_probability"],
        "payback": found[f"{prefix}.payback_year"],
        "evidence": found[f"{prefix}.net_present_value"].evidence,
    }
    biased = ", optimism bias taken off gains" if has_optimism(result.shown) else ""
    ranged = "95% interval {net:interval}, " if found[f"{prefix}.net_present_value_per_child"].has_interval else ""
    text = f"{{net}} a child ({ranged}{{year}} prices, {{evidence}} links to money{biased})"
    if (ratio := found[f"{prefix}.benefit_cost_ratio"]).has_interval:
        text += ": benefits below zero, " if ratio.estimate < 0 else ": benefits of "
        text += "{ratio} times the cost ({ratio:interval})"
    odds = f"The chance that benefits reach the cost is {{odds:chance}}. {_paid_back(found, prefix)}"
    if result.headline is not None:
        return f"Net present value to society is {text}. {odds}{verdict(result.headline)} {spent}", values
    return (
        f"{spent} No benefit can be counted, since these data show no effect that can be claimed. If all of the "
        f"adjusted difference were due to the programme, net present value to society would be {text}. {odds}"
        f"{verdict(result.shown)} But the difference may have other causes."
    ), values


def only_by_itself_sentence(result: ValueResult) -> tuple[tuple[str, ...], dict[str, str]]:
    """Name the benefits that rest on differences which are clear only until their number is allowed for; or nothing.

    Returns
    -------
    tuple of str, dict
        A template, or none; and the values of its placeholders.
    """
    doubted = [x for x in (result.headline.lines if result.headline else ()) if x.effect and x.effect.only_by_itself]
    labels = list(dict.fromkeys(x.label for x in doubted))
    if not labels:
        return (), {}
    one = len(labels) == 1
    return (
        f"The {'benefit' if one else 'benefits'} from {{doubted}} {'is' if one else 'are'} counted as estimated, with "
        f"{'its whole interval' if one else 'their whole intervals'}. But once the number of outcomes is allowed for, "
        f"{'that difference is' if one else 'those differences are'} no longer clear (page 4), so "
        f"{'it' if one else 'they'} may be chance.",
    ), {"doubted": listed(labels)}


def purse_sentence(result: ValueResult) -> Words:
    """Say what comes back to the public purse for each thousand that it spends."""
    found = {f.finding_id: f for f in result.findings()}
    prefix = "value" if result.headline is not None else "value.projection"
    least, most = (found.get(f"{prefix}.{name}") for name in ("back", "back_at_most"))
    part = result.shown
    if part is None:
        return "What would come back to the public purse is not known.", {}
    if not any(x.unit.kind == "fiscal" for x in part.lines):
        return "No benefit that is counted comes back to the public purse: none of them is fiscal.", {}
    if most is None:
        return "The public purse spends nothing on it, so it has no fiscal return.", {}
    spent = f"thousand {CURRENCY_WORDS.get(most.currency, most.currency)}"
    values: dict[str, Finding | str | None] = {"most": most, "spent": spent, "least": least}
    # Built on a mere difference it is said as an if, like every other amount of that set.
    if_all = result.headline is None
    lead = "If all of the adjusted difference were due to the programme, for" if if_all else "For"
    ranged = "{most} ({most:interval}) " if most.has_interval else "{most} "
    back = f"{lead} each {{spent}} that the public purse spent, {ranged}"
    if most.estimate < 0:
        back += "would come back to it" if if_all else "comes back to it"
        return back + ". That is below zero: on the best estimate services are needed more, not less.", values
    if part.cashable[1]:
        back += "would be saved" if if_all else "is saved"
        cashed = "{least} ({least:interval})" if least is not None and least.has_interval else "{least}"
        return f"{back} in services less needed, of which {cashed} can be cashed.", values
    return (
        back + ("would come" if if_all else "comes") + " back to it at most: how much of what services save can be "
        "cashed is not known, so this is the upper limit, if all of it could be."
    ), values
