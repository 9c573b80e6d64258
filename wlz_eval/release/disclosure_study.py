"""Can children of small cohorts be found in what is published of them? An attack by linear programming on many.

``python -m wlz_eval.release.disclosure_study --cohorts 1000`` draws cohorts of a few small schools, and shows of each
what the notebooks show: groups with their margins, numbers of risks, completeness, a flow, means, shares of answers,
and a subgroup, over several pages. Each is shown by the release rule alone, and after suppression over all its pages.
An attacker who knows how every table is built, and reads nothing but the published texts, then bounds each hidden
number. The attacker is written here from the tables' design, apart from the one that suppression uses, which finds
sums from the numbers. Results are committed in ``data/studies/disclosure.csv``, with the hash of the code that they
belong to. After a change of code that moves no number, ``--recheck`` runs some of the cohorts again and takes the new
hash over.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.release.columns import Children, Column, Label, Percent, Statistic, release_table
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.rule import Rule
from wlz_eval.release.showing import enter_cells
from wlz_eval.release.suppression import suppress
from wlz_eval.release.suppression.exported import withhold
from wlz_eval.simulate.committed import (
    code_hash,
    comes_out_again,
    has_committed,
    read_committed,
    study_folder,
    write_committed,
)

__all__ = ["FIRST_SEED", "Drawn", "draw_cohort", "found_in", "recheck", "run", "run_cohort", "summary"]

#: Fixed before any cohort was drawn, and never redrawn.
FIRST_SEED = 820_000
RULE = Rule()
YEARS, SEXES, ANSWERS = ("Year 7", "Year 8", "Year 9"), ("boys", "girls"), ("yes", "no", "unsure")
WAVES = ("start", "middle", "end")
#: Cohorts after which results are kept.
KEPT = 25
#: What the numbers depend on, below ``wlz_eval/``.
STUDY_MODULES = (
    "release/disclosure_study.py", "release/rule.py", "release/columns.py",
    *(f"release/suppression/{name}.py" for name in (
        "attack", "blocks", "choose", "exported", "facts", "known", "readings", "relations", "rows", "shares",
        "solve", "system",
    )),
)
#: Cohorts that are run again to see whether changed code has moved a number; spread over all of them.
CHECKED = 50
#: Digits of its rows that are kept.
DIGITS = 4

#: A number of children by its name, such as ``("Year 7", "boys")``.
Name = tuple[str, ...]
#: Rows of a table by their labels, and the number in each of a row's columns by name.
Rows = dict[tuple[str, ...], dict[str, tuple[str, ...]]]


@dataclass
class Drawn:
    """One cohort: its numbers of children, what adds up to what by design, and its pages.

    Parameters
    ----------
    counts : dict
        Numbers of children by name.
    sums : list of (Name, list of Name)
        Each whole and its parts.
    ledgers : list of Ledger
        What its pages show.
    cells : dict
        Of each cell the number that it shows, or for a share those counted and their base.
    """

    counts: dict[Name, int]
    sums: list[tuple[Name, list[Name]]]
    ledgers: list[Ledger] = field(default_factory=list)
    cells: dict[tuple[str, str], tuple[Name, ...]] = field(default_factory=dict)

    def show(
        self, page: str, caption: str, rows: Rows, columns: Mapping[str, Column]
    ) -> None:
        """Show one table on a page by the release verbs; `rows` gives the number of each cell by name."""
        if page not in {ledger.notebook for ledger in self.ledgers}:
            self.ledgers.append(Ledger("drawn", "public", page, RULE))
        ledger = next(ledger for ledger in self.ledgers if ledger.notebook == page)
        labels = [name for name, spec in columns.items() if isinstance(spec, Label)]
        data = []
        for row, names in rows.items():
            values: dict[str, Any] = dict(zip(labels, row, strict=True))
            values |= {column: self.counts[name] for column, name in names.items()}
            for column, spec in columns.items():
                if isinstance(spec, Statistic):
                    values[column] = 1.5
                if isinstance(spec, Percent):
                    values[column] = 100 * values[column] / max(values[spec.n], 1)
            data.append(values)
        keys = enter_cells(ledger, release_table(pd.DataFrame(data), columns, RULE), caption, columns, "table")
        for names, row_keys in zip(rows.values(), keys, strict=True):
            for column, spec in columns.items():
                if isinstance(spec, Percent):
                    self.cells[(page, row_keys[column])] = (names[column], names[spec.n])
                elif isinstance(spec, Statistic):
                    self.cells[(page, row_keys[column])] = (names[str(spec.n)],)
                elif column in names:
                    self.cells[(page, row_keys[column])] = (names[column],)


def draw_cohort(seed: int) -> Drawn:
    """Draw a cohort of a few small schools, and show it.

    Parameters
    ----------
    seed : int

    Returns
    -------
    Drawn
        20 to 150 children, as one, two or more small schools have on a programme.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 151))
    children = pd.DataFrame({
        "year": rng.choice(YEARS, n, p=rng.dirichlet((3, 3, 1))), "sex": rng.choice(SEXES, n, p=rng.dirichlet((4, 4))),
        "risks": rng.binomial(5, rng.uniform(0.2, 0.7), n),
        "answer": rng.choice(ANSWERS, n, p=rng.dirichlet((3, 2, 0.7))),
    })
    for wave in WAVES:
        children[wave] = rng.random(n) < rng.uniform(0.75, 1.0)
    children["in need"], children["better"] = children["risks"] >= 2, rng.random(n) < rng.uniform(0.1, 0.9)
    drawn = Drawn({}, [])
    _show_groups(drawn, children)
    _show_quality(drawn, children, int(rng.integers(0, 13)), int(rng.integers(0, 13)))
    _show_answers(drawn, children)
    return drawn


