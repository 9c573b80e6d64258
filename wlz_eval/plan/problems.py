"""Turn what pydantic and YAML say about a plan into problems that a person can mend."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from wlz_eval.core.errors import Problem, nearest_names
from wlz_eval.plan.model import PlanModel

__all__ = ["duplicate_keys", "key_lines", "model_at", "nested_model", "path_text", "problems_of"]


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


def _problem(error: ErrorDetails, table: str, lines: Mapping[str, int]) -> Problem:
    path = error["loc"]
    parent = model_at(path[:-1]) if path else PlanModel
    key = str(path[-1]) if path else ""
    kind, context = error["type"], error.get("ctx", {})
    column, row, value = path_text(path), _line(lines, path), _shown(error.get("input"))
    if kind == "extra_forbidden":
        valid = sorted(parent.model_fields) if parent else []
        near = nearest_names(key, valid)
        hint = f"Did you mean {near[0]}? " if near else ""
        return Problem(
            table=table,
            row=row,
            column=column,
            value=value,
            message="there is no such key",
            remedy=f"{hint}Valid keys here: {', '.join(valid)}.",
        )
    if kind == "missing":
        return Problem(
            table=table,
            row=row,
            column=column,
            message="this key is required and is not there",
            remedy=f"Add it. {_described(parent, key)}".strip(),
        )
    if kind == "literal_error":
        expected = str(context.get("expected", ""))
        valid = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
        near = nearest_names(str(error.get("input")), valid)
        hint = f"Did you mean {near[0]}? " if near else ""
        return Problem(
            table=table,
            row=row,
            column=column,
            value=value,
            message="this is not one of the valid values",
            remedy=f"{hint}Valid: {', '.join(valid)}.",
        )
    if kind == "value_error":
        message = str(context.get("error", error["msg"]))
        return Problem(table=table, row=row, column=column, message=message, remedy="Correct this entry.")
    message = error["msg"][:1].lower() + error["msg"][1:]
    return Problem(
        table=table,
        row=row,
        column=column,
        value=value,
        message=message,
        remedy=_described(parent, key) or "Correct the value.",
    )


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
    error: ValidationError, raw: Mapping[str, Any], table: str, lines: Mapping[str, int]
) -> list[Problem]:
    """All problems of a validation error, in the order of the plan's keys."""
    details = [d for d in error.errors() if d["loc"] or d["type"] != "value_error"]
    return [*(_problem(d, table, lines) for d in details), *_primary_problem(raw, table, lines)]
