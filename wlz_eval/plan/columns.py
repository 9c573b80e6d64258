"""Does the cohort hold what the plan names? Columns, measures and formulas against the tables."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from wlz_eval.attribution.formula import FUNCTIONS
from wlz_eval.cohort.model import LATE_SUFFIXES, Cohort
from wlz_eval.core.errors import Problem, nearest_names, suggestion
from wlz_eval.engagement.exposure import dose_names
from wlz_eval.measures.frame import frame_columns
from wlz_eval.plan.model import PlanModel
from wlz_eval.reference.measures import measures

__all__ = ["column_problems", "formula_names"]

#: Columns of the frame that say who was treated or what came later, so no design may use them.
NOT_BASELINE: tuple[str, ...] = ("programme", "group", "comparison_type", "left", "started")


def formula_names(formula: str) -> tuple[set[str], set[str]]:
    """Names on the left and on the right of a formula.

    Raises
    ------
    ValueError
        When the formula cannot be parsed, with what is wrong in a few words.

    Examples
    --------
    >>> left, right = formula_names("programme ~ age + C(sen)")
    >>> sorted(left), sorted(right)
    (['programme'], ['age', 'sen'])
    """
    from formulaic import Formula

    try:
        parsed = Formula(formula)
        left, right = _names(parsed.lhs), _names(parsed.rhs)
    except AttributeError:
        what = "it has more than one part on a side" if "|" in formula else "it has no two sides"
        raise ValueError(f"{what}: write 'programme ~ covariate + covariate'") from None
    except Exception as error:
        raise ValueError(str(error).splitlines()[0][:160].rstrip(".")) from None
    unknown = [name for name in _functions(parsed.rhs) if name not in FUNCTIONS]
    if unknown:
        raise ValueError(f"there is no function {unknown[0]!r} in a formula. {suggestion(unknown[0], FUNCTIONS)[:-1]}")
    return left, right


def _functions(side: Any) -> list[str]:
    """Functions that one side of a formula calls, sorted; ``np.log`` by its full name."""
    calls = (
        node.func
        for factor in {str(f.expr) for term in side for f in term.factors}
        for node in ast.walk(_tree(factor))
        if isinstance(node, ast.Call)
    )
    return sorted({ast.unparse(call) for call in calls})


def _tree(factor: str) -> ast.AST:
    try:
        return ast.parse(factor, mode="eval")
    except SyntaxError:
        return ast.Module([], [])  # a quoted name, which required_variables already holds


def _names(side: Any) -> set[str]:
    """Columns that one side of a formula reads: every name in its factors that is not a function's.

    formulaic's own ``required_variables`` leaves out the arguments of stateful transforms such as splines.
    """
    found: set[str] = {str(v) for v in side.required_variables}
    for factor in {str(f.expr) for term in side for f in term.factors}:
        tree = _tree(factor)
        functions = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        modules = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        names = (n for n in ast.walk(tree) if isinstance(n, ast.Name))
        found |= {n.id for n in names if id(n) not in functions | modules}
    return found


def _missing(name: str, columns: list[str], at: dict[str, Any], what: str) -> Problem:
    near = nearest_names(name, columns, n=3)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return Problem(
        **at,
        value=name,
        message=f"{what} a column that the cohort does not have",
        remedy=f"{hint}See the columns with `wlz-eval check`, or correct the name.",
    )


def _design_names(names: set[str], columns: list[str], at: dict[str, Any], what: str) -> Iterator[Problem]:
    for name in sorted(names):
        if name.endswith(LATE_SUFFIXES):
            yield Problem(
                **at,
                value=name,
                message=f"{what} a column measured after the programme began",
                remedy="A design is made from baseline columns only; outcomes stand under outcomes.",
            )
        elif name in NOT_BASELINE:
            yield Problem(
                **at,
                value=name,
                message=f"{what} a column that says who was on the programme or what came later",
                remedy="Remove it: a design is made from baseline columns only.",
            )
        elif name not in columns:
            yield _missing(name, columns, at, what)


def _matching_problems(plan: PlanModel, columns: list[str], where: Any) -> Iterator[Problem]:
    if plan.matching is None:
        return
    at = where("matching.formula")
    try:
        left, right = formula_names(plan.matching.formula)
    except ValueError as error:
        yield Problem(
            **at,
            value=plan.matching.formula[:80],
            message=f"this formula cannot be read: {error}",
            remedy="Write for example 'programme ~ english_baseline + fsm + C(sen)'.",
        )
    else:
        if left != {"programme"}:
            yield Problem(
                **at,
                value=plan.matching.formula[:80],
                message="the left side of the formula must be programme",
                remedy="Write 'programme ~ ...'.",
            )
        if not right:
            yield Problem(
                **at,
                value=plan.matching.formula[:80],
                message="the formula names no covariate",
                remedy="Name at least one baseline column on its right side.",
            )
        yield from _design_names(right, columns, at, "the formula names")
    for option, names in plan.matching.named_columns().items():
        yield from _design_names(set(names), columns, where(f"matching.{option}"), f"{option} names")


def _outcome_problems(plan: PlanModel, columns: list[str], cohort: Cohort, where: Any) -> Iterator[Problem]:
    known = {m.name for m in cohort.meta.measures} | set(measures())
    seen: set[tuple[str, str]] = set()
    for i, outcome in enumerate(plan.outcomes):
        at = where(f"outcomes[{i}].measure")
        if outcome.measure not in known:
            near = nearest_names(outcome.measure, known)
            hint = f"Did you mean {near[0]}? " if near else ""
            yield Problem(
                **at,
                value=outcome.measure,
                message="this measure is not known",
                remedy=f"{hint}Valid: {', '.join(sorted(known))}, and what cohort.yaml describes.",
            )
        elif f"{outcome.measure}_{outcome.wave}" not in columns:
            yield Problem(
                **at,
                value=f"{outcome.measure} at {outcome.wave}",
                message="there are no values of this outcome yet",
                remedy="It is reported as not available until the measures table holds some.",
                fatal=False,
            )
        if (outcome.measure, outcome.wave) in seen:
            yield Problem(
                **at,
                value=outcome.measure,
                message=f"this outcome stands twice at {outcome.wave}",
                remedy="Keep one of them.",
            )
        seen.add((outcome.measure, outcome.wave))


def _value_problems(plan: PlanModel, where: Any) -> Iterator[Problem]:
    named = {(o.measure, o.wave) for o in plan.outcomes}
    for i, benefit in enumerate(plan.value.benefits):
        if (benefit.measure, benefit.wave) not in named:
            valid = ", ".join(f"{m} at {w}" for m, w in sorted(named))
            yield Problem(
                **where(f"value.benefits[{i}].measure"),
                value=f"{benefit.measure} at {benefit.wave}",
                message="a benefit is named for what is no outcome of the plan",
                remedy=f"Valid: {valid}.",
            )


def column_problems(plan: PlanModel, cohort: Cohort, table: str, lines: Mapping[str, int]) -> list[Problem]:
    """List what the plan names and the cohort does not have.

    Parameters
    ----------
    plan : PlanModel
        A validated plan.
    cohort : Cohort
        Its cohort.
    table : str
        Name of the file for the problems.
    lines : mapping of str to int
        Line of each key of the file, where known.

    Returns
    -------
    list of Problem
        Fatal ones and warnings.
    """
    columns = frame_columns(cohort, {o.measure: o.informant for o in plan.outcomes if o.informant})

    def where(key: str) -> dict[str, Any]:
        return {"table": table, "column": key, "row": lines.get(key)}

    problems = [
        *_matching_problems(plan, columns, where),
        *_outcome_problems(plan, columns, cohort, where),
        *_value_problems(plan, where),
    ]
    for i, rule in enumerate(plan.risk):
        if rule.column not in columns:
            problems.append(_missing(rule.column, columns, where(f"risk[{i}].column"), "the risk rule names"))
    problems += _design_names(
        set(plan.engagement.covariates), columns, where("engagement.covariates"), "covariates name"
    )
    problems += _exposure_problems(plan, cohort, where)
    return problems


def _exposure_problems(plan: PlanModel, cohort: Cohort, where: Any) -> Iterator[Problem]:
    name, known = plan.engagement.exposure, list(dose_names(cohort))
    if name not in known:
        yield Problem(
            **where("engagement.exposure"),
            value=name,
            message="the exposure is neither a dose of the suite nor named in the exposures table",
            remedy=suggestion(name, known),
        )
