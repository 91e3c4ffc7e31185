"""Classifier re-training: the last layer is fitted anew once the layers below it are trained.

Smoothed labels, mixed images and a teacher's predictions keep a network from overfitting, and leave it with a
miscalibration that no temperature corrects: overconfident in the middle, underconfident at the top. The
features below need no further training for that. So the last layer alone is fitted to the labels as they are,
on unmixed images (Kang et al. 2020, "Decoupling representation and classifier",
arXiv:1910.09217, whose classifier is re-trained alone to another end).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import Dataset
from fer_core.emotions import EMOTION_COUNT
from fer_core.errors import DataError
from fer_core.evaluation.calibration import fit_temperature
from fer_core.evaluation.metrics import log_loss, softmax
from fer_core.extras import optional
from fer_core.training.epoch_data import predict_logits

with optional():
    import keras

Features = npt.NDArray[np.float32]  # (N, F), the inputs of the last layer
Layer = list[npt.NDArray[Any]]  # kernel and bias
ITERATIONS = 1000  # it converges after 150 to 320
# Half of one of them times the squared kernel is added to the mean loss; the validation images select which.
# With hardly any the layer overfits the features of Training, and how much that matters differs: 1e-3
# suits ``best`` and ``small``, hardly any ``quick`` (docs/experiments.md).
PENALTIES = (1e-5, 1e-4, 1e-3, 1e-2)


def require_scikit_learn() -> None:
    """Refuse at once what could not be done after hours of training, where there is Keras alone.

    Raises:
        MissingExtraError: if scikit-learn is not installed.
    """
    with optional():
        import sklearn  # noqa: F401


def retrain_classifier(network: keras.Model, train: Dataset, validation: Dataset) -> float:
    """Put a logistic regression of the labels in the place of the network's last layer.

    Each image counts twice, as it is and mirrored, as in prediction. Augmented images make a worse layer
    (docs/experiments.md).

    Args:
        network: uint8 (N, 48, 48, 1) to logits (N, 7), float32; its last layer is dense.
        train: the images that the network was trained on.
        validation: the images that select the penalty, by their log loss after a temperature.

    Returns:
        The penalty, one of ``PENALTIES``.

    Raises:
        DataError: if ``train`` holds fewer than three emotions.
    """
    below = keras.Model(network.input, network.layers[-1].input)
    shown = predict_logits(below, np.concatenate([train.images, train.images[:, :, ::-1]]))
    seen, labels = predict_logits(below, validation.images), np.tile(train.labels, 2)
    layers = {penalty: _fit(shown, labels, penalty) for penalty in PENALTIES}
    penalty = min(PENALTIES, key=lambda each: _calibrated_loss(validation.labels, seen, layers[each]))
    network.layers[-1].set_weights(layers[penalty])
    return penalty


def _fit(features: Features, labels: npt.NDArray[np.integer[Any]], penalty: float) -> Layer:
    """Kernel (F, 7) and bias (7,) of the regression; an emotion without images is never predicted."""
    with optional():
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

    # One thread: several wait for each other beside another training, ten minutes in place of ten seconds.
    with threadpool_limits(1):
        regression = LogisticRegression(C=1 / (penalty * len(labels)), max_iter=ITERATIONS)
        regression.fit(features, labels)
    if len(regression.classes_) < 3:
        raise DataError(
            "retrain_classifier needs images of at least three emotions. "
            f"Received: {len(regression.classes_)}."
        )
    kernel = np.zeros((features.shape[1], EMOTION_COUNT), np.float32)
    bias = np.full(EMOTION_COUNT, regression.intercept_.min() - 10, np.float32)
    kernel[:, regression.classes_], bias[regression.classes_] = regression.coef_.T, regression.intercept_
    return rounded([kernel, bias])


def _calibrated_loss(labels: npt.NDArray[np.integer[Any]], features: Features, layer: Layer) -> float:
    kernel, bias = layer
    logits = features @ kernel.astype(np.float32) + bias
    return log_loss(labels, softmax(logits / fit_temperature(labels, logits)))


def rounded(weights: list[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """Kernels rounded to float16, as LiteRT stores them, so that Keras and LiteRT hold the same ones."""
    return [each.astype(np.float16) if each.ndim > 1 else each for each in weights]
