"""Whether there is memory for one more kernel: looked at before each, since other programs take theirs too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["available_memory", "fits"]

_MEGABYTE = 1 << 20
_GROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def available_memory(groups: Path = _GROUPS, own: Path = _OWN) -> int:
    """Return the megabytes that can still be had: of the machine, or of the control group where that allows less.

    Parameters
    ----------
    groups, own : Path
        Where the system shows control groups, and which of them hold this process, as in a container.

    Examples
    --------
    >>> available_memory() > 0
    True
    """
    import psutil

    free = [int(psutil.virtual_memory().available)]
    free += [left for folder in _folders(groups, own) if (left := _left(folder)) is not None]
    return max(min(free), 0) // _MEGABYTE


def fits(needed: int, available: int, running: Iterable[tuple[int, int]]) -> bool:
    """Whether a kernel fits beside those that run, which may still grow to what they took before.

    Parameters
    ----------
    needed : int
        Megabytes that it is expected to hold at most.
    available : int
        Megabytes that can be had now.
    running : iterable of (int, int)
        For each kernel that runs, the megabytes expected at most and those it has held so far.

    Examples
    --------
    >>> fits(800, available=2000, running=[(1500, 500)])
    True
    >>> fits(800, available=1500, running=[(1500, 500)])
    False
    """
    return needed + sum(max(expected - held, 0) for expected, held in running) <= available


def _folders(groups: Path, own: Path) -> Iterator[Path]:
    """Control groups that bound the memory of this process: its own and those around it, of either version."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, name = line.split(":", 2)
        if controllers in ("", "memory"):
            root = groups / controllers
            # Inside a container its group is often the root, whatever it is called outside.
            place = root / name.strip("/")
            yield from dict.fromkeys([place, *(p for p in place.parents if p.is_relative_to(root)), root])


def _left(folder: Path) -> int | None:
    """Bytes that a control group has left, caches that can be given back among them; None where it has no limit."""
    for limit, used, inactive in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            words = (folder / "memory.stat").read_text().split()
            back = dict(zip(words[::2], words[1::2], strict=False)).get(inactive, "0")
            return int((folder / limit).read_text()) - int((folder / used).read_text()) + int(back)
        except (OSError, ValueError):
            continue
    return None
