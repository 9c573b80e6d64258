"""Order and needs of notebooks, and their typed parameters."""

from __future__ import annotations

import json

import pytest
from toy_batch import write_notebook

from wlz_eval.batch.graph import read_graph
from wlz_eval.batch.parameters import Parameter, check_parameters, read_parameters
from wlz_eval.core.errors import OptionError, RunError


def test_each_notebook_comes_after_what_it_needs(tmp_path):
    write_notebook(tmp_path, "01_a", [], 1, needs=["03_c"])
    write_notebook(tmp_path, "02_b", [], 2)
    write_notebook(tmp_path, "03_c", [], 3)
    write_notebook(tmp_path, "09_z", [], 0, needs=["01_a", "02_b"])
    graph = read_graph(tmp_path)
    assert list(graph.notebooks) == ["02_b", "03_c", "01_a", "09_z"]
    assert graph.closure(["01_a"]) == ("03_c", "01_a")
    assert graph.closure([]) == tuple(graph.notebooks)
    assert graph.dependents["03_c"] == ("01_a",)
    assert graph.critical_path({"01_a": 2, "02_b": 7, "03_c": 1, "09_z": 1}) == {
        "02_b": 8, "03_c": 4, "01_a": 3, "09_z": 1,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["03_c", "03", "c", "notebooks/03_c.ipynb"])
def test_a_notebook_goes_by_its_name_number_or_topic(tmp_path, name):
    write_notebook(tmp_path, "01_a", [], 1)
    write_notebook(tmp_path, "03_c", [], 3)
    assert read_graph(tmp_path).closure([name]) == ("03_c",)


def test_a_circle_is_named(tmp_path):
    write_notebook(tmp_path, "01_a", [], 1, needs=["02_b"])
    write_notebook(tmp_path, "02_b", [], 2, needs=["01_a"])
    with pytest.raises(RunError, match=r"circle: 0\d_\w → 0\d_\w → 0\d_\w"):
        read_graph(tmp_path)


def test_every_mistake_is_told_at_once(tmp_path):
    write_notebook(tmp_path, "01_a", [], 1, needs=["02_bb"])
    write_notebook(tmp_path, "02_b", [], 2, needs=["nothing"])
    with pytest.raises(RunError) as caught:
        read_graph(tmp_path)
    assert "01_a.ipynb needs a notebook '02_bb' that is not there. Did you mean 02_b?" in str(caught.value)
    assert "02_b.ipynb needs a notebook 'nothing'" in str(caught.value)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda book: book["metadata"].pop("wlz_eval"), "need 'wlz_eval'"),
        (lambda book: book["metadata"]["wlz_eval"].update(order="first"), "whole number 'order'"),
        (lambda book: book["metadata"]["wlz_eval"].update(needs="04"), "must be a list"),
        (lambda book: book["cells"].pop(1), "exactly one cell must have the tag 'parameters', found 0"),
        (lambda book: book.pop("cells"), "is not a notebook"),
    ],
)
def test_metadata_that_are_wrong(tmp_path, break_it, message):
    path = write_notebook(tmp_path, "01_a", [], 1)
    book = json.loads(path.read_text())
    break_it(book)
    path.write_text(json.dumps(book))
    with pytest.raises(RunError, match=message):
        read_graph(tmp_path)


def test_an_empty_folder(tmp_path):
    with pytest.raises(RunError, match="There is no notebook"):
        read_graph(tmp_path)


def test_outputs_and_counts_do_not_change_the_hash_but_sources_do(tmp_path):
    path = write_notebook(tmp_path, "01_a", ["1 + 1"], 1)
    before = read_graph(tmp_path)["01_a"].source_hash
    book = json.loads(path.read_text())
    book["cells"][2] |= {
        "execution_count": 3,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["2"]}],
    }
    path.write_text(json.dumps(book))
    assert read_graph(tmp_path)["01_a"].source_hash == before
    book["cells"][2]["source"] = ["1 + 2"]
    path.write_text(json.dumps(book))
    assert read_graph(tmp_path)["01_a"].source_hash != before


def test_the_projects_own_notebooks_are_in_order():
    graph = read_graph()
    assert next(iter(graph.notebooks)).startswith("01_")
    assert list(graph.notebooks) == sorted(graph.notebooks)


def test_parameters_are_read_without_running_them():
    found = read_parameters("a: int = 3  # why\nb: dict = {}\nc: str = 'x'")
    assert [(p.name, p.kind, p.default) for p in found.values()] == [
        ("a", "int", 3), ("b", "dict", {}), ("c", "str", "x"),
    ]  # fmt: skip


BAD_DEFAULTS = ["a = 3", "a: int", "import os", "a: Path = 1", "a: int = 1 +", "a: int = f()"]


@pytest.mark.parametrize("source", BAD_DEFAULTS)
def test_parameters_that_are_not_typed_defaults(source):
    with pytest.raises(RunError, match=r"04\.ipynb"):
        read_parameters(source, "04.ipynb")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "4", 4),
        ("float", "4", 4.0),
        ("float", "0.5", 0.5),
        ("bool", "yes", True),
        ("bool", "False", False),
        ("str", "4", "4"),
        ("dict", '{"matching": {"caliper": 0.1}}', {"matching": {"caliper": 0.1}}),
        ("list", "[1, 2]", [1, 2]),
    ],
)
def test_texts_are_read_as_the_type_asks(kind, text, value):
    assert Parameter("x", kind, None).convert(text) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "4.5"), ("int", "true"), ("int", True), ("int", 1.0), ("float", "inf"), ("float", "NaN"),
        ("bool", "maybe"), ("dict", "[1]"), ("dict", "{not json"), ("str", 4), ("list", "{}"),
        ("dict", {"a": {1, 2}}),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(kind, value):
    with pytest.raises(OptionError, match="Parameter x must"):
        Parameter("x", kind, None).convert(value)


def test_all_wrong_parameters_are_told_at_once():
    known = {"01": {"draws": Parameter("draws", "int", 1), "cohort": Parameter("cohort", "str", "")}}
    with pytest.raises(OptionError) as caught:
        check_parameters({"drows": 1, "cohort": "x", "draws": "many"}, known)
    message = str(caught.value)
    assert "Did you mean draws? Valid: draws." in message
    assert "Name the cohort as an argument" in message
    assert "must be a whole number" in message
