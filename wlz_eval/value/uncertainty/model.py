"""Money as sums of products of inputs: what is drawn, moved one at a time, and solved for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.value.uncertainty.margins import Margin
from wlz_eval.value.uncertainty.sampling import correlated_scores

__all__ = ["Drawn", "Input", "Line", "ValueModel"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Input:
    """One number that the answer rests on.

    Parameters
    ----------
    name : str
        Stable: ``effect.english.endline``, ``link.english.endline.gcse_grade_english``, ``price.gcse_grade_english``,
        ``costs``.
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
    """One amount: a constant times the product of inputs.

    Parameters
    ----------
    name, label : str
    constant : float
        Everything that is certain: direction, discounting, what is taken off for optimism, number of children.
    inputs : tuple of int
        Positions of its inputs in the model.
    """

    name: str
    label: str
    constant: float
    inputs: tuple[int, ...]


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
        return np.stack([x.constant * np.prod(values[..., list(x.inputs)], axis=-1) for x in lines], axis=-1)

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
        """Amounts of lines at the means of their inputs: their expected value where inputs of a line are independent.

        Returns
        -------
        array, shape (lines,)
        """
        return self.amounts(lines, self.means)

    def moved(self, values: Mapping[int, float]) -> Array:
        """Means of the inputs with some of them set to given values, shape (inputs,)."""
        out = self.means.copy()
        for k, value in values.items():
            out[k] = value
        return out
