"""Fixtures that several kinds of tests share."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from wlz_eval.cohort import Cohort, make_cohort, write_cohort

TINY_META = {
    "schema_version": 1,
    "id": "tiny",
    "title": "A tiny synthetic cohort for tests",
    "provenance": "synthetic",
    "licence": "none",
    "source": "tests/conftest.py",
    "currency": "GBP",
    "programme": {"start": "2022-09-01", "end": "2024-07-20"},
    "terms": [{"name": "Autumn 2022", "start": "2022-09-01", "end": "2022-12-16"}],
    "waves": {
        "baseline": {"start": "2022-06-01", "end": "2022-07-20"},
        "endline": {"start": "2024-06-01", "end": "2024-07-20"},
    },
    "data_use": {"lawful_basis": "none: synthetic", "special_category_condition": "none held"},
}

TINY_PLAN = """\
schema_version: 1
selection: {basis: rules, description: Chosen by low English at baseline.}
matching:
  formula: programme ~ english_baseline + fsm
  comparison: same_school
  caliper: null
outcomes:
  - {measure: english, wave: endline, primary: true, better: higher, informant: admin}
engagement: {exposure: hours, covariates: [english_baseline]}
value: {price_year: 2023}
"""


def tiny_tables(children: int = 12) -> dict[str, pd.DataFrame]:
    """Make the tables of twelve children in two schools, a third of them on the programme."""
    rows = range(children)
    ids = [f"C{i:03d}" for i in rows]
    programme = [i % 3 == 0 for i in rows]
    table = pd.DataFrame(
        {
            "child_id": ids,
            "person_id": [f"P{i:03d}" for i in rows],
            "household_id": [f"H{i:03d}" for i in rows],
            "group": ["programme" if p else "comparison" for p in programme],
            "comparison_type": [
                None if p else ("same_school" if i % 2 else "other_school") for i, p in enumerate(programme)
            ],
            "school_id": [f"school-{i % 2}" for i in rows],
            "phase": "primary",
            "year_group": "4",
            "birth_month": "2014-05",
            "gender": ["girl" if i % 2 else "boy" for i in rows],
            "fsm": ["yes" if i % 4 == 0 else "no" for i in rows],
            "sen": "none",
            "imd_decile": [1 + i % 10 for i in rows],
            "consented": "yes",
            "started": ["yes" if p else None for p in programme],
            "index_date": "2022-09-05",
            "left": None,
        }
    )
    measures = pd.DataFrame(
        [
            {
                "child_id": child,
                "measure": measure,
                "wave": wave,
                "value": base + 7 * (wave == "endline") + i % 5,
                "date": "2022-06-20" if wave == "baseline" else "2024-06-20",
                "informant": "teacher" if measure == "sdq_total" else "admin",
                "form": "standard",
            }
            for i, child in enumerate(ids)
            for measure, base in (("english", 85), ("sdq_total", 12))
            for wave in ("baseline", "endline")
        ]
    )
    on = [child for child, p in zip(ids, programme, strict=True) if p]
    return {
        "children": table,
        "measures": measures,
        "attendance": pd.DataFrame(
            {
                "child_id": ids,
                "period_start": "2022-06-01",
                "period_end": "2022-07-20",
                "sessions_possible": 60,
                "sessions_attended": 55,
            }
        ),
        "interactions": pd.DataFrame(
            {"child_id": on, "date": "2022-10-03", "with": "child", "kind": "engagement", "minutes": 30}
        ),
        "sessions": pd.DataFrame(
            {
                "child_id": on,
                "partner_id": "partner-1",
                "date": "2022-10-04",
                "support_type": "reading",
                "planned_minutes": 60,
                "attended_minutes": 45,
            }
        ),
        "partners": pd.DataFrame(
            {"partner_id": ["partner-1"], "name": ["Reading Friends"], "support_type": ["reading"]}
        ),
        "costs": pd.DataFrame(
            {
                "item": ["Link Workers"],
                "category": ["staff"],
                "payer": ["local_authority"],
                "kind": ["cash"],
                "period": ["2022/23"],
                "amount": [40000],
                "price_year": [2023],
            }
        ),
        "flow": pd.DataFrame({"stage": ["asked"], "group": ["all"], "count": [20]}),
        "feedback": pd.DataFrame({"child_id": on, "question": "felt supported", "score": 4}),
        "family_needs": pd.DataFrame(
            {
                "household_id": ["H000"],
                "framework": ["local"],
                "area": ["housing"],
                "wave": ["baseline"],
                "met": ["no"],
            }
        ),
    }


@pytest.fixture
def tiny_cohort() -> Cohort:
    """A tiny good cohort in memory."""
    return make_cohort(TINY_META, tiny_tables())


@pytest.fixture(scope="session")
def tiny_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the tiny cohort, written once."""
    folder = tmp_path_factory.mktemp("template") / "tiny"
    write_cohort(make_cohort(TINY_META, tiny_tables()), folder)
    (folder / "plan.yaml").write_text(TINY_PLAN, encoding="utf-8")
    return folder


@pytest.fixture
def make_tiny_folder(tiny_template: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Make a folder of the tiny cohort under a given id."""

    def make(name: str = "tiny") -> Path:
        folder = tmp_path / name
        shutil.copytree(tiny_template, folder)
        description = (folder / "cohort.yaml").read_text(encoding="utf-8").replace("id: tiny\n", f"id: {name}\n")
        (folder / "cohort.yaml").write_text(description, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def tiny_cohort_folder(make_tiny_folder: Callable[[str], Path]) -> Path:
    """A folder of a tiny good cohort, with id ``tiny``; a test may change its files."""
    return make_tiny_folder("tiny")
