"""What the pilot's numbers could have shown: intervals, what chance in choosing gives, how many children it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from wlz_eval.attribution.standards.detectable import planned_detectable_effect
from wlz_eval.core.figures import COLOURS, MARKERS, new_figure
from wlz_eval.core.result import Result
from wlz_eval.measures import exit_rate_expected, wilson
from wlz_eval.pilot.rebuild import number
from wlz_eval.pilot.tables import figures, shares
from wlz_eval.reference.attainment import months_of_progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PilotInLight", "binomial_range", "children_needed", "draw_chance", "draw_shares", "pilot_in_light"]

#: Correlations of two readings for which the page works out what choosing by one of them gives.
CORRELATIONS = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
#: The correlation that the sizes for a comparison of shares are worked out for.
LIKELY_R = 0.7
#: The pilot's line in English and maths: the bottom fifth of the nation.
FIFTH = 0.2
#: Published planning values: share of the variance between schools, share that the baseline explains.
ICC, R2 = 0.15, 0.5
#: Children and schools for which the smallest effect that could be found is worked out, beside the pilot's own.
PLANS = ((300, 10), (600, 20), (1000, 33))


def binomial_range(n: int, share: float, level: float = 0.95) -> tuple[int, int]:
    """Range of counts that chance leaves likely, where each of `n` children has the same probability.

    Returns
    -------
    tuple of int
        Lowest and highest count, each beyond which lies at most half of what `level` leaves.

    Examples
    --------
    >>> binomial_range(20, 0.5)
    (6, 14)
    """
    below = special.bdtr(np.arange(n + 1), n, share)
    tail = (1 - level) / 2
    return int(np.argmax(below > tail)), int(np.argmax(below >= 1 - tail))


def children_needed(share: float, difference: float, power: float = 0.8, level: float = 0.95) -> int:
    """Children in each of two groups of equal size that find a difference between two shares.

    Two-sided comparison of two proportions, children taken as independent: with whole schools it takes more.

    Parameters
    ----------
    share, difference : float
        Share of the comparison children, and how much larger that of the programme's is; from 0 to 1.
    power, level : float

    References
    ----------
    Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, formula 4.14 without correction.

    Examples
    --------
    >>> children_needed(0.5, 0.1)
    388
    """
    p, q = share, share + difference
    middle = (p + q) / 2
    z, power_z = float(special.ndtri(0.5 + level / 2)), float(special.ndtri(power))
    root = z * math.sqrt(2 * middle * (1 - middle)) + power_z * math.sqrt(p * (1 - p) + q * (1 - q))
    return math.ceil((root / difference) ** 2)


@dataclass(frozen=True, kw_only=True, repr=False)
class PilotInLight(Result):
    """What could and could not have been concluded from the pilot.

    Parameters
    ----------
    shares : DataFrame
        One row a published share: ``name``, ``label``, ``kind``, ``count``, ``whole``, ``share``, ``low``, ``high``
        (from 0 to 1, Wilson).
    chance : DataFrame
        One row a correlation of two readings: ``r``, ``expected`` (share out of the bottom fifth with no programme),
        and for English and maths ``*_low`` and ``*_high``, the counts that chance then leaves likely.
    effects : DataFrame
        One row a size: ``children``, ``schools``, ``same`` and ``other`` (smallest effect found four times in five, in
        SDs, with as many comparison children in the same and in other schools).
    groups : DataFrame
        One row a difference in the share out of risk: ``difference``, ``children`` in each group.
    spread : float
        Largest SD between children, in interactions, at which those who improved would have had more than chance gives.
    """

    shares: pd.DataFrame
    chance: pd.DataFrame
    effects: pd.DataFrame
    groups: pd.DataFrame
    spread: float
    title: str = "What the pilot could have shown"

    def table(self) -> pd.DataFrame:
        """One row a published share, with its interval."""
        return self.shares

    def _row(self, name: str) -> dict[str, float]:
        (row,) = self.shares[self.shares["name"] == name].to_dict(orient="records")
        return {key: float(row[key]) for key in ("count", "whole", "share", "low", "high")}

    @property
    def answer(self) -> str:
        """What may be said, in words."""
        out, pilot = self._row("all_fewer"), self.effects.iloc[0].to_dict()
        months = months_of_progress(pilot["other"])
        return (
            "The pilot could show that the programme can be run, and not that it helps. It had no comparison children, "
            f"and {out['count']:.0f} of {out['whole']:.0f} with fewer risks is a share known only to lie between "
            f"{_percent(out['low'])} and {_percent(out['high'])}. Even with as many comparison children in as many "
            f"other schools, only an effect of {pilot['other']:.2f} standard deviations or more would have been found "
            f"four times in five; in attainment that counts as {months} months of extra progress."
        )

    @property
    def chance_answer(self) -> str:
        """What choosing children by one reading gives, in words."""
        english, maths = self._row("english_out"), self._row("maths_out")
        weak, strong = self._correlation(english["low"]), self._correlation(maths["high"])
        return (
            f"In English {english['count']:.0f} of {english['whole']:.0f} left the bottom fifth, in maths "
            f"{maths['count']:.0f} of {maths['whole']:.0f}. Choosing by one reading alone would be likely to give the "
            f"English result only if two readings went together loosely (correlation below about {weak:.1f}), and the "
            f"maths result only if they went together closely (above about {strong:.1f}). So one and the same amount "
            "of chance does not explain both. But both subjects were read off a test in September and a teacher's "
            "level in summer: how much is the change of instrument, how much the school's own teaching and how much "
            "the programme, these numbers cannot tell."
        )

    @staticmethod
    def _correlation(share: float) -> float:
        """Correlation at which so many would leave the bottom fifth with no programme."""
        grid = np.linspace(0.01, 0.99, 99)
        expected = np.array([exit_rate_expected(float(r), FIFTH) for r in grid])
        return float(grid[np.argmin(np.abs(expected - share))])

    @property
    def engagement_answer(self) -> str:
        """What the link between Link Worker contacts and progress can bear, in words."""
        improved, same = _mean_contacts()
        return (
            f"Children who improved had {improved:.1f} contacts on average, those who stayed the same {same:.1f}; how "
            "much children differed among themselves was not published. If their standard deviation was above "
            f"{self.spread:.1f} contacts, the difference is within what chance gives. The average of those who became "
            "worse rests on two. And it does not say which came first: children who take to the work may both "
            "come more and do better."
        )

    def shares_page(self) -> pd.DataFrame:
        """Give the shares with their intervals in words, for a page."""
        return pd.DataFrame(
            {
                "What was counted": self.shares["label"],
                "Children": [f"{c} of {n}" for c, n in zip(self.shares["count"], self.shares["whole"], strict=True)],
                "Share": self.shares["share"].map(_percent),
                "95% interval": [
                    f"{_percent(a)} to {_percent(b)}"
                    for a, b in zip(self.shares["low"], self.shares["high"], strict=True)
                ],
            }
        )

    def chance_page(self) -> pd.DataFrame:
        """Give what choosing by one reading gives in words, for a page."""
        c = self.chance
        english, maths = self._row("english_out"), self._row("maths_out")
        return pd.DataFrame(
            {
                "How closely two readings go together": c["r"].map("{:.1f}".format),
                "Out of the bottom fifth with no programme": c["expected"].map(_percent),
                f"English: likely counts (seen: {english['count']:.0f} of {english['whole']:.0f})": [
                    f"{a} to {b}" for a, b in zip(c["english_low"], c["english_high"], strict=True)
                ],
                f"Maths: likely counts (seen: {maths['count']:.0f} of {maths['whole']:.0f})": [
                    f"{a} to {b}" for a, b in zip(c["maths_low"], c["maths_high"], strict=True)
                ],
            }
        )

    def effects_page(self) -> pd.DataFrame:
        """Give the smallest effects in words, for a page."""
        e = self.effects
        return pd.DataFrame(
            {
                "Programme children (and as many to compare)": [
                    f"{n:,} in {s} schools" for n, s in zip(e["children"], e["schools"], strict=True)
                ],
                "Compared within the same schools": e["same"].map("{:.2f}".format),
                "Compared with other schools": e["other"].map("{:.2f}".format),
            }
        )

    def groups_page(self) -> pd.DataFrame:
        """Give the sizes for a comparison of shares in words, for a page."""
        g = self.groups
        return pd.DataFrame(
            {
                "Difference to be found, in percentage points": g["difference"].map(lambda d: f"{100 * d:.0f}"),
                "Children at risk in each group": g["children"].map("{:,}".format),
            }
        )

    @property
    def groups_note(self) -> str:
        """What the sizes for a comparison of shares rest on."""
        return (
            f"Found four times in five, where {_percent(_likely())} leave risk with no programme. Children as "
            "independent: with few schools it takes more."
        )

    def plot(self) -> Figure:
        """Draw the shares with their intervals."""
        return draw_shares(self.shares)

    def plot_chance(self) -> Figure:
        """Draw what choosing by one reading gives, with English and maths beside it."""
        return draw_chance(self.shares)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def pilot_in_light() -> PilotInLight:
    """Work out what the published numbers of the pilot could and could not have shown.

    Examples
    --------
    >>> pilot_in_light().shares.set_index("name").loc["english_out", ["low", "high"]].astype(float).round(2).tolist()
    [0.58, 0.92]
    """
    rows = []
    for row in shares():
        count, whole = number(row.count), number(row.whole)
        interval = wilson(count, whole)
        rows.append(
            {
                "name": row.name, "label": row.label, "kind": row.kind, "count": count, "whole": whole,
                "share": interval.share, "low": interval.low, "high": interval.high,
            }
        )  # fmt: skip
    children = number("PIL-022")
    sizes = ((children, number("PIL-025")), *PLANS)
    return PilotInLight(
        shares=pd.DataFrame(rows),
        chance=pd.DataFrame([_chance(r) for r in CORRELATIONS]),
        effects=pd.DataFrame([_smallest(n, schools) for n, schools in sizes]),
        groups=pd.DataFrame([{"difference": d, "children": children_needed(_likely(), d)} for d in (0.1, 0.2, 0.3)]),
        spread=_spread(),
    )


def _likely() -> float:
    """Share that would leave the bottom fifth with no programme, for two readings that go together fairly well."""
    return exit_rate_expected(LIKELY_R, FIFTH)


def _chance(r: float) -> dict[str, float]:
    expected = exit_rate_expected(r, FIFTH)
    row: dict[str, float] = {"r": r, "expected": expected}
    for subject, whole in (("english", "PIL-103"), ("maths", "PIL-106")):
        row[f"{subject}_low"], row[f"{subject}_high"] = binomial_range(number(whole), expected)
    return row


def _smallest(n: int, schools: int) -> dict[str, float]:
    return {
        "children": n,
        "schools": schools,
        "same": planned_detectable_effect(n, n, schools, icc=ICC, r2=R2),
        "other": planned_detectable_effect(n, n, schools, schools, icc=ICC, r2=R2),
    }


def _mean_contacts() -> tuple[float, float]:
    """Link Worker contacts of Phoenix's children: the mean of those who improved, and of those who stayed the same."""
    return float(figures()["PIL-127"].value), float(figures()["PIL-128"].value)


