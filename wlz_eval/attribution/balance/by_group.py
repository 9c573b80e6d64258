"""Balance within each school, or each value of another baseline column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.balance.measures import smd, standardising_sd
from wlz_eval.attribution.balance.table import PLAIN, check_limit
from wlz_eval.attribution.covariates import MISSING_LEVEL
from wlz_eval.attribution.formula import is_outcome_column
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from wlz_eval.attribution.design import Design

__all__ = ["BalanceByGroup", "balance_by_group", "draw_balance_by_group"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
Compared = Literal["same_group", "partners"]


@dataclass(frozen=True, kw_only=True, repr=False)
class BalanceByGroup(Result):
    """Balance within groups of children, one row a group.

    Parameters
    ----------
    data : DataFrame
        See :meth:`table`.
    by : str
        Column that makes the groups.
    compared : {"same_group", "partners"}
        With whom the programme children of a group were compared.
    limit : float
    minimum : int
        Fewest children of each side for a group to be judged.
    """

    data: pd.DataFrame
    by: str
    compared: Compared
    limit: float
    minimum: int

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Largest difference at the start, by {self.by.removesuffix('_id')}"

    @property
    def verdict(self) -> str:
        """How many groups are alike, in one sentence."""
        judged = self.data["worst_smd"].notna()
        within = int((self.data.loc[judged, "worst_smd"] <= self.limit).sum())
        few = int((~judged).sum())
        rest = f"; {few} with too few matched children to say" if few else ""
        return f"Within the limit on everything in {within} of the {int(judged.sum())} groups judged{rest}."

    def table(self) -> pd.DataFrame:
        """One row a group, in the order of its name.

        Returns
        -------
        DataFrame
            ``group``, ``n_programme``, ``n_comparison`` (matched children), ``worst_smd`` (largest absolute
            standardised difference after matching; missing below the minimum), ``worst_covariate``, ``mean_smd`` (mean
            absolute), ``balanced`` ("yes", "no", "too few children").
        """
        return self.data.copy()

    def plot(self) -> Figure:
        """Draw the largest difference of each group."""
        return draw_balance_by_group(self.data, self.limit)


def _labels(design: Design, data: pd.DataFrame, by: str) -> npt.NDArray[np.object_]:
    if by not in data.columns:
        raise OptionError(f"by {by!r} is not a column. {suggestion(by, [*map(str, data.columns)])}")
    if is_outcome_column(by):
        raise DesignError(f"{by} is measured after the programme began. Use a column known before it.")
    units = design.weights.index
    if not data.index.is_unique or len(units.difference(data.index)):
        raise DesignError("The data must have exactly one row for each child of the design, with the same labels.")
    values = data.loc[units, by]
    return values.astype(object).where(values.notna(), MISSING_LEVEL).astype(str).to_numpy(dtype=object)


@dataclass(frozen=True)
class _Half:
    """One side of the comparison in every group: rows of who, in which group, with what weight.

    Parameters
    ----------
    group, row : array of int
        Number of the group; position among the values that `values` gives.
    weight : array
    counts : array of int
        Children behind each group.
    stratum, unit, own : array, optional
        Where rows are strata and not children: stratum, position and weight of the children whose mean it has.
    """

    group: Ints
    row: Ints
    weight: Array
    counts: Ints
    stratum: Ints | None = None
    unit: Ints | None = None
    own: Array | None = None

    def means(self, x: Array) -> Array:
        """Weighted mean of a column in each group; missing for groups without anybody."""
        if self.stratum is not None and self.own is not None and self.unit is not None:
            total = np.bincount(self.stratum, weights=self.own)
            x = np.bincount(self.stratum, weights=self.own * x[self.unit]) / np.where(total > 0, total, 1.0)
        size = len(self.counts)
        total = np.bincount(self.group, weights=self.weight, minlength=size)
        summed = np.bincount(self.group, weights=self.weight * x[self.row], minlength=size)
        return summed / np.where(total > 0, total, np.nan)


def _units(group: Ints, w: Array, side: Bools, k: int) -> _Half:
    """Children of one side with a weight, each in the group of their own."""
    rows = np.flatnonzero(side & (w > 0))
    return _Half(group[rows], rows, w[rows], np.bincount(group[rows], minlength=k))


def _paired(design: Design, group: Ints, w: Array, k: int) -> _Half:
    """Partners, in the group of the child they serve."""
    index = design.weights.index
    focal = index.get_indexer(pd.Index(design.pairs["focal"]))
    partner = index.get_indexer(pd.Index(design.pairs["partner"]))
    served = pd.DataFrame({"group": group[focal], "partner": partner}).drop_duplicates()
    weight = design.pairs["weight"].to_numpy(dtype=float) * w[focal]
    return _Half(group[focal], partner, weight, np.bincount(served["group"], minlength=k))


def _stratified(design: Design, group: Ints, w: Array, focal: Bools, k: int) -> _Half:
    """Strata, as often in each group as its children are in them; a stratum has the mean of its other side."""
    code = np.asarray(pd.factorize(design.strata)[0], dtype=np.intp)
    mine, theirs = (np.flatnonzero(side & (w > 0) & (code >= 0)) for side in (focal, ~focal))
    ties = pd.DataFrame({"group": group[mine], "stratum": code[mine], "w": w[mine]})
    ties = ties.groupby(["group", "stratum"], as_index=False).agg({"w": "sum"})
    others = np.bincount(code[theirs], minlength=int(code.max()) + 1)
    counts = np.bincount(ties["group"], weights=others[ties["stratum"]], minlength=k).astype(np.intp)
    return _Half(
        ties["group"].to_numpy(), ties["stratum"].to_numpy(), ties["w"].to_numpy(), counts,
        stratum=code[theirs], unit=theirs, own=w[theirs],
    )  # fmt: skip


def _halves(design: Design, group: Ints, k: int, compared: Compared) -> tuple[_Half, _Half]:
    """Programme and comparison side."""
    treated, w = design.treatment.to_numpy(dtype=bool), design.weights.to_numpy(dtype=float)
    if compared == "same_group":
        return _units(group, w, treated, k), _units(group, w, ~treated, k)
    focal = treated if design.spec.estimand != "ATC" else ~treated
    mine = _units(group, w, focal, k)
    if len(design.pairs):
        theirs = _paired(design, group, w, k)
    elif not design.strata.isna().all():
        theirs = _stratified(design, group, w, focal, k)
    else:
        raise OptionError("This design has neither pairs nor strata: nobody has partners. Use compared='same_group'.")
    return (mine, theirs) if design.spec.estimand != "ATC" else (theirs, mine)


def _differences(design: Design, one: _Half, none: _Half) -> pd.DataFrame:
    """Absolute standardised difference of each covariate (columns) in each group (rows)."""
    treated = design.treatment.to_numpy(dtype=bool)
    found = {}
    for name, kind in design.covariates.kinds.items():
        x = design.covariates.balance[name].to_numpy(dtype=float)
        sd = standardising_sd(x, treated, design.spec.estimand, kind in PLAIN)
        found[name] = [abs(smd(float(gap), sd)) for gap in one.means(x) - none.means(x)]
    return pd.DataFrame(found)


def balance_by_group(
    design: Design,
    data: pd.DataFrame,
    by: str = "school_id",
    *,
    compared: Compared = "same_group",
    limit: float = 0.1,
    minimum: int = 10,
) -> BalanceByGroup:
    """Measure balance within each school, or each value of another column known before the programme.

    A design that is balanced overall may compare the children of one school with unlike ones. Differences are in SDs
    of the whole focal group before matching, so that groups can be set beside each other. Small ones differ by chance:
    of unmatched groups with 20 children on each side every second one would by more than 0.2 SD on any one covariate.

    Parameters
    ----------
    design : Design
    data : DataFrame
        Holds `by`, indexed by child.
    by : str
        A value that is not known is a group of its own.
    compared : {"same_group", "partners"}
        Programme children of a group with its own comparison children; or with their own partners, wherever these are,
        as is needed when partners come from other schools.
    limit : float
        Largest standardised difference that counts as balanced.
    minimum : int
        Fewest matched children of each side for a group to be judged.

    Returns
    -------
    BalanceByGroup

    Raises
    ------
    DesignError
        When `by` is measured later, or a child of the design is not in the data.
    OptionError
        For an unknown column or option, or partners where nobody has any.

    Examples
    --------
    >>> from wlz_eval.attribution import match
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0], "age": [6, 8, 6, 7.5], "school_id": list("abab")})
    >>> design = match("programme ~ age", data.drop(columns="school_id"))
    >>> balance_by_group(design, data, minimum=1).table()[["group", "worst_smd"]].round(3).to_numpy().tolist()
    [['a', 0.0], ['b', 0.354]]
    """
    check_limit(limit)
    if compared not in ("same_group", "partners"):
        raise OptionError(f"compared {compared!r} is not known. {suggestion(compared, ('same_group', 'partners'))}")
    if isinstance(minimum, bool) or not isinstance(minimum, (int, np.integer)) or minimum < 1:
        raise OptionError(f"minimum must be a whole number of at least 1, not {minimum!r}.")
    code, groups = pd.factorize(_labels(design, data, by), sort=True)
    one, none = _halves(design, np.asarray(code, dtype=np.intp), len(groups), compared)
    judged = (one.counts >= minimum) & (none.counts >= minimum)
    gaps = _differences(design, one, none)
    worst = gaps.max(axis=1).where(judged)
    names = gaps.columns.to_numpy(dtype=object)[gaps.fillna(-1.0).to_numpy().argmax(axis=1)]
    rows = pd.DataFrame(
        {
            "group": groups,
            "n_programme": one.counts,
            "n_comparison": none.counts,
            "worst_smd": worst,
            "worst_covariate": np.where(judged, names, ""),
            "mean_smd": gaps.mean(axis=1).where(judged),
            "balanced": np.where(judged, np.where(worst <= limit, "yes", "no"), "too few children"),
        }
    )
    held = (one.counts > 0) | (none.counts > 0)
    return BalanceByGroup(
        data=rows[held].reset_index(drop=True), by=by, compared=compared, limit=limit, minimum=int(minimum)
    )


def draw_balance_by_group(table: pd.DataFrame, limit: float = 0.1) -> Figure:
    """Draw the table of :class:`BalanceByGroup`: one line a group, least alike on top; hidden groups are not drawn."""
    rows = table.dropna(subset="worst_smd").sort_values(["worst_smd", "group"]).reset_index(drop=True)
    figure, axes = new_figure(height=max(2.0, 1.0 + 0.25 * len(rows)))
    axes.axvspan(0, limit, color="#EFEFEF", zorder=0)
    axes.hlines(rows.index, 0, rows["worst_smd"], color=COLOURS["light"], linewidth=1.2)
    axes.scatter(rows["worst_smd"], rows.index, color=COLOURS["programme"], marker="D", zorder=3)
    axes.set_yticks(rows.index, rows["group"].astype(str))
    axes.set_xlim(left=0)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlabel("Largest difference within the group, in standard deviations")
    axes.grid(axis="y", visible=False)
    return figure
