"""The moving average is in place while it is validated, and gone afterwards."""

import keras
import numpy as np

from fer_core.training.ema import averaged

SEEN = np.random.default_rng(3).integers(0, 256, (80, 48, 48, 1), dtype=np.uint8)


def network_with_norm():
    inputs = keras.Input((None, None, 1), dtype="uint8")
    scaled = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.BatchNormalization(momentum=0.9)(keras.layers.Conv2D(4, 3, use_bias=False)(scaled))
    return keras.Model(inputs, keras.layers.Dense(7)(keras.layers.GlobalAveragePooling2D()(x)))


def test_the_newest_weights_come_back():
    network = network_with_norm()
    network.compile(
        keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5), keras.losses.MeanSquaredError()
    )
    for _ in range(3):
        network.train_on_batch(SEEN, np.ones((80, 7)))
    newest = network.get_weights()
    with averaged(network, SEEN):
        inside = network.get_weights()
    for before, between, after in zip(newest, inside, network.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
        if before.any():  # beta starts at 0
            assert (before != between).any()
