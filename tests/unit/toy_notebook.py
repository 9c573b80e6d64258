"""A tiny notebook, run without a kernel: what the verbs display is collected as the outputs of its cells."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from wlz_eval.cohort.model import Cohort, CohortMeta
from wlz_eval.core.figures import new_figure
from wlz_eval.core.files import write_atomic
from wlz_eval.core.finding import Finding
from wlz_eval.plan import make_plan
from wlz_eval.release import Children, Label, Notebook, Percent, Statistic, Workspace, opened, recording

META = {
    "id": "toy", "title": "Toy <b>cohort</b>", "provenance": "synthetic", "licence": "none", "source": "a test",
    "programme": {"start": "2022-09-01", "end": "2024-07-20"},
    "waves": {"baseline": {"start": "2022-06-01", "end": "2022-07-01"}},
    "data_use": {"lawful_basis": "none: synthetic", "special_category_condition": "none held"},
}
PLAN = {"outcomes": [{"measure": "english", "primary": True, "better": "higher"}]}
ATT = Finding(
    finding_id="attribution.att.english.endline", quantity="att", estimate=3.14159, ci_low=0.4, ci_high=5.8,
    unit="points", claim="adjusted_difference", outcome="english", wave="endline", tier="A", n_programme=228,
    n_comparison=231, comparator="same_school", note="It is not known how children were chosen.",
)
COUNT = Finding(
    finding_id="attribution.matched.programme", quantity="count", estimate=228, unit="children",
    claim="description", group="programme",
)


def toy_png() -> str:
    """A picture of four white dots by three, as a page holds it."""
    from PIL import Image

    saved = io.BytesIO()
    Image.new("RGBA", (4, 3), "white").save(saved, format="PNG")
    return "data:image/png;base64," + base64.b64encode(saved.getvalue()).decode("ascii")


def toy_cohort(provenance: str = "synthetic") -> Cohort:
    """Forty children with identifiers that can be looked for."""
    children = pd.DataFrame({
        "child_id": [f"KID{i:04d}" for i in range(40)], "person_id": [f"PER{i:04d}" for i in range(40)],
        "household_id": [f"HOU{i:04d}" for i in range(40)], "school_id": [f"school-{i % 4}" for i in range(40)],
        "group": ["programme"] * 20 + ["comparison"] * 20,
    })
    measures = pd.DataFrame({"child_id": ["KID0001"], "measure": ["english"], "wave": ["baseline"], "value": [90.0]})
    meta = CohortMeta.model_validate({**META, "provenance": provenance})
    return Cohort(meta, {"children": children, "measures": measures}, data_hash="d" * 64)


class Toy:
    """Collects what a notebook displays, cell by cell."""

    def __init__(self, monkeypatch: Any, out_dir: Any, audience: str = "public", name: str = "04_attribution",
                 provenance: str = "synthetic", overrides: Mapping[str, Any] | None = None):
        self.workspace = Workspace(out_dir)
        self.cohort = toy_cohort(provenance)
        self.outputs: list[dict[str, Any]] = []
        self.cells: list[dict[str, Any]] = []
        self.name = name
        monkeypatch.setattr(recording, "_execution_count", lambda: len(self.cells) + 1)
        collect = self.outputs.append
        monkeypatch.setattr(opened, "publish_output", lambda bundle, metadata: collect(
            {"output_type": "display_data", "data": bundle, "metadata": metadata}))
        self.nb = Notebook(
            name, self.cohort, make_plan(PLAN, overrides), audience=audience, workspace=self.workspace, effort="quick",
            overrides=overrides,
        )
        number = int(name[:2])
        self.markdown(f"# {number}. What is the <i>answer</i>?\n\nOne plain sentence.")
        self.nb.start()
        self.cell("nb = wlz.open_notebook(...)")

    def markdown(self, source: str, *tags: str) -> None:
        """Add a Markdown cell."""
        self.cells.append({"cell_type": "markdown", "source": source, "metadata": {"tags": list(tags)}})

    def cell(self, source: str, *tags: str) -> None:
        """End a code cell: what was displayed since the last one is its output."""
        self.cells.append({
            "cell_type": "code", "source": source, "metadata": {"tags": list(tags)}, "outputs": list(self.outputs),
            "execution_count": len(self.cells) + 1,
        })
        self.outputs.clear()

    def typical(self) -> Toy:
        """Fill it with an answer, a table, a figure and limits."""
        found = self.nb.record(ATT, COUNT)
        self.nb.say("The difference was {att} ({att:interval}), among {n}.", att=ATT, n=COUNT)
        self.cell("nb.say(...)", "answer")
        self.markdown("## Evidence\n\n#### Deep\n\nA sentence with <script>alert(1)</script>.")
        self.nb.show_table(TABLE, "By group", COLUMNS, note="A note.")
        self.cell("nb.show_table(...)")
        self.nb.show_figure(draw, TABLE, COLUMNS, "Children by group, {n} in all.", "Bars; {n} in all.", n=COUNT)
        self.cell("nb.show_figure(...)")
        self.nb.show_findings(found, "All findings")
        self.cell("nb.show_findings(...)")
        self.markdown("Nothing is proven.", "limits")
        return self

    def notebook(self) -> dict[str, Any]:
        """Return the executed notebook."""
        return {"cells": self.cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}

    def save(self, run: Mapping[str, Any] | None = None) -> Toy:
        """Write it where a run would leave it."""
        path = self.workspace.executed_file("toy", self.nb.audience, self.name)
        write_atomic(path, json.dumps(self.notebook()))
        if run is not None:
            write_atomic(self.workspace.run_file("toy", self.nb.audience), json.dumps(run))
        return self


TABLE = pd.DataFrame({
    "group": ["a", "b", "<script>x</script>"], "n": [9, 10, 228], "share": [50.0, 50.0, 50.0],
    "mean": [1.0, 2.0, 3.0], "secret": ["KID0001", "KID0002", "KID0003"],
})
COLUMNS = {
    "group": Label("Group"), "n": Children("Children"), "share": Percent("Share", n="n"),
    "mean": Statistic("Mean", unit="points", n="n"),
}


def draw(data: pd.DataFrame) -> Any:
    """Draw bars of the released counts."""
    figure, axes = new_figure(height=2)
    axes.bar(range(len(data)), data["n"])
    return figure
