"""What the studies of the method share: where results are committed, how they are read, which code they belong to."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.core.errors import WlzEvalError
from wlz_eval.core.files import hash_bytes, project_root, write_atomic

__all__ = [
    "bare_code", "code_hash", "comes_out_again", "has_committed", "percent", "read_committed", "study_folder",
    "write_committed",
]


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
    if not has_committed(name, where):
        raise WlzEvalError(f"No study {name} in {where}. Run python -m wlz_eval.simulate.{module} first.")
    table, facts = _files(name, where)
    return pd.read_csv(table), yaml.safe_load(facts.read_text(encoding="utf-8"))


def has_committed(name: str, folder: Path) -> bool:
    """Whether a folder holds both files of a study."""
    return all(path.exists() for path in _files(name, folder))


def write_committed(name: str, rows: pd.DataFrame, facts: Mapping[str, Any], folder: Path) -> None:
    """Write a study's table and the facts beside it, each whole or not at all."""
    import yaml

    folder.mkdir(parents=True, exist_ok=True)
    table, beside = _files(name, folder)
    write_atomic(table, rows.to_csv(index=False, lineterminator="\n").encode())
    text = yaml.safe_dump(dict(facts), sort_keys=False, allow_unicode=True, width=100)
    write_atomic(beside, text.encode())


def comes_out_again(rows: pd.DataFrame, one: Callable[[int], Mapping[str, float]], some: int, digits: int) -> bool:
    """Whether code that has changed still gives the rows of a study: of so many of its worlds, spread over all.

    Parameters
    ----------
    rows : DataFrame
        As they were committed, one a world, with its ``seed``.
    one : callable
        Given a seed, returns that world's row.
    some : int
        Worlds to run again.
    digits : int
        To which the rows were rounded.
    """
    old = rows.iloc[:: max(len(rows) // some, 1)].reset_index(drop=True)
    new = pd.DataFrame([one(int(seed)) for seed in old["seed"]]).round(digits)
    return new.astype(float).equals(old.astype(float))


def _files(name: str, folder: Path) -> tuple[Path, Path]:
    return folder / f"{name}.csv", folder / f"{name}.yaml"


def percent(share: float) -> str:
    """Say a share in percent; nothing where there is none.

    Examples
    --------
    >>> percent(0.944), percent(float("nan"))
    ('94.4%', '')
    """
    return "" if pd.isna(share) else f"{100 * share:.1f}%"


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
