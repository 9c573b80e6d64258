"""Partners that returned nothing: no measure though children were with them, or no session at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.measures.quality.clues import Clue
from wlz_eval.measures.quality.held import Held

__all__ = ["partner_clues", "partner_return"]

#: How much the shares that partners return differ: intra-partner correlation of a beta-binomial.
RETURN_ICC = 0.1
#: How much partners differ in size: squared coefficient of variation of the children of a partner.
SIZE_CV2 = 0.25


def partner_return(held: Held) -> pd.DataFrame:
    """Count what each partner returned.

    Returns
    -------
    DataFrame
        One row a partner of the ``partners`` table: ``partner_id``, ``name``, ``children`` with a session planned,
        ``main`` (children who have most of their sessions with it), ``returned`` (children with a measure of it), and
        ``returned_main`` (of those whose main partner it is).
    """
    columns = ["partner_id", "name", "children", "main", "returned", "returned_main"]
    if not held.cohort.has("partners"):
        return pd.DataFrame(columns=columns)
    partners = held.cohort["partners"]
    ids = partners["partner_id"].astype("str")
    names = partners["name"].astype("str").fillna(ids) if "name" in partners else ids
    out = pd.DataFrame({"partner_id": ids.to_numpy(), "name": names.to_numpy()}).sort_values("partner_id")
    planned = _pairs(held, "sessions").value_counts().rename("sessions").reset_index()
    planned = planned.sort_values(["child_id", "sessions", "partner_id"], ascending=[True, False, True])
    main = planned.drop_duplicates("child_id")
    given = _pairs(held, "partner_measures").drop_duplicates()
    both = main.merge(given, on=["child_id", "partner_id"])
    for name, rows in (("children", planned), ("main", main), ("returned", given), ("returned_main", both)):
        out[name] = out["partner_id"].map(rows["partner_id"].value_counts()).fillna(0).astype(int)
    return out.reset_index(drop=True)[columns]


def _pairs(held: Held, table: str) -> pd.DataFrame:
    """Child and partner of each row of a table."""
    if not held.cohort.has(table):
        return pd.DataFrame({"child_id": [], "partner_id": []}, dtype="str")
    rows = held.cohort[table]
    if "value" in rows:
        rows = rows[rows["value"].notna()]
    return rows[["child_id", "partner_id"]].astype("str")


def partner_clues(held: Held) -> list[Clue]:
    """Ask of each partner that returned nothing how likely that is, from what the other partners returned.

    Measures: beta-binomial, the others' share of children of whom a measure came back. Sessions: negative binomial, the
    others' mean number of children.
    """
    table = partner_return(held)
    clues = []
    for i, row in table.iterrows():
        others = table.drop(index=i)
        for name, p, size in (
            ("partner_measures", _no_measures(row, others), int(row["main"])),
            ("sessions", _no_sessions(row, others), int(others["children"].sum())),
        ):
            if np.isfinite(p):
                clues.append(
                    Clue(
                        kind="silent_partner", table=name, partner=str(row["partner_id"]), p=p, size=size,
                        affected=int(row["main"]),
                        because="children were with it, and no measure came back" if name == "partner_measures"
                        else "it is listed, and no session of it is recorded",
                    )
                )
    return clues


def _no_measures(row: pd.Series, others: pd.DataFrame) -> float:
    """Chance that none of a partner's children has a measure; NaN where no partner returns any, or it has no child."""
    n, seen = int(row["main"]), int(others["main"].sum())
    if not others["returned"].sum() or not n or not seen:
        return float("nan")
    if row["returned"]:
        return 1.0
    share = (others["returned_main"].sum() + 0.5) / (seen + 1)
    a, b = share * (1 / RETURN_ICC - 1), (1 - share) * (1 / RETURN_ICC - 1)
    steps = np.arange(n)
    return float(np.prod((b + steps) / (a + b + steps)))


def _no_sessions(row: pd.Series, others: pd.DataFrame) -> float:
    """Chance that a partner has no child at all, where the others have as many as they have."""
    if not others["children"].sum():
        return float("nan")
    if row["children"]:
        return 1.0
    counts = others.loc[others["children"] > 0, "children"].to_numpy(dtype=float)
    mean = float(counts.mean())
    spread = (counts.var(ddof=1) - mean) / mean**2 if len(counts) > 1 else 0.0
    k = 1 / max(spread, SIZE_CV2)
    return float((k / (k + mean)) ** k)
