"""Power: the smallest effect that a design could find, worked out before any outcome is opened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

import pandas as pd

from wlz_eval.attribution.asked import asked_for_number, asked_for_one_of
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.standards.detectable import Spread, check_shares, detectable, spread, what_is_needed
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.reference.measures import Measure
from wlz_eval.reference.power import power_prior

__all__ = ["DetectableEffect", "minimum_detectable_effect"]

#: Effects for which the children, schools and cohorts needed are worked out, in SDs.
TARGETS: tuple[float, ...] = (0.1, 0.2, 0.3)
#: The target that sentences speak of.
SPOKEN_TARGET = 0.2
SPOKEN_WORDS = "a fifth of a standard deviation"
SCHOOL_NOT_KNOWN = "(school not known)"


@dataclass(frozen=True, kw_only=True, repr=False)
class DetectableEffect(Result):
    """How small an effect a design can find.

    Parameters
    ----------
    mde : float
        Smallest detectable effect in SDs of the outcome.
    se, df : float
    icc, r2, persistence : float
        Planning values behind it, as shares.
    power, level : float
    programme, comparison : int
        Children behind the comparison.
    effective_comparison : float
        Effective sample size of the comparison children: weights that differ count for less.
    programme_schools, comparison_schools, shared_schools : int
    needed : DataFrame
        ``target`` (effect in SDs), and what would find it: ``children`` (programme children in the same schools,
        in tens),
        ``schools`` (programme schools with as many children each), ``cohorts_same_schools``,
        ``cohorts_new_schools``; infinite where no number is enough.
    assumed : tuple of str
        Which planning values are published, which assumed, and where they come from.
    evidence : str
        ``published`` when every planning value was seen in its source, else ``illustrative``; ``measured`` when they
        were seen in these data.
    seen : bool
        Whether the values behind it are those of the comparison children's own outcomes, and not planned.
    """

    mde: float
    se: float
    df: float
    icc: float
    r2: float
    persistence: float
    power: float
    level: float
    programme: int
    comparison: int
    effective_comparison: float
    programme_schools: int
    comparison_schools: int
    shared_schools: int
    needed: pd.DataFrame
    assumed: tuple[str, ...]
    evidence: Evidence
    seen: bool = False
    title: str = "Smallest effect that this design could find"

    def table(self) -> pd.DataFrame:
        """One row: ``mde``, ``se``, ``df``, planning values, children and schools."""
        names = (
            "mde", "se", "df", "icc", "r2", "power", "level", "programme", "comparison", "effective_comparison",
            "programme_schools", "comparison_schools", "shared_schools",
        )
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    def not_found(self) -> pd.DataFrame:
        """Rows of ``needed`` whose effect the design is too small for; for the others it is enough as it is."""
        return self.needed[self.needed["target"] < self.mde].reset_index(drop=True)

    def findings(self) -> tuple[Finding, ...]:
        """Smallest detectable effect, and what it would take to find :data:`SPOKEN_TARGET` where it is too small."""
        method = f"t with {self.df:.1f} degrees of freedom, icc {self.icc:g}, baseline R2 {self.r2:g}"
        found = [self._finding(f"attribution.{self._name}", "smallest detectable effect", self.mde, "sd", method)]
        needed = self.not_found()
        spoken = needed[needed["target"] == SPOKEN_TARGET]
        for name, unit in _NEEDED_UNITS.items() if len(spoken) else ():
            value = float(spoken[name].iloc[0])
            found.append(self._finding(f"attribution.{self._name}.{name}", f"{name} needed", value, unit, method))
        return tuple(found)

    @property
    def _name(self) -> str:
        """Name of its findings: what was planned with and what was seen stand beside each other."""
        return "mde_seen" if self.seen else "mde"

    def _finding(self, name: str, quantity: str, value: float, unit: str, method: str) -> Finding:
        known = math.isfinite(value)
        return Finding(
            finding_id=name,
            quantity=quantity,
            estimate=value if known else math.nan,
            unit=unit,  # type: ignore[arg-type]
            claim="projection",
            n_programme=self.programme,
            n_comparison=self.comparison,
            method=method,
            evidence=self.evidence,
            note="" if known else "No number would be enough.",
        )

    def values(self) -> Mapping[str, Finding]:
        """Name the findings as :meth:`sentences` does."""
        names = {f.finding_id.removeprefix("attribution.").replace(".", "_"): f for f in self.findings()}
        return MappingProxyType(names)

    def sentences(self) -> tuple[str, ...]:
        """Say what the design can see, as templates whose placeholders are keys of :meth:`values`."""
        if not math.isfinite(self.mde):
            return ("All children are in one school, so no effect could be told from that school's own.",)
        said = [self.sentence]
        held, target, name = self.values(), SPOKEN_WORDS, self._name
        if f"{name}_cohorts_new_schools" not in held:
            return tuple(said)
        if math.isfinite(held[f"{name}_children"].estimate):
            said.append(f"To find {target} would take {{{name}_children}} on the programme.")
        else:
            said.append(f"More children in the same schools would not be enough to find {target}.")
        if math.isfinite(held[f"{name}_cohorts_new_schools"].estimate):
            said.append(f"Pooling {{{name}_cohorts_new_schools}} such cohorts, each in other schools, would do it.")
        return tuple(said)

    @property
    def sentence(self) -> str:
        """Say how small an effect can be found, and from which values that was worked out."""
        times = {0.8: "four times in five", 0.9: "nine times in ten"}.get(self.power, f"{self.power:.0%} of the time")
        if self.seen:
            return (
                "The comparison children's own results now show how alike children of one school are, and how well the "
                f"start foretells the end. By these, a true effect of {{mde_seen}} or more would be found {times}."
            )
        return (
            f"Before any outcome was looked at, and with values that are usual for such measures, a true effect had to "
            f"be {{mde}} or more to be found {times} with these children and schools."
        )


_NEEDED_UNITS: Mapping[str, str] = MappingProxyType(
    {"children": "children", "schools": "schools", "cohorts_same_schools": "count", "cohorts_new_schools": "count"}
)


def minimum_detectable_effect(
    design: Design,
    schools: pd.Series,
    *,
    family: str = "attainment",
    phase: str = "any",
    icc: float | None = None,
    r2: float | None = None,
    persistence: float | None = None,
    attrition: float = 0.0,
    power: float = 0.8,
    level: float = 0.95,
    targets: Sequence[float] = TARGETS,
    seen: bool = False,
) -> DetectableEffect:
    """Say how small an effect a design could find, before any outcome is looked at.

    Schools, weights and covariates are the design's own; how far outcomes differ between schools and how much
    the baseline explains are planning values, which can be given. Degrees of freedom are those that the
    cluster-robust interval will have, so with few schools the answer is honestly large. A textbook that treats
    schools as fixed blocks would promise a little more for same-school designs.

    Parameters
    ----------
    design : Design
    schools : Series
        School of each child, indexed by child.
    family, phase : str
        Kind of measure and phase, by which planning values are looked up
        (:func:`wlz_eval.reference.power.power_prior`).
    icc, r2, persistence : float, optional
        Planning values, where something better is known: share of variance between schools, share that the
        baseline explains, share of a school's own part that stays from cohort to cohort.
    attrition : float
        Share of the children whose outcome will not be known.
    power, level : float
    targets : sequence of float
        Effects, in SDs, for which the children, schools and cohorts needed are worked out.
    seen : bool
        That `icc` and `r2` were seen in the comparison children's own outcomes: both must be given then.

    Returns
    -------
    DetectableEffect

    Raises
    ------
    DesignError
        When a child of the design is not in `schools`.
    OptionError
        When a share is not between 0 and 1.

    References
    ----------
    Bloom (1995), Evaluation Review 19; Imbens and Kolesar (2016) for the degrees of freedom.

    Examples
    --------
    >>> from wlz_eval.attribution import match
    >>> data = pd.DataFrame({"programme": [1, 0, 0] * 100, "age": [i % 7 for i in range(300)]})
    >>> schools = pd.Series([f"s{i // 30}" for i in range(300)], index=data.index)
    >>> power = minimum_detectable_effect(match("programme ~ age", data), schools)
    >>> power.mde < 0.5
    True
    """
    if not isinstance(design, Design):
        raise OptionError(f"design must be a Design, as match() and weight() make them, not {type(design).__name__}.")
    asked_for_one_of("family", family, get_args(Measure.model_fields["family"].annotation))
    asked_for_number("power", power, 0, 1, ends=False)
    asked_for_number("level", level, 0, 1, ends=False)
    if isinstance(targets, str) or not hasattr(targets, "__iter__"):
        raise OptionError(f"targets must be a list of effects in SDs, such as [0.2], not {targets!r}.")
    for target in targets:
        asked_for_number("targets", target, 0, ends=False)
    if seen and (icc is None or r2 is None):
        raise OptionError("Give icc and r2 with seen=True: they are what was seen in the data.")
    given = {"icc": icc, "baseline_r2": r2, "persistence": persistence}
    priors = {name: power_prior(name, family, phase) for name in given}
    chosen = {name: priors[name].value if value is None else value for name, value in given.items()}
    check_shares(icc=chosen["icc"], r2=chosen["baseline_r2"], attrition=attrition)
    if persistence is not None:
        asked_for_number("persistence", persistence, 0, 1)
    if not isinstance(schools, pd.Series) or not schools.index.is_unique:
        raise OptionError("schools must be a Series with one school for each child, indexed by child.")
    used = design.weights.index[design.weights.to_numpy() > 0]
    absent = used.difference(schools.index)
    if len(absent):
        raise DesignError(f"{len(absent):,} children of the design have no entry in schools, such as {absent[0]!r}.")
    school = schools.loc[used].astype(object).where(schools.loc[used].notna(), SCHOOL_NOT_KNOWN).astype(str)
    treated, w = design.treatment.loc[used].to_numpy(dtype=bool), design.weights.loc[used].to_numpy(dtype=float)
    whole = spread(treated, w, school, chosen["icc"], design.covariates.model.loc[used].to_numpy(dtype=float))
    base = Spread(between=whole.between, within=whole.within / (1 - attrition), df=whole.df)
    se = base.se(chosen["icc"], chosen["baseline_r2"])
    one, none = set(school[treated]), set(school[~treated])
    args = (chosen["icc"], chosen["baseline_r2"], chosen["persistence"], power, level)
    rows = [what_is_needed(base, int(treated.sum()), len(one), *args, target) for target in targets]
    assumed = [name for name, value in given.items() if value is None and not priors[name].confirmed]
    return DetectableEffect(
        mde=detectable(se, base.df, power, level),
        se=se,
        df=base.df,
        icc=chosen["icc"],
        r2=chosen["baseline_r2"],
        persistence=chosen["persistence"],
        power=power,
        level=level,
        programme=int(treated.sum()),
        comparison=int((~treated).sum()),
        effective_comparison=float(w[~treated].sum() ** 2 / (w[~treated] ** 2).sum()),
        programme_schools=len(one),
        comparison_schools=len(none),
        shared_schools=len(one & none),
        needed=pd.DataFrame(rows, columns=["target", *_NEEDED_UNITS]),
        assumed=tuple(
            f"{name} {chosen[name]:g}: " + (priors[name].source if value is None else "given")
            for name, value in given.items()
        ),
        evidence="measured" if seen else "illustrative" if assumed else "published",
        seen=seen,
    )
