"""Drop children without consent from every table, count them, and make the cohort of what is left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.cohort.hashing import data_hash
from wlz_eval.cohort.lookup import position
from wlz_eval.cohort.model import Cohort, CohortMeta
from wlz_eval.cohort.tables import CHILD_TABLES, HOUSEHOLD_TABLES, TABLES
from wlz_eval.core.errors import Problem
from wlz_eval.core.files import hash_bytes, hash_json

__all__ = ["finished_cohort"]


def finished_cohort(
    meta: CohortMeta,
    frames: Mapping[str, pd.DataFrame],
    contract: Mapping[str, Any] | None,
    folder: Path | None,
    warnings: tuple[Problem, ...],
) -> Cohort:
    """Drop children without consent, count them, and fingerprint what is left."""
    tables = {
        name: frame.reset_index(drop=True) for name, frame in frames.items() if len(frame) or TABLES[name].required
    }
    flow = tables.get("flow", pd.DataFrame({"stage": [], "group": [], "count": []}))
    flow = flow.reindex(columns=["stage", "group", "count"]).astype({"stage": "str", "group": "str", "count": "Int64"})
    dropped = _drop_without_consent(tables)
    if dropped:
        rows = pd.DataFrame(
            [("without consent, left out", group, n) for group, n in dropped.items()],
            columns=["stage", "group", "count"],
        )
        flow = pd.concat([flow, rows], ignore_index=True).astype({"stage": "str", "group": "str", "count": "Int64"})
        tables["flow"] = flow
    content = data_hash(tables)
    tables = {name: _ids_as_text(frame) for name, frame in tables.items()}
    description = hash_json(meta.content())
    fingerprint = hash_bytes(content.encode(), description.encode(), hash_json(contract).encode())
    return Cohort(
        meta=meta,
        tables=tables,
        folder=folder,
        data_hash=fingerprint,
        flow=flow,
        warnings=warnings,
        contract=contract,
    )


def _ids_as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn ids that were numbered for fast look-up into text again."""
    coded = [name for name in frame if str(name).endswith("_id") and isinstance(frame[name].dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(coded, "str")) if coded else frame


def _drop_without_consent(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Remove children whose consent is 'no' from every table; return how many by group."""
    children = tables["children"]
    if "consented" not in children:
        return {}
    refused = (children["consented"] == False).fillna(False).to_numpy(dtype=bool)  # noqa: E712 - three-valued
    if not refused.any():
        return {}
    kept = children[~refused]
    dropped = {str(group): int(n) for group, n in children.loc[refused, "group"].astype("str").value_counts().items()}
    tables["children"] = kept.reset_index(drop=True)
    for name in CHILD_TABLES:
        if name in tables:
            rows = tables[name]
            tables[name] = rows[position(rows["child_id"], kept["child_id"]) >= 0].reset_index(drop=True)
    for name in HOUSEHOLD_TABLES:
        if name in tables:
            rows = tables[name]
            tables[name] = rows[rows["household_id"].isin(kept["household_id"].dropna())].reset_index(drop=True)
    return {group: dropped[group] for group in sorted(dropped)}
