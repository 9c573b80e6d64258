"""Benefits that count the same money twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wlz_eval.core.errors import OptionError
from wlz_eval.reference.money import UnitValue, unit_value
from wlz_eval.value.options import BenefitOptions

__all__ = ["check_overlap", "overlaps"]


def _same_outcome(a: str, b: str) -> bool:
    """Whether two outcomes are one, or one is part of the other: an SDQ total holds its scales."""
    return a == b or ("sdq_total" in (a, b) and a.startswith("sdq_") and b.startswith("sdq_"))


def overlaps(a: BenefitOptions, b: BenefitOptions, own: Iterable[UnitValue] = ()) -> bool:
    """Whether two benefits count the same stream of money twice.

    They do when they reach it by different routes (grades and absence both count lifetime earnings; a year
    and a lifetime outside education and work), or by one route from the same outcome (English at endline and
    at follow-up; an SDQ total and one of its scales). English and maths grades do not overlap.

    Examples
    --------
    >>> def b(m, u): return BenefitOptions(measure=m, unit_value=u, units_per_point=1, source="illustrative")
    >>> overlaps(b("english", "gcse_grade_english"), b("attendance", "absence_day"))
    True
    >>> overlaps(b("english", "gcse_grade_english"), b("maths", "gcse_grade_maths"))
    False
    """
    first, second = unit_value(a.unit_value, own), unit_value(b.unit_value, own)
    if first.stream != second.stream:
        return False
    return first.route != second.route or _same_outcome(a.measure, b.measure)


def check_overlap(
    chosen: Sequence[BenefitOptions], overlap: str = "refuse", own: Iterable[UnitValue] = ()
) -> dict[int, str]:
    """Find benefits that count money that an earlier one counts already (:func:`overlaps`).

    Parameters
    ----------
    chosen : sequence of BenefitOptions
        Benefits in the plan's order.
    overlap : {"refuse", "count_first"}
        Whether an overlap is an error, or only the first of them counts.
    own : iterable of UnitValue
        The plan's own unit values.

    Returns
    -------
    dict
        Position of each benefit that does not count, and why.

    Raises
    ------
    OptionError
        When benefits overlap and the plan does not say ``overlap: count_first``.
    """
    own, left_out = tuple(own), {}
    for i, benefit in enumerate(chosen):
        before = next((b for j, b in enumerate(chosen[:i]) if j not in left_out and overlaps(b, benefit, own)), None)
        if before is None:
            continue
        stream = unit_value(benefit.unit_value, own).stream.replace("_", " ")
        if overlap == "refuse":
            raise OptionError(
                f"Benefits {before.unit_value!r} (of {before.measure}) and {benefit.unit_value!r} "
                f"(of {benefit.measure}) count the same {stream} twice. Remove one from value.benefits in plan.yaml, "
                "or set 'overlap: count_first' there to count only the first, which the page will say."
            )
        left_out[i] = f"It would count the same {stream} a second time."
    return left_out
