"""A finding has one name in sentences and tables, so that its number is hidden everywhere or nowhere."""

import pytest
from toy_notebook import Toy

from wlz_eval.core.finding import Finding


@pytest.fixture
def nb(monkeypatch, tmp_path):
    return Toy(monkeypatch, tmp_path).nb


def test_a_sentence_calls_a_finding_as_its_table_does(nb):
    found = Finding(finding_id="attribution.matched.programme", quantity="count", estimate=31, unit="children",
                    claim="description", group="programme", n_programme=31)
    nb.record(found)
    nb.say("{matched} were matched.", matched=found)
    nb.show_findings([found], caption="The match")
    named = {cell.where: cell.definition["row"] for cell in nb.ledger.cells if cell.ns == (31,)}
    assert named == {"sentence": "Count, programme children", "table": "Count, programme children"}
