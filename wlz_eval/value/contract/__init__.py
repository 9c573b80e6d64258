"""What is owed under an outcomes contract: page 08."""

from wlz_eval.value.contract.figures import draw_targets
from wlz_eval.value.contract.result import ContractResult, contract
from wlz_eval.value.contract.terms import ContractTerms

__all__ = ["ContractResult", "ContractTerms", "contract", "draw_targets"]
