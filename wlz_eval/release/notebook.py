"""What a notebook holds in its hand: the cohort, the plan, and the verbs by which numbers leave a cell."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError, ReleaseError, suggestion
from wlz_eval.core.files import write_atomic
from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.measures.frame import AnalysisFrame, analysis_frame
from wlz_eval.plan import Plan
from wlz_eval.release.columns import Column, Given, Label, release_table, released_frame
from wlz_eval.release.findings import FindingSet, FindingStore, Stamp
from wlz_eval.release.labels import CLAIM_WORDS, finding_label
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.provenance import Provenance, provenance
from wlz_eval.release.rule import Released, Rule, finding_ns, release_count, release_finding, release_interval
from wlz_eval.release.sentences import Sentence, Spoken, speak
from wlz_eval.release.show import figure_bundle, notice_html, rule_note, table_html, table_text
from wlz_eval.release.workspace import AUDIENCES, Workspace

__all__ = ["NOTEBOOKS", "Notebook", "open_notebook"]

#: The nine notebooks, in the order of the questions.
NOTEBOOKS: tuple[str, ...] = (
    "01_data_quality",
    "02_identification",
    "03_progress",
    "04_attribution",
    "05_engagement",
    "06_delivery",
    "07_value",
    "08_contract",
    "09_summary",
)
#: What the ids of a notebook's findings begin with.
TOPICS: dict[str, str] = {name: name.split("_")[1] for name in NOTEBOOKS}
_EFFORTS = ("quick", "full")
#: Units that only groups of children have: such a finding must say how many children it rests on.
_NEEDS_N = ("points", "sd", "percentage_points", "percent")


def _execution_count() -> int:
    """Return the number of the running cell; 0 outside a notebook."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:  # pragma: no cover - IPython is a dependency of every notebook
        return 0
    shell = get_ipython()
    return int(shell.execution_count) if shell is not None else 0


def publish_output(bundle: Mapping[str, str], metadata: Mapping[str, Any]) -> None:
    """Hand an output to the running cell."""
    from IPython.display import display

    display(dict(bundle), raw=True, metadata=dict(metadata))


def _display(bundle: Mapping[str, str], metadata: Mapping[str, Any] | None = None) -> None:
    # The mark tells the publisher that the output came through the release rule.
    own = metadata or {}
    publish_output(bundle, {**own, "wlz_eval": {"released": True, **own.get("wlz_eval", {})}})


def _flatten(things: Iterable[Any]) -> Iterator[Finding | FindingCovariance]:
    """Yield the findings and covariances in findings, results, and iterables of them."""
    for thing in things:
        if isinstance(thing, Finding | FindingCovariance):
            yield thing
        elif callable(getattr(thing, "findings", None)):
            yield from thing.findings()
            if callable(getattr(thing, "covariances", None)):
                yield from thing.covariances()
        elif isinstance(thing, Iterable) and not isinstance(thing, str | bytes | Mapping | pd.DataFrame):
            yield from _flatten(thing)
        else:
            raise ReleaseError(
                f"nb.record was given {type(thing).__name__}. Give findings, results that have .findings(), or lists "
                "of them."
            )


