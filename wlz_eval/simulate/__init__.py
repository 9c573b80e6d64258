"""Cohorts whose true effects are known."""

from wlz_eval.simulate.calibration_results import CalibrationStudy, draw_study, load_study
from wlz_eval.simulate.dose_results import DoseStudies, load_dose_studies
from wlz_eval.simulate.known_answers_results import KnownAnswers, draw_answers, load_answers
from wlz_eval.simulate.options import SHIPPED, SimulationOptions, make_options
from wlz_eval.simulate.truth import Truth, load_truth
from wlz_eval.simulate.value_results import ContractStudy, ValueStudy, load_contract_results, load_value_results
from wlz_eval.simulate.world import SimulatedCohort, simulate
from wlz_eval.simulate.write import write_simulated

__all__ = [
    "SHIPPED",
    "CalibrationStudy",
    "ContractStudy",
    "DoseStudies",
    "KnownAnswers",
    "SimulatedCohort",
    "SimulationOptions",
    "Truth",
    "ValueStudy",
    "draw_answers",
    "draw_study",
    "load_answers",
    "load_contract_results",
    "load_dose_studies",
    "load_study",
    "load_truth",
    "load_value_results",
    "make_options",
    "simulate",
    "write_simulated",
]
