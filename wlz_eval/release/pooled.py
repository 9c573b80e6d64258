"""Open a page about several cohorts at once: what of them may be pooled, and the strictest of their release rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wlz_eval.attribution.pooling import Gathered, Member, gather
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.files import hash_json
from wlz_eval.measures.frame import analysis_frame
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.limits import strictest
from wlz_eval.release.study import Study
from wlz_eval.release.workspace import AUDIENCES, STUDIES, Workspace

__all__ = ["open_pooled"]


def open_pooled(
    cohorts: Sequence[str | Path],
    *,
    outcome: str = "",
    same_labels: bool = False,
    audience: str = "public",
    out_dir: str | Path = "",
) -> tuple[Study, Gathered]:
    """Load several cohorts with their plans, gather what may be pooled, and show the head of a page about them.

    The page says that data are simulated where simulated children are pooled; where nothing is, where any are read.

    Parameters
    ----------
    cohorts : sequence of str or Path
        Ids under data/cohorts, or folders.
    outcome, same_labels
        As in :func:`wlz_eval.attribution.pooling.gather`.
    audience : str
        ``public``, ``internal`` or ``restricted``.
    out_dir : str or Path
        Folder that holds ``reports/`` and ``.work/``; empty for the project's own.

    Returns
    -------
    tuple
        The page, whose rule is the strictest of the plans', and what of the cohorts may be pooled.

    Raises
    ------
    OptionError
        For an unknown audience, fewer than two cohorts, or one named twice.
    CohortError, PlanError
        With all that is wrong with the data or the plan of a cohort.
    """
    from wlz_eval.plan import load_cohort_and_plan

    if audience not in AUDIENCES:
        raise OptionError(f"Unknown audience {audience!r}. {suggestion(audience, AUDIENCES)}")
    if isinstance(cohorts, str | Path) or len(cohorts) < 2:
        raise OptionError(f"Pooling needs a list of at least two cohorts, not {cohorts!r}.")
    members: dict[str, Member] = {}
    hashes: dict[str, str] = {}
    disclosure = []
    for name in cohorts:
        cohort, plan = load_cohort_and_plan(name)
        if cohort.id in members:
            raise OptionError(f"Cohort {cohort.id!r} is named twice. Name each cohort once.")
        informants: dict[str, str] = {o.measure: o.informant for o in plan.outcomes if o.informant}
        members[cohort.id] = Member(
            cohort=cohort, frame=analysis_frame(cohort, informants or None), matching=plan.matching,
            outcomes=tuple(plan.outcomes), selection=plan.selection, seed=plan.seed,
        )
        hashes[cohort.id] = hash_json([cohort.data_hash, plan.plan_hash])
        disclosure.append(plan.disclosure)
    study = Study(Ledger(STUDIES, audience, "pooled", strictest(disclosure, audience)), Workspace(out_dir))
    together = gather(members, outcome, same_labels=same_labels)
    shown = together.cohorts or members
    study.start(hashes, any(members[name].cohort.provenance == "synthetic" for name in shown))
    return study, together
