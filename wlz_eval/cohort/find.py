"""Find a cohort's folder by its path or its id."""

from __future__ import annotations

from pathlib import Path

from wlz_eval.core.errors import CohortError, Problem, nearest_names
from wlz_eval.core.files import cohorts_dir

__all__ = ["find_cohort", "locate", "shipped_cohorts"]


def shipped_cohorts() -> list[str]:
    """Return the ids of the cohorts under ``data/cohorts``, real ones first."""
    found = sorted(p.parent.name for p in cohorts_dir().glob("*/cohort.yaml"))
    return sorted(found, key=lambda name: (name.startswith("simulated"), name))


def find_cohort(cohort: str | Path) -> Path:
    """Return the folder of a cohort.

    Parameters
    ----------
    cohort : str or Path
        Path of a folder that holds ``cohort.yaml``, or an id under ``data/cohorts``.

    Returns
    -------
    Path
        The folder, absolute.

    Raises
    ------
    CohortError
        When there is no such cohort; the nearest ids are named.

    Examples
    --------
    >>> find_cohort("star-1986").name
    'star-1986'
    """
    folder = locate(cohort)
    if not (folder / "cohort.yaml").is_file():
        raise CohortError(
            [
                Problem(
                    table="cohort.yaml",
                    value=str(cohort),
                    message="the folder holds no cohort.yaml",
                    remedy="wlz-eval new COHORT writes a commented one.",
                )
            ]
        )
    return folder


def locate(cohort: str | Path) -> Path:
    """Find the folder itself, whether or not it holds what it should."""
    text = str(cohort)
    shipped = cohorts_dir() / text
    # An id is a plain name: anything with a separator in it is a path, never looked up among the shipped.
    plain = bool(text) and Path(text).name == text and text not in (".", "..")
    for candidate in ([Path(text)] if text else []) + ([shipped] if plain else []):
        if (candidate / "cohort.yaml").is_file():
            return candidate.resolve()
    for candidate in ([shipped] if plain else []) + ([Path(text)] if text else []):
        if candidate.is_dir():
            return candidate.resolve()
    ids = shipped_cohorts()
    near = nearest_names(text, ids)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise CohortError(
        [
            Problem(
                table="cohort",
                value=text,
                message="there is no such cohort",
                remedy=f"{hint}Give the path of a cohort folder, or one of: {', '.join(ids)}.",
            )
        ]
    )
