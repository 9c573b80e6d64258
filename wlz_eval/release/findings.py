"""The private store of findings: the only way by which a number passes from one notebook to another."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.files import write_atomic
from wlz_eval.core.finding import FINDING_COLUMNS, Counted, Finding, FindingCovariance
from wlz_eval.release.workspace import Workspace

__all__ = ["FindingSet", "FindingStore", "Stamp"]

_FIELDS = {f.name: f for f in fields(Finding)}
_INTEGERS = ("n_programme", "n_comparison", "price_year", "cell", "fewest")
_NUMBERS = ("estimate", "se", "ci_low", "ci_high", "largest", "second", "residual_df")
_COVARIANCE_SCHEMA = pa.schema(
    [("finding_a", pa.string()), ("finding_b", pa.string()), ("covariance", pa.float64())]
)
_COUNTED = pa.list_(
    pa.struct([("children", pa.string()), ("n", pa.int64()), ("each", pa.float64()), ("over", pa.bool_())])
)
_TYPES = {
    **dict.fromkeys(_INTEGERS, pa.int64()), **dict.fromkeys(_NUMBERS, pa.float64()),
    **dict.fromkeys(("primary", "only_by_itself"), pa.bool_()), "counted": _COUNTED,
}
_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in FINDING_COLUMNS])


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Where and from what a finding was made.

    Parameters
    ----------
    notebook, cohort : str
        Which notebook, for which cohort.
    cell : int
        Execution count of the cell that recorded it; 0 outside a notebook.
    plan_hash, data_hash : str
        The plan and the data that it came from.
    """

    notebook: str
    cohort: str
    cell: int
    plan_hash: str
    data_hash: str


class FindingSet:
    """Findings by their id, each with its stamp, and the covariances between them.

    Parameters
    ----------
    findings : iterable of (Finding, Stamp)
        In the order in which they were recorded.
    covariances : iterable of FindingCovariance
        Between estimates of findings of this set.
    """

    def __init__(
        self, findings: Iterable[tuple[Finding, Stamp]] = (), covariances: Iterable[FindingCovariance] = ()
    ):
        self._by_id: dict[str, tuple[Finding, Stamp]] = {f.finding_id: (f, s) for f, s in findings}
        self._covariances = tuple(covariances)

    def __iter__(self) -> Iterator[Finding]:
        return (finding for finding, _ in self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, finding_id: object) -> bool:
        return finding_id in self._by_id

    def __getitem__(self, finding_id: str) -> Finding:
        if finding_id not in self._by_id:
            raise OptionError(
                f"There is no finding {finding_id!r}. {suggestion(finding_id, list(self._by_id))}"
            )
        return self._by_id[finding_id][0]

    def __repr__(self) -> str:
        return f"<FindingSet: {len(self)} findings>"

    def get(self, finding_id: str) -> Finding | None:
        """Return the finding of this id, or None."""
        return self._by_id[finding_id][0] if finding_id in self._by_id else None

    def stamp(self, finding_id: str) -> Stamp:
        """Where and from what a finding was made."""
        self[finding_id]
        return self._by_id[finding_id][1]

    def items(self) -> Iterator[tuple[Finding, Stamp]]:
        """Iterate over findings with their stamps."""
        return iter(self._by_id.values())

    def findings(self) -> list[Finding]:
        """All findings as a list."""
        return list(self)

    def covariances(self) -> tuple[FindingCovariance, ...]:
        """Covariances between findings of this set."""
        return self._covariances

    def where(self, **wanted: Any) -> FindingSet:
        """Select findings whose fields have these values; a list or tuple means any of them.

        ``id_prefix`` selects by the beginning of the id.

        Examples
        --------
        >>> FindingSet().where(quantity="att", id_prefix="attribution.att").findings()
        []
        """
        prefix = wanted.pop("id_prefix", "")
        unknown = [name for name in wanted if name not in _FIELDS and name not in ("notebook", "cell")]
        if unknown:
            raise OptionError(
                f"A finding has no field {unknown[0]!r}. {suggestion(unknown[0], list(_FIELDS))}"
            )

        def _fits(finding: Finding, stamp: Stamp) -> bool:
            if not finding.finding_id.startswith(prefix):
                return False
            for name, value in wanted.items():
                have = getattr(stamp if name in ("notebook", "cell") else finding, name)
                if have not in value if isinstance(value, list | tuple | set) else have != value:
                    return False
            return True

        kept = [(f, s) for f, s in self.items() if _fits(f, s)]
        ids = {f.finding_id for f, _ in kept}
        return FindingSet(kept, (c for c in self._covariances if c.finding_a in ids and c.finding_b in ids))

    def one(self, **wanted: Any) -> Finding | None:
        """Return the finding whose fields have these values, or None when there is none or more than one."""
        kept = self.where(**wanted)
        return next(iter(kept)) if len(kept) == 1 else None

    def __or__(self, other: FindingSet) -> FindingSet:
        return FindingSet([*self.items(), *other.items()], [*self._covariances, *other._covariances])

    def table(self) -> pd.DataFrame:
        """One row a finding, at full precision: never for a page."""
        rows = [{**asdict(f), **asdict(s)} for f, s in self.items()]
        table = pd.DataFrame(rows, columns=list(FINDING_COLUMNS))
        for name in _INTEGERS:
            table[name] = table[name].astype("Int64")
        for name in _NUMBERS:
            table[name] = table[name].astype(float)
        return table

    def __str__(self) -> str:
        columns = ["finding_id", "estimate", "ci_low", "ci_high", "unit", "claim"]
        return self.table()[columns].to_string(index=False)


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_statistics=False, store_schema=False)
    return buffer.getvalue()


