"""Tables and one whole page as they look now: a change of look is a decision, and shows in a diff.

After such a decision, and after reading what it does to the files in ``snapshots``, renew them by

    WLZ_RENEW_SNAPSHOTS=1 python -m pytest tests/unit/test_page_snapshot.py

The style sheets are not in the snapshot: they are text under version control themselves. Nor are pictures, whose bytes
differ between versions of the drawing library, and hashes and versions.
"""

import os
import re
from pathlib import Path

import pytest
from toy_notebook import Toy

from wlz_eval.release import Interval, Label, Number, Percent, Statistic
from wlz_eval.report import Link, render_page

SNAPSHOTS = Path(__file__).parent / "snapshots"
#: Each of these begins a line, so that a diff shows one thing a line.
_BLOCKS = re.compile(
    r"(?<!\n)<(?=(?:aside|button|caption|dd|details|div|dl|dt|figcaption|figure|footer|h[1-4]|header|li|main|nav|ol|p|"
    r"section|span|table|tbody|td|th|thead|tr|ul)\b)"
)


@pytest.fixture
def toy(monkeypatch, tmp_path):
    made = Toy(monkeypatch, tmp_path)
    for output in made.cells[1]["outputs"]:
        head = output["metadata"].get("wlz_eval", {}).get("head")
        if head:
            head.update(code_hash="c" * 64, plan_hash="p" * 64, versions={"python": "3"},
                        outcomes={"english": {"label": "English", "better": "higher"}})
    return made


def check(name, text):
    """Compare a text with the one that is kept, or keep it."""
    lines = [line.rstrip() for line in _BLOCKS.sub("\n<", text).splitlines()]
    text = "\n".join(line for line in lines if line) + "\n"
    file = SNAPSHOTS / name
    if os.environ.get("WLZ_RENEW_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"{name} looks different; how to renew it is said in {__file__}"


def shown(toy):
    """What the last verb showed: as HTML and as text."""
    data = toy.outputs[-1]["data"]
    return data["text/html"], data["text/plain"]


def test_a_whole_page(toy):
    toy.typical()
    toy.markdown("Matched by *propensity score*, within a caliper.")
    links = [Link(name, title, f"{name}.html") for name, title in (
        ("03_progress", "What changed?"), ("04_attribution", "What is the answer?"), ("05_engagement", "More?"))]
    page = render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded, pages=links)
    page = re.sub(r"<style>.*?</style>", "<style></style>", page, flags=re.DOTALL)
    check("page.html", re.sub(r"base64,[A-Za-z0-9+/=]+", "base64,", page))


def test_a_table_of_every_kind_of_column(toy):
    import pandas as pd

    data = pd.DataFrame({
        "what": ["Reading", "Maths", "A name that is long enough to need room for a whole sentence"],
        "n": [228, 9, 41], "share": [31.6, 50.0, 40.0], "size": [-1234.56, 2.0, 0.04], "low": [-2000.0, 0.0, -0.3],
        "high": [-500.0, 4.0, 0.4], "price": [4999.6, 0.0, float("nan")], "planned": [True, False, True],
    })
    columns = {
        "what": Label("Outcome"), "share": Percent("Share", n="n"), "size": Statistic("Difference", "points", n="n"),
        "range": Interval("95% interval", "low", "high", "points", n="n"),
        "price": Number("Price", "money", currency="GBP"), "planned": Label("As planned"),
    }
    toy.nb.show_table(data, "Of every kind", columns, note="A note below.")
    html, text = shown(toy)
    check("table.html", html)
    check("table.txt", text)


def test_the_table_of_findings(toy):
    from toy_notebook import ATT, COUNT

    found = toy.nb.record(ATT, COUNT)
    toy.nb.show_findings(found, "All findings", note="A note below.")
    html, text = shown(toy)
    check("findings.html", html)
    check("findings.txt", text)
