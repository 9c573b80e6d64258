"""The measurement map: what was measured for whom, and so how far each outcome can be attributed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.attribution.options import OutcomeOptions
from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.finding import Finding, Tier
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame, analysis_frame
from wlz_eval.measures.scoring import readings
from wlz_eval.measures.scoring.comparable import Comparability, comparability

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ALL_ALIKE", "TIER_WORDS", "MeasurementMap", "OutcomeTier", "measurement_map"]

TIER_WORDS: dict[str, str] = {
    "A": "measured in both groups before and after: an effect can be estimated",
    "B": "measured in both groups after, not before: an adjusted difference at most",
    "C": "not measured alike in both groups: nothing can be attributed",
}
#: Reason of tier A; what must stand beside the number follows it.
ALL_ALIKE = "both groups, before and after, same informant and form"
TIER_LEVELS: dict[str, float] = {"A": 1.0, "B": 2.0, "C": 3.0}
#: Fewest children of a group for an outcome to count as measured there.
FEWEST_CHILDREN = 10
#: A baseline counts as held when at least this share of the children with the outcome have it, in each group.
BASELINE_SHARE = 0.5
_KEYS = ["measure", "wave", "informant", "form", "group"]


@dataclass(frozen=True, kw_only=True)
class OutcomeTier:
    """The tier of one outcome, and why.

    Parameters
    ----------
    measure, wave, label : str
    tier : {"A", "B", "C"}
    reason : str
        One sentence fragment.
    informant, form : str
        Whose rating, on which form, counts in both groups.
    primary : bool
    programme_before, comparison_before, programme_after, comparison_after : int
        Children measured, at baseline and at the outcome's wave.
    """

    measure: str
    wave: str
    label: str
    tier: Tier
    reason: str
    informant: str
    form: str
    primary: bool
    programme_before: int
    comparison_before: int
    programme_after: int
    comparison_after: int


@dataclass(frozen=True, repr=False)
class MeasurementMap(Result):
    """Outcome x group x wave x informant x form, and the tier of each outcome of the plan.

    Parameters
    ----------
    tiers : tuple of OutcomeTier
    cells : DataFrame
        ``measure``, ``wave``, ``informant``, ``form``, ``programme``, ``comparison``: children measured.
    """

    tiers: tuple[OutcomeTier, ...]
    cells: pd.DataFrame
    title: str = "What was measured, for whom and when"

    def row(self, measure: str, wave: str) -> OutcomeTier:
        """Everything about one outcome."""
        for row in self.tiers:
            if (row.measure, row.wave) == (measure, wave):
                return row
        names = [f"{row.measure} {row.wave}" for row in self.tiers]
        raise OptionError(
            f"{measure} {wave} is not an outcome of the plan. {suggestion(f'{measure} {wave}', names)}"
        )

    def tier(self, measure: str, wave: str) -> Tier:
        """Tier of one outcome."""
        return self.row(measure, wave).tier

    def table(self) -> pd.DataFrame:
        """One row an outcome: tier, reason and children measured."""
        columns = list(OutcomeTier.__dataclass_fields__)
        return pd.DataFrame([[getattr(row, c) for c in columns] for row in self.tiers], columns=columns)

    def plot(self) -> Figure:
        """Children measured by outcome, group and wave, as dots that are filled where measured."""
        return draw_map(self.table())

    def findings(self) -> tuple[Finding, ...]:
        """One finding an outcome: its tier as a level (1 is A, 2 is B, 3 is C)."""
        return tuple(
            Finding(
                finding_id=f"attribution.tier.{row.measure}.{row.wave}",
                quantity="tier",
                unit="level",
                estimate=TIER_LEVELS[row.tier],
                claim="description",
                outcome=row.measure,
                wave=row.wave,
                tier=row.tier,
                primary=row.primary,
                method="measurement map",
                note=row.reason,
            )
            for row in self.tiers
        )


def draw_map(table: pd.DataFrame) -> Figure:
    """Draw the measurement map; hidden counts (missing values) are drawn as not measured."""
    columns = ["programme_before", "programme_after", "comparison_before", "comparison_after"]
    figure, axes = new_figure(height=1.3 + 0.32 * len(table))
    for x, column in enumerate(columns):
        group = column.split("_")[0]
        measured = table[column].fillna(0).to_numpy(dtype=float) > 0
        y = np.arange(len(table))
        axes.scatter(np.full(measured.sum(), x), y[measured], s=90, color=COLOURS[group])
        axes.scatter(
            np.full((~measured).sum(), x), y[~measured], s=90, facecolors="white", edgecolors=COLOURS["light"]
        )
    names = [f"{row.label}, {row.wave} (tier {row.tier})" for row in table.itertuples()]
    axes.set_yticks(range(len(table)), names)
    axes.set_xticks(
        range(4), ["programme\nbefore", "programme\nafter", "comparison\nbefore", "comparison\nafter"]
    )
    axes.set_xlim(-0.5, 3.5)
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.grid(visible=False)
    return figure


def _text(table: pd.DataFrame, column: str) -> pd.Series:
    if column not in table:
        return pd.Series("", index=table.index, dtype="category")
    values = table[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.add_categories([""] if "" not in values.cat.categories else []).fillna("")
    return values.astype(object).where(values.notna(), "").astype("category")


def _count_cells(cohort: Cohort, frame: AnalysisFrame) -> pd.DataFrame:
    """Count the children measured, by measure, wave, informant, form and group."""
    table = readings(cohort)
    child = frame.data.index.get_indexer(pd.Index(table["child_id"].astype(str)))
    held = (child >= 0) & table["value"].notna().to_numpy()
    table, child = table.loc[held], child[held]
    counted = pd.DataFrame({key: _text(table, key) for key in _KEYS[:-1]})
    programme = frame.data["programme"].to_numpy() == 1
    counted["group"] = np.where(programme[child], "programme", "comparison")
    # A child with repeated readings counts once in a cell.
    cell = counted.groupby(_KEYS, observed=True, sort=False).ngroup().to_numpy(dtype=np.int64)
    _, first = np.unique(cell * len(frame.data) + child, return_index=True)
    groups = counted.loc[counted.index[first]].groupby(_KEYS, observed=True).size()
    rows = groups.rename("children").reset_index().astype(dict.fromkeys(_KEYS, object))
    rows = rows.pivot_table(index=_KEYS[:-1], columns="group", values="children", fill_value=0).reset_index()
    for name in ("programme", "comparison"):
        if name not in rows:
            rows[name] = 0
    known = set(rows["measure"]) | set(rows["measure"] + "_" + rows["informant"])
    return pd.concat([rows, _count_derived(frame, known)], ignore_index=True)[
        [*_KEYS[:-1], "programme", "comparison"]
    ]


def _count_derived(frame: AnalysisFrame, known: set[str]) -> pd.DataFrame:
    """Count attendance from the registers, the one measure of the frame that is no reading.

    `known` holds the names of the readings, alone and with an informant, as the frame may call them.
    """
    rows = []
    programme = frame.data["programme"] == 1
    for column in frame.data.columns:
        for wave in WAVES:
            measure = str(column).removesuffix(f"_{wave}")
            if (
                measure == column
                or measure in known
                or (wave == "baseline" and str(column).endswith("pre_baseline"))
            ):
                continue
            held = frame.data[column].notna()
            rows.append(
                {
                    "measure": measure,
                    "wave": wave,
                    "informant": "admin",
                    "form": "",
                    "programme": int((held & programme).sum()),
                    "comparison": int((held & ~programme).sum()),
                }
            )
    return pd.DataFrame(rows, columns=[*_KEYS[:-1], "programme", "comparison"])


def _compared(cohort: Cohort, outcome: OutcomeOptions, informant: str) -> Comparability:
    """Whether one informant's readings of an outcome may be compared with those at the start."""
    try:
        return comparability(cohort, outcome.measure, outcome.wave, informant=informant)
    except OptionError as error:
        return Comparability(verdict="labelled", reasons=(f"not known whether it may be compared: {error}",))


