"""What every page says of itself: cohort, plan, hashes, versions, the command that makes it."""

from __future__ import annotations

import functools
import json
import platform
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import wlz_eval
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.files import hash_bytes, reference_dir
from wlz_eval.plan import Plan

__all__ = [
    "INTERNAL_MARK",
    "NOT_RELEASED",
    "SIMULATED_MARK",
    "Provenance",
    "code_hash",
    "provenance",
    "versions",
]

NOT_RELEASED = "Not yet released"
SIMULATED_MARK = "SIMULATED DATA: no real children"
INTERNAL_MARK: dict[str, str] = {
    "internal": "INTERNAL: small numbers are not hidden. Do not pass on.",
    "restricted": "RESTRICTED: may describe single children. Do not pass on.",
}
_PACKAGES = ("wlz-eval", "numpy", "pandas", "scipy", "statsmodels", "matplotlib")

#: Enough style for a page in JupyterLab; published pages have their own.
_NOTEBOOK_STYLE = (
    "<style>.wlz-head p{margin:.2em 0}.wlz-band{font-weight:bold;border-left:.4em solid currentColor;padding-left:.6em}"
    ".wlz-scroll table{border-collapse:collapse}.wlz-scroll caption{text-align:left;font-weight:bold}"
    ".wlz-note,.wlz-figcaption{font-size:90%}.wlz-scroll .n{text-align:right}</style>"
)


@functools.cache
def code_hash() -> str:
    """SHA-256 of the package's modules and reference tables: what a result depends on beside data and plan."""
    package = Path(wlz_eval.__file__).parent
    files = sorted(package.rglob("*.py")) + sorted(reference_dir().glob("*.csv"))
    return hash_bytes(*(part for path in files for part in (path.name.encode(), path.read_bytes())))


@functools.cache
def versions() -> Mapping[str, str]:
    """Versions of Python and of the packages that decide the numbers."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a page is made from. Holds no time and no path, so that two runs give the same bytes."""

    notebook: str
    cohort: str
    title: str
    provenance: str
    about: str
    source: str
    licence: str
    audience: str
    effort: str
    seed: int
    plan: str
    departures: tuple[str, ...]
    data_hash: str
    plan_hash: str
    code_hash: str
    versions: Mapping[str, str]
    command: str
    outcomes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        """Whether no real child stands behind the numbers."""
        return self.provenance == "synthetic"

    def metadata(self) -> dict[str, Any]:
        """Return it as JSON data, for the publisher."""
        return {**asdict(self), "departures": list(self.departures), "versions": dict(self.versions)}

    def bands(self) -> list[str]:
        """Warnings that stand at the head of every page."""
        bands = [SIMULATED_MARK] if self.simulated else []
        return [*bands, *([INTERNAL_MARK[self.audience]] if self.audience in INTERNAL_MARK else [])]

    def html(self) -> str:
        """Return the head as the notebook shows it before it is published."""
        bands = "".join(f'<p class="wlz-band">{escape(band)}</p>' for band in self.bands())
        released = (
            f'<p class="wlz-band wlz-unreleased">{NOT_RELEASED}: the publisher has not checked this page.</p>'
            if self.audience == "public"
            else ""
        )
        departures = "".join(f"<li>{escape(d)}</li>" for d in self.departures)
        listed = f"<p>Departures from the plan:</p><ul>{departures}</ul>" if departures else ""
        return (
            f'{_NOTEBOOK_STYLE}<div class="wlz-head">{released}{bands}'
            f"<p>{escape(self.title)}. {escape(self.plan)}</p>{listed}</div>"
        )

    def text(self) -> str:
        """Return the head as plain text."""
        released = (
            [f"{NOT_RELEASED}: the publisher has not checked this page."] if self.audience == "public" else []
        )
        listed = [f"Departure from the plan: {d}" for d in self.departures]
        return "\n".join([*released, *self.bands(), f"{self.title}. {self.plan}", *listed])


def _command(notebook: str, cohort: str, audience: str, effort: str, overrides: Mapping[str, Any]) -> str:
    parts = ["wlz-eval", "run", cohort, "--notebook", notebook]
    if audience != "public":
        parts += ["--audience", audience]
    parts += ["--effort", effort]
    if overrides:
        parts += ["-p", "plan_overrides", json.dumps(dict(overrides), sort_keys=True, ensure_ascii=False, default=str)]
    return shlex.join(parts)


def _outcomes(cohort: Cohort, plan: Plan) -> dict[str, dict[str, str]]:
    """Name of each outcome of the plan, and which way is good."""
    found = {}
    for outcome in plan.outcomes:
        try:
            measure = cohort.measure(outcome.measure)
        except OptionError:
            continue
        found[outcome.measure] = {"label": measure.label, "better": str(outcome.better or measure.better)}
    return found


def provenance(
    notebook: str,
    cohort: Cohort,
    plan: Plan,
    *,
    audience: str,
    effort: str,
    overrides: Mapping[str, Any] | None = None,
) -> Provenance:
    """Gather what a page says of itself."""
    return Provenance(
        notebook=notebook,
        cohort=cohort.id,
        title=cohort.title,
        provenance=cohort.provenance,
        about=cohort.meta.about,
        source=cohort.meta.source,
        licence=cohort.meta.licence,
        audience=audience,
        effort=effort,
        seed=plan.seed,
        plan=plan.status.sentence,
        departures=tuple(str(d) for d in plan.departures),
        data_hash=cohort.data_hash,
        plan_hash=plan.plan_hash,
        code_hash=code_hash(),
        versions=versions(),
        command=_command(notebook, cohort.id, audience, effort, overrides or {}),
        outcomes=_outcomes(cohort, plan),
    )
