"""Read ``cohort.yaml`` and ``contract.yaml``, and say everything that is wrong with them at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from wlz_eval.cohort.derived import DERIVED, IncidentWindow
from wlz_eval.cohort.model import CohortMeta, DataUse, Period, Term
from wlz_eval.core.errors import Problem, suggestion
from wlz_eval.core.yamltext import check_yaml
from wlz_eval.reference.measures import Measure

__all__ = ["meta_text", "read_meta", "read_yaml"]

_KEYS: dict[str, list[str]] = {
    "": list(CohortMeta.model_fields),
    "terms": list(Term.model_fields),
    "measures": list(Measure.model_fields),
    "programme": list(Period.model_fields),
    "waves": list(Period.model_fields),
    "attendance_windows": list(Period.model_fields),
    "data_use": list(DataUse.model_fields),
}
#: What is wrong with the shape of a value, and how to write it, by the kind of error.
_SHAPES: dict[str, tuple[str, str]] = {
    "tuple_type": ("a list belongs here", "Begin each entry with a dash on a line of its own."),
    "dict_type": ("keys with values belong here", "Write each as key: value."),
    "model_type": ("keys with values belong here", "Write each as key: value."),
    "model_attributes_type": ("keys with values belong here", "Write each as key: value."),
    "union_tag_not_found": ("the entry names no kind", f"Add kind; valid: {', '.join(DERIVED)}."),
    "too_short": ("there is nothing in it", "Fill it in, or remove the entry."),
}


class _Loader(yaml.SafeLoader):
    """The safe loader, which also refuses a key that is given twice."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[Hashable] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is given twice", key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Read a YAML file that holds one mapping, without running anything that it asks for."""
    name = path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None, [Problem(table=name, message="the file is not UTF-8 text", remedy="Save it as UTF-8.")]
    try:
        check_yaml(text)
        value = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", "") or "cannot be read"
        tag = re.search(r"tag '([^']+)'", problem)
        if tag:
            message, remedy = (
                f"the tag {tag.group(1)} is not allowed",
                "Write plain text, numbers, lists and keys only.",
            )
        else:
            message = f"not valid YAML: {problem}"
            remedy = "Check indentation, colons and quotes at this line."
        return None, [Problem(table=name, row=mark.line + 1 if mark else None, message=message, remedy=remedy)]
    if value is None:
        return None, [Problem(table=name, message="the file is empty", remedy="wlz-eval new writes a commented one.")]
    if not isinstance(value, Mapping):
        return None, [
            Problem(
                table=name,
                message="the file is not a mapping of keys to values",
                remedy="Write one 'key: value' a line.",
            )
        ]
    return dict(value), []


def read_meta(path: Path, folder_name: str) -> tuple[CohortMeta | None, list[Problem]]:
    """Read and validate ``cohort.yaml``.

    Parameters
    ----------
    path : Path
        The file.
    folder_name : str
        Name of the folder, which the id must equal.
    """
    if not path.is_file():
        return None, [
            Problem(
                table="cohort.yaml",
                message="the file is missing",
                remedy="wlz-eval new COHORT writes a commented one.",
            )
        ]
    raw, problems = read_yaml(path)
    if raw is None:
        return None, problems
    try:
        meta = CohortMeta.model_validate(raw)
    except ValidationError as error:
        return None, [_meta_problem(detail, raw) for detail in error.errors()]
    if meta.id != folder_name:
        return meta, [
            Problem(
                table="cohort.yaml",
                column="id",
                value=meta.id,
                message=f"the id is not the name of the folder, {folder_name}",
                remedy="Rename the folder, or give the folder's name as id.",
            )
        ]
    return meta, []


def _meta_problem(detail: Any, raw: Mapping[str, Any]) -> Problem:
    path = [str(part) for part in detail["loc"] if part != "[key]"]
    kind_named = path[2] if len(path) > 2 and path[0] == "derived" and path[2] in DERIVED else ""
    where = ".".join([*path[:2], *path[3:]] if kind_named else path)
    value = detail["input"]
    shown = "" if isinstance(value, (dict, list)) or value is None else str(value)[:40]
    kind = detail["type"]
    top = path[0] if path else ""
    if kind == "extra_forbidden":
        keys = _KEYS[""] if len(path) == 1 else _KEYS.get(top, [])
        if kind_named:
            keys = list((DERIVED[kind_named] if len(path) == 4 else IncidentWindow).model_fields)
        return Problem(table="cohort.yaml", column=where, message="unknown key", remedy=suggestion(path[-1], keys))
    if kind == "missing":
        return Problem(
            table="cohort.yaml", column=where, message="the key is missing", remedy=f"Add it: {_about(path)}."
        )
    if kind == "union_tag_invalid":
        named = str(value.get("kind"))
        return Problem(
            table="cohort.yaml", column=f"{where}.kind", value=named[:40], message="there is no such kind",
            remedy=suggestion(named, list(DERIVED)),
        )
    if kind in _SHAPES:
        message, remedy = _SHAPES[kind]
        return Problem(table="cohort.yaml", column=where, value=shown, message=message, remedy=remedy)
    if top == "schema_version":
        return Problem(
            table="cohort.yaml",
            column=where,
            value=shown,
            message="unknown version of the data contract",
            remedy="This version of the suite reads schema_version: 1.",
        )
    if top == "id" and kind != "value_error":
        return Problem(
            table="cohort.yaml",
            column=where,
            value=shown,
            message="not a valid id",
            remedy="Use lower-case letters, digits and hyphens, as in the name of the folder.",
        )
    message = str(detail["msg"]).removeprefix("Value error, ")
    return Problem(
        table="cohort.yaml",
        column=where,
        value=shown,
        message=message[0].lower() + message[1:],
        remedy=f"What belongs here: {_about(path)}." if path else "",
    )


def _about(path: list[str]) -> str:
    models: dict[str, Any] = {
        "programme": Period,
        "waves": Period,
        "attendance_windows": Period,
        "terms": Term,
        "data_use": DataUse,
        "measures": Measure,
    }
    if len(path) > 2 and path[0] == "derived" and path[2] in DERIVED:
        # The key itself, or the nearest above it that is described: windows.baseline.take by take.
        fields = {**DERIVED[path[2]].model_fields, **IncidentWindow.model_fields}
        key = next((part for part in reversed(path[3:]) if part in fields), "kind")
        return (fields[key].description or key).rstrip(".")
    if path and path[0] in CohortMeta.model_fields:
        field = CohortMeta.model_fields[path[0]]
        inner = models.get(path[0])
        if inner is not None and len(path) > 1 and path[-1] in inner.model_fields:
            field = inner.model_fields[path[-1]]
        return (field.description or path[-1]).rstrip(".")
    return "a valid value"


def meta_text(meta: CohortMeta) -> str:
    """Write a description as ``cohort.yaml``, in the order of the contract; what is empty or not so is left out."""
    content = meta.model_dump(mode="python", exclude_none=True)
    kept = {key: _plain(value) for key, value in content.items() if value not in ((), {}, [], "", False)}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=100)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items() if v not in ((), [])}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (str, int, float, bool, dt.date)) or value is None:
        return value
    return str(value)
