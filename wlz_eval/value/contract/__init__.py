"""What is owed under an outcomes contract: page 8."""

from wlz_eval.value.contract.caused import Caused, caused
from wlz_eval.value.contract.families import Families, families
from wlz_eval.value.contract.figures import draw_anyway, draw_cash, draw_payments, draw_targets
from wlz_eval.value.contract.forecast import Forecast, forecast
from wlz_eval.value.contract.incentives import Incentives, incentives
from wlz_eval.value.contract.indigo import indigo_commitments, indigo_metrics, indigo_project
from wlz_eval.value.contract.investor import Investor, investor
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.page import ContractPage, contract_page
from wlz_eval.value.contract.result import ContractResult, contract
from wlz_eval.value.contract.terms import ContractTerms
from wlz_eval.value.contract.trail import audit_trail
from wlz_eval.value.contract.xirr import xirr

__all__ = [
    "Caused",
    "ContractPage",
    "ContractResult",
    "ContractTerms",
    "Families",
    "Forecast",
    "Incentives",
    "Investor",
    "Owed",
    "audit_trail",
    "caused",
    "contract",
    "contract_page",
    "draw_anyway",
    "draw_cash",
    "draw_payments",
    "draw_targets",
    "families",
    "forecast",
    "incentives",
    "indigo_commitments",
    "indigo_metrics",
    "indigo_project",
    "investor",
    "xirr",
]
