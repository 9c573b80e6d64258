"""What a plan may say about value."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wlz_eval.core.errors import OptionError
from wlz_eval.reference.money import BoundedShape, Distribution, UnitValue
from wlz_eval.value.spread import Spread

__all__ = ["BenefitOptions", "CorrelationOptions", "ScenarioOptions", "ValueOptions"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BenefitOptions(_Strict):
    """One line of benefit: an outcome of 04 and the unit value that turns it into money."""

    measure: str = Field(description="Outcome whose effect is valued")
    wave: Literal["midpoint", "endline", "followup"] = Field("endline", description="Wave of that effect")
    unit_value: str = Field(description="Row of data/reference/unit_values.csv that prices it")
    units_per_point: float | None = Field(
        None, ge=0, description="Units of the unit value for one point of the outcome, in the good direction; or link"
    )
    sd_units_per_point: float = Field(0.0, ge=0, description="Standard deviation of that number, for the Monte Carlo")
    link_distribution: Distribution = Field(
        "normal", description="Shape of what is not known about it; a normal is cut at zero"
    )
    link_low: float | None = Field(None, description="Lowest number, for triangular, uniform and beta")
    link_high: float | None = Field(None, description="Highest number, for triangular, uniform and beta")
    link: str = Field("", description="Row of data/reference/value_links.csv, in the place of units_per_point")
    source: str = Field("", description="Where the number comes from; 'illustrative' when it is an assumption")
    onset_year: int | None = Field(
        None, ge=0, description="Years from the end of the programme until the benefit starts; none: the unit value's"
    )
    duration_years: int | None = Field(None, ge=1, le=100, description="Years that it lasts; none: the unit value's")
    duration_low: float | None = Field(None, gt=0, description="Shortest that it may last, in years; none: it is known")
    duration_high: float | None = Field(None, le=100, description="Longest that it may last, in years")
    duration_distribution: BoundedShape = Field(
        "triangular", description="Shape between them; a triangular has its peak at duration_years"
    )
    decay: float | None = Field(
        None, ge=0, lt=1, description="Share lost each year after the first (fade-out); none: the unit value's"
    )
    decay_low: float | None = Field(None, ge=0, description="Least that may be lost each year; none: it is known")
    decay_high: float | None = Field(None, lt=1, description="Most that may be lost each year")
    decay_distribution: BoundedShape = Field(
        "triangular", description="Shape between them; a triangular has its peak at decay"
    )
    lasting_source: str = Field(
        "", description="Where duration and decay come from, if stated here; empty or 'illustrative' for an assumption"
    )
    confidence_grade: int | None = Field(
        None, ge=1, le=6,
        description="Confidence in the benefit, 1 best: takes off optimism bias; none: see optimism_bias"
    )
    deadweight: float = Field(
        0.0, ge=0, lt=1, description="Must stay 0: an effect against a comparison group is already net of it"
    )
    displacement: float = Field(0.0, ge=0, lt=1, description="Share of the benefit that others lose")
    leakage: float = Field(0.0, ge=0, lt=1, description="Share of it that goes to those outside the appraisal")
    substitution: float = Field(0.0, ge=0, lt=1, description="Share of it that replaces what was there already")
    cashable: float | None = Field(
        None, ge=0, le=1, description="Share of a fiscal benefit that a budget can give back; none: the unit value's"
    )
    cashable_source: str = Field("", description="Where that share comes from; 'illustrative' for an assumption")
    shares: dict[str, float] = Field(
        {}, description="Who gains which share of it, adding up to 1; empty: all to the unit value's beneficiary"
    )

    @model_validator(mode="after")
    def _links(self) -> BenefitOptions:
        if (self.units_per_point is None) == (not self.link):
            raise ValueError(
                f"the benefit of {self.measure} needs either units_per_point, with its source, or the name of a link"
            )
        if self.units_per_point is None:
            return self
        if not self.source.strip():
            raise ValueError(f"the benefit of {self.measure} needs a source; 'illustrative' for an assumption")
        try:
            Spread(self.units_per_point, self.sd_units_per_point, self.link_distribution, self.link_low, self.link_high)
        except OptionError as error:
            raise ValueError(f"units_per_point of {self.measure}: {error}") from None
        return self

    @model_validator(mode="after")
    def _ranges(self) -> BenefitOptions:
        for name, centre, low, high, shape in (
            ("duration", self.duration_years, self.duration_low, self.duration_high, self.duration_distribution),
            ("decay", self.decay, self.decay_low, self.decay_high, self.decay_distribution),
        ):
            if low is None and high is None:
                continue
            # Where the plan gives a range alone, its middle is the unit value's: checked with the cohort.
            try:
                Spread(math.nan if low is None else low if centre is None else centre, 0.0, shape, low, high)
            except OptionError as error:
                raise ValueError(f"{name} of the benefit of {self.measure}: {error}") from None
        return self

    @model_validator(mode="after")
    def _cashed(self) -> BenefitOptions:
        if self.cashable is not None and not self.cashable_source.strip():
            raise ValueError(
                f"the benefit of {self.measure} states a cashable share and not where it comes from. Give "
                "cashable_source; 'illustrative' for an assumption"
            )
        return self

    @model_validator(mode="after")
    def _no_deadweight(self) -> BenefitOptions:
        if self.deadweight:
            raise ValueError(
                f"the benefit of {self.measure} has a deadweight of {self.deadweight:g}, but its effect is measured "
                "against a comparison group and so is already net of what would have happened anyway. Set it to 0"
            )
        return self

    @model_validator(mode="after")
    def _whole(self) -> BenefitOptions:
        if self.shares and (min(self.shares.values()) < 0 or abs(sum(self.shares.values()) - 1) > 1e-6):
            raise ValueError(
                f"the shares of the benefit of {self.measure} add up to {sum(self.shares.values()):g}. "
                "Give every gainer a share from 0 to 1, adding up to 1"
            )
        return self


class CorrelationOptions(_Strict):
    """How two uncertain inputs go together, where it is known that they do."""

    between: tuple[str, str] = Field(description="Names of two inputs, as the account of assumptions gives them")
    correlation: float = Field(gt=-1, lt=1, description="Correlation between them, from -1 to 1")
    source: str = Field(min_length=1, description="Where it comes from; 'illustrative' when it is an assumption")


class ScenarioOptions(_Strict):
    """One scenario: which inputs take which values, and where the others stand in their ranges."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z ]*$", description="Name in reports, letters and spaces")
    meaning: str = Field(min_length=1, description="What it supposes, in plain words, and where that comes from")
    inputs: dict[str, float] = Field(
        default={}, description="Value of each input that it sets, by the input's name in the account of assumptions"
    )
    others: float | None = Field(
        default=None, gt=0, lt=1,
        description="Share of the way through their ranges at which all other inputs stand, from worst to best for net "
        "value; none: at their means",
    )


