"""Every further question put to one result: could the design see it, who is missing, what else would explain it."""

from wlz_eval.attribution.scrutiny.case import Case, Effort
from wlz_eval.attribution.scrutiny.scrutinise import SECTIONS, Scrutiny, scrutinise

__all__ = ["SECTIONS", "Case", "Effort", "Scrutiny", "scrutinise"]
