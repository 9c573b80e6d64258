"""What the intervals of an appraisal allow to be said."""

from __future__ import annotations

from wlz_eval.value.appraisal.npv import Appraisal

__all__ = ["verdict"]


def verdict(part: Appraisal) -> str:
    """Say what the intervals allow to be said, without a number.

    Returns
    -------
    str
        That benefits exceed costs only where the whole interval of net value lies above zero; that they may be nothing
        wherever the interval of benefits holds zero.
    """
    low, high = part.society.ends("net")
    least, most = part.society.ends("benefit")
    if low > 0:
        return "Benefits exceed costs, as far as these assumptions hold."
    if high < 0:
        said = "Benefits fall short of costs, as far as these assumptions hold."
    else:
        said = "Whether benefits exceed costs is not clear."
    return said + (" They may well be nothing." if least <= 0 <= most else "")
