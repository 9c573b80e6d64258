"""What the gate knows of a cohort's tables: identifiers, rare words of children, months of birth."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wlz_eval.release.gate.unfold import fold

if TYPE_CHECKING:
    import pandas as pd

    from wlz_eval.cohort.model import Cohort

__all__ = ["NOTHING", "Known", "known_of"]

#: Pseudonyms that pages may show: a partner is an organisation.
_OPEN = frozenset(("partner_id",))
#: Words of the contract that are put to children, not of them, and that pages name: one of these may be rare.
_NAMED = frozenset((("feedback", "question"), ("exposures", "period")))
_MONTH = re.compile(r"((?:19|20)\d\d)-(0[1-9]|1[0-2])(?:-\d\d)?")
#: Letters from which one word alone is looked for; below, and among the suite's own words, it cannot be told apart.
_WORD = 5
#: Letters up to which an identifier cannot be told from an initial or an abbreviation.
_INITIALS = 2
#: Letters and digits from which an identifier is looked for in pieces, and from its end.
_SPLIT = 6


@dataclass(frozen=True, repr=False)
class Known:
    """What must not appear in anything that is published.

    Parameters
    ----------
    identifiers : frozenset of str
        Of children, persons, households, schools and raters, those of children without consent included.
    values : frozenset of str
        Words in free text and in columns outside the contract that fewer children than the threshold share.
    months : frozenset of str
        Months of birth, as ``2014-03``.
    """

    identifiers: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    months: frozenset[str] = frozenset()

    def __or__(self, other: Known) -> Known:
        return Known(
            self.identifiers | other.identifiers, self.values | other.values, self.months | other.months
        )

    @functools.cached_property
    def folded(self) -> frozenset[str]:
        """The identifiers in one spelling."""
        return frozenset(folded for i in self.identifiers if (folded := fold(str(i)).strip()))

    @functools.cached_property
    def numbers(self) -> frozenset[str]:
        """Identifiers of digits only."""
        return frozenset(i for i in self.folded if i.isdigit())

    @functools.cached_property
    def common(self) -> frozenset[str]:
        """Identifiers of a letter or two, or that are a word of the suite's own, such as ``A`` or ``north``."""
        letters = (i for i in self.folded if i.isalpha())
        return frozenset(i for i in letters if len(i) <= _INITIALS or i in own_words())

    @functools.cached_property
    def words(self) -> frozenset[str]:
        """Identifiers of one piece that are no bare number and no common word."""
        return frozenset(i for i in self.folded - self.numbers - self.common if i.isalnum())

    @functools.cached_property
    def parted(self) -> frozenset[str]:
        """Identifiers of several pieces, such as ``hou-03``."""
        return self.folded - self.numbers - self.words - self.common

    @functools.cached_property
    def long(self) -> frozenset[str]:
        """Identifiers that would be recognised in a few pieces."""
        return frozenset(i for i in self.words if len(i) >= _SPLIT and not i.isalpha())

    @functools.cached_property
    def reversed(self) -> frozenset[str]:
        """Identifiers that would be recognised, written from their end."""
        return frozenset(i[::-1] for i in self.long)


#: A site without a cohort.
NOTHING = Known()


def known_of(cohort: Cohort, threshold: int = 10, planned: Iterable[str] = ()) -> Known:
    """Gather what the gate looks for from every table of a cohort, children without consent included.

    Parameters
    ----------
    cohort : Cohort
        Read again from its folder where it has one, since loading drops children without consent and columns that
        nobody asked for.
    threshold : int
        A word that fewer children share than this must not be published.
    planned : iterable of str
        Columns outside the contract that the plan asks for, as ``table.column``: they are shown under the release
        rule.

    Returns
    -------
    Known
        Identifiers, rare words and months of birth.
    """
    from wlz_eval.cohort.tables import TABLES

    found = NOTHING
    asked = frozenset(planned)
    for name in TABLES:
        table = _raw(cohort, name)
        if table is not None:
            found |= _of_table(table, name, threshold, asked)
    return Known(found.identifiers, found.values, found.months - _described(cohort))


