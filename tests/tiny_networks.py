"""Networks small enough for a test: random weights, real heads, sure of themselves."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from fer_core.evaluation.calibration import Calibration
from fer_core.vision.detection import load_picture

SAMPLES = Path(__file__).parent.parent / "pages" / "parts" / "samples"
CALIBRATION = Calibration(temperature=1.5, power=1.2)
_folder = tempfile.TemporaryDirectory(prefix="fer-networks-")


def sample(name="eileen-collins.jpg"):
    """One of the app's sample photos, RGB uint8."""
    return load_picture(SAMPLES / name)


@cache
def tiny_network(head="flatten", policy="float32"):
    """A Keras model whose head is "flatten" or "pooled" (which allows a class activation map)."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(7)
    inputs = keras.Input((48, 48, 1), dtype="uint8")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, dtype=policy)(inputs)
    x = layers.Conv2D(8, 5, strides=4, activation="relu", dtype=policy)(x)
    x = layers.BatchNormalization(dtype=policy)(x)
    x = layers.Conv2D(12, 3, padding="same", activation="relu", dtype=policy)(x)
    x = (layers.Flatten if head == "flatten" else layers.GlobalAveragePooling2D)(dtype=policy)(x)
    x = layers.Dropout(0.5, dtype=policy)(x)
    dense = layers.Dense(7, dtype="float32")
    network = keras.Model(inputs, dense(x))
    kernel, _ = dense.get_weights()
    bias = np.random.default_rng(0).normal(size=7)
    dense.set_weights([kernel * (12 if head == "flatten" else 30), bias])
    return network


@cache
def tiny_tflite(head="flatten"):
    """The same network as a LiteRT file."""
    from fer_core.networks.export import export_tflite

    path = Path(_folder.name) / f"{head}.tflite"
    export_tflite(tiny_network(head), path, calibration=CALIBRATION)
    return path
