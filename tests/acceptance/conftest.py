"""What acceptance tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from odd_cohorts import plain


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """A small simulated cohort as CSV."""
    folder = tmp_path_factory.mktemp("base") / "base"
    return plain(folder, children=45, pool=60, schools=4, comparison_schools=2, seed=7)