def _raw(cohort: Cohort, name: str) -> pd.DataFrame | None:
    """Read the columns of words of one table, unless it holds numbers and known words only."""
    import pandas as pd

    if cohort.folder is None:
        return cohort.tables.get(name)
    parquet, text = cohort.folder / f"{name}.parquet", cohort.folder / f"{name}.csv"
    if parquet.exists():
        import pyarrow.parquet as pq

        wanted = [c for c in pq.read_schema(parquet).names if _is_searched(name, c) or c == "child_id"]
        return pq.read_table(parquet, columns=wanted).to_pandas() if wanted else None
    if text.exists():
        return pd.read_csv(
            text, dtype=str, encoding="utf-8-sig", keep_default_na=False,
            usecols=lambda c: _is_searched(name, str(c).strip()) or str(c).strip() == "child_id",
        )
    return None


def _is_searched(table: str, column: str) -> bool:
    """Whether a column may hold what must not be published: identifiers, free text, months, anything unknown."""
    from wlz_eval.cohort.tables import TABLES

    kinds = {c.name: c.kind for c in TABLES[table].columns}
    if column in _OPEN or (table, column) in _NAMED:
        return False
    return kinds.get(column, "unknown") in ("id", "text", "month", "unknown")


def _of_table(table: pd.DataFrame, name: str, threshold: int, planned: frozenset[str]) -> Known:
    from wlz_eval.cohort.tables import TABLES

    kinds = {c.name: c.kind for c in TABLES[name].columns}
    identifiers: set[str] = set()
    values: set[str] = set()
    months: set[str] = set()
    for column in table.columns:
        bare = str(column).strip()
        kind = kinds.get(bare, "unknown")
        if not _is_searched(name, bare):
            continue
        if kind == "id":
            identifiers |= _texts(table[column])
        elif kind == "month":
            months |= {f"{m.group(1)}-{m.group(2)}" for t in _texts(table[column]) if (m := _MONTH.match(t))}
        elif "child_id" in table.columns and f"{name}.{bare}" not in planned:
            values |= set(_rare(table, column, threshold))
    return Known(frozenset(identifiers), frozenset(values), frozenset(months))


def _texts(cells: pd.Series) -> set[str]:
    return {text for value in cells.dropna().unique() if (text := str(value).strip())}


def _rare(table: pd.DataFrame, column: str, threshold: int) -> Iterator[str]:
    """Yield the values of a column that fewer children share than the threshold and that can be told from others."""
    if table[column].dtype.kind in "biufcM":
        return
    cells = table[["child_id", column]].dropna()
    shared = cells.groupby(column)["child_id"].nunique()
    for value in shared.index[shared < threshold]:
        folded = " ".join(fold(str(value)).split())
        if _tellable(folded):
            yield folded


def _tellable(value: str) -> bool:
    """Whether a value would be recognised on a page: a phrase, a date, or a word that is not the suite's own."""
    if re.fullmatch(r"[\d.,/ -]*", value):
        return bool(_MONTH.fullmatch(value)) or bool(re.fullmatch(r"\d\d?/\d\d?/(?:19|20)\d\d", value))
    words = re.findall(r"[^\W_]+", value)
    if len(words) >= 2 and len(value) >= 2 * _WORD:
        return not all(word in own_words() for word in words) or len(words) >= 4
    return len(value) >= _WORD and value not in own_words()


@functools.cache
def own_words() -> frozenset[str]:
    """Every word that the suite itself may print: of its code, templates and notebooks."""
    from wlz_eval.core.files import project_root

    package = Path(__file__).parents[2]
    files = [*package.rglob("*.py"), *package.rglob("*.j2"), *(project_root() / "notebooks").rglob("*.ipynb")]
    found: set[str] = set()
    for path in files:
        found.update(re.findall(r"[^\W_]+", path.read_text(encoding="utf-8").casefold()))
    return frozenset(found)


def _described(cohort: Cohort) -> frozenset[str]:
    """Months that cohort.yaml itself names, such as those of a wave: a page may speak of them."""
    meta = cohort.meta
    periods = [meta.programme, *meta.waves.values(), *meta.terms, *meta.attendance_windows.values()]
    return frozenset(f"{day:%Y-%m}" for period in periods for day in (period.start, period.end))
