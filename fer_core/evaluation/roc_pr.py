"""ROC and precision-recall curves of one class against the rest, and selective prediction.

The curves are scikit-learn's, which is imported at first use: it takes seconds, and most pages show none.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.errors import DataError
from fer_core.evaluation.metrics import Z_95, Labels, Probabilities, check_rows, wilson_interval
from fer_core.extras import optional

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClassCurves:
    """The ROC and the precision-recall curve of one class against the rest.

    Attributes:
        positives: images of the class.
        count: all images.
        false_positive_rate: (points,) rising from 0 to 1; empty where no image, or each, is of the class.
        true_positive_rate: (points,) rising from 0 to 1.
        precision: (points of the precision-recall curve,) ends at 1.
        recall: (points of the precision-recall curve,) falling from 1 to 0.
        roc_auc: the chance that an image of the class scores higher than another; nan of an empty curve.
        average_precision: the precision-recall curve's area, in steps; nan of an empty curve.
    """

    positives: int
    count: int
    false_positive_rate: Curve
    true_positive_rate: Curve
    precision: Curve
    recall: Curve
    roc_auc: float
    average_precision: float

    @property
    def roc_auc_interval(self) -> tuple[float, float]:
        """Its 95% interval, from the standard error of Hanley and McNeil 1982 (their equation 2)."""
        auc, positives, negatives = self.roc_auc, self.positives, self.count - self.positives
        if not positives or not negatives:
            return float("nan"), float("nan")
        both_positive, both_negative = auc / (2 - auc), 2 * auc**2 / (1 + auc)
        variance = auc * (1 - auc)
        variance += (positives - 1) * (both_positive - auc**2) + (negatives - 1) * (both_negative - auc**2)
        half = Z_95 * float(np.sqrt(max(0.0, variance) / (positives * negatives)))
        return max(0.0, auc - half), min(1.0, auc + half)


def compute_curves(labels: Labels, probabilities: Probabilities) -> list[ClassCurves]:
    """The curves of each class.

    Args:
        labels: (N,) integers in [0, 6].
        probabilities: (N, 7).

    Raises:
        DataError: if the two do not belong together.
    """
    check_rows(labels, probabilities)
    return [_compare_to_rest(labels == label, scores) for label, scores in enumerate(probabilities.T)]


def _compare_to_rest(truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.floating[Any]]) -> ClassCurves:
    with optional():
        from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

    positives, count = int(truth.sum()), len(truth)
    if not 0 < positives < count:
        nothing = np.empty(0)
        return ClassCurves(positives, count, nothing, nothing, nothing, nothing, float("nan"), float("nan"))
    false_positive_rate, true_positive_rate, _ = roc_curve(truth, scores)
    precision, recall, _ = precision_recall_curve(truth, scores, drop_intermediate=True)
    return ClassCurves(
        positives, count, false_positive_rate, true_positive_rate, precision, recall,
        roc_auc=float(auc(false_positive_rate, true_positive_rate)),
        average_precision=float(average_precision_score(truth, scores)),
    )  # fmt: skip


@dataclass(frozen=True)
class SelectivePrediction:
    """Accuracy against coverage: a network that predicts only where it is most confident (El-Yaniv and Wiener
    2010). Images of equal confidence are answered together, so there is a point for each distinct confidence.

    Attributes:
        count: all images.
        answered: (points,) int64, images with at least the threshold's confidence; rises to ``count``.
        correct: (points,) int64, how many of them are predicted correctly.
        threshold: (points,) falling.
    """

    count: int
    answered: npt.NDArray[np.int64]
    correct: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float64]

    @property
    def coverage(self) -> Curve:
        """(points,) the share of all images that is answered."""
        return self.answered / self.count

    @property
    def accuracy(self) -> Curve:
        """(points,) the share of the answered images that is correct."""
        return self.correct / self.answered

    def at(self, coverage: float) -> int:
        """The first point with at least this coverage."""
        return min(int(np.searchsorted(self.coverage, coverage - 1e-9)), len(self.answered) - 1)

    def interval(self, point: int) -> tuple[float, float]:
        """The 95% interval of the accuracy at a point (Wilson)."""
        return wilson_interval(int(self.correct[point]), int(self.answered[point]))


def predict_selectively(labels: Labels, probabilities: Probabilities) -> SelectivePrediction:
    """Accuracy against coverage, by confidence: the largest probability of each row.

    Args:
        labels: (N,) integers in [0, 6], at least one.
        probabilities: (N, 7).

    Raises:
        DataError: if there is no image, or the two do not belong together.
    """
    check_rows(labels, probabilities)
    if not len(labels):
        raise DataError("Selective prediction needs at least one image. Received: none.")
    correct = probabilities.argmax(axis=1) == labels
    falling, place = np.unique(-probabilities.max(axis=1).astype(np.float64), return_inverse=True)
    return SelectivePrediction(
        count=len(labels),
        answered=np.cumsum(np.bincount(place)),
        correct=np.cumsum(np.bincount(place[correct], minlength=len(falling))),
        threshold=-falling,
    )
