"""What a plan may say about engagement."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["EngagementOptions"]


class EngagementOptions(BaseModel):
    """The engagement-outcome regression and what counts as high engagement."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exposure: str = Field(
        "hours",
        description=(
            "Dose of a child: hours (Link Worker and partners), link_worker_interactions, sessions_attended, "
            "attendance_rate or another of the suite's doses, or the name of an exposure in the exposures table"
        ),
    )
    together: tuple[str, ...] = Field(
        ("link_worker_hours", "sessions_attended", "attendance_rate"),
        description="Doses related to the main outcome at once; those that the tables do not hold are left out",
    )
    change_asked: float | None = Field(
        None,
        gt=0,
        description=(
            "Change of the main outcome, in its own units and the good direction, for which the dose is asked; a fifth "
            "and half a standard deviation when left out"
        ),
    )
    covariates: tuple[str, ...] = Field((), description="Baseline columns that the regression adjusts for")
    school_effects: Literal["cluster", "fixed", "random"] = Field(
        "cluster",
        description=(
            "How schools enter the regression: cluster (all children, intervals by school), fixed (children of the "
            "same school only), random (mixed model)"
        ),
    )
    high_attendance: float = Field(
        0.8, ge=0, le=1, description="Share of planned sessions that counts as high engagement"
    )
    high_interactions: int = Field(20, ge=0, description="Link Worker interactions that count as high engagement")
    attendance_aspiration: float = Field(
        0.96, ge=0, le=1,
        description="Share of planned sessions hoped for in the long run: the pilot's, like attendance at school",
    )
    journey_period: Literal["half_term", "month"] = Field(
        "half_term",
        description="Step of a journey: half_term (needs terms in cohort.yaml), or month since the child's own start",
    )
    journey_engagements: int = Field(
        2, ge=1, description="Link Worker engagements in one step that count as engaged, not as light contact"
    )
    journey_sessions: int = Field(
        3, ge=1, description="Partner sessions attended in one step that count as partner support"
    )
    journey_groups: int = Field(6, ge=2, le=10, description="Largest number of typical journeys looked for")
