"""Whether two evaluations differ significantly: the bootstrap of a difference (Efron 1979).

Where networks were trained several times, with other seeds, the interval is wider, as it is also to hold for
a training not yet seen (Bouthillier et al. 2021, "Accounting for variance in machine learning benchmarks",
arXiv:2103.03098).

A metric is a function of confusion counts (..., 7, 7), rows are true labels, so that a thousand resamples are
scored at once. NumPy alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.evaluation.metrics import Evaluation

Counts = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]
RESAMPLES = 2000
# The 97.5 % quantile of Student's t with 1, 2, ... degrees of freedom; with more than 10, the last or less.
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


@dataclass(frozen=True)
class Difference:
    """How much higher one evaluation scores than another, in [-1, 1], with its 95% interval.

    Attributes:
        value: the difference on the images themselves.
        low: the 2.5 % quantile of the resamples.
        high: the 97.5 % quantile.
        paired: whether both were evaluated on the same images, and resampled together.
        trainings: of how many trainings each the means are compared.
    """

    value: float
    low: float
    high: float
    paired: bool
    trainings: int = 1

    @property
    def direction(self) -> int:
        """1 or -1 where the interval lies on one side of 0; 0 where the difference is not significant."""
        return int(self.low > 0) - int(self.high < 0)

    @property
    def reversed(self) -> "Difference":
        """How much higher the other scores than the one."""
        return replace(self, value=-self.value, low=-self.high, high=-self.low)


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


def compare_trainings(
    better: Sequence[Evaluation], worse: Sequence[Evaluation], measure: str, *, seed: int = 0
) -> Difference:
    """How much higher ``better`` scores than ``worse`` on average, over trainings with the same seeds.

    The interval's two halves add, as independent errors do, what another sample of images would change (the
    mean of the trainings' own intervals, which is a little wide, as they share their images) and what other
    seeds would (Student's t on the differences seed by seed).

    Args:
        better: one evaluation a seed, at least one; what has no counterpart is left out.
        worse: those with the same seeds, in the same order.
        measure: one of MEASURES.
        seed: of the bootstrap.
    """
    each = [compare(*pair, measure, seed=seed) for pair in zip(better, worse, strict=False)]
    if len(each) == 1:
        return each[0]
    values = np.array([one.value for one in each])
    luck = T[min(len(each) - 1, len(T)) - 1] * values.std(ddof=1) / np.sqrt(len(each))
    below, above = (np.mean([abs(one.value - end) for one, end in zip(each, ends, strict=True)]) for ends in (
        [one.low for one in each], [one.high for one in each]
    ))  # fmt: skip
    value = float(values.mean())
    low, high = value - float(np.hypot(below, luck)), value + float(np.hypot(above, luck))
    return Difference(value, low, high, each[0].paired, len(each))


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
