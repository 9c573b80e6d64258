"""Read ``plan.yaml``: safely, and with every mistake reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from wlz_eval.attribution.trial import trial_problems
from wlz_eval.cohort import find_cohort, load_cohort
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import PlanError, Problem
from wlz_eval.core.yamltext import check_yaml
from wlz_eval.measures.frame import analysis_frame
from wlz_eval.plan.columns import column_problems
from wlz_eval.plan.lock import plan_status
from wlz_eval.plan.model import PlanModel
from wlz_eval.plan.overrides import departures, merge
from wlz_eval.plan.plan import Plan
from wlz_eval.plan.problems import duplicate_keys, key_lines, problems_of, without_mistakes

__all__ = ["check_plan", "load_cohort_and_plan", "load_plan", "make_plan", "planned_columns", "read_plan_file"]

PLAN_FILE = "plan.yaml"
OVERRIDES = "plan_overrides"


def read_plan_file(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """Read a plan file as a plain mapping, with the line of each key.

    Raises
    ------
    PlanError
        When the file is not there, is not UTF-8, is not YAML, names a key twice or is no mapping.
    """
    if not path.is_file():
        raise PlanError(
            [
                Problem(
                    table=path.name,
                    message="there is no plan in the cohort's folder",
                    remedy="Write one; `wlz-eval new` makes a commented plan.yaml to start from.",
                )
            ]
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanError(
            [
                Problem(
                    table=path.name,
                    message=f"it is not UTF-8 text (byte {error.start})",
                    remedy="Save it as UTF-8.",
                )
            ]
        ) from None
    try:
        check_yaml(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "it cannot be read"
        raise PlanError(
            [
                Problem(
                    table=path.name,
                    row=None if mark is None else mark.line + 1,
                    message=f"this is not valid YAML: {what}",
                    remedy="Check indents (spaces, not tabs), colons and quotes here and on the line above.",
                )
            ]
        ) from None
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        raise PlanError(
            [
                Problem(
                    table=path.name,
                    message=f"a plan is a mapping of keys, this is a {type(raw).__name__}",
                    remedy="Start with a line such as `outcomes:`.",
                )
            ]
        )
    twice = duplicate_keys(node, path.name)
    if twice:
        raise PlanError(twice)
    return raw, key_lines(node)


#: Times that what is left of a plan is looked at again for what its first mistakes had hidden.
ROUNDS = 3


def _validate(
    raw: Mapping[str, Any], table: str, lines: Mapping[str, int], cohort: Cohort | None = None
) -> PlanModel:
    """Make the model, or refuse with every problem: those too that stand behind others."""
    problems: list[Problem] = []
    left: dict[str, Any] = dict(raw)
    for _ in range(ROUNDS):
        try:
            model = PlanModel.model_validate(left)
        except ValidationError as error:
            told = {(p.column, p.message) for p in problems}
            more = problems_of(error, left, table, lines, dropped=[p.column for p in problems])
            problems += [p for p in more if (p.column, p.message) not in told]
            left = without_mistakes(left, error)
            continue
        if not problems:
            return model
        if cohort is not None:
            problems += [p for p in column_problems(model, cohort, table, lines) if p.fatal]
        break
    raise PlanError(problems)


def _with_overrides(
    planned: PlanModel, overrides: Mapping[str, Any] | None, cohort: Cohort | None = None
) -> PlanModel:
    if not overrides:
        return planned
    merged = merge(planned.model_dump(mode="json"), overrides, OVERRIDES)
    return _validate(merged, OVERRIDES, {}, cohort)


def make_plan(mapping: Mapping[str, Any], overrides: Mapping[str, Any] | None = None) -> Plan:
    """Make a plan in memory.

    Parameters
    ----------
    mapping : mapping
        What ``plan.yaml`` would hold.
    overrides : mapping, optional
        Changes to it, nested or with dotted keys; each becomes a departure.

    Returns
    -------
    Plan
        The plan, not locked.

    Raises
    ------
    PlanError
        With every problem at once.

    Examples
    --------
    >>> plan = make_plan({"outcomes": [{"measure": "english", "primary": True}]}, {"value.price_year": 2020})
    >>> plan.primary.measure, plan.departures[0].key, plan.departures[0].planned
    ('english', 'value.price_year', 2023)
    """
    planned = _validate(mapping, PLAN_FILE, {})
    used = _with_overrides(planned, overrides)
    return Plan(model=used, planned=planned, departures=departures(planned, used))


def load_plan(
    cohort: Cohort, overrides: Mapping[str, Any] | None = None, plan_file: Path | None = None
) -> Plan:
    """Load the plan of a cohort, and check it against the cohort's tables.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort; its folder holds ``plan.yaml``.
    overrides : mapping, optional
        Changes to the plan, nested (``{"matching": {"caliper": 0.1}}``) or with dotted keys
        (``{"matching.caliper": 0.1}``). Each that differs from the plan becomes a departure.
    plan_file : Path, optional
        The plan, when it is not in the cohort's folder.

    Returns
    -------
    Plan
        With its hash, its lock status, departures and warnings.

    Raises
    ------
    PlanError
        With every problem at once: unknown keys with the nearest valid one, values that are not valid,
        columns and measures that the cohort does not have.
    """
    if plan_file is None:
        if cohort.folder is None:
            raise PlanError(
                [
                    Problem(
                        table=PLAN_FILE,
                        message="this cohort was made in memory and has no folder to read a plan from",
                        remedy="Use make_plan(mapping), or write the cohort to a folder first.",
                    )
                ]
            )
        plan_file = Path(cohort.folder) / PLAN_FILE
    raw, lines = read_plan_file(plan_file)
    planned = _validate(raw, plan_file.name, lines, cohort)
    used = _with_overrides(planned, overrides, cohort)
    found = column_problems(
        used, cohort, OVERRIDES if overrides else plan_file.name, {} if overrides else lines
    )
    fatal = [p for p in found if p.fatal]
    if fatal:
        raise PlanError(fatal)
    return Plan(
        model=used,
        planned=planned,
        departures=departures(planned, used),
        warnings=tuple(p for p in found if not p.fatal),
        status=plan_status(planned, cohort, plan_file),
    )


def planned_columns(cohort: str | Path, overrides: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Columns outside the schema that a cohort's plan asks to load, as ``table.column``.

    A plan that cannot be read asks for none here: :func:`load_plan` says what is wrong with it.
    """
    try:
        raw, _ = read_plan_file(find_cohort(cohort) / PLAN_FILE)
    except PlanError:
        return ()
    asked = (overrides or {}).get("extra_columns", raw.get("extra_columns"))
    return tuple(str(name) for name in asked) if isinstance(asked, list | tuple) else ()


