"""k-fold training on a small set: every face is predicted by a network that never met its person."""

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
    """What the folds' networks said, pooled.

    Attributes:
        dataset: the faces.
        fold_of: (N,) the fold of each face.
        probabilities: (N, 7) float32, from the network that was trained without the face's fold.
        epochs: (folds,) the epoch that was kept in each.
    """

    dataset: Dataset
    fold_of: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    epochs: tuple[int, ...]

    def scores(self) -> dict[str, Any]:
        """The pooled scores, as ``across.score_set``. Their interval takes faces as independent, and those
        of one person are not: it is rather too narrow."""
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
    """Train the recipe once a fold and predict that fold.

    The next fold chooses the epoch, the others teach: what is measured chooses nothing. Nothing is kept on
    disk.

    Args:
        recipe: what to train; its batch must not be larger than the teaching folds.
        dataset: the faces, of one set.
        fold_of: (N,) from ``folds.split_by_group``.
        on_fold: called with each fold's scores when it is done.

    Raises:
        DataError: if there are fewer than 3 folds, one of them is empty, or the faces fill no batch.
    """
    folds = int(fold_of.max()) + 1 if len(fold_of) else 0
    sizes = np.bincount(fold_of, minlength=max(1, folds))
    if folds < 3 or not sizes.all():
        raise DataError(
            "Cross-validation takes at least 3 folds with faces in each: one is measured, one chooses the "
            f"epoch, the others teach. Received: {sizes.tolist()} faces."
        )
    probabilities = np.empty((len(dataset), 7), np.float32)
    epochs = []
    for fold in range(folds):
        test, chooses = fold_of == fold, fold_of == (fold + 1) % folds
        with tempfile.TemporaryDirectory(prefix="fer-fold-") as folder:
            network, progress = train(
                recipe,
                train=take(dataset, ~test & ~chooses),
                validation=take(dataset, chooses),
                checkpoint=Path(folder, "checkpoint.npz"),
            )
        probabilities[test] = softmax(predict_logits(network, dataset.images[test]))
        epochs.append(progress.best_epoch)
        if on_fold:
            name = f"fold {fold + 1}"
            on_fold(fold, score_set(name, dataset.labels[test], probabilities[test]))
    return Folds(dataset, fold_of, probabilities, tuple(epochs))


def take(dataset: Dataset, chosen: npt.NDArray[np.bool_]) -> Dataset:
    """The faces of a mask (N,)."""
    groups = None if dataset.groups is None else dataset.groups[chosen]
    return Dataset(
        dataset.images[chosen], dataset.labels[chosen], dataset.rows[chosen], dataset.split, dataset.name,
        groups,
    )  # fmt: skip
