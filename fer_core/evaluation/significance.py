"""Two networks on the same images: do their accuracies differ significantly?

NumPy and the standard library alone; SciPy is the oracle in the tests.
"""

import math
from dataclasses import dataclass

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
