"""Which cohorts may be pooled: those that compare the same outcome in the same way, and why the others may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd

from wlz_eval.attribution.attribution import Attribution, OutcomeEffect
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.options import MatchingOptions, OutcomeOptions, SelectionOptions
from wlz_eval.attribution.pipeline import attribute
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import WlzEvalError
from wlz_eval.core.finding import Claim
from wlz_eval.core.result import Result
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["Gathered", "Member", "gather"]

#: Fewest children of each group with the outcome for a cohort to be pooled.
FEWEST_CHILDREN = 10
#: What a child keeps for life: where labels are the same and these are not, they name different children.
FOR_LIFE = ("gender", "birth_month", "ethnicity")
#: Share of children with one label who may differ in something kept for life, by error.
ERRORS = 0.05


@dataclass(frozen=True, kw_only=True)
class Member:
    """A cohort as its plan has it analysed.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    matching : MatchingOptions or None
    outcomes : sequence of OutcomeOptions
    selection : SelectionOptions
    seed : int
    """

    cohort: Cohort
    frame: AnalysisFrame
    matching: MatchingOptions | None
    outcomes: Sequence[OutcomeOptions]
    selection: SelectionOptions
    seed: int = 0


@dataclass(frozen=True, kw_only=True, repr=False)
class Gathered(Result):
    """The cohorts that may be pooled, ready for :func:`wlz_eval.pool`.

    Parameters
    ----------
    cohorts : mapping of str to (Design, DataFrame)
        Designs and outcomes by cohort, as :func:`wlz_eval.pool` takes them; fewer than two are no pool.
    outcome : str
        Column of the outcome; empty where no two cohorts share one.
    label : str
        The outcome in plain words.
    options : mapping
        Further arguments of :func:`wlz_eval.pool`.
    rows : DataFrame
        See :meth:`table`.
    """

    cohorts: Mapping[str, tuple[Design, pd.DataFrame]]
    outcome: str
    label: str
    options: Mapping[str, Any]
    rows: pd.DataFrame
    title: str = "Which cohorts can be pooled"

    def __post_init__(self) -> None:
        object.__setattr__(self, "cohorts", MappingProxyType(dict(self.cohorts)))
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    @property
    def ready(self) -> bool:
        """Whether there are at least two cohorts to pool."""
        return len(self.cohorts) >= 2

    def table(self) -> pd.DataFrame:
        """One row a cohort that was asked for: ``cohort``, ``id``, ``pooled`` (yes, no), ``why``."""
        return self.rows.copy()

    def sentences(self) -> tuple[str, ...]:
        """Say that nothing can be pooled, where that is so."""
        if not self.ready:
            return ("These cohorts cannot be pooled, so there is no answer here. The table below says why.",)
        return ()

    def limits(self) -> tuple[str, ...]:
        """Say what may not be concluded."""
        if not self.ready:
            return ("Nothing may be concluded from cohorts that cannot be put together.",)
        said = [
            "Pooling makes chance smaller. What every cohort's comparison has wrong, all of them together have wrong.",
            "The average is that of these cohorts, and of children like theirs.",
        ]
        if self.options["claim"] != "effect":
            said.append("At least one of the cohorts shows no more than an adjusted difference, so the pooled one is "
                        "no more either.")
        return tuple(said)


@dataclass(frozen=True)
class _Analysed:
    """A member with what notebook 04 makes of it."""

    member: Member
    result: Attribution

    def effect(self, outcome: str) -> OutcomeEffect | None:
        return next((e for e in self.result.headline_effects if e.att.outcome == outcome), None)

    @property
    def outcomes(self) -> list[str]:
        """Outcomes that could be compared, the primary one first."""
        effects = sorted(self.result.headline_effects, key=lambda e: not e.outcome.primary)
        return [e.att.outcome for e in effects]


@dataclass
class _Sorting:
    """Cohorts that stay, and why the others do not."""

    kept: dict[str, _Analysed] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)


def gather(members: Mapping[str, Member], outcome: str = "", *, same_labels: bool = True) -> Gathered:
    """Match each cohort as its plan says, and keep those whose results are of one kind.

    Cohorts are pooled only on one outcome, measured by the same measure, at the same wave and compared with the same
    kind of comparison children: children of the same schools and of others are never mixed, nor real children with
    simulated ones. The claim is the weakest of theirs.

    Parameters
    ----------
    members : mapping of str to Member
        By name.
    outcome : str
        Column such as ``english_endline``; empty for the outcome that most cohorts share, primary ones first.
    same_labels : bool
        Whether a school, or a child, of the same label is the same in all cohorts. If not, each cohort's are its own.

    Returns
    -------
    Gathered
        Its table says of every cohort whether it is pooled, and why not.
    """
    sorting = _Sorting()
    for name in sorted(members):
        _analyse(sorting, name, members[name])
    chosen = outcome or _shared_outcome(sorting.kept)
    if chosen:
        _keep_alike(sorting, chosen)
        if same_labels:
            _refuse_false_labels(sorting)
    elif sorting.kept:
        sorting.why |= dict.fromkeys(sorting.kept, "No other cohort has an outcome in common with it.")
        sorting.kept = {}
    if len(sorting.kept) == 1:
        sorting.why |= dict.fromkeys(sorting.kept, "No other cohort is left that it could be pooled with.")
        sorting.kept = {}
    return _gathered(members, sorting, chosen, same_labels)


def _analyse(sorting: _Sorting, name: str, member: Member) -> None:
    try:
        result = attribute(
            member.cohort, member.frame, member.matching, member.outcomes, member.selection, member.seed
        )
    except WlzEvalError:
        sorting.why[name] = "Its plan cannot be carried out on its data; its own page 4 says why."
        return
    if not result.has_design or not result.headline_effects:
        sorting.why[name] = "It has no matched comparison, so there is no effect to pool."
    elif "school_id" not in member.frame.data or member.frame.data["school_id"].isna().all():
        sorting.why[name] = "Its schools are not known, and pooling counts schools."
    else:
        sorting.kept[name] = _Analysed(member, result)


def _shared_outcome(kept: Mapping[str, _Analysed]) -> str:
    """Name the outcome that most cohorts hold, the earliest in their plans among equals; empty if none is shared."""
    places: dict[str, list[int]] = {}
    for one in kept.values():
        for place, outcome in enumerate(one.outcomes):
            places.setdefault(outcome, []).append(place)
    best = min(places, key=lambda o: (-len(places[o]), sum(places[o]) / len(places[o]), o), default="")
    return best if best and len(places[best]) >= 2 else ""


def _kind(one: _Analysed, outcome: str) -> tuple[object, ...]:
    """Describe what must be the same in cohorts that are pooled."""
    effect = one.effect(outcome)
    assert effect is not None
    return (one.member.cohort.meta.provenance, one.result.headline, one.member.cohort.measure(effect.outcome.measure))


_DIFFERS = (
    "It is simulated and the others are real, or the other way round.",
    "It has another kind of comparison children, and kinds are never mixed.",
    "It defines this measure otherwise, so a point is not the same.",
)


def _keep_alike(sorting: _Sorting, outcome: str) -> None:
    """Leave out cohorts without the outcome, with too few children, or unlike the first that has it."""
    first: tuple[object, ...] | None = None
    for name, one in list(sorting.kept.items()):
        effect = one.effect(outcome)
        if effect is None:
            why = "The outcome that the others share was not measured, or not compared, in it."
        elif min(effect.att.n_programme, effect.att.n_comparison) < FEWEST_CHILDREN:
            why = "Too few of its children have the outcome."
        else:
            kind = _kind(one, outcome)
            first = first or kind
            why = next((text for text, a, b in zip(_DIFFERS, kind, first, strict=True) if a != b), "")
        if why:
            sorting.why[name] = why
            del sorting.kept[name]


def _people(member: Member) -> pd.DataFrame | None:
    """Give the common label of each child of the frame, and what is known of it for life."""
    children = member.cohort.children
    if "person_id" not in children:
        return None
    kept = [column for column in ("person_id", *FOR_LIFE) if column in children]
    rows = children.set_index(children["child_id"].astype(str))[kept]
    return rows.reindex(member.frame.data.index).assign(programme=member.frame.data["programme"])


def _refuse_false_labels(sorting: _Sorting) -> None:
    """Leave out cohorts whose labels name other children, or the same programme children, as an earlier one's."""
    seen: list[pd.DataFrame] = []
    for name, one in list(sorting.kept.items()):
        people = _people(one.member)
        if people is None:
            continue
        mine = people.dropna(subset=["person_id"]).drop_duplicates("person_id").set_index("person_id")
        why = next((text for other in seen if (text := _clash(mine, other))), "")
        if why:
            sorting.why[name] = why
            del sorting.kept[name]
        else:
            seen.append(mine)


