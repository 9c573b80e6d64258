"""The known answer of a simulated cohort."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from wlz_eval.core.errors import CohortError, OptionError, Problem, suggestion
from wlz_eval.core.files import write_atomic
from wlz_eval.core.result import Result

__all__ = ["Truth", "load_truth", "write_truth"]


@dataclass(frozen=True)
class Truth(Result):
    """True effects of a simulated cohort on the values that its tables hold.

    Parameters
    ----------
    per_child : DataFrame
        Indexed by ``child_id``, one row for each programme child who started, one column for each outcome,
        such as ``english_endline``: recorded value with the programme minus without it.
    dose_slope : mapping of str to float
        For each outcome, what one more hour with Link Worker and partners adds, as a mean over the children.
    value : mapping
        True links of outcomes to money, drawn for this world, and what they come to.
    options : mapping
        The options that made the world.
    """

    per_child: pd.DataFrame
    dose_slope: Mapping[str, float] = field(default_factory=dict)
    value: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    title = "True effects of a simulated cohort"

    def att(self, outcome: str, children: Collection[str] | None = None) -> float:
        """Mean true effect on an outcome, for all children of the programme or for some of them.

        Parameters
        ----------
        outcome : str
            Column of the analysis frame, such as ``"english_endline"``.
        children : collection of str, optional
            Children to average over, such as those who were matched.
        """
        if outcome not in self.per_child:
            raise OptionError(f"No true effect on {outcome!r}. {suggestion(outcome, list(self.per_child.columns))}")
        effects = self.per_child[outcome]
        if children is not None:
            unknown = [c for c in children if c not in effects.index]
            if unknown:
                raise OptionError(
                    f"{len(unknown)} of the children never started the programme, such as {unknown[0]!r}."
                )
            effects = effects.loc[list(children)]
        return float(effects.mean())

    def table(self) -> pd.DataFrame:
        """Return the mean and SD of the true effect, and the dose slope, by outcome."""
        return pd.DataFrame(
            {
                "att": self.per_child.mean(),
                "sd_between_children": self.per_child.std(ddof=0),
                "dose_slope_per_hour": pd.Series(self.dose_slope, dtype=float).reindex(self.per_child.columns),
            }
        ).rename_axis("outcome")


def _number(value: float) -> float:
    return float(f"{value:.10g}")


def write_truth(truth: Truth, folder: Path) -> None:
    """Write ``truth.yaml``. Each child's effects are one line, in the order of ``outcomes``."""
    outcomes = list(truth.per_child.columns)
    head = {
        "schema_version": 1,
        "note": "Known answer of simulated pupils: effects on recorded values, with minus without.",
        "options": dict(truth.options),
        "outcomes": outcomes,
        "att": {c: _number(truth.per_child[c].mean()) for c in outcomes},
        "dose_slope_per_hour": {k: _number(v) for k, v in truth.dose_slope.items()},
        "value": dict(truth.value),
    }
    rows = zip(truth.per_child.index, truth.per_child.to_numpy().tolist(), strict=True)
    lines = [f"  {child}: [{', '.join(f'{v:.10g}' for v in row)}]" for child, row in rows]
    text = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=110)
    write_atomic(Path(folder) / "truth.yaml", "\n".join([text + "per_child:", *lines, ""]))


def load_truth(folder: str | Path) -> Truth:
    """Read ``truth.yaml`` of a cohort folder.

    Raises
    ------
    CohortError
        When the folder has none: the cohort is not a simulated one.
    """
    path = Path(folder) / "truth.yaml"
    if not path.is_file():
        raise CohortError(
            [
                Problem(
                    table="truth.yaml",
                    message=f"there is no such file in {Path(folder).name}",
                    remedy="Only simulated cohorts have a known answer; make one with wlz-eval simulate.",
                )
            ]
        )
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    per_child = pd.DataFrame.from_dict(content["per_child"], orient="index", columns=content["outcomes"], dtype=float)
    return Truth(
        per_child=per_child.rename_axis("child_id"),
        dose_slope=content["dose_slope_per_hour"],
        value=content["value"],
        options=content["options"],
    )
