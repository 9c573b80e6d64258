"""Can the data be trusted? The verb of notebook 01, and its result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.quality.advice import recommendations
from wlz_eval.measures.quality.checks import all_clues
from wlz_eval.measures.quality.checks.partners import partner_return
from wlz_eval.measures.quality.checks.raters import knew_share
from wlz_eval.measures.quality.clues import KINDS, decide, places
from wlz_eval.measures.quality.figures import plot_completeness
from wlz_eval.measures.quality.held import Held
from wlz_eval.measures.quality.oddities import oddities
from wlz_eval.measures.quality.scores import quality_scores
from wlz_eval.measures.quality.tables import completeness, completeness_by_school, losses, tables_held

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DataQuality", "data_quality"]

GROUPS = ("programme", "comparison")


@dataclass(frozen=True, kw_only=True, repr=False)
class DataQuality(Result):
    """What a cohort holds, what is missing, and what looks wrong.

    Parameters
    ----------
    held : DataFrame
        One row a table of the data contract: ``table``, ``name``, ``row_is`` in words, ``rows``, ``held``, and
        children of each group with a row.
    completeness : DataFrame
        One row a measure and wave: children of each group, those with a value, and those without.
    by_school : DataFrame
        One row a school and wave: ``where`` (the school by its number), children, those with a reading, those without.
    by_partner : DataFrame
        One row a partner: children whose main partner it is, and of them those with a measure of it.
    oddities : DataFrame
        One row a kind of oddity: ``what``, ``values`` (how many), ``share`` in percent, ``how_many`` in words.
    flow : DataFrame
        Participant flow, from before the data begin to the children who are analysed.
    checked : DataFrame
        One row a kind of fault: ``what``, ``looked`` (whether the tables let one look), ``found`` in words,
        ``places`` (how many places are suspected; NaN where none could be looked at), ``affected`` (children).
    suspected : DataFrame
        One row a suspected fault, with its place (see :func:`wlz_eval.measures.quality.clues.places`), and ``where``
        as a page may say it: schools by their number.
    scores : DataFrame
        One row a dimension, with its score out of 100 and how that is computed.
    advice : DataFrame
        One row a recommendation, with what it would gain.
    primary : str
        Label of the primary outcome, and how many have it: see ``findings``.
    counts : dict
        Children and schools of each group, and children with the primary outcome before and after.
    warnings : int
        Warnings that the check of the data gave.
    evidence : str
        Whether the data are measured or simulated.
    knew : DataFrame
        Later ratings of programme children by raters who knew: see
        :func:`wlz_eval.measures.quality.checks.raters.knew_share`.
    """

    held: pd.DataFrame
    completeness: pd.DataFrame
    by_school: pd.DataFrame
    by_partner: pd.DataFrame
    oddities: pd.DataFrame
    flow: pd.DataFrame
    checked: pd.DataFrame
    suspected: pd.DataFrame
    scores: pd.DataFrame
    advice: pd.DataFrame
    primary: str
    counts: dict[str, int]
    warnings: int = 0
    evidence: Evidence = "measured"
    knew: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["wave", "children", "knew"]))

    title = "What the cohort holds, by measure and wave"

    @property
    def answer(self) -> str:
        """Template of the answer in one or two sentences; its placeholders are those of :meth:`words`."""
        text = (
            f"{self._verdict} The tables hold {{programme}} of the programme, from {{programme_schools}}; "
            "{programme_known} have {label} both before and after."
        )
        if not self.counts["comparison"]:
            return f"{text} There are no comparison children, so nothing can be compared."
        return (
            text + " Beside them stand {comparison} of the comparison group, from {comparison_schools}; "
            "{comparison_known} have both readings."
        )

    @property
    def _verdict(self) -> str:
        kinds = [KINDS[kind] for kind in KINDS if kind in set(self.suspected["kind"])]
        if not kinds:
            looked = "this page looks for was found"
            if not self.checked["looked"].all():
                looked = "these tables let one look for was found; the others could not be looked for"
            return (
                f"{self.raters} None of the faults that {looked}. That is no proof that the "
                "records are right: a fault of another kind, or of a few children, would not show."
            ).strip()
        wrong = f"Some records look wrong and should be put right before they are used: {'; '.join(kinds)}."
        return f"{wrong} {self.raters}".strip()

    @property
    def raters(self) -> str:
        """Say whether people who knew who took part gave later ratings; empty where none is known to have."""
        knew, of = int(self.knew["knew"].sum()), int(self.knew["children"].sum())
        if not knew:
            return ""
        many = "Most" if 2 * knew > of else "Some"
        return (
            f"{many} of the later ratings of programme children are by people who knew who took part, so a change in "
            "them may be the rater's hope."
        )

    @property
    def nothing_suspected(self) -> str:
        """What is said in place of an empty list of faults; raters who knew everywhere are the fault of no place."""
        return f"No fault of these kinds is suspected at any place. {self.raters}".strip()

    def words(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the answer's placeholders, from recorded findings."""
        values: dict[str, Any] = {"label": self.primary}
        for group in GROUPS:
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

    @property
    def partners_reading(self) -> str:
        """How to read what partners returned, or why there is nothing to read."""
        if self.by_partner.empty:
            return "The tables hold no sessions of partners, so it cannot be said what partners returned."
        return (
            "A child's main partner is the one with most of its sessions. Small numbers are hidden; a partner who "
            "returned little may have had few children."
        )

    def table(self) -> pd.DataFrame:
        """Return completeness by measure and wave."""
        return self.completeness

    def findings(self) -> list[Finding]:
        """Return counts of children and schools, completeness, scores, and how many faults are suspected."""
        return [*self._counted(), *self._complete(), *self._scored()]

    def _counted(self) -> list[Finding]:
        found = []
        for group in GROUPS:
            n = self.counts[group]
            common: dict[str, Any] = {"claim": "description", "group": group, "evidence": self.evidence}
            for what, quantity, value, unit in (
                ("children", "count", n, "children"),
                ("schools", "schools", self.counts[f"{group}_schools"], "schools"),
                (
                    "primary_known", "children_with_the_primary_outcome_at_both_waves", self.counts[f"{group}_primary"],
                    "children",
                ),
            ):
                about: dict[str, Any] = {f"n_{group}": n} if unit == "children" else {}
                found.append(
                    Finding(
                        finding_id=f"data.{what}.{group}", quantity=quantity, estimate=value, unit=unit,  # type: ignore[arg-type]
                        primary=what == "primary_known", **about, **common,
                    )
                )
        return found

    def _complete(self) -> list[Finding]:
        found = []
        for row in self.completeness.to_dict(orient="records"):
            for group in GROUPS:
                n = int(row[f"{group}_children"])
                if n and row[f"{group}_known"] > 0:
                    found.append(
                        Finding(
                            finding_id=f"data.complete.{row['measure']}.{row['wave']}.{group}", quantity="share_known",
                            estimate=100 * row[f"{group}_known"] / n, unit="percent", claim="description",
                            outcome=row["measure"], wave=row["wave"], group=group, evidence=self.evidence,
                            n_programme=n if group == "programme" else None,
                            n_comparison=n if group == "comparison" else None,
                        )
                    )
        return found

    def _scored(self) -> list[Finding]:
        common: dict[str, Any] = {"claim": "description", "evidence": self.evidence}
        scored: Any = self.scores[self.scores["score"].notna()]
        found = [
            Finding(
                finding_id=f"data.score.{row.dimension}", quantity="score_out_of_100", estimate=float(row.score),
                unit="count", n_programme=int(self.counts["programme"]), method=str(row.share_of), **common,
            )
            for row in scored.itertuples()
        ]
        kinds = len(set(self.suspected["kind"]))
        name = "data.suspected.kinds"
        return [*found, Finding(finding_id=name, quantity="kinds_of_fault", estimate=kinds, unit="count", **common)]

    def plot(self) -> Figure:
        """Draw completeness of each measure and wave."""
        return plot_completeness(self.completeness)


