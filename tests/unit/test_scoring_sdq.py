"""SDQ: items to scales, and every edge of every band, against the published tables typed in here."""

import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.measures.scoring import score_sdq, sdq_band
from wlz_eval.measures.scoring.sdq import add_subscales, score_items
from wlz_eval.reference.sdq import SCALES, sdq_bands

ITEMS = {
    "sdq_emotional": (3, 8, 13, 16, 24),
    "sdq_conduct": (5, 7, 12, 18, 22),
    "sdq_hyperactivity": (2, 10, 15, 21, 25),
    "sdq_peer": (6, 11, 14, 19, 23),
    "sdq_prosocial": (1, 4, 9, 17, 20),
}
TURNED = {7, 11, 14, 21, 25}
# Where each band after the first begins: parent, teacher, self. Prosocial behaviour falls to it.
THREE = {
    "sdq_total": ((14, 17), (12, 16), (16, 20)),
    "sdq_emotional": ((4, 5), (5, 6), (6, 7)),
    "sdq_conduct": ((3, 4), (3, 4), (4, 5)),
    "sdq_hyperactivity": ((6, 7), (6, 7), (6, 7)),
    "sdq_peer": ((3, 4), (4, 5), (4, 6)),
    "sdq_prosocial": ((5, 4), (5, 4), (5, 4)),
}
FOUR = {
    "sdq_total": ((14, 17, 20), (12, 16, 19), (15, 18, 20)),
    "sdq_emotional": ((4, 5, 7), (4, 5, 6), (5, 6, 7)),
    "sdq_conduct": ((3, 4, 6), (3, 4, 5), (4, 5, 6)),
    "sdq_hyperactivity": ((6, 8, 9), (6, 8, 9), (6, 7, 8)),
    "sdq_peer": ((3, 4, 5), (3, 5, 6), (3, 4, 5)),
    "sdq_prosocial": ((7, 6, 5), (5, 4, 3), (6, 5, 4)),
}
NAMES = {
    "three_band": ("normal", "borderline", "abnormal"),
    "four_band": ("close_to_average", "raised", "high", "very_high"),
}
EDGES = [
    (system, informant, measure, cuts)
    for system, table in (("three_band", THREE), ("four_band", FOUR))
    for measure, by in table.items()
    for informant, cuts in zip(("parent", "teacher", "self"), by, strict=True)
]


