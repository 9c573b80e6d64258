"""Names that a folder may not have, wherever its files are looked at."""

from __future__ import annotations

__all__ = ["RESERVED", "reserved_reason"]

#: What Windows takes for a device, whatever its ending.
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)
#: Folders that the suite makes for itself beside those of cohorts.
RESERVED = frozenset(("scratch",))


def reserved_reason(name: str) -> str:
    """Say why a cohort may not have this name; empty when it may.

    Examples
    --------
    >>> reserved_reason("aux"), reserved_reason("wlz-2023")
    ('aux is the name of a device on Windows', '')
    """
    if name in _DEVICES:
        return f"{name} is the name of a device on Windows"
    return f"{name} is a folder of the suite's own" if name in RESERVED else ""
