"""How results of sensitivity analyses become findings: they describe a result, and never claim an effect."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from wlz_eval.core.finding import Finding, Unit

__all__ = ["describe_findings"]


def describe_findings(
    prefix: str, rows: Iterable[tuple[str, str, float, Unit]], about: dict[str, Any], **common: Any
) -> tuple[Finding, ...]:
    """Make one finding of each row.

    Parameters
    ----------
    prefix : str
        Start of the finding ids, such as ``attribution.sensitivity.english.endline``.
    rows : iterable of (name, quantity, estimate, unit)
        The name ends the id; an infinite estimate becomes missing, since no page can print it.
    about : dict
        What the caller knows: ``outcome``, ``wave``, ``comparator``, ``tier``, ``primary``.
    **common
        Fields alike in all of them: ``method``, ``n_programme``, ``note`` and so on.
    """
    fields = {"group": "programme", **common, **about}
    return tuple(
        Finding(
            finding_id=f"{prefix}.{name}",
            quantity=quantity,
            estimate=float(estimate) if math.isfinite(estimate) else math.nan,
            unit=unit,
            claim="description",
            **fields,
        )
        for name, quantity, estimate, unit in rows
    )
