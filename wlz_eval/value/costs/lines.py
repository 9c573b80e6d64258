"""Cost and funding lines of a cohort in one price year."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.reference.payers import NOT_STATED, payer_groups
from wlz_eval.value.options import ValueOptions
from wlz_eval.value.prices.deflate import deflate, has_price_index
from wlz_eval.value.prices.discount import discount_factors

__all__ = ["COLUMNS", "common_price_year", "money_lines", "period_year", "programme_years"]

COLUMNS = ["item", "category", "payer", "purse", "kind", "phase", "variable", "year", "amount", "present_value"]
KINDS = ("cash", "in_kind")


def programme_years(cohort: Cohort) -> int:
    """Length of the programme in whole years, at least one: benefits start when it ends."""
    period = cohort.meta.programme
    return max(1, round((period.end - period.start).days / 365.25))


def period_year(period: object, first_year: int) -> int:
    """Year of a cost line, counted from the year in which the programme starts.

    Parameters
    ----------
    period : object
        Text that begins with a year, such as ``2022/23`` or ``2022``; anything else counts as year 0.
    first_year : int
        Calendar year in which the programme starts.

    Examples
    --------
    >>> period_year("2023/24", 2022), period_year("", 2022)
    (1, 0)
    """
    found = re.match(r"\s*((?:19|20)\d\d)\b", str(period)) if isinstance(period, str) else None
    return max(0, int(found.group(1)) - first_year) if found else 0


def _column(table: pd.DataFrame, name: str, default: str) -> list[str]:
    if name not in table:
        return [default] * len(table)
    return [default if pd.isna(v) or not str(v) else str(v) for v in table[name]]


def _problems(table: pd.DataFrame, name: str) -> Iterator[str]:
    """Yield what is wrong with the lines of a money table."""
    other = "put income in the funding table" if name == "costs" else "put what was spent in the costs table"
    kinds = _column(table, "kind", "cash")
    for i, (item, amount, year) in enumerate(zip(table["item"], table["amount"], table["price_year"], strict=True)):
        where = f"Table {name}, line {str(item)!r}:"
        if pd.isna(amount) or not np.isfinite(float(amount)):
            yield f"{where} the amount is missing or not a number. Give it in the currency of cohort.yaml."
        elif float(amount) < 0:
            yield f"{where} the amount is negative; {other}."
        if pd.isna(year):
            yield f"{where} it has no price_year. Say in the prices of which year the amount is counted."
        if kinds[i] not in KINDS:
            yield f"{where} unknown kind {kinds[i]!r}. Valid: {', '.join(KINDS)}."


def common_price_year(table: pd.DataFrame, cohort: Cohort, options: ValueOptions) -> tuple[int, tuple[str, ...]]:
    """Price year of the result: the plan's, unless the currency has no index by which to get there.

    Raises
    ------
    OptionError
        When amounts of several price years cannot be brought together.
    """
    years = sorted({int(y) for y in table["price_year"]})
    if has_price_index(cohort.currency) or years == [options.price_year]:
        return options.price_year, ()
    if len(years) == 1:
        return years[0], (f"Costs stay in their own price year: no price index is held for {cohort.currency}.",)
    raise OptionError(
        f"Costs are in prices of {', '.join(map(str, years))} and no price index is held for "
        f"{cohort.currency}, so they cannot be added. Give every line in the same price_year."
    )


def money_lines(table: pd.DataFrame, name: str, cohort: Cohort, options: ValueOptions, price_year: int) -> pd.DataFrame:
    """Bring the lines of a money table to one price year.

    Parameters
    ----------
    table : DataFrame
        The cohort's ``costs`` or ``funding``.
    name : {"costs", "funding"}
        Which, for errors.
    cohort : Cohort
        Its currency and its first year.
    options : ValueOptions
        Discount schedule, own payers, variable and start-up categories.
    price_year : int
        Year to whose prices amounts are brought.

    Returns
    -------
    DataFrame
        `COLUMNS`: ``purse`` is the group of the payer, ``phase`` start_up or running, ``variable`` whether the line
        grows with every further child, ``year`` counted from the start of the programme.

    Raises
    ------
    OptionError
        For negative or missing amounts, unknown kinds and payers, price years outside the index.
    """
    table = table.reset_index(drop=True)
    wrong = list(_problems(table, name))
    if wrong:
        raise OptionError("\n".join(wrong))
    amounts = [
        float(deflate(a, int(y), price_year, cohort.currency))
        for a, y in zip(table["amount"].astype(float), table["price_year"], strict=True)
    ]
    first = cohort.meta.programme.start.year
    years = [period_year(p, first) for p in (table["period"] if "period" in table else [""] * len(table))]
    category, payer = _column(table, "category", NOT_STATED), _column(table, "payer", NOT_STATED)
    lines = pd.DataFrame(
        {
            "item": table["item"].astype(str),
            "category": category,
            "payer": payer,
            "purse": payer_groups(payer, options.payers, name),
            "kind": _column(table, "kind", "cash"),
            "phase": ["start_up" if c in options.start_up_categories else "running" for c in category],
            "variable": [c in options.variable_categories for c in category],
            "year": years,
            "amount": amounts,
            "present_value": np.asarray(amounts) * discount_factors(years, options.schedule),
        }
    )
    return lines[COLUMNS]
