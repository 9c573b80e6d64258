"""Can the data be trusted? What is held, for how many, and what looks odd."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.cohort.tables import TABLES
from wlz_eval.core.figures import COLOURS, MARKERS, new_figure
from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.measures.frame import AnalysisFrame

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DataQuality", "data_quality", "plot_completeness"]


@dataclass(frozen=True)
class DataQuality(Result):
    """What a cohort holds.

    Parameters
    ----------
    held : DataFrame
        One row a table of the data contract: ``table``, ``name`` and ``row_is`` in words, ``rows``, ``held``.
    completeness : DataFrame
        One row a measure and wave: children of each group, those with a value, and those without.
    oddities : DataFrame
        One row a kind of oddity: ``what``, ``values`` (how many), ``share`` of all values in percent,
        ``how_many`` in words.
    flow : DataFrame
        Participant flow.
    primary : str
        Label of the primary outcome, and how many have it: see ``findings``.
    counts : dict
        Children and schools of each group, and children with the primary outcome before and after.
    warnings : int
        Warnings that the check of the data gave.
    evidence : str
        Whether the data are measured or simulated.
    """

    held: pd.DataFrame
    completeness: pd.DataFrame
    oddities: pd.DataFrame
    flow: pd.DataFrame
    primary: str
    counts: dict[str, int]
    warnings: int = 0
    evidence: Evidence = "measured"

    title = "What the cohort holds, by measure and wave"

    @property
    def answer(self) -> str:
        """Template of the answer in one or two sentences; its placeholders are those of :meth:`words`."""
        text = (
            "The tables hold {programme} of the programme, from {programme_schools}; {programme_known} have {label} "
            "both before and after."
        )
        if not self.counts["comparison"]:
            return f"{text} There are no comparison children, so nothing can be compared."
        return (
            text + " Beside them stand {comparison} of the comparison group, from {comparison_schools}; "
            "{comparison_known} have both readings."
        )

    def words(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the answer's placeholders, from recorded findings."""
        values: dict[str, Any] = {"label": self.primary}
        for group in ("programme", "comparison"):
            values |= {
                group: facts[f"data.children.{group}"],
                f"{group}_schools": facts[f"data.schools.{group}"],
                f"{group}_known": facts[f"data.primary_known.{group}"],
            }
        return values

    @property
    def warned(self) -> str:
        """Whether the check of the data gave warnings, as a sentence."""
        if not self.warnings:
            return "The check of the data gave no warnings."
        return "The check of the data gave warnings; those who hold the data can list them with wlz-eval check."

    def table(self) -> pd.DataFrame:
        """Return completeness by measure and wave."""
        return self.completeness

    def findings(self) -> list[Finding]:
        """Return counts of children and schools, and completeness."""
        found = []
        for group in ("programme", "comparison"):
            n = self.counts[group]
            field: dict[str, Any] = {f"n_{group}": n}
            common: dict[str, Any] = {"claim": "description", "group": group, "evidence": self.evidence}
            found += [
                Finding(
                    finding_id=f"data.children.{group}",
                    quantity="count",
                    estimate=n,
                    unit="children",
                    **field,
                    **common,
                ),
                Finding(
                    finding_id=f"data.schools.{group}",
                    quantity="schools",
                    estimate=self.counts[f"{group}_schools"],
                    unit="schools",
                    **common,
                ),
                Finding(
                    finding_id=f"data.primary_known.{group}",
                    quantity="children_with_the_primary_outcome_at_both_waves",
                    estimate=self.counts[f"{group}_primary"],
                    unit="children",
                    primary=True,
                    **field,
                    **common,
                ),
            ]
        for row in self.completeness.to_dict(orient="records"):
            for group in ("programme", "comparison"):
                n = int(row[f"{group}_children"])
                if n and row[f"{group}_known"] > 0:
                    found.append(
                        Finding(
                            finding_id=f"data.complete.{row['measure']}.{row['wave']}.{group}",
                            quantity="share_known",
                            estimate=100 * row[f"{group}_known"] / n,
                            unit="percent",
                            claim="description",
                            outcome=row["measure"],
                            wave=row["wave"],
                            group=group,
                            evidence=self.evidence,
                            n_programme=n if group == "programme" else None,
                            n_comparison=n if group == "comparison" else None,
                        )
                    )
        return found

    def plot(self) -> Figure:
        """Draw completeness of each measure and wave."""
        return plot_completeness(self.completeness)


#: Rows of a table in plainer words than the data contract's own.
_PLAIN_ROWS = {
    "measures": "one score of a child at one time",
    "exposures": "any other support that a child had",
    "costs": "one cost",
    "funding": "one source of money",
    "rate_card": "something that is paid for under the outcomes contract, and its price",
    "targets": "a target of the outcomes contract",
    "evidence": "a proof that an outcome was reached",
    "flow": "how many children were left at one step before the data begin",
}


def _held(cohort: Cohort) -> pd.DataFrame:
    rows = [
        {
            "table": name,
            "name": name.replace("_", " ").capitalize(),
            "row_is": _PLAIN_ROWS.get(name, table.row),
            "rows": len(cohort[name]) if cohort.has(name) else 0,
            "held": "yes" if cohort.has(name) else "no",
        }
        for name, table in TABLES.items()
    ]
    return pd.DataFrame(rows)


