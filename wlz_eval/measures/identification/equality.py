"""Is any group of children chosen, kept or moved on less than others? Shares set beside those of all other children."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.core.words import COLUMN_WORDS
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.identification.eligible import school_codes
from wlz_eval.measures.identification.intervals import Interval, leave_one_out
from wlz_eval.measures.identification.stages import STAGES, Stage, in_need, stages_of
from wlz_eval.measures.options import IdentificationOptions, RiskRule

__all__ = ["CHARACTERISTICS", "STAGES", "Equality", "equality"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CHARACTERISTICS = ("ethnicity", "gender", "sen", "fsm", "eal")
YES_NO = ("fsm", "eal")
#: With fewer children than this counted, or not counted, on either side, no interval is given.
FEWEST_EACH = 5
SIGNIFICANT = 0.05
OTHERS = "other groups"
#: Names that fit beside a figure.
SHORT = {
    ("gender", "female"): "Girls", ("gender", "male"): "Boys", ("sen", "support"): "Special needs: support in school",
    ("sen", "ehcp"): "Special needs: statutory plan",
}


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
            stage_words=[STAGES[s].partition(",")[0] for s in rows["stage"]],
            unit=[self.unit if s == "progress" else "percentage_points" for s in rows["stage"]],
        )

    @property
    def answer(self) -> str:
        """Whether, with the same need, a group came onto the programme more or less often."""
        rows = self.rows[(self.rows["stage"] == "in_need") & self.rows["p_family"].notna()]
        if rows.empty:
            return "Whether some groups came onto the programme less often, need being the same, these data cannot say."
        clear = rows[rows["p_family"] < SIGNIFICANT]
        said = [
            f"{way} often: {', '.join(named['label'])}"
            for way, sign in (("more", 1), ("less", -1))
            if len(named := _named(clear, "in_need", sign))
        ]
        asked = "Of the pupils whom the plan's rule picks, "
        if not said:
            return asked + "no group of children was clearly more or less often on the programme than others."
        return asked + f"these groups were on the programme {'; '.join(said)}."

    @property
    def sentence(self) -> str:
        """Whether any group differs clearly once it is allowed for that many groups were looked at."""
        if self.rows.empty:
            return "The tables hold nothing by which groups of children could be compared."
        judged = self.rows[self.rows["p_family"].notna()]
        clear = judged[judged["p_family"] < SIGNIFICANT]
        if judged.empty:
            return "There are too few children or schools to tell any difference from chance."
        if clear.empty:
            return (
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
            return "Some differences are clear, in groups too small to be named."
        return f"Clear, though many groups were looked at: {'; '.join(said)}."

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
    "chosen": ("more often given a place", "less often given a place"),
    "in_need": ("with the same need more often on the programme", "with the same need less often on the programme"),
    "started": ("more often started", "less often started"),
    "left": ("more often left early", "less often left early"),
    "measured": ("more often have a result", "less often have a result"),
    "progress": ("moved up more", "moved up less"),
}


def _named(clear: pd.DataFrame, stage: str, sign: int) -> pd.DataFrame:
    """Rows of a stage whose difference has this sign and may be named."""
    return clear[(clear["stage"] == stage) & (np.sign(clear["difference"]) == sign) & (clear["clear"] != "")]


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
        yield min(names, key=lambda name: (name in (OTHERS, "none"), name))
    elif len(names) > 2:
        yield from (name for name in names if name != "none")


def _difference(value: Array, own: Mask, school: npt.NDArray[np.intp]) -> Interval:
    def gap(keep: Mask) -> float:
        a, b = value[keep & own], value[keep & ~own]
        return float(a.mean() - b.mean()) if len(a) and len(b) else math.nan

    return leave_one_out(gap, school, own if own.sum() <= (~own).sum() else ~own)


def _row(stage: Stage, own: Mask, school: npt.NDArray[np.intp], value: Array) -> dict[str, object]:
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


def _label(column: str, name: str) -> str:
    if name == "yes":
        return COLUMN_WORDS[column]
    plain = name.replace("_", " ")
    return SHORT.get((column, name), f"{COLUMN_WORDS[column]}: {plain[:1].upper()}{plain[1:]}")


def _stage_rows(stage: Stage, threshold: int) -> tuple[list[dict[str, object]], set[str]]:
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
            key = column if name == "yes" else f"{column}_{name.replace(' ', '_')}"
            head = {"stage": stage.name, "key": key, "label": _label(column, name)}
            rows.append({**head, **_row(stage, own, codes[known], stage.value[known])})
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
    stages, said = stages_of(cohort, frame, outcome, in_need(frame, rules, areas))
    rows: list[pd.DataFrame] = []
    merged: set[str] = set()
    for stage in stages:
        made, small = _stage_rows(stage, threshold)
        table = pd.DataFrame(made)
        if table.empty or table["p"].isna().all():
            words = STAGES[stage.name]
            said.append(f"Too few children to compare groups in this: {words[:1].lower()}{words[1:]}.")
        else:
            merged |= small
            table["p_family"] = np.minimum(table["p"] * table["p"].notna().sum(), 1.0)
            rows.append(table.assign(clear=[_clear(row, threshold) for _, row in table.iterrows()]))
    lacking = [COLUMN_WORDS[c] for c in CHARACTERISTICS if c not in cohort.children]
    if lacking:
        said.append(f"Not held in the tables: {'; '.join(lacking)}.")
    measure = outcome.rsplit("_", 1)[0]
    return Equality(
        rows=pd.concat(rows, ignore_index=True)[list(COLUMNS)] if rows else pd.DataFrame(columns=list(COLUMNS)),
        left_out=tuple(said),
        merged=f"Small groups are counted together, as other groups: {', '.join(sorted(merged))}." if merged else "",
        evidence="simulated" if cohort.provenance == "synthetic" else "measured",
        unit=str(cohort.measure(measure).unit),
        threshold=threshold,
    )
