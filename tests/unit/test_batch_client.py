"""Cells are asked for while the one before runs, in their order, and never another than the notebook's."""

from __future__ import annotations

import pytest
from jupyter_client.asynchronous import AsyncKernelClient

from wlz_eval.batch.client import CellRequest, OwnKernelClient


@pytest.fixture
def asked(monkeypatch):
    """Remember what a kernel would be asked, and answer with its number."""
    asked = []

    def execute(self, code, stop_on_error=True, **options):
        asked.append((code, stop_on_error))
        return f"question {len(asked)}"

    monkeypatch.setattr(AsyncKernelClient, "execute", execute)
    return asked


def test_the_next_cell_is_asked_for_as_well(asked):
    client = OwnKernelClient()
    client.expect([CellRequest("a", True), CellRequest("b", False), CellRequest("c", True)])
    assert (client.execute("a"), asked) == ("question 1", [("a", True), ("b", False)])
    assert (client.execute("b", stop_on_error=False), len(asked)) == ("question 2", 3)
    assert (client.execute("c"), len(asked)) == ("question 3", 3)
    assert (client.execute("d"), asked[3]) == ("question 4", ("d", True))


@pytest.mark.parametrize("other", [("c", True), ("a", False)])
def test_the_answer_of_another_cell_is_never_taken_for_this_one(asked, other):
    client = OwnKernelClient()
    client.expect([CellRequest("a", True), CellRequest("b", True)])
    with pytest.raises(RuntimeError, match="another cell"):
        client.execute(other[0], stop_on_error=other[1])
