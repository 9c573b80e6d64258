"""How much support each child had: from interactions, sessions and exposures to one row a child.

From data to page: ``records`` (tables as arrays), ``calendar`` (school time), ``untimed`` (contacts that were only
counted), ``spans`` (periods in words as days), ``sums`` and ``regularity`` (pure functions), ``amounts`` (the dose of
each child), ``window`` (the part of it that came between an outcome's two readings), ``periods`` (by term, partner and
so on), ``doses`` (what a plan may name), ``high``, ``summary``, ``recording`` (what is odd).
"""

from wlz_eval.engagement.exposure.amounts import exposures, has_delivery_data
from wlz_eval.engagement.exposure.doses import DOSES, Dose, dose, dose_names
from wlz_eval.engagement.exposure.high import high_engagement
from wlz_eval.engagement.exposure.periods import exposures_by
from wlz_eval.engagement.exposure.recording import Recording, exposure_notes, recording
from wlz_eval.engagement.exposure.summary import Exposure, describe_exposure
from wlz_eval.engagement.exposure.window import BeforeReading, doses_before_reading, reading_dates, straddles

__all__ = [
    "DOSES",
    "BeforeReading",
    "Dose",
    "Exposure",
    "Recording",
    "describe_exposure",
    "dose",
    "dose_names",
    "doses_before_reading",
    "exposure_notes",
    "exposures",
    "exposures_by",
    "has_delivery_data",
    "high_engagement",
    "reading_dates",
    "recording",
    "straddles",
]
