"""The last layer, learnt anew once the layers below it are finished.

Smoothed labels, mixed faces and a teacher's answers keep a network from learning Training by heart, and leave
its confidence with a shape that no temperature mends: too sure in the middle, not sure enough at the top. The
features below do not need another training for that. So the last layer alone is fitted to the labels as they
are, on faces that are not mixed (Kang et al. 2020, "Decoupling representation and classifier",
arXiv:1910.09217, whose classifier is re-trained alone to another end).
"""

from importlib.util import find_spec
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import Dataset
from fer_core.emotions import EMOTION_COUNT
from fer_core.errors import DataError, RecipeError
from fer_core.training.lessons import predict_logits

ITERATIONS = 1000  # it converges after 150 to 320
# Half of it times the squared kernel is added to the mean loss. With hardly any (1.7e-5) the layer learns
# by heart what the features below it know of Training: log loss 0.825 on PublicTest for ``best``, 0.816 with
# 1e-3, 0.823 with 1e-2 (docs/experiments.md).
PENALTY = 1e-3


def require_scikit_learn() -> None:
    """Refuse at once what could not be done after hours of training, where there is Keras alone.

    Raises:
        RecipeError: if scikit-learn is not installed.
    """
    if find_spec("sklearn") is None:
        raise RecipeError(
            "refit_head needs scikit-learn. Received: a Python without it. Train with --set refit_head=false "
            "and fit the last layer elsewhere: fer refit RUN --data PATH."
        )


def refit_head(network: keras.Model, faces: Dataset) -> None:
    """Put a logistic regression of the labels in the place of the network's last layer.

    Each face counts twice, as it is and mirrored, as prediction sees it. Augmented faces make a worse layer
    (docs/experiments.md).

    Args:
        network: uint8 (N, 48, 48, 1) to logits (N, 7), float32; its last layer is dense.
        faces: those that the network learnt from.

    Raises:
        DataError: if they show fewer than three emotions.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    below = keras.Model(network.input, network.layers[-1].input)
    shown = np.concatenate([faces.images, faces.images[:, :, ::-1]])
    features = predict_logits(below, shown)
    # One thread: several wait for each other beside another training, ten minutes in place of ten seconds.
    with threadpool_limits(1):
        regression = LogisticRegression(C=1 / (PENALTY * len(shown)), max_iter=ITERATIONS)
        regression.fit(features, np.tile(faces.labels, 2))
    if len(regression.classes_) < 3:
        raise DataError(
            "A last layer is fitted to faces of three emotions at least (refit_head). "
            f"Received: {len(regression.classes_)}."
        )
    kernel = np.zeros((features.shape[1], EMOTION_COUNT), np.float32)
    bias = np.full(EMOTION_COUNT, regression.intercept_.min() - 10, np.float32)  # what no face shows: never
    kernel[:, regression.classes_], bias[regression.classes_] = regression.coef_.T, regression.intercept_
    network.layers[-1].set_weights(rounded([kernel, bias]))


def rounded(weights: list[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """Kernels rounded to float16, as LiteRT stores them, so that Keras and LiteRT hold the same ones."""
    return [each.astype(np.float16) if each.ndim > 1 else each for each in weights]
