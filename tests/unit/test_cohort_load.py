"""Loading: dtypes, consent, hashes, extra columns, formats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import (
    TABLES,
    Cohort,
    baseline_hash,
    check_cohort,
    data_hash,
    find_cohort,
    load_cohort,
    make_cohort,
    shipped_cohorts,
    write_cohort,
)
from wlz_eval.cohort.lookup import encode, position
from wlz_eval.cohort.model import CohortMeta
from wlz_eval.core.errors import CohortError, OptionError

DTYPES = {"child_id": "str", "group": "str", "fsm": "boolean", "imd_decile": "Int64", "index_date": "datetime64[us]"}


def changed(folder: Path, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Rewrite a CSV after a change to its text cells."""
    change(pd.read_csv(folder / f"{table}.csv", dtype="str")).to_csv(folder / f"{table}.csv", index=False)


def test_columns_are_typed_as_the_schema_says(tiny_cohort_folder: Path) -> None:
    cohort = load_cohort(tiny_cohort_folder)
    assert {name: str(cohort.children[name].dtype) for name in DTYPES} == DTYPES
    assert cohort.measures["value"].dtype == np.float64
    assert cohort.children["fsm"].tolist() == [i % 4 == 0 for i in range(12)]
    assert "left" not in cohort.children, "an all-blank optional column is as if absent"


def test_children_without_consent_leave_every_table_and_are_counted(tiny_cohort_folder: Path) -> None:
    whole = load_cohort(tiny_cohort_folder)

    def refuse(cells: pd.DataFrame) -> pd.DataFrame:
        cells.loc[cells["child_id"].isin(["C000", "C001", "C002"]), "consented"] = "no"
        return cells

    changed(tiny_cohort_folder, "children", refuse)
    cohort = load_cohort(tiny_cohort_folder)
    for name in TABLES:
        if name in cohort.tables and "child_id" in cohort[name]:
            assert not cohort[name]["child_id"].isin(["C000", "C001", "C002"]).any(), name
    assert not cohort.has("family_needs"), "the household of a child without consent goes too"
    dropped = cohort.flow[cohort.flow["stage"].str.contains("without consent")]
    assert dict(zip(dropped["group"], dropped["count"], strict=True)) == {"programme": 1, "comparison": 2}
    assert len(cohort.children) == len(whole.children) - 3
    assert cohort.data_hash != whole.data_hash


def test_a_blank_consent_is_not_a_refusal(tiny_cohort_folder: Path) -> None:
    changed(tiny_cohort_folder, "children", lambda cells: cells.assign(consented=None))
    assert len(load_cohort(tiny_cohort_folder).children) == 12


