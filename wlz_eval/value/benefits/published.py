"""The published saving of £31.6m for 730 children: what it says, and what would have to be assumed to reach it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.reference.appraisal import value_links
from wlz_eval.reference.money import published_value, unit_value, unit_values
from wlz_eval.value.prices.deflate import deflate

__all__ = ["PublishedSaving", "published_saving"]

#: Name of the programme in ``data/reference/published_value.csv``.
PROGRAMME = "west-london-zone"
#: SD of a standardised score.
SD = 15.0
#: Unit of outcomes whose SD is known beforehand.
STANDARDISED = "standardised point"
PERSPECTIVE = "state and society"
NOT_SAID = (
    "The source gives no outcomes, effects, unit values, years, discounting, deadweight or range, so the figure cannot "
    "be rebuilt; the table says what one benefit alone would have to be."
)


@dataclass(frozen=True, repr=False)
class PublishedSaving(Result):
    """The published saving, its arithmetic, and what each unit value alone would need.

    Parameters
    ----------
    total : float
        Published saving of all children.
    children : int
        Children it was published for.
    stated : float
        Saving a child as the source rounds it.
    price_year : int
        Year in which the financial year of its prices begins.
    cost_per_year : float
        Cost a child a year that the same paper gives, if both of its parts are a year (not confirmed).
    source : str
        Where it was published.
    """

    total: float
    children: int
    stated: float
    price_year: int
    cost_per_year: float
    source: str

    title = "The published saving, and what would have to be assumed"

    @property
    def per_child(self) -> float:
        """Published total over published children."""
        return self.total / self.children

    def arithmetic(self) -> pd.DataFrame:
        """Return the published figures, and what follows from them.

        Returns
        -------
        DataFrame
            ``what``, ``amount``, ``unit``, ``evidence``, ``note``, ``price_year``.
        """
        n, two_years = self.children, 2 * self.cost_per_year
        rows = [
            ("Saving of all children, as published", self.total, "money", "published", ""),
            ("Children, as published", float(n), "children", "published", ""),
            ("Saving a child, as published", self.stated, "money", "published", "The source says: around."),
            ("Saving a child, from total and children", self.per_child, "money", "published", "Total over children."),
            ("Saving of all children, from saving a child", self.stated * n, "money", "published",
             "More than the total that was published."),
            ("Cost a child for two years, if both parts are a year", two_years, "money", "illustrative",
             "The source does not say so."),
            ("Saving for each pound of that cost", self.per_child / two_years, "ratio", "illustrative",
             "Not discounted, with no comparison."),
        ]  # fmt: skip
        table = pd.DataFrame(rows, columns=["what", "amount", "unit", "evidence", "note"])
        return table.assign(price_year=self.price_year)

    def table(self) -> pd.DataFrame:
        """Return what each unit value would need, alone and not discounted, for the published saving a child.

        Returns
        -------
        DataFrame
            ``unit_value``, ``label``, ``unit``, ``kind``, ``worth`` (in prices of the source), ``units_needed`` (a
            child), ``link``, ``points_needed`` (of the outcome, a child, by a link of this package: ``nan`` without
            one), ``sd_needed`` (of a standardised score), ``evidence``, ``price_year``; fewest units first.
        """
        links = {name: row for row in value_links().values() for name in row.unit_values.split()}
        rows = []
        for unit in unit_values().values():
            if unit.currency != "GBP" or unit.refused:
                continue
            worth = float(
                deflate(unit.value, unit.price_year, self.price_year, "GBP", unit.price_basis, to_basis="financial")
            )
            units = self.per_child / worth
            link = links.get(unit.name)
            points = units / link.units_per_point if link is not None else np.nan
            sds = points / SD if link is not None and link.from_unit == STANDARDISED else np.nan
            rows.append(
                (unit.name, unit.label, unit.unit, unit.kind, worth, units, link.name if link is not None else "",
                 points, sds, unit.evidence if link is None else link.evidence, self.price_year)
            )  # fmt: skip
        columns = ["unit_value", "label", "unit", "kind", "worth", "units_needed", "link", "points_needed"]
        table = pd.DataFrame(rows, columns=[*columns, "sd_needed", "evidence", "price_year"])
        return table.sort_values("units_needed", kind="stable", ignore_index=True)

    def reached(self, effects: dict[str, float]) -> pd.DataFrame:
        """How much of the published saving a child some effects would come to.

        Parameters
        ----------
        effects : mapping of str to float
            Units of each unit value that one child gains: ``{"gcse_grade_english": 0.1}``.

        Returns
        -------
        DataFrame
            ``unit_value``, ``units``, ``amount`` (a child), ``share`` (percent of the published saving a child), and a
            last row ``all``.

        Raises
        ------
        OptionError
            For an unknown unit value.

        Examples
        --------
        >>> published_saving().reached({"gcse_grade_any": 1.0})["share"].round(1).tolist()
        [19.6, 19.6]
        """
        rows = []
        for name, units in effects.items():
            unit = unit_value(name)
            worth = deflate(unit.value, unit.price_year, self.price_year, unit.currency, unit.price_basis, "financial")
            rows.append((name, units, units * float(worth)))
        rows.append(("all", np.nan, sum(amount for *_, amount in rows)))
        table = pd.DataFrame(rows, columns=["unit_value", "units", "amount"])
        return table.assign(share=100 * table["amount"] / self.per_child)

    def plot(self) -> object:
        """Draw how many units of each unit value alone would reach the published saving a child."""
        from wlz_eval.value.figures import draw_units

        return draw_units(self.table())

    def findings(self) -> list[Finding]:
        """Return the published figures and the arithmetic on them."""
        rows: list[tuple[str, float, Evidence, str]] = [
            ("total", self.total, "published", NOT_SAID),
            ("per_child_stated", self.stated, "published", "The source says: around."),
            ("per_child", self.per_child, "published", "Published total over children; the source says more."),
        ]
        return [
            Finding(
                finding_id=f"value.published_saving.{name}", quantity="published_saving", estimate=amount, unit="money",
                claim="projection", evidence=evidence, price_year=self.price_year, currency="GBP",
                perspective=PERSPECTIVE, method=self.source, note=note,
            )
            for name, amount, evidence, note in rows
        ]


def published_saving() -> PublishedSaving:
    """Read the published saving: £31.6m over the first 730 children, at 2020/21 prices.

    Examples
    --------
    >>> round(published_saving().per_child)
    43288
    """
    rows = {str(row["quantity"]): row for row in published_value(PROGRAMME)}
    total = rows["saving_total"]
    return PublishedSaving(
        total=float(total["estimate"]),
        children=int(rows["saving_children"]["estimate"]),
        stated=float(rows["saving_per_child"]["estimate"]),
        price_year=int(total["price_year"]),
        cost_per_year=float(rows["cost_per_child_year"]["estimate"]),
        source=str(total["source"]),
    )
