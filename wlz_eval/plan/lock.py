"""Lock a plan: write down what was decided, on which baseline data, when, and where it was registered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import PlanError, Problem
from wlz_eval.core.files import hash_json, write_atomic
from wlz_eval.core.yamltext import check_yaml
from wlz_eval.plan.model import PlanModel
from wlz_eval.plan.overrides import changed_keys

__all__ = ["LOCK_FILE", "PlanStatus", "lock_plan", "plan_status"]

LOCK_FILE = "plan.lock.yaml"
_HEADER = (
    "# The analysis plan as it was locked. Written by `wlz-eval plan COHORT --lock`; do not edit.\n"
    "# A lock on one's own disk proves no date: register a copy elsewhere before outcomes arrive.\n"
)


@dataclass(frozen=True)
class PlanStatus:
    """Whether a plan was locked, and what changed since.

    Parameters
    ----------
    locked : bool
        Whether there is a lock beside the plan.
    date : str
        Day of the lock, ``YYYY-MM-DD``; empty when not locked.
    registered : str
        Where the plan was registered; empty if nowhere.
    changed : tuple of str
        Keys of the plan that differ from the lock.
    baseline_changed : bool
        Whether the baseline data differ from those that were locked.
    package_version : str
        Version of the package that made the lock.
    """

    locked: bool = False
    date: str = ""
    registered: str = ""
    changed: tuple[str, ...] = ()
    baseline_changed: bool = False
    package_version: str = ""

    @property
    def state(self) -> str:
        """``unlocked``, ``locked`` or ``changed since``."""
        if not self.locked:
            return "unlocked"
        return "changed since" if self.changed or self.baseline_changed else "locked"

    @property
    def sentence(self) -> str:
        """The status as a sentence or two for a page.

        Examples
        --------
        >>> PlanStatus().sentence
        'The plan is not locked and not registered: it could have been written after the results were seen.'
        """
        where = f"registered at {self.registered}" if self.registered else "not registered"
        if not self.locked:
            tail = "" if self.registered else ": it could have been written after the results were seen"
            return f"The plan is not locked and {where}{tail}."
        text = f"The plan was locked on {self.date} and is {where}."
        if self.changed:
            text += f" Changed since: {', '.join(self.changed)}."
        if self.baseline_changed:
            text += " The baseline data have changed since."
        if not self.changed and not self.baseline_changed:
            text += " Nothing has changed since."
        return text

    def __str__(self) -> str:
        return self.sentence


def _baseline_hash(cohort: Cohort) -> str:
    from wlz_eval.cohort import baseline_hash

    return baseline_hash(cohort)


def _read_lock(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        check_yaml(text)
        lock = yaml.safe_load(text)
        keys = {"plan_hash", "baseline_hash", "package_version", "date", "registered", "plan"}
        if not isinstance(lock, dict) or not keys <= set(lock):
            raise ValueError("keys are missing")
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise PlanError(
            [
                Problem(
                    table=path.name,
                    message=f"the lock cannot be read ({str(error).splitlines()[0]})",
                    remedy="Restore it from the place where it is registered, or lock the plan again.",
                )
            ]
        ) from None
    return lock


def plan_status(planned: PlanModel, cohort: Cohort, plan_file: Path) -> PlanStatus:
    """Compare a plan, and the cohort's baseline data, with the lock beside it."""
    path = plan_file.parent / LOCK_FILE
    if not path.is_file():
        return PlanStatus(registered=planned.registration)
    lock = _read_lock(path)
    changed = tuple(k for k, _, _ in changed_keys(lock["plan"], planned.model_dump(mode="json")))
    return PlanStatus(
        locked=True,
        date=str(lock["date"]),
        registered=str(lock["registered"] or planned.registration),
        changed=changed,
        baseline_changed=lock["baseline_hash"] != _baseline_hash(cohort),
        package_version=str(lock["package_version"]),
    )


def lock_plan(cohort: Cohort, registered: str = "", date: dt.date | None = None) -> Path:
    """Write ``plan.lock.yaml`` beside the plan.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort with a folder.
    registered : str
        Address where the plan was registered before outcomes arrived (OSF, a public commit); the plan's
        own ``registration`` when empty. It is reported as given: nothing here can prove that it was in time.
    date : datetime.date, optional
        Day of the lock; today when left out.

    Returns
    -------
    Path
        The lock file.

    Raises
    ------
    PlanError
        When the plan is not valid, or the cohort has no folder.
    """
    from wlz_eval.plan.load import load_plan

    plan = load_plan(cohort)
    lock = {
        "date": (date or dt.datetime.now(tz=dt.UTC).date()).isoformat(),
        "registered": registered or plan.model.registration,
        "package_version": version("wlz-eval"),
        "plan_hash": hash_json(plan.as_dict()),
        "baseline_hash": _baseline_hash(cohort),
        "plan": plan.as_dict(),
    }
    path = Path(str(cohort.folder)) / LOCK_FILE
    write_atomic(path, _HEADER + yaml.safe_dump(lock, sort_keys=False, allow_unicode=True))
    return path