def _against_start(found: Comparability) -> dict[str, object]:
    """Tier of an outcome that both groups have before and after: A, unless before and after may not be compared.

    What only has to be labelled stands in the reason, so that it is read wherever the tier is.
    """
    why = "; ".join(found.reasons)
    if found.verdict == "refused":
        return {"tier": "B", "reason": f"both groups after, but before and after cannot be compared: {why}"}
    return {"tier": "A", "reason": f"{ALL_ALIKE}; note: {why}" if why else ALL_ALIKE}


def _judge(
    cells: pd.DataFrame, outcome: OutcomeOptions, compared: Callable[[str], Comparability]
) -> dict[str, object]:
    """Decide the tier of one outcome from its cells, and from whether an informant's readings may be compared."""
    own = cells[cells["measure"] == outcome.measure]
    if outcome.informant:
        own = own[own["informant"] == outcome.informant]
    after, before = own[own["wave"] == outcome.wave], own[own["wave"] == "baseline"]
    facts: dict[str, object] = {
        "informant": "",
        "form": "",
        "programme_before": int(before["programme"].sum()),
        "comparison_before": int(before["comparison"].sum()),
        "programme_after": int(after["programme"].sum()),
        "comparison_after": int(after["comparison"].sum()),
    }
    if not facts["programme_after"]:
        return {**facts, "tier": "C", "reason": "not measured for programme children at this wave"}
    shared = after[(after["programme"] >= FEWEST_CHILDREN) & (after["comparison"] >= FEWEST_CHILDREN)]
    if shared.empty:
        few = 0 < int(after["comparison"].sum()) < FEWEST_CHILDREN
        unlike = int(after["comparison"].sum()) >= FEWEST_CHILDREN
        why = "measured for programme children only"
        why = "measured for too few comparison children" if few else why
        return {
            **facts,
            "tier": "C",
            "reason": "informant or form differs between the groups" if unlike else why,
        }
    best = shared.iloc[int(shared[["programme", "comparison"]].min(axis=1).to_numpy().argmax())]
    alike = before[before["informant"] == best["informant"]]
    same = alike[alike["form"] == best["form"]]
    facts |= {"informant": best["informant"], "form": best["form"]}
    for group in ("programme", "comparison"):
        facts[f"{group}_after"] = int(best[group])
        facts[f"{group}_before"] = int(same[group].sum())
    if all(
        same[g].sum() >= max(FEWEST_CHILDREN, BASELINE_SHARE * best[g]) for g in ("programme", "comparison")
    ):
        return {**facts, **_against_start(compared(str(best["informant"])))}
    if all(alike[g].sum() >= BASELINE_SHARE * best[g] for g in ("programme", "comparison")):
        return {**facts, "tier": "B", "reason": "the form before differs from the form after"}
    return {**facts, "tier": "B", "reason": "both groups after, but no baseline of it held for both"}


def measurement_map(
    cohort: Cohort, outcomes: Sequence[OutcomeOptions], frame: AnalysisFrame | None = None
) -> MeasurementMap:
    """Map what was measured for whom, and put each outcome of the plan in its tier.

    A: both groups, before and after, same informant and form. B: both groups after, but no such baseline, or one that
    may not be compared with it (see :func:`wlz_eval.measures.scoring.comparable.comparability`).
    C: programme children only, or measured differently in the two groups.

    Parameters
    ----------
    cohort : Cohort
    outcomes : sequence of OutcomeOptions
        Outcomes that the plan names.
    frame : AnalysisFrame, optional
        Who counts; made from the cohort when left out.
    """
    cells = _count_cells(cohort, frame or analysis_frame(cohort))
    return MeasurementMap(
        tiers=tuple(
            OutcomeTier(
                measure=o.measure,
                wave=o.wave,
                label=cohort.measure(o.measure).label,
                primary=o.primary,
                **_judge(cells, o, partial(_compared, cohort, o)),  # type: ignore[arg-type]
            )
            for o in outcomes
        ),
        cells=cells,
    )
