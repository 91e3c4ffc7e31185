"""k-fold cross-validation on a small set: every image is predicted by a network trained without its fold."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import Dataset
from fer_core.errors import DataError
from fer_core.evaluation.metrics import softmax
from fer_core.experiments.cross_dataset import score_set
from fer_core.training.epoch_data import predict_logits
from fer_core.training.loop import train
from fer_core.training.recipes import Recipe

OnFold = Callable[[int, dict[str, Any]], None]  # (fold, its scores)


@dataclass(frozen=True)
class Folds:
    """The predictions of the folds' networks, pooled.

    Attributes:
        dataset: the images.
        fold_of: (N,) the fold of each image.
        probabilities: (N, 7) float32, from the network that was trained without the image's fold.
        epochs: (folds,) the best epoch of each.
    """

    dataset: Dataset
    fold_of: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    epochs: tuple[int, ...]

    def scores(self) -> dict[str, Any]:
        """The pooled scores, as ``cross_dataset.score_set``. Their interval assumes independent images, and
        those of one person are not: it is too narrow."""
        return score_set(self.dataset.name, self.dataset.labels, self.probabilities)

    def fold_scores(self, fold: int) -> dict[str, Any]:
        """The scores of one fold."""
        chosen = self.fold_of == fold
        return score_set(f"fold {fold + 1}", self.dataset.labels[chosen], self.probabilities[chosen])


def cross_validate(
    recipe: Recipe,
    dataset: Dataset,
    fold_of: npt.NDArray[np.int64],
    *,
    on_fold: OnFold | None = None,
) -> Folds:
    """Train the recipe once per fold and predict that fold.

    The next fold selects the epoch, the others are learnt from; the test fold selects nothing. Nothing is
    kept on disk.

    Args:
        recipe: what to train; its batch must not be larger than the training folds.
        dataset: the images, of one set.
        fold_of: (N,) from ``folds.split_by_group``.
        on_fold: called with each fold's scores when it is done.

    Raises:
        DataError: if there are fewer than 3 folds, one of them is empty, or the images fill no batch.
    """
    folds = int(fold_of.max()) + 1 if len(fold_of) else 0
    sizes = np.bincount(fold_of, minlength=max(1, folds))
    if folds < 3 or not sizes.all():
        raise DataError(
            "Cross-validation needs at least 3 folds with images in each: one for testing, one for selecting "
            f"the epoch, the others for training. Received: {sizes.tolist()} images."
        )
    probabilities = np.empty((len(dataset), 7), np.float32)
    epochs = []
    for fold in range(folds):
        test, validation = fold_of == fold, fold_of == (fold + 1) % folds
        with tempfile.TemporaryDirectory(prefix="fer-fold-") as folder:
            network, progress = train(
                recipe,
                train=take(dataset, ~test & ~validation),
                validation=take(dataset, validation),
                checkpoint=Path(folder, "checkpoint.npz"),
            )
        probabilities[test] = softmax(predict_logits(network, dataset.images[test]))
        epochs.append(progress.best_epoch)
        if on_fold:
            name = f"fold {fold + 1}"
            on_fold(fold, score_set(name, dataset.labels[test], probabilities[test]))
    return Folds(dataset, fold_of, probabilities, tuple(epochs))


def take(dataset: Dataset, chosen: npt.NDArray[np.bool_]) -> Dataset:
    """The images selected by a mask (N,)."""
    groups = None if dataset.groups is None else dataset.groups[chosen]
    return Dataset(
        dataset.images[chosen], dataset.labels[chosen], dataset.rows[chosen], dataset.split, dataset.name,
        groups,
    )  # fmt: skip
