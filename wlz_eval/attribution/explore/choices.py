"""What may be chosen: which options a method knows, which values they take, which columns a design may use."""

from __future__ import annotations

import ast
import re
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from wlz_eval.attribution.capabilities import METHODS, OPTIONS
from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.core.errors import DesignError
from wlz_eval.measures.frame import AnalysisFrame

__all__ = [
    "block_columns",
    "choices",
    "covariate_columns",
    "default_of",
    "first_options",
    "formula_columns",
    "is_number",
    "knows",
    "pool_types",
    "widths_text",
    "with_column",
    "with_distance_caliper",
    "written_widths",
]

#: Columns of a frame that say how a child came to be in its group, and tell nothing of the child.
MEMBERSHIP = ("comparison_type", "offered", "consented", "started")
#: A column with more values than this is no block to agree on, save a school.
MOST_BLOCKS = 30
SCHOOL = "school_id"
#: Background that a first design takes in beside the baseline measures, where it is there.
BACKGROUND = ("fsm", "eal", "sen", "gender", "year_group")


def default_of(option: str) -> Any:
    """Value of an option when a plan does not name it.

    Examples
    --------
    >>> default_of("ratio"), default_of("exact")
    (1, ())
    """
    return MatchingOptions.model_fields[option].default


def _literal(annotation: Any) -> tuple[Any, ...]:
    """Return the values of a ``Literal``, wherever in an annotation it stands."""
    if typing.get_origin(annotation) is typing.Literal:
        return typing.get_args(annotation)
    return tuple(value for inner in typing.get_args(annotation) for value in _literal(inner))


def choices(option: str, method: str) -> tuple[str, ...]:
    """Give the values of an option that has few, as far as the method supports them.

    Examples
    --------
    >>> choices("distance", "subclass"), choices("estimand", "overlap")
    (('glm',), ('ATO',))
    """
    values = _literal(MatchingOptions.model_fields[option].annotation)
    can = METHODS[method]
    if option == "estimand":
        values = tuple(value for value in can.estimands if value in values)
    elif option == "distance" and can.scalar_only:
        values = ("glm",)
    elif option == "link" and can.kind == "weights":
        values = tuple(value for value in values if not value.startswith("linear."))
    elif option == "order" and can.orders:
        values = tuple(value for value in can.orders if value in values)
    return values


def knows(option: str, values: Mapping[str, Any]) -> bool:
    """Whether an option changes anything, given the others; what the engine does not read always counts.

    Examples
    --------
    >>> knows("ratio", {"method": "nearest"}), knows("ratio", {"method": "full"})
    (True, False)
    >>> knows("link", {"method": "nearest", "distance": "mahalanobis"})
    False
    """
    method = values["method"]
    if option in OPTIONS and option not in METHODS[method].options:
        return False
    if option in ("link", "discard", "reestimate") and _between_covariates(values):
        return False
    if option == "reestimate":
        return bool(values.get("discard", "none") != "none")
    return not (option == "std_caliper" and values.get("caliper", 0.2) is None)


def _between_covariates(values: Mapping[str, Any]) -> bool:
    """Whether the distance is no one number a child, so that there is no score with a link or a range."""
    distances = choices("distance", values["method"])
    return values.get("distance", "glm") != "glm" and values.get("distance") in distances


def with_distance_caliper(
    caliper: Any, std_caliper: Any, width: float | None, in_sds: bool = True
) -> tuple[Any, Any]:
    """Change the caliper on the distance and leave those on columns as they are.

    Examples
    --------
    >>> with_distance_caliper(0.2, True, 0.1)
    (0.1, True)
    >>> with_distance_caliper({"age": 2.0}, {"age": False}, 0.1)
    ({'age': 2.0, 'distance': 0.1}, {'age': False, 'distance': True})
    """
    widths = {} if caliper is None else dict(caliper) if isinstance(caliper, Mapping) else {"distance": caliper}
    scale = {
        name: bool(std_caliper.get(name, True)) if isinstance(std_caliper, Mapping) else bool(std_caliper)
        for name in widths
    }
    widths.pop("distance", None)
    scale.pop("distance", None)
    if width is not None:
        widths["distance"], scale["distance"] = width, in_sds
    if set(widths) <= {"distance"}:
        return widths.get("distance"), scale.get("distance", True)
    return widths, scale


def is_number(values: pd.Series) -> bool:
    """Whether a column is used as a number rather than as a category."""
    return bool(pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype))


def _varying(frame: AnalysisFrame) -> dict[str, int]:
    """Columns that a design may use and that differ between children, with the number of their values."""
    counts = {}
    for name in frame.baseline_columns:
        values = frame.data[name]
        if name in MEMBERSHIP or pd.api.types.is_datetime64_any_dtype(values.dtype):
            continue
        counts[name] = int(values.nunique(dropna=True))
    return {name: count for name, count in counts.items() if count > 1}


def covariate_columns(frame: AnalysisFrame) -> tuple[str, ...]:
    """Baseline columns that may stand in the formula: those that vary, and categories of few levels only."""
    return tuple(
        name
        for name, count in _varying(frame).items()
        if name != SCHOOL and (is_number(frame.data[name]) or count <= MOST_BLOCKS)
    )


