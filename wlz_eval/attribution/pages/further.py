"""Rows and sentences of what was asked of the primary result, for notebook 04."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.attribution.pages.labels import in_short
from wlz_eval.attribution.scrutiny import Scrutiny
from wlz_eval.core.finding import Finding
from wlz_eval.inference import holm
from wlz_eval.measures.labels import column_label

__all__ = [
    "attrition_rows",
    "baseline_rows",
    "bound_rows",
    "collection_rows",
    "contour_rows",
    "equivalence_rows",
    "evidence_rows",
    "further_findings",
    "further_values",
    "needed_note",
    "needed_rows",
    "other_estimate_rows",
    "placebo_rows",
    "power_said",
    "prognostic_rows",
    "rosenbaum_rows",
    "said",
    "specification_rows",
    "spillover_rows",
    "subgroup_rows",
    "sweep_rows",
    "why_open",
]

#: Yes/no columns hold 0 and 1.
YES_NO: Mapping[str, str] = MappingProxyType({"0": "no", "1": "yes"})
PREFIX = "attribution.sensitivity"
#: Differences in odds that the page shows.
ODDS = (1.0, 1.1, 1.2, 1.5, 2.0, 3.0)
#: Every how many steps of a sweep the page shows one.
SWEEP_STEP = 2
#: Scales of evidence as the heads of narrow columns.
SCALE_WORDS: Mapping[str, str] = MappingProxyType({"eef_style": "EEF style", "maryland": "Maryland", "nesta": "Nesta"})
#: A p-value below this says that levels differ.
CLEAR = 0.05
#: Sections whose result gives findings under a prefix, and those that name their own.
PREFIXED = ("omitted", "rosenbaum", "e_value", "noisy_baseline", "placebo")
#: Of the former, those that give numbers in the outcome's own unit.
IN_UNIT = ("rosenbaum", "noisy_baseline")
#: Findings with a prefix that a sentence names.
SAID = ("baseline_gap", "baseline_bias")
OWN = ("detectable", "detectable_seen", "specifications", "calibration", "evidence")


def _table(scrutiny: Scrutiny, section: str) -> pd.DataFrame:
    """Table of a section, with the unit of the primary outcome; empty where it has no answer."""
    found = scrutiny.get(section)
    return pd.DataFrame() if found is None else _with_unit(scrutiny, found.table())


def _with_unit(scrutiny: Scrutiny, rows: pd.DataFrame) -> pd.DataFrame:
    assert scrutiny.case is not None
    return rows if "unit" in rows else rows.assign(unit=scrutiny.case.effect.unit)


def _reason(scrutiny: Scrutiny, section: str) -> str:
    """Why a section has no answer; a reason with numbers is for the log, since no number is said unreleased."""
    reason = scrutiny.reasons[section]
    return "One of these questions could not be put to these data." if re.search(r"\d", reason) else reason


def why_open(scrutiny: Scrutiny, *sections: str) -> tuple[str, ...]:
    """Say why these sections have no answer; nothing for those that have one."""
    if scrutiny.case is None:
        return ()
    return tuple(dict.fromkeys(_reason(scrutiny, name) for name in sections if name in scrutiny.reasons))


def _labelled(scrutiny: Scrutiny, rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Put plain words in place of column names."""
    if rows.empty or scrutiny.case is None:
        return rows
    cohort = scrutiny.case.cohort
    labels = [column_label(cohort, str(name)) for name in rows[column]]
    return rows.assign(**{column: in_short(scrutiny.case.result, labels)})


def further_findings(scrutiny: Scrutiny) -> tuple[Finding, ...]:
    """Every number of the further questions that may leave notebook 04."""
    if scrutiny.case is None:
        return ()
    effect = scrutiny.case.effect
    about: dict[str, Any] = {
        "outcome": effect.outcome.measure, "wave": effect.outcome.wave, "comparator": effect.comparison,
        "tier": effect.tier, "primary": True,
    }
    found: list[Finding] = []
    for name in PREFIXED:
        section = scrutiny.get(name)
        if section is not None:
            unit = {"unit": effect.unit} if name in IN_UNIT else {}
            found += section.findings(PREFIX, **unit, **about)
    for name in OWN:
        section = scrutiny.get(name)
        if section is not None:
            found += section.findings()
    return tuple(found)


def further_values(scrutiny: Scrutiny) -> Mapping[str, Finding]:
    """Name the findings as the sentences of the further questions do."""
    named: dict[str, Finding] = {}
    for name in OWN:
        section = scrutiny.get(name)
        if section is not None:
            named |= section.values()
    for found in further_findings(scrutiny):
        name = found.finding_id.removeprefix(f"{PREFIX}.")
        if name in SAID:
            named[name] = found
    if scrutiny.case is not None:
        named["att_primary"] = scrutiny.case.effect.finding("att")
    return named


