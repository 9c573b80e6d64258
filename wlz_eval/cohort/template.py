"""Text of what a new cohort folder begins with: cohort.yaml, header-only tables, a worked example."""

from __future__ import annotations

import json

from wlz_eval.cohort.derived import DERIVED
from wlz_eval.cohort.model import CohortMeta
from wlz_eval.cohort.tables import TABLES

__all__ = ["EXAMPLE_TABLES", "EXAMPLE_YEAR", "cohort_yaml", "header"]

#: Year of the dates that stand there to be changed.
EXAMPLE_YEAR = 2022


def header(table: str) -> str:
    """Return the header line of a table."""
    return ",".join(TABLES[table].names) + "\n"


def _about(key: str) -> str:
    return CohortMeta.model_fields[key].description or key


def cohort_yaml(
    cohort_id: str,
    *,
    title: str = "",
    provenance: str = "real",
    source: str = "",
    wave_names: tuple[str, ...] = (),
    year: int = EXAMPLE_YEAR,
) -> str:
    """Write a commented ``cohort.yaml`` with example dates, to be changed by its owner.

    Parameters
    ----------
    cohort_id : str
        Name of the folder.
    title, provenance, source : str
        What is known already.
    wave_names : tuple of str
        Waves that the measures hold; baseline and endline when not known.
    year : int
        Year in which the programme began, which the example dates follow.
    """
    dates = {
        "pre_baseline": (f"{year}-01-10", f"{year}-02-10"),
        "baseline": (f"{year}-06-01", f"{year}-07-20"),
        "midpoint": (f"{year + 1}-06-01", f"{year + 1}-07-20"),
        "endline": (f"{year + 2}-06-01", f"{year + 2}-07-20"),
        "followup": (f"{year + 3}-06-01", f"{year + 3}-07-20"),
    }
    waves = "\n".join(
        f"  {wave}: {{start: {dates[wave][0]}, end: {dates[wave][1]}}}"
        for wave in dates
        if wave in (wave_names or ("baseline", "endline"))
    )
    return f"""\
# What this cohort is. Change what stands after each colon; the dates are examples.
# Then: wlz-eval check {cohort_id}

# {_about("schema_version")}
schema_version: 1

# {_about("id")}
id: {cohort_id}

# {_about("title")}
title: {json.dumps(title or "Title of the cohort", ensure_ascii=False)}

# {_about("provenance")}
provenance: {provenance}

# {_about("licence")}
licence: Not for onward sharing

# {_about("source")}
source: {json.dumps(source or "Schools' and Link Workers' records", ensure_ascii=False)}

# {_about("about")}
about: ""

# {_about("closed")}
closed: false

# {_about("currency")}
currency: GBP

# {_about("programme")}
programme: {{start: {year}-09-01, end: {year + 2}-07-20}}

# {_about("terms")}
terms:
  - {{name: Autumn {year}, start: {year}-09-01, end: {year}-12-16}}

# {_about("waves")}
# Waves: {", ".join(dates)}
waves:
{waves}

# {_about("measures")}
# The registry is data/reference/measures.csv. For another measure, remove the signs in front of these lines.
# measures:
#   - name: reading_age
#     label: Reading age
#     area: english
#     unit: years
#     better: higher
#     low: 4
#     high: 18
#     family: attainment
#     source: Test of the school

# {_about("derived")}
# Attendance is made from its table without being asked for. For more, remove the signs in front of these lines.
# Kinds: {", ".join(DERIVED)}
# derived:
#   - {{kind: sdq, source: items}}
#   - {{kind: persistent_absence}}

# {_about("data_use")}
data_use:
  lawful_basis: Name the basis under Article 6 of the UK GDPR
  special_category_condition: Name the condition under Article 9, or write none held
  retention_date: {year + 8}-07-31
"""


#: A worked example: six invented children. It is a whole cohort, so that it can be checked and copied from.
EXAMPLE_TABLES: dict[str, str] = {
    "children": """\
child_id,household_id,group,comparison_type,school_id,phase,year_group,birth_month,gender,fsm,sen,consented,started,index_date,left,leaving_reason
X001,H1,programme,,school-a,primary,4,2013-10,girl,yes,none,yes,yes,2022-09-05,,
X002,H2,programme,,school-a,primary,4,2014-02,boy,no,support,yes,yes,2022-09-05,2023-04-01,moved
X003,H3,programme,,school-b,primary,5,2013-01,boy,yes,none,yes,yes,2022-09-05,,
X004,H4,comparison,same_school,school-a,primary,4,2013-12,girl,yes,none,yes,,2022-09-05,,
X005,H5,comparison,same_school,school-b,primary,5,2012-11,boy,no,none,yes,,2022-09-05,,
X006,H6,comparison,other_school,school-c,primary,4,2014-05,girl,,ehcp,yes,,2022-09-05,,
""",
    "measures": """\
child_id,measure,wave,value,date,informant,form
X001,english,baseline,82,2022-06-20,admin,school_test
X001,english,endline,91,2024-06-20,admin,school_test
X001,sdq_total,baseline,19,2022-06-27,teacher,six_months
X001,sdq_total,endline,14,2024-06-24,teacher,six_months
X002,english,baseline,88,2022-06-20,admin,school_test
X002,english,endline,,,admin,school_test
X003,english,baseline,79,2022-06-20,admin,school_test
X003,english,endline,84,2024-06-20,admin,school_test
X004,english,baseline,84,2022-06-20,admin,school_test
X004,english,endline,88,2024-06-20,admin,school_test
X005,english,baseline,80,2022-06-20,admin,school_test
X005,english,endline,86,2024-06-20,admin,school_test
X006,english,baseline,86,2022-06-20,admin,school_test
X006,english,endline,85,2024-06-20,admin,school_test
""",
    "attendance": """\
child_id,period_start,period_end,sessions_possible,sessions_attended
X001,2022-06-01,2022-07-20,70,61
X004,2022-06-01,2022-07-20,70,64
""",
    "interactions": """\
child_id,date,with,kind,minutes
X001,2022-10-03,child,engagement,30
X001,2022-10-10,parent,contact,10
""",
    "sessions": """\
child_id,partner_id,date,support_type,planned_minutes,attended_minutes
X001,partner-1,2022-10-04,reading,60,60
X003,partner-1,2022-10-04,reading,60,0
""",
    "partners": """\
partner_id,name,support_type,outcome_areas,level_policies,level_practice
partner-1,Reading Friends (invented),reading,english,yes,yes
""",
    "costs": """\
item,category,payer,kind,period,amount,price_year
Link Worker,staff,local_authority,cash,2022/23,12000,2022
Rooms,premises,school,in_kind,2022/23,800,2022
""",
}
