"""A commented ``plan.yaml`` to start from, written from the option models themselves."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from wlz_eval.plan.model import PlanModel
from wlz_eval.plan.problems import nested_model

__all__ = ["explain_plan"]

#: What an example holds for keys that have no default.
_EXAMPLES: dict[str, Any] = {
    "area": "english",
    "column": "english_baseline",
    "below": 87.38,
    "formula": "programme ~ english_baseline + maths_baseline + fsm",
    "measure": "english",
    "primary": True,
    "unit_value": "one row of data/reference/unit_values.csv",
    "units_per_point": 0.0,
    "source": "illustrative",
}


def _scalar(value: Any) -> str:
    text = yaml.safe_dump(
        list(value) if isinstance(value, tuple) else value, default_flow_style=True, width=10_000
    )
    return text.replace("\n...", "").strip()


def _valid(field: FieldInfo) -> str:
    words = [a for a in getattr(field.annotation, "__args__", ()) if isinstance(a, str)]
    return f" One of: {', '.join(words)}." if words else ""


def _comment(text: str, pad: str) -> list[str]:
    return [f"{pad}# {line}" for line in textwrap.wrap(text, 100)]


def _default(name: str, field: FieldInfo, example: bool) -> Any:
    if example and name in _EXAMPLES:
        return _EXAMPLES[name]
    default = field.get_default(call_default_factory=True)
    return _EXAMPLES.get(name) if default is PydanticUndefined else default


def _block(model: type[BaseModel], indent: int, example: bool) -> list[str]:
    """Lines of one model: each key with its description above it."""
    pad, lines = " " * indent, []
    for name, field in model.model_fields.items():
        inner, is_list = nested_model(field.annotation)
        lines += _comment(f"{field.description or name}.{_valid(field)}", pad)
        if inner is None:
            lines.append(f"{pad}{name}: {_scalar(_default(name, field, example))}")
            continue
        body = _block(inner, indent + (4 if is_list else 2), example=True)
        if is_list:
            first = next(i for i, line in enumerate(body) if not line.lstrip().startswith("#"))
            body = [*body[:first], f"{pad}  - {body[first].lstrip()}", *body[first + 1 :]]
        if field.is_required() or field.default_factory is not None:
            lines += (
                [f"{pad}{name}:", *_block(inner, indent + 2, example=False)]
                if not is_list
                else [f"{pad}{name}:", *body]
            )
        else:
            lines.append(f"{pad}{name}: {_scalar(_default(name, field, False))}")
            lines += _comment("For example, instead of the line above:", pad)
            lines += [f"{pad}# {name}:", *(f"{pad}# {line[indent:]}" for line in body)]
    return lines


def _filled(lines: list[str], filled: Mapping[str, Any]) -> list[str]:
    """Put values in the place of the defaults of top-level keys."""
    made = list(lines)
    for name, value in filled.items():
        start = next(i for i, line in enumerate(made) if line.startswith(f"{name}:"))
        stop = start + 1
        while stop < len(made) and made[stop].startswith(" "):
            stop += 1
        written = yaml.safe_dump({name: value}, sort_keys=False, width=10_000).splitlines()
        made[start:stop] = written
    return made


def explain_plan(filled: Mapping[str, Any] | None = None) -> str:
    """Write a valid, commented plan: every key, what it means, what is valid, and its default.

    Parameters
    ----------
    filled : mapping, optional
        Values for top-level keys, written in the place of their defaults.

    Examples
    --------
    >>> import yaml
    >>> yaml.safe_load(explain_plan())["disclosure"]["threshold"]
    10
    """
    head = [
        "# The analysis plan: written before any outcome is looked at.",
        "# Every key is here with its default, so that what you leave out is known too.",
        "# Lock it with `wlz-eval plan COHORT --lock` and register the lock before outcomes arrive.",
        "",
    ]
    return "\n".join([*head, *_filled(_block(PlanModel, 0, example=False), filled or {}), ""])
