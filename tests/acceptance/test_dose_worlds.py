"""The slope of page 05 on the hours of support, against whole cohorts whose true slope is known.

In these worlds motivated children come more often and do better anyway. Where motivation and need stand in the tables
the slope is right; where they do not, it is not, and nothing of the page may be taken for an effect. Seeds are fixed
here and never redrawn; `make test-worlds` takes more of them. The study ``data/studies/dose.csv`` takes thousands.
"""

import math
import os
from dataclasses import replace

import pandas as pd
import pytest

from wlz_eval.engagement import engagement
from wlz_eval.engagement.confounding import slope_sensitivity
from wlz_eval.measures import analysis_frame
from wlz_eval.plan import make_plan
from wlz_eval.simulate import SHIPPED, simulate
from wlz_eval.simulate.pupils import draw_pupils
from wlz_eval.simulate.tables import child_ids
from wlz_eval.value import value
from wlz_eval.value.benefits import benefits

pytestmark = pytest.mark.simulation

WORLDS = 60 if os.environ.get("WLZ_ALL_WORLDS") else 10
SEEDS = range(82_000, 82_000 + WORLDS)
#: Of the slope on ten hours from world to world, in other worlds than these.
SPREAD = 0.32
LATENT = ("motivation", "need")


def options(seed, effect):
    # Comparison children have no part in page 05: few are enough.
    few = {"seed": seed, "effect": effect, "pool": 400, "comparison_schools": 4}
    return SHIPPED["simulated-complete"].model_copy(update=few)


def hours_slope(world, plan, frame, covariates):
    """Return the slope of English on ten hours, as page 05 gives it; not as the primary outcome, which costs more."""
    english = [o.model_copy(update={"primary": False}) for o in plan.outcomes if o.measure == "english"]
    settings = plan.engagement.model_copy(update={"covariates": (*plan.engagement.covariates, *covariates)})
    (row,) = engagement(world.cohort, frame, settings, english, "draft", plan.seed).table().to_dict("records")
    return row["estimate"], row["ci_low"], row["ci_high"]


def slopes(effect, seeds):
    """One row a world: the true slope on ten hours, then the slope with motivation and need recorded, and without."""
    rows = []
    for seed in seeds:
        world = simulate(options(seed, effect))
        plan, frame = make_plan(world.plan), analysis_frame(world.cohort)
        pupils = draw_pupils(world.options)
        index = pd.Index(child_ids(world.options, len(pupils)), name="child_id")
        recorded = pd.DataFrame({name: getattr(pupils, name) for name in LATENT}, index=index)
        told = replace(frame, data=frame.data.join(recorded))
        estimate, low, high = hours_slope(world, plan, told, LATENT)
        naive = hours_slope(world, plan, frame, ())[0]
        rows.append((seed, 10 * world.truth.dose_slope["english_endline"], estimate, low, high, naive))
    return pd.DataFrame(rows, columns=["seed", "truth", "estimate", "low", "high", "naive"])


@pytest.mark.parametrize(("effect", "seeds"), [(0.3, SEEDS), (0.0, SEEDS[: WORLDS // 2])], ids=["slope", "no slope"])
def test_the_slope_covers_the_truth_where_confounding_is_recorded_and_is_too_high_where_it_is_not(effect, seeds):
    found = slopes(effect, seeds)
    assert (found["truth"].eq(0.0)).all() == (effect == 0.0)
    # The study's bar, less three binomial errors; with a true slope of zero a miss is a false positive.
    covered = found["truth"].between(found["low"], found["high"])
    assert covered.mean() >= 0.935 - 3 * math.sqrt(0.935 * 0.065 / len(found)), found[~covered]
    off, more = found["estimate"] - found["truth"], found["naive"] - found["estimate"]
    assert abs(off.mean()) <= 3 * SPREAD / math.sqrt(len(found)), found
    # What motivation adds is the same in every world, so a few show it beyond doubt.
    assert more.mean() > 5 * more.sem(), found
    assert (found["naive"] - found["truth"]).mean() > 0.2


@pytest.fixture(scope="module")
def page():
    """Page 05 of one world, whole."""
    world = simulate(options(SEEDS[0], 0.3))
    plan, frame = make_plan(world.plan), analysis_frame(world.cohort)
    return world, plan, engagement(world.cohort, frame, plan.engagement, plan.outcomes, "draft", plan.seed)


class TestUnseen:
    """What the page says of something unseen, in a world whose unseen motivation is known."""

    def test_motivation_of_its_true_strength_leaves_the_slope_that_knowing_it_gives(self, page):
        world, plan, result = page
        pupils = draw_pupils(world.options)
        index = pd.Index(child_ids(world.options, len(pupils)), name="child_id")
        used = result.related.join(pd.Series(pupils.motivation, index=index, name="motivation"))
        covariates = plan.engagement.covariates
        naive = page[2].examined.confounding.adjusted
        known = slope_sensitivity(
            used, "english_endline", "hours", [*covariates, "motivation"], baseline="english_baseline", step=10
        )
        strength = known.observed.set_index("covariate").loc["motivation"]
        # Its share of what is left of dose is of the naive regression; that of the outcome is given dose.
        (left,) = naive.adjusted([strength["r2_treatment"]], [strength["r2_outcome"]])["estimate"]
        assert naive.estimate > known.estimate
        assert left == pytest.approx(known.estimate, abs=1e-9)

    def test_the_page_says_how_much_of_it_would_be_needed_and_what_known_measures_cannot_tell(self, page):
        result = page[2]
        found = result.examined.confounding
        template, values = result.examined.words_on_confounding(result.dose)["unseen"]
        assert values["robustness"].estimate == pytest.approx(100 * found.adjusted.robustness)
        assert "{robustness}" in template
        assert "enough to leave no association at all" in template
        # Where known measures would not undo the slope, the page is calmed by that only if they say who had more.
        calm = "would not be enough" in template and not found.reading.evidence.yardstick
        assert ("no reassurance" in template) == calm
        assert "This is an association: it does not show what the support did." in result.answer()[0]


class TestNoEffect:
    """Nothing of page 05 is claimed as an effect, and nothing of it is worth money."""

    def test_no_finding_claims_an_effect(self, page):
        found = page[2].findings()
        assert len(found) > 50
        assert {f.claim for f in found} == {"association", "description"}
        assert all(f.claim == "association" for f in found if f.quantity == "slope")

    def test_no_slope_becomes_a_benefit_not_even_under_the_name_of_an_effect(self, page):
        world, plan, result = page
        given = result.findings()
        valued = value(world.cohort, plan.value, given, draws=50)
        assert {line.use for line in valued.lines} == {"excluded"}
        # As close to an effect as it can be dressed: its id, its tier, its unit.
        dressed = [
            replace(f, finding_id=f"attribution.att.{f.outcome}.{f.wave}", quantity="att", unit="points", tier="A")
            for f in given
            if f.finding_id.startswith("engagement.slope.")
        ]
        assert {f.outcome for f in dressed} >= {b.measure for b in plan.value.benefits}
        lines = benefits(world.cohort, plan.value, dressed, 2)
        assert {line.use for line in lines} == {"excluded"}
        assert all("not an estimate against a comparison group" in line.reason for line in lines)
        assert not value(world.cohort, plan.value, dressed, draws=50).effects
        # What they would do if they were let in: the refusal is not for want of a price.
        let_in = benefits(world.cohort, plan.value, [replace(f, claim="effect") for f in dressed], 2)
        assert {line.use for line in let_in} == {"headline"}
