"""The panel: controls on the left, and what they make of the design on the right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.explore.choices import first_options
from wlz_eval.attribution.explore.controls import ORDER, Controls
from wlz_eval.attribution.explore.describe import balance_sentence, left_out_sentence, summary_table
from wlz_eval.attribution.explore.html import (
    AMBER,
    GREEN,
    RED,
    account_html,
    left_out_html,
    line,
    notes_html,
    overlap_html,
    picture,
    table_html,
)
from wlz_eval.attribution.explore.plantext import PlanWritten, matching_block, write_matching
from wlz_eval.attribution.explore.state import ExploreState, View, baseline_only
from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.core.errors import OptionError
from wlz_eval.core.numbers import format_number
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["ExplorePanel", "explore"]

#: Seconds that the panel waits for the next change before it computes.
PAUSE = 0.25
#: A design that takes longer than this turns "at once" off: one then asks for each.
SLOW = 3.0
#: With more children than this "at once" is off from the beginning.
MANY = 100_000
TABS = ("Balance", "Overlap", "Who is left out", "Account", "Copy into the plan")
COPY = (
    "Copy this into plan.yaml, or call <code>panel.write('COHORT')</code>, which keeps the plan's other text and "
    "comments."
)
FOOT = (
    "<div style='font-size:small;line-height:1.4'>Outcomes are not here: a design is chosen before they are looked at. "
    "These numbers are for your eyes; none has passed the release rule.</div>"
)


class ExplorePanel:
    """A panel in which one changes a matched design and sees what becomes of it; see :func:`explore`.

    Parameters
    ----------
    state : ExploreState
        Baseline columns and options.

    Attributes
    ----------
    widget : ipywidgets.Widget
        What is shown.
    controls : Controls
        The controls by option, for setting them from code.
    live : ipywidgets.Checkbox
        Whether a change is computed at once.
    """

    def __init__(self, state: ExploreState):
        import ipywidgets as w

        self.state = state
        self.status, self.summary, self.trouble = w.HTML(), w.HTML(), w.HTML(layout=w.Layout(width="350px"))
        self.balance, self.overlap, self.left_out, self.account = w.HTML(), w.HTML(), w.HTML(), w.HTML()
        self.tabs = w.Tab()
        self.block = w.Textarea(layout=w.Layout(width="98%", height="220px"))
        self.live = w.Checkbox(
            value=len(state.frame.data) <= MANY, description="at once", indent=False, layout=w.Layout(width="90px"),
            tooltip="Compute after every change; untick it when designs take long, and press Update",
        )
        self.update = w.Button(description="Update", button_style="primary", layout=w.Layout(width="90px"))
        self.back = w.Button(
            description="Back to the start", tooltip="Choose again what the panel began with",
            layout=w.Layout(width="140px"),
        )
        self._timer: asyncio.TimerHandle | None = None
        self._warned_slow = False
        self._undrawn: dict[int, Callable[[], None]] = {}
        self.controls = Controls(state, self._changed)
        self.widget = self._arrange()
        self.update.on_click(lambda _: self.refresh())
        self.back.on_click(lambda _: self.reset())
        self.tabs.observe(lambda _: self._draw(), "selected_index")
        self._show_block()
        if self.live.value:
            self.refresh()
        else:
            self._ask()

    # -- what it holds --------------------------------------------------------------------------------------------

    @property
    def matching(self) -> MatchingOptions:
        """The options as they stand.

        Raises
        ------
        OptionError
            When they do not fit together.
        """
        return self.state.matching

    @property
    def design(self) -> Design:
        """The design of the options as they stand, made now if need be.

        Raises
        ------
        DesignError
            When there is none; the message says why.
        """
        return self.state.design()

    def write(self, cohort_folder: str | Path, locked: bool = False) -> PlanWritten:
        """Write the design into a cohort's plan, and leave the plan's other text and comments as they are.

        Parameters
        ----------
        cohort_folder : str or Path
            A cohort's folder, or its id under data/cohorts.
        locked : bool
            Say so, to change a plan that was locked: every report will then show the change.

        Returns
        -------
        PlanWritten
            Prints as a sentence that says what was changed.

        Raises
        ------
        DesignError
            When there is no plan, it is locked, or its block cannot be changed in place.
        OptionError
            When the options do not fit together.
        """
        return write_matching(cohort_folder, self.matching, locked)

    def reset(self) -> None:
        """Go back to the options of the beginning."""
        self.state.reset()
        self.controls.show()
        self._changed()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = self.widget._repr_mimebundle_(**options)
        return {**bundle, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return "ExplorePanel: a panel for JupyterLab; its design is .design, its options .matching"

    # -- changing -------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        """Follow a change: the plan's text now, the design after a pause or when asked for."""
        self._show_block()
        if self.controls.problem:
            self._say(self.controls.problem, RED)
            self._fade(True)
        elif self.live.value or self.state.is_kept():
            self._later(self.refresh)
        else:
            self._ask()

    def _ask(self) -> None:
        self._say("Press Update to see the design of these options.", AMBER)
        self._fade(True)

    def _later(self, action: Callable[[], None]) -> None:
        """Wait for the next change, so that several at once are computed once; without a loop, act now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            action()
            return
        self._timer = loop.call_later(PAUSE, action)

    def refresh(self) -> None:
        """Compute the design of the options as they stand, and show it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.state.is_kept():
            self._say("Working …", AMBER)
        try:
            self._show(self.state.view(), self.state.first_view())
        except Exception as error:
            # What is on the screen would else be taken for the design of the options beside it.
            self._fade(True)
            self._say(f"This is a fault of the package, not yours: {type(error).__name__}: {error}", RED)
            raise
        self._mind_the_time(self.state.view().seconds)

    def _mind_the_time(self, seconds: float) -> None:
        if seconds > SLOW and self.live.value and not self._warned_slow:
            self._warned_slow = True
            self.live.value = False
            self.status.value += line(
                f"This design took {format_number(seconds, 0)} seconds, so the panel now waits for Update. Tick 'at "
                "once' to have it otherwise.",
                AMBER,
            )

    # -- showing --------------------------------------------------------------------------------------------------

    def _show(self, view: View, first: View) -> None:
        self.summary.value = table_html(summary_table(view, first), {"now": "now", "at_first": "at the start"})
        said = "".join(line(note, AMBER) for note in self.state.notes())
        design, balance = view.design, view.balance
        if design is None or balance is None:
            self._fade(True)
            self._say(f"No design: {view.message}", RED)
            self.status.value += said
            return
        self._fade(False)
        self.trouble.value = ""
        self.status.value = (
            line(design.title, "inherit", bold=True)
            + line(balance_sentence(balance), GREEN if balance.balanced else RED)
            + line(left_out_sentence(design), "inherit")
            + said
            + notes_html(design.notes)
        )
        self._undrawn = {
            0: lambda: _put(self.balance, picture(balance.plot, f"Love plot. {balance_sentence(balance)}")),
            1: lambda: _put(self.overlap, overlap_html(design)),
            2: lambda: _put(self.left_out, left_out_html(design)),
            3: lambda: _put(self.account, account_html(design)),
        }
        self._draw()

    def _draw(self) -> None:
        """Draw the tab that is open; the others when they are opened."""
        draw = self._undrawn.pop(self.tabs.selected_index, None)
        if draw is not None:
            draw()

    def _show_block(self) -> None:
        try:
            self.block.value = matching_block(self.matching)
        except OptionError as error:
            self.block.value = "".join(f"# {line}\n" for line in str(error).splitlines())

    def _say(self, text: str, colour: str) -> None:
        # Said twice: at the top, and below the last control, from where the top may be out of sight.
        self.status.value = self.trouble.value = line(text, colour)

    def _fade(self, out_of_date: bool) -> None:
        """Grey out pictures that do not belong to the options beside them."""
        for widget in (self.balance, self.overlap, self.left_out, self.account):
            widget.layout.visibility = "hidden" if out_of_date else "visible"

    def _arrange(self) -> Any:
        import ipywidgets as w

        named = self.controls.by_name
        left = w.VBox(
            [
                *(named[name] for name in ORDER),
                w.HTML("<b>Columns</b>"),
                self.controls.columns_grid(),
                w.HTML("<b>Formula</b>"),
                named["formula"],
                self.trouble,
            ],
            layout=w.Layout(width="370px", flex="0 0 370px"),
        )
        plan_tab = w.VBox([w.HTML(COPY), self.block])
        self.tabs.children = [self.balance, self.overlap, self.left_out, self.account, plan_tab]
        self.tabs.titles = TABS
        self.tabs.selected_index = 0
        buttons = w.HBox([self.update, self.live, self.back])
        right = w.VBox(
            [buttons, self.status, self.summary, self.tabs, w.HTML(FOOT)],
            layout=w.Layout(flex="1 1 auto", min_width="0"),
        )
        return w.HBox([left, right], layout=w.Layout(width="100%"))


