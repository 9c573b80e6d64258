"""The published figures as results for a page: verdicts, contradictions, and how each was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result
from wlz_eval.pilot.contradictions import evidence
from wlz_eval.pilot.tables import REASONS, contradictions, figures, rules, sources
from wlz_eval.pilot.verdicts import VERDICTS, judged_figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Contradictions", "PublishedFigures", "draw_verdicts", "published_contradictions", "published_figures"]


@dataclass(frozen=True, kw_only=True, repr=False)
class PublishedFigures(Result):
    """Every published figure with its verdict.

    Parameters
    ----------
    figures : DataFrame
        One row a figure: ``id``, ``source``, ``section``, ``statement``, ``value``, ``unit``, ``about``, ``verdict``,
        ``reason`` (a key of :data:`wlz_eval.pilot.tables.REASONS`), ``rule`` (the expression), ``computed``, ``why``,
        ``against``, ``note`` (what else the rule says).
    """

    figures: pd.DataFrame
    title: str = "What West London Zone has published, computed again"

    def table(self) -> pd.DataFrame:
        """One row a source, one column a verdict: how many figures."""
        counts = pd.crosstab(self.figures["source"], self.figures["verdict"])
        return counts.reindex(index=self.figures["source"].unique(), columns=list(VERDICTS), fill_value=0)

    def counts(self) -> dict[str, int]:
        """How many figures have each verdict."""
        return {verdict: int((self.figures["verdict"] == verdict).sum()) for verdict in VERDICTS}

    def reasons(self) -> dict[str, int]:
        """How many figures cannot be computed, by reason."""
        found = self.figures["reason"].value_counts()
        return {reason: int(found.get(reason, 0)) for reason in REASONS}

    @property
    def answer(self) -> str:
        """The finding, in words."""
        n = self.counts()
        return (
            f"Of {len(self.figures)} published figures, {n['reproduced']} can be computed again from the others. "
            f"{n['rounding differs']} more come out only if the number is cut off instead of rounded. "
            f"{n['contradicts']} contradict another figure or passage. The other {n['cannot be reproduced']} cannot be "
            "computed again, most because they are single facts, plans or definitions, some because the number of "
            "children behind them was never given."
        )

    def by_verdict(self) -> pd.DataFrame:
        """Give the counts by source in words, for a page."""
        table = self.table()
        table.index = pd.Index([sources()[str(key)].short for key in table.index])
        table.loc["All sources"] = table.sum()
        shown = table.rename(columns=lambda v: v[:1].upper() + v[1:]).assign(Figures=table.sum(axis=1)).astype(str)
        return shown.rename_axis(columns=None).reset_index(names="Source")

    def where_from(self) -> pd.DataFrame:
        """Give the sources with title, publisher and date, for a page."""
        used = [sources()[key] for key in self.figures["source"].unique()]
        return pd.DataFrame(
            [(s.short, s.title, s.publisher, s.date, s.about) for s in used],
            columns=["Source", "Title", "Publisher", "Date", "What it is"],
        )

    def by_reason(self) -> pd.DataFrame:
        """Give the reasons why figures cannot be computed again, for a page."""
        rows = [(REASONS[key][:1].upper() + REASONS[key][1:], str(n)) for key, n in self.reasons().items()]
        return pd.DataFrame(rows, columns=["Why", "Figures"])

    def of(self, verdict: str) -> pd.DataFrame:
        """Give the figures of one verdict in words, for a page."""
        rows = self.figures[self.figures["verdict"] == verdict]
        shown = pd.DataFrame(
            {
                "Figure": rows["id"],
                "As printed": rows["statement"],
                "About": rows["about"].where(rows["about"] != "", rows["statement"]),
                "Value": rows["value"],
                "What was found": [_with_note(*pair) for pair in zip(rows["why"], rows["note"], strict=True)],
                "Against": rows["against"],
            }
        )
        # What cannot be computed again is named by what it is about: quoted sentences speak of single children.
        unused = ["As printed"] if verdict == "cannot be reproduced" else ["About"]
        return shown.drop(columns=unused + ([] if shown["Against"].any() else ["Against"])).reset_index(drop=True)

    def plot(self) -> Figure:
        """Draw how many figures have each verdict, by source."""
        return draw_verdicts(self.table())


@dataclass(frozen=True, kw_only=True, repr=False)
class Contradictions(Result):
    """The contradictions, ambiguities and gaps, with quotations and what was computed.

    Parameters
    ----------
    rows : DataFrame
        One row each: ``id``, ``kind``, ``source_a``, ``quote_a``, ``source_b``, ``quote_b``, ``check``, ``figures``,
        ``computed`` (one sentence a check, joined; empty where only the quotations can show it).
    """

    rows: pd.DataFrame
    title: str = "Where the published documents contradict each other, or leave a question open"

    def table(self) -> pd.DataFrame:
        """One row a contradiction."""
        return self.rows

    @property
    def answer(self) -> str:
        """How many there are, and of how many a part can be computed."""
        kinds = self.rows["kind"]
        hard = int(kinds.isin(["contradiction", "arithmetic"]).sum())
        computed = int((self.rows["computed"] != "").sum())
        return (
            f"There are {len(self.rows)} such places: {hard} contradictions or errors of arithmetic, and "
            f"{len(self.rows) - hard} ambiguities, tensions and gaps of method. Of {computed} a part could be "
            "computed, and all those checks hold; the others rest on the two quotations."
        )

    def page(self) -> pd.DataFrame:
        """Give the table in words, for a page."""
        return pd.DataFrame(
            {
                "Place": self.rows["id"] + ", " + self.rows["kind"],
                "One passage": [_quote(s, q) for s, q in zip(self.rows["source_a"], self.rows["quote_a"], strict=True)],
                "The other": [_quote(s, q) for s, q in zip(self.rows["source_b"], self.rows["quote_b"], strict=True)],
                "What was found": self.rows["computed"].where(self.rows["computed"] != "", self.rows["check"]),
            }
        )


def _with_note(why: str, note: str) -> str:
    return f"{why}. {note}" if why and note else why or note


def _quote(source: str, words: str) -> str:
    about = sources()[source]
    return f"“{words}” ({about.short})"


def published_figures() -> PublishedFigures:
    """Compute every published figure again by its rule, and judge it.

    Returns
    -------
    PublishedFigures

    Examples
    --------
    >>> len(published_figures().figures)
    225
    """
    judged, table = judged_figures(), rules()
    rows = [
        {
            "id": row.id,
            "source": row.source,
            "section": row.section,
            "statement": row.statement,
            "value": row.value,
            "unit": row.unit,
            "about": row.group,
            "verdict": judged[row.id].verdict,
            "reason": judged[row.id].reason,
            "rule": table[row.id].expression,
            "computed": judged[row.id].computed,
            "why": judged[row.id].why,
            "against": judged[row.id].against,
            "note": table[row.id].note,
        }
        for row in figures().values()
    ]
    return PublishedFigures(figures=pd.DataFrame(rows))


def published_contradictions() -> Contradictions:
    """Collect the contradictions with their evidence; every computed check must hold.

    Examples
    --------
    >>> len(published_contradictions().rows)
    42
    """
    rows = [row.model_dump() | {"computed": ". ".join(evidence(row.id))} for row in contradictions().values()]
    return Contradictions(rows=pd.DataFrame(rows))


def draw_verdicts(table: pd.DataFrame) -> Figure:
    """Draw the verdicts as stacked bars, one bar a source.

    Parameters
    ----------
    table : DataFrame
        As :meth:`PublishedFigures.table` gives it.
    """
    colours = ("good", "programme", "light", "bad")
    figure, axes = new_figure(height=1.6 + 0.5 * len(table))
    y = range(len(table))[::-1]
    left = pd.Series(0, index=table.index)
    for verdict, colour in zip(table.columns, colours, strict=True):
        bars = axes.barh(list(y), table[verdict], left=left, color=COLOURS[colour], label=verdict, height=0.65)
        axes.bar_label(bars, [str(n) if n > 5 else "" for n in table[verdict]], label_type="center", fontsize=9)
        left = left + table[verdict]
    axes.set_yticks(list(y), [sources()[str(key)].short for key in table.index])
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("Published figures")
    figure.legend(loc="outside upper left", ncols=4, frameon=False)
    return figure

