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
        rows = table[table[column].notna()]
        families = {name: held.cohort.measure(name).family or name for name in rows["measure"].unique()}
        family = rows["measure"].map(families)
        common = rows.groupby("measure")[column].agg(lambda words: words.value_counts().index[0])
        other = rows[column] != rows["measure"].map(common)
        names = rows["measure"].groupby(family).unique().map(lambda found: " ".join(sorted(found)))
        by_child = other.groupby([family, rows["wave"], rows["school_id"], rows["child"]]).max()
        counts = by_child.groupby(level=[0, 1, 2]).agg(["sum", "size"])
        clues += [
            Clue(
                kind="mixed_forms", table="measures", school=school, wave=wave, measure=names[name],
                p=more_than_stray(odd, size), size=size, affected=odd,
                because=f"another {column} was used than elsewhere",
            )
            for (name, wave, school), odd, size in zip(
                counts.index, counts["sum"].tolist(), counts["size"].tolist(), strict=True
            )
            if size >= FEWEST
        ]
    return clues
