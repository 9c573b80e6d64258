"""Is any group of children chosen, kept or moved on less than others? Shares set beside those of all other children."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.core.words import COLUMN_WORDS
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.identification.eligible import (
    FEWEST_OTHERS,
    at_programme_schools,
    eligible_pupils,
    school_codes,
)
from wlz_eval.measures.identification.intervals import Interval, leave_one_out
from wlz_eval.measures.labels import column_label
from wlz_eval.measures.options import IdentificationOptions, RiskRule

__all__ = ["CHARACTERISTICS", "STAGES", "Equality", "equality"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CHARACTERISTICS = ("ethnicity", "gender", "sen", "fsm", "eal")
YES_NO = ("fsm", "eal")
#: What is asked of each group, in order.
STAGES: Mapping[str, str] = {
    "identified": "Picked by the rules, of the pupils of the programme's schools",
    "chosen": "Offered a place, of the pupils of the programme's schools",
    "in_need": "On the programme, of those pupils whom the plan's rule picks",
    "started": "Started, of those offered a place",
    "left": "Left early, of those who started",
    "measured": "Has a result on the main outcome, of those who started",
    "progress": "Change on the main outcome, of those who started",
}
#: With fewer children than this counted, or not counted, on either side, no interval is given.
FEWEST_EACH = 5
SIGNIFICANT = 0.05
OTHERS = "other groups"


@dataclass(frozen=True, kw_only=True, repr=False)
class Equality(Result):
    """Each group of children beside all others, stage by stage.

    Parameters
    ----------
    rows : DataFrame
        One row a stage and group: ``stage``, ``label``, ``n``, ``others``, ``percent``, ``others_percent`` (means for
        progress), ``difference``, ``ci_low``, ``ci_high``, ``p``, ``p_family`` (Bonferroni, over the groups of the
        stage), ``clear`` (in words), ``fewest`` (fewest children counted or not counted on either side).
    left_out : tuple of str
        Stages, and why nothing is said of them, as sentences.
    merged : str
        Sentence on small groups; empty when there were none.
    evidence : str
    unit : str
        Unit of progress.
    threshold : int
        Fewest children counted, and not counted, of a share that is shown.
    """

    rows: pd.DataFrame
    left_out: tuple[str, ...]
    merged: str
    evidence: Evidence = "measured"
    unit: str = "points"
    threshold: int = 10

    title = "Groups of children beside all others"

    def table(self) -> pd.DataFrame:
        """Return one row a stage and group."""
        return self.rows

    def of(self, *stages: str) -> pd.DataFrame:
        """Rows of these stages that have an interval, with what may stand on a page.

        ``percent_n`` and ``others_n`` are 0 where either side has too few children counted, or not counted, for
        its share to be shown: a share beside a hidden one would give the hidden one away.
        """
        rows = self.rows[self.rows["stage"].isin(stages) & self.rows["p"].notna()].copy()
        enough = rows["fewest"] >= self.threshold
        return rows.assign(
            percent_n=rows["n"].where(enough, 0), others_n=rows["others"].where(enough, 0),
            stage_words=[STAGES[s] for s in rows["stage"]],
            unit=[self.unit if s == "progress" else "percentage_points" for s in rows["stage"]],
        )

    @property
    def sentence(self) -> str:
        """Whether any group differs clearly once it is allowed for that many groups were looked at."""
        if self.rows.empty:
            return "The tables hold nothing by which groups of children could be compared."
        judged = self.rows[self.rows["p_family"].notna()]
        clear = judged[judged["p_family"] < SIGNIFICANT]
        start = "Each group is set beside all other children. "
        if judged.empty:
            return start + "There are too few children or schools to tell any difference from chance."
        if clear.empty:
            return start + (
                "No difference is clear once it is allowed for that many groups were looked at; with few schools, "
                "sizeable differences can stay unseen."
            )
        said = [
            f"{WAYS[stage][sign]}: {', '.join(rows['label'])}"
            for stage in STAGES
            for sign, rows in ((0, _named(clear, stage, 1)), (1, _named(clear, stage, -1)))
            if len(rows)
        ]
        if not said:
            return start + "Some differences are clear, in groups too small to be named."
        return start + f"Clear, though many groups were looked at: {'; '.join(said)}."

    def findings(self) -> list[Finding]:
        """Return the difference of each group at each stage."""
        return [
            Finding(
                finding_id=f"identification.equality.{row['stage']}.{row['key']}",
                quantity=f"difference_from_other_children_{row['stage']}", estimate=row["difference"], se=row["se"],
                ci_low=row["ci_low"], ci_high=row["ci_high"], subgroup=row["label"], claim="description",
                unit=self.unit if row["stage"] == "progress" else "percentage_points",  # type: ignore[arg-type]
                n_programme=int(row["fewest"]), evidence=self.evidence, group="programme", method=row["method"],
            )
            for row in self.rows.to_dict(orient="records")
            if math.isfinite(row["difference"])
        ]


WAYS = {
    "identified": ("more often picked by the rules", "less often picked by the rules"),
    "chosen": ("more often offered a place", "less often offered a place"),
    "in_need": ("with the same need more often on the programme", "with the same need less often on the programme"),
    "started": ("more often started", "less often started"),
    "left": ("more often left early", "less often left early"),
    "measured": ("more often have a result", "less often have a result"),
    "progress": ("moved up more", "moved up less"),
}


def _named(clear: pd.DataFrame, stage: str, sign: int) -> pd.DataFrame:
    """Rows of a stage whose difference has this sign and may be named."""
    return clear[(clear["stage"] == stage) & (np.sign(clear["difference"]) == sign) & (clear["clear"] != "")]


@dataclass(frozen=True)
class _Stage:
    """Children of a stage, what is asked of them, and whether that is yes or no."""

    name: str
    children: pd.DataFrame
    value: Array
    yes_no: bool = True


def _in_need(frame: AnalysisFrame, rules: Sequence[RiskRule], areas: int) -> _Stage | None:
    """Find the pupils whom the plan's rule picks, and whether each was on the programme."""
    pupils = eligible_pupils(frame, rules)
    picked = (pupils.flags.sum(axis=1) >= areas).to_numpy(dtype=bool)
    if not pupils.enough or not picked.any():
        return None
    return _Stage("in_need", pupils.data[picked], np.asarray(pupils.programme[picked], dtype=float))


