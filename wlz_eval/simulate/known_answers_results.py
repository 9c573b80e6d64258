"""The committed study of known answers, read back: how near each method came."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.numbers import MINUS, format_number
from wlz_eval.core.result import Result
from wlz_eval.simulate.committed import read_committed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KnownAnswers", "draw_answers", "load_answers"]

#: Largest difference that may be left between matched groups, in SDs (What Works Clearinghouse).
BALANCED = 0.25
#: Rows that match and weigh nobody.
UNMATCHED = ("naive", "regression", "aipw")


@dataclass(frozen=True, kw_only=True, repr=False)
class KnownAnswers(Result):
    """Every method's answer beside the benchmark of each experiment.

    Parameters
    ----------
    answers : DataFrame
        One row an experiment and method; columns as :func:`wlz_eval.simulate.known_answers.run_experiment` describes.
    facts : dict
        What was asked, the benchmarks, what each method is, and the hash of the code.
    """

    answers: pd.DataFrame
    facts: dict[str, Any]

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: how much was tried."""
        return f"Known answers: {len(self.facts['methods'])} methods in {len(self.facts['experiments'])} comparisons"

    def _about(self, key: str) -> dict[str, Any]:
        known = self.facts["experiments"]
        if key not in known:
            raise OptionError(f"There is no experiment {key!r}. {suggestion(key, list(known))}")
        about: dict[str, Any] = known[key]
        return about

    def of(self, key: str) -> pd.DataFrame:
        """Return the rows of one experiment, method by method."""
        self._about(key)
        return self.answers[self.answers["experiment"] == key].set_index("method")

    def fair(self, key: str) -> pd.DataFrame:
        """Return the rows that adjust for something and are about everybody whom the benchmark is about."""
        rows = self.of(key)
        return rows[rows["asked"] & (rows.index != "naive")]

    def table(self) -> pd.DataFrame:
        """One row an experiment.

        Columns ``benchmark``, ``benchmark_se``, ``naive``, ``methods`` (that adjust, and are about everybody whom the
        benchmark is about), ``lowest`` and ``highest`` (of their estimates), ``middle`` (their median), ``holding``
        (how many intervals hold the benchmark).
        """
        rows = {}
        for key, about in self.facts["experiments"].items():
            fair = self.fair(key)
            rows[key] = {
                "benchmark": about["benchmark"],
                "benchmark_se": about["benchmark_se"],
                "naive": float(self.of(key)["estimate"].to_dict()["naive"]),
                "methods": len(fair),
                "lowest": float(fair["estimate"].min()),
                "highest": float(fair["estimate"].max()),
                "middle": float(fair["estimate"].median()),
                "holding": int(fair["holds"].sum()),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("experiment")

    def balance_lesson(self) -> pd.DataFrame:
        """Sort the designs for the trainees by the balance that they reached, which is known before any outcome is.

        One row a level of balance: ``designs``; ``smallest_error`` and ``largest_error`` of the weighted difference,
        in dollars; ``smallest_adjusted`` and ``largest_adjusted`` of the estimate with the outcome model, which the
        package gives. That the designs be sorted so, and at this limit, was decided after the errors had been seen.
        """
        fair = pd.concat([self.fair("nsw-psid"), self.fair("nsw-cps")])
        designs = fair[~fair.index.isin(UNMATCHED)]
        words = {True: f"all within {BALANCED} SDs", False: "some further apart"}
        errors = designs.assign(
            covariates=(designs["worst_smd"] <= BALANCED).map(words),
            plain=designs["error_unadjusted"].abs(),
            adjusted=designs["error"].abs(),
        ).groupby("covariates", sort=False)
        found = pd.DataFrame(
            {
                "designs": errors["plain"].size(),
                "smallest_error": errors["plain"].min(),
                "largest_error": errors["plain"].max(),
                "smallest_adjusted": errors["adjusted"].min(),
                "largest_adjusted": errors["adjusted"].max(),
            }
        )
        return found.sort_values("largest_error")

    @property
    def answer(self) -> str:
        """The study's finding, in words."""
        table, lesson = self.table(), self.balance_lesson()
        psid, cps = (table.loc[key].to_dict() for key in ("nsw-psid", "nsw-cps"))
        good, bad = (lesson.iloc[i].astype(float).to_dict() for i in (0, -1))
        return (
            f"Some do, and none surely. Training added {_plain(psid['benchmark'], 0)} dollars a year by lot; "
            f"unmatched, it seems to have taken away {_plain(-psid['naive'], 0)} against one survey and "
            f"{_plain(-cps['naive'], 0)} against the other. Of designs that kept all trainees, the "
            f"{_plain(good['designs'], 0)} that left no covariate more than {BALANCED} SDs apart were wrong by at most "
            f"{_plain(good['largest_error'], 0)} dollars before any outcome model, the {_plain(bad['designs'], 0)} "
            f"others by {_plain(bad['smallest_error'], 0)} to {_plain(bad['largest_error'], 0)}; with one, by at most "
            f"{_plain(good['largest_adjusted'], 0)} and {_plain(bad['largest_adjusted'], 0)}."
        )

    def summary(self) -> pd.DataFrame:
        """Give the table of the experiments in words, for a page."""
        rows = []
        for key, row in self.table().iterrows():
            about = self._about(str(key))
            places = _places(about["unit"])
            rows.append(
                {
                    "Comparison": about["name"],
                    "Unit": about["unit"],
                    "Benchmark (SE)": f"{_plain(row['benchmark'], places)} ({_plain(row['benchmark_se'], places)})",
                    "Nothing adjusted": _plain(row["naive"], places),
                    "Methods": f"{_plain(row['lowest'], places)} to {_plain(row['highest'], places)}",
                    "Intervals that hold it": f"{int(row['holding'])} of {int(row['methods'])}",
                }
            )
        return pd.DataFrame(rows)

    def page(self, key: str) -> pd.DataFrame:
        """Give the table of one experiment in words, for a page."""
        places = _places(self._about(key)["unit"])
        rows = []
        for name, row in self.of(key).iterrows():
            known = row["estimate"] == row["estimate"]
            interval = f"{_plain(row['ci_low'], places)} to {_plain(row['ci_high'], places)}" if known else ""
            rows.append(
                {
                    "Method": name,
                    "About": f"{row['aim']}, {100 * row['matched']:.0f}% of them",
                    "Worst SMD": _plain(row["worst_smd"], 2),
                    "Others, effective": _plain(row["effective"], 0),
                    "Weighted difference": _plain(row["unadjusted"], places),
                    "With outcome model": _plain(row["estimate"], places),
                    "95% interval": interval,
                    "Off by": _plain(row["error"], places),
                    "Holds": ("yes" if row["holds"] else "no") if known else "no answer",
                }
            )
        return pd.DataFrame(rows)

    def source(self, key: str) -> str:
        """Return where the benchmark of an experiment comes from."""
        return str(self._about(key)["source"])

    def lesson(self) -> pd.DataFrame:
        """Give the balance lesson in words, for a page."""
        table = self.balance_lesson().reset_index()
        return pd.DataFrame(
            {
                "Covariates after matching": table["covariates"],
                "Designs": table["designs"].map(str),
                "Weighted difference off by, dollars": [
                    _span(low, high) for low, high in zip(table["smallest_error"], table["largest_error"], strict=True)
                ],
                "With outcome model off by, dollars": [
                    _span(low, high)
                    for low, high in zip(table["smallest_adjusted"], table["largest_adjusted"], strict=True)
                ],
            }
        )

    def methods(self) -> pd.DataFrame:
        """Return what each method is."""
        return pd.DataFrame(list(self.facts["methods"].items()), columns=["Method", "What it does"])

    def plot(self) -> Figure:
        """Draw every answer, see :func:`draw_answers`."""
        return draw_answers(self.answers, self.facts["experiments"])


def _places(unit: str) -> int:
    return 0 if unit.startswith("dollars") else 2


def _plain(value: float, places: int) -> str:
    """Print a number with a true minus; nothing where there is none."""
    return "" if value != value else f"{value:,.{places}f}".replace("-", MINUS)


def _span(low: float, high: float) -> str:
    return f"{_plain(low, 0)} to {_plain(high, 0)}"


def load_answers(folder: Path | None = None) -> KnownAnswers:
    """Read the committed study.

    Parameters
    ----------
    folder : Path, optional
        Where ``known_answers.csv`` and ``known_answers.yaml`` are; ``data/studies`` when left out.

    Raises
    ------
    WlzEvalError
        When it has not been run.
    """
    table, facts = read_committed("known_answers", "known_answers", folder)
    return KnownAnswers(answers=table, facts=facts)


def draw_answers(answers: pd.DataFrame, experiments: dict[str, dict[str, Any]]) -> Figure:
    """Draw each method's interval, the weighted difference beside it, and the benchmark as a band.

    Filled marks stand for everybody whom the benchmark is about, squares for only some of them or for others. What
    lies outside the picture is drawn at its edge, with its number and an arrow.

    Parameters
    ----------
    answers : DataFrame
        As in :class:`KnownAnswers`.
    experiments : dict
        Name, unit, benchmark and its error, by key.
    """
    figure, axes = new_figure(2, 2, height=8.4, width=7.6, sharey=True)
    for panel, (key, about) in zip(axes.flat, experiments.items(), strict=True):
        _panel(panel, answers[answers["experiment"] == key].reset_index(drop=True), about)
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside upper center", fontsize=8, ncols=2)
    return figure


def _panel(axis: Any, rows: pd.DataFrame, about: dict[str, Any]) -> None:
    truth, se = about["benchmark"], about["benchmark_se"]
    inside = rows[rows["asked"] & (rows["method"] != "naive")]
    low, high = inside["ci_low"].min(), inside["ci_high"].max()
    low, high = low - 0.08 * (high - low), high + 0.08 * (high - low)
    axis.axvspan(truth - 1.96 * se, truth + 1.96 * se, color=COLOURS["light"], alpha=0.4, label="benchmark, 95%")
    axis.axvline(truth, color=COLOURS["neutral"], linewidth=1.2)
    y = rows.index.to_numpy()
    axis.hlines(y, rows["ci_low"].clip(low, high), rows["ci_high"].clip(low, high), color=COLOURS["programme"], lw=1.2)
    for asked, marker, words in ((True, "o", "with outcome model"), (False, "s", "the same, of some or of others")):
        part = rows[rows["asked"] == asked]
        face = COLOURS["programme"] if asked else "white"
        axis.scatter(
            part["estimate"].clip(low, high), part.index, marker=marker, s=26, facecolor=face,
            edgecolor=COLOURS["programme"], zorder=3, label=words,
        )  # fmt: skip
    axis.scatter(
        rows["unadjusted"].clip(low, high), y, marker="x", s=26, color=COLOURS["bad"], zorder=4,
        label="weighted difference",
    )  # fmt: skip
    for column, colour, shift in (("estimate", "programme", -0.12), ("unadjusted", "bad", 0.34)):
        for place, value in enumerate(rows[column]):
            if low <= value <= high or value != value:
                continue
            left = value < low
            number = format_number(value, 0 if abs(value) >= 10 else 2)
            words = f"← {number} " if left else f" {number} →"
            axis.text(
                low if left else high, place + shift, f"  {words}" if left else f"{words}  ", fontsize=6,
                ha="left" if left else "right", va="center", color=COLOURS[colour],
            )  # fmt: skip
    axis.set_xlim(low, high)
    axis.set_yticks(y, rows["method"], fontsize=8)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_title(about["name"], fontsize=10)
    axis.set_xlabel(about["unit"], fontsize=9)
    axis.tick_params(axis="x", labelsize=8)
