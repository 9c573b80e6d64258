"""The studies of the method as one more thing to run beside the cohorts: no tables to check, no plan."""

from __future__ import annotations

from wlz_eval.batch.prepare import Prepared
from wlz_eval.release.workspace import STUDIES

__all__ = ["prepare_studies"]


def prepare_studies() -> Prepared:
    """Know by hash what the studies read: all committed results, since a notebook does not say which it opens.

    Cohorts that a study names in its parameter ``cohorts`` are added to its own key.

    Examples
    --------
    >>> prepare_studies().id
    'studies'
    """
    from wlz_eval.release.study import study_data_hash

    return Prepared(id=STUDIES, folder="", data=study_data_hash(), plan="", effort="")
