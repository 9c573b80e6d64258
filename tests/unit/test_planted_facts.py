"""Identifiers, birth months and facts about one child, planted in free text and unknown columns, reach no page."""

import dataclasses
import zipfile

import pandas as pd
import pytest
from toy_notebook import Toy

from wlz_eval.core.errors import GateRefusedError
from wlz_eval.release.columns import Children, Label
from wlz_eval.report import publish

#: Planted in columns that the schema knows and that it does not; each belongs to one child.
FACTS = ("moved in with her grandmother", "Zebedee Quill", "2013-07", "allergic to penicillin", "KID0003", "HOU0005")


@pytest.fixture
def toy(monkeypatch, tmp_path):
    toy = Toy(monkeypatch, tmp_path)
    children = toy.cohort.children.copy().astype(object)
    children["birth_month"] = "2012-09"
    children["notes"] = ""
    children["mystery_column"] = ""
    children.loc[children.index[3], ["notes", "mystery_column", "birth_month"]] = FACTS[:3]
    sessions = pd.DataFrame(
        {"child_id": ["KID0004"], "partner_id": ["P1"], "remark": [FACTS[3]], "contact": ["KID0003 and HOU0005"]}
    )
    tables = {**toy.cohort.tables, "children": children, "sessions": sessions}
    toy.cohort = dataclasses.replace(toy.cohort, tables=tables)
    return toy


def texts(folder):
    """Yield the name of every published file with its text, those within archives too."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        raw = path.read_bytes()
        yield path.name, raw.decode("utf-8", "replace")
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield f"{path.name}/{name}", archive.read(name).decode("utf-8", "replace")


def test_nothing_planted_is_on_any_page(toy):
    folder = publish("toy", toy.typical().save().workspace, cohort=toy.cohort).folder
    found = [(name, fact) for name, text in texts(folder) for fact in FACTS if fact in text or fact in name]
    assert found == []
    assert len(list(texts(folder))) >= 2


@pytest.mark.parametrize("fact", FACTS)
def test_a_careless_label_is_stopped_by_the_gate(toy, fact):
    data = pd.DataFrame({"group": [fact, "Others"], "children": [20, 20]})
    toy.typical().nb.show_table(data, "By group", {"group": Label("Group"), "children": Children("Children")})
    toy.cell("nb.show_table(...)")
    with pytest.raises(GateRefusedError) as caught:
        publish("toy", toy.save().workspace, cohort=toy.cohort)
    assert fact not in str(caught.value), "nor does the reason repeat it"


def test_a_group_of_one_planted_child_has_no_number(toy):
    data = pd.DataFrame({"group": ["One kind", "Other kind"], "children": [1, 39]})
    toy.typical().nb.show_table(data, "By kind", {"group": Label("Group"), "children": Children("Children")})
    cells = [cell for cell in toy.nb.ledger.cells if cell.of == "By kind"]
    assert [(cell.hidden, cell.plain) for cell in cells] == [(True, ""), (False, "40")]
