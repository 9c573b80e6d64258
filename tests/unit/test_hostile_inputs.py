"""What a table, a name or a file may hold to do harm ends as text or as a clear error."""

import csv
import io
import re
import shutil

import pandas as pd
import pytest
import yaml
from toy_notebook import Toy

from wlz_eval.batch import RunRequest, plan_run
from wlz_eval.cohort import check_cohort, load_cohort
from wlz_eval.cohort.describe import read_meta
from wlz_eval.core.errors import CohortError, GateRefusedError, OptionError, WlzEvalError
from wlz_eval.core.finding import Finding
from wlz_eval.core.names import reserved_reason
from wlz_eval.release import Children, Label, Workspace
from wlz_eval.release.gate import gate
from wlz_eval.release.htmltext import elements, visible_text
from wlz_eval.report import publish, render_page
from wlz_eval.report.exports import safe_cell

FORMULA = '=HYPERLINK("https://example.org","x")'
#: Names of a partner, and what a reader is to see of each.
NAMES = {
    "a tag": "<b>Bold</b>",
    "a script": "<script>alert(1)</script>",
    "an image": '<img src=x onerror="alert(1)">',
    "quotes": "\"'><a href='javascript:x()'>",
    "an entity": "&lt;b&gt; &amp;#60;",
    "a comment": "<!-- --><!--[if IE]>",
    "the end of a cell": "</td></tr></table><h1>x</h1>",
    "a formula": FORMULA,
    "another formula": "@SUM(A1)",
    "a command": "-2+3+cmd|' /C calc'!A0",
    "Markdown": "[x](javascript:x) ![y](z) **b** `c` # d",
    "a template": "{{ 7 * 7 }} {% raw %}",
    "marks of direction": "abc\u202edcba\u202c\u200f",
    "emoji": "Rugby 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "ten thousand characters": "long " * 2000,
    "accents on accents": "Z" + "\u0301" * 50,
}


