"""From a network's logits to probabilities that are right as often as they say.

A temperature alone (Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599) leaves our
networks too sure in the middle and not sure enough at the top. So what divides a logit from the highest one
is raised to a power, too: two numbers, fitted to the validation faces. That keeps the order of a face's
emotions and so changes no decision on one view, as the functions do that Rahimi et al. 2020 learn ("Intra
Order-preserving Functions for Calibration of Multi-Class Neural Networks", arXiv:2003.06820).
docs/experiments.md says what it gives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.errors import DataError, RunError
from fer_core.evaluation.metrics import Labels, check_rows, log_loss, softmax

POWERS = (0.5, 2.0)  # between which the power is sought
STEPS = 20  # of a golden-section search, which leaves the power within 0.0001


@dataclass(frozen=True)
class Calibration:
    """Probabilities = softmax(-((highest logit - logit) / temperature) ** power).

    Attributes:
        temperature: above 0, in logits.
        power: above 0; with 1 it is the softmax of logits / temperature.

    Raises:
        RunError: if either is not that.
    """

    temperature: float = 1.0
    power: float = 1.0

    def __post_init__(self) -> None:
        """Refuse numbers that make no probabilities."""
        for name, value in vars(self).items():
            if not 0 < value < float("inf"):
                raise RunError(f"The {name} of a calibration must be a number above 0. Received: {value}.")

    def probabilities(self, logits: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
        """Probabilities (N, 7) float32 of logits (N, 7)."""
        exact = logits.astype(np.float64)
        behind = (exact.max(axis=1, keepdims=True) - exact) / self.temperature
        return softmax(-(behind**self.power))


UNCALIBRATED = Calibration()


def fit_calibration(labels: Labels, logits: npt.NDArray[np.floating[Any]]) -> Calibration:
    """The calibration under which the labels are least surprising.

    For each power the temperature is the best one (``fit_temperature``); the power is sought between them by
    golden section.

    Args:
        labels: (N,) integers in [0, 6].
        logits: (N, 7).

    Raises:
        DataError: if there is no face, or the arrays do not belong together.
    """
    exact = logits.astype(np.float64)
    behind = exact.max(axis=-1, keepdims=True) - exact

    def best_at(power: float) -> Calibration:
        return Calibration(fit_temperature(labels, -(behind**power)) ** (1 / power), power)

    def loss_at(power: float) -> float:
        return log_loss(labels, best_at(power).probabilities(exact))

    return best_at(_least(loss_at, *POWERS, steps=STEPS))


def fit_temperature(labels: Labels, logits: npt.NDArray[np.floating[Any]]) -> float:
    """The temperature that makes softmax(logits / temperature) least surprised by the labels.

    Guo et al. 2017, "On Calibration of Modern Neural Networks": one number, chosen on validation faces;
    it changes no decision. The loss has one minimum in 1 / temperature, found by golden-section search
    in [0.05, 20].

    Raises:
        DataError: if there is no face, or the arrays do not belong together.
    """
    check_rows(labels, logits)
    if not len(labels):
        raise DataError("A temperature is fitted to at least one face. Received: none.")
    logits = logits.astype(np.float64)
    ends = np.log(0.05), np.log(20.0)
    return float(
        np.exp(_least(lambda point: _exact_log_loss(labels, logits / np.exp(point)), *ends, steps=60))
    )


def _least(loss: Callable[[float], float], low: float, high: float, *, steps: int) -> float:
    """Where a function that first falls and then rises is least, by golden section: each step leaves 62 % of
    the way from ``low`` to ``high``."""
    ratio = (np.sqrt(5.0) - 1) / 2
    for _ in range(steps):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float((low + high) / 2)


def _exact_log_loss(labels: Labels, logits: npt.NDArray[np.float64]) -> float:
    """Without ``log_loss``'s floor, under which the loss of a very sure network has several minima."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=1)) - chosen).mean())