def test_written_and_loaded_again_is_the_same_cohort(tiny_cohort: Cohort, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "tiny", tmp_path / "b" / "tiny"
    for folder, parquet in ((first, ()), (second, ("children", "measures", "sessions"))):
        write_cohort(tiny_cohort, folder, parquet=parquet)
        (folder / "plan.yaml").write_text("a: 1\n", encoding="utf-8")
        loaded = load_cohort(folder)
        assert loaded.data_hash == tiny_cohort.data_hash
        for name in tiny_cohort.tables:
            pd.testing.assert_frame_equal(loaded[name], tiny_cohort[name], check_dtype=True)
    again = write_cohort(load_cohort(second), tmp_path / "c" / "tiny")
    for path in sorted(again.glob("*.csv")):
        assert path.read_bytes() == (first / path.name).read_bytes(), path.name


def test_numbers_survive_writing_to_the_bit(tiny_cohort: Cohort, tmp_path: Path) -> None:
    values = np.random.default_rng(5).normal(100, 15, len(tiny_cohort.measures)).clip(55, 145) / 3.7 + 0.1
    tables = {
        **tiny_cohort.tables,
        "measures": tiny_cohort.measures.assign(measure="confidence", value=values).drop_duplicates(
            ["child_id", "wave"]
        ),
    }
    cohort = make_cohort(tiny_cohort.meta, tables)
    folder = write_cohort(cohort, tmp_path / "tiny")
    (folder / "plan.yaml").write_text("a: 1\n", encoding="utf-8")
    assert (load_cohort(folder).measures["value"] == cohort.measures["value"]).all()


def test_the_hash_sees_content_and_nothing_else(tiny_cohort: Cohort) -> None:
    tables = dict(tiny_cohort.tables)
    base = data_hash(tables)
    measures = tables["measures"]
    assert data_hash({**tables, "measures": measures.sample(frac=1, random_state=1)}) == base
    assert data_hash({**tables, "measures": measures[measures.columns[::-1]]}) == base
    assert data_hash({**tables, "measures": measures.astype({"measure": "category", "child_id": "category"})}) == base
    assert data_hash({**tables, "measures": measures.assign(rater_id=pd.Series(dtype="str"))}) == base
    one = measures.copy()
    one.loc[0, "value"] += 1e-9
    assert data_hash({**tables, "measures": one}) != base
    swapped = measures.assign(form=measures["informant"], informant=measures["form"])
    assert data_hash({**tables, "measures": swapped}) != base
    assert data_hash({**tables, "measures": pd.concat([measures, measures.iloc[[0]]])}) != base
    missing = measures.copy()
    missing.loc[0, "informant"] = None
    assert data_hash({**tables, "measures": missing}) != base


def test_the_baseline_hash_ignores_outcomes_and_leaving(tiny_cohort: Cohort) -> None:
    measures = tiny_cohort.measures
    before = baseline_hash(tiny_cohort)
    later = measures.assign(value=measures["value"] + (measures["wave"] == "endline"))
    assert baseline_hash(make_cohort(tiny_cohort.meta, {**tiny_cohort.tables, "measures": later})) == before
    sooner = measures.assign(value=measures["value"] + (measures["wave"] == "baseline"))
    assert baseline_hash(make_cohort(tiny_cohort.meta, {**tiny_cohort.tables, "measures": sooner})) != before


def test_a_description_is_part_of_the_fingerprint(tiny_cohort: Cohort) -> None:
    other = tiny_cohort.meta.model_copy(update={"currency": "USD"})
    assert make_cohort(other, tiny_cohort.tables).data_hash != tiny_cohort.data_hash
    assert make_cohort(tiny_cohort.meta, tiny_cohort.tables, {"cap": 3}).data_hash != tiny_cohort.data_hash


def test_what_a_reader_should_know_first_holds_no_number(tiny_cohort: Cohort) -> None:
    described = tiny_cohort.meta.model_dump(mode="json")
    assert CohortMeta.model_validate({**described, "about": "A part of a trial."}).about
    with pytest.raises(ValueError, match="about"):
        CohortMeta.model_validate({**described, "about": "6 of them left."})


def test_unknown_columns_are_named_and_loaded_on_request_only(tiny_cohort_folder: Path) -> None:
    changed(tiny_cohort_folder, "children", lambda cells: cells.assign(shoe_size=[str(30 + i) for i in range(12)]))
    report = check_cohort(tiny_cohort_folder)
    assert report.ok
    assert [(p.table, p.column, p.fatal) for p in report.warnings] == [("children", "shoe_size", False)]
    assert "shoe_size" not in load_cohort(tiny_cohort_folder).children
    cohort = load_cohort(tiny_cohort_folder, extra_columns=["children.shoe_size"])
    assert cohort.children["shoe_size"].tolist() == [30.0 + i for i in range(12)]
    with pytest.raises(CohortError, match="Did you mean shoe_size"):
        load_cohort(tiny_cohort_folder, extra_columns=["children.shoesize"])


def test_extra_columns_cannot_carry_postcodes(tiny_cohort_folder: Path) -> None:
    changed(tiny_cohort_folder, "children", lambda cells: cells.assign(area="W10 5XL"))
    with pytest.raises(CohortError, match="looks like a postcode") as caught:
        load_cohort(tiny_cohort_folder, extra_columns=["children.area"])
    assert "W10" not in str(caught.value), "the personal cell itself is not repeated"


def test_typed_tables_in_memory_obey_the_same_rules(tiny_cohort: Cohort) -> None:
    children = tiny_cohort.children
    with pytest.raises(CohortError, match="the column holds float64"):
        make_cohort(tiny_cohort.meta, {**tiny_cohort.tables, "children": children.assign(child_id=1.5)})
    with pytest.raises(CohortError, match="row 3, column imd_decile: out of range"):
        make_cohort(
            tiny_cohort.meta, {**tiny_cohort.tables, "children": children.assign(imd_decile=[1, 11, *[2] * 10])}
        )
    with pytest.raises(CohortError, match="Did you mean sessions"):
        make_cohort(tiny_cohort.meta, {**tiny_cohort.tables, "session": tiny_cohort["sessions"]})
    with pytest.raises(CohortError, match="measures: the table is missing"):
        make_cohort(
            tiny_cohort.meta,
            {"children": children[["child_id", "group", "comparison_type", "school_id", "index_date"]]},
        )


def test_python_objects_are_read_like_text(tiny_cohort: Cohort) -> None:
    children = tiny_cohort.children.assign(
        fsm=pd.Series([True, False, None] * 4, dtype=object),
        index_date=pd.Series([pd.Timestamp("2022-09-05").date()] * 12, dtype=object),
    )
    made = make_cohort(tiny_cohort.meta, {**tiny_cohort.tables, "children": children}).children
    assert made["fsm"].isna().sum() == 4
    assert made["index_date"].eq("2022-09-05").all()


def test_long_tables_keep_words_as_categories_and_ids_as_text(tiny_cohort: Cohort) -> None:
    n = 12_000
    rows = pd.DataFrame({"child_id": [f"C{i % 12:03d}" for i in range(n)], "date": "2022-10-03", "kind": "contact"})
    cohort = make_cohort(tiny_cohort.meta, {**tiny_cohort.tables, "interactions": rows})
    assert isinstance(cohort["interactions"]["kind"].dtype, pd.CategoricalDtype)
    assert cohort["interactions"]["child_id"].dtype == "str"


def test_a_cohort_is_found_by_path_or_id(tiny_cohort_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_cohort(tiny_cohort_folder) == tiny_cohort_folder
    monkeypatch.chdir(tiny_cohort_folder.parent)
    assert find_cohort("tiny") == tiny_cohort_folder
    monkeypatch.chdir(tiny_cohort_folder)
    assert load_cohort(".").id == "tiny"
    assert find_cohort("star-1986").is_absolute()
    assert shipped_cohorts()[0] == "star-1986"
    (tiny_cohort_folder / "cohort.yaml").unlink()
    with pytest.raises(CohortError, match=r"holds no cohort\.yaml"):
        find_cohort(tiny_cohort_folder)


def test_report_prints_what_its_table_holds(tiny_cohort_folder: Path) -> None:
    changed(tiny_cohort_folder, "costs", lambda cells: cells.assign(amount="-1", colour="red"))
    report = check_cohort(tiny_cohort_folder)
    table = report.table()
    assert table["level"].tolist() == ["problem", "warning"]
    assert table.loc[0, ["table", "row", "column", "value"]].tolist() == ["costs", 2, "amount", "-1"]
    assert all(remedy in str(report) for remedy in table["remedy"])
    assert report.title == "tiny: 1 problem to mend, 1 warning"


def test_writing_refuses_an_unknown_table(tiny_cohort: Cohort, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="Did you mean measures"):
        write_cohort(tiny_cohort, tmp_path / "tiny", parquet=["measure"])


def test_meta_survives_writing(tiny_cohort: Cohort, tmp_path: Path) -> None:
    import yaml

    folder = write_cohort(tiny_cohort, tmp_path / "tiny")
    read = CohortMeta.model_validate(yaml.safe_load((folder / "cohort.yaml").read_text(encoding="utf-8")))
    assert read == tiny_cohort.meta


def test_codes_and_positions_agree_with_pandas() -> None:
    cells = pd.Series(["b", None, "a", "b", "z"], dtype="str")
    for made in (cells, cells.astype("category")):
        codes, words = encode(made)
        assert [None if c < 0 else words[c] for c in codes] == ["b", None, "a", "b", "z"]
        assert position(made, pd.Series(["a", None, "b"], dtype="str")).tolist() == [1, -1, 0, 1, -1]
    assert position(pd.Series([None], dtype="str"), pd.Series([], dtype="str")).tolist() == [-1]
