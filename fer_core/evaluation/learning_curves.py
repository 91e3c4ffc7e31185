"""What a training history says: the best epoch, and from which epoch the network overfits.

A history is what ``Run.history`` holds: lists of one number an epoch under ``epoch`` (counted from 1),
``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, ``learning_rate`` and ``seconds``, and under
``distillation_loss`` where the network learnt from a teacher. Losses are cross-entropies of the labels in
nats, accuracies lie in [0, 1], and an epoch's seconds are those of all it does (until 0.19.0 without its
validation). NumPy only; nothing here draws or reads files.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

History = Mapping[str, Sequence[float]]

NOTICEABLE = 0.01  # a smaller rise of the training accuracy is noise
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


def overfitting_epoch(history: History) -> int | None:
    """The epoch (from 1) from which the network overfits: the validation loss has been lowest just before,
    while the training accuracy still rises by ``NOTICEABLE`` until the end. None if it does not overfit.
    """
    lowest = best_epoch(history, "val_loss")
    if lowest is None:
        return None
    before = list(history["epoch"]).index(lowest)
    rise = history["accuracy"][-1] - history["accuracy"][before]
    return int(history["epoch"][before + 1]) if rise > NOTICEABLE else None
