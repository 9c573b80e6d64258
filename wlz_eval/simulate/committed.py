"""What both studies of the method share: where results are committed, how they are read, which code they belong to."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.core.errors import WlzEvalError
from wlz_eval.core.files import hash_bytes, project_root

__all__ = ["bare_code", "code_hash", "read_committed", "study_folder"]


def study_folder() -> Path:
    """Folder of the committed results."""
    return project_root() / "data" / "studies"


def read_committed(name: str, module: str, folder: Path | None = None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a study's table and the facts beside it.

    Parameters
    ----------
    name : str
        Of the files: ``calibration`` or ``known_answers``.
    module : str
        What makes them, below ``wlz_eval.simulate``.
    folder : Path, optional
        ``data/studies`` when left out.

    Raises
    ------
    WlzEvalError
        When the study has not been run.
    """
    import yaml

    where = folder or study_folder()
    table, facts = where / f"{name}.csv", where / f"{name}.yaml"
    if not (table.exists() and facts.exists()):
        raise WlzEvalError(f"No study {name} in {where}. Run python -m wlz_eval.simulate.{module} first.")
    return pd.read_csv(table), yaml.safe_load(facts.read_text(encoding="utf-8"))


class _Bare(ast.NodeTransformer):
    """Leave out what cannot move a number: docstrings and types."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                node.body = body[1:]  # type: ignore[attr-defined]
        for kind in ("annotation", "returns"):
            if hasattr(node, kind):
                setattr(node, kind, None)
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            return ast.Assign(targets=[node.target], value=node.value)
        return node


def bare_code(path: Path) -> bytes:
    """Return the code of a module without docstrings, comments, types and layout."""
    return ast.dump(_Bare().visit(ast.parse(path.read_text(encoding="utf-8")))).encode()


def code_hash(modules: Iterable[str]) -> str:
    """Hash the bare code of modules, and of all in folders, below ``wlz_eval/``."""
    paths = [project_root() / "wlz_eval" / module for module in modules]
    files = [p for path in paths for p in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return hash_bytes(*(bare_code(path) for path in files))
