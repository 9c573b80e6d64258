"""Forms or informants mixed: children whose reading is on another form, or by another informant, than usual."""

from __future__ import annotations

from wlz_eval.measures.quality.clues import Clue, more_than_stray
from wlz_eval.measures.quality.held import FEWEST, Held

__all__ = ["form_clues"]


def form_clues(held: Held) -> list[Clue]:
    """Ask of each school, measure and wave whether children were read on another form or by another informant.

    Each wave is compared with the form that is commonest for the measure over all waves and schools. Slips may touch a
    fifth of the children. Subscales of one questionnaire are looked at together: one sheet of paper is one event.
    """
    table = held.readings
    clues: list[Clue] = []
    for column in ("form", "informant"):
        if column not in table:
            continue
        known, other = table[column].notna().to_numpy(), held.unusual(column)
        families: dict[str, list[str]] = {}
        for name in sorted(table["measure"][known].unique()):
            families.setdefault(held.cohort.measure(name).family or name, []).append(name)
        child = table["child"].to_numpy()
        for _, measures in sorted(families.items()):
            own = known & table["measure"].isin(measures).to_numpy()
            for wave in table["wave"].cat.categories:
                here = own & (table["wave"] == wave).to_numpy()
                found = held.by_school(held.any_of(child[here]), held.any_of(child[here & other]), FEWEST)
                clues += [
                    Clue(
                        kind="mixed_forms", table="measures", school=school, wave=wave, measure=" ".join(measures),
                        p=more_than_stray(odd, size), size=size, affected=odd,
                        because=f"another {column} was used than elsewhere",
                    )
                    for school, size, odd in found
                ]
    return clues
