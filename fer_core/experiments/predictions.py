"""A network's predictions on the splits of a data set, and which of their images have duplicates."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from fer_core.datasets import find_duplicates
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, TRAINING, Dataset
from fer_core.errors import RunError
from fer_core.evaluation.metrics import Evaluation
from fer_core.experiments.runs import Run

Predict = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]  # (N, 48, 48) -> (N, 7), sums 1
Features = npt.NDArray[np.float16]  # (N, F): see ``metrics.Evaluation``
# Where duplicates are looked for.
EARLIER = {PUBLIC_TEST: (TRAINING,), PRIVATE_TEST: (TRAINING, PUBLIC_TEST)}


def require_network(run: Run) -> None:
    """Refuse the run of a baseline."""
    if not run.has_network:
        raise RunError(f"Only the run of a network has one. Received: {run.name!r}, a baseline.")


def predict_splits(
    predict: Predict, splits: dict[str, Dataset], features: Mapping[str, Features] | None = None
) -> list[Evaluation]:
    """The predictions on PublicTest and PrivateTest, those of them that hold an image."""
    found = []
    for split, earlier in EARLIER.items():
        if split in splits and len(splits[split]):
            images = [splits[other].images for other in earlier if other in splits]
            among = np.concatenate([splits[split].images[:0], *images])
            duplicates = find_duplicates(splits[split].images, among)
            evaluation = predict_split(predict, splits[split], duplicates)
            found.append(dataclasses.replace(evaluation, features=(features or {}).get(split)))
    return found


def predict_split(predict: Predict, dataset: Dataset, duplicates: npt.NDArray[np.bool_]) -> Evaluation:
    """The predictions for every image, as it is and averaged with its mirror image."""
    single = predict(dataset.images)
    mirrored = predict(dataset.images[:, :, ::-1])
    flip = ((single + mirrored) / 2).astype(np.float32)
    return Evaluation(dataset.split, dataset.rows, dataset.labels, single, flip, duplicates)
