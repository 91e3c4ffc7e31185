"""The last layer, fitted anew to the labels alone."""

import sys

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from fer_core.datasets.dataset import Dataset
from fer_core.errors import DataError, MissingExtraError
from fer_core.evaluation.calibration import fit_temperature
from fer_core.evaluation.metrics import log_loss, softmax
from fer_core.training.classifier import PENALTIES, retrain_classifier
from fer_core.training.epoch_data import predict_logits
from fer_core.training.loop import train
from tests.synthetic import synthetic_splits
from tests.tiny import build_tiny


def faces_of(labels):
    rng = np.random.default_rng(5)
    labels = np.repeat(np.array(labels, np.uint8), 30)
    images = rng.normal(128, 20, (len(labels), 48, 48))
    images[:, :24] += 12 * labels[:, None, None]  # the lighter above, the higher the label
    return Dataset(images.clip(0, 255).astype(np.uint8), labels, np.arange(len(labels)), "Training", "drawn")


def noisy(faces, seed):
    """The same, every third label drawn by chance."""
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(len(faces)) < 1 / 3, rng.integers(0, 7, len(faces)), faces.labels)
    return Dataset(faces.images, labels.astype(np.uint8), faces.rows, faces.split, faces.name)


@pytest.fixture
def network():
    keras.utils.set_random_seed(1)
    return build_tiny(dropout=0.1)


def test_only_the_last_layer_changes_and_the_labels_get_likelier(network):
    faces, before = faces_of(range(7)), network.get_weights()
    loss = log_loss(faces.labels, softmax(predict_logits(network, faces.images)))
    retrain_classifier(network, faces, faces)
    after = network.get_weights()
    assert all(np.array_equal(old, new) for old, new in zip(before[:-2], after[:-2], strict=True))
    assert log_loss(faces.labels, softmax(predict_logits(network, faces.images))) < 0.5 * loss


def test_it_is_the_logistic_regression_of_what_lies_below_that_fits_the_validation_faces_best(network):
    faces, validation = noisy(faces_of(range(7)), 1), noisy(faces_of(range(7)), 2)
    shown, labels = np.concatenate([faces.images, faces.images[:, :, ::-1]]), np.tile(faces.labels, 2)
    reader = keras.Model(network.input, network.layers[-1].input)
    below, seen = predict_logits(reader, shown), predict_logits(reader, validation.images)
    penalty = retrain_classifier(network, faces, validation)
    losses, answers = {}, {}
    for each in PENALTIES:
        oracle = LogisticRegression(C=1 / (each * len(shown)), max_iter=1000).fit(below, labels)
        logits = oracle.decision_function(seen)
        calibrated = softmax(logits / fit_temperature(validation.labels, logits))
        losses[each], answers[each] = log_loss(validation.labels, calibrated), oracle.predict_proba(below)
    assert losses[penalty] == pytest.approx(min(losses.values()), rel=1e-3)
    assert max(losses.values()) > 1.01 * losses[penalty]
    mine = softmax(predict_logits(network, shown))
    np.testing.assert_allclose(mine, answers[penalty], atol=0.01)  # kernels are rounded


def test_an_emotion_that_no_face_shows_is_never_answered(network):
    faces = faces_of([0, 2, 3, 6])
    retrain_classifier(network, faces, faces)
    assert softmax(predict_logits(network, faces.images))[:, [1, 4, 5]].max() < 1e-3


def test_two_emotions_are_too_few(network):
    with pytest.raises(DataError, match=r"at least three emotions\. Received: 2\."):
        retrain_classifier(network, faces_of([0, 3]), faces_of(range(7)))


def test_a_retrained_classifier_leaves_the_rest_as_it_was_trained(tiny, tmp_path):
    def trained(recipe):
        sets = {"train": splits["Training"], "validation": splits["PublicTest"]}
        return train(recipe, **sets, checkpoint=tmp_path / "checkpoint.npz")

    splits, recipe = synthetic_splits(16, 6, 6), tiny.replace(epochs=1, batch_size=16)
    (plain, before), (retrained, after) = trained(recipe), trained(recipe.replace(retrain_classifier=True))
    assert before.classifier_penalty is None
    assert after.classifier_penalty in PENALTIES
    *body, kernel, _ = retrained.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(body, plain.get_weights()[:-2], strict=True))
    assert not np.array_equal(kernel, plain.get_weights()[-2])
    assert np.array_equal(kernel, kernel.astype(np.float16))


def test_what_cannot_be_fitted_at_the_end_is_refused_at_the_start(tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    faces = {"train": faces_of(range(7)), "validation": faces_of(range(7))}
    with pytest.raises(MissingExtraError, match=r"package sklearn, .* pip install 'fer-core\[\w+\]'"):
        train(tiny.replace(retrain_classifier=True), **faces, checkpoint=tmp_path / "checkpoint.npz")
