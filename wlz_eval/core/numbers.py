"""How numbers are printed, everywhere: one set of rules for tables, sentences and figures."""

from __future__ import annotations

import math

from wlz_eval.core.errors import OptionError

__all__ = [
    "CURRENCY_SYMBOLS", "UNIT_DIGITS", "format_chance", "format_count", "format_interval", "format_money",
    "format_money_short", "format_number", "format_value",
]

MINUS = "\N{MINUS SIGN}"
NOT_AVAILABLE = "not available"

#: Decimal places by unit.
UNIT_DIGITS: dict[str, int] = {
    "children": 0, "schools": 0, "count": 0, "percent": 0, "percentage_points": 1, "points": 1, "sd": 2,
    "ratio": 2, "hours": 1, "minutes": 0, "sessions": 1, "years": 1, "money": 0, "probability": 2, "level": 0,
    # A percentage of something other than children: of variance, of information.
    "share": 0,
}

#: What follows the number in a sentence.
UNIT_WORDS: dict[str, str] = {
    "children": " children", "schools": " schools", "count": "", "percent": "%",
    "percentage_points": " percentage points", "points": " points", "sd": " standard deviations", "ratio": "",
    "hours": " hours", "minutes": " minutes", "sessions": " sessions", "years": " years", "money": "",
    "probability": "", "level": "", "share": "%",
}

CURRENCY_SYMBOLS: dict[str, str] = {"GBP": "£", "USD": "$", "EUR": "€"}


def format_number(value: float, digits: int = 1, sign: bool = False) -> str:
    """Format a number with thousands commas and a true minus sign, halves rounded away from zero.

    Examples
    --------
    >>> format_number(-1234.25, 1)
    '−1,234.3'
    >>> format_number(0.04, 1, sign=True)
    '0.0'
    """
    if value is None or not math.isfinite(value):
        return NOT_AVAILABLE
    scale = 10**digits
    rounded = math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-9) / scale, value)
    if rounded == 0:
        return f"{0:.{digits}f}"
    text = f"{abs(rounded):,.{digits}f}"
    return (MINUS if rounded < 0 else "+" if sign else "") + text


def format_count(value: float) -> str:
    """Format a whole number.

    Examples
    --------
    >>> format_count(2670)
    '2,670'
    """
    return format_number(value, 0)


def format_chance(percent: float) -> str:
    """Say a probability in whole chances out of a hundred, never as a certainty.

    Examples
    --------
    >>> format_chance(0.2), format_chance(42.0)
    ('less than 1 in 100', '42 in 100')
    """
    if percent < 1:
        return "less than 1 in 100"
    if percent > 99:
        return "more than 99 in 100"
    return f"{percent:.0f} in 100"


def format_money(value: float, currency: str, digits: int = 0) -> str:
    """Format an amount with its currency.

    Examples
    --------
    >>> format_money(-43288, "GBP")
    '−£43,288'
    """
    if not currency:
        raise OptionError("An amount of money was formatted without a currency. Give its ISO code, such as GBP.")
    text = format_number(abs(value), digits) if math.isfinite(value) else NOT_AVAILABLE
    if text == NOT_AVAILABLE:
        return text
    symbol = CURRENCY_SYMBOLS.get(currency, f"{currency} ")
    negative = value < 0 and any(c in "123456789" for c in text)
    return f"{MINUS if negative else ''}{symbol}{text}"


def format_money_short(value: float, currency: str) -> str:
    """Format a sum as a reader keeps it in mind: in millions or billions from one on, with no digit too many.

    Examples
    --------
    >>> [format_money_short(x, "GBP") for x in (546_000, 1_000_000, -1_250_000, 1_500_000_000)]
    ['£546,000', '£1.0 million', '−£1.25 million', '£1.5 billion']
    """
    if not math.isfinite(value) or abs(value) < 999_500:
        return format_money(value, currency)
    name, unit = ("million", 1_000_000) if abs(value) < 999_500_000 else ("billion", 1_000_000_000)
    many = value / unit
    fewest = 0 if abs(many) >= 99.95 else 1
    digits = next(d for d in (fewest, 2) if d == 2 or abs(many - round(many, d)) < 1e-9)
    return f"{format_money(many, currency, digits)} {name}"


def format_value(value: float, unit: str, currency: str = "", words: bool = False, sign: bool = False) -> str:
    """Format a number as its unit asks, with the unit's words after it on request.

    Examples
    --------
    >>> format_value(3.14, "points", words=True)
    '3.1 points'
    >>> format_value(42.0, "percent", words=True)
    '42%'
    """
    if unit not in UNIT_DIGITS:
        raise OptionError(f"Unknown unit {unit!r}. Valid: {', '.join(UNIT_DIGITS)}.")
    if unit == "money":
        return format_money(value, currency)
    text = format_number(value, UNIT_DIGITS[unit], sign)
    if text == NOT_AVAILABLE or not words:
        return text
    return text + UNIT_WORDS[unit]


def format_interval(low: float, high: float, unit: str, currency: str = "") -> str:
    """Format an interval as words, since a dash reads as a minus.

    Examples
    --------
    >>> format_interval(-0.4, 2.0, "points")
    '−0.4 to 2.0'
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOT_AVAILABLE
    return f"{format_value(low, unit, currency)} to {format_value(high, unit, currency)}"