def _clash(mine: pd.DataFrame, other: pd.DataFrame) -> str:
    shared = mine.index.intersection(other.index)
    if not len(shared):
        return ""
    for column in FOR_LIFE:
        if column in mine and column in other:
            a, b = (part.loc[shared, column].astype(object) for part in (mine, other))
            known = a.notna() & b.notna()
            if known.any() and (a[known] != b[known]).mean() > ERRORS:
                return (
                    "Its labels of children are those of another cohort but name other children. Say that labels are "
                    "not the same (same_labels), or give each child one label everywhere."
                )
    if ((mine.loc[shared, "programme"] == 1) & (other.loc[shared, "programme"] == 1)).any():
        return "Children of its programme are on that of another cohort too, and would count twice."
    return ""


def _gathered(
    members: Mapping[str, Member], sorting: _Sorting, outcome: str, same_labels: bool
) -> Gathered:
    rows = pd.DataFrame(
        [
            {
                "cohort": members[name].cohort.meta.title,
                "id": name,
                "pooled": "yes" if name in sorting.kept else "no",
                "why": sorting.why.get(name, "Same outcome, same measure, same kind of comparison children."),
            }
            for name in sorted(members)
        ],
        columns=["cohort", "id", "pooled", "why"],
    )
    if not sorting.kept:
        return Gathered(cohorts={}, outcome="", label="", options={}, rows=rows)
    found = {name: one.effect(outcome) for name, one in sorting.kept.items()}
    effects = {name: effect for name, effect in found.items() if effect is not None}
    first = next(iter(effects.values()))
    adjusted = all(effect.att.model != "unadjusted" for effect in effects.values())
    baseline = f"{first.outcome.measure}_baseline"
    held = adjusted and all(effect.tier == "A" for effect in effects.values())
    claim: Claim = "effect" if all(e.verdict.claim == "effect" for e in effects.values()) else "adjusted_difference"
    person = same_labels and all("person_id" in one.member.cohort.children for one in sorting.kept.values())
    return Gathered(
        cohorts={name: (one.result.design, _outcomes(name, one, same_labels)) for name, one in sorting.kept.items()},
        outcome=outcome,
        label=f"{first.label} {WAVE_WORDS[first.outcome.wave]}",
        options={
            "model": "interacted" if adjusted else "unadjusted",
            "baseline": baseline if held else None,
            "person": "person_id" if person else None,
            "unit": first.unit,
            "claim": claim,
        },
        rows=rows,
    )


def _outcomes(name: str, one: _Analysed, same_labels: bool) -> pd.DataFrame:
    """Give the outcomes of a cohort: with the children's common labels, or schools of its own where none are common."""
    data = one.member.frame.data
    if same_labels:
        people = _people(one.member)
        return data if people is None else data.assign(person_id=people["person_id"])
    schools = data["school_id"].astype(object)
    return data.assign(school_id=(f"{name}: " + schools.astype(str)).where(schools.notna(), None))
