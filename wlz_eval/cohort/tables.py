"""The registry of tables: the one place that says what a cohort folder may hold.

Loading, checking, templates and ``data/README.md`` are all driven by :data:`TABLES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wlz_eval.cohort.model import WAVES
from wlz_eval.cohort.schema import Column, Kind, Table

__all__ = ["CHILD_TABLES", "FOLDER_FILES", "HOUSEHOLD_TABLES", "PROGRAMME_TABLES", "TABLES"]

GROUPS = ("programme", "comparison")
COMPARISON_TYPES = ("same_school", "other_school", "waiting", "historical", "declined", "national")
#: Longest a session or an interaction can last, in minutes: one day.
DAY_MINUTES = 24 * 60


def _must(name: str, kind: Kind, description: str, **rules: object) -> Column:
    """Declare a column that the table must have, filled in every row."""
    needed = {"required": True, "filled": True, **rules}
    return Column(name=name, kind=kind, description=description, **needed)  # type: ignore[arg-type]


def _may(name: str, kind: Kind, description: str, **rules: object) -> Column:
    """Declare a column that may be absent, or blank in some rows."""
    return Column(name=name, kind=kind, description=description, **rules)  # type: ignore[arg-type]


def _child() -> Column:
    return _must("child_id", "id", "Pseudonym of the child, as in the children table")


def _money_columns(what: str) -> tuple[Column, ...]:
    return (
        _must("item", "text", f"What the {what} is"),
        _may("category", "word", "Heading under which it is summed, such as staff or partners"),
        _may("payer", "word", "Who pays, such as local_authority, school, philanthropy"),
        _may("kind", "word", "Paid in money, or given in kind", allowed=("cash", "in_kind")),
        _may("period", "text", "When, such as 2022/23"),
        _must("amount", "number", "Amount in the currency of cohort.yaml", low=0),
        _must("price_year", "whole", "Year in whose prices the amount is counted", low=1950, high=2100),
    )


_CHILDREN = Table(
    name="children",
    row="a child, programme and comparison alike",
    required=True,
    key=("child_id",),
    columns=(
        _must("child_id", "id", "Pseudonym of the child in this cohort; never a pupil number"),
        _may(
            "person_id",
            "id",
            "Pseudonym of the same child across cohorts, so that no one counts on both sides",
        ),
        _may(
            "household_id",
            "id",
            "Pseudonym of the household: siblings of programme children leave the comparison pool",
        ),
        _must("group", "word", "Whether the child was on the programme", allowed=GROUPS),
        _may(
            "comparison_type",
            "word",
            "Where a comparison child comes from; blank for programme children",
            allowed=COMPARISON_TYPES,
        ),
        _must("school_id", "id", "Pseudonym of the school at the start"),
        _may("local_authority", "word", "Local authority of the school"),
        _may(
            "phase",
            "word",
            "Phase of schooling at the start",
            allowed=("early_years", "primary", "secondary"),
        ),
        _may("year_group", "word", "Year group at the start, such as 4 or R"),
        _may("birth_month", "month", "Month of birth; never a full date"),
        _may("gender", "word", "Gender as the school records it"),
        _may("fsm", "yes_no", "Eligible for free school meals"),
        _may("sen", "word", "Special educational needs", allowed=("none", "support", "ehcp")),
        _may("eal", "yes_no", "English as an additional language"),
        _may("ethnicity", "word", "Ethnic group as the school records it"),
        _may(
            "imd_decile",
            "whole",
            "Decile of the Index of Multiple Deprivation: 1 = most deprived",
            low=1,
            high=10,
        ),
        _may("social_care", "yes_no", "Known to children's social care"),
        _may("teacher_nominated", "yes_no", "Put forward by a teacher rather than by the rules"),
        _may("identified", "yes_no", "Identified as at risk by the rules"),
        _may("offered", "yes_no", "Offered a place"),
        _may("consented", "yes_no", "Consent to use of the data; children with 'no' are dropped when loading"),
        _may("started", "yes_no", "Started the programme; a blank means yes for programme children"),
        Column(
            name="index_date",
            kind="date",
            required=True,
            description="Day from which the child counts: start of the programme, or the same day for "
            "comparison children. Must be filled for programme children",
        ),
        _may("left", "date", "Day on which the child left the programme early"),
        _may("leaving_reason", "word", "Why, in one word, such as moved or withdrawn"),
    ),
)

_MEASURES = Table(
    name="measures",
    row="a measure of a child at a wave",
    required=True,
    key=("child_id", "measure", "wave", "informant", "form", "rater_id", "date"),
    columns=(
        _child(),
        _must(
            "measure",
            "word",
            "Name of the measure, in data/reference/measures.csv or under 'measures' in cohort.yaml",
        ),
        _must("wave", "word", "When in the evaluation", allowed=WAVES),
        Column(
            name="value",
            kind="number",
            required=True,
            description="Score; blank when it was not taken. Must lie in the measure's range",
        ),
        _may("date", "date", "Day on which it was taken"),
        _may("informant", "word", "Who answered", allowed=("teacher", "parent", "self", "admin")),
        _may("form", "word", "Form or edition of the measure: only the same form can be compared"),
        _may("rater_id", "id", "Pseudonym of who rated"),
        _may("rater_knew", "yes_no", "Whether the rater knew who was on the programme"),
    ),
)

_DELIVERY = (
    Table(
        name="attendance",
        row="a child's period at school",
        key=("child_id", "period_start", "period_end"),
        columns=(
            _child(),
            _must("period_start", "date", "First day of the period"),
            _must("period_end", "date", "Last day of the period"),
            _must("sessions_possible", "whole", "Half-day sessions that were possible", low=0, high=1000),
            _must(
                "sessions_attended",
                "whole",
                "Half-day sessions attended: no more than possible",
                low=0,
                high=1000,
            ),
        ),
    ),
    Table(
        name="incidents",
        row="a behaviour incident",
        columns=(
            _child(),
            _must("date", "date", "Day of the incident"),
            _may("kind", "word", "Kind of incident, as the school records it"),
        ),
    ),
    Table(
        name="interactions",
        row="a Link Worker interaction",
        columns=(
            _child(),
            _must("date", "date", "Day of the interaction"),
            _may("with", "word", "With whom the Link Worker was", allowed=("child", "parent", "professional")),
            _may("kind", "word", "A short contact or an engagement", allowed=("contact", "engagement")),
            _may("minutes", "number", "How long, in minutes; blank when only counted", low=0, high=DAY_MINUTES),
        ),
    ),
    Table(
        name="sessions",
        row="a partner session planned for a child",
        columns=(
            _child(),
            _must("partner_id", "id", "The partner, as in the partners table"),
            _must("date", "date", "Day of the session"),
            _may("support_type", "word", "Kind of support"),
            _may("planned_minutes", "number", "Length as planned, in minutes", low=0, high=DAY_MINUTES),
            _must(
                "attended_minutes",
                "number",
                "Minutes the child attended; 0 when missed",
                low=0,
                high=DAY_MINUTES,
            ),
            _may(
                "missed_reason",
                "word",
                "Why the child missed it, in one word, such as illness or trip; blank when attended or not known",
            ),
        ),
    ),
    Table(
        name="exposures",
        row="any other dose of a child",
        key=("child_id", "exposure", "period"),
        columns=(
            _child(),
            _must("exposure", "word", "Name of the dose"),
            _may("period", "text", "When the dose was given, such as 2022/23"),
            _must("amount", "number", "How much", low=0),
            _must("unit", "word", "Unit of the amount, such as years or hours"),
        ),
    ),
    Table(
        name="partners",
        row="a partner",
        key=("partner_id",),
        columns=(
            _must("partner_id", "id", "Pseudonym of the partner"),
            _may("name", "text", "Name of the organisation; never of a person"),
            _may("support_type", "word", "Kind of support it gives"),
            _may("outcome_areas", "text", "Areas it works on, separated by spaces"),
            _may(
                "level_policies",
                "yes_no",
                "Delivery practice framework, level 1: policies and procedures in place",
            ),
            _may("level_practice", "yes_no", "Level 2: delivery practice true to the model"),
            _may("level_engagement", "yes_no", "Level 3: participants engaged"),
            _may("level_intensity", "yes_no", "Level 4: intensity of support as planned"),
            _may("level_outcomes", "yes_no", "Level 5: outcomes measured before and after"),
            _may("level_values", "yes_no", "Level 6: mutually reinforcing activities and values"),
        ),
    ),
    Table(
        name="partner_measures",
        row="a partner's own measure of a child",
        key=("child_id", "partner_id", "measure", "wave"),
        columns=(
            _child(),
            _must("partner_id", "id", "The partner, as in the partners table"),
            _must("measure", "word", "Name of the partner's measure"),
            _must("wave", "word", "When in the evaluation", allowed=WAVES),
            Column(name="value", kind="number", required=True, description="Score; blank when it was not taken"),
        ),
    ),
)

_MONEY = (
    Table(name="costs", row="a cost line", columns=_money_columns("cost")),
    Table(name="funding", row="a funding line", columns=_money_columns("funding")),
    Table(
        name="rate_card",
        row="a priced trigger of the outcomes contract",
        key=("trigger", "payer"),
        columns=(
            _must("trigger", "word", "What is paid for, such as sign_up, high_engagement, outcome_1"),
            _may("payer", "word", "Who pays; blank when contract.yaml shares it out"),
            _must("price", "number", "Price of one, in the currency of cohort.yaml", low=0),
            _may("price_year", "whole", "Year in whose prices it is counted", low=1950, high=2100),
            _may("source", "text", "Where the price comes from; 'illustrative' when it is an assumption"),
        ),
    ),
    Table(
        name="targets",
        row="a target of the outcomes contract",
        key=("trigger", "case", "period"),
        columns=(
            _must("trigger", "word", "What is counted, as in the rate card"),
            _must("case", "word", "Projection that it belongs to", allowed=("low", "base", "high")),
            _may(
                "period", "text",
                "When: a school year (2022/23), a year or a month (2023-05); leave the column out for the whole "
                "contract",
            ),
            _must("count", "number", "How many are aimed at", low=0),
            _may("source", "text", "Where the target comes from; 'illustrative' when it is an assumption"),
        ),
    ),
    Table(
        name="evidence",
        row="the evidence of a claim",
        key=("child_id", "trigger"),
        columns=(
            _child(),
            _must("trigger", "word", "What is claimed, as in the rate card"),
            _must("date", "date", "Day of the evidence"),
            _may("reference", "text", "Where the evidence is kept; never a name"),
        ),
    ),
)

_PEOPLE = (
    Table(
        name="flow",
        row="a stage of the participant flow before the data begin",
        key=("stage", "group"),
        columns=(
            _must("stage", "text", "The stage, in a few words"),
            _may(
                "group",
                "word",
                "Whom it counts; blank or 'all' before the groups were formed",
                allowed=(*GROUPS, "all"),
            ),
            _must("count", "whole", "How many children", low=0),
        ),
    ),
    Table(
        name="feedback",
        row="a child's answer to a question",
        columns=(
            _child(),
            _must("question", "text", "The question, in a few words"),
            _must("score", "whole", "Answer from 1 (worst) to 5 (best)", low=1, high=5),
        ),
    ),
    Table(
        name="family_needs",
        row="a need of a family",
        key=("household_id", "framework", "area", "wave"),
        columns=(
            _must("household_id", "id", "The household, as in the children table"),
            _must("framework", "word", "Framework of needs that is used: six or ten areas of Supporting Families"),
            _must("area", "word", "Area of need, as in data/reference/supporting_families.csv"),
            _must("wave", "word", "When in the evaluation", allowed=WAVES),
            _must("met", "yes_no", "Whether the family meets the criterion of the area, which is that it has the need"),
        ),
    ),
)

#: Every table that a cohort may have, by name, in the order in which they are documented.
TABLES: Mapping[str, Table] = MappingProxyType(
    {table.name: table for table in (_CHILDREN, _MEASURES, *_DELIVERY, *_MONEY, *_PEOPLE)}
)

#: Tables whose rows belong to a child of the children table.
CHILD_TABLES: tuple[str, ...] = tuple(
    name for name, table in TABLES.items() if name != "children" and "child_id" in table.names
)
#: Of these, tables that record what the programme does, so that children beside it have no place in them.
PROGRAMME_TABLES = frozenset(("interactions", "sessions", "partner_measures", "evidence", "feedback"))
#: Tables whose rows belong to a household of the children table.
HOUSEHOLD_TABLES: tuple[str, ...] = ("family_needs",)

#: Files of a cohort folder that are not tables, and what each is for.
FOLDER_FILES: Mapping[str, str] = MappingProxyType(
    {
        "cohort.yaml": "what the cohort is (required)",
        "plan.yaml": "how it will be analysed (required)",
        "plan.lock.yaml": "the lock of the plan, written by wlz-eval plan --lock",
        "contract.yaml": "terms of the outcomes contract",
        "mapping.yaml": "which column of a spreadsheet is which, written by wlz-eval new",
        "truth.yaml": "the known answer of a simulated cohort",
    }
)
