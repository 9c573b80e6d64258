"""Tables of page 7, ready to be released: a child, in one price year, with evidence beside each number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.core.words import claim_words
from wlz_eval.value.appraisal.bias import has_optimism, taken_off, without_optimism
from wlz_eval.value.appraisal.costeffect import CostEffect
from wlz_eval.value.appraisal.npv import SAME, Amounts, Appraisal
from wlz_eval.value.appraisal.payback import running_net
from wlz_eval.value.appraisal.scenarios import scenario_inputs, scenario_values, scenarios_of
from wlz_eval.value.benefits import BenefitLine
from wlz_eval.value.options import ValueOptions
from wlz_eval.value.uncertainty.information import information
from wlz_eval.value.uncertainty.model import Input
from wlz_eval.value.uncertainty.oneway import ENDS, NO_VALUE, switching, tornado, two_way

__all__ = [
    "assumptions", "benefit_rows", "conventions", "cost_of_points", "empty", "information_rows", "optimism_rows",
    "perspective_rows", "scenario_rows", "scenarios", "switching_rows", "tornado_rows", "two_way_rows", "years_rows",
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
    "optimism": "basis net low high ratio ratio_low ratio_high chance children",
    "perspectives": "perspective benefit cost net low high ratio ratio_low ratio_high chance children evidence title",
    "plane": "effect cost outcome children title",
    "saving_account": "what amount unit evidence note price_year",
    "saving_rows": "unit_value label unit kind worth units_needed evidence price_year",
    "scenario_inputs": "scenario input value expected unit children",
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
            "taken_off": 100 * (1 - x.additional * (1 - taken_off(x))),
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
    if given.name.startswith("duration."):
        return 1.0, "years", ""
    if given.name.startswith("decay."):
        return 100.0, "percent", ""
    return (1.0, "points", "") if given.name.startswith("effect.") else (1.0, "ratio", "")


def switching_rows(part: Appraisal | None) -> pd.DataFrame:
    """Say what each input would have to be for benefits to equal costs, the others at their means.

    Those of which no value would do are left out.
    """
    if part is None:
        return empty("switching")
    rows = []
    for switch in (s for s in switching(part.model) if s.possible != NO_VALUE):
        given = next(i for i in part.model.inputs if i.name == switch.name)
        times, unit, more = _scale(given)
        rows.append(
            {
                "input": switch.label + more, "now": times * switch.now, "needed": times * switch.needed, "unit": unit,
                "factor": switch.factor, "possible": switch.possible, "evidence": given.evidence,
                "children": part.children,
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


def scenarios(part: Appraisal | None, options: ValueOptions, evidence: str, title: str) -> pd.DataFrame:
    """Net value a child in each scenario: the plan's own, or everything uncertain low, as expected, high at once."""
    if part is None:
        return empty("scenarios")
    n, values = part.children, scenario_values(part, options)
    rows = [
        {
            "scenario": given.name, "meaning": given.meaning, "net": values[given.name] / n, "children": n,
            "evidence": evidence, "title": title,
        }
        for given in scenarios_of(options)
    ]
    return pd.DataFrame(rows)


def scenario_rows(part: Appraisal | None, options: ValueOptions) -> pd.DataFrame:
    """Say which inputs the plan's scenarios set, and to what."""
    found = pd.DataFrame() if part is None else scenario_inputs(part, options)
    if part is None or found.empty:
        return empty("scenario_inputs")
    inputs = {i.name: i for i in part.model.inputs}
    rows = []
    for row in found.to_dict(orient="records"):
        given = inputs[str(row["name"])]
        times, unit, more = _scale(given)
        rows.append(
            {
                "scenario": row["scenario"], "input": given.label + more, "value": times * float(row["value"]),
                "expected": times * given.margin.mean, "unit": unit, "children": part.children,
            }
        )
    return pd.DataFrame(rows)


def optimism_rows(part: Appraisal | None) -> pd.DataFrame:
    """Give the answer with what is taken off gains for optimism bias, and without; empty where nothing may be."""
    if part is None or not has_optimism(part):
        return empty("optimism")
    rows = []
    for basis, given in (("taken off gains: the answer", part), ("not taken off", without_optimism(part))):
        seen, n = given.society, given.children
        (low, high), (least, most) = seen.interval("net"), seen.interval("ratio")
        rows.append(
            {
                "basis": basis, "net": seen.net / n, "low": low / n, "high": high / n, "ratio": seen.ratio,
                "ratio_low": least, "ratio_high": most, "chance": 100 * seen.breakeven, "children": n,
            }
        )
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
        # What is known for sure has no range.
        low, high = (times * float(given.margin.at(z)) if given.margin.uncertain else math.nan for z in ENDS)
        rows.append(
            {
                "input": given.label + more, "name": given.name, "value": times * given.margin.mean, "low": low,
                "high": high, "unit": unit, "share": shares.get(given.name, 0.0), "evidence": given.evidence,
                "source": given.source, "children": part.children,
            }
        )
    return pd.DataFrame(rows).sort_values(["share", "name"], ascending=[False, True], kind="stable", ignore_index=True)


