"""What the programme cost."""

from wlz_eval.value.costs.lines import Costs, costs, period_year, programme_years

__all__ = ["Costs", "costs", "period_year", "programme_years"]
