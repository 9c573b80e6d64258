"""What comes back to each public purse, and how much of that can be cashed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from wlz_eval.value.appraisal.npv import Amounts, Appraisal
from wlz_eval.value.appraisal.perspectives import perspectives
from wlz_eval.value.benefits import BenefitLine

__all__ = ["SPENT", "UNKNOWN", "cashed_words", "fiscal_rows"]

#: What is said of a saving of which nobody knows how much can be cashed.
UNKNOWN = "cashable share not known: upper limit if all of it could be cashed"
#: A fiscal return is said for this much money spent.
SPENT = 1_000.0


def cashed_words(lines: Sequence[BenefitLine]) -> str:
    """Say whether what these fiscal benefits save can be cashed, and where that comes from."""
    if any(x.cashable is None for x in lines):
        return UNKNOWN
    return "cashable part only; share: " + ", ".join(dict.fromkeys(x.cashable_source for x in lines))


def _counted(part: Appraisal, seen: Amounts, shares: np.ndarray) -> Amounts:
    """Amounts with each benefit at what can be cashed of it."""
    return Amounts(
        seen.name, seen.label, float(part.means @ shares), seen.cost, part.draws @ shares, seen.cost_draws
    )


def fiscal_rows(part: Appraisal | None, title: str) -> pd.DataFrame:
    """One row a public purse that a fiscal benefit reaches or that pays: cost, saving and what comes back.

    Where the cashable share of every benefit that reaches a purse is known, only that part counts; where it is not, all
    of the saving counts, and the row says that this is an upper limit.

    Returns
    -------
    DataFrame
        ``purse``, ``cost`` and ``saving`` (a child), ``low``, ``high`` (of the saving), ``back`` (for each thousand
        spent; ``nan`` where the purse spends nothing), ``back_low``, ``back_high``, ``cashed`` (words), ``children``,
        ``title``.
    """
    columns = ["purse", "cost", "saving", "low", "high", "back", "back_low", "back_high", "cashed", "children", "title"]
    rows: list[tuple[object, ...]] = []
    views = [] if part is None else perspectives(part.lines, part.payers)[1:-1]
    for view in views:
        assert part is not None
        reaching = [x for x, share in zip(part.lines, view.benefits, strict=True) if share]
        if not reaching and not view.costs.any():
            continue
        known = all(x.cashable is not None for x in reaching)
        cashed = np.array([float(x.cashable or 0.0) if known else 1.0 for x in part.lines])
        seen = _counted(part, part.seen_by(view), view.benefits * cashed)
        n, (low, high), (least, most) = part.children, seen.interval("benefit"), seen.interval("ratio")
        pays = seen.cost > 0
        back = [SPENT * x if pays else math.nan for x in (seen.ratio, least, most)]
        words = cashed_words(reaching) if reaching else "no fiscal benefit reaches it"
        rows.append((seen.label, seen.cost / n, seen.benefit / n, low / n, high / n, *back, words, n, title))
    return pd.DataFrame(rows, columns=columns)
