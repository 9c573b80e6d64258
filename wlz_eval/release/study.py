"""What a study of the method holds in its hand: the verbs by which committed results leave a cell.

A study is about no cohort. Its data are simulated worlds, public data sets or published figures, and its results are
already words and pictures when a notebook opens them; no child of a cohort is behind any of them. Every number that
it shows is in its ledger all the same, and the publication gate reads its page as it reads every other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.core.errors import OptionError, ReleaseError, suggestion
from wlz_eval.core.files import hash_bytes, project_root
from wlz_eval.release.columns import Column, Given, Label, release_table
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.opened import display_output
from wlz_eval.release.provenance import INTERNAL_MARK, NOT_RELEASED, code_hash, versions
from wlz_eval.release.rule import Released, Rule
from wlz_eval.release.sentences import data_element
from wlz_eval.release.show import figure_bundle
from wlz_eval.release.showing import Showing
from wlz_eval.release.workspace import AUDIENCES, STUDIES, Workspace

__all__ = ["Study", "StudyHead", "open_study", "study_data", "study_data_hash"]

#: A number in a sentence, with its sign and its thousands.
_NUMBER = re.compile(r"(?<![\w.])[−-]?\d+(?:,\d{3})*(?:\.\d+)?%?(?!\w)")


def study_data() -> tuple[Path, ...]:
    """Files of ``data/studies``: all that a study may read, but for the reference tables."""
    return tuple(sorted(p for p in (project_root() / "data" / "studies").iterdir() if p.is_file()))


def study_data_hash() -> str:
    """SHA-256 of the committed results."""
    return hash_bytes(*(part for path in study_data() for part in (path.name.encode(), path.read_bytes())))


@dataclass(frozen=True, kw_only=True)
class StudyHead:
    """What a study's page says of how it was made; what it is about stands in the notebook's metadata."""

    audience: str
    data_hash: str
    code_hash: str
    versions: Mapping[str, str]
    command: str

    def metadata(self) -> dict[str, Any]:
        """Return it as JSON data, for the publisher."""
        return {**asdict(self), "versions": dict(self.versions)}


class Study(Showing):
    """One run of one study; made by :func:`open_study`.

    ``tell``, ``show_words`` and ``show_plot`` show what a committed result says of itself; ``say``, ``show_table`` and
    ``show_figure`` are those of the notebooks of a cohort, for numbers that rest on children.
    """

    def start(self) -> None:
        """Show the head of the page."""
        command = f"wlz-eval studies --notebook {self.name}"
        command += "" if self.audience == "public" else f" --audience {self.audience}"
        head = StudyHead(
            audience=self.audience,
            data_hash=study_data_hash(),
            code_hash=code_hash(),
            versions=versions(),
            command=command,
        )
        band = INTERNAL_MARK.get(self.audience, f"{NOT_RELEASED}: the publisher has not checked this page.")
        html = f'<p class="wlz-band">{escape(band)}</p><p>A study of the method.</p>'
        self._show(html, f"{band}\nA study of the method.", {"wlz_eval": {"head": head.metadata()}})

    def tell(self, *sentences: str) -> None:
        """Show one paragraph for each text; its numbers stand as the committed result wrote them.

        Parameters
        ----------
        *sentences : str
            Words of a result, such as its ``title`` or ``answer``.
        """
        for sentence in sentences:
            if not isinstance(sentence, str) or not sentence.strip():
                raise ReleaseError(f"tell was given {sentence!r}. Give it sentences of a result, such as study.answer.")
            html = self._traced(sentence, f"s{self.ledger.new_block()}", "sentence")
            self._show(f'<p class="wlz-say">{html}</p>', sentence)

    def show_words(self, data: pd.DataFrame, caption: str, note: str = "") -> None:
        """Show a table whose cells are already words, such as ``1,794 (633)``.

        Parameters
        ----------
        data : DataFrame
            Texts; their columns' names are the heads, and the index is not shown.
        caption : str
            What the table shows.
        note : str
            A sentence below.

        Raises
        ------
        ReleaseError
            When a column holds anything but texts.
        """
        if data.empty:
            raise ReleaseError(f"The table {caption!r} has no rows. Give the table of a committed result.")
        shown = data.copy()
        columns = {str(name): self._words(shown, str(name), first=i == 0) for i, name in enumerate(data.columns)}
        self._render_table(release_table(shown, columns, self.rule), caption, columns, note)

    def show_plot(self, figure: Any, caption: str, alt: str) -> None:
        """Show a figure that a committed result drew.

        Parameters
        ----------
        figure : Figure
            From the result's ``plot()``.
        caption : str
            Below the figure.
        alt : str
            What the figure shows, for those who cannot see it.
        """
        if not alt.strip():
            raise ReleaseError(f"The figure {caption[:60]!r} has no alternative text. Say in alt= what it shows.")
        block = f"f{self.ledger.new_block()}"
        bundle, metadata = figure_bundle(figure, alt)
        display_output(bundle, metadata)
        self._show(f'<p class="wlz-figcaption">{self._traced(caption, f"{block}.caption", "caption")}</p>', caption)

    def _words(self, data: pd.DataFrame, name: str, first: bool) -> Column:
        """Describe a column of texts, and put what the ledger must hold in their place."""
        texts = ["" if value is None or value != value else value for value in data[name]]
        if not all(isinstance(text, str) for text in texts):
            raise ReleaseError(
                f"Column {name!r} holds numbers, not words. Use show_table, which is told what each column is."
            )
        data[name] = texts
        # The first column names the rows, as "3 x 30, 900 children" names a cell of a grid.
        if first or not any(_NUMBER.search(text) for text in texts):
            return Label(name)
        data[name] = [Released(kind="number" if _NUMBER.search(text) else "label", text=text) for text in texts]
        return Given(name)

    def _traced(self, text: str, block: str, where: str) -> str:
        """Enter each number of a text into the ledger, and return the text as HTML that names its entry."""
        parts, at = [], 0
        for i, match in enumerate(_NUMBER.finditer(text)):
            released = Released(kind="number", text=match.group())
            self.ledger.add(f"{block}.{i}", released, where=where, of=text)
            parts += [escape(text[at : match.start()]), data_element(released.text, released, key=f"{block}.{i}")]
            at = match.end()
        return "".join([*parts, escape(text[at:])])


def open_study(name: str, *, audience: str = "public", out_dir: str | Path = "") -> Study:
    """Open a study of the method, and show the head of its page.

    Parameters
    ----------
    name : str
        Name of the notebook in ``notebooks/studies``, such as ``calibration``.
    audience : str
        ``public``, ``internal`` or ``restricted``.
    out_dir : str or Path
        Folder that holds ``reports/`` and ``.work/``; empty for the project's own.

    Returns
    -------
    Study
        With the verbs.

    Raises
    ------
    OptionError
        For an unknown audience.
    """
    if audience not in AUDIENCES:
        raise OptionError(f"Unknown audience {audience!r}. {suggestion(audience, AUDIENCES)}")
    study = Study(Ledger(STUDIES, audience, name, Rule(applies=audience == "public")), Workspace(out_dir))
    study.start()
    return study
