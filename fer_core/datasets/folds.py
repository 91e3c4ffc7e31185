"""Folds for cross-validation: by subject, so that nobody is in two of them, or at random."""

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import Dataset
from fer_core.errors import DataError
from fer_core.extras import optional


def split_by_group(dataset: Dataset, folds: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """The fold of each image, (N,) in [0, folds), so that all images of a subject are in one fold.

    The folds are as equal in size and in emotions as whole subjects allow (scikit-learn's
    ``StratifiedGroupKFold``). The same seed gives the same folds.

    Raises:
        DataError: if the subjects are not known, are fewer than the folds, or there are fewer than 2 folds.
    """
    if dataset.groups is None:
        raise DataError(
            f"Folds without shared subjects need to know the subjects of {dataset.name}: expected a form of "
            "the set that names them. Received: none."
        )
    subjects = len(np.unique(dataset.groups))
    if not 2 <= folds <= subjects:
        raise DataError(
            f"The {subjects} subjects of {dataset.name} make 2 to {subjects} folds. Received: {folds}."
        )
    return _split(dataset, dataset.groups, folds, seed)


def split_at_random(dataset: Dataset, folds: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """The fold of each image, (N,), with subjects shared between folds: to show how optimistic that is.

    Raises:
        DataError: if there are fewer than 2 folds, or fewer images than folds.
    """
    if not 2 <= folds <= len(dataset):
        raise DataError(
            f"{len(dataset)} images of {dataset.name} make 2 to {len(dataset)} folds. Received: {folds}."
        )
    return _split(dataset, np.arange(len(dataset)), folds, seed)


def _split(dataset: Dataset, groups: npt.NDArray, folds: int, seed: int) -> npt.NDArray[np.int64]:
    with optional():
        from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold_of = np.empty(len(dataset), np.int64)
    try:
        for fold, (_, chosen) in enumerate(splitter.split(dataset.images, dataset.labels, groups)):
            fold_of[chosen] = fold
    except ValueError:  # every emotion has fewer images than there are folds
        most = int(np.bincount(dataset.labels).max())
        raise DataError(
            f"Each fold needs an image of some emotion: expected at most {most} folds of {dataset.name}. "
            f"Received: {folds}."
        ) from None
    return fold_of
