"""A finding's stamp names the cell that recorded it, whatever the version of IPython counts when."""

import nbformat
from nbclient import NotebookClient

from wlz_eval.release.recording import _execution_count


def test_the_stamp_is_the_number_beside_the_cell():
    first = "from wlz_eval.release.recording import _execution_count as number\nnumber()"
    sources = [first, "number()", "x = 1", "number()"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=120).execute()
    shown = [int(cell.outputs[0]["data"]["text/plain"]) for cell in notebook.cells if cell.outputs]
    assert shown == [cell.execution_count for cell in notebook.cells if cell.outputs] == [1, 2, 4]


def test_outside_a_notebook_there_is_no_cell():
    assert _execution_count() == 0
