"""Refuse YAML that would swell, never end, or not read as it looks, before anything is made of it."""

from __future__ import annotations

import re

import yaml

__all__ = ["check_yaml"]

#: Lists and keys inside one another; a plan needs five.
DEEPEST = 30
#: Characters that turn the direction of what follows, so that a page would not show what the file says.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def check_yaml(text: str) -> None:
    """Walk over the events of a YAML text, of which none is built yet.

    A few lines of aliases can stand for billions of values, or for themselves, and a line of brackets can be
    deeper than Python can follow.

    Raises
    ------
    yaml.YAMLError
        When the text is not YAML, holds an alias or a character that turns text round, or goes deeper than ``DEEPEST``.

    Examples
    --------
    >>> check_yaml("risk: [1, 2]")
    >>> check_yaml("risk: &a [*a]")
    Traceback (most recent call last):
    ...
    yaml.error.MarkedYAMLError: the alias *a is not allowed: write the value out
      in "<unicode string>", line 1, column 11:
        risk: &a [*a]
                  ^
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _refused(f"the alias *{str(event.anchor)[:40]} is not allowed: write the value out", event)
        if isinstance(event, yaml.ScalarEvent) and (turning := _TURNING.search(str(event.value))):
            name = f"U+{ord(turning.group()):04X}"
            raise _refused(f"the character {name} turns the text after it round: write the words without it", event)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise _refused(f"lists and keys stand more than {DEEPEST} deep", event)


def _refused(problem: str, event: yaml.Event) -> yaml.error.MarkedYAMLError:
    mark = event.start_mark
    return yaml.error.MarkedYAMLError(problem=problem, problem_mark=mark if isinstance(mark, yaml.Mark) else None)
