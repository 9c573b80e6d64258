"""A matched design: who is compared with whom, and how strongly, made before any outcome is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.balance import BalanceTable, balance_table
from wlz_eval.attribution.capabilities import METHODS, MatchSpec, match_spec
from wlz_eval.attribution.covariates import MISSING_LEVEL, Covariates, make_covariates
from wlz_eval.attribution.distance import NobodyMatchedError, propensity
from wlz_eval.attribution.formula import MatchingFormula, is_outcome_column, read_formula
from wlz_eval.attribution.matching.nearest import nearest_pairs
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.numbers import format_count, format_number
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Design", "NobodyMatchedError", "match"]

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, repr=False)
class Design(Result):
    """A matched design, frozen. It holds no outcome and cannot be given one.

    Parameters
    ----------
    formula : MatchingFormula
    spec : MatchSpec
        Options as used.
    treatment : Series of bool
        Programme children, indexed by unit.
    distance : Series
        Propensity score, or its log-odds for ``linear.logit``.
    weights : Series
        Matching weight of every unit; 0 for who is not in the comparison. Comparison weights have mean one.
    strata : Series
        Number of the matched set of each unit; missing when units serve in several sets, or in none.
    pairs : DataFrame
        ``focal``, ``partner``, ``pair`` (number of the set), ``distance``, ``weight``.
    covariates : Covariates
        Columns of the models and of the balance table.
    caliper_width : float
        Widest distance allowed within a pair, in units of `distance`; infinite without caliper.
    coefficients : Series
        Of the propensity model.
    notes : tuple of str
        What was dropped, filled or found on the way.
    """

    formula: MatchingFormula
    spec: MatchSpec
    treatment: pd.Series
    distance: pd.Series
    weights: pd.Series
    strata: pd.Series
    pairs: pd.DataFrame
    covariates: Covariates
    caliper_width: float
    coefficients: pd.Series
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: method and sizes."""
        one, two = self.count("Matched", "programme"), self.count("Matched", "comparison")
        groups = f"{format_count(one)} programme and {format_count(two)} comparison children"
        return f"Matched design ({self.spec.method}): {groups}"

    def count(self, stage: str, group: str) -> int:
        """Children of a group at a stage: ``All``, ``Matched`` or ``Unmatched``."""
        return int(self.sizes.to_dict()[group][stage])

    @property
    def sizes(self) -> pd.DataFrame:
        """Children by group: all, matched, unmatched, and effective sample sizes (ESS)."""
        matched = (self.weights > 0).to_numpy()
        columns = {}
        for label, group in (
            ("comparison", ~self.treatment.to_numpy()),
            ("programme", self.treatment.to_numpy()),
        ):
            w = self.weights.to_numpy()[group]
            ess = w.sum() ** 2 / (w**2).sum() if (w**2).sum() > 0 else 0.0
            inside = int(matched[group].sum())
            columns[label] = [float(group.sum()), ess, float(inside), float(group.sum() - inside)]
        return pd.DataFrame(
            columns, index=pd.Index(["All", "Matched (ESS)", "Matched", "Unmatched"], name="children")
        )

    @property
    def matched_programme(self) -> pd.Index:
        """Labels of the programme children in the comparison."""
        return self.treatment.index[self.treatment.to_numpy() & (self.weights > 0).to_numpy()]

    @property
    def unmatched_programme(self) -> pd.Index:
        """Labels of the programme children who are not in the comparison."""
        return self.treatment.index[self.treatment.to_numpy() & ~(self.weights > 0).to_numpy()]

    @property
    def achieved_estimand(self) -> str:
        """What the design can estimate, in words: who is averaged over."""
        focal = "programme" if self.spec.estimand == "ATT" else "comparison"
        done, everyone = self.count("Matched", focal), self.count("All", focal)
        if done == everyone:
            return f"average effect on all {format_count(everyone)} {focal} children"
        return (
            f"average effect on the {format_count(done)} of {format_count(everyone)} {focal} children who could be "
            "matched, not on all of them"
        )

    def balance(self, limit: float = 0.1) -> BalanceTable:
        """Balance before and after matching."""
        return balance_table(self, limit)

    def profile(self) -> pd.DataFrame:
        """Who was left out: mean of each covariate among matched and unmatched programme children."""
        columns = self.covariates.balance
        inside, outside = columns.loc[self.matched_programme], columns.loc[self.unmatched_programme]
        return pd.DataFrame(
            {
                "kind": pd.Series(self.covariates.kinds),
                "matched_mean": inside.mean(),
                "unmatched_mean": outside.mean(),
                "n_matched": len(inside),
                "n_unmatched": len(outside),
            }
        ).rename_axis("covariate")

    def account(self) -> str:
        """Say what was done, as a list for the reader of a log or a notebook."""
        spec = self.spec
        caliper = (
            "none"
            if spec.caliper is None
            else (
                f"{spec.caliper:g}"
                + (" SDs of the distance" if spec.std_caliper else "")
                + f" = {format_number(self.caliper_width, 4)}"
            )
        )
        lines = [
            self.title,
            f"  formula: {self.formula.text}",
            f"  method: {spec.method} ({METHODS[spec.method].description}), {spec.ratio}:1, "
            + ("with" if spec.replace else "without")
            + f" replacement, order {spec.order}",
            f"  distance: propensity by logistic regression, {spec.link}; caliper: {caliper}",
            f"  exact on: {', '.join(spec.exact) or 'nothing'}",
            f"  estimand: {self.achieved_estimand}",
            *(f"  note: {note}" for note in self.notes),
        ]
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{self.account()}\n{self.sizes.to_string()}"

    def table(self) -> pd.DataFrame:
        """Sizes: all, matched, unmatched, effective."""
        return self.sizes

    def plot(self) -> Figure:
        """Overlap of the two groups' distances, before and after matching."""
        from wlz_eval.attribution.overlap import overlap_plot

        return overlap_plot(self)