def _stages(
    cohort: Cohort, frame: AnalysisFrame, outcome: str, in_need: _Stage | None
) -> tuple[list[_Stage], list[str]]:
    children = cohort.children.set_index("child_id").sort_index()
    programme = children["group"] == "programme"
    eligible = children[at_programme_schools(children, programme)]
    made, said = [], []
    if int((eligible["group"] != "programme").sum()) < FEWEST_OTHERS:
        said.append(
            "The tables do not hold the other pupils of the programme's schools, so it cannot be said whether some "
            "groups were chosen more often."
        )
    else:
        chosen = (eligible["group"] == "programme").to_numpy(dtype=float)
        made.append(_Stage("chosen", eligible, chosen))
        if "identified" in eligible:
            known = eligible[eligible["identified"].notna()]
            picked = known["identified"].to_numpy(dtype=float)
            if len(known) >= MOST * len(eligible) and not np.array_equal(picked, chosen):
                made.insert(0, _Stage("identified", known, picked))
    made += [in_need] if in_need is not None else []
    offered = children[programme]
    started = np.ones(len(offered), dtype=bool)
    if "started" in offered:
        started = offered["started"].fillna(True).to_numpy(dtype=bool)
    if not started.all():
        made.append(_Stage("started", offered, np.asarray(started, dtype=float)))
    joined = offered[started]
    if "left" in joined and joined["left"].notna().any():
        made.append(_Stage("left", joined, np.asarray(joined["left"].notna(), dtype=float)))
    else:
        said.append("The tables name nobody who left early, so groups cannot be compared in that.")
    return made + _outcome_stages(joined, frame, outcome, said), [CONSENT, *said]


