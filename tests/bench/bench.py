"""How long the suite's heavy steps take, each beside a floor measured in the same run.

A floor is the least that any program for the task would do with these libraries. Only ratios travel between
machines; nothing here is a test. Seconds are of the processor, on one thread, unless a column says ``wall``.

``make bench`` takes a few minutes; ``python tests/bench/bench.py --national`` adds a nation of eight million
children. Naming some of the parts runs only these.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

# Before numpy is loaded: threads would hide what a step costs.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))


def main() -> None:
    """Print the tables."""
    from batch import print_batch
    from cohort import print_reading, print_star
    from exposure import print_exposure
    from growth import print_growth
    from journeys import print_journeys
    from large import print_large
    from methods import print_methods
    from pages import print_pages
    from scoring import print_scoring

    parser = argparse.ArgumentParser(description="Time the suite against floors measured in the same run.")
    parser.add_argument("--national", action="store_true", help="add 20,000 programme children and a pool of 8 million")
    known = ("growth", "methods", "cohorts", "scoring", "exposure", "journeys", "pages", "star")
    # Long, and to be alone on the machine: only when asked for. ``large.py`` itself takes other sizes.
    every = (*known, "batch", "large")
    parser.add_argument("parts", nargs="*", help=f"which of {', '.join(every)} to run (default: all but the last two)")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(every)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(every)}")
    parts: dict[str, Callable[[], None]] = {
        "growth": lambda: print_growth(asked.national),
        "methods": print_methods,
        "cohorts": print_reading,
        "scoring": print_scoring,
        "exposure": print_exposure,
        "journeys": print_journeys,
        "pages": print_pages,
        "star": print_star,
        "batch": print_batch,
        "large": print_large,
    }
    for name in asked.parts or known:
        parts[name]()


if __name__ == "__main__":
    main()
