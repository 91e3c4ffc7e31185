"""What the training curves say, on curves whose answer is known."""

import numpy as np
import pytest

from fer_core.curves import best_epoch, generalisation_gap, smooth, widening_epoch


def history(gap, val_accuracy=None):
    """A history whose generalisation gap is ``gap``."""
    gap = np.asarray(gap, dtype=float)
    validation = np.full(len(gap), 0.6) if val_accuracy is None else np.asarray(val_accuracy)
    return {
        "epoch": list(range(1, len(gap) + 1)),
        "accuracy": (validation + gap).tolist(),
        "val_accuracy": validation.tolist(),
    }


STICK = np.concatenate([np.full(20, -0.05), -0.05 + 0.01 * np.arange(1, 21)])


@pytest.mark.parametrize(
    ("gap", "epoch"),
    [
        (STICK, 20),
        (np.concatenate([np.linspace(0.3, -0.05, 16), STICK]), 36),
        (np.linspace(0, 0.3, 30), 1),
        (np.zeros(30), None),
        (np.linspace(0.2, 0.0, 30), None),
        (np.linspace(0, 0.005, 30), None),  # less than a test split can show
        ([0.0, 0.3], None),  # too short to tell
        ([], None),
    ],
    ids=["stick", "closing first", "from the start", "flat", "closing", "noise", "two epochs", "empty"],
)
def test_widening_epoch(gap, epoch):
    assert widening_epoch(history(gap)) == epoch


@pytest.mark.parametrize("seed", range(5))
def test_noise_hardly_moves_the_widening_epoch(seed):
    noisy = STICK + np.random.default_rng(seed).normal(0, 0.008, len(STICK))
    assert abs(widening_epoch(history(noisy)) - 20) <= 4


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