def _spread() -> float:
    """SD at which the means of those who improved and of those who stayed the same just differ (two-sample t)."""
    n = number("PIL-061"), number("difference(of(PIL-061), PIL-061, PIL-130)")
    improved, same = _mean_contacts()
    return (improved - same) / (float(special.stdtrit(sum(n) - 2, 0.975)) * math.sqrt(1 / n[0] + 1 / n[1]))


def draw_shares(table: pd.DataFrame) -> Figure:
    """Draw each share with its interval.

    Parameters
    ----------
    table : DataFrame
        Columns ``label``, ``share``, ``low``, ``high``, ``count``, ``whole``.
    """
    figure, axes = new_figure(height=1.2 + 0.4 * len(table))
    y = np.arange(len(table))[::-1]
    axes.hlines(y, 100 * table["low"], 100 * table["high"], color=COLOURS["programme"], linewidth=2.5)
    axes.plot(100 * table["share"], y, MARKERS["programme"], color=COLOURS["programme"])
    labels = [f"{r['label']} ({r['count']} of {r['whole']})" for r in table.to_dict(orient="records")]
    axes.set_yticks(y, labels)
    axes.set_xlim(0, 102)
    axes.set_xlabel("Share of children, with its 95% interval (%)")
    return figure


def draw_chance(table: pd.DataFrame) -> Figure:
    """Draw the share out of the bottom fifth with no programme, by how closely two readings go together.

    Parameters
    ----------
    table : DataFrame
        The shares, of which those of kind ``bottom_fifth`` are drawn as bands.
    """
    figure, axes = new_figure(height=4.4)
    r = np.linspace(0.3, 0.95, 66)
    line = [100 * exit_rate_expected(float(v), FIFTH) for v in r]
    colours = ("programme", "accent")
    for row, colour in zip(table[table["kind"] == "bottom_fifth"].to_dict(orient="records"), colours, strict=True):
        axes.axhspan(100 * row["low"], 100 * row["high"], color=COLOURS[colour], alpha=0.15, linewidth=0)
        axes.axhline(100 * row["share"], color=COLOURS[colour], linestyle="--")
        subject = str(row["label"]).split(", ")[1].split(":")[0]
        label = f"{subject.capitalize()}: {row['count']} of {row['whole']}"
        axes.text(0.31, 100 * row["share"] + 1.5, label, color=COLOURS["neutral"])
    axes.plot(r, line, color=COLOURS["neutral"], linewidth=2.5)
    axes.text(0.6, line[30] + 3, "to be expected with no programme at all", color=COLOURS["neutral"])
    axes.set_xlim(0.3, 0.95)
    axes.set_ylim(0, 100)
    axes.set_xlabel("How closely two readings go together (correlation)")
    axes.set_ylabel("Out of the bottom fifth (%)")
    return figure
