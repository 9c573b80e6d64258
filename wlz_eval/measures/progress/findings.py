"""Findings of progress: each a description."""

from __future__ import annotations

import math
from typing import Any

from wlz_eval.core.finding import Evidence, Finding, Unit
from wlz_eval.measures.progress.change import Share
from wlz_eval.measures.progress.composite import Composite
from wlz_eval.measures.progress.expected import Range
from wlz_eval.measures.progress.outcome import OutcomeProgress

__all__ = ["composite_findings", "outcome_findings"]

_SHARE_METHOD = "Wilson interval on the effective number of children"


def _ends(found: Range | Share, scale: float = 1.0) -> dict[str, Any]:
    value = found.share if isinstance(found, Share) else found.value
    return {"estimate": scale * value, "ci_low": scale * found.low, "ci_high": scale * found.high}


def outcome_findings(o: OutcomeProgress, evidence: Evidence) -> list[Finding]:
    """Return findings of one measure to one wave; what could not be estimated is left out."""
    where = f"{o.measure}.{o.wave}"
    base: dict[str, Any] = {
        "claim": "description", "outcome": o.measure, "wave": o.wave, "group": "programme", "evidence": evidence,
    }
    source = o.drawn.population.source if o.drawn else ""
    free = {"note": o.caution, "n_comparison": (o.drawn.population.n or None) if o.drawn else None}
    n, t, s = o.change.n, o.transitions, o.scales
    simulated = f"simulated from these children, {source}"
    found = [
        Finding(
            finding_id=f"progress.change.{where}", quantity="change", estimate=o.change.change, se=o.change.se,
            ci_low=o.change.ci_low, ci_high=o.change.ci_high, unit=o.unit, n_programme=n, method=o.change.method,
            note="A change before to after; it does not say why.", **base,
        )
    ]

    def add(name: str, quantity: str, unit: Unit, ends: dict[str, Any], n: int, **more: Any) -> None:
        if math.isfinite(ends["estimate"]):
            about = {**base, **more}
            found.append(Finding(finding_id=f"progress.{name}.{where}", quantity=quantity, unit=unit, n_programme=n,
                                 **ends, **about))

    add("expected_untreated", "expected_untreated", o.unit, _ends(o.expected), n, method=simulated, **free)
    add("expected_one_reading", "change_to_be_expected_from_the_first_reading_alone", o.unit, _ends(o.one.change), n,
        method=f"regression to the mean, bivariate normal, r from {source}", **free)
    risky = {"subgroup": "at risk at baseline"}
    if t.at_risk:
        add("exit_rate", "exit_rate", "percent", _ends(t.exit_rate, 100), t.at_risk, method=_SHARE_METHOD,
            note="Children leave risk with no programme too.", **risky)
        add("exit_rate_expected", "exit_rate_to_be_expected_with_no_programme", "percent", _ends(t.expected_exit),
            t.at_risk, method=simulated, **risky, **free)
        add("exit_rate_one_reading", "exit_rate_to_be_expected_from_the_first_reading_alone", "percent",
            _ends(o.one.exit_rate), t.at_risk, method=f"bivariate normal, r from {source}", **risky, **free)
    if s is not None:
        add("standardised_change", "standardised_change", "sd",
            {"estimate": s.standardised.change, "ci_low": s.standardised.ci_low, "ci_high": s.standardised.ci_high}, n,
            method="SDs of the unselected population, better upwards")
        for name, seen, hoped in (
            ("improved", s.improved, s.improved_expected), ("worse", s.worse, s.worse_expected)
        ):
            add(f"reliably_{name}", f"reliably_{name}", "percent", _ends(seen, 100), n,
                method=f"reliable change index, reliability {s.reliability:.2f}; {_SHARE_METHOD}")
            add(f"reliably_{name}_expected", f"reliably_{name}_to_be_expected_with_no_programme", "percent",
                _ends(hoped), n, method=simulated, **free)
        add("ahead", "ahead_of_expected_progress", "percent", _ends(s.ahead, 100), n, method=_SHARE_METHOD)
    return found


def composite_findings(c: Composite, evidence: Evidence) -> list[Finding]:
    """Return findings of the count of areas at risk."""
    found = []
    for way, seen in c.seen.items():
        rows: list[tuple[str, str, Range | Share, float]] = [(way, way, seen, 100.0)]
        if math.isfinite(c.expected[way].value):
            rows.append((f"{way}_expected", f"{way}_to_be_expected_with_no_programme", c.expected[way], 1.0))
        for name, quantity, ends, scale in rows:
            found.append(
                Finding(
                    finding_id=f"progress.composite.{name}.{c.wave}",
                    quantity=f"risks_{quantity}",
                    unit="percent",
                    claim="description",
                    wave=c.wave,
                    group="programme",
                    n_programme=c.n,
                    method="count of areas at risk by the plan's rules",
                    evidence=evidence,
                    note="A count of yes and no: a child far better in one area and a little worse in another is same.",
                    **_ends(ends, scale),
                )
            )
    return found