def _show_groups(drawn: Drawn, children: pd.DataFrame) -> None:
    """Year by sex with margins; number of risks; who came out of need, by sex."""
    years, sexes = ("All years", *YEARS), ("All", *SEXES)
    for year in years:
        for sex in sexes:
            of = children[children["year"].eq(year) | (year == "All years")]
            drawn.counts[(year, sex)] = int((of["sex"].eq(sex) | (sex == "All")).sum())
    drawn.sums += [((year, "All"), [(year, sex) for sex in SEXES]) for year in years]
    drawn.sums += [(("All years", sex), [(year, sex) for year in YEARS]) for sex in sexes]
    columns: dict[str, Column] = {"year": Label("Year"), "sex": Label("Sex"), "n": Children("Children")}
    rows: Rows = {(year, sex): {"n": (year, sex)} for year in years for sex in sexes}
    drawn.show("02_identification", "Children by year and sex", rows, columns)
    risks = [f"{k} risks" for k in range(6)]
    drawn.counts |= {(name,): int((children["risks"] == k).sum()) for k, name in enumerate(risks)}
    drawn.sums.append((("All years", "All"), [(name,) for name in risks]))
    columns = {"risks": Label("Areas at risk"), "n": Children("Children")}
    drawn.show("02_identification", "Children by number of risks", {(name,): {"n": (name,)} for name in risks}, columns)
    rows = {}
    for sex in SEXES:
        need = children[children["in need"] & (children["sex"] == sex)]
        parts = {"better": int(need["better"].sum()), "same": int((~need["better"]).sum()), "need": len(need)}
        drawn.counts |= {(sex, part): count for part, count in parts.items()}
        drawn.sums.append(((sex, "need"), [(sex, "better"), (sex, "same")]))
        rows[(sex,)] = {part: (sex, part) for part in parts}
    columns = {
        "sex": Label("Sex"), "better": Children("Came out of need"), "same": Children("Stayed"),
        "need": Children("In need"),
    }
    drawn.show("03_progress", "Children in need at the start", rows, columns)


def _show_quality(drawn: Drawn, children: pd.DataFrame, refused: int, left: int) -> None:
    """Who has a reading, and a flow from the offer to the end."""
    everyone = ("All years", "All")
    rows: Rows = {}
    for wave in WAVES:
        known = int(children[wave].sum())
        drawn.counts |= {(wave, "known"): known, (wave, "none"): len(children) - known}
        drawn.sums.append((everyone, [(wave, "known"), (wave, "none")]))
        rows[(wave,)] = {"known": (wave, "known"), "none": (wave, "none"), "n": everyone}
    columns: dict[str, Column] = {
        "wave": Label("Time"), "known": Children("With a reading"), "none": Children("Without"),
        "n": Children("Children"),
    }
    drawn.show("01_data_quality", "Completeness", rows, columns)
    n, left = len(children), min(left, len(children))
    drawn.counts |= {("offered",): n + refused, ("refused",): refused, ("left",): left, ("stayed",): n - left}
    drawn.sums += [(("offered",), [("refused",), everyone]), (everyone, [("left",), ("stayed",)])]
    steps = {("offered a place",): ("offered",), ("refused",): ("refused",), ("started",): everyone,
             ("left early",): ("left",), ("stayed to the end",): ("stayed",)}
    flow: dict[str, Column] = {"step": Label("Step", dimension="step"), "n": Children("Children")}
    drawn.show("01_data_quality", "Flow", {step: {"n": name} for step, name in steps.items()}, flow)