#: Share of the eligible of whom it must be recorded whether the rules picked them.
MOST = 0.9
CONSENT = (
    "Children without consent are left out when the tables are read, so it cannot be said whether some groups consent "
    "less often: schools would have to count that themselves."
)


def _outcome_stages(joined: pd.DataFrame, frame: AnalysisFrame, outcome: str, said: list[str]) -> list[_Stage]:
    rows = frame.data.reindex(joined.index)
    if outcome not in rows:
        said.append("The main outcome has no result at the end yet, so groups cannot be compared in it.")
        return []
    known = rows[outcome].notna().to_numpy(dtype=bool)
    made = [_Stage("measured", joined, np.asarray(known, dtype=float))] if not known.all() else []
    first = f"{outcome.rsplit('_', 1)[0]}_baseline"
    if first not in rows:
        said.append("The main outcome was not measured at the start, so groups cannot be compared in their progress.")
        return made
    change = (rows[outcome] - rows[first]).to_numpy(dtype=float)
    both = np.isfinite(change)
    return [*made, _Stage("progress", joined[both], change[both], yes_no=False)]


def _groups(children: pd.DataFrame, column: str, threshold: int) -> tuple[pd.Series, bool]:
    """Group of each child (missing stays missing), small ones merged; and whether any were."""
    if column in YES_NO:
        yes = children[column].astype("Float64")
        return yes.map({1.0: "yes", 0.0: "no"}, na_action="ignore").astype(object), False
    values = children[column].astype(object).where(children[column].notna(), None)
    sizes = values.value_counts()
    small = [str(g) for g in sizes.index[sizes < threshold]]
    return values.map(lambda g: OTHERS if str(g) in small else g, na_action="ignore"), bool(small)


def _compared(groups: pd.Series) -> Iterator[str]:
    """Name the groups to set beside the others: of two, one is enough."""
    names = sorted(str(g) for g in groups.dropna().unique())
    if names == ["no", "yes"]:
        yield "yes"
    elif len(names) == 2:
        yield min(names, key=lambda name: (name == OTHERS, name))
    elif len(names) > 2:
        yield from (name for name in names if name != "none")


def _difference(value: Array, own: Mask, school: npt.NDArray[np.intp]) -> Interval:
    def gap(keep: Mask) -> float:
        a, b = value[keep & own], value[keep & ~own]
        return float(a.mean() - b.mean()) if len(a) and len(b) else math.nan

    return leave_one_out(gap, school, own if own.sum() <= (~own).sum() else ~own)


def _row(stage: _Stage, own: Mask, school: npt.NDArray[np.intp], value: Array) -> dict[str, object]:
    sides = [value[own], value[~own]]
    counted = [n for side in sides for n in ((side.sum(), (1 - side).sum()) if stage.yes_no else (len(side),))]
    fewest, scale = int(min(counted)), 100.0 if stage.yes_no else 1.0
    found = _difference(value, own, school)
    sure = fewest >= FEWEST_EACH
    how = "each school left out in turn" if found.by_school else "each child left out in turn, schools being too few"
    return {
        "n": int(own.sum()), "others": int((~own).sum()), "percent": scale * float(sides[0].mean()),
        "others_percent": scale * float(sides[1].mean()), "yes_no": stage.yes_no, "difference": scale * found.estimate,
        "se": scale * found.se if sure else math.nan, "ci_low": scale * found.low if sure else math.nan,
        "ci_high": scale * found.high if sure else math.nan, "p": found.p if sure else math.nan, "fewest": fewest,
        "method": how,
    }