def page_with(name, monkeypatch, folder):
    toy = Toy(monkeypatch, folder)
    table = pd.DataFrame({"partner": [name, "Another"], "n": [20, 30]})
    toy.nb.show_table(table, f"By {name}", {"partner": Label(name), "n": Children("Children")}, note=name)
    # A sentence takes no word with digits in it, and says so.
    toy.nb.say("The partner is {partner}.", partner=re.sub(r"\d", "", name))
    toy.cell("nb.show_table(...)")
    return toy, render_page(toy.notebook(), name="04_attribution", findings=toy.nb.recorded)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The same page with an ordinary name."""
    with pytest.MonkeyPatch.context() as patch:
        return page_with("A plain name", patch, tmp_path_factory.mktemp("plain"))[1]


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_on_a_page_is_text(kind, plain, monkeypatch, tmp_path):
    name = NAMES[kind]
    toy, page = page_with(name, monkeypatch, tmp_path / "odd")
    assert [e.tag for e in elements(page)] == [e.tag for e in elements(plain)]
    assert {a for e in elements(page) for a in e.attributes} == {a for e in elements(plain) for a in e.attributes}
    assert " ".join(name.split()) in " ".join(visible_text(page).split())
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging" / "04_attribution.html").write_text(page, encoding="utf-8")
    assert gate(tmp_path / "staging", audience="public", ledgers=[toy.nb.ledger]) == ()


@pytest.mark.parametrize("name", [*NAMES.values(), "+1", "-x", "\t=1", "\r=1", " =1", "\n=1", "a\x00b", "=1\x00"])
def test_a_cell_of_a_table_to_download_is_no_formula_and_one_cell(name):
    buffer = io.StringIO()
    csv.writer(buffer).writerow([safe_cell(name), "next"])
    cell, following = next(csv.reader(io.StringIO(buffer.getvalue())))
    assert following == "next"
    assert "\x00" not in cell
    assert not cell.lstrip().startswith(("=", "+", "@", "\t")) or cell.startswith("'")
    assert not cell.lstrip().startswith("-") or cell.startswith("'")


def test_a_formula_in_a_finding_reaches_no_spreadsheet(monkeypatch, tmp_path):
    toy = Toy(monkeypatch, tmp_path).typical()
    toy.nb.record(Finding(
        finding_id="attribution.odd", quantity="count", estimate=50, unit="children", claim="description",
        group=FORMULA, note="@SUM(A1)",
    ))
    toy.save()
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    text = (folder / "findings.csv").read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not any(cell.startswith(("=", "@", "+")) for cell in cells)


@pytest.fixture
def small_folder(tiny_cohort_folder):
    """A cohort of the two tables that every cohort has."""
    for path in tiny_cohort_folder.glob("*.*"):
        if path.suffix in (".csv", ".parquet") and path.stem not in ("children", "measures"):
            path.unlink()
    return tiny_cohort_folder


IDS = ["../evil", "..", "/etc", "a/b", "a\\b", "C:\\x", "C:", "", " ", ".", ".hidden", "a\x00b", "A", "ü", "x" * 65,
       "a\nb", "~", "%2e%2e", "con", "nul", "aux", "prn", "com1", "lpt9", "scratch", "\u202eabc"]


@pytest.mark.parametrize("name", IDS)
def test_an_id_cannot_leave_the_output_folder(name, tmp_path):
    workspace = Workspace(tmp_path)
    for place in (workspace.cohort_dir, workspace.source_file):
        with pytest.raises(OptionError, match=r"name|cannot be used"):
            place(name)
    with pytest.raises(OptionError):
        workspace.published_dir(name, "public")
    with pytest.raises(OptionError):
        workspace.executed_file("toy", "public", name)
    with pytest.raises(OptionError):
        workspace.audience_dir("toy", name)


@pytest.mark.parametrize("name", [i for i in IDS if i])
def test_a_cohort_cannot_have_such_an_id(name, small_folder):
    path = small_folder / "cohort.yaml"
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**described, "id": name}), encoding="utf-8")
    meta, problems = read_meta(path, small_folder.name)
    assert meta is None or problems
    assert any("cohort.yaml" in str(problem) for problem in problems)


def test_a_cohort_with_such_an_id_is_not_loaded(small_folder):
    path = small_folder / "cohort.yaml"
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**described, "id": "../evil"}), encoding="utf-8")
    with pytest.raises(CohortError, match=r"cohort\.yaml"):
        load_cohort(small_folder)


def test_names_of_devices_are_told_from_others():
    assert reserved_reason("com1")
    assert not any(reserved_reason(name) for name in ("console", "com10", "auxiliary", "star-1986"))


YAML = {
    "a Python object": "x: !!python/object/apply:os.system ['touch evil']",
    "a Python name": "x: !!python/name:os.system",
    "an unknown tag": "x: !evil 1",
    "laughs": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]",
    "itself": "x: &x [*x]",
    "depth": "x: " + "[" * 5000 + "]" * 5000,
    "a null byte": "x: a\x00b",
    "two documents": "x: 1\n---\nx: 2",
    "a key twice": "x: 1\nx: 2",
}


@pytest.mark.parametrize("kind", YAML)
@pytest.mark.parametrize("file", ["cohort.yaml", "plan.yaml", "contract.yaml"])
def test_yaml_builds_nothing_and_ends(kind, file, small_folder, monkeypatch):
    from wlz_eval.plan import load_cohort_and_plan

    monkeypatch.chdir(small_folder)
    path = small_folder / file
    before = path.read_text(encoding="utf-8") + "\n" if path.exists() else ""
    path.write_bytes((before + YAML[kind]).encode())
    with pytest.raises(WlzEvalError, match=file.partition(".")[0]):
        load_cohort_and_plan(small_folder)
    assert not (small_folder / "evil").exists()


def change(folder, table, column, value):
    path = folder / f"{table}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[0, column] = value
    path.write_bytes(frame.to_csv(index=False).encode("utf-8", "surrogatepass"))


VALUES = ["a\x00b", "\u202ex", "👩‍👩‍👧", "x" * 10_000, FORMULA, "<b>", "../../x", "C:\\x", "'; --"]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(("table", "column"), [("children", "local_authority"), ("partners", "name")])
def test_a_value_of_a_table_is_kept_as_text_or_refused(value, table, column, small_folder):
    if not (small_folder / f"{table}.csv").exists():
        (small_folder / f"{table}.csv").write_text("partner_id,name\np1,x\n", encoding="utf-8")
    change(small_folder, table, column, value)
    problems = check_cohort(small_folder).problems
    assert {problem.table for problem in problems} <= {table}
    if not problems:
        assert str(load_cohort(small_folder)[table][column].iloc[0]) == value


def test_a_link_in_the_output_folder_is_not_followed(monkeypatch, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.txt").write_text("mine", encoding="utf-8")
    toy = Toy(monkeypatch, tmp_path / "out").typical().save()
    for link in (toy.workspace.published_dir("toy", "public"), toy.workspace.staging_dir("toy", "public"),
                 toy.workspace.quarantine_dir("toy", "public")):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(outside)
    folder = publish("toy", toy.workspace, cohort=toy.cohort).folder
    assert (folder / "04_attribution.html").exists()
    assert not folder.is_symlink()
    toy.markdown("See KID0001.")
    toy.save()
    with pytest.raises(GateRefusedError):
        publish("toy", toy.workspace, cohort=toy.cohort)
    assert [p.name for p in outside.iterdir()] == ["keep.txt"]


def test_only_notebooks_of_the_project_or_of_a_named_folder_are_run(tiny_cohort_folder, tmp_path):
    """A notebook that lies in a cohort's folder is data, not a program."""
    shutil.copy("notebooks/01_data_quality.ipynb", tiny_cohort_folder / "10_evil.ipynb")
    for name in ("10_evil", "../../evil", str(tiny_cohort_folder / "10_evil.ipynb")):
        request = RunRequest(cohorts=(str(tiny_cohort_folder),), notebooks=(name,), out_dir=str(tmp_path / "out"))
        with pytest.raises(WlzEvalError, match="notebook"):
            plan_run(request)