def _show_answers(drawn: Drawn, children: pd.DataFrame) -> None:
    """Shares of the answers to a question, by year."""
    rows: Rows = {}
    for year in YEARS:
        of = children[children["year"] == year]
        drawn.counts |= {(year, answer): int((of["answer"] == answer).sum()) for answer in ANSWERS}
        drawn.sums.append(((year, "All"), [(year, answer) for answer in ANSWERS]))
        rows |= {(year, answer): {"share": (year, answer), "n": (year, "All")} for answer in ANSWERS}
    means: dict[str, Column] = {
        "year": Label("Year"), "mean": Statistic("Mean score", unit="points", n="n"), "n": Children("Children"),
    }
    drawn.show("06_delivery", "Scores by year", {(year,): {"n": (year, "All")} for year in YEARS}, means)
    columns: dict[str, Column] = {
        "year": Label("Year"), "answer": Label("Answer"), "share": Percent("Share", n="n"), "n": Children("Children"),
    }
    drawn.show("06_delivery", "Answers by year", rows, columns)


def found_in(drawn: Drawn, ledgers: Sequence[Ledger]) -> tuple[int, int]:
    """Count hidden numbers, and those that :func:`bounds_in` shows to be found.

    Returns
    -------
    tuple of int
        Hidden numbers of children, and those of them that were found: some number from one to below the threshold is
        impossible, given everything published.
    """
    ends = bounds_in(drawn, ledgers).values()
    return len(ends), sum(low > 1 or high < RULE.threshold - 1 for low, high in ends)


def bounds_in(drawn: Drawn, ledgers: Sequence[Ledger]) -> dict[tuple[Name, ...], tuple[float, float]]:
    """Attack published texts by linear programming, knowing how each table is built.

    Parameters
    ----------
    drawn : Drawn
        For the design of its tables; its numbers are used only to know which hidden ones are small.
    ledgers : sequence of Ledger
        Whose texts are read.

    Returns
    -------
    dict
        Of each hidden number of children, or of those of a base who are not counted in a hidden share, the least and
        the most that it can be.
    """
    from scipy.optimize import linprog

    names = {name: i for i, name in enumerate(drawn.counts)}
    bounds: list[tuple[float, float]] = [(0.0, 1000.0)] * len(names)
    rows: list[tuple[np.ndarray, float]] = []
    secret: dict[tuple[int, ...], None] = {}
    for ledger in ledgers:
        for cell in ledger.cells:
            of = tuple(names[name] for name in drawn.cells[(ledger.notebook, cell.key)])
            low, high = _said(cell.text) if cell.kind == "count" else (0.0 if cell.hidden else RULE.threshold, math.inf)
            bounds[of[0]] = (max(bounds[of[0]][0], low), min(bounds[of[0]][1], high))
            if cell.kind == "percent" and not cell.hidden and (number := re.search(r"\d+", cell.text)):
                rows += _share(of, float(number.group()), len(names))
            if cell.kind == "percent" and cell.hidden and cell.ns[0] - cell.ns[1] < RULE.threshold <= cell.ns[0]:
                secret[of] = None
            if cell.kind != "statistic" and cell.ns[-1] < RULE.threshold:
                secret[of[:1]] = None
    sums = np.zeros((len(drawn.sums), len(names)))
    for i, (whole, parts) in enumerate(drawn.sums):
        sums[i, names[whole]] = 1.0
        for part in parts:
            sums[i, names[part]] -= 1.0
    given: dict[str, Any] = {"A_eq": sums, "b_eq": np.zeros(len(sums)), "bounds": bounds}
    if rows:
        given |= {"A_ub": np.array([row for row, _ in rows]), "b_ub": np.array([most for _, most in rows])}
    ends: dict[tuple[Name, ...], tuple[float, float]] = {}
    for at in secret:
        aim = np.zeros(len(names))
        # One number, or those of a base who are not counted.
        aim[at[-1]] = 1.0
        aim[list(at[:-1])] = -1.0
        low, high = linprog(aim, **given).fun, -linprog(-aim, **given).fun
        ends[tuple(list(names)[i] for i in at)] = (math.ceil(low - 1e-6), math.floor(high + 1e-6))
    return ends


def _said(text: str) -> tuple[float, float]:
    """Read what the text of a count says of it: a mark says nothing."""
    if not text[:1].isdigit():
        return 0.0, math.inf
    shown, half = float(text.replace(",", "")), RULE.round_to // 2
    return max(shown - half, RULE.threshold), shown + half


def _share(of: Sequence[int], percent: float, size: int) -> Iterable[tuple[np.ndarray, float]]:
    """Write what a whole percentage says: counted >= (p - half) of the base, and counted <= (p + half) of it.

    And it is shown only where those not counted reach the threshold.
    """
    low, high, rest = np.zeros(size), np.zeros(size), np.zeros(size)
    low[of[0]], low[of[1]] = -1.0, (percent - 0.5) / 100
    high[of[0]], high[of[1]] = 1.0, -(percent + 0.5) / 100
    rest[of[0]], rest[of[1]] = 1.0, -1.0
    return (low, 0.0), (high, 0.0), (rest, -float(RULE.threshold))


