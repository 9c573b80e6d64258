"""The commissioner's summary: a few sentences made from findings only, whatever of them there is.

``result`` puts it together: ``answer`` (the children, what changed, what was caused, what it is worth), ``judgement``
(how sure, what next, what may not be concluded) and ``numbers`` (its table and its figure).
"""

from wlz_eval.release.summary.answer import EFFECT_TOPICS
from wlz_eval.release.summary.result import Summary, summarise

__all__ = ["EFFECT_TOPICS", "Summary", "summarise"]
