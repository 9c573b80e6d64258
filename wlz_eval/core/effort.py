"""How much computing a run may spend: one list for the plan, the notebooks, the command and the pages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

__all__ = ["EFFORTS", "EffortName"]

EffortName = Literal["draft", "quick", "full"]

#: What each effort means, as pages say it.
EFFORTS: Mapping[EffortName, str] = MappingProxyType(
    {
        "draft": "Draft: so few replicates that only the working of the report can be seen.",
        "quick": "Quick: fewer replicates than in a full run.",
        "full": "Full.",
    }
)
