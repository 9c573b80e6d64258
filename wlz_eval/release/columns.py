"""What a column of a shown table holds, so that the release rule knows how to treat each cell."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from wlz_eval.core.errors import ReleaseError, suggestion
from wlz_eval.core.finding import Counted
from wlz_eval.core.numbers import NOT_AVAILABLE, UNIT_DIGITS, format_chance, format_number
from wlz_eval.release.counted import any_small, as_counted
from wlz_eval.release.limits import concentrated, too_few_left
from wlz_eval.release.rule import (
    HIDDEN,
    Released,
    Rule,
    release_count,
    release_interval,
    release_number,
    release_percent,
    release_statistic,
    withheld,
)

__all__ = ["Children", "Column", "Interval", "Label", "Number", "Percent", "Statistic", "release_table"]

#: Unit of a column, or of a row, whose number is a probability in percent.
CHANCE = "chance"


@dataclass(frozen=True)
class Label:
    """Words that say what a row is: an outcome, a group, a wave. Never a number that was computed.

    Parameters
    ----------
    title : str
        Head of the column.
    dimension : str
        ``"school"`` when the rows are single schools: in public such a table is not shown at all,
        since one school is one Link Worker. ``"step"`` when each row is what is left of an earlier one, as in a flow
        chart: then what was lost between them follows. ``"gap"`` when the rows are about those lacking in groups
        whose sizes are shown elsewhere. Of both, rows with too few children are left out.
    """

    title: str
    dimension: str = ""

    def release(self, row: Mapping[str, Any], name: str, rule: Rule) -> Released:
        """Return the words of one cell."""
        value = row[name]
        if isinstance(value, bool) or (hasattr(value, "dtype") and value.dtype == bool):
            return Released(kind="label", text="yes" if value else "no")
        if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
            return Released(kind="label", text="")
        if isinstance(value, numbers.Number) and not isinstance(value, numbers.Integral):
            raise ReleaseError(
                f"Column {name!r} is given as a Label but holds the number {value}. Give it as Statistic, Percent, "
                "Children or Number, so that the release rule can judge it."
            )
        return Released(kind="label", text=str(value))


@dataclass(frozen=True)
class Children:
    """A count of children: rounded, and hidden below the threshold.

    Parameters
    ----------
    title : str
        Head of the column.
    beside : str or tuple of str
        Column or columns with the counts that add up with this one to a total that is shown. Where one of them is
        below the threshold this one is hidden too: taken from the total, it would give the other away.
    """

    title: str
    beside: str | tuple[str, ...] = ()

    def release(self, row: Mapping[str, Any], name: str, rule: Rule) -> Released:
        """Release one cell."""
        return _unless_beside(release_count(_float(row[name]), rule), row, self.beside, rule)


@dataclass(frozen=True)
class Statistic:
    """A mean, difference or slope that rests on children.

    Where the data say what a sum consists of, the rule reads it without being told: the columns ``<name>_largest`` and
    ``<name>_second`` (the two largest contributions of one child to the sum in column `name`, in its unit) and
    ``<name>_fewest`` (children behind the smallest part that follows from it), ``<name>_counted`` (of a number that is
    worked out from numbers of children, those: a tuple of :class:`wlz_eval.core.finding.Counted`), and ``residual_df``
    for what comes from a regression.

    Parameters
    ----------
    title : str
        Head of the column.
    unit : str
        A unit of :data:`wlz_eval.core.finding.Unit`, or the column that holds each row's unit; ``chance`` for a
        probability in percent, said as so many in a hundred and never as a certainty.
    n : str or tuple of str
        Column or columns with the children behind the number: hidden when any is below the threshold.
    currency : str
        ISO code, for money.
    percentile : float or None
        For a percentile of single children (50 for a median): hidden where fewer children than the threshold lie
        beyond it on a side. The smallest and the largest value, 0 and 100, are never shown.
    """

    title: str
    unit: str
    n: str | tuple[str, ...]
    currency: str = ""
    percentile: float | None = None

    def release(self, row: Mapping[str, Any], name: str, rule: Rule) -> Released:
        """Release one cell."""
        found = self._released(row, name, rule)
        found = withheld(found, rule.applies and (_too_little(row, name, rule) or self._beyond(row) < rule.threshold))
        return replace(found, counted=_counted(row, name))

    def _beyond(self, row: Mapping[str, Any]) -> float:
        """Children beyond a percentile, on the side where they are fewer."""
        if self.percentile is None:
            return math.inf
        return min(_float(row[n]) for n in _names(self.n)) * min(self.percentile, 100 - self.percentile) // 100

    def _released(self, row: Mapping[str, Any], name: str, rule: Rule) -> Released:
        ns = [_float(row[n]) for n in _names(self.n)]
        if CHANCE in (self.unit, row.get(self.unit)):
            found = release_statistic(_float(row[name]), ns, rule, "count")
            unsaid = found.hidden or found.text == NOT_AVAILABLE
            return found if unsaid else replace(found, text=format_chance(found.value))
        unit, words = _unit(self.unit, row)
        value = as_counted(_float(row[name]), _counted(row, name), rule)
        return release_statistic(value, ns, rule, unit, self.currency, words=words)


@dataclass(frozen=True)
class Percent:
    """A percentage of children (42 means 42%), shown whole.

    Hidden unless the children counted and the children not counted both reach the threshold.

    Parameters
    ----------
    title : str
        Head of the column.
    n : str
        Column with the children of whom it is a share.
    beside : str or tuple of str
        As of :class:`Children`: counts of the same children that would follow from this share and others shown.
    """

    title: str
    n: str
    beside: str | tuple[str, ...] = ()

    def release(self, row: Mapping[str, Any], name: str, rule: Rule) -> Released:
        """Release one cell."""
        found = release_percent(_float(row[name]), _float(row[self.n]), rule)
        return _unless_beside(found, row, self.beside, rule)


@dataclass(frozen=True)
class Number:
    """A number that is about no child: a price, a rate, a year, a count of schools.

    Parameters
    ----------
    title : str
        Head of the column.
    unit : str
        A unit of :data:`wlz_eval.core.finding.Unit`, or the column that holds each row's unit.
    currency : str
        ISO code, for money.
    """

    title: str
    unit: str
    currency: str = ""

    def release(self, row: Mapping[str, Any], name: str, rule: Rule) -> Released:
        """Release one cell."""
        unit, words = _unit(self.unit, row)
        return release_number(_float(row[name]), unit, self.currency, words=words)


@dataclass(frozen=True)
class Interval:
    """A 95% interval from two columns; its own name in ``columns`` need not be a column of the data.

    Ends that are worked out from numbers of children have a column ``<name of the end>_counted`` beside them, as a
    :class:`Statistic` has.

    Parameters
    ----------
    title : str
        Head of the column.
    low, high : str
        Columns with the two ends.
    unit : str
        A unit, or the column that holds each row's unit.
    n : str or tuple of str
        Columns with the children behind the interval; empty for what is about no child.
    currency : str
        ISO code, for money.
    """

    title: str
    low: str
    high: str
    unit: str
    n: str | tuple[str, ...] = ()
    currency: str = ""

    def release(self, row: Mapping[str, Any], name: str, rule: Rule) -> Released:
        """Release one cell."""
        if CHANCE in (self.unit, row.get(self.unit)):
            return Released(kind="label", text="")  # A probability has no interval.
        unit, words = _unit(self.unit, row)
        ns = [_float(row[n]) for n in _names(self.n)]
        counted = _counted(row, self.low)
        low, high = (as_counted(_float(row[end]), _counted(row, end), rule) for end in (self.low, self.high))
        found = release_interval(low, high, ns, rule, unit, self.currency, words=words)
        found = withheld(found, too_few_left(_float(row.get("residual_df")), rule) or any_small(counted, rule))
        return replace(found, counted=counted)


@dataclass(frozen=True)
class Given:
    """Numbers that were released one by one beforehand, each by its own kind (a table of findings)."""

    title: str

    def release(self, row: Mapping[str, Any], name: str, rule: Rule) -> Released:
        """Return the cell as it was released."""
        value: Released = row[name]
        return value


Column = Label | Children | Statistic | Percent | Number | Interval | Given


def _names(n: str | tuple[str, ...]) -> tuple[str, ...]:
    return (n,) if isinstance(n, str) else tuple(n)


def _too_little(row: Mapping[str, Any], name: str, rule: Rule) -> bool:
    """Whether a sum is that of one or two children, gives one of few away, or a regression has few degrees left."""
    largest, second = (_float(row.get(f"{name}_{which}")) for which in ("largest", "second"))
    return (
        concentrated(_float(row[name]), largest, second, rule)
        or _float(row.get(f"{name}_fewest")) < rule.threshold
        or too_few_left(_float(row.get("residual_df")), rule)
        or any_small(_counted(row, name), rule)
    )


def _counted(row: Mapping[str, Any], name: str) -> tuple[Counted, ...]:
    """Children from whose numbers a number of this row is worked out."""
    found = row.get(f"{name}_counted")
    return found if isinstance(found, tuple) else ()


def _unless_beside(found: Released, row: Mapping[str, Any], beside: str | tuple[str, ...], rule: Rule) -> Released:
    """Hide a number from which, with others, a count below the threshold would follow."""
    small = any(not _float(row[name]) >= rule.threshold for name in _names(beside))
    if not (small and rule.applies) or found.hidden or not math.isfinite(found.value):
        return found
    return replace(found, text=HIDDEN, value=math.nan, hidden=True)


def _float(value: Any) -> float:
    return math.nan if value is None or value is pd.NA else float(value)


def _unit(unit: str, row: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the unit of a cell, and whether its words must stand in the cell since rows differ."""
    return (unit, False) if unit in UNIT_DIGITS else (str(row[unit]), True)


