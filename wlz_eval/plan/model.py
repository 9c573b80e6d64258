"""The analysis plan: every key, its default and what it means."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wlz_eval.attribution.options import MatchingOptions, OutcomeOptions, SelectionOptions
from wlz_eval.core.effort import EffortName
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures.options import IdentificationOptions, RiskRule
from wlz_eval.plan.disclosure import DisclosureOptions
from wlz_eval.value.options import ValueOptions

__all__ = ["PlanModel"]


class PlanModel(BaseModel):
    """The contents of ``plan.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = Field(1, description="Version of the plan's format")
    selection: SelectionOptions = Field(
        default_factory=lambda: SelectionOptions.model_validate({}), description="How children were chosen"
    )
    risk: tuple[RiskRule, ...] = Field((), description="Rules that put a child at risk in an area")
    identification: IdentificationOptions = Field(
        default_factory=lambda: IdentificationOptions.model_validate({}), description="Whom rules would pick"
    )
    matching: MatchingOptions | None = Field(
        None, description="The primary matched design; null without comparison children"
    )
    outcomes: tuple[OutcomeOptions, ...] = Field(min_length=1, description="Outcomes, one of them primary")
    engagement: EngagementOptions = Field(
        default_factory=lambda: EngagementOptions.model_validate({}), description="Engagement and dose"
    )
    value: ValueOptions = Field(
        default_factory=lambda: ValueOptions.model_validate({}), description="Costs and benefits"
    )
    disclosure: DisclosureOptions = Field(
        default_factory=lambda: DisclosureOptions.model_validate({}), description="Public release rule"
    )
    extra_columns: tuple[str, ...] = Field(
        (),
        description="Columns outside the schema to load, as table.column; never names or postcodes",
    )
    effort: EffortName = Field(
        "full", description="How many replicates when the run does not say"
    )
    seed: int = Field(2024, ge=0, description="Seed of every random step")
    funder: str = Field("", description="Who paid for the evaluation, as the report says it")
    evaluator: str = Field("", description="Who made the evaluation, and how they stand to the programme")
    registration: str = Field(
        "", description="Where the plan was registered before outcomes arrived; empty if nowhere"
    )

    @model_validator(mode="after")
    def _one_primary(self) -> PlanModel:
        primary = [o.measure for o in self.outcomes if o.primary]
        if len(primary) != 1:
            raise ValueError(
                f"outcomes: exactly one outcome must have 'primary: true', found {len(primary)}"
                + (f" ({', '.join(primary)})" if primary else "")
            )
        return self
