from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from fer_core.datasets.dataset import Dataset
from fer_core.errors import RunError
from fer_core.evaluation.calibration import UNCALIBRATED
from fer_core.experiments import pipeline
from fer_core.experiments.run_writing import record_checksums
from fer_core.networks import export
from fer_core.networks.export import as_float32, check_parity, export_tflite
from fer_core.networks.runtime import LiteRTModel
from tests.finished_runs import write_run
from tests.tiny_networks import CALIBRATION, tiny_network, tiny_tflite

IMAGES = np.random.default_rng(1).integers(0, 256, (40, 48, 48), dtype=np.uint8)


def logits_of(network):
    return keras.ops.convert_to_numpy(network(IMAGES[..., None], training=False))


@pytest.mark.parametrize("head", ["flatten", "pooled"])
def test_the_file_answers_as_keras_does(head):
    difference = check_parity(tiny_network(head), tiny_tflite(head), IMAGES, calibration=CALIBRATION)
    assert difference < export.TOLERANCE


def test_the_calibration_is_in_the_graph():
    logits = logits_of(tiny_network())
    behind = (logits.max(axis=1, keepdims=True) - logits) / CALIBRATION.temperature
    expected = np.exp(-(behind**CALIBRATION.power))
    expected /= expected.sum(axis=1, keepdims=True)
    answer = LiteRTModel(tiny_tflite()).probabilities(IMAGES)
    np.testing.assert_allclose(answer, expected, atol=export.TOLERANCE)
    assert answer.max() > 0.5  # Networks that are never sure would pass any test.


def test_the_activation_map_adds_up_to_the_logits():
    maps = LiteRTModel(tiny_tflite("pooled")).activation_map(IMAGES)
    bias = tiny_network("pooled").layers[-1].get_weights()[1]
    np.testing.assert_allclose(maps.mean(axis=(1, 2)) + bias, logits_of(tiny_network("pooled")), atol=1e-2)


def test_mixed_precision_is_exported_as_float32(tmp_path):
    mixed = tiny_network(policy="mixed_bfloat16")
    assert as_float32(tiny_network()) is tiny_network()
    assert {layer.compute_dtype for layer in as_float32(mixed).layers[1:]} == {"float32"}
    export_tflite(mixed, tmp_path / "mixed.tflite")
    assert check_parity(mixed, tmp_path / "mixed.tflite", IMAGES) < export.TOLERANCE


def test_a_weight_takes_two_bytes():
    weights = tiny_network().count_params()
    assert 2 * weights < tiny_tflite().stat().st_size < 3 * weights


def test_weights_may_stay_as_they_are(tmp_path):
    path = tmp_path / "whole.tflite"
    export_tflite(tiny_network(), path, float16=False)
    assert check_parity(tiny_network(), path, IMAGES) < 1e-5
    assert path.stat().st_size > 4 * tiny_network().count_params() * 0.9


def test_a_run_that_rounding_changes_too_much_is_stored_unrounded(tmp_path, monkeypatch):
    run = write_run(tmp_path, "deep", tflite=b"")
    tiny_network().save(run.keras_path)
    record_checksums(run)
    faces = Dataset(IMAGES, np.zeros(40, np.uint8), np.arange(40), "PublicTest")
    rounded = pipeline.export_run(run, faces), run.tflite_path.stat().st_size
    monkeypatch.setattr(export, "TOLERANCE", rounded[0] / 2)
    assert pipeline.export_run(run, faces) < rounded[0] / 2
    assert run.tflite_path.stat().st_size > 1.3 * rounded[1]


@pytest.mark.parametrize("other", [UNCALIBRATED, replace(CALIBRATION, power=1.0)])
def test_a_file_of_another_calibration_is_refused(other):
    with pytest.raises(RunError, match=r"does not predict as its Keras model does.*Received: 0"):
        check_parity(tiny_network(), tiny_tflite(), IMAGES, calibration=other)


def test_other_backends_are_told_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(export.keras.backend, "backend", lambda: "jax")
    with pytest.raises(RunError, match=r"KERAS_BACKEND=tensorflow.*Received: jax"):
        export_tflite(tiny_network(), tmp_path / "model.tflite")


def test_a_failed_export_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"old")
    inputs = keras.Input((48, 48, 1), dtype="uint8")
    unsupported = layers.Lambda(lambda x: keras.ops.erfinv(keras.ops.mean(x / 999, axis=(1, 2))) + np.ones(7))
    with pytest.raises(RunError, match="cannot be written for LiteRT"):
        export_tflite(keras.Model(inputs, unsupported(inputs)), path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["model.tflite"]


def test_an_export_replaces_the_old_file_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "new" / "model.tflite"
    for _ in range(2):
        export_tflite(tiny_network(), path)
    assert [file.name for file in path.parent.iterdir()] == ["model.tflite"]


# Heads without a class activation map: none is pooling, dropout and one linear dense layer.
OTHER_HEADS = {
    "hidden layer": lambda: [layers.GlobalAveragePooling2D(), layers.Dense(9), layers.Dense(7)],
    "activation": lambda: [layers.GlobalAveragePooling2D(), layers.Dense(7, activation="tanh")],
    "flatten": lambda: [layers.Flatten(), layers.Dense(7)],
    "max pooling": lambda: [layers.GlobalMaxPooling2D(), layers.Dense(7)],
}


@pytest.mark.parametrize("head", OTHER_HEADS)
def test_other_heads_have_no_activation_map(head):
    body = [keras.Input((48, 48, 1), dtype="uint8"), layers.Conv2D(3, 9, strides=9)]
    assert export._find_pooled_head(keras.Sequential([*body, *OTHER_HEADS[head]()])) is None