def _put(widget: Any, html: str) -> None:
    widget.value = html


def explore(
    frame: AnalysisFrame,
    plan: MatchingOptions | Mapping[str, Any] | Any = None,
    seed: int | None = None,
) -> ExplorePanel:
    """Open a panel in which one changes a matched design and sees at once what becomes of it.

    Sizes, balance, overlap and who is left out follow each change of method, distance, caliper, blocks, covariates
    and the rest; a control is grey when the method does not know it. The panel holds baseline columns only, so that
    no design can be chosen by the result that it gives. In a notebook::

        panel = wlz_eval.explore(notebook.frame, notebook.plan)
        panel                            # change what you like
        panel.write("my-cohort")         # the design into plan.yaml, its comments kept

    Parameters
    ----------
    frame : AnalysisFrame
        Of one cohort: ``notebook.frame``, or ``analysis_frame(cohort)``.
    plan : Plan, MatchingOptions or mapping, optional
        What to begin with: a plan, its ``matching``, or options by name. Without one the panel begins with all
        baseline measures and the usual 1:1 matching.
    seed : int, optional
        Of every random step; the plan's own when left out, else 0.

    Returns
    -------
    ExplorePanel
        Shown when it is the last line of a cell. ``.design`` is the design of the moment, ``.matching`` its options,
        ``.write(cohort)`` puts them into the plan.

    Raises
    ------
    OptionError
        When `frame` is no analysis frame, or the options cannot be read.
    DesignError
        When there are no comparison children, or nothing to compare on.

    Examples
    --------
    >>> from wlz_eval import analysis_frame, load_cohort
    >>> panel = explore(analysis_frame(load_cohort("star-1986")))
    >>> panel.controls.by_name["method"].value = "full"
    >>> panel.matching.method, panel.design.spec.method
    ('full', 'full')
    """
    kept = baseline_only(frame)
    start = _start(kept, getattr(plan, "matching", plan))
    if seed is None:
        seed = int(getattr(plan, "seed", 0))
    return ExplorePanel(ExploreState(kept, start, seed))


def _start(frame: AnalysisFrame, given: Any) -> MatchingOptions:
    """Read what to begin with."""
    if given is None:
        return first_options(frame)
    if isinstance(given, MatchingOptions):
        return given
    if not isinstance(given, Mapping):
        raise OptionError(
            f"explore cannot begin with a {type(given).__name__}. Give a plan, its matching options, or a mapping such "
            "as {'caliper': 0.1}."
        )
    state = ExploreState(frame, first_options(frame))
    state.choose(**given)
    return state.matching
