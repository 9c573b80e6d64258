"""The default learners of cross-fitting: unpenalised regressions with scikit-learn's verbs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.attribution.effects.models import logistic_fit
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.inference import independent_columns

__all__ = ["LeastSquaresLearner", "LogisticLearner", "checked_learners"]

Array = npt.NDArray[np.float64]

#: As if one more child of each kind had been seen for each covariate: enough to hold a fit that would run away.
PENALTY = 1.0


class LeastSquaresLearner:
    """Unpenalised linear regression with scikit-learn's two verbs, at a fraction of its cost."""

    def fit(self, X: Array, y: Array) -> LeastSquaresLearner:
        """Fit; columns that repeat others share their coefficients."""
        self.centre = X.mean(axis=0)
        design = np.column_stack([np.ones(len(X)), X - self.centre])
        self.coefficients = np.linalg.lstsq(design, y, rcond=1e-10)[0]
        return self

    def predict(self, X: Array) -> Array:
        """Predict the outcome of each row."""
        return self.coefficients[0] + (X - self.centre) @ self.coefficients[1:]


class LogisticLearner:
    """Logistic regression with scikit-learn's two verbs, unpenalised wherever that can be fitted.

    Where the columns tell the answers apart (a rare level that only one group has) there is no unpenalised fit; the
    standardised columns then carry a small penalty, and `penalised` says so.
    """

    penalised = False

    def fit(self, X: Array, y: Array) -> LogisticLearner:
        """Fit by maximum likelihood, without the columns that are constant or repeat others."""
        spread = X.std(axis=0)
        self.centre, self.spread = X.mean(axis=0), np.where(spread > 0, spread, 1.0)
        design = np.column_stack([np.ones(len(X)), (X - self.centre) / self.spread])
        self.kept = independent_columns(design)
        answers, ones = np.asarray(y, dtype=float), np.ones(len(X))
        beta = logistic_fit(design[:, self.kept], answers, ones)
        if beta is None:
            self.penalised = True
            beta = logistic_fit(design[:, self.kept], answers, ones, penalty=PENALTY)
        if beta is None:
            raise DesignError("The chance of being on the programme could not be fitted. Use fewer covariates.")
        self.coefficients = beta
        return self

    def predict_proba(self, X: Array) -> Array:
        """Chances of no and of yes, one row a child."""
        design = np.column_stack([np.ones(len(X)), (X - self.centre) / self.spread])[:, self.kept]
        yes = special.expit(design @ self.coefficients)
        return np.column_stack([1 - yes, yes])


def checked_learners(outcome_learner: Any, propensity_learner: Any) -> tuple[Any, Any]:
    """Take the learners as given, or the defaults."""
    outcome_learner = LeastSquaresLearner() if outcome_learner is None else outcome_learner
    propensity_learner = LogisticLearner() if propensity_learner is None else propensity_learner
    for name, learner, needs in (
        ("outcome_learner", outcome_learner, "predict"),
        ("propensity_learner", propensity_learner, "predict_proba"),
    ):
        if not (hasattr(learner, "fit") and hasattr(learner, needs)):
            raise OptionError(f"{name} {type(learner).__name__} has no fit and {needs}. Give one of scikit-learn's.")
    return outcome_learner, propensity_learner