def _plain_frame(data: pd.DataFrame | AnalysisFrame) -> pd.DataFrame:
    """Take baseline columns only; refuse a frame that still holds outcomes, and labels that are not unique."""
    if isinstance(data, AnalysisFrame):
        data = data.data[["programme", *data.baseline_columns]]
    late = [str(c) for c in data.columns if is_outcome_column(str(c))]
    if late:
        shown = ", ".join(late[:5]) + (", …" if len(late) > 5 else "")
        raise DesignError(
            f"The data hold outcomes ({shown}). A design is made before outcomes are looked at: give the analysis "
            "frame itself, or only its baseline columns."
        )
    if not data.index.is_unique:
        label = data.index[data.index.duplicated()][0]
        raise DesignError(f"Unit {label!r} has several rows. Each child must have exactly one.")
    if data.index.hasnans:
        raise DesignError("Some rows have no unit label. Give the data an index of child ids.")
    return data


def _treatment(data: pd.DataFrame, column: str) -> Bools:
    values = data[column]
    if values.isna().any():
        raise DesignError(
            f"{column!r} is missing for {int(values.isna().sum()):,} children. It must be 0 or 1 for each."
        )
    if not set(values.unique()) <= {0, 1}:
        raise DesignError(
            f"{column!r} must be 1 for programme and 0 for comparison children; it holds other values."
        )
    treated = values.astype(float).to_numpy() == 1.0
    if not treated.any():
        raise DesignError(f"There is no programme child: {column!r} is 0 for every row.")
    if treated.all():
        raise DesignError(f"There is no comparison child: {column!r} is 1 for every row.")
    return treated


def _label_order(index: pd.Index) -> npt.NDArray[np.intp]:
    """Positions of the units by label, shorter labels first: the order that settles every tie."""
    labels = index.astype(str)
    return np.lexsort((labels.to_numpy(dtype=object).astype(str), labels.str.len().to_numpy()))


