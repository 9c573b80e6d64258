"""Improved, about the same, got worse, by engagement: the pilot's own table for any cohort, with what it can bear."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.change.groups import GROUPS, dose_by_change
from wlz_eval.engagement.change.levels import HIGH_LEVELS, THIRDS, change_by_level, thirds_of
from wlz_eval.engagement.change.trend import Trend, ordered_trend
from wlz_eval.engagement.exposure import Dose

__all__ = ["ChangeByEngagement", "change_by_engagement"]

_SCORES = {GROUPS[0]: 1, GROUPS[1]: 0, GROUPS[2]: -1}
_KEYS = {GROUPS[0]: "improved", GROUPS[1]: "same", GROUPS[2]: "worse"}
#: p-value below which a trend is spoken of.
ALPHA = 0.05
#: Smallest p-value that two decimals do not print as zero.
PRINTED = 0.005
CAUTION = (
    "This is an association: children who take to the work may both come more and do better, and children in more need "
    "may be given more, so it does not show what the support did."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class ChangeByEngagement(Result):
    """How much support those had who improved, stayed the same or got worse: an association, never an effect.

    Parameters
    ----------
    name : str
        Of the outcome, for the ids of findings.
    outcome : str
        What changed, in plain words.
    dose : Dose
        Which dose.
    doses : DataFrame
        Mean dose in each group of change.
    levels : DataFrame
        Shares of change at each level of engagement.
    trend, level_trend : Trend
        Tests of dose over the groups, and of change over the levels.
    n, missing, schools : int
        Children with both, children who lack one of the two, schools.
    notes : tuple of str
        What limits the table, in sentences without numbers.
    """

    name: str
    outcome: str
    dose: Dose
    doses: pd.DataFrame
    levels: pd.DataFrame
    trend: Trend
    level_trend: Trend
    n: int
    missing: int
    schools: int
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says what was put beside what."""
        return f"{self.dose.label[:1].upper()}{self.dose.label[1:]} by change in {self.outcome}"

    def table(self) -> pd.DataFrame:
        """Mean dose by how children changed.

        Returns
        -------
        DataFrame
            ``group``, ``n``, ``mean``, ``ci_low``, ``ci_high``, ``sd``, ``median``, and ``x_title`` for a figure.
        """
        return self.doses.assign(x_title=f"Mean {self.dose.label}, with 95% interval")

    def level_table(self) -> pd.DataFrame:
        """Shares of change by level of engagement (see :func:`change_by_level`), and ``x_title`` for a figure."""
        return self.levels.assign(x_title="Children who improved (%), with 95% interval")

    def plot(self) -> object:
        """Draw mean doses, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.change.figures import draw_dose_by_change

        return draw_dose_by_change(self.table())

    def findings(self) -> list[Finding]:
        """Mean dose of each group, share improved at each level, and the p-values of the two tests."""
        return [*self._means(), *self._shares(), *self._tests()]

    def _id(self, what: str) -> str:
        return f"engagement.change.{self.name}.{what}"

    def _means(self) -> list[Finding]:
        return [
            Finding(
                finding_id=self._id(f"dose.{_KEYS[str(row['group'])]}"),
                quantity="mean",
                estimate=float(row["mean"]),
                ci_low=float(row["ci_low"]),
                ci_high=float(row["ci_high"]),
                unit=self.dose.unit,  # type: ignore[arg-type]
                claim="association",
                outcome=self.outcome,
                group="programme",
                subgroup=str(row["group"]),
                n_programme=int(row["n"]),
                method=f"mean {self.dose.label}; interval from the group's own children, clustered by school",
                note="" if math.isfinite(row["mean"]) else "Too few children for a mean.",
            )
            for row in self.doses.to_dict(orient="records")
        ]

    def _shares(self) -> list[Finding]:
        return [
            Finding(
                finding_id=self._id(f"improved.{str(row['level']).replace(' ', '_')}"),
                quantity="percent",
                estimate=float(row["improved_share"]),
                ci_low=float(row["improved_low"]),
                ci_high=float(row["improved_high"]),
                unit="percent",
                claim="association",
                outcome=self.outcome,
                group="programme",
                subgroup=f"{self.dose.label}: {row['level']}",
                n_programme=int(row["n"]),
                method="share that improved; Wilson interval, clustered by school",
            )
            for row in self.levels.to_dict(orient="records")
        ]

    def _tests(self) -> list[Finding]:
        found = []
        for what, trend in (("trend", self.trend), ("level_trend", self.level_trend)):
            found.append(
                Finding(
                    finding_id=self._id(what),
                    quantity="p_value",
                    estimate=trend.p_value,
                    unit="probability",
                    claim="association",
                    outcome=self.outcome,
                    group="programme",
                    subgroup=self.dose.label,
                    n_programme=trend.n,
                    method=trend.method,
                    note="" if math.isfinite(trend.p_value) else "The test is not possible: nothing varies.",
                )
            )
        return found

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Say in words what the table shows: a template and the values of its placeholders."""
        found = {f.finding_id.removeprefix(self._id("")): f for f in self.findings()}
        values: dict[str, Finding | str | None] = {
            "improved": found["dose.improved"],
            "same": found["dose.same"],
            "worse": found["dose.worse"],
            "p": found["trend"],
            "dose": self.dose.label,
            "outcome": self.outcome,
        }
        known = [key for key in ("improved", "same", "worse") if math.isfinite(found[f"dose.{key}"].estimate)]
        if len(known) < 2 or not math.isfinite(self.trend.p_value):
            return (
                "Whether children who changed for the better in {outcome} had more or less support cannot be told: too "
                "few changed differently, or all had the same.",
                values,
            )
        who = {
            "improved": "children who improved in {outcome} had {improved}",
            "same": "those who stayed about the same {same}",
            "worse": "those who got worse {worse}",
        }
        said = ", ".join(who[key] for key in known)
        return f"Mean {{dose}}: {said}. {self._judgement()}", values

    def _judgement(self) -> str:
        if self.trend.p_value >= ALPHA:
            hopeless = self.trend.smallest >= ALPHA
            return "Differences like these are within what chance gives (permutation test, p = {p})" + (
                ": with so few children nothing else could have been found." if hopeless else "."
            )
        way = "more" if self.trend.z > 0 else "less"
        p = "p = {p}" if self.trend.p_value >= PRINTED else "p below one in a hundred"
        return (
            f"Those who did better had {way}, by more than chance is likely to give (permutation test, {p}). {CAUTION}"
        )



