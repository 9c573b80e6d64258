"""The three verbs by which a number may reach a page: a sentence, a table, a figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd

from wlz_eval.core.errors import ReleaseError
from wlz_eval.core.finding import Finding
from wlz_eval.core.words import claim_words
from wlz_eval.release.columns import Column, Given, Label, release_table, released_frame
from wlz_eval.release.counted import as_public
from wlz_eval.release.labels import finding_label
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.opened import Opened, Page, display_output
from wlz_eval.release.plainly import in_plain_words
from wlz_eval.release.rule import Released, finding_ns, release_count, release_interval
from wlz_eval.release.sentences import Sentence, Spoken, data_element, release_as, speak
from wlz_eval.release.show import NO_FIGURE, drawn_again, figure_bundle, rule_note, table_html, table_text
from wlz_eval.release.stated import RESTS_ON, Shown, finding_words, plain, resting_on
from wlz_eval.release.steps import large_steps, steps_note

__all__ = ["FindingTables", "Showing", "enter_cells"]


class Showing(Page):
    """What shows numbers, each under the release rule and in the ledger."""

    def say(self, *templates: str | Sentence, otherwise: str = "", **values: Any) -> None:
        """Show one paragraph for each template; every number in it is a finding.

        Parameters
        ----------
        *templates : str or Sentence
            Words with placeholders: ``{att}``, ``{att:number}``, ``{att:interval}``, ``{att:magnitude}``,
            ``{att:chance}`` (of a probability), ``{net:short}`` and
            ``{net:short_interval}`` (of large sums), ``{att:n_programme}``, ``{att:n_comparison}``.
        otherwise : str
            Shown instead when a value is None or was not estimated.
        **values
            A :class:`Finding`, a word, or None for each placeholder.
        """
        for template in templates:
            sentence = template if isinstance(template, Sentence) else Sentence(template)
            self._say(replace(sentence, values={**sentence.values, **values}), otherwise)

    def _say(self, sentence: Sentence, otherwise: str) -> None:
        if otherwise and any(_unknown(value) for value in sentence.values.values()):
            sentence = Sentence(otherwise, topic=sentence.topic)
        block = f"s{self.ledger.new_block()}"
        spoken = speak(sentence.template, sentence.values, self.rule, block)
        self._enter(spoken, block, "sentence", sentence.template, sentence.values)
        lead = f"<strong>{escape(sentence.topic)}</strong> " if sentence.topic else ""
        said = in_plain_words(spoken.html, self.rule)
        text = spoken.text if said == spoken.html else plain(said)
        self._show(f'<p class="wlz-say">{lead}{said}</p>', f"{sentence.topic} {text}".lstrip())

    def show_table(
        self, data: pd.DataFrame, caption: str, columns: Mapping[str, Column], note: str = ""
    ) -> None:
        """Show a table of at most a screenful.

        Parameters
        ----------
        data : DataFrame
            Full precision; columns not named in `columns` are not shown.
        caption : str
            What the table shows.
        columns : mapping of str to Column
            ``Label``, ``Children``, ``Statistic``, ``Percent``, ``Number`` or ``Interval`` of each column.
        note : str
            A sentence below.
        """
        if self._withheld(columns, "table", caption):
            return
        left_out = steps_note(columns, self.rule)
        released = release_table(large_steps(data, columns, self.rule), columns, self.rule)
        if not released:
            nothing = f"There is nothing to show here: {caption[:1].lower()}{caption[1:].rstrip('.')}."
            self._notice(f"{nothing} {left_out}".rstrip())
            return
        self._render_table(released, caption, columns, " ".join(part for part in (note, left_out) if part))

    def _render_table(
        self,
        released: list[dict[str, Released]],
        caption: str,
        columns: Mapping[str, Column],
        note: str,
        findings: tuple[str, ...] = (),
    ) -> None:
        keys = enter_cells(self.ledger, released, caption, columns, "table", findings)
        cells = [cell for row in released for cell in row.values()]
        note = " ".join(part for part in (note, rule_note(cells, self.rule)) if part)
        self._show(
            table_html(released, columns, caption, note, keys, findings),
            table_text(released, columns, caption, note),
        )

    def show_figure(
        self,
        draw: Callable[[pd.DataFrame], Any],
        data: pd.DataFrame,
        columns: Mapping[str, Column],
        caption: str,
        alt: str,
        **values: Any,
    ) -> None:
        """Show a figure drawn from released numbers only.

        An alternative text that quotes no finding is followed by what the figure shows: each row of a few, or the two
        ends of many, with intervals. A caption that gives no number of children is followed by those behind the rows.

        Parameters
        ----------
        draw : callable
            Given the released data (hidden cells NaN, counts rounded, only the columns named), returns a matplotlib
            Figure.
        data : DataFrame
            Full precision.
        columns : mapping of str to Column
            What each column holds, as in :meth:`show_table`.
        caption : str
            Below the figure; may hold placeholders, as in :meth:`say`.
        alt : str
            What the figure shows, for those who cannot see it; may hold placeholders.
        **values
            Findings and words for the placeholders.
        """
        if not alt.strip():
            raise ReleaseError(
                f"The figure {caption[:60]!r} has no alternative text. Say in alt= what it shows."
            )
        if self._withheld(columns, "figure", caption):
            return
        data = large_steps(data, columns, self.rule)
        released = release_table(data, columns, self.rule)
        numbers = [cell for row in released for cell in row.values() if cell.kind != "label" and cell.plain]
        if not numbers:
            self._notice(NO_FIGURE)
            return
        keys = enter_cells(self.ledger, released, caption, columns, "figure")
        block = next(iter(keys[0].values())).partition(".")[0]
        words = speak(alt, values, self.rule, f"{block}.alt")
        below = speak(caption, values, self.rule, f"{block}.caption")
        self._enter(words, f"{block}.alt", "alt", alt, values)
        self._enter(below, f"{block}.caption", "caption", caption, values)
        shown = Shown(data=data, released=released, columns=columns, keys=keys)
        if not any(math.isfinite(number.value) for _, number, _ in words.numbers):
            words = _with(words, finding_words(shown))
        if not any(number.kind == "count" for _, number, _ in below.numbers):
            below = _with(below, self._children(shown, block, caption))
        cells = [cell for row in released for cell in row.values()]
        note = f"{steps_note(columns, self.rule)} {rule_note(cells, self.rule)}".strip()
        data = released_frame(released, columns)
        again = drawn_again(block, draw, data, columns, words.html)
        bundle, metadata = figure_bundle(draw(data), words.text)
        self.ledger.add_image(bundle)
        display_output(bundle, {**metadata, "wlz_eval": {"figure": again}})
        tail = f' <span class="wlz-note">{escape(note)}</span>' if note else ""
        self._show(f'<p class="wlz-figcaption">{below.html}{tail}</p>', f"{below.text} {note}".rstrip())

    def _withheld(self, columns: Mapping[str, Column], what: str, caption: str) -> bool:
        """Whether rows are single schools and the page is public; then one sentence says so."""
        by_school = any(isinstance(s, Label) and s.dimension == "school" for s in columns.values())
        if not (by_school and self.rule.applies):
            return False
        self._notice(
            f"A {what} by school is not shown in public, since one school is one Link Worker: "
            f"{caption[:1].lower()}{caption[1:].rstrip('.')}."
        )
        return True

    def _children(self, shown: Shown, block: str, caption: str) -> str:
        """Say on how many children the rows of a figure rest."""
        groups = resting_on(shown, self.rule)
        if any(counted.released.hidden for ends in groups.values() for counted in ends):
            return ""
        parts = []
        for group, ends in groups.items():
            numbers: list[str] = []
            for counted in ends:
                key = counted.key or f"{block}.n.{group or 'all'}.{len(numbers)}"
                if not counted.key:
                    about = {"row": counted.row, "placeholder": f"{group} children".lstrip()}
                    self.ledger.add(key, counted.released, where="caption", of=caption, definition=about)
                numbers.append(data_element(counted.released.text, counted.released, "", key))
            parts.append(f"{' to '.join(numbers)} {group}".rstrip())
        return f"{RESTS_ON} {' and '.join(parts)} children." if parts else ""

    def _enter(self, spoken: Spoken, block: str, where: str, of: str, values: Mapping[str, Any]) -> None:
        for i, (name, released, finding_id) in enumerate(spoken.numbers):
            called = self._called(values[name])
            definition = {"placeholder": name, "finding": finding_id, **({"row": called} if called else {})}
            self.ledger.add(f"{block}.{i}", released, where=where, of=of, definition=definition)

    def _called(self, finding: Finding) -> str:
        """Name a finding as tables of findings do, so that a number is withheld in all places or in none."""
        return ""


class FindingTables(Showing, Opened):
    """The half of a notebook that shows numbers: findings too, in the standard table."""

    def _called(self, finding: Finding) -> str:
        return finding_label(finding, self.cohort)

    def show_findings(self, findings: Iterable[Finding], caption: str, note: str = "") -> None:
        """Show findings in the standard table: what, estimate, interval, children, what it may be called."""
        rows = list(findings)
        if not rows:
            self._notice(f"There is nothing to show here: {caption[:1].lower()}{caption[1:].rstrip('.')}.")
            return
        released = [self._finding_row(finding) for finding in rows]
        columns: dict[str, Column] = {
            "what": Label("What"),
            "claim": Label("How to read it"),
            "estimate": Given("Estimate"),
            "interval": Given("95% interval"),
            "programme": Given("Programme children"),
            "comparison": Given("Comparison children"),
        }
        for name in ("interval", "programme", "comparison"):
            if all(not row[name].text for row in released):
                del columns[name]
        self._render_table(released, caption, columns, note, tuple(f.finding_id for f in rows))

    def _finding_row(self, finding: Finding) -> dict[str, Released]:
        empty = Released(kind="label", text="")
        estimate = release_as("what", finding, "chance" if finding.unit == "probability" else "short", self.rule)
        interval = empty
        if finding.has_interval and finding.unit == "money":
            interval = release_as("what", finding, "short_interval", self.rule)
        elif finding.has_interval:
            seen = as_public(finding, self.rule)
            interval = release_interval(seen.ci_low, seen.ci_high, finding_ns(finding), self.rule, finding.unit)
        if finding.has_interval and estimate.hidden:
            interval = replace(estimate, kind="interval")
        counts = [
            empty if n is None or finding.unit == "children" else release_count(n, self.rule)
            for n in (finding.n_programme, finding.n_comparison)
        ]
        open_ = finding.has_interval and not finding.interval_excludes_zero
        claim = claim_words(finding.claim, open_, finding.only_by_itself)
        if finding.evidence in ("illustrative", "published"):
            claim += f" ({finding.evidence} figure)"
        return {
            "what": Released(kind="label", text=finding_label(finding, self.cohort)),
            "estimate": estimate,
            "interval": interval,
            "programme": counts[0],
            "comparison": counts[1],
            "claim": Released(kind="label", text=claim),
        }


def enter_cells(
    ledger: Ledger,
    released: Sequence[Mapping[str, Released]],
    of: str,
    columns: Mapping[str, Column],
    where: str,
    findings: Sequence[str] = (),
) -> list[dict[str, str]]:
    """Enter the released cells of a table or figure into a ledger.

    Parameters
    ----------
    ledger : Ledger
    released : sequence of mapping
        One a row, from column to released cell.
    of : str
        The caption.
    columns : mapping
        The columns' specifications, in order.
    where : str
        ``table`` or ``figure``.
    findings : sequence of str
        For a table with one finding a row, their ids.

    Returns
    -------
    list of dict
        The key of each cell, one dict a row.
    """
    block = f"{where[0]}{ledger.new_block()}"
    keys = [{name: f"{block}.{i}.{j}" for j, name in enumerate(columns)} for i in range(len(released))]
    flow = any(isinstance(spec, Label) and spec.dimension == "step" for spec in columns.values())
    for i, row in enumerate(released):
        labels = [row[name].text for name, spec in columns.items() if isinstance(spec, Label)]
        for name, spec in columns.items():
            # A finding is called the same everywhere; what it may be called is no part of its name.
            definition = {"row": " | ".join(labels[:1] if findings else labels), "column": spec.title}
            if findings:
                definition["finding"] = findings[i]
            if flow:
                definition["steps"] = "yes"
            ledger.add(keys[i][name], row[name], where=where, of=of, definition=definition)
    return keys


def _with(spoken: Spoken, html: str) -> Spoken:
    """Add a sentence whose numbers the ledger already holds."""
    return replace(spoken, html=f"{spoken.html} {html}", text=f"{spoken.text} {plain(html)}") if html else spoken


def _unknown(value: object) -> bool:
    """Whether a value was not estimated."""
    return value is None or (isinstance(value, Finding) and math.isnan(value.estimate))
