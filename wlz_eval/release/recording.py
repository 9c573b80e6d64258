"""Recording findings, and reading those of other notebooks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from wlz_eval.core.errors import OptionError, ReleaseError, suggestion
from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.core.words import listed
from wlz_eval.release.findings import FindingSet, Stamp
from wlz_eval.release.opened import Opened
from wlz_eval.release.rule import finding_ns

__all__ = ["NOTEBOOKS", "TOPICS", "Recording"]

#: The nine notebooks, in the order of the questions.
NOTEBOOKS: tuple[str, ...] = (
    "01_data_quality",
    "02_identification",
    "03_progress",
    "04_attribution",
    "05_engagement",
    "06_delivery",
    "07_value",
    "08_contract",
    "09_summary",
)
#: What the ids of a notebook's findings begin with.
TOPICS: dict[str, str] = {name: name.split("_")[1] for name in NOTEBOOKS}
#: Units that only groups of children have: such a finding must say how many children it rests on.
_NEEDS_N = ("points", "sd", "percentage_points", "percent")



def _execution_count() -> int:
    """Return the number of the running cell; 0 outside a notebook."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:  # pragma: no cover - IPython is a dependency of every notebook
        return 0
    shell = get_ipython()
    if shell is None or shell.history_manager is None:
        return 0
    # Not shell.execution_count: newer versions of IPython raise it before the cell runs, older ones after.
    return len(shell.history_manager.input_hist_parsed) - 1


def _flatten(things: Iterable[Any]) -> Iterator[Finding | FindingCovariance]:
    """Yield the findings and covariances in findings, results, and iterables of them."""
    for thing in things:
        if isinstance(thing, Finding | FindingCovariance):
            yield thing
        elif callable(getattr(thing, "findings", None)):
            yield from thing.findings()
            if callable(getattr(thing, "covariances", None)):
                yield from thing.covariances()
        elif isinstance(thing, Iterable) and not isinstance(thing, str | bytes | Mapping | pd.DataFrame):
            yield from _flatten(thing)
        else:
            raise ReleaseError(
                f"nb.record was given {type(thing).__name__}. Give findings, results that have .findings(), or lists "
                "of them."
            )


class Recording(Opened):
    """The half of a notebook that keeps findings."""

    def record(self, *things: Any) -> FindingSet:
        """Keep findings at full precision in the private store, stamped with this cell.

        Parameters
        ----------
        *things
            Findings, results with ``.findings()`` (and ``.covariances()``), or iterables of them.

        Returns
        -------
        FindingSet
            What was recorded by this call.

        Raises
        ------
        ReleaseError
            When an id does not begin with this notebook's topic or is given twice, or a finding about children does
            not say how many.
        """
        stamp = Stamp(
            notebook=self.name,
            cohort=self.cohort.id,
            cell=_execution_count(),
            plan_hash=self.plan.plan_hash,
            data_hash=self.cohort.data_hash,
        )
        given = list(_flatten(things))
        findings = [thing for thing in given if isinstance(thing, Finding)]
        self._check(findings)
        pairs = [thing for thing in given if isinstance(thing, FindingCovariance)]
        new = FindingSet([(finding, stamp) for finding in findings], pairs)
        self.recorded = self.recorded | new
        self._store.write(self.name, self.recorded)
        return new

    def _check(self, findings: list[Finding]) -> None:
        seen: set[str] = set()
        for finding in findings:
            if finding.finding_id in seen:
                raise ReleaseError(
                    f"Finding {finding.finding_id!r} was given twice. Every id names one number."
                )
            seen.add(finding.finding_id)
            if finding.finding_id.split(".")[0] != TOPICS[self.name]:
                raise ReleaseError(
                    f"Finding {finding.finding_id!r} is recorded by {self.name}, whose findings begin with "
                    f"{TOPICS[self.name]!r}. Rename it, or record it where it belongs."
                )
            about_children = finding.unit in _NEEDS_N and finding.evidence in ("measured", "simulated")
            if about_children and not finding_ns(finding) and not math.isnan(finding.estimate):
                raise ReleaseError(
                    f"Finding {finding.finding_id!r} is in {finding.unit} but says neither n_programme nor "
                    "n_comparison. Give the children behind it, so that the release rule can judge it."
                )

    def need(self, *notebooks: str) -> FindingSet:
        """Return the findings of other notebooks, those made from the same data and plan.

        Where a notebook has none, or they are out of date, one sentence names it.
        """
        found, missing = FindingSet(), []
        for name in notebooks:
            if name not in NOTEBOOKS:
                raise OptionError(f"Unknown notebook {name!r}. {suggestion(name, NOTEBOOKS)}")
            kept = self._store.read(name)
            fresh = [
                (f, s)
                for f, s in kept.items()
                if (s.data_hash, s.plan_hash) == (self.cohort.data_hash, self.plan.plan_hash)
            ]
            if len(fresh) < len(kept) or not self.workspace.findings_file(self.cohort.id, name).exists():
                missing.append(name)
            found = found | FindingSet(fresh, kept.covariances() if fresh else ())
        if missing:
            self._notice(
                f"Run {listed(missing)} for this cohort and plan first: this page lacks "
                f"{'its' if len(missing) == 1 else 'their'} findings.",
                "need",
            )
        return found
