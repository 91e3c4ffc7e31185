"""Whether two evaluations differ significantly: the bootstrap of a difference (Efron 1979).

A metric is a function of confusion counts (..., 7, 7), rows are true labels, so that a thousand resamples are
scored at once. NumPy alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.evaluation.metrics import Evaluation

Counts = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]
RESAMPLES = 2000


@dataclass(frozen=True)
class Difference:
    """How much higher one evaluation scores than another, in [-1, 1], with its 95% interval.

    Attributes:
        value: the difference on the images themselves.
        low: the 2.5 % quantile of the resamples.
        high: the 97.5 % quantile.
        paired: whether both were evaluated on the same images, and resampled together.
    """

    value: float
    low: float
    high: float
    paired: bool

    @property
    def direction(self) -> int:
        """1 or -1 where the interval lies on one side of 0; 0 where the difference is not significant."""
        return int(self.low > 0) - int(self.high < 0)

    @property
    def reversed(self) -> "Difference":
        """How much higher the other scores than the one."""
        return Difference(-self.value, -self.high, -self.low, self.paired)


def accuracy(counts: Counts) -> Scores:
    """The share of correct predictions."""
    return _trace(counts) / counts.sum(axis=(-2, -1))


def macro_f1(counts: Counts) -> Scores:
    """The mean F1 score of the classes that occur among the true labels."""
    right, support = np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1)
    f1 = 2 * right / np.maximum(support + counts.sum(axis=-2), 1)
    return np.mean(f1, axis=-1, where=support > 0)


def disgust_recall(counts: Counts) -> Scores:
    """The share of the images of disgust that are predicted so; 0 where there is none."""
    support = counts[..., Emotion.DISGUST, :].sum(axis=-1)
    right = counts[..., Emotion.DISGUST, Emotion.DISGUST]
    return np.divide(right, support, out=np.zeros(np.shape(right)), where=support > 0)


MEASURES: dict[str, Callable[[Counts], Scores]] = {
    "accuracy": accuracy,
    "macro-F1": macro_f1,
    "recall of disgust": disgust_recall,
}


def compare(better: Evaluation, worse: Evaluation, measure: str, *, seed: int = 0) -> Difference:
    """How much higher ``better`` scores than ``worse`` (single view), by one of MEASURES.

    On the same images both are resampled together: what they share cancels out, as in McNemar's test.
    """
    score = MEASURES[measure]
    rng = np.random.default_rng(seed)
    paired = np.array_equal(better.rows, worse.rows) and np.array_equal(better.labels, worse.labels)
    if paired:
        joint = _cells(better.labels, better.probabilities.argmax(1), worse.probabilities.argmax(1))
        drawn = np.concatenate([joint[None], _resample(joint, rng)])  # (1 + resamples, 7, 7, 7)
        first, second = drawn.sum(axis=3), drawn.sum(axis=2)
    else:
        first, second = (_drawn(each, rng) for each in (better, worse))
    differences = score(first) - score(second)
    low, high = np.quantile(differences[1:], (0.025, 0.975))
    return Difference(float(differences[0]), float(low), float(high), paired)


def _drawn(evaluation: Evaluation, rng: np.random.Generator) -> Counts:
    counts = _cells(evaluation.labels, evaluation.probabilities.argmax(1))
    return np.concatenate([counts[None], _resample(counts, rng)])


def _cells(*classes: npt.NDArray[np.integer]) -> Counts:
    """How often each combination of true label and predictions occurs, (7, 7) or (7, 7, 7)."""
    shape = (EMOTION_COUNT,) * len(classes)
    flat = np.ravel_multi_index([each.astype(np.int64) for each in classes], shape)
    return np.bincount(flat, minlength=EMOTION_COUNT ** len(classes)).reshape(shape)


def _resample(counts: Counts, rng: np.random.Generator) -> Counts:
    """RESAMPLES times as many images, drawn with replacement."""
    images = int(counts.sum())
    drawn = rng.multinomial(images, counts.ravel() / images, size=RESAMPLES)
    return drawn.reshape(RESAMPLES, *counts.shape)


def _trace(counts: Counts) -> Counts:
    return np.trace(counts, axis1=-2, axis2=-1)