def _completeness(cohort: Cohort, data: pd.DataFrame) -> pd.DataFrame:
    programme = data["programme"].to_numpy() == 1
    rows = []
    for column in data.columns:
        wave = next((w for w in WAVES if column.endswith(f"_{w}")), "")
        measure = column.removesuffix(f"_{wave}") if wave else ""
        if not measure:
            continue
        known = data[column].notna().to_numpy()
        row: dict[str, Any] = {
            "measure": measure,
            "label": cohort.measure(measure).label,
            "wave": wave,
            "when": WAVE_WORDS[wave],
        }
        for group, members in (("programme", programme), ("comparison", ~programme)):
            row |= {
                f"{group}_children": int(members.sum()),
                f"{group}_known": int((known & members).sum()),
                f"{group}_missing": int((~known & members).sum()),
            }
        both = (row["programme_known"] > 0, row["comparison_known"] > 0)
        row["held_for"] = {
            (True, True): "both groups",
            (True, False): "programme only",
            (False, True): "comparison only",
            (False, False): "nobody",
        }[both]
        for group, held in zip(("programme", "comparison"), both, strict=True):
            # That a group has none at all is a fact about the tables (held_for), and counts no children.
            if not held:
                row |= {f"{group}_known": math.nan, f"{group}_missing": math.nan}
        rows.append(row)
    table = pd.DataFrame(
        rows,
        columns=[
            "measure",
            "label",
            "wave",
            "when",
            "held_for",
            "programme_children",
            "programme_known",
            "programme_missing",
            "comparison_children",
            "comparison_known",
            "comparison_missing",
        ],
    )
    order = {wave: i for i, wave in enumerate(WAVES)}
    return table.sort_values(
        ["measure", "wave"],
        key=lambda s: s.map(order) if s.name == "wave" else s,
        kind="stable",
        ignore_index=True,
    )


def _oddities(cohort: Cohort) -> pd.DataFrame:
    table = cohort.measures
    total = len(table)
    repeated = int(table.duplicated(["child_id", "measure", "wave"]).sum())
    rows = [
        ("value is blank", int(table["value"].isna().sum())),
        ("same child, measure and wave again", repeated),
    ]
    if "date" in table:
        outside = np.zeros(total, dtype=bool)
        for wave, period in cohort.meta.waves.items():
            there = (table["wave"] == wave).to_numpy(dtype=bool)
            late = (table["date"] < pd.Timestamp(period.start)) | (table["date"] > pd.Timestamp(period.end))
            outside |= there & late.to_numpy(dtype=bool)
        rows.append(("date outside the wave", int(outside.sum())))
        rows.append(("no date", int(table["date"].isna().sum())))
    if "form" in table:
        forms = table.dropna(subset=["form"]).groupby("measure", observed=True)["form"].nunique()
        rows.append(("measures with more than one form", int((forms > 1).sum())))
    frame = pd.DataFrame(rows, columns=["what", "values"])
    frame["share"] = np.where(frame["what"].str.startswith("measures"), math.nan, 100 * frame["values"] / max(total, 1))
    frame["how_many"] = np.select(
        [frame["values"] == 0, frame["share"] < 1], ["none", "less than one value in a hundred"], "some"
    )
    return frame


def data_quality(cohort: Cohort, frame: AnalysisFrame, primary: str) -> DataQuality:
    """Describe what a cohort holds and what is missing.

    Parameters
    ----------
    cohort : Cohort
        The loaded cohort.
    frame : AnalysisFrame
        Its analysis frame.
    primary : str
        Column of the primary outcome, such as ``english_endline``.

    Returns
    -------
    DataQuality
        Tables held, completeness, oddities, flow and findings.
    """
    data = frame.data
    measure = next((primary.removesuffix(f"_{w}") for w in WAVES if primary.endswith(f"_{w}")), primary)
    both = [c for c in (f"{measure}_baseline", primary) if c in data]
    known = data[both].notna().all(axis=1) if len(both) == 2 else pd.Series(False, index=data.index)
    counts: dict[str, int] = {}
    for group, members in (("programme", data["programme"] == 1), ("comparison", data["programme"] == 0)):
        counts[group] = int(members.sum())
        counts[f"{group}_schools"] = int(data.loc[members, "school_id"].nunique()) if "school_id" in data else 0
        counts[f"{group}_primary"] = int((known & members).sum())
    return DataQuality(
        held=_held(cohort),
        completeness=_completeness(cohort, data),
        oddities=_oddities(cohort),
        flow=frame.flow,
        primary=cohort.measure(measure).label,
        counts=counts,
        warnings=len(cohort.warnings),
        evidence="simulated" if cohort.provenance == "synthetic" else "measured",
    )


def plot_completeness(data: pd.DataFrame) -> Figure:
    """Draw how many children of each group have a value, by measure and wave.

    Parameters
    ----------
    data : DataFrame
        Columns ``label``, ``when``, ``programme_known``, ``programme_children``, ``comparison_known``,
        ``comparison_children``; hidden numbers are ``nan`` and are not drawn.
    """
    rows = data.reset_index(drop=True)
    figure, axes = new_figure(height=1.4 + 0.24 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1]
    for group, shift in (("programme", 0.13), ("comparison", -0.13)):
        share = 100 * rows[f"{group}_known"].to_numpy(dtype=float) / rows[f"{group}_children"].to_numpy(dtype=float)
        axes.plot(
            np.minimum(share, 100),
            y + shift,
            MARKERS[group],
            color=COLOURS[group],
            label=f"{group} children",
            linestyle="none",
        )
    axes.set_yticks(y, [f"{r.label}, {r.when}" for r in rows.itertuples()])
    axes.set_xlim(0, 103)
    axes.set_xlabel("Children with a value (%)")
    figure.legend(loc="outside upper left", ncols=2, frameon=False)
    return figure
