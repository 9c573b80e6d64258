"""Tables of page 07, ready to be released: a child, in one price year, with evidence beside each number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.core.words import claim_words
from wlz_eval.value.appraisal.costeffect import CostEffect
from wlz_eval.value.appraisal.npv import Amounts, Appraisal
from wlz_eval.value.appraisal.payback import timeline
from wlz_eval.value.benefits import BenefitLine
from wlz_eval.value.options import ValueOptions
from wlz_eval.value.uncertainty.information import information
from wlz_eval.value.uncertainty.model import Input
from wlz_eval.value.uncertainty.oneway import ENDS, scenario, switching, tornado, two_way

__all__ = [
    "assumptions", "benefit_rows", "conventions", "cost_of_points", "empty", "information_rows", "perspective_rows",
    "scenarios", "switching_rows", "tornado_rows", "two_way_rows", "years_rows",
]

#: Columns of each table, so that one without rows can be shown too.
COLUMNS: Mapping[str, str] = {
    "acceptability": "worth chance children title",
    "assumptions": "input name value low high unit share evidence source children",
    "benefits": (
        "outcome unit_value kind beneficiary use reason price units_per_point taken_off evidence source price_year"
    ),
    "cost_of_points": "outcome gain cost per_point low high reason claim evidence children",
    "illusion": "basis amount n title",
    "information": "label evidence source share worth children title",
    "perspectives": "perspective benefit cost net low high ratio ratio_low ratio_high chance children evidence title",
    "plane": "effect cost outcome children title",
    "saving_account": "what amount unit evidence note price_year",
    "saving_rows": "unit_value label unit kind worth units_needed evidence price_year",
    "scenarios": "scenario meaning net children evidence title",
    "switching": "input now needed unit factor possible evidence children",
    "tornado": "label evidence low_input high_input low high middle children title",
    "two_way": "first second net first_label first_unit second_label second_unit children title",
    "years": "year net low high children title",
}
#: Words for what a benefit is used for.
USE_WORDS = {"headline": "counted", "projection": "projection only", "excluded": "not counted", "raw_change": "never"}
#: Inputs that a tornado shows.
MOST_BARS = 8
#: Shares of the way through each input's range in the scenarios, in the direction of net value.
SCENARIOS = {"Low": 0.1, "Base": math.nan, "High": 0.9}
SCENARIO_WORDS = {
    "Low": "every uncertain input at its worst tenth at once",
    "Base": "every input at its mean",
    "High": "every uncertain input at its best tenth at once",
}
#: Links are small numbers: shown for this many points.
POINTS = 100.0


def empty(name: str) -> pd.DataFrame:
    """Return a table without rows."""
    return pd.DataFrame(columns=COLUMNS[name].split())


def benefit_rows(lines: Sequence[BenefitLine], price_year: int) -> pd.DataFrame:
    """One row a benefit of the plan: what it is, what it is used for and why, its price and its source."""
    rows = [
        {
            "outcome": x.label,
            "unit_value": x.unit.label,
            "kind": x.unit.kind,
            "beneficiary": ", ".join("NHS" if name == "nhs" else name.replace("_", " ") for name in x.shares),
            "use": USE_WORDS[x.use],
            "reason": x.reason,
            "price": x.price,
            "units_per_point": x.link.mean,
            "taken_off": 100 * (1 - x.additional * (1 - x.optimism)),
            "evidence": x.evidence,
            "source": x.unit.source,
            "price_year": price_year,
        }
        for x in lines
    ]
    return pd.DataFrame(rows, columns=COLUMNS["benefits"].split())


def _view(part: Appraisal, seen: Amounts, evidence: str, title: str) -> dict[str, Any]:
    n = part.children
    low, high = seen.interval("net")
    ratio_low, ratio_high = seen.interval("ratio")
    return {
        "perspective": seen.label, "benefit": seen.benefit / n, "cost": seen.cost / n, "net": seen.net / n,
        "low": low / n, "high": high / n, "ratio": seen.ratio, "ratio_low": ratio_low, "ratio_high": ratio_high,
        "chance": 100 * seen.breakeven if seen.cost > 0 else math.nan, "children": n, "evidence": evidence,
        "title": title,
    }


def perspective_rows(part: Appraisal | None, evidence: str, title: str) -> pd.DataFrame:
    """One row a perspective: benefit, cost and net value a child, ratio, chance of breaking even in percent."""
    rows = [] if part is None else [_view(part, v, evidence, title) for v in part.views if v.cost or v.benefit]
    return pd.DataFrame(rows, columns=COLUMNS["perspectives"].split())


def tornado_rows(part: Appraisal | None, title: str) -> pd.DataFrame:
    """Net value a child with each input at either end of its range; the widest first."""
    if part is None:
        return empty("tornado")
    found = tornado(part.model).head(MOST_BARS)
    n = part.children
    return found.assign(
        low=found["low"] / n, high=found["high"] / n, middle=part.net / n, children=n, title=title
    ).drop(columns=["name", "width"])


def _scale(given: Input) -> tuple[float, str, str]:
    """How an input is printed: times what, with what unit, and what its label adds."""
    if given.name.startswith("link."):
        return POINTS, "ratio", ", for 100 points"
    if given.name.startswith("price."):
        return 1.0, "money", ""
    return (1.0, "points", "") if given.name.startswith("effect.") else (1.0, "ratio", "")


def switching_rows(part: Appraisal | None) -> pd.DataFrame:
    """Say what each input would have to be for benefits to equal costs, the others at their means."""
    if part is None:
        return empty("switching")
    rows = []
    for switch in switching(part.model):
        given = next(i for i in part.model.inputs if i.name == switch.name)
        times, unit, more = _scale(given)
        factor = switch.needed / switch.now if switch.now else math.nan
        rows.append(
            {
                "input": switch.label + more, "now": times * switch.now, "needed": times * switch.needed, "unit": unit,
                "factor": factor, "possible": switch.possible, "evidence": given.evidence, "children": part.children,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS["switching"].split())


def information_rows(part: Appraisal | None, title: str) -> pd.DataFrame:
    """Share of the spread of net value, and worth of measuring better, for each uncertain input."""
    if part is None:
        return empty("information")
    found = information(part.model, part.drawn)
    n = part.children
    return found.assign(worth=found["worth"] / n, children=n, title=title).drop(columns="name")


def scenarios(part: Appraisal | None, evidence: str, title: str) -> pd.DataFrame:
    """Net value a child when everything uncertain is low, as expected, or high at once."""
    if part is None:
        return empty("scenarios")
    n = part.children
    rows = [
        {
            "scenario": name, "meaning": SCENARIO_WORDS[name],
            "net": (part.net if math.isnan(share) else scenario(part.model, share)) / n,
            "children": n, "evidence": evidence, "title": title,
        }
        for name, share in SCENARIOS.items()
    ]
    return pd.DataFrame(rows)


def assumptions(part: Appraisal | None) -> pd.DataFrame:
    """Account of every input: value, range, source, evidence, share of the spread of net value in percent."""
    if part is None:
        return empty("assumptions")
    found = information(part.model, part.drawn)
    shares = dict(zip(found["name"], found["share"], strict=True))
    rows = []
    for given in part.model.inputs:
        times, unit, more = _scale(given)
        low, high = (times * float(given.margin.at(z)) for z in ENDS)
        rows.append(
            {
                "input": given.label + more, "name": given.name, "value": times * given.margin.mean, "low": low,
                "high": high, "unit": unit, "share": shares.get(given.name, 0.0), "evidence": given.evidence,
                "source": given.source, "children": part.children,
            }
        )
    return pd.DataFrame(rows).sort_values(["share", "name"], ascending=[False, True], kind="stable", ignore_index=True)


def conventions(options: ValueOptions, lines: Sequence[BenefitLine], price_year: int) -> pd.DataFrame:
    """Say what is fixed by convention or by the plan, in words."""
    rows = [
        ("Price year", str(price_year), "plan"),
        ("Discounting", options.schedule.replace("_", " "), "HM Treasury, The Green Book; to the programme's start"),
        ("What would have happened anyway", "nothing is taken off", "effects are against a comparison group"),
    ]
    for x in lines:
        first, last = x.yearly[0][0], x.yearly[-1][0]
        when = f"from year {first} to year {last}" if last > first else f"in year {first}, as a present value"
        rows.append((f"{x.label}: when it comes", when, x.link_source))
        if x.additional < 1:
            rows.append((f"{x.label}: additionality", f"{100 * x.additional:.0f}% counts", "plan"))
        if x.optimism > 0:
            off = f"{100 * x.optimism:.0f}% is taken off, once"
            rows.append((f"{x.label}: optimism bias", off, "confidence grade"))
    return pd.DataFrame(rows, columns=["what", "how", "source"])


def cost_of_points(effects: Sequence[CostEffect], evidence: str, children: int) -> pd.DataFrame:
    """Cost of one more point of each outcome, or why it has none."""
    rows = [
        {
            "outcome": x.label, "gain": x.gain, "cost": x.cost, "per_point": x.per_point, "low": x.interval.low,
            "high": x.interval.high, "reason": x.reason, "evidence": evidence,
            "claim": claim_words(x.effect.claim, may_be_none=x.may_be_none),
            "children": min(x.effect.n_programme or children, x.effect.n_comparison or children),
        }
        for x in effects
    ]
    return pd.DataFrame(rows, columns=COLUMNS["cost_of_points"].split())


def years_rows(part: Appraisal | None, title: str) -> pd.DataFrame:
    """Return running net value a child by year, with the middle 95% of draws."""
    if part is None:
        return empty("years")
    benefits, costs = timeline(part)
    running = np.cumsum(part.draws @ benefits - np.outer(part.society.cost_draws, costs), axis=1) / part.children
    low, high = np.quantile(running, [0.025, 0.975], axis=0)
    expected = np.cumsum(part.means @ benefits - part.cost * costs) / part.children
    return pd.DataFrame(
        {
            "year": range(len(expected)), "net": expected, "low": low, "high": high, "children": part.children,
            "title": title,
        }
    )


def two_way_rows(part: Appraisal | None, title: str) -> pd.DataFrame:
    """Net value a child over the two inputs that move it most."""
    if part is None or len(part.model.uncertain) < 2:
        return empty("two_way")
    first, second = tornado(part.model)["name"].head(2)
    found = two_way(part.model, first, second, steps=5)
    inputs = {i.name: i for i in part.model.inputs}
    for column, name in (("first", first), ("second", second)):
        times, unit, more = _scale(inputs[name])
        found[column] *= times
        found[f"{column}_label"] = inputs[name].label + more
        found[f"{column}_unit"] = unit
    return found.assign(net=found["net"] / part.children, children=part.children, title=title)
