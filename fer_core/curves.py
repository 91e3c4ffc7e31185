"""What a training history says: the best epoch, and when the network starts to learn its lessons by heart.

A history is what ``Run.history`` holds: lists of one number an epoch under ``epoch`` (counted from 1),
``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, ``learning_rate`` and ``seconds``; accuracies lie
in [0, 1], and an epoch's seconds are those of all it does (until 0.19.0 without its validation). NumPy only;
nothing here draws or reads files.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

History = Mapping[str, Sequence[float]]

# A gap that grows by less than this over the whole training is noise: at the 3,589 images of a test
# split the standard error of an accuracy is 0.8 points.
NOTICEABLE = 0.01
# Which value of a column is the best.
PICKS = MappingProxyType({"val_accuracy": max, "val_loss": min, "epoch": max})


def best_epoch(history: History, monitor: str = "val_accuracy") -> int | None:
    """The epoch (from 1) of the highest validation accuracy, or of the lowest ``val_loss``, the first of them
    when several tie; or the last, where ``epoch`` itself is monitored.

    Returns None for an empty history.
    """
    if not len(history["epoch"]):
        return None
    values = list(history[monitor])
    return int(history["epoch"][values.index(PICKS[monitor](values))])


def smooth(values: Sequence[float], weight: float) -> list[float]:
    """The exponential moving average of values: each step keeps ``weight`` of what came before.

    The average starts at nothing, so it is divided by the weight that it has gathered so far (as Kingma and
    Ba 2015 correct Adam's); the first value stays as it is.

    Args:
        values: one number an epoch.
        weight: in [0, 1); 0 changes nothing.
    """
    smoothed, average, gathered = [], 0.0, 0.0
    for value in values:
        average = weight * average + (1 - weight) * value
        gathered = weight * gathered + (1 - weight)
        smoothed.append(average / gathered)
    return smoothed


def generalisation_gap(history: History) -> list[float]:
    """Training accuracy minus validation accuracy, one number an epoch, in [-1, 1].

    Training accuracy is measured under augmentation and dropout, so the gap starts below zero.
    """
    return (np.asarray(history["accuracy"]) - np.asarray(history["val_accuracy"])).tolist()


def widening_epoch(history: History) -> int | None:
    """The epoch (from 1) from which the generalisation gap widens for good; None if it does not.

    A broken stick is fitted by least squares to the gap from where it is smallest: before that the network,
    or the average of its weights, is still getting going. It is flat up to an epoch, then a straight line.
    The epoch where the best such stick breaks is the answer, so a single noisy epoch does not move it.
    The gap must end ``NOTICEABLE`` above the flat part for the break to count.
    """
    gap = np.asarray(generalisation_gap(history))
    first = int(gap.argmin()) if len(gap) else 0
    gap = gap[first:]
    if len(gap) < 3:
        return None
    fits = [_broken_stick(gap, at) for at in range(len(gap) - 1)]
    at, (_, slope) = min(enumerate(fits), key=lambda fit: fit[1][0])
    rise = slope * (len(gap) - 1 - at)
    return int(history["epoch"][first + at]) if rise >= NOTICEABLE else None


def _broken_stick(values: np.ndarray, at: int) -> tuple[float, float]:
    """The squared error and the slope of the best stick that is flat up to index ``at``."""
    after = np.maximum(np.arange(len(values)) - at, 0)
    design = np.stack([np.ones(len(values)), after], axis=1)
    fit, *_ = np.linalg.lstsq(design, values, rcond=None)
    return float(np.square(values - design @ fit).sum()), float(fit[1])