def said(scrutiny: Scrutiny, *sections: str) -> tuple[str, ...]:
    """Sentences of these sections; why not, where one has no answer."""
    lines: list[str] = []
    for name in sections:
        section = scrutiny.get(name)
        if section is None:
            lines.append(_reason(scrutiny, name))
        elif hasattr(section, "sentences"):
            lines += section.sentences()
        else:
            parts = section if isinstance(section, tuple) else (section,)
            lines += [_in_words(scrutiny, part.sentence) for part in parts]
    return tuple(dict.fromkeys(lines))


def _in_words(scrutiny: Scrutiny, text: str) -> str:
    """Put the names of columns into plain words wherever they stand in a sentence or a label."""
    if scrutiny.case is None:
        return text
    cohort = scrutiny.case.cohort
    names = sorted(map(str, scrutiny.case.data.columns), key=len, reverse=True)
    pattern = re.compile(r"\b(" + "|".join(re.escape(name) for name in names if "_" in name) + r")\b")
    text = pattern.sub(lambda found: column_label(cohort, found.group(0)), text)
    return in_short(scrutiny.case.result, [text])[0]


def power_said(scrutiny: Scrutiny) -> tuple[str, ...]:
    """Say how small an effect could be found: as it was planned, then by what comparison children's results show."""
    planned, seen = scrutiny.get("detectable"), scrutiny.get("detectable_seen")
    if planned is None or seen is None or not np.isfinite([planned.mde, seen.mde]).all():
        return said(scrutiny, "detectable")
    return (planned.sentence, *seen.sentences())


def needed_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """Children, schools or cohorts that effects too small to be found would need: by what was seen, where it was."""
    found = scrutiny.get("detectable_seen") or scrutiny.get("detectable")
    if found is None:
        return pd.DataFrame()
    return found.not_found().replace([np.inf, -np.inf], np.nan)


def needed_note(scrutiny: Scrutiny) -> str:
    """Say from which values the needed numbers were worked out."""
    seen = scrutiny.get("detectable_seen") is not None
    source = (
        "Worked out from the results of comparison children only."
        if seen
        else "Worked out without any outcome, from usual values and as if none were missing, so a result can be less "
        "precise."
    )
    return (
        f"Each number by itself would do, with the rest as it is. {source} Not available: no number of them would be "
        "enough."
    )


def prognostic_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """One row an outcome: how far its prediction differs between the groups."""
    found = scrutiny.get("prognostic")
    rows = pd.concat([part.table().reset_index() for part in found]) if found else pd.DataFrame()
    return _labelled(scrutiny, rows, "outcome")


def equivalence_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """One row an outcome: difference at the start on the children analysed, and the verdict in words."""
    rows = _labelled(scrutiny, _table(scrutiny, "equivalence"), "outcome")
    if rows.empty:
        return rows
    words = {
        ("satisfied", True): "alike",
        ("adjust", True): "alike enough, since the analysis adjusts for it",
        ("adjust", False): "too far apart, since nothing adjusts for it",
        ("not_satisfied", False): "too far apart",
    }
    verdicts = zip(rows["verdict"], rows["met"].astype(bool), strict=True)
    return rows.assign(verdict=[words.get(found, "not known") for found in verdicts])


def attrition_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """One row an outcome: matched children, and those with the outcome; the few without would be hidden, and found."""
    rows = _labelled(scrutiny, _table(scrutiny, "attrition"), "outcome")
    known = {f"known_{g}": rows[f"n_{g}"] - rows[f"missing_{g}"] for g in ("programme", "comparison") if not rows.empty}
    return rows.assign(**known)


def bound_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """Bound what the missing outcomes could do to the primary result."""
    rows = [_table(scrutiny, name) for name in ("lee", "worst_case")]
    both = pd.concat([r for r in rows if not r.empty]) if any(not r.empty for r in rows) else pd.DataFrame()
    if both.empty:
        return both
    known = "Children with a known outcome"
    return both.drop_duplicates("kind").replace({"label": {known: f"{known}, nothing adjusted"}})


def collection_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """How the outcome was taken in each group."""
    rows = _table(scrutiny, "collection")
    return rows if rows.empty else rows.assign(alike=rows["flag"].map({True: "no", False: "yes"}))


def baseline_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """Primary outcome with and without its baseline in the matching, and by change since the start."""
    return _table(scrutiny, "baselines")


