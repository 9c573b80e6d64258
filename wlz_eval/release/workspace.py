"""Every path that a run reads or writes, in one place, so that nothing private lands among what is published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.files import project_root, read_json
from wlz_eval.core.names import reserved_reason

__all__ = ["AUDIENCES", "SITE_FILES", "STUDIES", "Audience", "Workspace"]

#: Who reads the pages: the public, colleagues who may see small aggregates, or those cleared for single children.
Audience = Literal["public", "internal", "restricted"]
AUDIENCES: tuple[str, ...] = get_args(Audience)

#: Folder of the studies of the method, beside those of the cohorts; so no cohort may have this id.
STUDIES = "studies"

#: What stands at the head of a site, beside the folders of cohorts.
SITE_FILES = (
    "index.html", "compare.html", "find.html", "findings.csv", "findings.parquet", "findings_dictionary.csv",
)

_COHORT = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_NOTEBOOK = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")


def _safe(name: str, pattern: re.Pattern[str], what: str) -> str:
    """Return `name` when it can be one folder or file name, so that no name leaves the output folder."""
    if not pattern.fullmatch(name):
        raise OptionError(
            f"{what} {name[:80]!r} is not a valid name. Use lower-case letters, digits and "
            f"{'hyphens' if pattern is _COHORT else 'underscores'} only."
        )
    if reason := reserved_reason(name):
        raise OptionError(f"{what} {name!r} cannot be used: {reason}. Choose another.")
    return name


def _audience(name: str) -> str:
    if name not in AUDIENCES:
        raise OptionError(f"Unknown audience {name!r}. {suggestion(name, AUDIENCES)}")
    return name


@dataclass(frozen=True)
class Workspace:
    """The folder that holds ``reports/`` (published) and ``.work/`` (private).

    Parameters
    ----------
    out_dir : str or Path
        Empty for the project's own folder.

    Examples
    --------
    >>> Workspace("/tmp/x").findings_file("star-1986", "04_attribution").as_posix()
    '/tmp/x/.work/star-1986/findings/04_attribution.parquet'
    """

    out_dir: str | Path = ""

    @property
    def root(self) -> Path:
        """The output folder as an absolute path."""
        return Path(self.out_dir).expanduser().resolve() if str(self.out_dir) else project_root()

    @property
    def private(self) -> Path:
        """Folder of everything that is never published."""
        return self.root / ".work"

    @property
    def scratch_dir(self) -> Path:
        """Folder for files that no run leaves behind."""
        return self.private / "scratch"

    def cohort_dir(self, cohort: str) -> Path:
        """Private folder of a cohort."""
        return self.private / _safe(cohort, _COHORT, "Cohort id")

    def audience_dir(self, cohort: str, audience: str) -> Path:
        """Private folder of a cohort's run for one audience."""
        return self.cohort_dir(cohort) / _audience(audience)

    def source_file(self, cohort: str) -> Path:
        """File that says in which folder the cohort's tables are."""
        return self.cohort_dir(cohort) / "source.json"

    def source_folder(self, cohort: str) -> Path | None:
        """Folder from which the cohort's notebooks have read its tables; None when that is not known."""
        folder = read_json(self.source_file(cohort)).get("folder")
        return Path(folder) if folder else None

    def published_file(self, cohort: str, audience: str) -> Path:
        """File that says what was published last, for the site's index."""
        return self.audience_dir(cohort, audience) / "published.json"

    def releases_file(self, cohort: str, audience: str) -> Path:
        """File of what the last two reports said, from which the next one says what changed."""
        return self.audience_dir(cohort, audience) / "releases.json"

    def published_runs_file(self, cohort: str) -> Path:
        """File of marks of the children whom public reports counted, with which the next one is compared."""
        return self.audience_dir(cohort, "public") / "published_runs.json"

    def findings_dir(self, cohort: str) -> Path:
        """Folder of a cohort's findings, at full precision."""
        return self.cohort_dir(cohort) / "findings"

    def findings_file(self, cohort: str, notebook: str) -> Path:
        """File of one notebook's findings."""
        return self.findings_dir(cohort) / f"{_safe(notebook, _NOTEBOOK, 'Notebook')}.parquet"

    def covariance_file(self, cohort: str, notebook: str) -> Path:
        """File of the covariances between one notebook's findings."""
        return self.findings_dir(cohort) / f"{_safe(notebook, _NOTEBOOK, 'Notebook')}.covariance.parquet"

    def ledger_file(self, cohort: str, audience: str, notebook: str) -> Path:
        """File of what one notebook has shown."""
        return (
            self.audience_dir(cohort, audience) / "ledger" / f"{_safe(notebook, _NOTEBOOK, 'Notebook')}.json"
        )

    def executed_file(self, cohort: str, audience: str, notebook: str) -> Path:
        """File of one notebook as it was run, outputs included."""
        return (
            self.audience_dir(cohort, audience)
            / "executed"
            / f"{_safe(notebook, _NOTEBOOK, 'Notebook')}.ipynb"
        )

    def pdf_dir(self, cohort: str, audience: str) -> Path:
        """Folder of pages that were printed, by what they were made from."""
        return self.audience_dir(cohort, audience) / "pdf"

    def staging_dir(self, cohort: str, audience: str) -> Path:
        """Folder in which pages are made before the gate reads them."""
        return self.audience_dir(cohort, audience) / "staging"

    def quarantine_dir(self, cohort: str, audience: str) -> Path:
        """Folder to which pages go that the gate refused."""
        return self.audience_dir(cohort, audience) / "quarantine"

    def run_file(self, cohort: str, audience: str) -> Path:
        """File with the statuses, reasons and wall times of the last run."""
        return self.audience_dir(cohort, audience) / "run.json"

    def site_dir(self, audience: str) -> Path:
        """Give the published folder of an audience: ``reports``, ``reports-internal`` or ``reports-restricted``."""
        return self.root / ("reports" if _audience(audience) == "public" else f"reports-{audience}")

    def published_dir(self, cohort: str, audience: str) -> Path:
        """Give the published folder of one cohort."""
        return self.site_dir(audience) / _safe(cohort, _COHORT, "Cohort id")