def load_cohort_and_plan(
    cohort: str | Path, overrides: Mapping[str, Any] | None = None
) -> tuple[Cohort, Plan]:
    """Load a cohort, with the extra columns that its plan asks for, and the plan.

    Parameters
    ----------
    cohort : str or Path
        Id under data/cohorts, or path of a cohort folder.
    overrides : mapping, optional
        Changes to the plan.

    Raises
    ------
    CohortError, PlanError
        With every problem at once.
    """
    loaded = load_cohort(cohort, planned_columns(cohort, overrides))
    return loaded, load_plan(loaded, overrides)


def check_plan(cohort: Cohort, plan_file: Path | None = None) -> list[Problem]:
    """List all problems of a cohort's plan, warnings included; an empty list means a good plan.

    Beyond what :func:`load_plan` refuses, it tries whether the plan's design can be made of these children.
    """
    try:
        plan = load_plan(cohort, plan_file=plan_file)
    except PlanError as error:
        return list(error.problems)
    found = list(plan.warnings)
    if plan.matching is not None and cohort.has_comparison:
        informants = {o.measure: o.informant for o in plan.outcomes if o.informant}
        found += trial_problems(analysis_frame(cohort, informants), plan.matching, (plan_file or Path(PLAN_FILE)).name)
    return found