def other_estimate_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """Put the primary result beside other estimators of the same."""
    if scrutiny.case is None:
        return pd.DataFrame()
    named = {"As planned": scrutiny.case.effect.att}
    for name, label in (
        ("aipw", "Weighted and adjusted, either of which may be wrong (AIPW)"),
        ("response_weighted", "Weighted for those who are missing at the end"),
    ):
        if scrutiny.get(name) is not None:
            named[label] = scrutiny.get(name)
    rows = [effect.table().assign(label=label) for label, effect in named.items()]
    offered = scrutiny.get("offered")
    if offered is not None:
        rows.append(offered.table().assign(label=lambda t: t["label"] if "label" in t else t["who"]))
    return _with_unit(scrutiny, pd.concat(rows, ignore_index=True))


def subgroup_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """Primary outcome by characteristic, one row a level, and whether the levels of a characteristic differ.

    The tests of several characteristics are one family (Holm).
    """
    found = scrutiny.get("subgroups")
    if not found or scrutiny.case is None:
        return pd.DataFrame()
    cohort = scrutiny.case.cohort
    rows = [
        part.table().assign(
            by=column_label(cohort, part.by),
            level=lambda t, part=part: [column_label(cohort, f"{part.by}: {YES_NO.get(v, v)}") for v in t["level"]],
            differ="cannot be tested" if np.isnan(p) else "yes" if p < CLEAR else "not clearly",
        )
        for part, p in zip(found, holm([part.p for part in found]), strict=True)
    ]
    both = pd.concat(rows, ignore_index=True)
    both["differ"] = both["differ"].where(both["status"] == "estimated", "too few to say")
    return _with_unit(scrutiny, both)


def spillover_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """Primary outcome where few and where many of the year group are on the programme."""
    return _table(scrutiny, "spillover")



def contour_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """Estimate by strength of something unseen, for the contour figure."""
    found = scrutiny.get("omitted")
    if found is None or scrutiny.case is None:
        return pd.DataFrame()
    rows = found.contours()
    # A benchmark is a whole covariate: its name alone would not be told from a word of a sentence.
    cohort, known = scrutiny.case.cohort, set(found.benchmarks()["covariate"].astype(str))
    times, _, name = zip(*(str(label).rpartition(" × ") for label in rows["label"]), strict=True)
    words = in_short(scrutiny.case.result, [column_label(cohort, n) if n in known else n for n in name])
    labels = [f"{k} × {word}" if k else word for k, word in zip(times, words, strict=True)]
    return _with_unit(scrutiny, rows.assign(label=labels))


def rosenbaum_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """Bounds on the result by how much the odds within a pair may differ, at the steps of :data:`ODDS`."""
    rows = _table(scrutiny, "rosenbaum")
    return rows if rows.empty else rows[np.isclose(rows["gamma"].to_numpy()[:, None], ODDS).any(axis=1)]


def placebo_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """Differences on outcomes that the programme cannot move."""
    rows = _table(scrutiny, "placebo")
    return rows if rows.empty else _labelled(scrutiny, rows.assign(label=rows["outcome"]), "label")


def sweep_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """Primary result by the gap on a measure that only programme children have."""
    found = scrutiny.get("programme_only")
    if not found or scrutiny.case is None:
        return pd.DataFrame()
    cohort = scrutiny.case.cohort
    labels = in_short(scrutiny.case.result, [column_label(cohort, part.measure) for part in found])
    rows = [part.table().iloc[::SWEEP_STEP].assign(label=label) for part, label in zip(found, labels, strict=True)]
    return _with_unit(scrutiny, pd.concat(rows, ignore_index=True))


def specification_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """One row a specification."""
    return _table(scrutiny, "specifications")



def evidence_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """One row a thing looked at: what was found, the level after it on each scale, and why."""
    found = scrutiny.get("evidence")
    if found is None:
        return pd.DataFrame()
    rows: dict[str, dict[str, str]] = {}
    for step in found.steps:
        row = rows.setdefault(step.criterion, {"criterion": step.criterion, "value": step.value, "reason": ""})
        row[step.scale] = str(step.rating)
    for name, row in rows.items():
        why: dict[str, list[str]] = {}
        for step in found.steps:
            if step.criterion == name:
                why.setdefault(step.reason, []).append(SCALE_WORDS[step.scale])
        alone = len(why) == 1
        row["reason"] = " ".join(reason if alone else f"{', '.join(who)}: {reason}" for reason, who in why.items())
    # How many outcomes are missing is shown by the tables above, which know the release rule.
    if "outcomes not known" in rows:
        rows["outcomes not known"]["value"] = "see above"
    return pd.DataFrame(list(rows.values())).reindex(columns=["criterion", "value", *SCALE_WORDS, "reason"]).fillna("")
