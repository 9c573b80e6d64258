"""What the contract rewards: readings just past a paid line, baselines just at risk, raters who are paid by results."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.value.contract.bunching import LEVEL, Bunching, Together, bunching, critical, step_down, together
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.rules import Judged, steps_of

__all__ = ["ALL", "Incentives", "at_baseline", "at_endline", "incentives"]

Array = npt.NDArray[np.float64]
COLUMNS = (
    "area", "measure", "line", "compared", "n", "short", "past", "p_value", "adjusted", "power", "verdict", "flag"
)


METHOD = (
    "bunching at paid lines, one-sided: Fisher's exact test, or Frandsen (2017) where nobody compares, and all lines "
    "together; step-down by attainable p-values (Westfall and Wolfinger 1997)"
)
#: Area and measure of the rows that hold all lines together.
ALL = ("All areas", "All measures together")


@dataclass(frozen=True, kw_only=True, repr=False)
class Incentives(Result):
    """The audit of incentives.

    Parameters
    ----------
    lines : DataFrame
        One row an outcome and line: ``area``, ``measure``, ``line`` (endline or baseline), ``compared`` (with
        comparison children, or a smooth density), ``n`` (readings about the line), ``short``, ``past``, ``p_value``,
        ``adjusted`` (for all lines tested), ``power`` (percent), ``verdict`` (words), ``flag``; and a row for all
        endlines together, and for all baselines, where comparison children are read.
    raters : DataFrame
        One row an outcome: ``area``, ``measure``, ``informant``, ``readings``, ``knew`` (percent of readings whose
        rater knew who was on the programme; missing where it is not recorded), ``words`` (the same in a word).
    """

    lines: pd.DataFrame
    raters: pd.DataFrame

    title = "Audit of incentives"

    def table(self) -> pd.DataFrame:
        """One row an outcome and line."""
        return self.lines

    @property
    def flagged(self) -> pd.DataFrame:
        """Lines at which readings pile up more than a smooth distribution would."""
        return self.lines[self.lines["flag"]]

    def findings(self) -> list[Finding]:
        """Return how many lines were tested and flagged, and the power where the test is weakest."""
        tested, joint = (self.lines[self.lines["p_value"].notna() & on] for on in (~self._joint, self._joint))
        found = [
            Finding(finding_id="contract.incentives.tested", quantity="count", estimate=float(len(tested)),
                    unit="count", claim="description", method=METHOD),
            Finding(finding_id="contract.incentives.flagged", quantity="count", estimate=float(tested["flag"].sum()),
                    unit="count", claim="description", method=METHOD),
        ]
        if len(tested):
            found.append(
                Finding(finding_id="contract.incentives.power", quantity="power", unit="probability",
                        estimate=float(tested["power"].median()) / 100, claim="description",
                        method="eight in ten near misses lifted past the line; the middle line tested")
            )
        if len(held := joint[joint["line"] == "endline"]):
            found.append(
                Finding(finding_id="contract.incentives.power_together", quantity="power", unit="probability",
                        estimate=float(held["power"].iloc[0]) / 100, claim="description",
                        method="eight in ten near misses lifted past every line at endline")
            )
        return found

    @property
    def _joint(self) -> pd.Series:
        return self.lines["measure"] == ALL[1]

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Say in a sentence whether readings pile up at paid lines, with the power of the test."""
        found: dict[str, Finding | str | None] = {f.finding_id.split(".")[-1]: f for f in self.findings()}
        if "power" not in found:
            return "Too few children were read near the paid lines to see whether readings pile up there.", {}
        tail = (
            " Had eight in ten near misses been lifted past one line, this audit would have seen it with a chance of "
            "{power:chance} at a typical line"
        )
        tail += ", and of {power_together:chance} had it been done at every line." if "power_together" in found else "."
        single, joint = self.flagged[~self._joint[self.lines["flag"]]], self.flagged[self._joint[self.lines["flag"]]]
        habit = " It may be a habit of the scale, or of rounding: look at how they were made."
        if len(single):
            places = ", ".join(f"{r.measure} ({r.line})" for r in single.itertuples())
            text = "Readings pile up more than they should at {flagged:number} of {tested:number} lines: {places}."
            return text + habit + tail, {**found, "places": places}
        if len(joint):
            places = " and ".join(joint["line"])
            text = (
                "Over all lines taken together readings pile up on the paid side more than they should ({places}), "
                "though at none of the {tested:number} lines by itself."
            )
            return text + habit + tail, {**found, "places": places}
        return "At none of the {tested:number} lines that could be tested do readings pile up." + tail, found


def _endline(rule: Judged, before: Array, after: Array) -> tuple[Array, float, bool, bool]:
    """Return the readings that decide the payment, their line, direction and strictness; missing if not at risk."""
    held = rule.at_risk(before) & np.isfinite(after)
    if rule.outcome.rule == "progress":
        gain = np.where(held, after - before, np.nan) * (1.0 if rule.up else -1.0)
        return gain, rule.outcome.least, True, True
    return np.where(held, after, np.nan), rule.cut, rule.up, rule.strict


def _values(data: pd.DataFrame, rule: Judged, wave: str) -> Array:
    column = f"{rule.outcome.measure}_{wave}"
    return data[column].to_numpy(dtype=float, na_value=np.nan) if column in data else np.full(len(data), np.nan)


