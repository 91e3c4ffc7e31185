"""Which epoch's weights are kept, and when none better is to be expected."""

import numpy as np
import pytest

from fer_core.training import checkpoints, loop
from fer_core.training.loop import Progress, train
from tests.synthetic import synthetic_splits

SPLITS = synthetic_splits(6, 2, 2)


@pytest.fixture
def recipe(tiny):
    return tiny.replace(epochs=2, batch_size=32)


def run(recipe, folder):
    faces = {"train": SPLITS["Training"], "validation": SPLITS["PublicTest"]}
    return train(recipe, **faces, checkpoint=folder / "checkpoint.npz")


@pytest.mark.parametrize(
    ("losses", "accuracies", "patience", "stops"),
    [
        ([3, 2, 1], [0.1, 0.2, 0.3], 1, False),
        ([1, 2, 3], [0.3, 0.2, 0.1], 2, True),
        ([1, 2, 3], [0.3, 0.2, 0.1], 3, False),
        ([1, 2, 3], [0.1, 0.2, 0.3], 1, False),  # accuracy still improves
        ([3, 2, 1], [0.3, 0.2, 0.1], 1, False),  # loss still improves
        ([1, 2, 1], [0.3, 0.2, 0.3], 2, True),  # an equal is no improvement
        ([1, 2, 3, 4, 5], [0.3] * 5, 0, False),  # 0 never stops
        ([], [], 1, False),
    ],
)
@pytest.mark.parametrize("monitor", ["val_accuracy", "val_loss"])
def test_training_stops_once_neither_loss_nor_accuracy_improves(losses, accuracies, patience, stops, monitor):
    pairs = zip(losses, accuracies, strict=True)
    history = [{"val_loss": loss, "val_accuracy": accuracy} for loss, accuracy in pairs]
    assert Progress(history, monitor=monitor).exhausted(patience) is stops


def test_patience_ends_a_run(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_validate", lambda *_: {"val_loss": 1.0, "val_accuracy": 0.5})
    _, progress = run(recipe.replace(epochs=9, patience=2), tmp_path)
    assert len(progress.history) == 3
    assert progress.best_epoch == 1


@pytest.mark.parametrize(("monitor", "kept"), [("val_accuracy", 1), ("val_loss", 2), ("epoch", 3)])
def test_the_monitor_says_which_epoch_is_kept(recipe, tmp_path, monkeypatch, monitor, kept):
    losses, accuracies = (0.9, 0.7, 0.8), (0.6, 0.5, 0.4)
    rows = ({"val_loss": loss, "val_accuracy": right} for loss, right in zip(losses, accuracies, strict=True))
    monkeypatch.setattr(loop, "_validate", lambda *_: next(rows))
    weights = []
    save = checkpoints.save

    def keep(path, recipe, history, state):
        weights.append(state["weights"])
        save(path, recipe, history, state)

    monkeypatch.setattr(checkpoints, "save", keep)
    network, progress = run(recipe.replace(monitor=monitor, epochs=3), tmp_path)
    assert progress.best_epoch == kept
    kernels = [each[0] for each in (network.get_weights(), *weights)]
    np.testing.assert_allclose(kernels[0], kernels[kept], rtol=2**-9)  # they are kept in float16
    assert not np.allclose(kernels[kept], kernels[kept % 3 + 1], rtol=2**-9)
