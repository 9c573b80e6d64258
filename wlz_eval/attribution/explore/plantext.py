"""The chosen design as the ``matching:`` block of a plan, and that block in a plan's own text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from wlz_eval.attribution.explore.choices import default_of, knows
from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.cohort.find import find_cohort
from wlz_eval.core.errors import DesignError
from wlz_eval.core.files import write_atomic
from wlz_eval.core.yamltext import check_yaml

__all__ = ["PlanWritten", "edited_plan", "matching_block", "write_matching"]

PLAN_FILE = "plan.yaml"
LOCK_FILE = "plan.lock.yaml"
KEY = "matching"
#: Keys that a block names whatever their value.
ALWAYS = ("formula", "comparison")
BOM = "\ufeff"


@dataclass(frozen=True, repr=False)
class PlanWritten:
    """That a design was written into a plan.

    Parameters
    ----------
    path : Path
    changed : tuple of str
        Keys below ``matching`` whose value is now another.
    locked : bool
        Whether the plan had been locked.
    """

    path: Path
    changed: tuple[str, ...]
    locked: bool

    def __repr__(self) -> str:
        if not self.changed:
            return f"{self.path} already says this; nothing was written."
        keys = ", ".join(f"{KEY}.{name}" for name in self.changed)
        text = f"Written into {self.path}: {keys}."
        if self.locked:
            text += " The plan was locked, so every report will say that these were changed since."
        return text


def _plain(matching: MatchingOptions) -> dict[str, Any]:
    return matching.model_dump(mode="json")


def _named(matching: MatchingOptions) -> dict[str, Any]:
    """Keys that a block must name: formula, comparison and what differs from the default."""
    values = matching.model_dump()
    plain = _plain(matching)
    return {name: plain[name] for name in plain if name in ALWAYS or values[name] != default_of(name)}


def _written(value: Any) -> str:
    """One value on one line of YAML."""
    text = yaml.safe_dump([value], default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False)
    return text.strip()[1:-1]


def matching_block(matching: MatchingOptions) -> str:
    """Write a design as the ``matching:`` block of a plan: formula, comparison and what is not the default.

    Examples
    --------
    >>> print(matching_block(MatchingOptions(formula="programme ~ age", ratio=2, exact=("sen",))))
    matching:
      formula: programme ~ age
      comparison: other_school
      ratio: 2
      exact: [sen]
    <BLANKLINE>
    """
    return "".join([f"{KEY}:\n", *(f"  {name}: {_written(value)}\n" for name, value in _named(matching).items())])


def _block_nodes(text: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value of the ``matching`` block; None when the plan has none."""
    try:
        check_yaml(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise DesignError(f"The plan is not valid YAML, so nothing can be written into it: {error}") from None
    if not isinstance(root, yaml.MappingNode):
        return None
    return next(((key, value) for key, value in root.value if key.value == KEY), None)


def _end(node: yaml.Node, text: str) -> int:
    """Where a node's own text ends: without the blank lines and comments that YAML counts to a block."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(text[start:end].rstrip())


def _line_end(text: str, at: int) -> int:
    """Start of the line after the one in which a position stands."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _replaced(text: str, key: yaml.Node, value: yaml.Node, new: str) -> str:
    """Put a new value, on the line of its key, in the place of one that may stand below it."""
    colon = text.index(":", key.end_mark.index) + 1
    between, rest = text[colon : value.start_mark.index], text[_end(value, text) :]
    if "\n" in between:
        return f"{text[:colon]} {new}{between.rstrip()}{rest}"
    return f"{text[:colon]}{between or ' '}{new}{rest}"


def _edit_entries(text: str, block: yaml.MappingNode, matching: MatchingOptions) -> str:
    """Change the entries of a block that say something else, take out those that no longer count, add the new.

    Going backwards leaves the places of the entries before as they are.
    """
    plain, needed, values = _plain(matching), _named(matching), matching.model_dump()
    old = yaml.safe_load(text)[KEY]
    newline = "\r\n" if "\r\n" in text else "\n"
    there = {key.value: (key, value) for key, value in block.value}
    indent = " " * block.value[0][0].start_mark.column
    extra = [f"{indent}{name}: {_written(needed[name])}{newline}" for name in needed if name not in there]
    at = _line_end(text, _end(block, text))
    lead = newline if at == len(text) and not text.endswith("\n") and extra else ""
    text = text[:at] + lead + "".join(extra) + text[at:]
    for name, (key, value) in reversed(there.items()):
        if name in needed or knows(name, values):
            if old[name] != plain.get(name):
                text = _replaced(text, key, value, _written(plain[name]))
        else:
            start = text.rfind("\n", 0, key.start_mark.index) + 1
            text = text[:start] + text[_line_end(text, _end(value, text)) :]
    return text


def edited_plan(text: str, matching: MatchingOptions) -> str:
    r"""Put a design into the text of a plan, and leave all its other text and comments as they are.

    Comments inside the block stay too, save on the line of an entry that is taken out and inside a list that changes.
    A block in braces is written anew.

    Raises
    ------
    DesignError
        When the text is no plan, or is written so that the block cannot be changed in its place.

    Examples
    --------
    >>> old = "seed: 1  # ours\nmatching:\n  formula: programme ~ age\n  caliper: 0.2  # usual\n"
    >>> print(edited_plan(old, MatchingOptions(formula="programme ~ age", caliper=0.1)), end="")
    seed: 1  # ours
    matching:
      formula: programme ~ age
      caliper: 0.1  # usual
      comparison: other_school
    """
    found, newline = _block_nodes(text), "\r\n" if "\r\n" in text else "\n"
    block = matching_block(matching).replace("\n", newline)
    if found is None:
        new = text + ("" if text.endswith("\n") or not text else newline) + newline + block
    elif isinstance(found[1], yaml.MappingNode) and not found[1].flow_style and found[1].value:
        new = _edit_entries(text, found[1], matching)
    else:
        start, end = found[0].start_mark.index, max(_end(found[1], text), found[0].end_mark.index + 1)
        new = text[:start] + block.rstrip() + text[end:]
    _check_edit(text, new, matching)
    return new


def _check_edit(old: str, new: str, matching: MatchingOptions) -> None:
    """Hold an edited plan against what was meant: the block says the design, and all else what it said."""
    try:
        before, after = yaml.safe_load(old), yaml.safe_load(new)
        rest = {k: v for k, v in before.items() if k != KEY} == {k: v for k, v in after.items() if k != KEY}
        same = rest and _plain(MatchingOptions.model_validate(after[KEY])) == _plain(matching)
    except (yaml.YAMLError, ValueError, AttributeError, TypeError, KeyError):
        same = False
    if not same:
        raise DesignError(
            "The plan is written in a way in which its matching block cannot be changed safely in place. Copy the "
            "block from the panel into it by hand; nothing was written."
        )


def _changed(old: str, matching: MatchingOptions) -> tuple[str, ...]:
    before: Mapping[str, Any] = (yaml.safe_load(old) or {}).get(KEY) or {}
    plain = _plain(matching)
    defaults = {name: default_of(name) for name in plain if name != "formula"}
    return tuple(
        name
        for name, value in plain.items()
        if before.get(name, list(d) if isinstance(d := defaults.get(name), tuple) else d) != value
    )


def write_matching(cohort_folder: str | Path, matching: MatchingOptions, locked: bool = False) -> PlanWritten:
    """Write a design into a cohort's plan; see :func:`edited_plan`.

    Parameters
    ----------
    cohort_folder : str or Path
        A cohort's folder, or its id under data/cohorts.
    matching : MatchingOptions
    locked : bool
        Say so, to change a plan that was locked: every report will show the change.

    Returns
    -------
    PlanWritten

    Raises
    ------
    DesignError
        When there is no plan, when it is locked and `locked` does not say so, or it cannot be changed in place.
    CohortError
        When there is no such cohort.
    """
    folder = find_cohort(cohort_folder)
    path = folder / PLAN_FILE
    has_lock = (folder / LOCK_FILE).is_file()
    if not path.is_file():
        raise DesignError(f"There is no {path}. `wlz-eval new` makes a commented one to start from.")
    if has_lock and not locked:
        raise DesignError(
            f"The plan in {folder} is locked. A change now will be shown in every report as made since the lock. "
            "If that is meant, say locked=True."
        )
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise DesignError(f"{path} is not UTF-8 text. Save it as UTF-8 first.") from None
    body = text.removeprefix(BOM)
    new = edited_plan(body, matching)
    changed = _changed(body, matching)
    if changed:
        write_atomic(path, (BOM if text.startswith(BOM) else "") + new)
    return PlanWritten(path=path, changed=changed, locked=has_lock)
