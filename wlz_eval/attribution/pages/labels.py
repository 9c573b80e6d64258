"""Short names for rows of tables and figures, once the full name has been given."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wlz_eval.attribution.attribution import Attribution

__all__ = ["in_short"]

_IN_BRACKETS = re.compile(r" \([^()]*\)$")


def in_short(result: Attribution, texts: Iterable[str]) -> list[str]:
    """Leave out what stands in brackets behind the name of an outcome, where the rest still names one outcome only.

    "Reading (Stanford Achievement Test), at the end" becomes "Reading, at the end". The measurement map gives the full
    names.
    """
    full = {row.label for row in result.map.tiers}
    short = {label: _IN_BRACKETS.sub("", label) for label in full}
    named = list(short.values())
    short = {label: name for label, name in short.items() if name and named.count(name) == 1 and name != label}

    def _one(text: str) -> str:
        for label in sorted(short, key=len, reverse=True):
            text = text.replace(label, short[label])
        return text

    return [_one(str(text)) for text in texts]
