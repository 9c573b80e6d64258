"""The checks for faults, one file a kind: each makes every comparison that it can, and gives all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from wlz_eval.measures.quality.checks.dates import date_clues
from wlz_eval.measures.quality.checks.drift import incident_clues, timing_clues
from wlz_eval.measures.quality.checks.duplicates import duplicate_clues
from wlz_eval.measures.quality.checks.forms import form_clues
from wlz_eval.measures.quality.checks.heaping import heaping_clues
from wlz_eval.measures.quality.checks.partners import partner_clues
from wlz_eval.measures.quality.checks.raters import rater_clues
from wlz_eval.measures.quality.checks.scale import scale_clues
from wlz_eval.measures.quality.checks.swapped import swap_clues
from wlz_eval.measures.quality.clues import Clue
from wlz_eval.measures.quality.held import Held

__all__ = ["CHECKS", "all_clues"]

#: Every check, in the order of the page.
CHECKS: Mapping[str, Callable[[Held], list[Clue]]] = MappingProxyType(
    {
        "swapped": swap_clues,
        "duplicates": duplicate_clues,
        "scale": scale_clues,
        "heaping": heaping_clues,
        "dates": date_clues,
        "partners": partner_clues,
        "raters": rater_clues,
        "forms": form_clues,
        "timing": timing_clues,
        "incidents": incident_clues,
    }
)


def all_clues(held: Held) -> list[Clue]:
    """Make every check at every place."""
    return [clue for check in CHECKS.values() for clue in check(held)]
