"""Named scenarios: which inputs take which values, and what net value is then."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.value.appraisal.npv import Appraisal
from wlz_eval.value.benefits import BenefitLine
from wlz_eval.value.options import ScenarioOptions, ValueOptions
from wlz_eval.value.uncertainty.build import COSTS, input_names
from wlz_eval.value.uncertainty.oneway import scenario

__all__ = ["DEFAULTS", "check_scenarios", "scenario_values", "scenarios_of"]

#: The base: every input as expected.
BASE = ScenarioOptions(name="Base", meaning="every input as expected")
#: Scenarios where the plan names none.
DEFAULTS = (
    ScenarioOptions(name="Low", meaning="every uncertain input at its worst tenth at once", others=0.1),
    BASE,
    ScenarioOptions(name="High", meaning="every uncertain input at its best tenth at once", others=0.9),
)


def scenarios_of(options: ValueOptions) -> tuple[ScenarioOptions, ...]:
    """Scenarios that the page shows: the base and the plan's own, or low, base and high."""
    return (BASE, *options.scenarios) if options.scenarios else DEFAULTS


def _wrong(name: str, amount: float) -> str:
    """Say what is wrong with the value of an input; empty where nothing is."""
    if not math.isfinite(amount):
        return "must be a number"
    if name.startswith("effect."):
        return ""
    if name.startswith("decay.") and not 0 <= amount < 1:
        return "must lie from 0 to below 1"
    if name.startswith("duration.") and not 0 < amount <= 100:
        return "must lie above 0 and be at most 100 years"
    return "must not be negative" if amount < 0 else ""


def check_scenarios(options: ValueOptions, lines: Iterable[BenefitLine]) -> None:
    """Refuse scenarios that set an input that no benefit of the plan has, or set it to what it cannot be.

    Raises
    ------
    OptionError
        With everything that is wrong at once.
    """
    known = list(dict.fromkeys([*(n for x in lines for n in input_names(x)), COSTS]))
    problems = []
    for given in options.scenarios:
        for name, amount in given.inputs.items():
            if name not in known:
                problems.append(f"Scenario {given.name!r} sets no input {name!r}. {suggestion(name, known)}")
            elif wrong := _wrong(name, amount):
                problems.append(f"Scenario {given.name!r} sets {name!r} to {amount:g}: it {wrong}.")
    if problems:
        raise OptionError("\n".join(problems))


def scenario_values(part: Appraisal, options: ValueOptions) -> dict[str, float]:
    """Net value of each scenario, for all children, by its name."""
    found = {}
    for given in scenarios_of(options):
        others = math.nan if given.others is None else given.others
        as_expected = given.others is None and not given.inputs
        found[given.name] = part.net if as_expected else scenario(part.model, others, given.inputs)
    return found


def scenario_inputs(part: Appraisal, options: ValueOptions) -> pd.DataFrame:
    """Say which inputs the plan's scenarios set: ``scenario``, ``name``, ``value``; of counted benefits."""
    held = {i.name for i in part.model.inputs}
    rows = [
        (given.name, name, amount)
        for given in scenarios_of(options) for name, amount in given.inputs.items() if name in held
    ]
    return pd.DataFrame(rows, columns=["scenario", "name", "value"])
