"""The private store of findings."""

import dataclasses
import math

import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import FINDING_COLUMNS, Finding, FindingCovariance
from wlz_eval.release import FindingSet, FindingStore, Stamp, Workspace

STAMP = Stamp(notebook="04_attribution", cohort="toy", cell=12, plan_hash="p", data_hash="d")
FULL = Finding(
    finding_id="attribution.att.x.endline", quantity="att", estimate=1 / 3, unit="money", claim="effect", outcome="x",
    wave="endline", group="programme", subgroup="girls", comparator="same_school", se=0.1, ci_low=-0.1, ci_high=0.7,
    n_programme=228, n_comparison=231, method="m", tier="A", primary=True, price_year=2023, perspective="society",
    currency="GBP", evidence="simulated", note="a, \"b\" <c>",
)
BARE = Finding(finding_id="attribution.n", quantity="count", estimate=math.nan, unit="children", claim="description")


@pytest.fixture
def store(tmp_path):
    return FindingStore(Workspace(tmp_path), "toy")


def same(a, b):
    for field in dataclasses.fields(a):
        x, y = getattr(a, field.name), getattr(b, field.name)
        assert x == y or (isinstance(x, float) and math.isnan(x) and math.isnan(y)), field.name


def test_findings_come_back_as_they_went_in(store):
    pair = FindingCovariance(finding_a=FULL.finding_id, finding_b=BARE.finding_id, covariance=1 / 7)
    store.write("04_attribution", FindingSet([(FULL, STAMP), (BARE, STAMP)], [pair]))
    back = store.read("04_attribution")
    for before, after in zip((FULL, BARE), back, strict=True):
        same(before, after)
    assert back.stamp(FULL.finding_id) == STAMP
    assert back.covariances() == (pair,)


def test_the_same_findings_give_the_same_bytes(store):
    path = store.workspace.findings_file("toy", "04_attribution")
    store.write("04_attribution", FindingSet([(FULL, STAMP)]))
    first = path.read_bytes()
    store.write("04_attribution", FindingSet([(FULL, STAMP)]))
    assert path.read_bytes() == first
    store.write("04_attribution", FindingSet([(dataclasses.replace(FULL, se=0.2), STAMP)]))
    assert path.read_bytes() != first


def test_the_table_has_the_contract_columns(store):
    assert list(FindingSet([(FULL, STAMP)]).table().columns) == list(FINDING_COLUMNS)
    assert list(FindingSet().table().columns) == list(FINDING_COLUMNS)


def test_a_notebook_without_findings_is_empty_and_a_removed_one_gone(store):
    assert len(store.read("01_data_quality")) == 0
    store.write("01_data_quality", FindingSet([(BARE, STAMP)]))
    assert store.notebooks() == ["01_data_quality"]
    store.remove("01_data_quality")
    assert store.notebooks() == []


def test_sets_are_searched_by_field(store):
    found = FindingSet([(FULL, STAMP), (BARE, STAMP)])
    assert found.one(quantity="att") == FULL
    assert found.one(claim=["effect", "description"]) is None
    assert len(found.where(id_prefix="attribution.")) == 2
    assert found.get("nothing") is None
    with pytest.raises(OptionError, match=r"attribution\.n"):
        found["attribution.m"]
    with pytest.raises(OptionError, match="claim"):
        found.where(claims="effect")


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "A", "a" * 65, "x\x00"])
def test_no_name_leaves_the_private_folder(tmp_path, name):
    with pytest.raises(OptionError):
        Workspace(tmp_path).findings_file(name, "04_attribution")
    with pytest.raises(OptionError):
        Workspace(tmp_path).findings_file("toy", name.replace("-", "/") or "../x")