def _checked(decided: pd.DataFrame, suspected: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    rows = []
    for kind, what in KINDS.items():
        # Pairs of children that are not alike leave no clue behind them: every cohort can be searched for them.
        looked = bool((decided["kind"] == kind).any()) or (kind == "duplicates" and len(cohort.measures) > 0)
        here = suspected[suspected["kind"] == kind]
        found = "not looked for: the tables do not hold what it takes" if not looked else "yes" if len(here) else "none"
        count = len(here) if looked else math.nan
        rows.append((kind, what[:1].upper() + what[1:], looked, found, count, float(here["affected"].sum())))
    table = pd.DataFrame(rows, columns=["kind", "what", "looked", "found", "places", "affected"])
    return table.assign(affected=table["affected"].where(table["places"] > 0))


def _numbered(table: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Say where, without ids of schools, which no page may hold: schools are numbered in the order of their ids."""
    ids = sorted(cohort.children["school_id"].astype("str").unique())
    number = {school: f"School {i}" for i, school in enumerate(ids, start=1)}
    where = table["school"].map(number)
    if "partner" in table:
        named = {}
        if cohort.has("partners") and "name" in cohort["partners"]:
            named = dict(zip(cohort["partners"]["partner_id"], cohort["partners"]["name"], strict=True))
        where = where.fillna(table["partner"].map(named)).fillna("the whole cohort")
    return table.assign(where=where.astype("str"))


def data_quality(cohort: Cohort, frame: AnalysisFrame, primary: str) -> DataQuality:
    """Describe what a cohort holds and what is missing, look for faults, score six dimensions, and advise.

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
        Tables, faults, scores, recommendations and findings. A cohort without any fault is flagged with a chance of at
        most 5% (:data:`wlz_eval.measures.quality.clues.FALSE_ALARMS`).

    Examples
    --------
    >>> from wlz_eval.cohort import load_cohort
    >>> from wlz_eval.measures import analysis_frame
    >>> cohort = load_cohort("star-1986")
    >>> quality = data_quality(cohort, analysis_frame(cohort), "sat_reading_endline")
    >>> len(quality.suspected)
    0
    """
    data = frame.data
    wave = next((w for w in WAVES if primary.endswith(f"_{w}")), "")
    measure = primary.removesuffix(f"_{wave}") if wave else primary
    both = [c for c in (f"{measure}_baseline", primary) if c in data]
    known = data[both].notna().all(axis=1) if len(both) == 2 else pd.Series(False, index=data.index)
    counts: dict[str, int] = {}
    for group, members in (("programme", data["programme"] == 1), ("comparison", data["programme"] == 0)):
        counts[group] = int(members.sum())
        counts[f"{group}_schools"] = int(data.loc[members, "school_id"].nunique()) if "school_id" in data else 0
        counts[f"{group}_primary"] = int((known & members).sum())
    held = Held(cohort)
    decided = decide(all_clues(held))
    suspected, complete = _numbered(places(decided), cohort), completeness(cohort, data)
    checked = _checked(decided, suspected, cohort)
    return DataQuality(
        held=tables_held(cohort),
        completeness=complete,
        by_school=_numbered(completeness_by_school(held), cohort),
        by_partner=partner_return(held),
        oddities=oddities(held),
        flow=losses(cohort, frame, f"{measure}_baseline", primary),
        checked=checked,
        suspected=suspected,
        scores=quality_scores(held, complete, suspected, set(checked.loc[checked["looked"], "kind"])),
        advice=recommendations(held, complete, suspected, measure, wave),
        primary=cohort.measure(measure).label,
        counts=counts,
        warnings=len(cohort.warnings),
        evidence="simulated" if cohort.provenance == "synthetic" else "measured",
        knew=knew_share(held),
    )