def at_endline(owed: Owed, others: pd.DataFrame, rule: Judged) -> Bunching:
    """Children at risk, beside comparison children at risk, about the line that decides the payment."""
    readings = [_values(owed.data, rule, wave) for wave in ("baseline", rule.outcome.wave)]
    step = float(steps_of(np.column_stack(readings)).min())
    pair = [
        _endline(rule, _values(data, rule, "baseline"), _values(data, rule, rule.outcome.wave))
        for data in (owed.data, others)
    ]
    (own, cut, up, strict), (other, *_) = pair
    return bunching(own, other, step, cut, up, strict)


def at_baseline(owed: Owed, others: pd.DataFrame, rule: Judged) -> Bunching | None:
    """All pupils of the programme's schools, beside those of other schools; None where only the chosen were read.

    Among the chosen alone a jump at the line is by design: they were chosen for being at risk.
    """
    if math.isnan(rule.cut) or "comparison_type" not in others:
        return None
    kind, readings = others["comparison_type"].astype(str).to_numpy(), _values(others, rule, "baseline")
    same, away = (readings[kind == name] for name in ("same_school", "other_school"))
    if np.isfinite(same).sum() < len(owed.data):
        return None
    own = np.concatenate([_values(owed.data, rule, "baseline"), same])
    step, chosen = float(steps_of(own[:, None])[0]), np.arange(len(own)) < len(owed.data)
    return bunching(own, away, step, rule.cut, rule.up, rule.strict, risk_side=True, paid_for=chosen)


def _line(rule: Judged, line: str, found: Bunching | None) -> dict[str, object]:
    about = {"area": rule.outcome.area.replace("_", " ").capitalize(), "measure": rule.label, "line": line}
    if found is None:
        blank = dict.fromkeys(("n", "short", "past", "p_value"), math.nan)
        verdict = "cannot be judged: only chosen children were read"
        return {**about, **blank, "compared": "", "verdict": verdict}
    return {
        **about, "compared": "a smooth density" if found.other is None else "comparison children",
        "n": found.own.n if found.other is None else found.own.near, "short": found.own.short, "past": found.own.past,
        "p_value": found.p_value, "verdict": "" if found.tested else "too few readings about the line",
    }


def _raters(owed: Owed) -> pd.DataFrame:
    table = owed.cohort["measures"]
    table = table[table["child_id"].astype(str).isin(owed.data.index.astype(str))]
    rows = []
    for rule in owed.rules:
        of_measure = table["measure"].astype(str).to_numpy() == rule.outcome.measure
        own = table[of_measure & (table["wave"].astype(str).to_numpy() == rule.outcome.wave)]
        if not len(own):
            continue
        who = sorted(own["informant"].dropna().astype(str).unique()) if "informant" in own else []
        knew = own["rater_knew"].dropna().to_numpy(dtype=float) if "rater_knew" in own else np.zeros(0)
        rows.append(
            {
                "area": rule.outcome.area.replace("_", " ").capitalize(), "measure": rule.label,
                "informant": ", ".join(who) or "not recorded", "readings": own["child_id"].nunique(),
                "knew": 100 * float(knew.mean()) if len(knew) else math.nan,
                "words": "not recorded" if not len(knew) else "all" if knew.all() else "some" if knew.any() else "none",
            }
        )
    return pd.DataFrame(rows, columns=["area", "measure", "informant", "readings", "knew", "words"])


def incentives(owed: Owed, frame: AnalysisFrame) -> Incentives:
    """Audit what the contract rewards.

    Parameters
    ----------
    owed : Owed
        The contract worked through.
    frame : AnalysisFrame
        With comparison children, who are paid for nothing: where their readings pile up as well, the scale does it.

    Returns
    -------
    Incentives
    """
    others = frame.data[frame.data["programme"] == 0]
    found: dict[str, list[Bunching | None]] = {
        "endline": [at_endline(owed, others, rule) for rule in owed.rules],
        "baseline": [at_baseline(owed, others, rule) for rule in owed.rules],
    }
    places = [(k, line) for k in range(len(owed.rules)) for line in found]
    rows = [_line(owed.rules[k], line, found[line][k]) for k, line in places]
    tests: list[Bunching | Together | None] = [found[line][k] for k, line in places]
    for line, own in found.items():
        joint = together([b for b in own if b is not None])
        if joint.tested:
            rows.append(_together(line, joint))
            tests.append(joint)
    return Incentives(lines=_judged(pd.DataFrame(rows), tests), raters=_raters(owed))


def _together(line: str, joint: Together) -> dict[str, object]:
    return {
        "area": ALL[0], "measure": ALL[1], "line": line, "compared": "comparison children",
        "n": joint.short + joint.past, "short": joint.short, "past": joint.past, "p_value": joint.p_value,
        "verdict": "",
    }


def _judged(lines: pd.DataFrame, tests: Sequence[Bunching | Together | None]) -> pd.DataFrame:
    """Adjust for the number of lines, and say what was seen and what would have been."""
    held = [(place, test) for place, test in enumerate(tests) if test is not None and test.tested]
    spoken = [test for _, test in held]
    # What the first step of the procedure flags, so that no power is promised that it lacks.
    level = critical(spoken)
    at = [place for place, _ in held]
    lines = lines.assign(adjusted=math.nan, power=math.nan)
    lines.loc[at, "adjusted"] = step_down(spoken)
    lines.loc[at, "power"] = [100 * test.power(level) for test in spoken]
    lines["flag"] = lines["adjusted"].fillna(1.0) <= LEVEL
    lines.loc[lines["flag"], "verdict"] = "piled up on the paid side"
    lines.loc[lines["adjusted"].notna() & (lines["verdict"] == ""), "verdict"] = "nothing seen"
    return lines[list(COLUMNS)]