def slow_scores(form: list[float]) -> dict[str, float]:
    """Score one form as a person would, with decimal arithmetic."""
    found = {}
    for scale, items in ITEMS.items():
        answers = [form[i - 1] for i in items]
        points = [2 - a if i in TURNED else a for i, a in zip(items, answers, strict=True) if not math.isnan(a)]
        if len(points) < 3:
            found[scale] = math.nan
            continue
        mean = Decimal(5) * Decimal(int(sum(points))) / Decimal(len(points))
        found[scale] = float(mean.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    found["sdq_total"] = sum(found[s] for s in list(ITEMS)[:4])
    return found


@pytest.mark.parametrize(("system", "informant", "measure", "cuts"), EDGES)
def test_both_sides_of_every_edge(system, informant, measure, cuts):
    worse = -1 if measure == "sdq_prosocial" else 1
    for place, cut in enumerate(cuts):
        scores = [cut - worse, cut]
        before, at = NAMES[system][place], NAMES[system][place + 1]
        assert sdq_band(pd.Series(scores), measure, informant, system).tolist() == [before, at]
        bands = sdq_bands(measure, informant, system)
        assert [bands.band(s) for s in scores] == [before, at]


def test_the_edges_are_all_that_there_are():
    assert len(EDGES) == 36
    assert sum(len(cuts) for *_, cuts in EDGES) == 18 * 2 + 18 * 3
    assert sum(len(sdq_bands(m, i, s).rows) for s, i, m, _ in EDGES) == 90


@pytest.mark.parametrize(("system", "informant", "measure", "cuts"), EDGES)
def test_what_is_not_confirmed_is_marked(system, informant, measure, cuts):
    rows = sdq_bands(measure, informant, system).rows
    unsure = system == "four_band" and (informant == "parent" or (informant == "self" and measure != "sdq_total"))
    marked = [not row.confirmed for row in rows]
    if unsure and measure == "sdq_total":
        assert (marked, rows[0].cut) == ([False, True, True], 14)
    else:
        assert marked == [unsure] * len(cuts)


def test_whole_range_has_a_band_and_bands_never_get_milder():
    for system, informant, measure, cuts in EDGES:
        scores = pd.Series(range(41 if measure == "sdq_total" else 11))
        codes = sdq_band(scores, measure, informant, system).cat.codes
        steps = np.diff(codes) * (-1 if measure == "sdq_prosocial" else 1)
        assert set(steps) <= {0, 1}
        assert (codes.min(), codes.max()) == (0, len(cuts))


def test_check_values():
    scores = score_items(np.array([[0.0] * 25, [2.0] * 25, [1.0] * 25]))
    assert scores[:, 5].tolist() == [10, 30, 20]
    assert scores[0].tolist() == [0, 2, 4, 4, 0, 10]


def test_scores_are_those_of_a_person_with_a_pencil():
    rng = np.random.default_rng(np.random.SeedSequence().entropy % 2**32)
    forms = rng.integers(0, 3, size=(400, 25)).astype(float)
    forms[rng.random(forms.shape) < 0.25] = np.nan
    expected = [list(slow_scores(form).values()) for form in forms.tolist()]
    np.testing.assert_array_equal(score_items(forms), np.array(expected))


def test_halves_go_up():
    form = np.full((1, 25), 0.0)
    # Emotional: items 3, 8, 13, 16, 24; four answers that add up to 2 are 2.5 of 5 items, and to 6 are 7.5.
    form[0, 23] = np.nan
    form[0, [2, 7]] = 1
    assert score_items(form)[0, 0] == 3
    form[0, [2, 7, 12]] = 2
    assert score_items(form)[0, 0] == 8


@pytest.mark.parametrize(("answered", "scored"), [(2, False), (3, True)])
def test_a_subscale_needs_three_items_and_the_total_needs_four_subscales(answered, scored):
    form = np.full((1, 25), 1.0)
    form[0, [i - 1 for i in ITEMS["sdq_peer"][answered:]]] = np.nan
    scores = score_items(form)[0]
    assert (not math.isnan(scores[3])) is scored
    assert (not math.isnan(scores[5])) is scored
    form[0] = 1.0
    form[0, [i - 1 for i in ITEMS["sdq_prosocial"]]] = np.nan
    assert (math.isnan(score_items(form)[0, 4]), score_items(form)[0, 5]) == (True, 20)


@pytest.mark.parametrize("wrong", [3, -1, 0.5, np.inf])
def test_an_answer_that_is_no_answer_is_named(wrong):
    form = np.zeros((2, 25))
    form[1, 6] = wrong
    with pytest.raises(OptionError, match=r"item 7 of row 2"):
        score_items(form)


def test_missing_columns_are_named():
    with pytest.raises(OptionError, match="sdq_item_25"):
        score_sdq(pd.DataFrame(np.zeros((1, 24)), columns=[f"sdq_item_{i}" for i in range(1, 25)]), "parent")


def test_informants_are_never_mixed():
    items = pd.DataFrame(np.zeros((2, 25)), columns=[f"sdq_item_{i}" for i in range(1, 26)])
    for act in (
        lambda: score_sdq(items, ["parent", "teacher"]),
        lambda: sdq_band(pd.Series([1, 2]), "sdq_total", ["parent", "self"]),
    ):
        with pytest.raises(OptionError, match="one informant only"):
            act()
    with pytest.raises(OptionError, match="not known"):
        score_sdq(items, [None, "teacher"])
    with pytest.raises(OptionError, match="Did you mean teacher"):
        score_sdq(items, "teachers")
    assert score_sdq(items, ["self", "self"]).informant == "self"


def test_band_systems_are_never_mixed():
    three, four = (sdq_band(pd.Series([12, 20]), "sdq_total", "teacher", system) for system in NAMES)
    with pytest.raises(TypeError):
        _ = three == four
    with pytest.raises(OptionError, match="three_band"):
        sdq_band(pd.Series([12]), "sdq_total", "teacher", "3_band")


def test_bands_of_scored_forms():
    items = pd.DataFrame(np.full((1, 25), 2.0), index=["c"], columns=[f"sdq_item_{i}" for i in range(1, 26)])
    scored = score_sdq(items, "teacher")
    assert scored.table().columns.tolist() == [*SCALES, "sdq_total"]
    assert scored.bands("four_band").loc["c", "sdq_total"] == "very_high"
    assert scored.bands().loc["c", "sdq_prosocial"] == "normal"


@pytest.mark.parametrize("wrong", [11, -1, 2.5])
def test_subscales_out_of_range_are_refused(wrong):
    with pytest.raises(OptionError, match="0 to 10"):
        add_subscales(np.array([[1, 2, 3, wrong]]))
    with pytest.raises(OptionError, match="0 to 40"):
        sdq_band(pd.Series([41]), "sdq_total", "self")