def block_columns(frame: AnalysisFrame) -> tuple[str, ...]:
    """Baseline columns on which pairs may have to agree: the school, and those of few values."""
    return tuple(name for name, count in _varying(frame).items() if name == SCHOOL or count <= MOST_BLOCKS)


def pool_types(frame: AnalysisFrame) -> tuple[str, ...]:
    """Types of comparison children that the cohort has, in the order in which plans name them.

    Raises
    ------
    DesignError
        When it has none.
    """
    data = frame.data
    pool = data.loc[data["programme"] == 0]
    held = set(pool["comparison_type"].dropna()) if "comparison_type" in pool else set()
    if not held:
        raise DesignError("The cohort has no comparison children, so there is no design to explore.")
    return tuple(kind for kind in choices("comparison", "nearest") if kind in held)


def first_options(frame: AnalysisFrame) -> MatchingOptions:
    """Propose a design to begin with where there is no plan: every baseline measure and background, the rest default.

    Raises
    ------
    DesignError
        When no column can be compared on, or there is nobody to compare with.
    """
    held, columns = pool_types(frame), covariate_columns(frame)
    measured = [name for name in columns if name.endswith("_baseline") and not name.endswith("_pre_baseline")]
    known = [name for name in measured if frame.data[name].notna().mean() >= 0.5]
    chosen = [*known, *(name for name in BACKGROUND if name in columns)] or list(columns[:1])
    if not chosen:
        raise DesignError("No baseline column differs between children, so there is nothing to compare them on.")
    formula = "programme ~ " + " + ".join(_term(name, frame.data[name]) for name in chosen)
    usual = default_of("comparison")
    return MatchingOptions.model_validate({"formula": formula, "comparison": usual if usual in held else held[0]})


def _term(name: str, values: pd.Series) -> str:
    return name if is_number(values) else f"C({name})"


def _top_level_terms(right: str) -> list[str]:
    """Split a right-hand side at the plus signs that stand outside brackets."""
    terms, depth, start = [], 0, 0
    for i, sign in enumerate(right):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "+" and depth == 0:
            terms.append(right[start:i])
            start = i + 1
    return [term.strip() for term in [*terms, right[start:]] if term.strip()]


def formula_columns(formula: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Columns, out of those given, that stand on the right of a formula, whether or not it can be read.

    Examples
    --------
    >>> formula_columns("programme ~ age + log(score", ["age", "score", "sen"])
    ('age', 'score')
    """
    names = set(re.findall(r"\w+", formula.partition("~")[2]))
    return tuple(name for name in columns if name in names)


def with_column(formula: str, column: str, wanted: bool, category: bool = False) -> str:
    """Add a column to a formula, or take out every term that names it.

    Parameters
    ----------
    formula : str
    column : str
    wanted : bool
    category : bool
        Whether to add it as ``C(column)``.

    Examples
    --------
    >>> with_column("programme ~ age + log(score)", "sen", True, category=True)
    'programme ~ age + log(score) + C(sen)'
    >>> with_column("programme ~ age + log(score) + score:age", "score", False)
    'programme ~ age'
    """
    left, _, right = formula.partition("~")
    terms = _top_level_terms(right)
    if wanted and column not in formula_columns(formula, [column]):
        terms.append(f"C({column})" if category else column)
    elif not wanted:
        terms = [term for term in terms if column not in re.findall(r"\w+", term)]
    return f"{left.strip() or 'programme'} ~ {' + '.join(terms)}".rstrip()


def written_widths(text: str) -> float | dict[str, float]:
    """Read tolerances that a person typed: one for every column, or one for each that is named.

    Raises
    ------
    ValueError
        When they are neither.

    Examples
    --------
    >>> written_widths("0.05"), written_widths("age: 0.02, sen: 0.1")
    (0.05, {'age': 0.02, 'sen': 0.1})
    """
    if ":" not in text:
        width = written_number(text, "tolerances")
        if width is None:
            raise ValueError("tolerances must be a number of SDs, or one by column such as 'age: 0.02, sen: 0.1'.")
        return float(width)
    widths = {}
    for part in text.split(","):
        name, _, number = part.rpartition(":")
        width = written_number(number, f"tolerance of {name.strip()}")
        if not name.strip() or width is None:
            raise ValueError(f"{part.strip()!r} names no column and tolerance, such as 'age: 0.02'.")
        if name.strip() in widths:
            raise ValueError(f"{name.strip()} has two tolerances. Give one.")
        widths[name.strip()] = float(width)
    return widths


def widths_text(widths: float | Mapping[str, float]) -> str:
    """Write tolerances as :func:`written_widths` reads them.

    Examples
    --------
    >>> widths_text({"age": 0.02, "sen": 0.1})
    'age: 0.02, sen: 0.1'
    """
    if isinstance(widths, Mapping):
        return ", ".join(f"{name}: {width:g}" for name, width in widths.items())
    return f"{widths:g}"


def written_number(text: str, option: str) -> float | int | None:
    """Read a number that a person typed; None for a blank.

    Raises
    ------
    ValueError
        When it is no number; the message says which option.

    Examples
    --------
    >>> written_number(" 3 ", "max_controls"), written_number("", "trim"), written_number("0.99", "trim")
    (3, None, 0.99)
    """
    if not text.strip():
        return None
    try:
        number = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        number = None
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise ValueError(f"{option} must be a number, or blank for none, not {text.strip()!r}.")
    return number
