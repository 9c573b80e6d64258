"""Negative controls: whether dose "predicts" what it cannot have brought about, because that came first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import special

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.confounding.rows import gather, robust_fit
from wlz_eval.inference import holm
from wlz_eval.reference.confounding import confounding_cut

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KINDS", "Control", "NegativeControls", "control_words", "negative_controls", "usual_controls"]

Kind = Literal["later_dose", "before_start", "at_start"]
#: What each kind of control asks.
KINDS: Mapping[str, str] = {
    "later_dose": "Outcome midway, on dose after it",
    "before_start": "Outcome before the start, on dose",
    "at_start": "Outcome at the start, on dose",
}
_COLUMNS = ("name", "kind", "label", "outcome", "exposure", "estimate", "ci_low", "ci_high", "p", "p_adjusted", "clear",
            "counts", "n", "note")


@dataclass(frozen=True, kw_only=True)
class Control:
    """One negative control.

    Parameters
    ----------
    outcome : str
        Column measured before the dose was given.
    exposure : str
        Column with the dose.
    given : tuple of str
        Columns that are adjusted for: what the slope itself is adjusted for, and for dose after the outcome also
        the dose before it, which may well have done something.
    kind : {"later_dose", "before_start", "at_start"}
        ``at_start`` shows who was given more; as the slope is adjusted for that very measure, it does not count
        against it.
    """

    outcome: str
    exposure: str
    given: tuple[str, ...] = ()
    kind: Kind = "before_start"

    @property
    def name(self) -> str:
        """Stable name."""
        return f"{self.kind}.{self.outcome}"


@dataclass(frozen=True, kw_only=True, repr=False)
class NegativeControls(Result):
    """Slopes of outcomes on dose that came after them.

    Parameters
    ----------
    rows : DataFrame
        One row a control: ``name``, ``kind``, ``label``, ``outcome``, ``exposure``, ``estimate``, ``ci_low``,
        ``ci_high`` (SDs of what is left of the outcome that go with one SD of what is left of dose), ``p``,
        ``p_adjusted`` (Holm, over those that count), ``clear``, ``counts``, ``n``, ``note``.
    """

    rows: pd.DataFrame

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Does dose go with what came before it? {len(self.rows)} checks"

    @property
    def made(self) -> bool:
        """Whether any control that counts could be estimated."""
        return bool((self.rows["counts"] & self.rows["estimate"].notna()).any()) if len(self.rows) else False

    @property
    def alarmed(self) -> bool:
        """Whether any control that counts is clear."""
        return bool((self.rows["counts"] & self.rows["clear"]).any()) if len(self.rows) else False

    def table(self) -> pd.DataFrame:
        """Give the rows."""
        return self.rows

    def plot(self) -> Figure:
        """Forest of the controls."""
        from wlz_eval.engagement.confounding.figures import draw_negative_controls

        return draw_negative_controls(self.rows)

    def findings(self, prefix: str = "engagement.confounding") -> tuple[Finding, ...]:
        """One finding a control, in SDs."""
        return tuple(
            Finding(
                finding_id=f"{prefix}.control.{row['name']}", quantity="slope", outcome=str(row["outcome"]),
                subgroup=str(row["label"]), group="programme", estimate=float(row["estimate"]),
                ci_low=float(row["ci_low"]), ci_high=float(row["ci_high"]), unit="sd", claim="association",
                n_programme=int(row["n"]), note=str(row["note"]),
                method="least squares of an outcome on dose that came after it, CR2 by school",
            )
            for row in self.rows.to_dict(orient="records")
        )


def negative_controls(
    data: pd.DataFrame, controls: Sequence[Control], *, school: str = "school_id",
    labels: Mapping[str, str] | None = None,
) -> NegativeControls:
    """Regress outcomes on dose that came after them: what cannot have been brought about shows what else is at work.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    controls : sequence of Control
        Such as :func:`usual_controls` makes of the columns that there are.
    school : str
    labels : mapping of str to str, optional
        Words for outcomes.

    Returns
    -------
    NegativeControls
        A control that cannot be estimated keeps its row, with the reason in ``note``.

    Raises
    ------
    OptionError
        For an unknown kind, or columns that are not there or hold no numbers.

    Notes
    -----
    A control that is not clear does not show that nothing unseen is at work; one that is clear shows that something
    is, or that dose answered to how children were doing.

    References
    ----------
    Lipsitch, Tchetgen Tchetgen and Cohen (2010), Epidemiology 21.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> keen = rng.normal(size=240)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdef"), 40), "before": keen + rng.normal(size=240)})
    >>> d["hours"] = 20 + 3 * keen + rng.normal(size=240)
    >>> negative_controls(d, [Control(outcome="before", exposure="hours")]).alarmed
    True
    """
    for control in controls:
        if control.kind not in KINDS:
            raise OptionError(f"Kind {control.kind!r} of control is not known. {suggestion(control.kind, list(KINDS))}")
    rows = [_one(data, control, school, labels or {}) for control in controls]
    table = pd.DataFrame(rows, columns=[c for c in _COLUMNS if c not in ("p_adjusted", "clear")])
    tested = (table["counts"] & table["p"].notna()).to_numpy(dtype=bool)
    adjusted = np.asarray(table["p"], dtype=float).copy()
    if tested.any():
        adjusted[tested] = holm(adjusted[tested])
    table["p_adjusted"] = adjusted
    table["clear"] = adjusted < confounding_cut("control_level")
    table["counts"] = table["counts"].astype(bool)
    return NegativeControls(rows=table[list(_COLUMNS)])


def _one(data: pd.DataFrame, control: Control, school: str, labels: Mapping[str, str]) -> dict[str, object]:
    """One control, standardised by what is left of outcome and of dose."""
    nan = math.nan
    words = labels.get(control.outcome, control.outcome)
    row: dict[str, object] = {
        "name": control.name, "kind": control.kind, "label": f"{words} ({KINDS[control.kind].split(', ')[1]})",
        "outcome": control.outcome, "exposure": control.exposure, "estimate": nan, "ci_low": nan, "ci_high": nan,
        "p": nan, "counts": control.kind != "at_start", "note": "",
    }
    rows = gather(data, control.exposure, control.given, school, control.outcome)
    row["n"] = rows.n
    reason = rows.why_no_slope()
    y = rows.data[control.outcome].to_numpy(dtype=float)
    if not reason and np.ptp(y) == 0:
        reason = "Every child had the same value, so nothing can go with it."
    if reason:
        return {**row, "note": reason}
    others = np.column_stack([np.ones(rows.n), rows.X.to_numpy()])
    sds = [float(np.std(v - others @ np.linalg.lstsq(others, v, rcond=None)[0])) for v in (rows.dose, y)]
    if not sds[1] > 1e-10 * float(np.std(y)):
        return {**row, "note": "What it is adjusted for explains it wholly."}
    X = pd.DataFrame({"(constant)": 1.0}, index=rows.X.index).join(rows.X).assign(**{"(dose)": rows.dose / sds[0]})
    fit = robust_fit(X, y / sds[1], rows.school, {"(dose)": {"(dose)": 1.0}})
    return {
        **row, "estimate": float(fit.estimate[0]), "ci_low": float(fit.ci_low[0]), "ci_high": float(fit.ci_high[0]),
        "p": _p(float(fit.estimate[0]), float(fit.se[0]), float(fit.df[0])), "note": " ".join(rows.notes),
    }


def _p(estimate: float, se: float, df: float) -> float:
    return float(2 * special.stdtr(df, -abs(estimate / se))) if se > 0 and df > 0 else math.nan


def usual_controls(
    data: pd.DataFrame, exposure: str, covariates: Sequence[str] = (), *, baseline: str | None = None,
    before: str | None = None, midpoint: str | None = None, earlier: str | None = None, later: str | None = None,
) -> tuple[Control, ...]:
    """Make the controls that the columns at hand allow.

    Parameters
    ----------
    data : DataFrame
        Read for which columns hold anything.
    exposure : str
        Whole dose.
    covariates : sequence of str
        What the slope is adjusted for, beside the baseline.
    baseline, before, midpoint : str, optional
        The outcome at the start, before it, and midway.
    earlier, later : str, optional
        Dose up to the midpoint, and after it. Both are needed for the control on dose after the midpoint.

    Returns
    -------
    tuple of Control
        Those whose columns are all there and hold something.

    Examples
    --------
    >>> d = pd.DataFrame({"hours": [1.0], "y_pre_baseline": [2.0], "y_baseline": [1.0]})
    >>> [c.kind for c in usual_controls(d, "hours", baseline="y_baseline", before="y_pre_baseline")]
    ['before_start', 'at_start']
    """
    start = (baseline,) if _held(data, baseline) and baseline else ()
    # The control's own outcome may be among the covariates of the slope.
    rest = tuple(c for c in covariates if c not in (baseline, before, midpoint))
    found = []
    if midpoint and later and earlier and all(_held(data, c) for c in (midpoint, later, earlier)):
        found.append(Control(outcome=midpoint, exposure=later, given=(*start, *rest, earlier), kind="later_dose"))
    if before and _held(data, before):
        found.append(Control(outcome=before, exposure=exposure, given=(*start, *rest), kind="before_start"))
    if start:
        found.append(Control(outcome=start[0], exposure=exposure, given=rest, kind="at_start"))
    return tuple(found)


def _held(data: pd.DataFrame, column: str | None) -> bool:
    return column is not None and column in data and bool(data[column].notna().any())


def control_words(result: NegativeControls, dose: str = "support") -> tuple[str, dict[str, Finding | str]]:
    """Say whether dose goes with what it cannot have brought about: a template and its values."""
    values: dict[str, Finding | str] = {"dose": dose}
    if not result.made:
        return (
            "Whether the {dose} of a child went with outcomes that came before cannot be checked: these data hold no "
            "outcome from before that is not already adjusted for.", values
        )
    if not result.alarmed:
        return (
            "The {dose} that a child had did not clearly go with outcomes that came before. That does not show "
            "that nothing unseen is at work: it may be too weak to be seen among these children.", values
        )
    table = result.rows
    first = table.index[table["counts"] & table["clear"]][0]
    values["control"] = result.findings()[int(first)]
    values["measure"] = str(table.loc[first, "label"])
    later = table.loc[first, "kind"] == "later_dose"
    other = ", or support answered to how children were doing." if later else "."
    return (
        "The {dose} that a child had went with an outcome that came before ({measure}: {control}, 95% interval "
        "{control:interval}). Support cannot have brought that about, so something else is at work that these data do "
        "not hold" + other,
        values,
    )
