"""A small language in which one published figure is computed from others: parsed by hand, never evaluated as code.

An expression is a number (``100``), a figure (``PIL-034``), or a function of expressions: ``sum``, ``difference``
(the first less all others), ``product``, ``ratio``, ``percent`` (of the second that the first is), ``share`` (so many
percent of a number), ``count`` (how many figures), ``low`` and ``high`` (ends of a range), ``span`` (a range), and
``of`` (the whole that stands in the sentence of a figure, such as 30 of "14 out of 30").
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["FUNCTIONS", "Figures", "Value", "evaluate", "figures_in", "parse"]

#: A number, or the two ends of a range; the upper end may be infinite.
Value = Fraction | tuple[Fraction, Fraction | float]
Node = Fraction | str | tuple[str, tuple["Node", ...]]

_TOKEN = re.compile(r"\s*(?:([A-Z]{3}-\d+(?:/\d+)?)|(\d+(?:\.\d+)?)|([a-z]+)|([(),]))")


@dataclass(frozen=True)
class Figures:
    """What an expression may name: the value of each figure, and the whole that its sentence states."""

    values: Mapping[str, Value]
    wholes: Mapping[str, Fraction]


def parse(text: str) -> Node:
    """Read an expression as a tree: a number, the id of a figure, or a function with its arguments.

    Raises
    ------
    OptionError
        Saying where the text cannot be read.

    Examples
    --------
    >>> parse("percent(PIL-008, 113)")
    ('percent', ('PIL-008', Fraction(113, 1)))
    """
    tokens, place = [], 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None:
            raise OptionError(f"{text!r} cannot be read from {text[place:].strip()!r} on.")
        tokens.append(found)
        place = found.end()
    node, after = _node(tokens, 0, text)
    if after != len(tokens):
        raise OptionError(f"{text!r} goes on after its end, with {tokens[after].group().strip()!r}.")
    return node


def _node(tokens: Sequence[re.Match[str]], at: int, text: str) -> tuple[Node, int]:
    if at >= len(tokens):
        raise OptionError(f"{text!r} stops too early.")
    figure, number, name, mark = tokens[at].groups()
    if figure:
        return figure, at + 1
    if number:
        return Fraction(number), at + 1
    if mark or name not in FUNCTIONS:
        word = mark or name
        raise OptionError(f"{text!r} has {word!r} where a value must stand. {suggestion(word, [*FUNCTIONS])}")
    arguments: list[Node] = []
    at = _expect(tokens, at + 1, "(", text)
    while True:
        argument, at = _node(tokens, at, text)
        arguments.append(argument)
        if at < len(tokens) and tokens[at].group(4) == ",":
            at += 1
            continue
        return (name, tuple(arguments)), _expect(tokens, at, ")", text)


def _expect(tokens: Sequence[re.Match[str]], at: int, mark: str, text: str) -> int:
    if at >= len(tokens) or tokens[at].group(4) != mark:
        raise OptionError(f"{text!r} lacks a {mark!r}.")
    return at + 1


def figures_in(node: Node) -> tuple[str, ...]:
    """Ids of the figures that an expression names, in its order."""
    if isinstance(node, str):
        return (node,)
    if isinstance(node, tuple):
        return tuple(i for argument in node[1] for i in figures_in(argument))
    return ()


def evaluate(node: Node, figures: Figures) -> Value:
    """Compute an expression exactly, in fractions.

    Examples
    --------
    >>> known = Figures({"PIL-061": Fraction(14)}, {"PIL-061": Fraction(30)})
    >>> evaluate(parse("percent(PIL-061, of(PIL-061))"), known)
    Fraction(140, 3)
    """
    if isinstance(node, Fraction):
        return node
    if isinstance(node, str):
        return _named(node, figures.values, "has no number that could be used")
    name, arguments = node
    if name == "of":
        return _whole(arguments, figures)
    values = [evaluate(argument, figures) for argument in arguments]
    fewest, most, work = FUNCTIONS[name]
    if not fewest <= len(values) <= most:
        raise OptionError(f"{name} was given {len(values)} values.")
    if name not in ("low", "high", "count") and any(isinstance(v, tuple) for v in values):
        raise OptionError(f"{name} needs numbers, not a range. Use low or high.")
    try:
        return work(*values)
    except ZeroDivisionError:
        raise OptionError(f"{name} would divide by nought.") from None


def _named(figure: str, known: Mapping[str, Value] | Mapping[str, Fraction], lack: str) -> Value:
    if figure not in known:
        raise OptionError(f"Figure {figure} {lack}. {suggestion(figure, list(known))}")
    return known[figure]


def _whole(arguments: Sequence[Node], figures: Figures) -> Value:
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise OptionError("of takes the id of one figure.")
    return _named(arguments[0], figures.wholes, "states no whole in its sentence")


def _end(value: Value, which: int) -> Fraction:
    if not isinstance(value, tuple):
        raise OptionError("low and high need a range.")
    end = value[which]
    if isinstance(end, float):
        raise OptionError("high needs a range with an upper end.")
    return end


def _product(*values: Fraction) -> Fraction:
    return math.prod(values, start=Fraction(1))


MANY = 1000
#: Each function: fewest and most arguments, and what it does.
FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Value]]] = {
    "sum": (2, MANY, lambda *v: sum(v, Fraction(0))),
    "difference": (2, MANY, lambda a, *v: a - sum(v)),
    "product": (2, MANY, _product),
    "ratio": (2, 2, lambda a, b: a / b),
    "percent": (2, 2, lambda a, b: 100 * a / b),
    "share": (2, 2, lambda a, b: a * b / 100),
    "count": (1, MANY, lambda *v: Fraction(len(v))),
    "low": (1, 1, lambda v: _end(v, 0)),
    "high": (1, 1, lambda v: _end(v, 1)),
    "span": (2, 2, lambda a, b: (a, b)),
    "of": (1, 1, lambda v: v),
}
