"""What a study of the method holds in its hand: the verbs by which committed results leave a cell.

A study is about no cohort. Its data are simulated worlds, public data sets or published figures, and its results are
already words and pictures when a notebook opens them; no child of a cohort is behind any of them. Every number that
it shows is in its ledger all the same, and the publication gate reads its page as it reads every other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.core.errors import OptionError, ReleaseError, suggestion
from wlz_eval.core.files import hash_bytes, project_root
from wlz_eval.release.columns import Column, Given, Label
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.opened import display_output
from wlz_eval.release.provenance import INTERNAL_MARK, NOT_RELEASED, SIMULATED_MARK, code_hash, versions
from wlz_eval.release.rule import Released, Rule
from wlz_eval.release.sentences import data_element
from wlz_eval.release.show import figure_bundle
from wlz_eval.release.showing import Showing
from wlz_eval.release.workspace import AUDIENCES, STUDIES, Workspace

__all__ = ["Study", "StudyHead", "open_study", "study_data", "study_data_hash"]

#: A number in a sentence, with its sign and its thousands; not the 95% of an interval, which is no result.
_NUMBER = re.compile(r"(?<![\w.])(?!95% (?:confidence )?interval)[−-]?\d+(?:,\d{3})*(?:\.\d+)?%?(?!\w)")

#: Letters beside the numbers of a cell up to which it counts as a number: "of", "to", "schools".
MOST_LETTERS = 8


def study_data() -> tuple[Path, ...]:
    """Files below ``data/studies``: what a study reads, beside the reference tables and the cohorts that it names."""
    return tuple(sorted(p for p in (project_root() / "data" / "studies").rglob("*") if p.is_file()))


def study_data_hash() -> str:
    """SHA-256 of the committed results, each by its place below ``data/studies``: several may have one name."""
    root = project_root()
    found = [(path.relative_to(root).as_posix(), path.read_bytes()) for path in study_data()]
    return hash_bytes(*(part for name, content in found for part in (name.encode(), content)))


@dataclass(frozen=True, kw_only=True)
class StudyHead:
    """What a study's page says of how it was made; what it is about stands in the notebook's metadata.

    A study that reads cohorts says which, each with the hash of its data and plan, and whether their children are
    simulated: what the metadata say of its data then only holds for the cohorts that the notebook names by default.
    """

    audience: str
    data_hash: str
    code_hash: str
    versions: Mapping[str, str]
    command: str
    cohorts: Mapping[str, str] = field(default_factory=dict)
    simulated: bool = False

    def metadata(self) -> dict[str, Any]:
        """Return it as JSON data, for the publisher."""
        return {**asdict(self), "versions": dict(self.versions), "cohorts": dict(self.cohorts)}


class Study(Showing):
    """One run of one study; made by :func:`open_study`.

    ``tell``, ``show_words`` and ``show_plot`` show what a committed result says of itself; ``say``, ``show_table`` and
    ``show_figure`` are those of the notebooks of a cohort, for numbers that rest on children.
    """

    def start(self, cohorts: Mapping[str, str] | None = None, simulated: bool = False) -> None:
        """Show the head of the page.

        Parameters
        ----------
        cohorts : mapping of str to str, optional
            Cohorts that it reads, with the hash of the data and plan of each.
        simulated : bool
            Whether the children of those cohorts are simulated.
        """
        command = f"wlz-eval studies --notebook {self.name}"
        command += "" if self.audience == "public" else f" --audience {self.audience}"
        head = StudyHead(
            audience=self.audience,
            data_hash=study_data_hash(),
            code_hash=code_hash(),
            versions=versions(),
            command=command,
            cohorts=cohorts or {},
            simulated=simulated,
        )
        bands = [INTERNAL_MARK.get(self.audience, f"{NOT_RELEASED}: the publisher has not checked this page.")]
        bands += [SIMULATED_MARK] if simulated else []
        html = "".join(f'<p class="wlz-band">{escape(band)}</p>' for band in bands) + "<p>A study of the method.</p>"
        self._show(html, "\n".join([*bands, "A study of the method."]), {"wlz_eval": {"head": head.metadata()}})

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
        texts = {str(name): _texts(data, name) for name in data.columns}
        # The first column names the rows, as "3 x 30, 900 children" names a cell of a grid.
        columns: dict[str, Column] = {
            name: Given(name) if i and _are_numbers(column) else Label(name)
            for i, (name, column) in enumerate(texts.items())
        }
        released = [
            {name: _as_it_is(columns[name], column[i]) for name, column in texts.items()} for i in range(len(data))
        ]
        for name, column in list(texts.items())[1:]:
            if isinstance(columns[name], Label):
                for i, text in enumerate(column):
                    self._traced(text, f"t{self.ledger.blocks + 1}.{i}.{name}", "table")
        self._render_table(released, caption, columns, note)

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
        self.ledger.add_image(bundle)
        display_output(bundle, metadata)
        self._show(f'<p class="wlz-figcaption">{self._traced(caption, f"{block}.caption", "caption")}</p>', caption)

    def _traced(self, text: str, block: str, where: str) -> str:
        """Enter each number of a text into the ledger, and return the text as HTML that names its entry."""
        parts, at = [], 0
        for i, match in enumerate(_NUMBER.finditer(text)):
            released = Released(kind="number", text=match.group())
            self.ledger.add(f"{block}.{i}", released, where=where, of=text)
            parts += [escape(text[at : match.start()]), data_element(released.text, released, key=f"{block}.{i}")]
            at = match.end()
        return "".join([*parts, escape(text[at:])])


def _texts(data: pd.DataFrame, name: Any) -> list[str]:
    texts = ["" if value is None or value != value else value for value in data[name]]
    if not all(isinstance(text, str) for text in texts):
        raise ReleaseError(
            f"Column {str(name)!r} holds numbers, not words. Use show_table, which is told what each column is."
        )
    return texts


def _is_number(text: str) -> bool:
    """Whether a cell is a number or a few, such as ``1,794 (633)`` or ``10 of 44``, and not words that hold one."""
    return bool(_NUMBER.match(text)) and sum(letter.isalpha() for letter in _NUMBER.sub("", text)) <= MOST_LETTERS


def _are_numbers(column: list[str]) -> bool:
    """Whether each cell of a column that holds a number is one; ``unbounded`` among them does not matter."""
    holding = [text for text in column if _NUMBER.search(text)]
    return bool(holding) and all(map(_is_number, holding))


def _as_it_is(column: Column, text: str) -> Released:
    number = isinstance(column, Given) and _NUMBER.search(text)
    return Released(kind="number" if number else "label", text=text)


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