class Notebook:
    """One run of one notebook for one cohort and audience; made by :func:`open_notebook`.

    Parameters
    ----------
    name : str
        Name of the notebook, such as ``04_attribution``.
    cohort : Cohort
        The loaded cohort.
    plan : Plan
        Its plan, overrides applied.
    audience : str
        ``public``, ``internal`` or ``restricted``.
    workspace : Workspace
        Where everything is kept.
    effort : str
        ``quick`` or ``full``.
    workers : int
        Processes that the notebook may use.
    overrides : mapping, optional
        What was changed of the plan.
    """

    def __init__(
        self,
        name: str,
        cohort: Cohort,
        plan: Plan,
        *,
        audience: str,
        workspace: Workspace,
        effort: str,
        workers: int = 1,
        overrides: Mapping[str, Any] | None = None,
    ):
        self.name = name
        self.cohort = cohort
        self.plan = plan
        self.audience = audience
        self.effort = effort
        self.workers = workers
        self.seed = plan.seed
        self.workspace = workspace
        disclosure = plan.disclosure
        self.rule = Rule(disclosure.threshold, disclosure.round_to, applies=audience == "public")
        self.provenance: Provenance = provenance(
            name, cohort, plan, audience=audience, effort=effort, overrides=overrides
        )
        self.recorded = FindingSet()
        self.ledger = Ledger(cohort.id, audience, name, self.rule)
        self._store = FindingStore(workspace, cohort.id)

    def __repr__(self) -> str:
        return f"<Notebook {self.name}: {self.cohort.id}, {self.audience}>"

    @functools.cached_property
    def frame(self) -> AnalysisFrame:
        """The analysis frame, with the informants that the plan names."""
        informants: dict[str, str] = {o.measure: o.informant for o in self.plan.outcomes if o.informant}
        return analysis_frame(self.cohort, informants or None)

    # -- findings ---------------------------------------------------------------------------------------------

    def record(self, *things: Any) -> FindingSet:
        """Keep findings at full precision in the private store, stamped with this cell.

        Parameters
        ----------
        *things
            Findings, results with ``.findings()`` (and ``.covariances()``), or iterables of them.

        Returns
        -------
        FindingSet
            What was recorded by this call.

        Raises
        ------
        ReleaseError
            When an id does not begin with this notebook's topic or is given twice, or a finding about children does
            not say how many.
        """
        stamp = Stamp(
            notebook=self.name,
            cohort=self.cohort.id,
            cell=_execution_count(),
            plan_hash=self.plan.plan_hash,
            data_hash=self.cohort.data_hash,
        )
        given = list(_flatten(things))
        findings = [thing for thing in given if isinstance(thing, Finding)]
        self._check(findings)
        pairs = [thing for thing in given if isinstance(thing, FindingCovariance)]
        new = FindingSet([(finding, stamp) for finding in findings], pairs)
        self.recorded = self.recorded | new
        self._store.write(self.name, self.recorded)
        return new

    def _check(self, findings: list[Finding]) -> None:
        seen: set[str] = set()
        for finding in findings:
            if finding.finding_id in seen:
                raise ReleaseError(
                    f"Finding {finding.finding_id!r} was given twice. Every id names one number."
                )
            seen.add(finding.finding_id)
            if finding.finding_id.split(".")[0] != TOPICS[self.name]:
                raise ReleaseError(
                    f"Finding {finding.finding_id!r} is recorded by {self.name}, whose findings begin with "
                    f"{TOPICS[self.name]!r}. Rename it, or record it where it belongs."
                )
            about_children = finding.unit in _NEEDS_N and finding.evidence in ("measured", "simulated")
            if about_children and not finding_ns(finding) and not math.isnan(finding.estimate):
                raise ReleaseError(
                    f"Finding {finding.finding_id!r} is in {finding.unit} but says neither n_programme nor "
                    "n_comparison. Give the children behind it, so that the release rule can judge it."
                )

    def need(self, *notebooks: str) -> FindingSet:
        """Return the findings of other notebooks, those made from the same data and plan.

        Where a notebook has none, or they are out of date, one sentence names it.
        """
        found, missing = FindingSet(), []
        for name in notebooks:
            if name not in NOTEBOOKS:
                raise OptionError(f"Unknown notebook {name!r}. {suggestion(name, NOTEBOOKS)}")
            kept = self._store.read(name)
            fresh = [
                (f, s)
                for f, s in kept.items()
                if (s.data_hash, s.plan_hash) == (self.cohort.data_hash, self.plan.plan_hash)
            ]
            if len(fresh) < len(kept) or not self.workspace.findings_file(self.cohort.id, name).exists():
                missing.append(name)
            found = found | FindingSet(fresh, kept.covariances() if fresh else ())
        if missing:
            self._notice(
                f"Run {_listed(missing)} for this cohort and plan first: this page lacks "
                f"{'its' if len(missing) == 1 else 'their'} findings.",
                "need",
            )
        return found

    # -- the three verbs --------------------------------------------------------------------------------------

    def say(self, *templates: str | Sentence, otherwise: str = "", **values: Any) -> None:
        """Show one paragraph for each template; every number in it is a finding.

        Parameters
        ----------
        *templates : str or Sentence
            Words with placeholders: ``{att}``, ``{att:number}``, ``{att:interval}``, ``{att:magnitude}``,
            ``{att:chance}`` (of a probability), ``{att:n_programme}``, ``{att:n_comparison}``.
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
        self._enter(spoken, block, "sentence", sentence.template)
        lead = f"<strong>{escape(sentence.topic)}</strong> " if sentence.topic else ""
        self._show(f'<p class="wlz-say">{lead}{spoken.html}</p>', f"{sentence.topic} {spoken.text}".lstrip())

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
        self._table(data, caption, columns, note)

    def _table(self, data: pd.DataFrame, caption: str, columns: Mapping[str, Column], note: str) -> None:
        released = release_table(data, columns, self.rule)
        if not released:
            self._notice(f"There is nothing to show here: {caption[:1].lower()}{caption[1:].rstrip('.')}.")
            return
        self._render_table(released, caption, columns, note)

    def _render_table(
        self,
        released: list[dict[str, Released]],
        caption: str,
        columns: Mapping[str, Column],
        note: str,
        findings: tuple[str, ...] = (),
    ) -> None:
        block = f"t{self.ledger.new_block()}"
        keys = [{name: f"{block}.{i}.{j}" for j, name in enumerate(columns)} for i in range(len(released))]
        for i, row in enumerate(released):
            labels = [row[name].text for name, spec in columns.items() if isinstance(spec, Label)]
            for name, spec in columns.items():
                definition = {"row": " | ".join(labels), "column": spec.title}
                if findings:
                    definition["finding"] = findings[i]
                self.ledger.add(keys[i][name], row[name], where="table", of=caption, definition=definition)
        cells = [cell for row in released for cell in row.values()]
        note = " ".join(part for part in (note, rule_note(cells, self.rule)) if part)
        self._show(
            table_html(released, columns, caption, note, keys, findings),
            table_text(released, columns, caption, note),
        )

    def show_findings(self, findings: Iterable[Finding], caption: str, note: str = "") -> None:
        """Show findings in the standard table: what, estimate, interval, children, what it may be called."""
        rows = list(findings)
        if not rows:
            self._notice(f"There is nothing to show here: {caption[:1].lower()}{caption[1:].rstrip('.')}.")
            return
        released = [self._finding_row(finding) for finding in rows]
        columns: dict[str, Column] = {
            "what": Label("What"),
            "estimate": Given("Estimate"),
            "interval": Given("95% interval"),
            "programme": Given("Programme children"),
            "comparison": Given("Comparison children"),
            "claim": Label("How to read it"),
        }
        for name in ("interval", "programme", "comparison"):
            if all(not row[name].text for row in released):
                del columns[name]
        self._render_table(released, caption, columns, note, tuple(f.finding_id for f in rows))

    def _finding_row(self, finding: Finding) -> dict[str, Released]:
        empty = Released(kind="label", text="")
        estimate = release_finding(finding, self.rule)
        interval = empty
        if finding.has_interval:
            interval = release_interval(
                finding.ci_low,
                finding.ci_high,
                finding_ns(finding),
                self.rule,
                finding.unit,
                finding.currency,
            )
            if estimate.hidden:
                interval = replace(estimate, kind="interval")
        counts = [
            empty if n is None or finding.unit == "children" else release_count(n, self.rule)
            for n in (finding.n_programme, finding.n_comparison)
        ]
        claim = CLAIM_WORDS.get(finding.claim, finding.claim)
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
        released = release_table(data, columns, self.rule)
        numbers = [cell for row in released for cell in row.values() if cell.kind != "label" and cell.plain]
        if not numbers:
            self._notice(
                "A figure is not shown here, since there are no numbers for it or each rests on too few children."
            )
            return
        block = f"f{self.ledger.new_block()}"
        for i, row in enumerate(released):
            labels = " | ".join(row[name].text for name, spec in columns.items() if isinstance(spec, Label))
            for j, (name, spec) in enumerate(columns.items()):
                definition = {"row": labels, "column": spec.title}
                self.ledger.add(
                    f"{block}.{i}.{j}", row[name], where="figure", of=caption, definition=definition
                )
        words = speak(alt, values, self.rule, f"{block}.alt")
        below = speak(caption, values, self.rule, f"{block}.caption")
        self._enter(words, f"{block}.alt", "alt", alt)
        self._enter(below, f"{block}.caption", "caption", caption)
        cells = [cell for row in released for cell in row.values()]
        note = rule_note(cells, self.rule)
        bundle, metadata = figure_bundle(draw(released_frame(released, columns)), words.text)
        _display(bundle, metadata)
        tail = f' <span class="wlz-note">{escape(note)}</span>' if note else ""
        self._show(f'<p class="wlz-figcaption">{below.html}{tail}</p>', f"{below.text} {note}".rstrip())

    # -- inside -----------------------------------------------------------------------------------------------

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

    def _enter(self, spoken: Spoken, block: str, where: str, of: str) -> None:
        for i, (name, released, finding_id) in enumerate(spoken.numbers):
            definition = {"placeholder": name, "finding": finding_id}
            self.ledger.add(f"{block}.{i}", released, where=where, of=of, definition=definition)

    def _notice(self, text: str, kind: str = "notice") -> None:
        self._show(notice_html(text, kind), text)

    def _show(self, html: str, text: str, metadata: Mapping[str, Any] | None = None) -> None:
        self.ledger.save(self.workspace.ledger_file(self.cohort.id, self.audience, self.name))
        _display({"text/html": html, "text/plain": text}, metadata)

    def start(self) -> None:
        """Clear what an earlier run of this notebook left, and show the head of the page."""
        self._store.remove(self.name)
        self._store.write(self.name, self.recorded)
        source = {"folder": str(self.cohort.folder.resolve()) if self.cohort.folder else ""}
        write_atomic(self.workspace.source_file(self.cohort.id), json.dumps(source) + "\n")
        head = self.provenance
        self._show(head.html(), head.text(), {"wlz_eval": {"head": head.metadata()}})


def _unknown(value: object) -> bool:
    """Whether a value was not estimated."""
    return value is None or (isinstance(value, Finding) and math.isnan(value.estimate))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def open_notebook(
    name: str,
    *,
    cohort: str | Path,
    audience: str = "public",
    out_dir: str | Path = "",
    effort: str = "",
    workers: int = 1,
    plan_overrides: Mapping[str, Any] | None = None,
) -> Notebook:
    """Open a notebook on a cohort: load and check the data and the plan, and show the head of the page.

    Parameters
    ----------
    name : str
        Name of the notebook, such as ``04_attribution``.
    cohort : str or Path
        Id under data/cohorts, or path of a cohort folder.
    audience : str
        ``public`` hides and rounds; ``internal`` and ``restricted`` show aggregates as they are, and say so.
    out_dir : str or Path
        Folder that holds ``reports/`` and ``.work/``; empty for the project's own.
    effort : str
        ``quick`` or ``full``; empty for what the plan says.
    workers : int
        Processes that the notebook may use.
    plan_overrides : mapping, optional
        Changes to plan.yaml, each shown as a departure.

    Returns
    -------
    Notebook
        With the cohort, the plan and the verbs.

    Raises
    ------
    OptionError
        For an unknown notebook, audience or effort.
    CohortError, PlanError
        With all that is wrong with the data or the plan.
    """
    from wlz_eval.cohort import load_cohort
    from wlz_eval.plan import load_plan

    for value, valid, what in ((name, NOTEBOOKS, "notebook"), (audience, AUDIENCES, "audience")):
        if value not in valid:
            raise OptionError(f"Unknown {what} {value!r}. {suggestion(value, valid)}")
    if effort and effort not in _EFFORTS:
        raise OptionError(f"Unknown effort {effort!r}. {suggestion(effort, _EFFORTS)}")
    if workers < 1:
        raise OptionError(f"workers must be at least 1, not {workers}.")
    loaded = load_cohort(cohort)
    plan = load_plan(loaded, plan_overrides or None)
    notebook = Notebook(
        name,
        loaded,
        plan,
        audience=audience,
        workspace=Workspace(out_dir),
        effort=effort or plan.effort,
        workers=workers,
        overrides=plan_overrides,
    )
    notebook.start()
    return notebook
