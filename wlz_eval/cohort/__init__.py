"""The data contract: what a cohort folder holds, and how it is checked, loaded, written and begun."""

from wlz_eval.cohort.find import find_cohort, shipped_cohorts
from wlz_eval.cohort.hashing import baseline_hash, data_hash
from wlz_eval.cohort.load import CheckReport, check_cohort, load_cohort, make_cohort
from wlz_eval.cohort.model import WAVES, Cohort, CohortMeta
from wlz_eval.cohort.new import NewCohort, new_cohort
from wlz_eval.cohort.schema import Column, Table
from wlz_eval.cohort.tables import TABLES
from wlz_eval.cohort.write import write_cohort

__all__ = [
    "TABLES",
    "WAVES",
    "CheckReport",
    "Cohort",
    "CohortMeta",
    "Column",
    "NewCohort",
    "Table",
    "baseline_hash",
    "check_cohort",
    "data_hash",
    "find_cohort",
    "load_cohort",
    "make_cohort",
    "new_cohort",
    "shipped_cohorts",
    "write_cohort",
]
