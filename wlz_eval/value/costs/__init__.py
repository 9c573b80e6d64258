"""What the programme cost, and who paid for it."""

from wlz_eval.value.costs.engaged import engaged_children
from wlz_eval.value.costs.funding import Funding, funding
from wlz_eval.value.costs.lines import period_year, programme_years
from wlz_eval.value.costs.rating import CostRating, cost_rating
from wlz_eval.value.costs.result import Costs, costs
from wlz_eval.value.costs.unit import CostOfUnit, cost_of_a_unit

__all__ = [
    "CostOfUnit",
    "CostRating",
    "Costs",
    "Funding",
    "cost_of_a_unit",
    "cost_rating",
    "costs",
    "engaged_children",
    "funding",
    "period_year",
    "programme_years",
]
