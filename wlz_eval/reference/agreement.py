"""Words for Cohen's kappa, by a convention of the literature."""

from __future__ import annotations

import functools

from pydantic import Field

from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["AgreementWord", "agreement_word", "agreement_words"]


class AgreementWord(ReferenceRow):
    """What agreement from a certain kappa upwards is called."""

    at_least: float = Field(ge=-1, le=1, description="Lowest kappa, to two places, that is called so")
    words: str
    source: str
    date: str
    confirmed: bool


@functools.cache
def agreement_words() -> tuple[AgreementWord, ...]:
    """Read ``data/reference/agreement_words.csv``, lowest first."""
    return tuple(sorted(read_rows("agreement_words.csv", AgreementWord), key=lambda row: row.at_least))


def agreement_word(kappa: float) -> str:
    """Say in plain words how good an agreement is; the bands are a convention and no test.

    Examples
    --------
    >>> agreement_word(0.20), agreement_word(0.405), agreement_word(-0.3)
    ('hardly better than chance', 'moderate', 'no better than chance')
    """
    # The bands are printed to two places, so kappa is read as it is printed.
    shown = int(abs(kappa) * 100 + 0.5 + 1e-9) / 100 * (1 if kappa >= 0 else -1)
    return [row.words for row in agreement_words() if row.at_least <= shown][-1]
