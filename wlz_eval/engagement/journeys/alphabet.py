"""The states that a child's journey is written in."""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["BOTH", "LABELS", "LEFT", "LIGHT", "LINK_WORKER", "NONE", "OUTSIDE", "PARTNER", "STATES"]

NONE, LIGHT, LINK_WORKER, PARTNER, BOTH, LEFT, OUTSIDE = range(7)

#: Name of each state, by its code.
STATES: tuple[str, ...] = ("none", "light", "link_worker", "partner", "both", "left", "outside")
#: Each state in words.
LABELS = MappingProxyType(
    {
        "none": "No contact",
        "light": "Light contact",
        "link_worker": "Link Worker engagement",
        "partner": "Partner support",
        "both": "Link Worker and partner",
        "left": "Left",
        "outside": "Not in the programme",
    }
)
