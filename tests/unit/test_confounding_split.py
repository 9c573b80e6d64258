"""Dose split at a measurement, and the whole of confounding on a simulated cohort."""

from __future__ import annotations

import pandas as pd
import pytest

from wlz_eval.cohort import load_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.engagement.confounding import confounding, dose_around, usual_controls
from wlz_eval.engagement.exposure import exposures
from wlz_eval.measures import analysis_frame
from wlz_eval.reference.confounding import confounding_cut


@pytest.fixture(scope="module")
def cohort():
    return load_cohort("simulated-complete")


@pytest.fixture(scope="module")
def frame(cohort):
    return analysis_frame(cohort)


def test_the_two_parts_are_the_whole(cohort, frame):
    halves = dose_around(cohort, frame, "english")
    whole = exposures(cohort, frame)["hours"]
    pd.testing.assert_series_equal(halves.sum(axis=1), whole, check_names=False)
    assert (halves > 0).any().all()


def test_nothing_of_the_wave_itself_counts_as_after_it(cohort, frame):
    end = pd.Timestamp(cohort.meta.waves["midpoint"].end)
    later = dose_around(cohort, frame, "english")["hours_after_midpoint"]
    latest = exposures(cohort, frame, since=end + pd.Timedelta(days=1))["hours"]
    assert (later <= latest + 1e-9).all()


def test_a_dose_without_days_and_an_unknown_wave_are_refused(cohort, frame):
    with pytest.raises(OptionError, match="Did you mean hours"):
        dose_around(cohort, frame, "english", exposure="hour")
    with pytest.raises(OptionError, match="Did you mean midpoint"):
        dose_around(cohort, frame, "english", wave="midpint")


def test_the_whole_of_it_on_a_cohort(cohort, frame):
    """Motivation, which the tables do not hold, drives dose and outcomes in this cohort."""
    doses = exposures(cohort, frame)[["hours"]]
    data = frame.data.loc[doses.index].join(doses).join(dose_around(cohort, frame, "english"))
    controls = usual_controls(
        data, "hours", baseline="english_baseline", before="english_pre_baseline", midpoint="english_midpoint",
        earlier="hours_to_midpoint", later="hours_after_midpoint",
    )
    assert controls
    found = confounding(
        data, "english_endline", "hours", baseline="english_baseline", controls=controls, step=10,
    )
    assert found.balanced.estimated
    assert found.balanced.worst_after <= confounding_cut("balanced_correlation")
    assert all(f.claim == "association" for f in found.findings())
    assert all(f.n_programme for f in found.findings())