def _read_finding(row: Mapping[str, Any]) -> tuple[Finding, Stamp]:
    # A store that an earlier version wrote lacks the newest columns.
    values = {name: row[name] for name in _FIELDS if name in row}
    for name in _NUMBERS:
        values[name] = math.nan if values.get(name) is None else values[name]
    values["counted"] = tuple(Counted(**part) for part in values.get("counted") or ())
    stamp = Stamp(**{name: row[name] for name in ("notebook", "cohort", "cell", "plan_hash", "data_hash")})
    return Finding(**values), stamp


class FindingStore:
    """Findings of one cohort: one Parquet file a notebook, written whole or not at all.

    Parameters
    ----------
    workspace : Workspace
        Where the private folder is.
    cohort : str
        Id of the cohort.
    """

    def __init__(self, workspace: Workspace, cohort: str):
        self.workspace = workspace
        self.cohort = cohort

    def notebooks(self) -> list[str]:
        """Notebooks that have findings here, sorted."""
        folder = self.workspace.findings_dir(self.cohort)
        return sorted(p.stem for p in folder.glob("*.parquet") if not p.name.endswith(".covariance.parquet"))

    def write(self, notebook: str, findings: FindingSet) -> None:
        """Replace a notebook's findings. The same findings give the same bytes."""
        table = pa.Table.from_pylist(
            [{**asdict(f), **asdict(s)} for f, s in findings.items()], schema=_SCHEMA
        )
        pairs = pa.Table.from_pylist([asdict(c) for c in findings.covariances()], schema=_COVARIANCE_SCHEMA)
        write_atomic(self.workspace.covariance_file(self.cohort, notebook), _parquet(pairs))
        write_atomic(self.workspace.findings_file(self.cohort, notebook), _parquet(table))

    def read(self, notebook: str) -> FindingSet:
        """Read the findings of a notebook; an empty set when it has none."""
        path = self.workspace.findings_file(self.cohort, notebook)
        if not path.exists():
            return FindingSet()
        rows = pq.read_table(path).to_pylist()
        pairs = self.workspace.covariance_file(self.cohort, notebook)
        covariances = (
            [FindingCovariance(**row) for row in pq.read_table(pairs).to_pylist()] if pairs.exists() else []
        )
        return FindingSet([_read_finding(row) for row in rows], covariances)

    def read_all(self) -> FindingSet:
        """Read the findings of every notebook, in the order of the notebooks."""
        found = FindingSet()
        for notebook in self.notebooks():
            found = found | self.read(notebook)
        return found

    def remove(self, notebook: str) -> None:
        """Delete a notebook's findings, so that none outlive the run that made them."""
        for path in (
            self.workspace.findings_file(self.cohort, notebook),
            self.workspace.covariance_file(self.cohort, notebook),
        ):
            Path(path).unlink(missing_ok=True)