def _when(line: BenefitLine) -> str:
    """Say in which years a benefit comes."""
    fading, first = line.fading, line.fading.start
    if line.unit.discounted:
        return f"in year {first}, as a present value over the years to come"
    if fading.duration.uncertain:
        low, high = fading.duration.at([-np.inf, np.inf])
        return f"from year {first}, for {low:g} to {high:g} years (drawn; peak or middle {fading.duration.centre:g})"
    last = first + fading.longest - 1
    return f"from year {first} to year {last}" if last > first else f"in year {first}"


def _taken_off(line: BenefitLine) -> str:
    """Say why that much is taken off for optimism bias."""
    if line.option.confidence_grade is not None:
        return f"confidence grade {line.option.confidence_grade} of the plan (shares not confirmed)"
    weak = "link, price or duration is an assumption" if line.evidence == "illustrative" else "grade of its unit value"
    return f"{weak}; grades of HM Treasury and partners (shares not confirmed)"


def _optimism(line: BenefitLine) -> tuple[str, str]:
    """Say how much is taken off one benefit for optimism bias, and on what ground."""
    if not line.optimism > 0:
        return "nothing is taken off", "plan"
    off = f"{100 * line.optimism:.0f}% is taken off a gain, and nothing off a loss; not drawn"
    if taken_off(line) < line.optimism:
        off += ". Expected to be a loss: left as it is"
    return off, _taken_off(line)


def _of_line(line: BenefitLine) -> list[tuple[str, str, str]]:
    """Say what is fixed of one benefit."""
    rows = [(f"{line.label}: when it comes", _when(line), line.link_source)]
    if line.additional < 1:
        rows.append((f"{line.label}: additionality", f"{100 * line.additional:.0f}% counts", "plan"))
    rows.append((f"{line.label}: optimism bias", *_optimism(line)))
    if line.unit.kind == "fiscal":
        known = line.cashable is not None
        share = f"{100 * float(line.cashable or 0):.0f}%" if known else "not known: upper limits are given"
        rows.append((f"{line.label}: cashable share", share, line.cashable_source if known else "no source found"))
    if line.weight != 1:
        weight = f"{line.weight:.2f} times for families"
        rows.append((f"{line.label}: distributional weight", weight, "plan; HM Treasury, The Green Book"))
    if line.price_note:
        rows.append((f"{line.label}: prices", line.price_note, "GDP deflator"))
    return rows


def conventions(options: ValueOptions, lines: Sequence[BenefitLine], price_year: int) -> pd.DataFrame:
    """Say what is fixed by convention or by the plan, in words."""
    rows = [
        ("Price year", str(price_year), "plan"),
        ("Discounting", options.schedule.replace("_", " "), "HM Treasury, The Green Book; to the programme's start"),
        ("What would have happened anyway", "nothing is taken off", "effects are against a comparison group"),
        ("Whom the effect holds for", "all children who started", "mean effect of the children who were compared"),
    ]
    if options.usual_support:
        year = options.usual_support_price_year or price_year
        each = f"{options.usual_support:g} a child a year, {year} prices"
        rows.append(("Usual support of comparison children", each, options.usual_support_source))
    for pair in options.correlations:
        rows.append((f"{pair.between[0]} and {pair.between[1]}", f"correlation {pair.correlation:g}", pair.source))
    rows += [row for x in lines for row in _of_line(x)]
    return pd.DataFrame(rows, columns=["what", "how", "source"])


def cost_of_points(effects: Sequence[CostEffect], evidence: str, children: int) -> pd.DataFrame:
    """Cost of one more point of each outcome, or why it has none."""
    rows = [
        {
            "outcome": x.label, "gain": x.gain, "cost": x.cost, "per_point": x.per_point, "low": x.interval.low,
            "high": x.interval.high, "reason": x.reason, "evidence": evidence,
            "claim": claim_words(x.effect.claim, x.may_be_none, x.effect.only_by_itself),
            "children": min(x.effect.n_programme or children, x.effect.n_comparison or children),
        }
        for x in effects
    ]
    return pd.DataFrame(rows, columns=COLUMNS["cost_of_points"].split())


def years_rows(part: Appraisal | None, title: str) -> pd.DataFrame:
    """Return running net value a child by year, with the middle 95% of draws."""
    if part is None:
        return empty("years")
    drawn, total = running_net(part)
    low, high = np.quantile(drawn / part.children, [0.025, 0.975], axis=0)
    expected = total / part.children
    # Until the first benefit nothing is drawn but costs: where those are certain, there is no interval.
    same = high - low <= SAME * np.abs(expected)
    low, high = np.where(same, np.nan, low), np.where(same, np.nan, high)
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