class ValueOptions(_Strict):
    """Costs and benefits."""

    price_year: int = Field(2023, ge=1990, le=2100, description="Prices in which everything is counted")
    schedule: str = Field("green_book", description="Discount schedule in data/reference/discount_rates.csv")
    health_schedule: str = Field("green_book_health", description="Discount schedule of QALYs and WELLBYs")
    benefits: tuple[BenefitOptions, ...] = Field((), description="Benefits that are valued; none where none is known")
    unit_values: tuple[UnitValue, ...] = Field((), description="Unit values of your own, beside the shipped ones")
    overlap: Literal["refuse", "count_first"] = Field(
        "refuse", description="Benefits that count the same money twice: an error, or only the first counts"
    )
    optimism_bias: bool = Field(
        True,
        description="Take off optimism bias where a benefit states no confidence_grade: by its unit value's grade, or "
        "that of an assumption where its link is one. The page shows the answer without it too",
    )
    household_income: float | None = Field(
        None, gt=0,
        description="Income of the families as a share of the median, to weigh what they gain; none: no weights"
    )
    income_elasticity: float = Field(
        1.3, ge=0, le=4, description="Elasticity of the marginal utility of income behind those weights"
    )
    usual_support: float = Field(
        0.0, ge=0, description="Cost a child a year of usual support that only comparison children had"
    )
    usual_support_price_year: int | None = Field(None, description="Price year of usual_support; none: price_year")
    usual_support_source: str = Field("", description="Where usual_support comes from; 'illustrative' when assumed")
    variable_categories: tuple[str, ...] = Field(
        ("partners", "sessions", "materials", "travel"),
        description="Categories of cost that grow with every further child; all others are fixed",
    )
    start_up_categories: tuple[str, ...] = Field(
        ("start_up", "set_up"), description="Categories of cost that are spent once, to begin"
    )
    payers: dict[str, str] = Field(
        {}, description="Payers of your own and their purses, beside data/reference/payers.csv"
    )
    raw_change: bool = Field(
        True, description="Show beside the result what the change before and after would have claimed; never added"
    )
    costs_relative_sd: float = Field(
        0.0, ge=0, lt=1,
        description="Standard deviation of all costs together, as a share of them; 0 where they are known"
    )
    correlations: tuple[CorrelationOptions, ...] = Field(
        (), description="Correlations between inputs; those between effects come from the estimates themselves"
    )
    scenarios: tuple[ScenarioOptions, ...] = Field(
        (), description="Scenarios of your own beside the base; none: all inputs at their worst, or best, tenth at once"
    )
    willingness_to_pay: tuple[float, float] | None = Field(
        None,
        description="Lowest and highest worth of one point of the primary outcome to ask about; none: from the costs"
    )
    draws: int = Field(10_000, ge=1_000, le=1_000_000, description="Monte Carlo draws at full effort")
    draws_quick: int = Field(2_000, ge=1_000, le=1_000_000, description="Monte Carlo draws at quick effort")

    @model_validator(mode="after")
    def _sourced(self) -> ValueOptions:
        if self.usual_support and not self.usual_support_source.strip():
            raise ValueError("usual_support needs usual_support_source; write 'illustrative' for an assumption")
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> ValueOptions:
        names = ["base", *(x.name.strip().lower() for x in self.scenarios)]
        twice = sorted({x for x in names if names.count(x) > 1})
        if twice:
            raise ValueError(f"scenarios: {', '.join(twice)} stands twice. The base is always shown; name others once")
        return self

    @model_validator(mode="after")
    def _worth_a_point(self) -> ValueOptions:
        if self.willingness_to_pay is not None and not 0 <= self.willingness_to_pay[0] < self.willingness_to_pay[1]:
            low, high = self.willingness_to_pay
            raise ValueError(
                f"willingness_to_pay runs from {low:g} to {high:g}. Give the lowest and highest worth of one point, "
                "from 0 upwards, the lowest first"
            )
        return self
