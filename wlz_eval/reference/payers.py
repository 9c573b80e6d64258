"""Who pays for a programme, and the purse that each belongs to."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pydantic import Field

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["NOT_STATED", "Payer", "payer_groups", "payers"]

#: Payer of lines that name none.
NOT_STATED = "not stated"


class Payer(ReferenceRow):
    """One payer."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Name in tables")
    label: str = Field(description="Name in reports")
    group: str = Field(description="Purse that it belongs to")


@functools.cache
def payers() -> Mapping[str, Payer]:
    """Read ``data/reference/payers.csv``, by name."""
    return MappingProxyType({row.name: row for row in read_rows("payers.csv", Payer)})


def payer_groups(names: Iterable[str], own: Mapping[str, str], table: str) -> list[str]:
    """Purse of each payer.

    Parameters
    ----------
    names : iterable of str
        Payers of a table.
    own : mapping of str to str
        The plan's own payers and their purses.
    table : str
        Name of the table, for the error.

    Raises
    ------
    OptionError
        For payers that neither the registry nor the plan knows.

    Examples
    --------
    >>> payer_groups(["council", "foundations"], {}, "costs")
    ['local_authority', 'philanthropy']
    """
    known = {NOT_STATED: NOT_STATED, **{name: row.group for name, row in payers().items()}, **own}
    asked = list(names)
    wrong = sorted(set(asked) - set(known))
    if wrong:
        valid = [name for name in known if name != NOT_STATED]
        raise OptionError(
            f"Table {table}, column payer: unknown payer {', '.join(map(repr, wrong))}. {suggestion(wrong[0], valid)} "
            "Correct the table, or name your own payer and its purse under value.payers in plan.yaml."
        )
    return [known[name] for name in asked]
