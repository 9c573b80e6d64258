"""What must hold of money whatever the numbers: round trips, pennies, caps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.value import deflate, discount_factors
from wlz_eval.value.contract.payments import apply_caps, child_claims, payments_by_payer, split_pennies
from wlz_eval.value.contract.terms import TRIGGERS, ContractTerms

YEARS = st.integers(1990, 2024)


@given(st.floats(-1e9, 1e9), YEARS, YEARS)
def test_deflating_there_and_back(amount, a, b):
    assert float(deflate(deflate(amount, a, b), b, a)) == pytest.approx(amount, rel=1e-12, abs=1e-9)


@given(YEARS, YEARS, YEARS)
def test_deflating_by_way_of_a_third_year(a, b, c):
    assert float(deflate(deflate(1.0, a, b), b, c)) == pytest.approx(float(deflate(1.0, a, c)), rel=1e-12)


@given(st.integers(0, 499))
def test_a_later_pound_is_worth_less(year):
    now, later = discount_factors([year, year + 1])
    assert 0 < later < now <= 1


@given(st.integers(0, 10**9), st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_pennies_add_up_exactly(total, shares):
    parts = split_pennies(total, shares)
    assert all(p >= 0 for p in parts)
    if sum(shares) > 0:
        assert sum(parts) == total
        exact = total * np.array(shares) / sum(shares)
        assert np.all(np.abs(np.array(parts) - exact) <= 1 + 1e-6)


@st.composite
def contracts(draw):
    n = draw(st.integers(1, 12))
    outcomes = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    met = pd.DataFrame({t: [True] * n for t in ("consent", "sign_up", "high_engagement")})
    for k in (1, 2, 3):
        met[f"outcome_{k}"] = [o >= k for o in outcomes]
    prices = draw(st.lists(st.integers(0, 300_000), min_size=len(TRIGGERS), max_size=len(TRIGGERS)))
    card = pd.DataFrame({"trigger": list(TRIGGERS), "price": [p / 100 for p in prices]})
    caps = [draw(st.none() | st.integers(0, 2_000_000)) for _ in range(2)]
    shares = draw(st.lists(st.integers(1, 99), min_size=1, max_size=4))
    payers = {f"payer_{i}": s / sum(shares) for i, s in enumerate(shares)}
    return met, card, [None if c is None else c / 100 for c in caps], payers


@settings(deadline=None, max_examples=50)
@given(contracts())
def test_payments_add_up_and_keep_the_caps(case):
    met, card, (child_cap, contract_cap), payers = case
    claims = child_claims(met, card)
    paid = apply_caps(claims, child_cap, contract_cap)
    assert (paid.to_numpy() >= 0).all()
    assert (paid.to_numpy() <= claims.to_numpy()).all()
    if child_cap is not None:
        assert paid.sum(axis=1).max() <= round(child_cap * 100)
    limited = apply_caps(claims, child_cap, None).to_numpy().sum()
    expected = limited if contract_cap is None else min(limited, round(contract_cap * 100))
    assert paid.to_numpy().sum() == expected
    table = payments_by_payer(paid, card, ContractTerms(payers=payers))
    assert table["pennies"].sum() == expected
