"""Money of one year and day in that of another: discounting and deflating."""

from wlz_eval.value.prices.deflate import deflate, has_price_index, price_level, price_notes
from wlz_eval.value.prices.discount import discount_factors, present_value, sensitivity_schedule

__all__ = [
    "deflate",
    "discount_factors",
    "has_price_index",
    "present_value",
    "price_level",
    "price_notes",
    "sensitivity_schedule",
]
