"""What the training curves say, on curves whose answer is known."""

import numpy as np
import pytest

from fer_core.evaluation.learning_curves import best_epoch, generalisation_gap, overfitting_epoch, smooth


def history(gap, val_accuracy=None):
    """A history whose generalisation gap is ``gap``."""
    gap = np.asarray(gap, dtype=float)
    validation = np.full(len(gap), 0.6) if val_accuracy is None else np.asarray(val_accuracy)
    return {
        "epoch": list(range(1, len(gap) + 1)),
        "accuracy": (validation + gap).tolist(),
        "val_accuracy": validation.tolist(),
    }


@pytest.mark.parametrize(
    ("losses", "accuracies", "epoch"),
    [
        ([1.5, 1.2, 1.3, 1.25], [0.4, 0.5, 0.6, 0.7], 3),
        ([1.5, 1.2, 1.2, 1.3], [0.4, 0.5, 0.6, 0.7], 3),  # the first of the lowest
        ([1.5, 1.4, 1.3, 1.2], [0.4, 0.5, 0.6, 0.9], None),
        ([1.5, 1.2, 1.3, 1.3], [0.4, 0.5, 0.505, 0.505], None),  # it has stopped learning
        ([1.5], [0.4], None),
        ([], [], None),
    ],
    ids=["overfits", "a tie", "still better", "a plateau", "one epoch", "empty"],
)
def test_overfitting_starts_after_the_lowest_validation_loss(losses, accuracies, epoch):
    found = {"epoch": list(range(1, len(losses) + 1)), "val_loss": losses, "accuracy": accuracies}
    assert overfitting_epoch(found) == epoch


def test_gap_is_training_minus_validation():
    assert generalisation_gap(history([-0.1, 0.2])) == pytest.approx([-0.1, 0.2])


@pytest.mark.parametrize(
    ("accuracies", "epoch"), [([0.1, 0.7, 0.6], 2), ([0.1, 0.7, 0.7], 2), ([0.3], 1), ([], None)]
)
def test_best_epoch_is_the_first_of_the_highest(accuracies, epoch):
    of_accuracy = history(np.zeros(len(accuracies)), accuracies)
    assert best_epoch(of_accuracy) == epoch
    losses = of_accuracy | {"val_loss": [1 - each for each in accuracies], "val_accuracy": []}
    assert best_epoch(losses, "val_loss") == epoch


def test_smoothing_is_a_moving_average_without_a_cold_start():
    assert smooth([3.0, 1.0, 2.0], 0.0) == [3.0, 1.0, 2.0]
    assert smooth([0.4] * 5, 0.9) == pytest.approx([0.4] * 5)
    # the weights of three values are 1/4, 1/2 and 1, over their sum
    assert smooth([4.0, 2.0, 1.0], 0.5)[-1] == pytest.approx((4 / 4 + 2 / 2 + 1) / 1.75)
    assert smooth([], 0.5) == []
