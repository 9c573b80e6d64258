"""Turn what pydantic and YAML say about a plan into problems that a person can mend."""

from __future__ import annotations

import copy
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from wlz_eval.core.errors import Problem, nearest_names
from wlz_eval.plan.model import PlanModel

__all__ = ["duplicate_keys", "key_lines", "model_at", "nested_model", "path_text", "problems_of", "without_mistakes"]


def path_text(path: Sequence[str | int]) -> str:
    """Write a path as a person would: ``outcomes[0].measure``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def nested_model(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Find the model inside an annotation, and whether it stands in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for inner in typing.get_args(annotation):
        model, _ = nested_model(inner)
        if model is not None:
            return model, typing.get_origin(annotation) in (tuple, list)
    return None, False


def model_at(path: Sequence[str | int]) -> type[BaseModel] | None:
    """Model that describes the mapping at this path of the plan, if there is one."""
    model: type[BaseModel] = PlanModel
    for part in path:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        inner = nested_model(field.annotation)[0] if field else None
        if inner is None:
            return None
        model = inner
    return model


def _nodes(
    node: yaml.Node | None, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _nodes(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield (*path, i), value.start_mark.line + 1
            yield from _nodes(value, (*path, i))


def key_lines(node: yaml.Node | None) -> dict[str, int]:
    """Line of each key of a YAML document, by its path."""
    return {path_text(path): line for path, line in _nodes(node)}


def duplicate_keys(node: yaml.Node | None, table: str) -> list[Problem]:
    """Keys that stand twice in the same mapping: YAML would silently keep the last."""
    seen: set[tuple[str | int, ...]] = set()
    problems = []
    for path, line in _nodes(node):
        if path in seen and isinstance(path[-1], str):
            problems.append(
                Problem(
                    table=table,
                    row=line,
                    column=path_text(path),
                    message="this key stands twice",
                    remedy="Keep one of them.",
                )
            )
        seen.add(path)
    return problems


def _line(lines: Mapping[str, int], path: Sequence[str | int]) -> int | None:
    for end in range(len(path), 0, -1):
        line = lines.get(path_text(path[:end]))
        if line is not None:
            return line
    return None


def _shown(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):
        return ""
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _described(model: type[BaseModel] | None, key: str) -> str:
    field = model.model_fields.get(key) if model else None
    return f"It means: {field.description}." if field and field.description else ""


def _plain_path(path: Sequence[str | int], raw: Any) -> tuple[str | int, ...]:
    """Drop from a path what only names a type: where a key may be one of several, pydantic names each that it tried."""
    plain: list[str | int] = []
    for part in path:
        model = model_at(plain)
        if model is None and not (isinstance(raw, Mapping) and part in raw) and not isinstance(part, int):
            continue
        if model is None and isinstance(part, int) and isinstance(raw, Mapping) and part not in raw:
            continue
        plain.append(part)
        raw = raw.get(part) if isinstance(raw, Mapping) else raw[part] if _holds(raw, part) else None
    return tuple(plain)


def _holds(raw: Any, part: str | int) -> bool:
    return isinstance(raw, list | tuple) and isinstance(part, int) and part < len(raw)


def _one_a_key(errors: Sequence[ErrorDetails], raw: Any) -> list[tuple[tuple[str | int, ...], ErrorDetails]]:
    """One error a key: of all types that were tried, what is wrong with the one that came furthest."""
    found: dict[tuple[str | int, ...], tuple[tuple[str | int, ...], ErrorDetails]] = {}
    for error in errors:
        path = _plain_path(error["loc"], raw)
        key = next((path[:n] for n in range(1, len(path)) if model_at(path[:n]) is None), path)
        if key not in found or len(path) > len(found[key][0]):
            found[key] = (path, error)
        elif len(error["loc"]) == len(path):
            # No type was named: several things are wrong with the same value, and each is told.
            found[(*path, len(found))] = (path, error)
    return list(found.values())


#: What pydantic calls by the names of Python's types.
_PLAIN_WORDS: Mapping[str, str] = {
    "model_type": "this must be a mapping of keys to values, indented below",
    "dict_type": "this must be a mapping of keys to values",
    "tuple_type": "this must be a list, in brackets",
    "list_type": "this must be a list, in brackets",
    "string_type": "this must be text",
    "bool_type": "this must be true or false",
    "bool_parsing": "this must be true or false",
    "invalid_key": "a key must be a word",
}


def _problem(path: Sequence[str | int], error: ErrorDetails, table: str, lines: Mapping[str, int]) -> Problem:
    parent = model_at(path[:-1]) if path else PlanModel
    key = str(path[-1]) if path else ""
    kind, context = error["type"], error.get("ctx", {})
    at: dict[str, Any] = {"table": table, "row": _line(lines, path), "column": path_text(path)}
    value = _shown(error.get("input"))
    described = _described(parent, key) or _described_above(path)
    if kind == "extra_forbidden":
        valid = sorted(parent.model_fields) if parent else []
        near = nearest_names(key.lower(), valid)
        hint = f"Did you mean {near[0]}? " if near else ""
        return Problem(
            **at, value=value, message="there is no such key", remedy=f"{hint}Valid keys here: {', '.join(valid)}."
        )
    if kind == "missing":
        return Problem(
            **at, message="this key is required and is not there", remedy=f"Add it. {described}".strip()
        )
    if kind == "literal_error":
        expected = str(context.get("expected", ""))
        valid = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
        near = nearest_names(str(error.get("input")).lower(), valid)
        hint = f"Did you mean {near[0]}? " if near else ""
        return Problem(
            **at, value=value, message="this is not one of the valid values",
            remedy=f"{hint}Valid: {', '.join(valid)}.",
        )
    if kind == "engine":
        message, _, remedy = str(context["why"]).rstrip(".").partition(". ")
        return Problem(**at, message=message, remedy=f"{remedy or 'Correct this key'}.")
    if kind == "value_error":
        message = str(context.get("error", error["msg"])).rstrip(".")
        return Problem(**at, message=message, remedy="Correct this entry.")
    message = _PLAIN_WORDS.get(kind, error["msg"][:1].lower() + error["msg"][1:])
    return Problem(**at, value=value, message=message, remedy=described or "Correct the value.")


def _described_above(path: Sequence[str | int]) -> str:
    """Explain the key of the plan in whose value a mistake lies."""
    for n in range(len(path) - 1, 0, -1):
        described = _described(model_at(path[: n - 1]), str(path[n - 1]))
        if described:
            return described
    return ""


def _primary_problem(raw: Mapping[str, Any], table: str, lines: Mapping[str, int]) -> list[Problem]:
    """Whether exactly one outcome is primary: pydantic is silent about it while other keys are wrong."""
    outcomes = raw.get("outcomes")
    if not isinstance(outcomes, list | tuple) or not outcomes:
        return []
    primary = [
        str(o.get("measure", "?")) for o in outcomes if isinstance(o, Mapping) and o.get("primary") is True
    ]
    if len(primary) == 1:
        return []
    return [
        Problem(
            table=table,
            row=lines.get("outcomes"),
            column="outcomes",
            value=", ".join(primary),
            message=f"exactly one outcome must be primary, found {len(primary)}",
            remedy="Mark exactly one with 'primary: true'.",
        )
    ]


def problems_of(
    error: ValidationError,
    raw: Mapping[str, Any],
    table: str,
    lines: Mapping[str, int],
    dropped: Sequence[str] = (),
) -> list[Problem]:
    """All problems of a validation error, in the order of the plan's keys.

    `dropped` are keys that were wrong themselves and left out: what options say of them would not be true.
    """
    gone = {path.rsplit(".", 1)[-1] for path in dropped if path.startswith("matching.")}
    details = [d for d in error.errors() if d["loc"] or d["type"] != "value_error"]
    found = [
        _problem(path, d, table, lines)
        for path, d in _one_a_key(details, raw)
        if d["type"] != "engine" or not any(key in str(d["ctx"]["why"]).lower() for key in gone)
    ]
    return [*found, *_primary_problem(raw, table, lines)]


def without_mistakes(raw: Mapping[str, Any], error: ValidationError) -> dict[str, Any]:
    """Copy of a plan without the keys that are wrong, so that the rest of it can be looked at as well.

    Examples
    --------
    >>> raw = {"outcomes": [{"measure": "english", "primary": True}], "sed": 1}
    >>> try:
    ...     PlanModel.model_validate(raw)
    ... except ValidationError as error:
    ...     print(without_mistakes(raw, error))
    {'outcomes': [{'measure': 'english', 'primary': True}]}
    """
    left = copy.deepcopy(dict(raw))
    paths = {_plain_path(d["loc"], raw) for d in error.errors() if d["loc"]}
    # The last of a list first, so that the places of the others stay as they are.
    for path in sorted(paths, key=lambda p: [(isinstance(k, str), k) for k in p], reverse=True):
        target: Any = left
        for part in path[:-1]:
            target = target.get(part) if isinstance(target, dict) else target[part] if _holds(target, part) else None
        if (isinstance(target, dict) and path[-1] in target) or _holds(target, path[-1]):
            del target[path[-1]]
    return left
