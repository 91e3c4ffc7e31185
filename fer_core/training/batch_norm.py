"""Batch norm's statistics, measured anew where weights have changed other than by training."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.extras import optional

with optional():
    import keras

BATCH = 256
SMALLEST_VARIANCE = 1e-6  # of a channel that is silent on every image


def renew_statistics(network: keras.Model, images: npt.NDArray[np.uint8]) -> None:
    """Put the mean over ``images``, (N, side, side, 1) uint8, in place of batch norm's moving averages."""
    norms = _norms(network)
    momenta = [layer.momentum for layer in norms]
    for step, start in enumerate(range(0, len(images), BATCH)):
        _set_momenta(norms, [step / (step + 1)] * len(norms))  # makes of a moving average the plain mean
        network(images[start : start + BATCH], training=True)
    _set_momenta(norms, momenta)


def adapt_statistics(network: keras.Model, images: npt.NDArray[np.uint8]) -> None:
    """Give each batch norm the mean and variance of what it sees, and change its scale and offset so that the
    network predicts as before.

    Weights from elsewhere come with other statistics, or with none where batch norm was folded into the
    convolutions; training would start by throwing away what they compute.

    Args:
        network: uint8 (N, side, side, 1) -> logits.
        images: (N, side, side, 1) uint8 as training sees them; whole batches of 256 count, or all of fewer.
    """
    norms = _norms(network)
    if not norms:
        return
    probe = keras.Model(network.input, [layer.input for layer in norms])
    sums: list[Any] = [0.0] * len(norms)
    squares: list[Any] = [0.0] * len(norms)
    starts = range(0, max(1, len(images) - BATCH + 1), BATCH)
    for start in starts:
        for index, seen in enumerate(probe.predict_on_batch(images[start : start + BATCH])):
            places = tuple(range(seen.ndim - 1))  # all axes but the channels
            sums[index] += seen.mean(axis=places, dtype=np.float64)
            squares[index] += np.square(seen, dtype=np.float64).mean(axis=places)
    for layer, total, square in zip(norms, sums, squares, strict=True):
        mean = total / len(starts)
        variance = np.maximum(square / len(starts) - mean**2, SMALLEST_VARIANCE)
        gamma, beta, old_mean, old_variance = layer.get_weights()
        scale = gamma / np.sqrt(old_variance + layer.epsilon)  # what it multiplied by until now
        layer.set_weights(
            [scale * np.sqrt(variance + layer.epsilon), beta + scale * (mean - old_mean), mean, variance]
        )


def _norms(network: keras.Model) -> list[Any]:
    return [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]


def _set_momenta(norms: list[Any], momenta: list[float]) -> None:
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
