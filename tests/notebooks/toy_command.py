"""The command ``wlz-eval`` in a process of its own, on toy notebooks: BOOKS, then the command's own arguments."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from toy_batch import fake_publish

if __name__ == "__main__":
    books = Path(sys.argv.pop(1))
    with pytest.MonkeyPatch.context() as patch:
        import wlz_eval.batch.graph
        from wlz_eval import cli

        fake_publish(patch)
        patch.setattr(wlz_eval.batch.graph, "notebooks_dir", lambda: books)
        cli.main()
