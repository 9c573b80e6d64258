"""How much of what a notebook prints and shows is kept, and how long it may run."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from traitlets import Any as AnyTrait

from wlz_eval.batch.client import CellRequest

__all__ = ["PRINTED", "SHOWN", "Deadline", "LimitedClient", "joined"]

#: Characters that one cell may print on each of its two streams; the shipped notebooks print none.
PRINTED = 200_000
#: Characters of figures and tables that one notebook may show: a hundred times what the longest shipped one does.
SHOWN = 50_000_000
#: Characters of each line of an error.
_ERROR = 20_000


class LimitedClient(PapermillNotebookClient):
    """papermill's own client, which keeps only so much of the output: the rest is thrown away as it arrives.

    What is kept depends on the notebook only, never on the pace at which its output comes. A note takes the place of
    what is left out, in the notebook and in its log (``log_of_cuts``).
    """

    log_of_cuts = AnyTrait(allow_none=True, default_value=None)

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._printed: dict[tuple[int, str], int] = {}
        self._shown = 0

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Take a message of the kernel, cut to what is kept."""
        kind, content = msg["msg_type"], msg["content"]
        if kind == "clear_output" and not content.get("wait"):
            self._forget(cell_index)
        elif kind == "stream":
            if self.clear_before_next_output:
                self._forget(cell_index)
            if not self._cut_printed(content, cell_index):
                return None
        elif kind in ("display_data", "execute_result", "update_display_data"):
            self._cut_shown(content, cell_index)
        elif kind == "error":
            content["evalue"] = str(content.get("evalue", ""))[:_ERROR]
            content["traceback"] = [str(line)[:_ERROR] for line in content.get("traceback", [])]
        return super().process_message(msg, cell, cell_index)

    def papermill_execute_cells(self) -> None:
        """Run the cells, each asked for while the one before still runs."""
        self.kc.expect(self._request(cell) for cell in self.nb.cells if self._runs(cell))
        super().papermill_execute_cells()

    def _runs(self, cell: Any) -> bool:
        """Whether nbclient asks the kernel for a cell."""
        tags = cell.metadata.get("tags", [])
        return cell.cell_type == "code" and bool(cell.source.strip()) and self.skip_cells_with_tag not in tags

    def _request(self, cell: Any) -> CellRequest:
        """Say what nbclient asks the kernel for a cell."""
        may_fail = self.allow_errors or "raises-exception" in cell.metadata.get("tags", [])
        return CellRequest(cell.source, stop_on_error=self.force_raise_errors or not may_fail)

    def execute_cell(self, cell: Any, cell_index: int, **options: Any) -> Any:
        """Run a cell; its printed text is joined when it has ended."""
        ran = super().execute_cell(cell, cell_index, **options)
        if ran.get("outputs"):
            ran["outputs"] = joined(ran["outputs"])
        return ran

    def _forget(self, cell_index: int) -> None:
        """Count anew: the cell has taken back what it printed."""
        for stream in ("stdout", "stderr"):
            self._printed.pop((cell_index, stream), None)

    def _cut_printed(self, content: dict[str, Any], cell_index: int) -> bool:
        """Cut printed text; False when nothing of it is kept."""
        key = (cell_index, content.get("name", "stdout"))
        before = self._printed.get(key, 0)
        self._printed[key] = before + len(content["text"])
        if before > PRINTED:
            return False
        if self._printed[key] > PRINTED:
            content["text"] = content["text"][: PRINTED - before] + f"\n{self._note('printed text', cell_index)}\n"
        return True

    def _cut_shown(self, content: dict[str, Any], cell_index: int) -> None:
        """Put a note in the place of a figure or table that is too much."""
        self._shown += sum(len(value) if isinstance(value, str) else 100 for value in content["data"].values())
        if self._shown > SHOWN:
            # Without its marks, so that what is missing is never taken for what was released.
            content["data"] = {"text/plain": self._note("figures and tables", cell_index)}
            content["metadata"] = {}

    def _note(self, what: str, cell_index: int) -> str:
        note = f"[The rest is left out: too much output ({what}).]"
        if self.log_of_cuts is not None:
            with contextlib.suppress(OSError):
                self.log_of_cuts.write(f"cell {cell_index}: {note}\n".encode())
        return note


def joined(outputs: Sequence[Any]) -> list[Any]:
    """Join what a cell has printed into one output a stream, as nbclient does, whatever the pace at which it came.

    nbclient looks for carriage returns with a pattern whose time grows with the square of a line's length: minutes for
    the longest that is kept here.
    """
    streams: dict[str, list[str]] = {}
    kept: list[Any] = []
    for output in outputs:
        if output["output_type"] != "stream":
            kept.append(output)
        elif output["name"] in streams:
            streams[output["name"]].append(output["text"])
        else:
            streams[output["name"]] = [output["text"]]
            kept.append(output)
    for output in kept:
        if output["output_type"] == "stream":
            output["text"] = _written_over("".join(streams[output["name"]]))
    # The two streams come apart from each other, so their order is chance.
    names = [output.get("name") for output in kept]
    for place in range(len(kept) - 1):
        if names[place : place + 2] == ["stderr", "stdout"]:
            kept[place : place + 2] = kept[place + 1], kept[place]
            break
    return kept


def _written_over(text: str) -> str:
    """Leave out what is before a carriage return, unless its line ends there."""
    return "\n".join(line[line.rfind("\r", 0, max(len(line) - 1, 0)) + 1 :] for line in text.split("\n"))


class Deadline:
    """Ends what runs when its time is over, whatever it is doing: a process that is stopped can still be killed.

    Parameters
    ----------
    seconds : float
        Time from the beginning of the ``with`` block.
    end : callable
        Ends it; called again until the block is left.
    """

    def __init__(self, seconds: float, end: Callable[[], None]):
        self.passed = False
        self._seconds, self._end = seconds, end
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="deadline", daemon=True)

    def __enter__(self) -> Deadline:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._left.set()
        self._thread.join()

    def _watch(self) -> None:
        wait = self._seconds
        while not self._left.wait(wait):
            self.passed = True
            self._end()
            wait = 0.5
