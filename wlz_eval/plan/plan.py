"""The plan as the rest of the suite sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from wlz_eval.attribution.options import MatchingOptions, OutcomeOptions, SelectionOptions
from wlz_eval.core.errors import Problem
from wlz_eval.core.files import hash_json
from wlz_eval.core.result import Result
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures.options import IdentificationOptions, RiskRule
from wlz_eval.plan.disclosure import DisclosureOptions
from wlz_eval.plan.lock import PlanStatus
from wlz_eval.plan.model import PlanModel
from wlz_eval.plan.overrides import Departure, flatten
from wlz_eval.value.options import ValueOptions

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan(Result):
    """An analysis plan, validated, with its hash, its lock status and its departures.

    Parameters
    ----------
    model : PlanModel
        What is used: the plan with the overrides of this run.
    planned : PlanModel
        What the plan says.
    departures : tuple of Departure
        Where the two differ.
    warnings : tuple of Problem
        What a reader should know that does not stop the analysis.
    status : PlanStatus
        Whether the plan was locked, when, where it was registered, and what changed since.
    """

    model: PlanModel
    planned: PlanModel
    departures: tuple[Departure, ...] = ()
    warnings: tuple[Problem, ...] = ()
    status: PlanStatus = field(default_factory=PlanStatus)

    title = "Analysis plan"

    @property
    def selection(self) -> SelectionOptions:
        """How children were chosen."""
        return self.model.selection

    @property
    def risk(self) -> tuple[RiskRule, ...]:
        """Rules that put a child at risk."""
        return self.model.risk

    @property
    def identification(self) -> IdentificationOptions:
        """Whom rules would pick."""
        return self.model.identification

    @property
    def matching(self) -> MatchingOptions | None:
        """The primary matched design, or ``None``."""
        return self.model.matching

    @property
    def outcomes(self) -> tuple[OutcomeOptions, ...]:
        """The outcomes, in the plan's order."""
        return self.model.outcomes

    @property
    def primary(self) -> OutcomeOptions:
        """The one outcome that the evaluation stands on."""
        return next(o for o in self.model.outcomes if o.primary)

    @property
    def engagement(self) -> EngagementOptions:
        """Options of engagement and dose."""
        return self.model.engagement

    @property
    def value(self) -> ValueOptions:
        """Options of costs and benefits."""
        return self.model.value

    @property
    def disclosure(self) -> DisclosureOptions:
        """The public release rule."""
        return self.model.disclosure

    @property
    def seed(self) -> int:
        """Seed of every random step."""
        return self.model.seed

    @property
    def effort(self) -> str:
        """How many replicates when the run does not say: ``quick`` or ``full``."""
        return self.model.effort

    @property
    def registration(self) -> str:
        """Where the plan was registered: as the lock says, else as the plan says; empty if nowhere."""
        return self.status.registered or self.model.registration

    @property
    def plan_hash(self) -> str:
        """SHA-256 of what is used, whatever the order of keys, the comments and the spelt-out defaults."""
        return hash_json(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Return what is used as a plain mapping, every default spelt out."""
        return self.model.model_dump(mode="json")

    def table(self) -> pd.DataFrame:
        """Every key with what was planned and what is used.

        Returns
        -------
        DataFrame
            ``key``, ``planned``, ``used``, ``departure``.
        """
        planned, used = flatten(self.planned.model_dump(mode="json")), flatten(self.as_dict())
        changed = {d.key for d in self.departures}
        rows = [(k, planned.get(k), used.get(k), k in changed) for k in {**planned, **used}]
        return pd.DataFrame(rows, columns=["key", "planned", "used", "departure"])