def columns_needed(name: str, spec: Column) -> tuple[str, ...]:
    """Columns of the data that a column of the table is made from."""
    needed: tuple[str, ...] = (spec.low, spec.high) if isinstance(spec, Interval) else (name,)
    if isinstance(spec, Statistic | Percent | Interval):
        needed += _names(spec.n)
    if isinstance(spec, Children | Percent):
        needed += _names(spec.beside)
    if isinstance(spec, Statistic | Number | Interval) and spec.unit not in UNIT_DIGITS:
        needed += (spec.unit,)
    return needed


def check_columns(data: pd.DataFrame, columns: Mapping[str, Column]) -> None:
    """Check that a table can be released: every column described, every described column there.

    Raises
    ------
    ReleaseError
        Naming the column and what the data have.
    """
    if not columns:
        raise ReleaseError("A table was asked for without columns. Give columns={'name': Label('Title'), …}.")
    for name, spec in columns.items():
        if not isinstance(spec, Column):
            raise ReleaseError(
                f"Column {name!r} is described by {type(spec).__name__}. Describe it by one of Label, Children, "
                "Statistic, Percent, Number, Interval, so that the release rule can judge it."
            )
        for needed in columns_needed(name, spec):
            if needed not in data.columns:
                valid = [str(c) for c in data.columns]
                raise ReleaseError(
                    f"Column {name!r} needs {needed!r}, which the data do not have. {suggestion(needed, valid)}"
                )


