"""Those who leave early have less of the dose: shown beside every slope, and what is left among those who stayed."""

import numpy as np
import pandas as pd
import pytest

from wlz_eval.engagement.confounding import leaving, leaving_words
from wlz_eval.release import Children, Label, Percent, Statistic
from wlz_eval.release.columns import release_table
from wlz_eval.release.rule import HIDDEN, Rule

END = "2024-07-19"


def children(n=400, seed=1):
    """Leaving cuts the dose and lowers the outcome; dose itself does nothing."""
    rng = np.random.default_rng(seed)
    left = rng.random(n) < 0.3
    hours = rng.uniform(20, 60, n) * np.where(left, 0.4, 1.0)
    return pd.DataFrame(
        {
            "school_id": rng.choice(list("abcdefgh"), n),
            "hours": hours,
            "y": rng.normal(size=n) - 2.0 * left,
            "left": pd.to_datetime(np.where(left, "2023-03-01", None)),
        }
    )


def test_a_slope_that_is_all_leaving_vanishes_among_those_who_stayed():
    found = leaving(children(), "y", "hours", END, step=10)
    assert found.everyone.ci_low > 0
    assert found.stayed.ci_low < 0 < found.stayed.ci_high
    assert found.gap.ci_high < 0
    template, values = leaving_words(found, "hours of support")
    assert "Children who left before the end had {gap:magnitude} less" in template
    assert values["stayed"].claim == "association"


def test_the_table_counts_by_hand_and_says_what_stands_beside():
    data = pd.DataFrame(
        {
            "school_id": list("ab") * 4, "hours": [10.0, 20, 30, 40, 2, 4, 6, 8],
            "y": [1.0, 2, None, 4, None, None, 7, 8], "left": pd.to_datetime([None] * 4 + ["2023-01-01"] * 4),
        }
    )
    table = leaving(data, "y", "hours", END).table().set_index("who")
    assert table["n"].tolist() == [4, 4]
    assert table["mean"].tolist() == [25.0, 5.0]
    assert table["known"].tolist() == [75.0, 50.0]
    assert table["unknown"].tolist() == [1, 2]
    assert table["unknown_beside"].tolist() == [2, 1]
    assert (table["with"].tolist(), table["with_beside"].tolist()) == ([3, 2], [2, 3])
    assert table["n_beside"].tolist() == [4, 4]


def test_what_would_give_a_small_group_away_is_hidden_beside_it():
    """The page gives the mean dose of all children, and how many have the reading: the large group tells the small."""
    columns = {
        "label": Label("Children who"), "n": Children("Children"),
        "known": Percent("Known", n="n", beside=("unknown_beside", "with_beside")),
        "mean": Statistic("Average", "hours", n=("n", "n_beside")),
    }
    data = pd.DataFrame({"school_id": list("abcd") * 30, "hours": 10.0, "y": 1.0, "left": pd.NaT})
    data.loc[:3, ["hours", "left"]] = [2.0, pd.Timestamp("2023-01-01")]
    few = release_table(leaving(data, "y", "hours", END).table(), columns, Rule())
    assert [row["mean"].text for row in few] == [HIDDEN, HIDDEN]
    # Enough have left, but too few of them have a reading: the share of those who stayed would tell how many.
    data.loc[:39, ["y", "left"]] = [None, pd.Timestamp("2023-01-01")]
    data.loc[:3, "y"] = 1.0
    data.loc[40:55, "y"] = None
    many = release_table(leaving(data, "y", "hours", END).table(), columns, Rule())
    assert [row["known"].text for row in many] == [HIDDEN, HIDDEN]
    assert HIDDEN not in [row["mean"].text for row in many]


def test_a_child_who_left_on_the_last_day_or_later_has_stayed():
    data = children().assign(left=pd.Timestamp(END))
    assert leaving(data, "y", "hours", END) is None


@pytest.mark.parametrize("left", [None, "2023-01-01"], ids=["nobody", "everybody"])
def test_nothing_can_be_said_where_nobody_or_everybody_left(left):
    data = children().assign(left=pd.to_datetime(left))
    assert leaving(data, "y", "hours", END) is None
    assert leaving(data.drop(columns="left"), "y", "hours", END) is None
    assert "do not say who left" in leaving_words(None)[0]
