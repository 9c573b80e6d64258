"""Words and options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

__all__ = [
    "Audience", "AudienceOption", "ClusterOption", "ColdOption", "DryRunOption", "Effort", "FreshOption", "Held",
    "JsonOption", "OutOption", "PdfOption", "QuietOption", "Selection", "ShareOption", "WorkersOption",
]


class Audience(StrEnum):
    """Who will read the pages."""

    public = "public"
    internal = "internal"
    restricted = "restricted"


class Effort(StrEnum):
    """How many replicates; the names of :data:`wlz_eval.core.effort.EFFORTS` (a test compares them)."""

    draft = "draft"
    quick = "quick"
    full = "full"


class Selection(StrEnum):
    """How simulated children are chosen."""

    observed = "observed"
    judgement = "judgement"


class Held(StrEnum):
    """Which measures simulated comparison children have."""

    all = "all"
    administrative = "administrative"


OutOption = Annotated[
    str,
    typer.Option("--out", metavar="DIR", help="Folder for reports/ and .work/ (default: the project's own)."),
]
AudienceOption = Annotated[Audience, typer.Option(help="Who will read the pages.")]
WorkersOption = Annotated[
    int, typer.Option(min=0, help="Notebooks at once; 0 for one a core, or a thread of the cluster.")
]
PdfOption = Annotated[
    bool, typer.Option("--pdf", help="Print the pages as PDF too, each by itself and all in one (needs the extra pdf).")
]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Run everything, changed or not.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print what would run, and why.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only what went wrong and the site.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object a line for each event, a summary last, errors too.")
]
ColdOption = Annotated[
    bool, typer.Option("--cold", help="Start each kernel by itself, not as a copy of a warm one: slower, the same.")
]
ClusterOption = Annotated[
    str,
    typer.Option(metavar="ADDRESS", help="Run the notebooks on the workers of this Dask scheduler, or scheduler file."),
]
ShareOption = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Folder or fsspec address that all of a cluster's workers see (default: within --out).",
    ),
]
