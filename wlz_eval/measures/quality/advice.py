"""What to do about it: each recommendation with how many more children could be analysed."""

from __future__ import annotations

import pandas as pd

from wlz_eval.measures.quality.checks.partners import partner_return
from wlz_eval.measures.quality.checks.raters import knew_share
from wlz_eval.measures.quality.clues import KINDS
from wlz_eval.measures.quality.held import Held

__all__ = ["recommendations"]

#: What to do about a suspected fault, and what that gains.
MENDING: dict[str, tuple[str, str]] = {
    "swapped_waves": (
        "Ask the school which file holds which time, and exchange them",
        "their changes point the right way",
    ),
    "duplicates": ("Ask the school whether two ids are one child, and keep one", "nobody counts twice"),
    "changed_scale": (
        "Ask the school which test it used, and turn its scores into the usual scale",
        "their scores compare",
    ),
    "heaping": ("Ask for the answers behind rounded scores, and score them here", "small changes are seen"),
    "shifted_dates": (
        "Ask for the true dates: a spreadsheet may count days from another year",
        "their readings are in time",
    ),
    "silent_partner": (
        "Ask the partner for its forms, and agree a day by which they come",
        "their support can be described",
    ),
    "raters": ("Ask a colleague who does not know who takes part to rate again", "their ratings can be believed"),
    "mixed_forms": (
        "Use one form and one informant throughout; leave the others out of changes",
        "their changes mean something",
    ),
    "counted_then_timed": (
        "Count contacts rather than minutes, or fill in the early minutes",
        "engagement compares over time",
    ),
    "incident_policy": (
        "Ask when the behaviour policy changed, and compare within one policy",
        "incidents compare over time",
    ),
}

#: Columns without which a check cannot be made: table, column, what to do, and what it gains.
WISHED = (
    ("measures", "date", "Record the day on which each reading was taken", "late and exchanged readings can be found"),
    ("measures", "informant", "Record who answered each form", "answers of different people are kept apart"),
    ("measures", "rater_id", "Record who rated, under a pseudonym", "one rater unlike the rest can be found"),
    ("measures", "rater_knew", "Record whether the rater knew who takes part", "ratings can be judged by it"),
    ("children", "birth_month", "Record the month of birth", "a child under two ids can be found"),
)


def recommendations(
    held: Held, complete: pd.DataFrame, suspected: pd.DataFrame, measure: str, wave: str
) -> pd.DataFrame:
    """List what to do, those that gain most children first.

    Parameters
    ----------
    held : Held
        The cohort.
    complete : DataFrame
        Completeness by measure and wave.
    suspected : DataFrame
        Suspected faults.
    measure, wave : str
        The primary outcome.

    Returns
    -------
    DataFrame
        ``do``, ``gain`` in words, and ``children``: how many more could be analysed or would be right; NaN where the
        gain is not a number of children.
    """
    rows = [*_mending(suspected), *_missing(held, complete, measure, wave), *_comparable(held, complete)]
    rows += [*_partners(held), *_raters(held)]
    found = pd.DataFrame(rows, columns=["do", "gain", "children"])
    found = found[found["children"].isna() | (found["children"] > 0)]
    wished = pd.DataFrame(_wished(held), columns=["do", "gain", "children"])
    ranked = found.sort_values("children", ascending=False, kind="stable")
    return pd.concat([ranked, wished], ignore_index=True) if len(wished) else ranked.reset_index(drop=True)


def _mending(suspected: pd.DataFrame) -> list[tuple[str, str, float]]:
    by_kind = suspected.groupby("kind", sort=False)["affected"].sum()
    return [(*MENDING[kind], float(by_kind[kind])) for kind in KINDS if kind in by_kind]


def _missing(held: Held, complete: pd.DataFrame, measure: str, wave: str) -> list[tuple[str, str, float]]:
    label = held.cohort.measure(measure).label
    ask = "Too late to ask schools for" if held.cohort.meta.closed else "Ask schools for"
    rows = complete[(complete["measure"] == measure) & complete["wave"].isin(["baseline", wave])]
    out = []
    for row in rows.itertuples():
        for group in ("programme", "comparison"):
            missing = float(getattr(row, f"{group}_missing"))
            out.append(
                (
                    f"{ask} {label} {row.when}, of {group} children without it",
                    "the primary outcome is known",
                    missing,
                )
            )
    return [row for row in out if row[2] > 0]


def _comparable(held: Held, complete: pd.DataFrame) -> list[tuple[str, str, float]]:
    alone = complete[(complete["held_for"] == "programme only") & (complete["wave"] != "midpoint")]
    labels = list(dict.fromkeys(alone["label"]))
    pool = float((~held.programme).sum())
    if not labels or not pool:
        return []
    shown = labels[0] if len(labels) == 1 else f"{labels[0]} and the like"
    return [
        (f"Measure {shown} for comparison children too, at both ends", "the outcome can be compared", pool)
    ]


def _partners(held: Held) -> list[tuple[str, str, float]]:
    table = partner_return(held)
    missing = float((table["main"] - table["returned_main"]).sum()) if table["returned"].sum() else 0.0
    return [("Ask partners for the forms of children who have none", "their progress there is known", missing)]


def _raters(held: Held) -> list[tuple[str, str, float]]:
    knew = knew_share(held)
    most = float(knew["knew"].max()) if len(knew) else 0.0
    return [("Let someone who does not know who takes part rate", "a change cannot be the rater's hope", most)]


def _wished(held: Held) -> list[tuple[str, str, float]]:
    out = []
    for table, column, do, gain in WISHED:
        rows = held.cohort[table]
        people = table != "measures" or column in ("date", "informant") or bool(
            "informant" in rows and (rows["informant"] != "admin").any()
        )
        if people and (column not in rows or rows[column].isna().all()):
            out.append((do, gain, float("nan")))
    return out
