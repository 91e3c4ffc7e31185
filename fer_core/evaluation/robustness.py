"""Accuracy on degraded images: per corruption and severity, and the mean over all.

Reference:
    Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations", ICLR 2019. Their mean corruption error divides by a reference network's; here accuracies
    themselves are averaged, first over severities, then over corruptions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.evaluation.metrics import Labels, Probabilities, accuracy, wilson_interval

Predict = Callable[[npt.NDArray[np.uint8]], Probabilities]  # (N, 48, 48) -> (N, 7)
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Robustness:
    """How many of the same images are predicted correctly as they are, and degraded.

    Attributes:
        split: the images' split.
        count: how many there are.
        clean: correct predictions of the images as they are.
        correct: corruption -> correct predictions at each severity, from the mildest.
        levels: corruption -> its levels in words, one a severity.
    """

    split: str
    count: int
    clean: int
    correct: Mapping[str, tuple[int, ...]]
    levels: Mapping[str, tuple[str, ...]]

    @property
    def clean_accuracy(self) -> float:
        """Accuracy on the images as they are, in [0, 1]."""
        return self.clean / self.count

    def accuracies(self, name: str) -> Shares:
        """Accuracy under a corruption at each severity, in [0, 1]."""
        return np.array(self.correct[name]) / self.count

    @property
    def means(self) -> dict[str, float]:
        """The mean over the severities of each corruption."""
        return {name: float(self.accuracies(name).mean()) for name in self.correct}

    @property
    def mean(self) -> float:
        """The mean over all corruptions."""
        return float(np.mean(list(self.means.values())))

    def interval(self, name: str, severity: int) -> tuple[float, float]:
        """The 95% interval (Wilson) of the accuracy at a severity, from 1."""
        return wilson_interval(self.correct[name][severity - 1], self.count)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_json`` reads them again."""
        return {
            "split": self.split,
            "count": self.count,
            "clean": self.clean,
            "correct": {name: list(values) for name, values in self.correct.items()},
            "levels": {name: list(values) for name, values in self.levels.items()},
            "mean": self.mean,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Robustness":
        """What ``to_json`` gave; see ``run_schema.check_robustness`` for the check."""
        return cls(
            values["split"],
            values["count"],
            values["clean"],
            {name: tuple(found) for name, found in values["correct"].items()},
            {name: tuple(found) for name, found in values["levels"].items()},
        )


def count_correct(labels: Labels, probabilities: Probabilities) -> int:
    """How many predictions are correct."""
    return round(accuracy(labels, probabilities) * len(labels)) if len(labels) else 0
