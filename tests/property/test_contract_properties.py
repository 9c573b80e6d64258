"""What must hold of a contract's payments whatever the numbers: pennies, caps, the order of time."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.value.contract.forecast import draw_shares
from wlz_eval.value.contract.payments import apply_caps, claims_of, payments_by_payer, prices_of, split_pennies
from wlz_eval.value.contract.terms import TRIGGERS, ContractTerms
from wlz_eval.value.contract.xirr import xirr, xnpv


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
    ids = [f"C{i:02d}" for i in range(n)]
    outcomes = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    met = pd.DataFrame({t: [True] * n for t in ("consent", "sign_up", "high_engagement")}, index=ids)
    for k in (1, 2, 3):
        met[f"outcome_{k}"] = [o >= k for o in outcomes]
    days = draw(st.lists(st.integers(0, 700), min_size=n * len(TRIGGERS), max_size=n * len(TRIGGERS)))
    dates = pd.Timestamp("2022-09-01") + pd.to_timedelta(np.reshape(days, (n, len(TRIGGERS))).ravel(), unit="D")
    dates = pd.DataFrame(np.reshape(dates.to_numpy(), (n, len(TRIGGERS))), index=ids, columns=list(TRIGGERS))
    prices = draw(st.lists(st.integers(0, 300_000), min_size=len(TRIGGERS), max_size=len(TRIGGERS)))
    card = pd.DataFrame({"trigger": list(TRIGGERS), "price": [p / 100 for p in prices]})
    caps = [draw(st.none() | st.integers(0, 2_000_000)) for _ in range(2)]
    shares = draw(st.lists(st.integers(1, 99), min_size=1, max_size=4))
    payers = {f"payer_{i}": s / sum(shares) for i, s in enumerate(shares)}
    return met, dates, card, [None if c is None else c / 100 for c in caps], payers


@settings(deadline=None, max_examples=40)
@given(contracts())
def test_payments_add_up_keep_the_caps_and_the_order_of_time(case):
    met, dates, card, (child_cap, contract_cap), payers = case
    intake = pd.Series("2022/23", index=met.index)
    claims = claims_of(met, dates, intake, prices_of(card))
    paid = apply_caps(claims, child_cap, contract_cap)
    assert ((paid >= 0) & (paid <= claims["claimed"])).all()
    if child_cap is not None:
        assert paid.groupby(claims["child_id"]).sum().max() <= round(child_cap * 100)
    limited = int(apply_caps(claims, child_cap, None).sum())
    expected = limited if contract_cap is None else min(limited, round(contract_cap * 100))
    assert int(paid.sum()) == expected
    table = payments_by_payer(claims.assign(paid=paid), card, ContractTerms(payers=payers))
    assert table["pennies"].sum() == expected
    # Once a month is not paid in full by the contract's cap, no later month is paid at all.
    if contract_cap is not None:
        wanted = apply_caps(claims, child_cap, None).groupby(claims["month"]).sum()
        got = paid.groupby(claims["month"]).sum()
        short = [m for m in got.index if got[m] < wanted[m]]
        assert not short or all(got[m] == 0 for m in got.index if m > short[0])


@settings(deadline=None, max_examples=30)
@given(contracts(), st.randoms(use_true_random=False))
def test_the_order_of_children_never_matters(case, random):
    met, dates, card, (child_cap, contract_cap), _ = case
    order = list(met.index)
    random.shuffle(order)
    intake, prices = pd.Series("2022/23", index=met.index), prices_of(card)
    first, again = (claims_of(met.loc[o], dates.loc[o], intake, prices) for o in (list(met.index), order))
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_series_equal(
        apply_caps(first, child_cap, contract_cap), apply_caps(again, child_cap, contract_cap)
    )


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=5), st.integers(100, 2000))
def test_a_rate_of_return_makes_the_payments_worth_nothing(back, put_in):
    days = [pd.Timestamp("2020-01-01").date(), *(pd.Timestamp("2020-06-30").date() for _ in back)]
    rate = xirr([-put_in, *back], days)
    if np.isfinite(rate):
        assert abs(xnpv(rate, [-put_in, *back], days)) < 1e-6 * put_in
    else:
        # Only a loss of nearly everything, or a gain beyond all bounds, has no rate on the grid.
        assert not 0.1 < sum(back) / put_in < 50


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 60), min_size=8, max_size=8), st.floats(1, 8), st.integers(1, 300))
def test_drawn_shares_are_shares(known, effect, n_open):
    shares = draw_shares(np.array(known, float), effect, n_open, 50, np.random.default_rng(0))
    assert np.allclose(shares.sum(axis=1), 1)
    assert (shares >= 0).all()
