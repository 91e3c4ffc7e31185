"""Two networks on the same images: do their accuracies differ significantly?

NumPy and the standard library alone; SciPy is the oracle in the tests.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from fer_core.errors import DataError
from fer_core.evaluation.metrics import Z_95, Labels, Probabilities

FEW = 25  # with fewer images on which one network alone is correct, the exact test is used
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Comparison:
    """How often both, one or none of two networks is correct, over the same images.

    Attributes:
        both: images that both networks predict correctly.
        only_first: images that only the first predicts correctly.
        only_second: images that only the second predicts correctly.
        neither: images that both misclassify.
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def count(self) -> int:
        """All images."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float:
        """Accuracy of the first minus accuracy of the second, in [-1, 1]; nan of no images."""
        return (self.only_first - self.only_second) / self.count if self.count else float("nan")

    @property
    def difference_interval(self) -> tuple[float, float]:
        """Its 95% interval for paired shares: Wald's, with half an image added to each of the four counts
        (Agresti and Min 2005), which holds its level with few images too."""
        first, second, count = self.only_first + 0.5, self.only_second + 0.5, self.count + 2
        middle = (first - second) / count
        half = Z_95 * math.sqrt(first + second - (first - second) ** 2 / count) / count
        return max(-1.0, middle - half), min(1.0, middle + half)

    @property
    def exact(self) -> bool:
        """Whether ``p_value`` is the exact test's."""
        return self.only_first + self.only_second < FEW

    @property
    def p_value(self) -> float:
        """McNemar's test (McNemar 1947): the chance of a split of the images on which one alone is correct
        that is at least as uneven as this, were the two networks equally good.

        Of fewer than ``FEW`` such images: the exact two-sided binomial test. Else chi-square with one degree
        of freedom, (|b - c| - 1)^2 / (b + c), where the 1 is the continuity correction of Edwards 1948.
        """
        first, second = self.only_first, self.only_second
        if self.exact:
            tosses, fewer = first + second, min(first, second)
            tail = sum(math.comb(tosses, heads) for heads in range(fewer + 1))
            return min(1.0, 2 * tail / 2**tosses)
        statistic = max(0, abs(first - second) - 1) ** 2 / (first + second)
        return math.erfc(math.sqrt(statistic / 2))

    @property
    def is_significant(self) -> bool:
        """Whether chance alone would rarely (under ``SIGNIFICANT``) make such a difference."""
        return self.p_value < SIGNIFICANT


def compare(labels: Labels, first: Probabilities, second: Probabilities) -> Comparison:
    """Count on how many images both, one or none is correct.

    Args:
        labels: (N,) integers in [0, 6].
        first: (N, 7) of one network.
        second: (N, 7) of the other, for the same images.

    Raises:
        DataError: if the three have not one length.
    """
    if not len(labels) == len(first) == len(second):
        lengths = (len(labels), len(first), len(second))
        raise DataError(f"Two networks are compared on the same images. Received lengths: {lengths}.")
    return count_right(*(probabilities.argmax(axis=1) == labels for probabilities in (first, second)))


def count_right(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> Comparison:
    """The comparison from whether each prediction was correct: (N,) of the first, (N,) of the second."""
    counts = (first & second, first & ~second, ~first & second, ~first & ~second)
    return Comparison(*(int(np.count_nonzero(each)) for each in counts))


@dataclass(frozen=True)
class Pair:
    """Two of several networks, compared on the same images.

    Attributes:
        first: the name of one network.
        second: the name of the other.
        comparison: of the first with the second.
        adjusted_p_value: McNemar's, by Holm's correction over all pairs.
    """

    first: str
    second: str
    comparison: Comparison
    adjusted_p_value: float

    @property
    def is_significant(self) -> bool:
        """Whether the difference is significant among as many comparisons."""
        return self.adjusted_p_value < SIGNIFICANT


def compare_pairs(labels: Labels, predictions: Mapping[str, Probabilities]) -> list[Pair]:
    """Compare each network with each other one, in the order given.

    Args:
        labels: (N,) integers in [0, 6].
        predictions: name -> (N, 7), for the same images.

    Raises:
        DataError: as ``compare``.
    """
    pairs = list(combinations(predictions, 2))
    found = [compare(labels, predictions[first], predictions[second]) for first, second in pairs]
    adjusted = adjust_p_values([each.p_value for each in found])
    return [Pair(*pair, each, p) for pair, each, p in zip(pairs, found, adjusted, strict=True)]


def adjust_p_values(p_values: Sequence[float]) -> list[float]:
    """Holm's correction (Holm 1979): p-values to be held against the same level as one alone.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none falls below one before it. The
    chance of any false alarm among all of them then stays at the level, whatever depends on what.
    """
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted
