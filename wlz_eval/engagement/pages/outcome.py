"""One outcome of the plan and its slope on dose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wlz_eval.engagement.regress import EngagementSlope
from wlz_eval.reference.measures import Measure

__all__ = ["Outcome", "OutcomeSlope"]


class Outcome(Protocol):
    """What engagement reads of an outcome that the plan names."""

    @property
    def measure(self) -> str: ...  # noqa: D102

    @property
    def wave(self) -> str: ...  # noqa: D102

    @property
    def primary(self) -> bool: ...  # noqa: D102

    @property
    def better(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True)
class OutcomeSlope:
    """The slope of one outcome of the plan.

    Parameters
    ----------
    measure : Measure
        What was measured.
    wave : str
        When.
    primary : bool
        Whether the plan names it as the primary outcome.
    better : str
        ``higher``, ``lower`` or ``unclear``.
    slope : EngagementSlope
        The association of the outcome with dose.
    """

    measure: Measure
    wave: str
    primary: bool
    better: str
    slope: EngagementSlope

    @property
    def column(self) -> str:
        """Column of the outcome in the analysis frame."""
        return f"{self.measure.name}_{self.wave}"

    @property
    def baseline(self) -> str:
        """Column of its baseline, which the frame may lack."""
        return f"{self.measure.name}_baseline"

    @property
    def finding_id(self) -> str:
        """Id under which the slope is recorded."""
        return f"engagement.slope.{self.measure.name}.{self.wave}"
