"""What the programme cost."""

from wlz_eval.value.costs.lines import period_year, programme_years
from wlz_eval.value.costs.result import Costs, costs

__all__ = ["Costs", "costs", "period_year", "programme_years"]
