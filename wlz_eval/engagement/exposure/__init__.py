"""How much support each child had: from interactions, sessions and exposures to one row a child."""

from wlz_eval.engagement.exposure.amounts import exposure_notes, exposures, has_delivery_data
from wlz_eval.engagement.exposure.doses import Dose, dose

__all__ = ["Dose", "dose", "exposure_notes", "exposures", "has_delivery_data"]