def release_table(data: pd.DataFrame, columns: Mapping[str, Column], rule: Rule) -> list[dict[str, Released]]:
    """Release every cell of a table.

    Parameters
    ----------
    data : DataFrame
        Full precision; columns that are not described are not shown.
    columns : mapping of str to Column
        What each column holds.
    rule : Rule
        Threshold and rounding.

    Returns
    -------
    list of dict
        One a row, from the column's name to its released cell.
    """
    check_columns(data, columns)
    rows: list[dict[str, Any]] = [{str(k): v for k, v in r.items()} for r in data.to_dict(orient="records")]
    released = [{name: spec.release(row, name, rule) for name, spec in columns.items()} for row in rows]
    if rule.applies and rule.totals == "parts":
        for name, spec in columns.items():
            if isinstance(spec, Children):
                _sum_parts([_float(row[name]) for row in rows], released, name)
    return released


def _sum_parts(values: list[float], released: list[dict[str, Released]], name: str) -> None:
    """Make the total of a column, which its numbers tell, the sum of its released parts; hidden where one is."""
    for i, value in enumerate(values):
        rest = [row[name] for j, row in enumerate(released) if j != i]
        if len(rest) > 1 and value > 0 and value == math.fsum(values) - value and not released[i][name].hidden:
            total = math.fsum(cell.value for cell in rest)
            shown = HIDDEN if math.isnan(total) else format_number(total, 0)
            released[i][name] = replace(released[i][name], text=shown, value=total, hidden=math.isnan(total))
            return


def released_frame(released: list[dict[str, Released]], columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return released cells as data to draw: hidden cells are NaN, and nothing else of the data is left.

    An interval becomes its two columns, `low` and `high`.
    """
    out: dict[str, list[Any]] = {}
    for name, spec in columns.items():
        cells = [row[name] for row in released]
        if isinstance(spec, Label):
            out[name] = [cell.text for cell in cells]
        elif isinstance(spec, Interval):
            out[spec.low] = [cell.value for cell in cells]
            out[spec.high] = [cell.high for cell in cells]
        else:
            out[name] = [cell.value for cell in cells]
    return pd.DataFrame(out)
