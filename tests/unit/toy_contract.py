"""Five children whose outcomes can be counted by hand, and a contract on them."""

import pandas as pd

from wlz_eval.cohort import make_cohort
from wlz_eval.measures import RiskRule, analysis_frame
from wlz_eval.value import contract

CARD = [
    {"trigger": "sign_up", "price": 100.0, "price_year": 2023, "source": "illustrative"},
    {"trigger": "outcome_1", "price": 10.0, "price_year": 2023, "source": "illustrative"},
    {"trigger": "outcome_2", "price": 7.0, "price_year": 2023, "source": "illustrative"},
    {"trigger": "outcome_3", "price": 0.01, "price_year": 2023, "source": "illustrative"},
]
TERMS = {"payers": {"council": 0.5, "charity": 0.5}}
RISK = [
    RiskRule(area="english", column="english_baseline", below=87.38),
    RiskRule(area="maths", column="maths_baseline", below=87.38),
    RiskRule(area="attendance", column="attendance_baseline", below=96),
    RiskRule(area="wellbeing", column="sdq_total_baseline", at_least=16),
    RiskRule(area="poverty", column="fsm", equals=1, outcome_area=False),
]

#: child -> (measure -> baseline, endline); None is a reading that was not taken.
CHILDREN = {
    # At risk in four areas, achieves all four: three are paid.
    "A": {"english": (80, 90), "maths": (80, 90), "attendance": (90, 97), "sdq_total": (20, 10)},
    # At risk in two areas, achieves both.
    "B": {"english": (80, 81), "maths": (80, 85), "attendance": (97, 99), "sdq_total": (5, 3)},
    # Gains, but was never at risk.
    "C": {"english": (100, 120), "maths": (100, 120), "attendance": (99, 100), "sdq_total": (2, 1)},
    # At risk, and the endline is missing: earns nothing.
    "D": {"english": (80, None), "maths": (100, 100), "attendance": (97, 97), "sdq_total": (15, 12)},
    # Gains less than one point; SDQ falls but stays at risk.
    "E": {"english": (80, 80.5), "maths": (100, 100), "attendance": (97, 97), "sdq_total": (30, 16)},
}


def toy_tables(card=CARD, children=None, **more):
    """Tables of the five children; columns of `children` replace those of the children table."""
    table = pd.DataFrame(
        {
            "child_id": list(CHILDREN),
            "group": "programme",
            "school_id": ["s1", "s2", "s1", "s2", "s1"],
            "index_date": "2022-09-05",
            "started": "yes",
            "consented": "yes",
        }
    ).assign(**(children or {}))
    rows = [
        {"child_id": c, "measure": m, "wave": w, "value": v}
        for c, measures in CHILDREN.items()
        for m, pair in measures.items()
        for w, v in zip(("baseline", "endline"), pair, strict=True)
    ]
    return {"children": table, "measures": pd.DataFrame(rows), "rate_card": pd.DataFrame(card), **more}


def toy_contract(meta, terms=TERMS, risk=RISK, **given):
    """Work the toy contract through."""
    cohort = make_cohort(meta, toy_tables(**given), contract=terms)
    return contract(cohort, analysis_frame(cohort), risk)
