"""A design from a Parquet file is the design from the same table in memory, and reads nothing it does not need."""

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match, read_design_columns
from wlz_eval.attribution.units import label_order
from wlz_eval.core.errors import DesignError, OptionError


@pytest.fixture
def table():
    rng = np.random.default_rng(5)
    n = 400
    return pd.DataFrame(
        {
            "child_id": [f"c{i}" for i in range(n)],
            "programme": (rng.random(n) < 0.2).astype(int),
            "english_baseline": rng.normal(size=n),
            "english_endline": rng.normal(size=n),
            "school_id": rng.integers(0, 5, n),
            "unused": "x",
        }
    )


def test_design_from_file_equals_design_from_memory(table, tmp_path):
    table.to_parquet(tmp_path / "pool.parquet")
    options = {"exact": "school_id", "caliper": 0.2}
    read = read_design_columns(tmp_path / "pool.parquet", "programme ~ english_baseline", **options)
    assert set(read.columns) == {"programme", "english_baseline", "school_id"}
    plain = table.set_index("child_id").drop(columns="english_endline")
    one = match("programme ~ english_baseline", read, **options)
    two = match("programme ~ english_baseline", plain, **options)
    pd.testing.assert_frame_equal(one.pairs, two.pairs)


@pytest.mark.parametrize(
    ("formula", "options", "error", "hint"),
    [
        ("programme ~ english_endline", {}, DesignError, "after the programme"),
        ("programme ~ english_baselin", {}, OptionError, "english_baseline"),
        ("programme ~ english_baseline", {"exact": "schol_id"}, OptionError, "school_id"),
        ("programme ~ english_baseline", {"exact": "english_endline"}, DesignError, "after the programme"),
    ],
)
def test_wrong_columns_are_named(table, tmp_path, formula, options, error, hint):
    table.to_parquet(tmp_path / "pool.parquet")
    with pytest.raises(error, match=hint):
        read_design_columns(tmp_path / "pool.parquet", formula, **options)


def test_a_file_that_is_not_parquet_is_named(tmp_path):
    (tmp_path / "pool.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(DesignError, match="cannot be read as a Parquet file"):
        read_design_columns(tmp_path / "pool.parquet", "programme ~ age")


def test_numbers_and_their_texts_stand_in_the_same_order():
    labels = pd.Index([100, 2, 31, 4])
    assert label_order(labels).tolist() == label_order(labels.astype(str)).tolist()
