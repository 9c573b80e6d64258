"""How children were chosen, as the plan says and as the data bear out."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from wlz_eval.attribution.options import SelectionOptions

__all__ = ["SelectionVerdict", "selection_verdict"]

#: More than this share of programme children whom the rules do not identify contradicts selection by rules.
CONTRADICTING_SHARE = 0.05


@dataclass(frozen=True, kw_only=True)
class SelectionVerdict:
    """What decided who was on the programme.

    Parameters
    ----------
    basis : str
        ``rules``, ``judgement``, ``mixed`` or ``unknown``: the plan's word unless the data contradict it.
    declared : str
        The plan's word.
    contradicted : bool
        Whether the data contradict the plan.
    outside_rules, known : int
        Programme children whom the rules do not identify, of those for whom that is known.
    reason : str
        One plain sentence; counts are in the fields above.
    """

    basis: str
    declared: str
    contradicted: bool
    outside_rules: int
    known: int
    reason: str

    @property
    def by_rules(self) -> bool:
        """Whether measured need alone decided, as far as can be known."""
        return self.basis == "rules"


_REASONS = {
    "rules": "Children were chosen by rules on measures that are in the data",
    "judgement": "Children were chosen by adults' judgement, which the data do not hold",
    "mixed": "Children were chosen partly by adults' judgement, which the data do not hold",
    "unknown": "It is not known how children were chosen",
}


def selection_verdict(data: pd.DataFrame, selection: SelectionOptions) -> SelectionVerdict:
    """Judge how children were chosen.

    The plan may say `rules`; if more than one programme child in twenty was not identified by the rules, an
    adult must have chosen that child, and the verdict is `judgement` whatever the plan says.

    Parameters
    ----------
    data : DataFrame
        Analysis frame: ``programme`` and, where held, ``identified`` as 0/1.
    selection : SelectionOptions
    """
    known = outside = 0
    if "identified" in data.columns:
        flags = data.loc[data["programme"] == 1, "identified"].dropna()
        known, outside = len(flags), int((flags == 0).sum())
    contradicted = selection.basis == "rules" and known > 0 and outside > CONTRADICTING_SHARE * known
    basis = "judgement" if contradicted else selection.basis
    reason = _REASONS[basis]
    if contradicted:
        reason = (
            "The plan says that rules chose the children, but the rules do not identify some who took part"
        )
    elif basis == "rules" and not known:
        reason += "; the data do not hold who the rules identified, so this could not be checked"
    return SelectionVerdict(
        basis=basis,
        declared=selection.basis,
        contradicted=contradicted,
        outside_rules=outside,
        known=known,
        reason=reason + ".",
    )
