"""What a plan may say about attribution: how children were chosen, matched and compared."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ComparisonType", "MatchingOptions", "OutcomeOptions", "SelectionOptions"]

ComparisonType = Literal["same_school", "other_school", "waiting", "historical", "declined", "national"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SelectionOptions(_Strict):
    """How children came to be on the programme: what decides whether 'caused' may be said."""

    basis: Literal["rules", "judgement", "mixed", "unknown"] = Field(
        "unknown",
        description="rules: only on measures that stand in the tables; judgement: on what adults saw; mixed; unknown",
    )
    description: str = Field("", description="One sentence on how children were chosen")


class MatchingOptions(_Strict):
    """The primary matched design."""

    formula: str = Field(
        description="Who is compared on what: 'programme ~ covariate + covariate', baseline columns only"
    )
    comparison: ComparisonType = Field("other_school", description="Comparison children of the headline")
    method: Literal["nearest"] = Field("nearest", description="Matching method")
    distance: Literal["glm"] = Field("glm", description="Distance: propensity by a generalised linear model")
    link: Literal["logit", "linear.logit"] = Field("logit", description="Link of the propensity model")
    estimand: Literal["ATT"] = Field("ATT", description="Effect on the children of the programme")
    ratio: int = Field(1, ge=1, le=10, description="Comparison children for each programme child")
    replace: bool = Field(False, description="Whether a comparison child may serve twice")
    order: Literal["largest", "smallest", "data", "random"] = Field("largest", description="Who chooses first")
    caliper: float | None = Field(0.2, gt=0, description="Widest distance within a pair; null for none")
    std_caliper: bool = Field(True, description="Whether the caliper is in SDs of the distance")
    exact: tuple[str, ...] = Field((), description="Columns on which a pair must agree exactly")
    adjust: bool = Field(True, description="Whether the outcome model adjusts for the covariates")
    balance_limit: float = Field(0.1, gt=0, description="Largest standardised mean difference that counts as balanced")


class OutcomeOptions(_Strict):
    """One outcome that the plan names."""

    measure: str = Field(description="Name of the measure")
    wave: Literal["midpoint", "endline", "followup"] = Field("endline", description="Wave at which it is judged")
    primary: bool = Field(False, description="The one outcome that the evaluation stands on")
    better: Literal["higher", "lower", "unclear"] | None = Field(
        None, description="Which direction is good; the measure's own direction when left out"
    )
    informant: Literal["teacher", "parent", "self", "admin"] | None = Field(
        None, description="Whose rating counts, where several are held"
    )
