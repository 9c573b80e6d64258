"""The desk's process: reads what to call from its standard input, and writes what came of it. It ends with the batch.

Run by :class:`wlz_eval.batch.desk.Desk` as ``python -P -m wlz_eval.batch.desk_process``.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from typing import IO, Any

__all__ = ["main", "portable"]

#: How far it steps back behind kernels and the batch itself, which somebody waits for.
NICE = 5


def main() -> None:
    """Answer until the batch is gone."""
    # Ctrl-C at the terminal is the batch's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICE)
    # What anything prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    questions: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, questions), daemon=True).start()
    while True:
        function, arguments, options = questions.get()
        try:
            answer: tuple[bool, Any] = (True, function(*arguments, **options))
        except Exception as error:
            answer = (False, portable(error))
        pickle.dump(answer, answers)
        answers.flush()


def _listen(asked: IO[bytes], questions: queue.SimpleQueue[Any]) -> None:
    """Pass on what is asked; when the batch has ended, however it did, end in the middle of anything."""
    while True:
        try:
            questions.put(pickle.load(asked))
        except BaseException:
            os._exit(1)


def portable(error: Exception) -> Exception:
    """Return an exception that can be sent, with where it was raised.

    Examples
    --------
    >>> portable(ValueError("no such row"))
    ValueError('no such row')
    """
    error.__notes__ = [*getattr(error, "__notes__", ()), "".join(traceback.format_exception(error))]
    try:
        again = pickle.loads(pickle.dumps(error))
    except Exception:
        again = None
    if type(again) is type(error) and str(again) == str(error):
        return error
    other = RuntimeError(f"{type(error).__name__}: {error}")
    other.__notes__ = error.__notes__
    return other


if __name__ == "__main__":
    main()
