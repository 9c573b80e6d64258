"""What two machines must have in common, so that the same notebook gives the same bytes on both."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from wlz_eval.batch.key import package_hash, versions_hash

__all__ = ["differences", "identity"]

#: Libraries whose version may change a number, a picture or a page, and those that carry a job.
_LIBRARIES = (
    "numpy", "pandas", "scipy", "statsmodels", "scikit-learn", "pyarrow", "matplotlib", "formulaic", "ortools",
    "ipykernel", "nbclient", "nbformat", "papermill", "dask", "distributed",
)  # fmt: skip


def identity(studies: bool = False) -> dict[str, str]:
    """Return what this process is, by name.

    Parameters
    ----------
    studies : bool
        Whether studies are run, which read the committed results and cohorts of the machine they run on.

    Examples
    --------
    >>> identity()["Python"] == platform.python_version()
    True
    """
    found = {
        "wlz_eval": version("wlz-eval"),
        "source of wlz_eval and reference tables": package_hash()[:12],
        "Python": platform.python_version(),
        "processor": platform.machine(),
        "interpreter and requirements.lock": versions_hash()[:12],
    }
    found.update({library: _version(library) for library in _LIBRARIES})
    if studies:
        found["data of the studies"] = _study_data()
    return found


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """Say each thing in which another process differs.

    Examples
    --------
    >>> differences({"Python": "3.11.9"}, {"Python": "3.12.1"})
    ['Python is 3.12.1 there and 3.11.9 here']
    """
    return [
        f"{name} is {theirs.get(name, 'not known')} there and {ours.get(name, 'not known')} here"
        for name in {**ours, **theirs}
        if ours.get(name) != theirs.get(name)
    ]


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def _study_data() -> str:
    from wlz_eval.batch.prepare import content_hash
    from wlz_eval.cohort import shipped_cohorts
    from wlz_eval.core.files import hash_json
    from wlz_eval.release.study import study_data_hash

    return hash_json([study_data_hash(), {str(cohort): content_hash(cohort) for cohort in shipped_cohorts()}])[:12]
