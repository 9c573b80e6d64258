"""The controls of the panel: a thin layer of ipywidgets over the options of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wlz_eval.attribution.capabilities import METHODS, OPTIONS
from wlz_eval.attribution.explore.choices import (
    SCHOOL,
    block_columns,
    choices,
    covariate_columns,
    formula_columns,
    is_number,
    knows,
    widths_text,
    with_column,
    with_distance_caliper,
    written_number,
    written_widths,
)
from wlz_eval.attribution.explore.state import ExploreState
from wlz_eval.attribution.options import LARGEST_BALANCE_LIMIT, MatchingOptions
from wlz_eval.core.words import COMPARISON_WORDS

__all__ = ["CONTROLS", "ORDER", "Control", "Controls"]


@dataclass(frozen=True)
class Control:
    """One option on the screen.

    Parameters
    ----------
    option : str
    label : str
    kind : {"choice", "tick", "whole", "number", "typed", "widths", "columns"}
        ``typed`` is a number that may be left blank; ``widths`` one for all columns, or one for each that is named;
        ``columns`` any of those that pairs may agree on.
    low, high, step : float
        Of a number.
    rare : bool
        Whether it is shown only with the methods that know it.
    """

    option: str
    label: str
    kind: Literal["choice", "tick", "whole", "number", "typed", "widths", "columns"]
    low: float = 0
    high: float = 10
    step: float = 1
    rare: bool = False


#: The formula, the columns and the caliper have controls of their own.
CONTROLS: tuple[Control, ...] = (
    Control("comparison", "compared with", "choice"),
    Control("method", "method", "choice"),
    Control("estimand", "estimand", "choice"),
    Control("distance", "distance", "choice"),
    Control("link", "link", "choice"),
    Control("ratio", "partners each", "whole", 1, 10),
    Control("replace", "partners may serve twice", "tick"),
    Control("order", "who chooses first", "choice"),
    Control("discard", "leave out", "choice"),
    Control("reestimate", "then estimate again", "tick"),
    Control("min_controls", "fewest partners", "typed", rare=True),
    Control("max_controls", "most partners", "typed", rare=True),
    Control("omit_fraction", "may omit (share)", "number", 0, 1, 0.05, rare=True),
    Control("subclass", "classes", "whole", 2, 100_000, rare=True),
    Control("k2k", "pair down bins", "tick", rare=True),
    Control("tolerances", "tolerances (SDs)", "widths", rare=True),
    Control("target", "resemble", "choice", rare=True),
    Control("fine", "same shares of", "columns", rare=True),
    Control("gap", "may miss (share)", "number", 0, 0.99, 0.005, rare=True),
    Control("trim", "trim weights at", "typed", rare=True),
    Control("moments", "moments", "whole", 1, 4, rare=True),
    Control("missing", "missing values", "choice"),
    Control("balance_limit", "balance limit", "number", 0, LARGEST_BALANCE_LIMIT, 0.01),
)
#: Options whose number may be left blank.
TYPED = frozenset(control.option for control in CONTROLS if control.kind == "typed")
WORDS: Mapping[str, Mapping[str, str]] = {
    "comparison": COMPARISON_WORDS,
    "discard": {
        "none": "nobody",
        "treated": "programme children beyond the others' range",
        "control": "comparison children beyond it",
        "both": "either beyond the other's range",
    },
    "target": {"focal": "all programme children"},
    "missing": {
        "indicator": "fill and mark",
        "drop": "leave those children out",
        "raise": "refuse",
    },
}
#: Every control but the formula and the columns, from the top of the screen down.
ORDER: tuple[str, ...] = (
    "comparison", "same_school", "method", "estimand", "distance", "link", "caliper_on", "caliper", "std_caliper",
    "ratio", "replace", "order", "discard", "reestimate", "min_controls", "max_controls", "omit_fraction", "subclass",
    "k2k", "tolerances", "target", "fine", "gap", "trim", "moments", "missing", "balance_limit",
)
#: What an empty choice stands for, by option.
UNSET: Mapping[str, str] = {"order": "as usual", "target": "each other only"}
WIDE = "340px"


def choice_options(control: Control, state: ExploreState) -> list[tuple[str, Any]]:
    """Labels and values of a control of kind ``choice``, as far as the method and the cohort have them."""
    words = WORDS.get(control.option, {})
    values = choices(control.option, state.values["method"])
    if control.option == "comparison":
        # What the plan names stays on offer although the cohort lacks it: the message then says so.
        values = tuple(dict.fromkeys((*state.pool_types, state.values["comparison"])))
    blank = [(UNSET[control.option], None)] if control.option in UNSET else []
    return [*blank, *((words.get(value, value), value) for value in values)]


def explained(option: str) -> str:
    """Say what an option means, for the tip that shows when the pointer rests on it."""
    return MatchingOptions.model_fields[option].description or OPTIONS.get(option, "")


def _chosen(before: Sequence[str], ticked: Sequence[str], offered: Sequence[str]) -> tuple[str, ...]:
    """Columns ticked: those of the plan first and in its order, also those that are not on offer."""
    kept = [name for name in before if name in ticked or name not in offered]
    return tuple(dict.fromkeys([*kept, *ticked]))


class Controls:
    """The widgets for a state: reading them changes the state, showing the state changes them.

    Parameters
    ----------
    state : ExploreState
    changed : callable
        Called without arguments after somebody changed something and the state has followed.

    Attributes
    ----------
    by_name : dict of str to widget
        Every control by its option; also ``formula``, ``caliper_on``, ``caliper``, ``std_caliper``, ``same_school``.
    match_on, agree_on : dict of str to Checkbox
        For each column, whether it stands in the formula, and whether pairs must agree on it.
    problem : str
        What was typed wrongly; empty when nothing was.
    """

    def __init__(self, state: ExploreState, changed: Any):
        self.state, self._changed, self._showing, self.problem = state, changed, False, ""
        self.by_name = {control.option: self._widget(control) for control in CONTROLS} | self._caliper_widgets()
        self.by_name["formula"] = self._formula_widget()
        self.by_name["same_school"] = self._tick("same school first", "prefer")
        self.match_on = {name: self._box(name, "compare on") for name in covariate_columns(state.frame)}
        self.agree_on = {name: self._box(name, "agree exactly on") for name in block_columns(state.frame)}
        self.show()
        for name, widget in self.by_name.items():
            follow = self._formula_typed if name == "formula" else lambda _, name=name: self._used(name)
            widget.observe(follow, "value")
        for name, widget in self.match_on.items():
            widget.observe(lambda change, name=name: self._column_ticked(name, change["new"]), "value")
        for widget in self.agree_on.values():
            widget.observe(lambda _: self._used("exact"), "value")

    # -- making ---------------------------------------------------------------------------------------------------

    def _widget(self, control: Control) -> Any:
        import ipywidgets as w

        shared = {
            "description": control.label,
            "tooltip": explained(control.option),
            "style": {"description_width": "120px"},
            "layout": w.Layout(width=WIDE),
        }
        if control.kind == "choice":
            return w.Dropdown(options=choice_options(control, self.state), **shared)
        if control.kind == "tick":
            return self._tick(control.label, control.option)
        if control.kind == "typed":
            return w.Text(placeholder="none", continuous_update=False, **shared)
        if control.kind == "widths":
            return w.Text(placeholder="0.05, or age: 0.02, sen: 0.1", continuous_update=False, **shared)
        if control.kind == "columns":
            return w.SelectMultiple(options=block_columns(self.state.frame), rows=4, **shared)
        made = w.BoundedIntText if control.kind == "whole" else w.BoundedFloatText
        return made(min=control.low, max=control.high, step=control.step, **shared)

    def _tick(self, label: str, option: str) -> Any:
        import ipywidgets as w

        return w.Checkbox(description=label, tooltip=explained(option), indent=True, layout=w.Layout(width=WIDE),
                          style={"description_width": "120px"})

    def _box(self, name: str, what: str) -> Any:
        import ipywidgets as w

        return w.Checkbox(indent=False, tooltip=f"{what} {name}", layout=w.Layout(width="40px"))

    def _caliper_widgets(self) -> dict[str, Any]:
        import ipywidgets as w

        wide = {"style": {"description_width": "120px"}, "layout": w.Layout(width=WIDE)}
        return {
            "caliper_on": self._tick("limit the gap within a pair", "caliper"),
            "caliper": w.BoundedFloatText(min=0, max=1e9, step=0.05, description="caliper", **wide),
            "std_caliper": w.Dropdown(
                options=[("in SDs of the distance", True), ("in the distance's own units", False)],
                description="measured", **wide,
            ),
        }

    def _formula_widget(self) -> Any:
        import ipywidgets as w

        return w.Textarea(
            continuous_update=False, rows=3, tooltip=explained("formula"), layout=w.Layout(width=WIDE)
        )

    # -- from the state to the screen -----------------------------------------------------------------------------

    def show(self) -> None:
        """Show the state: values, what can be chosen, and what counts with this method."""
        self._showing, self.problem = True, ""
        try:
            for control in CONTROLS:
                self._show_control(control)
            self._show_caliper()
            values = self.state.values
            self.by_name["formula"].value = values["formula"]
            self.by_name["same_school"].value = SCHOOL in values["prefer"]
            same = values["comparison"] == "same_school"
            self.by_name["same_school"].disabled = not (same and self._counts("prefer") and SCHOOL in self.agree_on)
            used = formula_columns(values["formula"], list(self.match_on))
            for name, widget in self.match_on.items():
                widget.value = name in used
            for name, widget in self.agree_on.items():
                widget.value = name in values["exact"]
                widget.disabled = not self._counts("exact") or (name == SCHOOL and not same)
        finally:
            self._showing = False

    def _counts(self, option: str) -> bool:
        return knows(option, {**self.state.values, "distance": self.state.fitting("distance")})

    def _show_control(self, control: Control) -> None:
        widget, value = self.by_name[control.option], self.state.values[control.option]
        if control.kind == "choice":
            options = choice_options(control, self.state)
            if list(widget.options) != options:
                widget.options = options
            widget.value = self.state.fitting(control.option)
            alone = len(options) == 1 and control.option not in ("comparison", "method")
            widget.disabled = alone or not self._counts(control.option)
        else:
            widget.value = self._shown(control, value)
            widget.disabled = not self._counts(control.option)
        if control.rare:
            known = control.option in METHODS[self.state.values["method"]].options
            widget.layout.display = None if known else "none"

    def _shown(self, control: Control, value: Any) -> Any:
        """Value of an option as its widget has it."""
        if control.kind == "typed":
            return "" if value is None else str(value)
        if control.kind == "widths":
            return widths_text(value)
        if control.kind == "columns":
            return tuple(name for name in self.by_name[control.option].options if name in value)
        return value

    def _show_caliper(self) -> None:
        caliper, std = self.state.values["caliper"], self.state.values["std_caliper"]
        width = caliper.get("distance") if isinstance(caliper, Mapping) else caliper
        known = self._counts("caliper")
        self.by_name["caliper_on"].value = width is not None
        self.by_name["caliper_on"].disabled = not known
        if width is not None:
            self.by_name["caliper"].value = width
            self.by_name["std_caliper"].value = bool(std.get("distance", True) if isinstance(std, Mapping) else std)
        elif self.by_name["caliper"].value == 0:
            self.by_name["caliper"].value = 0.2
        for name in ("caliper", "std_caliper"):
            self.by_name[name].disabled = not known or width is None

    # -- from the screen to the state -----------------------------------------------------------------------------

    def _column_ticked(self, name: str, wanted: bool) -> None:
        if not self._showing:
            category = not is_number(self.state.frame.data[name])
            self.state.choose(formula=with_column(self.state.values["formula"], name, wanted, category))
            self._followed()

    def _formula_typed(self, change: Mapping[str, Any]) -> None:
        if not self._showing:
            self.state.choose(formula=" ".join(str(change["new"]).split()))
            self._followed()

    def _used(self, name: str) -> None:
        if self._showing:
            return
        try:
            self.state.choose(**self._read(name))
        except ValueError as error:
            self.problem = str(error)
            self._changed()
            return
        self._followed()

    def _followed(self) -> None:
        self.show()
        self._changed()

    def _read(self, name: str) -> dict[str, Any]:
        """Options that one control stands for, as the screen has them."""
        widgets, values = self.by_name, self.state.values
        if name in ("caliper_on", "caliper", "std_caliper"):
            width = widgets["caliper"].value if widgets["caliper_on"].value else None
            found = with_distance_caliper(
                values["caliper"], values["std_caliper"], width, widgets["std_caliper"].value
            )
            return dict(zip(("caliper", "std_caliper"), found, strict=True))
        if name == "same_school":
            others = tuple(column for column in values["prefer"] if column != SCHOOL)
            return {"prefer": (SCHOOL, *others) if widgets[name].value else others}
        if name == "exact":
            return {"exact": self._exact()}
        value = widgets[name].value
        if name == "fine":
            return {name: _chosen(values[name], value, widgets[name].options)}
        if name == "tolerances":
            return {name: written_widths(value)}
        return {name: written_number(value, name) if name in TYPED else value}

    def _exact(self) -> tuple[str, ...]:
        ticked = [name for name, widget in self.agree_on.items() if widget.value]
        return _chosen(self.state.values["exact"], ticked, list(self.agree_on))

    def columns_grid(self) -> Any:
        """Lay out the columns with two boxes each: compare on it, and agree on it exactly."""
        import ipywidgets as w

        cells = [w.HTML(f"<small>{text}</small>") for text in ("", "compare", "agree")]
        # Those compared on at the start come first: the list is longer than its window.
        first = formula_columns(self.state.start.formula, list(self.match_on))
        for name in dict.fromkeys([*first, *self.match_on, *self.agree_on]):
            cells += [w.Label(name), self.match_on.get(name, w.Label("")), self.agree_on.get(name, w.Label(""))]
        rows = w.Layout(grid_template_columns="220px 60px 50px", grid_auto_rows="25px", grid_gap="0 4px")
        grid = w.GridBox(cells, layout=rows)
        return w.Box([grid], layout=w.Layout(max_height="285px", overflow="auto", width="365px"))