def change_by_engagement(
    data: pd.DataFrame,
    group: str,
    dose: Dose,
    *,
    name: str,
    outcome: str,
    high: str | None = None,
    school: str = "school_id",
    draws: int = 9999,
    seed: int = 0,
) -> ChangeByEngagement:
    """Put how children changed beside how much support they had.

    Parameters
    ----------
    data : DataFrame
        One row a programme child, with every column named below and the dose.
    group : str
        Column with the change: :data:`GROUPS`, as :func:`change_groups`, :func:`measure_change_groups` and
        :func:`risk_change_groups` give it.
    dose : Dose
        Which dose; its name is a column of `data`.
    name, outcome : str
        Of the outcome: for the ids of findings, and in plain words.
    high : str, optional
        Column (boolean) with who engaged highly; without it, levels are thirds of the dose.
    school : str
        Column with the school.
    draws, seed : int
        Of the permutation test, where it is not exact.

    Returns
    -------
    ChangeByEngagement

    Raises
    ------
    OptionError
        When the data lack a column, or the groups hold another word.

    Examples
    --------
    >>> data = pd.DataFrame({"change": ["improved", "improved", "about the same", "about the same", "got worse"],
    ...                      "hours": [9.0, 8.0, 5.0, 4.0, 1.0], "school_id": "a"})
    >>> hours = Dose("hours", "hours of support", "hours", 10.0, "ten more hours")
    >>> found = change_by_engagement(data, "change", hours, name="english", outcome="English")
    >>> found.table()["mean"].tolist()[:2], round(found.trend.p_value * 30)  # one of the thirty ways, and its mirror
    ([8.5, 4.5], 2)
    """
    for column in (group, dose.name, school, *([high] if high is not None else [])):
        if column not in data:
            raise OptionError(f"The data have no column {column!r}. {suggestion(column, [str(c) for c in data])}")
    strange = sorted(set(data[group].dropna().astype(str)) - set(GROUPS))
    if strange:
        raise OptionError(f"Column {group!r} holds {strange[0]!r}. Valid: {', '.join(GROUPS)}.")
    used = data.dropna(subset=[group, dose.name, school]).copy()
    used["_score"] = used[group].astype(str).map(_SCORES)
    levels = THIRDS if high is None else HIGH_LEVELS
    used["_level"] = thirds_of(used[dose.name].astype(float)) if high is None else _high_words(used[high])
    graded = used.dropna(subset=["_level"])
    places = graded["_level"].map({word: i for i, word in enumerate(levels)})
    trend = ordered_trend(used["_score"], used[dose.name], used[school], draws=draws, seed=seed)
    return ChangeByEngagement(
        name=name,
        outcome=outcome,
        dose=dose,
        doses=dose_by_change(used, group, dose.name, school),
        levels=change_by_level(used, group, "_level", levels, school),
        trend=trend,
        level_trend=ordered_trend(graded["_score"], places, graded[school], draws=draws, seed=seed + 1),
        n=len(used),
        missing=len(data) - len(used),
        schools=int(used[school].nunique()),
        notes=_notes(used, dose, trend, school),
    )


def _high_words(high: pd.Series) -> pd.Series:
    flags = high.astype("boolean")
    words = flags.map({True: HIGH_LEVELS[1], False: HIGH_LEVELS[0]}, na_action="ignore")
    return words.astype(object).where(flags.notna())


def _notes(used: pd.DataFrame, dose: Dose, trend: Trend, school: str) -> tuple[str, ...]:
    notes = []
    several = len(set(used[school])) > 1
    if len(set(used[dose.name])) == 1:
        notes.append("All children had the same dose, so nothing can be said of more or less of it.")
    if several and trend.n and not trend.within:
        notes.append(
            "No school has children who changed differently and had different doses, so children were compared across "
            "schools and what schools differ in is not taken out."
        )
    if trend.within and trend.n < len(used):
        notes.append(
            "Children of schools in which all changed alike, or all had the same dose, count in the means and not in "
            "the test."
        )
    if math.isfinite(trend.smallest) and trend.smallest >= ALPHA:
        notes.append("With so few children the test could have found nothing, whatever the doses.")
    return tuple(notes)
