"""Children for the benchmark: six covariates, a programme that picks by them, and as many others as asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["COVARIATES", "FORMULA", "children", "write_children"]

COVARIATES = [f"x{i}" for i in range(6)]
FORMULA = f"programme ~ {' + '.join(COVARIATES)}"
#: How strongly each covariate decides who is on the programme.
SLOPES = np.linspace(0.1, 0.4, len(COVARIATES))
#: Columns of a national table that no design here needs.
UNUSED = [f"unused_{i}" for i in range(6)]
#: Children written at a time, so that writing a nation needs no more memory than this.
PART = 1_000_000


def children(programme: int, comparison: int, seed: int = 1, first: int = 0) -> pd.DataFrame:
    """Make exactly so many children of each group; covariates overlap, and labels count up from `first`."""
    n = programme + comparison
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, len(COVARIATES)))
    # Those with the largest log-odds plus a Gumbel draw: chosen with these odds, and exactly as many as asked for.
    chosen = np.argpartition(-(values @ SLOPES + rng.gumbel(size=n)), programme)[:programme]
    frame = pd.DataFrame(values, columns=COVARIATES)
    frame.insert(0, "programme", np.isin(np.arange(n), chosen).astype(int))
    frame.index = pd.Index([f"u{i:07d}" for i in range(first, first + n)], name="child_id")
    return frame


def _parts(programme: int, comparison: int) -> Iterator[pd.DataFrame]:
    parts = max(round((programme + comparison) / PART), 1)
    first = 0
    for part in range(parts):
        one, none = ((n * (part + 1)) // parts - (n * part) // parts for n in (programme, comparison))
        yield children(one, none, seed=part + 1, first=first)
        first += one + none


def write_children(path: Path, programme: int, comparison: int) -> None:
    """Write children to a Parquet file, beside columns that no design needs."""
    import pyarrow as pa
    from pyarrow import parquet

    rng = np.random.default_rng(0)
    writer = None
    for frame in _parts(programme, comparison):
        unused = pd.DataFrame(rng.normal(size=(len(frame), len(UNUSED))), columns=UNUSED, index=frame.index)
        table = pa.Table.from_pandas(pd.concat([frame, unused], axis=1).reset_index(), preserve_index=False)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
