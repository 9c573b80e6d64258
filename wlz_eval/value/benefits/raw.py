"""What the change before and after would have claimed: shown beside the result, and never added to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.value.benefits.check import check_benefits
from wlz_eval.value.benefits.line import BenefitLine
from wlz_eval.value.benefits.lines import make_line
from wlz_eval.value.benefits.overlap import check_overlap
from wlz_eval.value.options import ValueOptions

__all__ = ["RawChange", "raw_change", "raw_change_lines"]

REASON = "What children's change before and after would have claimed. It is no effect, and is added to nothing."
_NET = {"confidence_grade": None, "displacement": 0.0, "leakage": 0.0, "substitution": 0.0}


def raw_change_lines(
    cohort: Cohort,
    options: ValueOptions,
    changes: Iterable[Finding],
    years: int,
    better: Mapping[str, str] | None = None,
) -> tuple[BenefitLine, ...]:
    """Make the lines of benefit that the change before and after would have claimed.

    Such a claim takes nothing off: no comparison, no additionality, no optimism bias, no weights. Its lines have the
    use ``raw_change``, so that no appraisal counts them, and their amounts are called a projection.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    options : ValueOptions
        Benefits of the plan; nothing is made where ``raw_change`` is off.
    changes : iterable of Finding
        Findings of page 3; those with id ``progress.change.<measure>.<wave>`` are used.
    years : int
        Length of the programme in years.
    better : mapping of str to str, optional
        Direction of an outcome where the plan overrides the measure's own.

    Returns
    -------
    tuple of BenefitLine
        One a benefit of the plan whose outcome has a change and which no earlier one overlaps.

    Raises
    ------
    OptionError
        As :func:`benefits` does.
    """
    if not options.raw_change:
        return ()
    check_benefits(cohort, options, better)
    left_out = check_overlap(options.benefits, options.overlap, options.unit_values)
    by_id = {f.finding_id: f for f in changes}
    plain = options.model_copy(update={"optimism_bias": False, "household_income": None})
    lines = []
    for i, benefit in enumerate(options.benefits):
        change = by_id.get(f"progress.change.{benefit.measure}.{benefit.wave}")
        if i in left_out or change is None or not math.isfinite(change.estimate):
            continue
        claimed = replace(change, claim="projection", evidence="illustrative", tier="", note=REASON)
        gross = benefit.model_copy(update=_NET)
        lines.append(make_line(cohort, plain, gross, years, better, "raw_change", REASON, claimed))
    return tuple(lines)


@dataclass(frozen=True, repr=False)
class RawChange(Result):
    """What the change before and after would have claimed, beside what the comparison shows.

    Parameters
    ----------
    lines : tuple of BenefitLine
        Lines of the change.
    shown : tuple of BenefitLine
        Lines of the plan with their effects, in the use that they have.
    price_year : int
        Year in whose prices everything is counted.
    currency : str
        ISO code.
    """

    lines: tuple[BenefitLine, ...]
    shown: tuple[BenefitLine, ...]
    price_year: int
    currency: str

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line with currency and price year."""
        return f"What the raw change would have claimed, in {self.currency}, {self.price_year} prices (never counted)"

    def table(self) -> pd.DataFrame:
        """One row a benefit: change and effect, and what each comes to.

        Returns
        -------
        DataFrame
            ``outcome``, ``wave``, ``unit`` (of change and effect), ``change``, ``change_low``, ``change_high``,
            ``effect`` (``nan`` where none may be used), ``claimed`` (money a child from the change), ``from_effect``
            (expected money a child from the effect), ``illusion`` (the first less the second), ``used`` (what the
            effect is used for), ``n``, ``price_year``, ``label``.
        """
        effects = {(x.option.measure, x.option.wave, x.unit.name): x for x in self.shown if x.use != "excluded"}
        rows = []
        for line in self.lines:
            change = line.effect
            assert change is not None
            other = effects.get((line.option.measure, line.option.wave, line.unit.name))
            effect = other.effect.estimate if other is not None and other.effect is not None else math.nan
            worth = other.mean if other is not None else math.nan
            rows.append(
                (
                    line.label, line.option.wave, change.unit, change.estimate, change.ci_low, change.ci_high, effect,
                    line.mean, worth, line.mean - worth, other.use if other is not None else "none",
                    change.n_programme, self.price_year, "raw change: not an effect",
                )
            )
        columns = ["outcome", "wave", "unit", "change", "change_low", "change_high", "effect", "claimed", "from_effect"]
        columns += ["illusion", "used", "n", "price_year", "label"]
        return pd.DataFrame(rows, columns=columns)

    def plot(self) -> object:
        """Draw what each change would have claimed, a child."""
        from wlz_eval.value.figures import draw_amounts

        table = self.table()
        title = f"{self.currency} a child, {self.price_year} prices, if change before to after were the effect"
        return draw_amounts(pd.DataFrame({"group": table["outcome"], "per_child": table["claimed"], "title": title}))

    def findings(self) -> list[Finding]:
        """Return what the changes would have claimed a child, each and together, as projections."""
        found = [self._finding(f"{x.option.measure}.{x.option.wave}.{x.unit.name}", x.mean, x) for x in self.lines]
        if self.lines:
            fewest = min(self.lines, key=lambda x: (x.effect.n_programme or 0) if x.effect else 0)
            found.append(self._finding("total", sum(x.mean for x in self.lines), fewest))
        return found

    def _finding(self, name: str, amount: float, line: BenefitLine) -> Finding:
        change = line.effect
        return Finding(
            finding_id=f"value.raw_change.{name}", quantity="raw_change_claim_per_child", estimate=amount, unit="money",
            claim="projection", n_programme=change.n_programme if change is not None else None,
            price_year=self.price_year, currency=self.currency, perspective="society", evidence="illustrative",
            method="change before to after, times link, price and years; nothing taken off", note=REASON,
        )


def raw_change(
    cohort: Cohort,
    options: ValueOptions,
    changes: Iterable[Finding],
    shown: Iterable[BenefitLine],
    years: int,
    better: Mapping[str, str] | None = None,
) -> RawChange:
    """Set what the change before and after would have claimed beside what the comparison shows.

    Parameters
    ----------
    cohort, options, changes, years, better
        As for :func:`raw_change_lines`.
    shown : iterable of BenefitLine
        Lines that :func:`benefits` made.
    """
    lines = raw_change_lines(cohort, options, changes, years, better)
    return RawChange(lines, tuple(shown), options.price_year, cohort.currency)
