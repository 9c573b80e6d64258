"""What a plan may say about attribution: how children were chosen, matched and compared."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from wlz_eval.attribution.capabilities import METHODS, OPTIONS, option_problems

__all__ = ["ComparisonType", "MatchingOptions", "OutcomeOptions", "SelectionOptions"]

#: Columns on which only children of one school can agree.
SCHOOL_COLUMNS: tuple[str, ...] = ("school_id",)
#: The methods of the capability table (a test compares them).
Method = Literal["nearest", "optimal", "full", "subclass", "cem", "exact", "cardinality", "ipw", "overlap", "entropy"]
ComparisonType = Literal["same_school", "other_school", "waiting", "historical", "declined", "national"]
#: A larger standardised difference cannot be adjusted away (What Works Clearinghouse 5.0), so no limit may lie beyond.
LARGEST_BALANCE_LIMIT = 0.25


def _refuse_yes_and_infinity(value: Any) -> Any:
    """YAML reads yes as True, which Python counts as 1; and .inf as a number, which is no limit at all."""
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        raise PydanticCustomError("number", "this must be a finite number")
    return value


Number = Annotated[float, BeforeValidator(_refuse_yes_and_infinity)]
Whole = Annotated[int, BeforeValidator(_refuse_yes_and_infinity)]


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
    method: Method = Field("nearest", description="How comparison children are found")
    distance: Literal["glm", "mahalanobis", "robust_mahalanobis", "scaled_euclidean", "euclidean"] = Field(
        "glm", description="Distance: glm for the propensity score, or one between the covariates themselves"
    )
    link: Literal["logit", "probit", "cloglog", "linear.logit", "linear.probit", "linear.cloglog"] = Field(
        "logit", description="Link of the propensity model; linear. matches on its linear predictor"
    )
    estimand: Literal["ATT", "ATO"] = Field(
        "ATT", description="ATT: effect on the children of the programme; ATO: on the overlap, for method overlap"
    )
    ratio: Whole = Field(1, ge=1, le=10, description="Comparison children for each programme child")
    replace: bool = Field(False, description="Whether a comparison child may serve twice")
    order: Literal["largest", "smallest", "closest", "farthest", "data", "random"] | None = Field(
        None, description="Who chooses first; the largest propensity when left out"
    )
    caliper: Number | dict[str, Number] | None = Field(
        0.2, description="Widest gap within a pair, on the distance or by column; null for none"
    )
    std_caliper: bool | dict[str, bool] = Field(True, description="Whether calipers are in SDs; by column if need be")
    exact: tuple[str, ...] = Field((), description="Columns on which a pair must agree exactly")
    antiexact: tuple[str, ...] = Field((), description="Columns on which a pair must differ")
    prefer: tuple[str, ...] = Field((), description="Columns on which pairs agree first, elsewhere if nobody is left")
    mahvars: tuple[str, ...] = Field((), description="Columns whose Mahalanobis distance finds the partner")
    discard: Literal["none", "treated", "control", "both"] = Field(
        "none", description="Whom to leave out for want of overlap"
    )
    reestimate: bool = Field(False, description="Whether the propensity is estimated again after discarding")
    reuse_max: Whole | None = Field(None, ge=1, description="How often a comparison child may serve")
    min_controls: Number | None = Field(None, gt=0, description="Fewest comparison children a programme child")
    max_controls: Number | None = Field(None, gt=0, description="Most comparison children a programme child")
    subclass: Whole = Field(6, ge=2, description="Number of classes, for method subclass")
    cutpoints: str | Whole | dict[str, str | Whole | list[Number]] = Field(
        "sturges", description="Bins of numbers, for method cem: a rule, how many, or the cut-points by column"
    )
    k2k: bool = Field(False, description="Whether cem pairs down its bins to equal numbers")
    omit_fraction: Number = Field(0.0, ge=0, lt=1, description="Largest share that full matching may leave out")
    tolerances: Number | dict[str, Number] = Field(
        0.05, description="Largest difference that method cardinality leaves, in SDs; by column if need be"
    )
    target: Literal["focal"] | None = Field(
        None, description="focal: the sample of method cardinality resembles all programme children; null: not asked"
    )
    fine: tuple[str, ...] = Field((), description="Columns whose shares method cardinality makes exactly the same")
    gap: Number = Field(0.005, ge=0, lt=1, description="Share by which method cardinality may miss a larger sample")
    node_limit: Whole = Field(1000, ge=1, description="Branches that method cardinality may search")
    time_limit: Number = Field(300.0, gt=0, description="Seconds that method cardinality may search, as a guard")
    trim: Number | None = Field(None, gt=0, description="A quantile to which higher weights come down, for weighting")
    moments: Whole = Field(1, ge=1, le=4, description="Moments that entropy balancing makes agree")
    missing: Literal["indicator", "drop", "raise"] = Field(
        "indicator", description="Missing covariates: filled and marked, or their children left out, or refused"
    )
    adjust: bool = Field(True, description="Whether the outcome model adjusts for the covariates")
    balance_limit: Number = Field(
        0.1, gt=0, le=LARGEST_BALANCE_LIMIT,
        description="Largest standardised mean difference that counts as balanced; at most 0.25",
    )

    @model_validator(mode="after")
    def _engine_accepts(self) -> Self:
        verb = "weight" if METHODS[self.method].kind == "weights" else "match"
        refused = [
            InitErrorDetails(
                # The words stand in the context: they may hold braces, which a template would read.
                type=PydanticCustomError("engine", "{why}", {"why": why}), loc=(option,), input=getattr(self, option)
            )
            for option, why in option_problems(self.engine_options(), verb)
        ]
        if refused:
            raise ValidationError.from_exception_data(type(self).__name__, refused)
        return self

    def named_columns(self) -> dict[str, tuple[str, ...]]:
        """Columns that options other than the formula name, by option."""
        limits = tuple(self.caliper) if isinstance(self.caliper, dict) else ()
        named = {name: getattr(self, name) for name in ("exact", "antiexact", "prefer", "mahvars", "fine")}
        return {**named, "caliper": tuple(name for name in limits if name != "distance")}

    def engine_options(self, comparison: str = "same_school") -> dict[str, Any]:
        """Options for the engine: those that the method knows, and those that the plan names all the same.

        Agreement on the school is asked for only among children of the same school: nobody else can agree.
        """
        known = METHODS[self.method].options
        engine = set(OPTIONS) & set(type(self).model_fields)
        asked = {name: getattr(self, name) for name in sorted(engine) if name in known | self.model_fields_set}
        if comparison != "same_school":
            for name in {"exact", "prefer"} & set(asked):
                asked[name] = tuple(column for column in asked[name] if column not in SCHOOL_COLUMNS)
        return asked


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