def run_cohort(seed: int) -> dict[str, float]:
    """Draw, show, suppress and attack one cohort.

    Returns
    -------
    dict
        ``children``; ``cells`` that say a number of children; ``rule`` (hidden by the rule) and ``besides`` (withheld
        against the attack); ``hidden`` numbers of children below the threshold, ``found_by_rule`` of them before
        suppression and ``found`` after it; ``left`` that suppression could not protect; ``rounding``, the mean error of
        the counts that are shown.
    """
    drawn = draw_cohort(seed)
    hidden, before = found_in(drawn, drawn.ledgers)
    choice = suppress(drawn.ledgers)
    published = withhold(drawn.ledgers, choice.cells, "hidden")
    _, after = found_in(drawn, published)
    cells = [cell for ledger in published for cell in ledger.cells]
    shown = [abs(float(c.text.replace(",", "")) - c.ns[0]) for c in cells if c.kind == "count" and not c.hidden]
    return {
        "seed": seed, "children": drawn.counts[("All years", "All")], "cells": len(cells),
        "rule": sum(cell.hidden for ledger in drawn.ledgers for cell in ledger.cells), "besides": len(choice.cells),
        "hidden": hidden, "found_by_rule": before, "found": after, "left": len(choice.left),
        "rounding": float(np.mean(shown)) if shown else math.nan,
    }


def summary(rows: pd.DataFrame) -> dict[str, float]:
    """Totals over cohorts, and what protection costs."""
    return {
        "cohorts": len(rows),
        "hidden_numbers": int(rows["hidden"].sum()),
        "found_with_the_rule_alone": int(rows["found_by_rule"].sum()),
        "cohorts_with_any_found_with_the_rule_alone": int((rows["found_by_rule"] > 0).sum()),
        "found_after_suppression": int(rows["found"].sum()),
        "not_protected": int(rows["left"].sum()),
        "cells": int(rows["cells"].sum()),
        "percent_hidden_by_the_rule": round(float(100 * rows["rule"].sum() / rows["cells"].sum()), 1),
        "percent_withheld_besides": round(float(100 * rows["besides"].sum() / rows["cells"].sum()), 1),
        "mean_rounding_error": round(float(rows["rounding"].mean()), 2),
    }


#: Of the code that is running, whatever happens to its files meanwhile.
CODE = code_hash(STUDY_MODULES)


def _write(folder: Path, rows: pd.DataFrame) -> None:
    facts = {
        "made_by": "python -m wlz_eval.release.disclosure_study", "first_seed": FIRST_SEED,
        "threshold": RULE.threshold, "round_to": RULE.round_to, **summary(rows),
        "modules": list(STUDY_MODULES), "code": CODE,
    }
    write_committed("disclosure", rows.round(DIGITS), facts, folder)


def run(cohorts: int, folder: Path) -> pd.DataFrame:
    """Run cohorts in the order of their seeds; those of the same code that were kept are not run again.

    Parameters
    ----------
    cohorts : int
    folder : Path
        Where results are kept.
    """
    rows: list[dict[str, Any]] = []
    if has_committed("disclosure", folder):
        table, facts = read_committed("disclosure", "disclosure_study", folder)
        rows = [] if facts["code"] != CODE else [{str(k): v for k, v in r.items()} for r in table.to_dict("records")]
    rows = rows[:cohorts]
    for seed in range(FIRST_SEED + len(rows), FIRST_SEED + cohorts):
        rows.append(run_cohort(seed))
        if len(rows) % KEPT == 0 or len(rows) == cohorts:
            _write(folder, pd.DataFrame(rows))
    return pd.DataFrame(rows)


def recheck(folder: Path) -> bool:
    """Run some of the committed cohorts again, and take the hash of the code over where none has moved.

    Parameters
    ----------
    folder : Path
        Where results are kept.

    Returns
    -------
    bool
        Whether the numbers are those that were there before.
    """
    table, _ = read_committed("disclosure", "disclosure_study", folder)
    same = comes_out_again(table, run_cohort, CHECKED, DIGITS)
    if same:
        _write(folder, table)
    return same


def main() -> None:
    """Run the study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--recheck", action="store_true", help="only take the new code's hash, if no number moved")
    given = parser.parse_args()
    if given.recheck:
        if not recheck(given.out or study_folder()):
            raise SystemExit("Some numbers have moved, so nothing was written. Run it without --recheck.")
        print("The numbers are the same as before.")
        return
    print(summary(run(given.cohorts, given.out or study_folder())))


if __name__ == "__main__":
    main()
