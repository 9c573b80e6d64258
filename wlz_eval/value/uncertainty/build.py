"""The model of a set of benefits and costs: which inputs it has, how they are spread and how they go together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.reference.appraisal import value_link
from wlz_eval.value.benefits import BenefitLine
from wlz_eval.value.benefits.line import is_sourced
from wlz_eval.value.costs import Costs
from wlz_eval.value.options import CorrelationOptions, ValueOptions
from wlz_eval.value.spread import Spread
from wlz_eval.value.uncertainty.margins import effect_spread
from wlz_eval.value.uncertainty.model import Input, Line, ValueModel
from wlz_eval.value.uncertainty.montecarlo import effect_covariance

__all__ = ["COSTS", "check_correlations", "input_names", "purses", "value_model"]

Array = npt.NDArray[np.float64]
#: Name of the input that scales all costs.
COSTS = "costs"
#: Name of the line of cost that takes off what comparison children were given instead.
USUAL_SUPPORT = "usual_support"
#: Payers of the purse of other public bodies that are told apart, since benefits are theirs too.
AGENCIES = ("nhs", "police")


def input_names(line: BenefitLine) -> tuple[str, ...]:
    """Names of a line's inputs: its effect, its link, its price; then duration and decay where it has them.

    Lines that take the same row of links, or the same unit value, share that input: what is not known about it is one
    thing, not two. A unit value that is a present value already has no years of its own.
    """
    o, unit = line.option, line.unit
    own = f"{o.measure}.{o.wave}.{unit.name}"
    link = f"link.{o.link}" if o.link else f"link.{own}"
    names = (f"effect.{o.measure}.{o.wave}", link, f"price.{unit.name}")
    if unit.discounted:
        return names
    lasts = own if o.duration_years is not None or o.duration_low is not None else unit.name
    fades = own if o.decay is not None or o.decay_low is not None else unit.name
    return (*names, f"duration.{lasts}", f"decay.{fades}")


def _inputs(line: BenefitLine, effect: Finding, currency: str) -> tuple[Input, ...]:
    names = input_names(line)
    wave = WAVE_WORDS[line.option.wave]
    through = line.option.link.replace("_", " ") if line.option.link else f"{line.label}, in units of {line.unit.unit}"
    difference = "Effect" if effect.claim == "effect" else "Difference"
    unit, label = f"{line.unit.unit} a point", f"{difference}: {line.label}, {wave}"
    return (
        Input(names[0], label, effect_spread(effect), "page 4", effect.evidence, "points"),
        Input(names[1], f"Link: {through}", line.link, line.link_source, _link_evidence(line), unit),
        Input(names[2], f"Price: {line.unit.label}", line.worth, line.unit.source, line.unit.evidence, currency),
        *_lasting(line, names[3:]),
    )


def _lasting(line: BenefitLine, names: tuple[str, ...]) -> tuple[Input, ...]:
    """Make the inputs of how long a benefit lasts and how fast it fades."""
    made = []
    spreads = (line.fading.duration, line.fading.decay)
    words = (("How long it lasts", "years"), ("Fade-out a year", "share a year"))
    for name, spread, (word, unit) in zip(names, spreads, words, strict=False):
        shared = name.split(".", 1)[1] == line.unit.name
        source = line.unit.source if shared else line.option.lasting_source or "illustrative"
        evidence = line.unit.evidence if shared else "published" if is_sourced(source) else "illustrative"
        made.append(Input(name, f"{word}: {line.unit.label if shared else line.label}", spread, source, evidence, unit))
    return tuple(made)


def _link_evidence(line: BenefitLine) -> str:
    """Say whether the link itself is an assumption, whatever the price is."""
    if line.option.link:
        return value_link(line.option.link).evidence
    return "published" if is_sourced(line.option.source) else "illustrative"


def check_correlations(options: ValueOptions, lines: Iterable[BenefitLine]) -> None:
    """Refuse correlations that name an input that no benefit of the plan has.

    Raises
    ------
    OptionError
        Naming the input, and what is valid.
    """
    known = list(dict.fromkeys([*(n for x in lines for n in input_names(x)), COSTS]))
    for pair in options.correlations:
        if pair.between[0] == pair.between[1]:
            raise OptionError(f"value.correlations names {pair.between[0]!r} twice. Name two different inputs.")
        for name in pair.between:
            if name not in known:
                raise OptionError(f"value.correlations names no input {name!r}. {suggestion(name, known)}")
            if name.startswith("effect."):
                raise OptionError(
                    f"value.correlations names {name!r}, but how effects go together comes from their estimates. Name "
                    "links, prices or costs only."
                )


def _possible(correlation: Array) -> Array:
    """Bring estimated correlations to ones that can hold together: pairs estimated apart need not quite do so."""
    values, vectors = np.linalg.eigh(correlation)
    if len(values) == 0 or values[0] >= 0:
        return correlation
    nearest = (vectors * np.maximum(values, 0.0)) @ vectors.T
    scale = np.sqrt(np.diag(nearest))
    return nearest / np.outer(scale, scale)


def _correlation(
    names: list[str],
    lines: Sequence[BenefitLine],
    pairs: Iterable[FindingCovariance],
    given: Sequence[CorrelationOptions],
) -> Array:
    """Correlations between scores: of the effects as 04 found them, of the others as the plan says."""
    out = np.eye(len(names))
    effects = {input_names(x)[0]: x.effect for x in lines if x.effect is not None}
    covariance = effect_covariance(list(effects.values()), pairs)
    spread = np.sqrt(np.diag(covariance))
    scale = np.where(spread > 0, spread, 1.0)
    at = [names.index(name) for name in effects]
    out[np.ix_(at, at)] = _possible(np.where(np.eye(len(at)) > 0, 1.0, covariance / np.outer(scale, scale)))
    for pair in given:
        if set(pair.between) <= set(names):
            a, b = (names.index(name) for name in pair.between)
            out[a, b] = out[b, a] = pair.correlation
    return out


def purses(money: Costs) -> dict[str, float]:
    """Present value of costs by the purse that bears them; agencies that gain from benefits stand by themselves."""
    if not len(money.lines):
        return {}
    key = money.lines["purse"].where(~money.lines["payer"].isin(AGENCIES), money.lines["payer"])
    sums = money.lines.groupby(key, sort=True)["present_value"].sum()
    return {str(name): float(amount) for name, amount in sums.items()}


def value_model(
    lines: Sequence[BenefitLine],
    covariances: Iterable[FindingCovariance],
    money: Costs,
    options: ValueOptions,
) -> ValueModel:
    """Make the model of some lines of benefit against the costs, for all children together.

    Parameters
    ----------
    lines : sequence of BenefitLine
        Lines with an effect.
    covariances : iterable of FindingCovariance
        Between the effects; pairs that are not named count as uncorrelated.
    money : Costs
        The costs, a line for each purse, and the number of children over whom benefits are spread.
    options : ValueOptions
        How far costs may be out, and correlations between inputs.

    Returns
    -------
    ValueModel

    Raises
    ------
    OptionError
        When an effect has no interval, or correlations cannot hold together.
    """
    inputs: dict[str, Input] = {}
    made = []
    for line in lines:
        if line.effect is None:
            raise OptionError(f"The benefit of {line.option.measure} has no effect, so it cannot be drawn.")
        inputs.update((i.name, i) for i in _inputs(line, line.effect, money.currency) if i.name not in inputs)
    spread = Spread(1.0, options.costs_relative_sd)
    label = "Costs, as a share of what was recorded"
    inputs[COSTS] = Input(COSTS, label, spread, "cost lines", money.evidence, "times")
    names = list(inputs)
    for line in lines:
        at = tuple(names.index(n) for n in input_names(line))
        constant = line.direction * line.multiplier * money.children * (1.0 if at[3:] else line.factor)
        fading = line.fading if at[3:] else None
        name, off = line.option.measure, line.optimism
        made.append(Line(name, line.label, constant, at[:3], fading=fading, when=at[3:], optimism=off))
    # The mean of a normal cut at zero is a little above its centre: costs stay what was recorded.
    costs = [Line(k, k.replace("_", " "), v / spread.mean, (names.index(COSTS),)) for k, v in purses(money).items()]
    if money.usual_support_present_value:
        saved = -money.usual_support_present_value * money.children
        costs.append(Line(USUAL_SUPPORT, "usual support that comparison children had", saved, ()))
    correlation = _correlation(names, lines, covariances, options.correlations)
    return ValueModel(tuple(inputs.values()), tuple(made), tuple(costs), correlation)
