"""From a network's logits to probabilities that are right as often as they say.

A temperature alone (Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599) leaves our
networks too sure in the middle and not sure enough at the top. So what divides a logit from the highest one
is raised to a power, too: two numbers, fitted to the validation faces. That keeps the order of a face's
emotions and so changes no decision on one view, as the functions do that Rahimi et al. 2020 learn ("Intra
Order-preserving Functions for Calibration of Multi-Class Neural Networks", arXiv:2003.06820).
docs/experiments.md says what it gives.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.errors import RunError
from fer_core.metrics import Labels, fit_temperature, least, log_loss, softmax

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

    return best_at(least(loss_at, *POWERS, steps=STEPS))
