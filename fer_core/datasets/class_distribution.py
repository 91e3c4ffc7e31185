"""The class distribution, and the class weights that follow from it."""

import numpy as np
import numpy.typing as npt

from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS
from fer_core.errors import DataError


def class_counts(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Images of each emotion, (7,) int64, of labels (N,) in [0, 6].

    Raises:
        DataError: if a label is outside [0, 6].
    """
    labels = np.asarray(labels)
    if labels.size and not (labels.min() >= 0 and labels.max() < EMOTION_COUNT):
        wrong = labels[(labels < 0) | (labels >= EMOTION_COUNT)][0]
        raise DataError(f"Labels must lie in [0, {EMOTION_COUNT - 1}]. Received: {wrong}.")
    return np.bincount(labels, minlength=EMOTION_COUNT).astype(np.int64)


def class_weights(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Weights inversely proportional to the class counts, (7,) float64: N / (7 x count).

    Their mean over the images is 1, so a loss keeps its scale. The same as scikit-learn's "balanced", after
    King and Zeng, "Logistic Regression in Rare Events Data", 2001. On FER2013's Training disgust weighs 9.4
    and happy 0.57.

    Raises:
        DataError: if an emotion has no image, or a label is outside [0, 6].
    """
    counts = class_counts(labels)
    absent = [EMOTION_LABELS[index] for index in np.flatnonzero(counts == 0)]
    if absent:
        raise DataError(
            f"Class weights need an image of each emotion. Received: none of {', '.join(absent)}."
        )
    return counts.sum() / (EMOTION_COUNT * counts)