def _blocks(data: pd.DataFrame, exact: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """Give each combination of the exact columns a number; not known is a value of its own."""
    for name in exact:
        if name not in data.columns:
            raise OptionError(
                f"exact names {name!r}, which is not a column. {suggestion(name, list(data.columns))}"
            )
    if not exact:
        return np.zeros(len(data), dtype=np.intp)
    known = pd.DataFrame(
        {c: data[c].astype(object).where(data[c].notna(), MISSING_LEVEL).astype(str) for c in exact}
    )
    return known.groupby(list(exact), sort=True).ngroup().to_numpy().astype(np.intp)


def match(formula: str, data: pd.DataFrame | AnalysisFrame, **options: Any) -> Design:
    """Match programme children with comparison children on what was known before the programme.

    Estimates nothing: a design says who is compared with whom. Children with a missing covariate are kept:
    a missing number is filled with the mean and marked, a missing category is a level of its own, and both are
    matched on and adjusted for (counts are in `Design.notes`). The order of rows never changes the
    result: ties are settled by unit label, shorter labels first, then alphabetically.

    Parameters
    ----------
    formula : str
        ``"programme ~ english_baseline + fsm + C(sen)"``: a 0/1 column, then covariates.
    data : AnalysisFrame or DataFrame
        One row a child, indexed by child. Of an analysis frame only baseline columns are taken; a data
        frame that holds outcome columns is refused.
    **options
        method : {"nearest"}
        distance : {"glm"}; link : {"logit", "linear.logit"}
            Propensity score, or its log-odds.
        estimand : {"ATT", "ATC"}
            Whom the effect is averaged over: programme or comparison children.
        ratio : int, default 1
            Comparison children for each.
        replace : bool, default False
        order : {"largest", "smallest", "data", "random"}
            Who chooses first; ``data`` follows the labels.
        caliper : float, optional; std_caliper : bool, default True
            Widest distance within a pair, in SDs of the distance or as it is. Never exceeded.
        exact : sequence of str
            Columns on which a pair must agree.
        seed : int, default 0
            Of order ``random``.

    Returns
    -------
    Design

    Raises
    ------
    DesignError
        When the formula or the data hold outcomes, a group is empty, a unit has several rows, covariates tell
        the groups apart perfectly, or nobody can be matched.
    OptionError
        For an unknown option, value or column, with the nearest valid one.

    References
    ----------
    Stuart (2010), Statistical Science 25; agrees with R's MatchIt 4.7.2.

    Examples
    --------
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0, 0, 0], "age": [6, 8, 3, 6, 7.5, 2]}, index=list("abcdef"))
    >>> match("programme ~ age", data).pairs[["focal", "partner"]].to_numpy().tolist()
    [['a', 'd'], ['b', 'e']]
    """
    spec = match_spec(options)
    frame = _plain_frame(data)
    read = read_formula(formula, [str(c) for c in frame.columns])
    original = frame.index
    frame = frame.iloc[_label_order(frame.index)]
    treated = _treatment(frame, read.treatment)
    covariates = make_covariates(read, frame, treated)
    model = propensity(covariates.model, treated)
    distance = model.linear if spec.link == "linear.logit" else model.probability
    width = np.inf
    if spec.caliper is not None:
        width = spec.caliper * (float(distance.std(ddof=1)) if spec.std_caliper else 1.0)
    focal = treated if spec.estimand == "ATT" else ~treated
    block = _blocks(frame, spec.exact)
    one, two = nearest_pairs(
        distance[focal],
        distance[~focal],
        ratio=spec.ratio,
        replace=spec.replace,
        caliper=width,
        order=spec.order,
        focal_block=block[focal],
        pool_block=block[~focal],
        seed=spec.seed,
        # At the very same distance programme children stand before comparison children, whoever is focal.
        focal_first=spec.estimand == "ATT",
    )
    if len(one) == 0:
        _nobody(spec, width)
    rows_one, rows_two = np.flatnonzero(focal)[one], np.flatnonzero(~focal)[two]
    weights, strata, pairs = _assemble(frame.index, rows_one, rows_two, distance, focal, spec.replace)
    return Design(
        formula=read,
        spec=spec,
        caliper_width=width,
        coefficients=model.coefficients,
        pairs=pairs,
        treatment=pd.Series(treated, index=frame.index, name=read.treatment).loc[original],
        distance=pd.Series(distance, index=frame.index, name="distance").loc[original],
        weights=weights.loc[original],
        strata=strata.loc[original],
        covariates=replace(
            covariates, model=covariates.model.loc[original], balance=covariates.balance.loc[original]
        ),
        notes=(*covariates.notes, *model.notes),
    )


def _nobody(spec: MatchSpec, width: float) -> None:
    limits = [f"a caliper of {width:.3g}"] if spec.caliper is not None else []
    limits += [f"exact agreement on {', '.join(spec.exact)}"] if spec.exact else []
    raise NobodyMatchedError(
        f"Nobody could be matched under {' and '.join(limits)}. Widen the caliper, ask for exact agreement on fewer "
        "columns, or find more similar comparison children."
    )


def _assemble(
    index: pd.Index,
    one: npt.NDArray[np.intp],
    two: npt.NDArray[np.intp],
    distance: npt.NDArray[np.float64],
    focal: Bools,
    replace: bool,
) -> tuple[pd.Series, pd.Series, pd.DataFrame]:
    """Turn pairs of row numbers into weights, strata and the table of pairs."""
    matched, number, partners = np.unique(one, return_inverse=True, return_counts=True)
    share = 1.0 / partners[number]
    weights = np.zeros(len(index))
    weights[matched] = 1.0
    np.add.at(weights, two, share)
    used = ~focal & (weights > 0)
    weights[used] *= used.sum() / weights[used].sum()
    strata = np.full(len(index), np.nan)
    if not replace:
        strata[one] = number + 1
        strata[two] = number + 1
    pairs = pd.DataFrame(
        {
            "focal": index[one],
            "partner": index[two],
            "pair": number + 1,
            "distance": np.abs(distance[one] - distance[two]),
            "weight": share,
        }
    )
    return (
        pd.Series(weights, index=index, name="weight"),
        pd.Series(strata, index=index, name="stratum").astype("Int64"),
        pairs,
    )
