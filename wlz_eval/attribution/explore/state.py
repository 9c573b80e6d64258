"""What has been chosen, and the design that it makes: all of exploring but the screen."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from wlz_eval.attribution.balance import BalanceTable
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.explore.choices import choices, default_of, knows, pool_types
from wlz_eval.attribution.options import SCHOOL_COLUMNS, MatchingOptions
from wlz_eval.attribution.pipeline import design_for
from wlz_eval.core.errors import DesignError, OptionError, WlzEvalError, suggestion
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["ExploreState", "View"]

#: Designs kept, so that going back costs nothing; fewer of many children, who fill the memory.
KEPT = 16
KEPT_OF_MANY = 3
MANY = 200_000


@dataclass(frozen=True, kw_only=True)
class View:
    """What there is to see of one choice of options.

    Parameters
    ----------
    matching : MatchingOptions or None
        The options, when they fit together.
    design : Design or None
        The design, when one can be made.
    balance : BalanceTable or None
    message : str
        Why there is no design; empty when there is one.
    seconds : float
        How long it took to make.
    """

    matching: MatchingOptions | None = None
    design: Design | None = None
    balance: BalanceTable | None = None
    message: str = ""
    seconds: float = 0.0


def baseline_only(frame: AnalysisFrame) -> AnalysisFrame:
    """Keep the group and the baseline columns of a frame: what is not here cannot be looked at.

    Raises
    ------
    OptionError
        When `frame` is no analysis frame.
    """
    if not isinstance(frame, AnalysisFrame):
        raise OptionError(
            f"explore needs the analysis frame, which knows outcomes from baseline columns, not a "
            f"{type(frame).__name__}: use notebook.frame, or wlz_eval.analysis_frame(cohort)."
        )
    return AnalysisFrame(data=frame.data[["programme", *frame.baseline_columns]], flow=frame.flow)


class ExploreState:
    """Options that can be changed one at a time, and the design that they make.

    It holds baseline columns only. An option that the method of the moment does not know is set aside, and counts
    again when a method is chosen that knows it.

    Parameters
    ----------
    frame : AnalysisFrame
    start : MatchingOptions
        What to begin with, and to compare with.
    seed : int

    Examples
    --------
    >>> from wlz_eval import analysis_frame, load_cohort
    >>> state = ExploreState(analysis_frame(load_cohort("star-1986")),
    ...     MatchingOptions(formula="programme ~ sat_maths_baseline + fsm", comparison="same_school"))
    >>> state.choose(method="full", ratio=3)
    >>> state.set_aside, state.view().design.spec.method
    (('ratio',), 'full')
    """

    def __init__(self, frame: AnalysisFrame, start: MatchingOptions, seed: int = 0):
        self.frame = baseline_only(frame)
        self.pool_types = pool_types(self.frame)
        self.seed = seed
        self.start = start
        self.values: dict[str, Any] = start.model_dump()
        self._kept: OrderedDict[str, View] = OrderedDict()

    def choose(self, **changes: Any) -> None:
        """Change options; nothing is computed.

        Raises
        ------
        OptionError
            For an option that does not exist.
        """
        for name, value in changes.items():
            if name not in self.values:
                raise OptionError(f"Unknown matching option {name!r}. {suggestion(name, list(self.values))}")
            self.values[name] = tuple(value) if isinstance(value, list | set) else value

    def reset(self) -> None:
        """Go back to the options of the beginning."""
        self.values = self.start.model_dump()

    def fitting(self, option: str) -> Any:
        """Value of an option, or the first that the method supports when it does not support that one."""
        value, valid = self.values[option], choices(option, self.values["method"])
        supported = not valid or value in valid or value is None
        return value if supported or option in ("method", "comparison") else valid[0]

    @property
    def set_aside(self) -> tuple[str, ...]:
        """Options that were changed and that do not count at the moment."""
        return tuple(
            name for name, value in self.values.items() if value != default_of(name) and not knows(name, self._now)
        )

    @property
    def _now(self) -> Mapping[str, Any]:
        return {**self.values, "distance": self.fitting("distance")}

    @property
    def matching(self) -> MatchingOptions:
        """The options as the plan would name them: those that count, and differ from the default.

        Raises
        ------
        OptionError
            When they do not fit together, in plain words.
        """
        named = {"formula": self.values["formula"], "comparison": self.values["comparison"]}
        for name in self.values:
            value = self.fitting(name)
            if knows(name, self._now) and value != default_of(name):
                named[name] = value
        try:
            return MatchingOptions.model_validate(named)
        except ValidationError as error:
            raise OptionError(" ".join(_said(detail) for detail in error.errors())) from None

    def view(self) -> View:
        """Make the design of the options as they stand; a design made before is not made again."""
        try:
            matching = self.matching
        except OptionError as error:
            return View(message=str(error))
        return self._view(matching)

    def first_view(self) -> View:
        """Make the design of the beginning, to compare with."""
        return self._view(self.start)

    def is_kept(self) -> bool:
        """Whether the design of the options as they stand need not be computed."""
        try:
            return self.matching.model_dump_json() in self._kept
        except OptionError:
            return True

    def _view(self, matching: MatchingOptions) -> View:
        key = matching.model_dump_json()
        if key not in self._kept:
            self._kept[key] = self._make(matching)
        self._kept.move_to_end(key)
        most = KEPT if len(self.frame.data) < MANY else KEPT_OF_MANY
        while len(self._kept) > most:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _make(self, matching: MatchingOptions) -> View:
        began = time.perf_counter()
        try:
            design = design_for(self.frame, matching, matching.comparison, self.seed)
            balance = design.balance(matching.balance_limit)
        except WlzEvalError as error:
            return View(matching=matching, message=str(error), seconds=time.perf_counter() - began)
        return View(matching=matching, design=design, balance=balance, seconds=time.perf_counter() - began)

    def design(self) -> Design:
        """Return the design of the options as they stand.

        Raises
        ------
        DesignError
            When there is none; the message says why.
        """
        view = self.view()
        if view.design is None:
            raise DesignError(view.message)
        return view.design

    def notes(self) -> tuple[str, ...]:
        """Say which of the chosen options do not count, and why."""
        said = []
        if self.set_aside:
            method = self.values["method"]
            said.append(f"Not used by method {method} as chosen: {', '.join(self.set_aside)}.")
        schools = [name for name in ("exact", "prefer") if set(self.values[name]) & set(SCHOOL_COLUMNS)]
        if schools and self.values["comparison"] != "same_school":
            said.append(
                f"{' and '.join(schools)} on the school does not count here: only children of the same school can "
                "agree on it."
            )
        return tuple(said)


def _said(detail: Mapping[str, Any]) -> str:
    """Say in plain words what is wrong with an option."""
    where, message = ".".join(str(part) for part in detail["loc"]), str(detail["msg"])
    if detail["type"] == "value_error":
        return message.removeprefix("Value error, ")
    return f"{where}: {message[:1].lower()}{message[1:]}." if where else message
