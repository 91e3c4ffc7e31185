"""What probabilities are worth as an order: one emotion against the rest, and what abstaining would gain.

Everywhere: ``shows`` is (N,) bool (the face shows the emotion), ``scores`` is (N,) numbers, higher for surer;
rates, areas and shares lie in [0, 1]. Faces of equal score stand or fall together, so each curve has one
point a distinct score. NumPy alone; scikit-learn is the oracle in the tests.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.errors import DataError
from fer_core.metrics import Z_95, Labels, Probabilities, wilson_interval

Shows = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Ranking:
    """How well scores tell the faces that show an emotion from the rest; thresholds fall along each array.

    Attributes:
        positives: how many faces show it.
        count: of how many.
        false_positive_rate: (points + 1,) share of the others that are called it; starts at 0, ends at 1.
        recall: (points + 1,) share of those who show it that are called it; starts at 0, ends at 1.
        precision: (points + 1,) share of those called it that show it; 1 where nobody is called it.
    """

    positives: int
    count: int
    false_positive_rate: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]

    @property
    def area(self) -> float:
        """Under the ROC curve: the chance that a face that shows it is scored above one that does not."""
        return float(np.trapezoid(self.recall, self.false_positive_rate))

    @property
    def area_interval(self) -> tuple[float, float]:
        """The area's 95% interval, from the standard error of Hanley and McNeil 1982 (their equation 2)."""
        area, positives, negatives = self.area, self.positives, self.count - self.positives
        if not positives or not negatives:
            return float("nan"), float("nan")
        both_positive, both_negative = area / (2 - area), 2 * area**2 / (1 + area)
        variance = area * (1 - area)
        variance += (positives - 1) * (both_positive - area**2) + (negatives - 1) * (both_negative - area**2)
        half = Z_95 * float(np.sqrt(max(0.0, variance) / (positives * negatives)))
        return max(0.0, area - half), min(1.0, area + half)

    @property
    def average_precision(self) -> float:
        """Mean precision over the faces that show it, as each is reached: the PR curve's area, in steps."""
        return float((np.diff(self.recall) * self.precision[1:]).sum())


def rank(shows: Shows, scores: Scores) -> Ranking:
    """The ROC and the precision-recall curve of scores; nan where nobody, or everybody, shows the emotion.

    Raises:
        DataError: if the two have not one length.
    """
    if shows.shape != scores.shape or shows.ndim != 1:
        raise DataError(f"Each face has one score. Received: {shows.shape} faces, {scores.shape} scores.")
    order = np.argsort(-scores, kind="stable")
    ends = _ends(scores[order])
    hits = np.concatenate([[0], np.cumsum(shows[order])[ends]])
    called = np.concatenate([[0], ends + 1])
    positives, count = int(shows.sum()), len(shows)
    with np.errstate(invalid="ignore"):
        return Ranking(
            positives,
            count,
            false_positive_rate=np.divide(called - hits, count - positives),
            recall=np.divide(hits, positives),
            precision=np.divide(hits, called, out=np.ones(len(called)), where=called > 0),
        )


@dataclass(frozen=True)
class Coverage:
    """Accuracy on the faces that a network is surest of, the surest first (El-Yaniv and Wiener 2010).

    Attributes:
        count: faces in all.
        read: (points,) int64, how many are read at each threshold; rises to ``count``.
        right: (points,) int64, how many of them are right.
        threshold: (points,) the least confidence among them; falls.
    """

    count: int
    read: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float64]

    @property
    def share(self) -> npt.NDArray[np.float64]:
        """(points,) the share of all faces that is read."""
        return self.read / self.count

    @property
    def accuracy(self) -> npt.NDArray[np.float64]:
        """(points,) the share of the faces read that is right."""
        return self.right / self.read

    def at(self, share: float) -> int:
        """The first point that reads at least this share of the faces."""
        return min(int(np.searchsorted(self.share, share - 1e-9)), len(self.read) - 1)

    def interval(self, point: int) -> tuple[float, float]:
        """The 95% interval of the accuracy at a point (Wilson)."""
        return wilson_interval(int(self.right[point]), int(self.read[point]))


def coverage(labels: Labels, probabilities: Probabilities) -> Coverage:
    """What a network would get right if it might abstain from the faces that it is least sure of.

    Args:
        labels: (N,) integers in [0, 6], at least one.
        probabilities: (N, 7); the largest of a row is the confidence.

    Raises:
        DataError: if there is no face.
    """
    if not len(labels):
        raise DataError("Coverage is a share of at least one face. Received: none.")
    confidence = probabilities.max(axis=1).astype(np.float64)
    order = np.argsort(-confidence, kind="stable")
    ends = _ends(confidence[order])
    right = np.cumsum((probabilities.argmax(axis=1) == labels)[order])
    return Coverage(len(labels), ends + 1, right[ends], confidence[order][ends])


def _ends(descending: Scores) -> npt.NDArray[np.int64]:
    """The last index of each run of equal scores."""
    return np.flatnonzero(np.append(np.diff(descending) != 0, True))[: len(descending)]
