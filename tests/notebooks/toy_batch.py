"""Toy notebooks and a toy cohort: small enough that a batch of them takes a few seconds."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

PARAMETERS = """cohort: str = "star-1986"  # id or folder
audience: str = "public"  # public, internal or restricted
out_dir: str = ""  # output folder
effort: str = "quick"  # quick or full
workers: int = 1  # processes
plan_overrides: dict = {}  # changes to the plan
draws: int = 3  # a parameter of toys only
"""

COHORT = """\
schema_version: 1
id: {id}
title: A toy
provenance: synthetic
licence: MIT
source: made by hand
currency: GBP
programme: {{start: 2022-09-01, end: 2024-07-20}}
waves:
  baseline: {{start: 2022-06-01, end: 2022-07-20}}
  endline: {{start: 2024-06-01, end: 2024-07-20}}
data_use: {{lawful_basis: none needed, special_category_condition: none held}}
"""

PLAN = """\
schema_version: 1
outcomes:
  - {measure: english, wave: endline, primary: true, better: higher}
"""


def write_notebook(
    folder: Path,
    name: str,
    cells: Sequence[str],
    order: int,
    needs: Sequence[str] = (),
    parameters: str = PARAMETERS,
) -> Path:
    """Write one toy notebook."""
    book = nbformat.v4.new_notebook(
        metadata={
            "wlz_eval": {"order": order, "needs": list(needs), "question": "A question?", "title": name},
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        }
    )
    book.cells = [
        nbformat.v4.new_markdown_cell(f"# {order}. A question?", id="head"),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="parameters"),
        *(nbformat.v4.new_code_cell(cell, id=f"cell-{i}") for i, cell in enumerate(cells)),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


def write_cohort(folder: Path, children: int = 4) -> Path:
    """Write a toy cohort; its id is the folder's name."""
    folder.mkdir(parents=True)
    (folder / "cohort.yaml").write_text(COHORT.format(id=folder.name))
    (folder / "plan.yaml").write_text(PLAN)
    kinds = ("comparison,same_school", "programme,")
    rows = [f"c{i},{kinds[i % 2]},s1,2022-09-01" for i in range(children)]
    (folder / "children.csv").write_text(
        "\n".join(["child_id,group,comparison_type,school_id,index_date", *rows]) + "\n"
    )
    scores = [f"c{i},english,{wave},{100 + i},admin" for i in range(children) for wave in ("baseline", "endline")]
    (folder / "measures.csv").write_text("\n".join(["child_id,measure,wave,value,informant", *scores]) + "\n")
    return folder


#: A cell that leaves findings as a notebook does; the children's scores are in them, so they follow the data.
FINDINGS = """\
from pathlib import Path
scores = (Path(cohort) / "measures.csv").read_text()
target = Path(out_dir, ".work", Path(cohort).name, "findings", {name!r} + ".parquet")
target.parent.mkdir(parents=True, exist_ok=True)
_ = target.write_text(scores + effort)
"""


def fake_publish(monkeypatch: Any) -> list[str]:
    """Put one small page in the place of a cohort's report; return the list of what was published."""
    published: list[str] = []

    def publish(cohort: str, workspace: Any, audience: str, **options: Any) -> None:
        published.append(cohort)
        folder = workspace.published_dir(cohort, audience)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index.html").write_text(cohort)

    def build_site(workspace: Any, audience: str, **options: Any) -> None:
        workspace.site_dir(audience).mkdir(parents=True, exist_ok=True)
        (workspace.site_dir(audience) / "index.html").write_text("site")

    # What is put in its place here is not there in another process.
    monkeypatch.setattr("wlz_eval.batch.desk.SEVERAL", 99)
    import wlz_eval.report

    monkeypatch.setattr(wlz_eval.report, "publish", publish, raising=False)
    monkeypatch.setattr(wlz_eval.report, "build_site", build_site, raising=False)
    return published


def statuses(result: Any) -> Mapping[str, str]:
    """Status of each notebook of the only cohort."""
    return {job.notebook: job.status for job in result.jobs}


def staged_publish(monkeypatch: Any) -> None:
    """Let a toy cohort's pages go the way of real ones: written to staging, swapped in, and listed by the real site."""
    import json

    monkeypatch.setattr("wlz_eval.batch.desk.SEVERAL", 99)
    import wlz_eval.report
    from wlz_eval.core.files import replace_folder, write_atomic

    def publish(cohort: str, workspace: Any, audience: str, **options: Any) -> None:
        staging = workspace.staging_dir(cohort, audience)
        shutil.rmtree(staging, ignore_errors=True)
        executed = sorted(workspace.audience_dir(cohort, audience).glob("executed/*.ipynb"))
        for path in executed:
            write_atomic(staging / f"{path.stem}.html", path.read_text())
        write_atomic(staging / "index.html", "\n".join(path.stem for path in executed))
        replace_folder(staging, workspace.published_dir(cohort, audience))
        about = {"title": "A toy", "provenance": "synthetic", "headline": "", "pages": [p.stem for p in executed]}
        write_atomic(workspace.published_file(cohort, audience), json.dumps(about))

    monkeypatch.setattr(wlz_eval.report, "publish", publish)
