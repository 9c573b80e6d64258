"""How long one thread of this process may hold the interpreter while another waits for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["short_turns"]

#: Seconds. A notebook is a hundred short messages between here and its kernel; while pages are made beside them, each
#: message waits for a turn, and at Python's own 5 ms that is more than a second a notebook.
TURN = 0.0005


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads of this process take turns quickly within this block, and as before after it.

    Examples
    --------
    >>> import sys
    >>> before = sys.getswitchinterval()
    >>> with short_turns():
    ...     sys.getswitchinterval() < before
    True
    >>> sys.getswitchinterval() == before
    True
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(TURN, before))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