def _stage_rows(cohort: Cohort, stage: _Stage, threshold: int) -> tuple[list[dict[str, object]], set[str]]:
    rows, merged = [], set()
    codes = school_codes(stage.children)
    for column in CHARACTERISTICS:
        if column not in stage.children:
            continue
        groups, small = _groups(stage.children, column, threshold)
        known = groups.notna().to_numpy(dtype=bool)
        if small:
            merged.add(COLUMN_WORDS[column].lower())
        for name in _compared(groups):
            own = (groups == name).to_numpy(dtype=bool)[known]
            if min(own.sum(), (~own).sum()) < threshold:
                continue
            label = COLUMN_WORDS[column] if name == "yes" else column_label(cohort, f"{column}: {name}")
            key = column if name == "yes" else f"{column}_{name.replace(' ', '_')}"
            rows.append(
                {"stage": stage.name, "key": key, "label": label, **_row(stage, own, codes[known], stage.value[known])}
            )
    return rows, merged


COLUMNS = (
    "stage", "key", "label", "yes_no", "n", "others", "percent", "others_percent", "difference", "se", "ci_low",
    "ci_high", "p", "fewest", "method", "p_family", "clear",
)


def _clear(row: pd.Series, threshold: int) -> str:
    if row["fewest"] < threshold or not math.isfinite(row["p"]):
        return ""
    if row["p_family"] < SIGNIFICANT:
        return "yes"
    return "only if asked alone" if row["p"] < SIGNIFICANT else "no"


def equality(
    cohort: Cohort,
    frame: AnalysisFrame,
    rules: Sequence[RiskRule],
    outcome: str,
    options: IdentificationOptions | None = None,
    *,
    threshold: int = 10,
) -> Equality:
    """Set each group of children beside all others: chosen, started, left, measured, moved on.

    Groups are those of ethnicity, sex, special educational needs, free school meals and English as an additional
    language. Differences are plain (not adjusted for need). Intervals leave each school out in turn; the p-values
    of a stage are multiplied by the number of groups looked at (Bonferroni).

    Parameters
    ----------
    cohort : Cohort
        Its children table holds those offered a place who never started, too.
    frame : AnalysisFrame
    rules : sequence of RiskRule
        The plan's rules, for pupils with the same need.
    outcome : str
        Column of the main outcome, such as ``english_endline``.
    options : IdentificationOptions, optional
        How many areas the plan's rule asks for.
    threshold : int
        Groups with fewer children are counted together.

    Returns
    -------
    Equality
    """
    areas = (options or IdentificationOptions.model_validate({})).areas
    stages, said = _stages(cohort, frame, outcome, _in_need(frame, rules, areas))
    rows: list[pd.DataFrame] = []
    merged: set[str] = set()
    for stage in stages:
        made, small = _stage_rows(cohort, stage, threshold)
        table = pd.DataFrame(made)
        if table.empty or table["p"].isna().all():
            words = STAGES[stage.name]
            said.append(f"Too few children to compare groups in this: {words[:1].lower()}{words[1:]}.")
        else:
            merged |= small
            table["p_family"] = np.minimum(table["p"] * table["p"].notna().sum(), 1.0)
            rows.append(table.assign(clear=[_clear(row, threshold) for _, row in table.iterrows()]))
    lacking = [COLUMN_WORDS[c].lower() for c in CHARACTERISTICS if c not in cohort.children]
    if lacking:
        said.append(f"Not held in the tables: {', '.join(lacking)}.")
    measure = outcome.rsplit("_", 1)[0]
    return Equality(
        rows=pd.concat(rows, ignore_index=True)[list(COLUMNS)] if rows else pd.DataFrame(columns=list(COLUMNS)),
        left_out=tuple(said),
        merged=f"Small groups are counted together, as other groups: {', '.join(sorted(merged))}." if merged else "",
        evidence="simulated" if cohort.provenance == "synthetic" else "measured",
        unit=str(cohort.measure(measure).unit),
        threshold=threshold,
    )
