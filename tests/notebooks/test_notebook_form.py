"""Every notebook keeps the form that lets it run in JupyterLab, by papermill and in a batch."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
STUDIES = sorted((ROOT / "notebooks" / "studies").glob("*.ipynb"))
PARAMETERS = {
    "cohort": "star-1986", "audience": "public", "out_dir": "", "effort": "quick", "workers": 1, "plan_overrides": {},
}
DEFINITIONS_AND_LOOPS = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While)
MOST_CODE_CELLS = {"04_attribution": 40, "05_engagement": 28, "06_delivery": 36, "07_value": 28}


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def test_there_are_nine():
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"{n:02d}" for n in range(1, 10)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestForm:
    def test_parameters_are_typed_explained_and_the_same_everywhere(self, path):
        (cell,) = tagged(read(path), "parameters")
        tree = ast.parse(cell.source)
        found = {node.target.id: ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.AnnAssign)}
        assert found == PARAMETERS
        assert len(found) == len(tree.body)
        assert all("#" in line for line in cell.source.splitlines())

    def test_cells_call_the_package_and_define_nothing(self, path):
        for cell in code_cells(read(path)):
            for node in ast.walk(ast.parse(cell.source)):
                assert not isinstance(node, DEFINITIONS_AND_LOOPS), cell.source

    def test_cells_are_short_and_few(self, path):
        cells = code_cells(read(path))
        assert len(cells) <= MOST_CODE_CELLS.get(path.stem, 25)
        assert all(len(cell.source.splitlines()) <= 15 for cell in cells)

    def test_no_paths_of_a_machine(self, path):
        for cell in code_cells(read(path)):
            assert not re.search(r"""["'](/|[A-Z]:\\|~|\.\./)""", cell.source), cell.source

    def test_question_first_and_answer_before_evidence(self, path):
        notebook = read(path)
        assert re.match(rf"# {int(path.stem[:2])}\. .+\?", notebook.cells[0].source)
        answer = tagged(notebook, "answer")
        shown = [c for c in code_cells(notebook) if re.search(r"\bnb\.(show_|say)", c.source)]
        assert answer
        assert [c.id for c in shown[: len(answer)]] == [c.id for c in answer]
        assert len(tagged(notebook, "limits")) == 1

    def test_metadata_places_it_in_the_run(self, path):
        meta = read(path).metadata["wlz_eval"]
        assert meta["order"] == int(path.stem[:2])
        assert set(meta["needs"]) <= {p.stem for p in NOTEBOOKS}
        assert meta["question"].endswith("?")
        assert meta["title"]

    def test_outputs_are_stripped_but_for_the_checked_cells(self, path):
        for cell in code_cells(read(path)):
            checked = "nbval-check-output" in cell.metadata.get("tags", [])
            assert bool(cell.outputs) == checked, cell.source
            if not checked:
                assert cell.execution_count is None


def figures_of(path):
    """Yield the arguments of every figure that a notebook shows, by name, with what each column is."""
    order = {"show_figure": ("draw", "data", "columns", "caption", "alt"), "show_plot": ("figure", "caption", "alt")}
    named = {}
    for cell in code_cells(read(path)):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named[node.targets[0].id] = named.get(node.targets[0].id, "") + ast.unparse(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in order:
                given = dict(zip(order[node.func.attr], node.args, strict=False))
                given |= {word.arg: word.value for word in node.keywords}
                columns = ast.unparse(given["columns"]) if "columns" in given else ""
                given["kinds"] = columns + "".join(v for k, v in named.items() if re.search(rf"\b{k}\b", columns))
                yield node.func.attr, given


def words_of(node):
    return "".join(n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))


@pytest.mark.parametrize("path", [*NOTEBOOKS, *STUDIES], ids=lambda path: path.stem)
def test_every_figure_has_a_caption_and_an_alternative_text_that_states_a_number(path):
    for verb, given in figures_of(path):
        caption, alt = words_of(given["caption"]), words_of(given["alt"])
        assert caption.strip()
        assert len(alt.split()) >= 5, alt
        assert caption != alt
        if verb == "show_figure":
            quoted = set(re.findall(r"{(\w+)", alt)) | set(re.findall(r"{(\w+)", caption))
            assert None in given or quoted <= set(given), alt
            # What a template does not quote the verb says, from the numbers that the figure is drawn from.
            assert "{" in alt or re.search(r"Statistic|Percent|Children|Number", given["kinds"]), alt


def test_some_headline_cells_are_checked():
    checked = [cell for path in NOTEBOOKS for cell in tagged(read(path), "nbval-check-output")]
    assert len(checked) >= 3
