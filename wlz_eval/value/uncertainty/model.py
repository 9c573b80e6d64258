"""Money as sums of products of inputs: what is drawn, moved one at a time, and solved for.

An amount is a straight line in each of its inputs but the duration and the decay of a benefit. Where those two stand at
no one value (``nan``), it takes its mean over their ranges, so that amounts with one input moved are what is expected
at that value, and amounts with none moved are what is expected. Optimism bias is taken off last, off what is a gain
(:func:`~wlz_eval.value.benefits.optimism.less_optimism`): an amount is thus a straight line in an effect on either side
of no effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.value.benefits.fading import Fading
from wlz_eval.value.benefits.optimism import less_optimism
from wlz_eval.value.uncertainty.margins import Margin
from wlz_eval.value.uncertainty.sampling import correlated_scores

__all__ = ["Drawn", "Input", "Line", "ValueModel"]

Array = npt.NDArray[np.float64]
#: Draws, evenly spread, over which the expected amount of a line is taken whose inputs go together.
TIED_DRAWS = 16_384


@dataclass(frozen=True)
class Input:
    """One number that the answer rests on.

    Parameters
    ----------
    name : str
        Stable: ``effect.english.endline``, ``link.english.endline.gcse_grade_english``, ``price.gcse_grade_english``,
        ``duration.camhs_case``, ``decay.camhs_case``, ``costs``.
    label : str
        In plain words.
    margin : Margin
        How it is spread.
    source : str
        Where it comes from.
    evidence : str
        ``measured``, ``published``, ``illustrative`` or ``simulated``.
    unit : str
        In words: ``points``, ``GBP``.
    """

    name: str
    label: str
    margin: Margin
    source: str = ""
    evidence: str = "illustrative"
    unit: str = ""


@dataclass(frozen=True)
class Line:
    """One amount: a constant times the product of inputs, times the present value of its years where it has them.

    Parameters
    ----------
    name, label : str
    constant : float
        Everything that is certain: direction, number of children, and discounting where `fading` is left out.
    inputs : tuple of int
        Positions of its inputs in the model.
    fading : Fading, optional
        Years of a benefit whose duration and decay are inputs.
    when : tuple of (int, int), optional
        Positions of that duration and decay.
    optimism : float
        Share taken off for optimism bias where the amount is a gain.
    """

    name: str
    label: str
    constant: float
    inputs: tuple[int, ...]
    fading: Fading | None = None
    when: tuple[int, ...] = ()
    optimism: float = 0.0

    def amount(self, values: Array) -> Array:
        """Amount at values of the inputs, shape (...)."""
        return less_optimism(self.hoped(values), self.optimism)

    def hoped(self, values: Array) -> Array:
        """Amount before anything is taken off for optimism bias, shape (...)."""
        out = self.constant * np.prod(values[..., list(self.inputs)], axis=-1)
        if self.fading is not None:
            out = out * self.fading.factor(*(values[..., k] for k in self.when))
        return np.asarray(out)

    def profile(self, values: Array) -> Array:
        """Share of the amount that comes in each year from its start, shape (..., years)."""
        if self.fading is None:
            return np.ones((*values.shape[:-1], 1))
        weights = self.fading.weights(*(values[..., k] for k in self.when))
        return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Drawn:
    """Draws of a model.

    Parameters
    ----------
    values : array, shape (draws, inputs)
        Values of the inputs.
    scores : array, shape (draws, inputs)
        Their normal scores.
    benefits : array, shape (draws, benefits)
        Amounts of the lines of benefit.
    costs : array, shape (draws, cost lines)
        Amounts of the lines of cost.
    """

    values: Array
    scores: Array
    benefits: Array
    costs: Array

    @property
    def net(self) -> Array:
        """Benefits minus costs, shape (draws,)."""
        return self.benefits.sum(axis=1) - self.costs.sum(axis=1)


@dataclass(frozen=True)
class ValueModel:
    """Everything that the answer is made of.

    Parameters
    ----------
    inputs : tuple of Input
    benefits, costs : tuple of Line
    correlation : array, shape (inputs, inputs)
        Between normal scores of the inputs.
    """

    inputs: tuple[Input, ...]
    benefits: tuple[Line, ...]
    costs: tuple[Line, ...]
    correlation: Array

    @property
    def means(self) -> Array:
        """Expected value of each input, shape (inputs,)."""
        return np.array([i.margin.mean for i in self.inputs])

    @property
    def curved(self) -> frozenset[int]:
        """Positions of the inputs in which amounts are no straight line: durations and decays."""
        return frozenset(k for x in self.benefits for k in x.when)

    @property
    def centre(self) -> Array:
        """Values of the inputs at which amounts are what is expected, shape (inputs,): means; ``nan``, curved ones."""
        out = self.means
        out[[k for k in self.curved if self.inputs[k].margin.uncertain]] = np.nan
        return out

    @property
    def uncertain(self) -> tuple[int, ...]:
        """Positions of the inputs that can take more than one value."""
        return tuple(k for k, i in enumerate(self.inputs) if i.margin.uncertain)

    def amounts(self, lines: Sequence[Line], values: Array) -> Array:
        """Amounts of lines at values of the inputs.

        Parameters
        ----------
        lines : sequence of Line
        values : array, shape (..., inputs)

        Returns
        -------
        array, shape (..., lines)
        """
        if not lines:
            return np.zeros((*values.shape[:-1], 0))
        return np.stack([x.amount(values) for x in lines], axis=-1)

    def net(self, values: Array) -> Array:
        """Benefits minus costs at values of the inputs, shape (...)."""
        return self.amounts(self.benefits, values).sum(axis=-1) - self.amounts(self.costs, values).sum(axis=-1)

    def draw(self, draws: int, seed: int) -> Drawn:
        """Draw every uncertain input jointly; the same seed gives the same draws."""
        moving = list(self.uncertain)
        names = [self.inputs[k].name for k in moving]
        scores = np.zeros((draws, len(self.inputs)))
        scores[:, moving] = correlated_scores(names, self.correlation[np.ix_(moving, moving)], draws, seed)
        values = np.tile(self.means, (draws, 1))
        for k in moving:
            values[:, k] = self.inputs[k].margin.at(scores[:, k])
        return Drawn(values, scores, self.amounts(self.benefits, values), self.amounts(self.costs, values))

    def expected(self, lines: Sequence[Line]) -> Array:
        """Work out expected amounts of lines: exact where the inputs of a line are independent, else over many draws.

        What is taken off for optimism bias comes off the expectation.

        Returns
        -------
        array, shape (lines,)
        """
        amounts = self.amounts(lines, self.centre)
        tied = [i for i, x in enumerate(lines) if self._tied(x)]
        if tied:
            values = self.draw(TIED_DRAWS, 0).values
            for i in tied:
                amounts[i] = less_optimism(float(lines[i].hoped(values).mean()), lines[i].optimism)
        return amounts

    def _tied(self, line: Line) -> bool:
        """Whether some inputs of one line go together, so that the mean of their product is not that of their means."""
        at = [k for k in (*line.inputs, *line.when) if self.inputs[k].margin.uncertain]
        return bool(np.any(self.correlation[np.ix_(at, at)] - np.eye(len(at))))

    def moved(self, values: Mapping[int, float]) -> Array:
        """Centre of the inputs with some of them set to given values, shape (inputs,)."""
        out = self.centre
        for k, value in values.items():
            out[k] = value
        return out
