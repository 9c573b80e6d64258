"""What ``cohort.yaml`` says, read without loading a table or checking the rest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["described"]


def described(folder: Path) -> Mapping[str, Any]:
    """Read ``cohort.yaml`` safely; empty when it is not there or is no mapping."""
    import yaml

    from wlz_eval.core.yamltext import check_yaml

    try:
        text = (folder / "cohort.yaml").read_text(encoding="utf-8-sig")
        check_yaml(text)
        content = yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return content if isinstance(content, dict) else {}
