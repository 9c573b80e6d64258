"""The plan's rules of risk, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.frame import FLAGS
from wlz_eval.measures.labels import column_label, column_unit
from wlz_eval.measures.options import RiskRule

__all__ = ["capital", "rules_table"]

#: What a yes/no column of the frame, which holds 0 and 1, says.
YES_NO = {1: "yes", 0: "no"}


def capital(words: str) -> str:
    """Write a name such as ``economic_disadvantage`` as the first words of a row."""
    plain = words.replace("_", " ")
    return plain[:1].upper() + plain[1:]


def rules_table(rules: Sequence[RiskRule], cohort: Cohort) -> pd.DataFrame:
    """Write the rules as rows in plain words: ``area``, ``reading`` (what is looked at) and ``condition``."""
    rows = []
    for rule in rules:
        percent = "%" if column_unit(cohort, rule.column) == "percentage_points" else ""
        if rule.below is not None:
            condition = f"below {rule.below:g}{percent}"
        elif rule.at_least is not None:
            condition = f"{rule.at_least:g}{percent} or more"
        else:
            condition = YES_NO.get(rule.equals, str(rule.equals)) if rule.column in FLAGS else str(rule.equals)
        rows.append((capital(rule.area), column_label(cohort, rule.column), condition))
    return pd.DataFrame(rows, columns=["area", "reading", "condition"])
