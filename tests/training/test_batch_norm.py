"""Batch norm's statistics: measured anew, and put in place of others without another prediction."""

import keras
import numpy as np
import pytest

from fer_core.datasets import draw_faces
from fer_core.networks.architectures import build_network
from fer_core.training import batch_norm
from fer_core.training.batch_norm import adapt_statistics, renew_statistics
from fer_core.training.epoch_data import predict_logits
from fer_core.training.trainer import dtype_policy

SEEN = np.random.default_rng(3).integers(0, 256, (80, 48, 48, 1), dtype=np.uint8)
FACES = draw_faces(40, seed=4)[0]  # 280: a batch of 256, and 24 that are not counted


def network_with_norm():
    inputs = keras.Input((None, None, 1), dtype="uint8")
    scaled = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.BatchNormalization(momentum=0.9)(keras.layers.Conv2D(4, 3, use_bias=False)(scaled))
    return keras.Model(inputs, keras.layers.Dense(7)(keras.layers.GlobalAveragePooling2D()(x)))


def test_statistics_are_the_plain_mean_of_the_batches(monkeypatch):
    monkeypatch.setattr(batch_norm, "BATCH", 32)  # 32, 32 and 16 faces
    network = network_with_norm()
    _, _, convolution, norm, *_ = network.layers
    renew_statistics(network, SEEN)
    maps = [np.asarray(convolution(SEEN[start : start + 32] / 255.0)) for start in (0, 32, 64)]
    mean = np.mean([each.mean(axis=(0, 1, 2)) for each in maps], axis=0)
    variance = np.mean([each.var(axis=(0, 1, 2)) for each in maps], axis=0)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(norm.moving_mean), mean, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(norm.moving_variance), variance, rtol=1e-4)
    assert norm.momentum == 0.9


def with_other_statistics(architecture):
    """A network whose batch norms have statistics, scales and offsets of elsewhere."""
    keras.utils.set_random_seed(2)
    network, rng = build_network(architecture, dropout=0.1), np.random.default_rng(1)
    for layer in norms_of(network):
        channels = layer.gamma.shape[0]
        layer.set_weights([
            rng.uniform(0.8, 1.2, channels), rng.normal(0, 0.2, channels),
            rng.normal(0, 0.2, channels), rng.uniform(0.8, 1.2, channels),
        ])  # fmt: skip
    return network


def norms_of(network):
    return [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]


@pytest.mark.parametrize("architecture", ["strided", "mobilenet", "paper-cnn-pooled"])
def test_adapted_statistics_are_those_of_the_images_and_predictions_stay(architecture):
    network = with_other_statistics(architecture)
    before = predict_logits(network, FACES)
    adapt_statistics(network, FACES[..., None])
    np.testing.assert_allclose(predict_logits(network, FACES), before, atol=1e-4)
    probe = keras.Model(network.input, [layer.input for layer in norms_of(network)])
    for layer, maps in zip(norms_of(network), probe.predict_on_batch(FACES[:256, ..., None]), strict=True):
        places = tuple(range(maps.ndim - 1))
        exact = maps.astype(np.float64)  # or NumPy's own sums are off by more
        mean, variance = exact.mean(axis=places), exact.var(axis=places)
        np.testing.assert_allclose(np.asarray(layer.moving_mean), mean, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(np.asarray(layer.moving_variance), variance, rtol=1e-2, atol=2e-6)


@pytest.mark.parametrize("count", [3, 256])
def test_few_images_are_enough(count):
    network = with_other_statistics("strided")
    before = predict_logits(network, FACES)
    adapt_statistics(network, FACES[:count, ..., None])
    np.testing.assert_allclose(predict_logits(network, FACES), before, atol=1e-4)
    first = norms_of(network)[0]
    maps = np.asarray(keras.Model(network.input, first.input)(FACES[:count, ..., None]))
    np.testing.assert_allclose(
        np.asarray(first.moving_mean), maps.mean(axis=(0, 1, 2), dtype=np.float64), rtol=1e-3, atol=1e-4
    )


def test_in_bfloat16_predictions_stay_as_far_as_its_digits_go():
    with dtype_policy("mixed_bfloat16"):
        network = with_other_statistics("residual-small")
    before = predict_logits(network, FACES)
    adapt_statistics(network, FACES[..., None])
    np.testing.assert_allclose(predict_logits(network, FACES), before, atol=0.05 * np.ptp(before))


def test_without_batch_norm_there_is_nothing_to_adapt():
    network = build_network("paper-cnn-no-batch-norm", dropout=0.1)
    before = network.get_weights()
    adapt_statistics(network, FACES[:8, ..., None])
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))
