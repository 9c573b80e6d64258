"""Make a cohort ready for its notebooks: find it, check it, and know what it holds by hash.

Checking reads every table, so its outcome is kept beside the content hashes of the files: a cohort
that has not changed costs a run no more than hashing them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from wlz_eval.batch.described import described
from wlz_eval.batch.desk import Call, call_here
from wlz_eval.batch.forgotten import forgotten_children
from wlz_eval.batch.key import file_hash, package_hash
from wlz_eval.batch.record import Refusal
from wlz_eval.batch.retention import overdue
from wlz_eval.core.errors import OptionError, ProblemsError, WlzEvalError
from wlz_eval.core.files import cohorts_dir, hash_json, write_atomic
from wlz_eval.release.workspace import STUDIES, Workspace

__all__ = ["Prepared", "RefusedError", "cohort_files", "cohort_id", "content_hash", "prepare", "public_problems"]

_ENDINGS = frozenset({".csv", ".parquet", ".yaml", ".yml"})
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class RefusedError(Exception):
    """A cohort that cannot be run; carries the :class:`~wlz_eval.batch.record.Refusal`."""

    def __init__(self, refusal: Refusal, cohort_id: str = ""):
        super().__init__(refusal.message)
        self.refusal = refusal
        self.cohort_id = cohort_id


@dataclass(frozen=True)
class Prepared:
    """A cohort that was checked.

    Parameters
    ----------
    id : str
        Its id.
    folder : str
        Its folder.
    data : str
        Hash of its tables and of what ``cohort.yaml`` and ``contract.yaml`` say.
    plan : str
        Hash of the plan as this run uses it, and of its lock.
    effort : str
        What its plan says of effort.
    files : mapping of str to str
        Content hash of each file that `data` is made of, so that a change can be named.
    """

    id: str
    folder: str
    data: str
    plan: str
    effort: str
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameter(self) -> str:
        """What a notebook's ``cohort`` parameter has to be: the id where that is enough, else the folder."""
        return self.id if Path(self.folder) == cohorts_dir() / self.id else self.folder


def prepare(
    cohort: str | Path,
    workspace: Workspace,
    overrides: Mapping[str, Any] | None = None,
    keep: bool = True,
    call: Call = call_here,
) -> Prepared:
    """Find and check a cohort and its plan.

    Parameters
    ----------
    cohort : str or Path
        Id or folder.
    workspace : Workspace
        Where the outcome of the check is kept.
    overrides : mapping, optional
        Changes to the plan in this run.
    keep : bool
        Whether the outcome of the check is kept; a dry run writes nothing.
    call : callable
        Calls what takes time: reading and checking tables.

    Returns
    -------
    Prepared

    Raises
    ------
    RefusedError
        When it is not there, or it or its plan breaks the data contract.
    """
    name, known = str(cohort), ""
    try:
        from wlz_eval.cohort import find_cohort

        folder = Path(find_cohort(cohort)).resolve()
        known = cohort_id(folder)
        if known == STUDIES:
            known = ""
            raise OptionError(f"{name} has the id {STUDIES!r}, which the studies of the method have. Change its id.")
        if reason := overdue(folder):
            raise OptionError(f"{known or name}: {reason}.")
        files = _content(folder)
        stamp = hash_json([files, package_hash(), dict(overrides or {}), str(folder)])
        kept = _kept(workspace, known, stamp)
        if kept is not None:
            return kept
        prepared: Prepared = call(_check, folder, files, overrides)
        _check_forgotten(folder, workspace)
    except WlzEvalError as error:
        raise RefusedError(Refusal(name, str(error), public_problems(error)), known) from None
    if keep:
        content = json.dumps({"stamp": stamp, "prepared": asdict(prepared)}, indent=2, ensure_ascii=False)
        write_atomic(_kept_path(workspace, prepared.id), content + "\n")
    return prepared


def _check_forgotten(folder: Path, workspace: Workspace) -> None:
    """Refuse tables that bring back a child that was forgotten; not by name or number, since this may be shown."""
    forgotten = forgotten_children(workspace)
    if not forgotten.path.exists():
        return
    from wlz_eval.cohort.remove import child_ids

    if forgotten.among(i for row in child_ids(folder) for i in (row["child_id"], row.get("person_id", "")) if i):
        raise OptionError(
            f"{folder.name}: the tables hold a child that was forgotten before. Take it out of what is delivered, or "
            "remove it again with 'wlz-eval forget'."
        )


def cohort_id(folder: Path) -> str:
    """Read the id from ``cohort.yaml`` without checking the rest; empty when there is no valid one."""
    found = str(described(folder).get("id", ""))
    return found if _ID.fullmatch(found) else ""


def public_problems(error: WlzEvalError) -> tuple[str, ...]:
    """Say what is wrong without the offending values: where and what, but nothing of a child."""
    if not isinstance(error, ProblemsError):
        return (str(error).splitlines()[0],)
    counted: dict[str, int] = {}
    for problem in error.problems:
        where = f"{problem.table}, column {problem.column}" if problem.column else problem.table
        counted[where] = counted.get(where, 0) + 1
    return tuple(f"{where}: {n} problem{'' if n == 1 else 's'}" for where, n in counted.items())


def _check(folder: Path, files: Mapping[str, str], overrides: Mapping[str, Any] | None) -> Prepared:
    from wlz_eval.plan import load_cohort_and_plan

    cohort, plan = load_cohort_and_plan(folder, overrides)
    data = {name: content for name, content in files.items() if not name.startswith("plan.")}
    described = {name: content for name, content in data.items() if _is_yaml(name)}
    locks = {name: content for name, content in files.items() if name.startswith("plan.") and name != "plan.yaml"}
    return Prepared(
        id=cohort.id,
        folder=str(folder),
        data=hash_json([cohort.data_hash, described]),
        plan=hash_json([plan.plan_hash, locks]),
        effort=plan.effort,
        files=data,
    )


def _content(folder: Path) -> dict[str, str]:
    """Hash the files that a cohort is made of; a simulated cohort's truth is no input to its evaluation."""
    return {path.name: file_hash(path) for path in cohort_files(folder)}


def cohort_files(folder: Path) -> Iterable[Path]:
    """Files that a cohort is made of, and that its notebooks may read."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix.lower() in _ENDINGS and not path.name.startswith((".", "truth")):
            yield path


def content_hash(cohort: str | Path) -> str:
    """Hash of all that a cohort is made of, plan included; empty when there is no such cohort."""
    from wlz_eval.cohort import find_cohort

    try:
        return hash_json(_content(Path(find_cohort(cohort))))
    except WlzEvalError:
        return ""


def _is_yaml(name: str) -> bool:
    return name.lower().endswith((".yaml", ".yml"))


def _kept_path(workspace: Workspace, cohort: str) -> Path:
    return workspace.cohort_dir(cohort) / "checked.json"


def _kept(workspace: Workspace, cohort: str, stamp: str) -> Prepared | None:
    if not cohort:
        return None
    try:
        content = json.loads(_kept_path(workspace, cohort).read_text(encoding="utf-8"))
        return Prepared(**content["prepared"]) if content["stamp"] == stamp else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
