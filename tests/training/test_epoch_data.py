"""What each epoch shows: augmented, mixed, softened, and predicted by a teacher."""

import keras
import numpy as np
import pytest

from fer_core.datasets.class_distribution import class_weights
from fer_core.evaluation.metrics import softmax
from fer_core.training import epoch_data
from fer_core.training.augmentation import crop_middle
from fer_core.training.epoch_data import EpochData, predict_logits
from tests.synthetic import synthetic_splits

FACES = synthetic_splits(10, 2, 2)["Training"]  # 70 images: two batches of 32, and 6 that wait


@pytest.fixture
def recipe(tiny):
    return tiny.replace(mixup=0.4, epochs=6)


@pytest.fixture
def teacher(trained_run):
    return keras.saving.load_model(trained_run.keras_path, compile=False)


def in_one_order(samples):
    """The samples of an epoch as a set: sorted by their pixels."""
    images, targets, weights = samples
    order = np.lexsort(images.reshape(len(images), -1).T)
    return images[order], targets[order], weights[order]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_whole_batches_of_images_their_targets_and_weights(recipe):
    images, targets, weights = EpochData(recipe, FACES).of_epoch(0)
    assert (images.shape, images.dtype) == ((64, 48, 48, 1), np.uint8)
    assert (targets.shape, targets.dtype) == ((64, 7), np.float32)
    assert (weights.shape, weights.dtype) == ((64,), np.float32)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)


def test_each_epoch_shows_new_images_and_any_process_the_same(recipe):
    data = EpochData(recipe, FACES)
    first, second = data.of_epoch(0), data.of_epoch(1)
    assert not same(in_one_order(first), in_one_order(second))
    assert same(EpochData(recipe, FACES).of_epoch(1), second)  # as a resumed run asks, without the first
    assert not same(EpochData(recipe.replace(seed=1), FACES).of_epoch(0), first)


def test_images_grow_from_first_px_to_the_crop(recipe):
    data = EpochData(recipe.replace(first_px=32, crop_px=40, architecture="strided"), FACES)
    assert [data.of_epoch(epoch)[0].shape[1] for epoch in range(6)] == [32, 32, 32, 40, 40, 40]


def test_labels_give_way_to_what_the_network_predicts(recipe, teacher):
    data = EpochData(recipe.replace(mixup=0.0, self_distillation=0.6), FACES)
    of_labels = in_one_order(data.of_epoch(3))[1]
    data.add_own_predictions(teacher, 1)
    softened = in_one_order(data.of_epoch(3))[1]  # half of 6 epochs: half of 0.6
    predicted = (softened - 0.7 * of_labels) / 0.3
    np.testing.assert_allclose(predicted.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(softened.sum(axis=1), 1, rtol=1e-6)
    expected = softmax(predict_logits(teacher, FACES.images))
    assert {tuple(row) for row in predicted.round(3)} <= {tuple(row) for row in expected.round(3)}
    np.testing.assert_allclose(in_one_order(data.of_epoch(0))[1].max(axis=1), 1)


def test_what_the_network_predicts_later_weighs_more(recipe, monkeypatch):
    """The k-th prediction weighs k: 1, 3 and 6 have a mean of 25 / 6."""
    data = EpochData(recipe.replace(self_distillation=0.6), FACES)
    predicted = iter([1.0, 3.0, 6.0])
    monkeypatch.setattr(epoch_data, "predict_logits", lambda network, images: None)
    monkeypatch.setattr(
        epoch_data, "softmax", lambda logits: np.full((len(FACES), 7), next(predicted), np.float32)
    )
    for times in (1, 2, 3):
        data.add_own_predictions(None, times)
    np.testing.assert_allclose(data.own_predictions, 25 / 6, rtol=1e-6)


def test_every_second_time_the_network_predicts_mirror_images(recipe, monkeypatch):
    data, seen = EpochData(recipe, FACES), []

    def predict(network, images):
        seen.append(images.copy())
        return np.zeros((len(images), 7), np.float32)

    monkeypatch.setattr(epoch_data, "predict_logits", predict)
    for times in (1, 2, 3):
        data.add_own_predictions(None, times)
    np.testing.assert_array_equal(seen[1], FACES.images[:, :, ::-1])
    np.testing.assert_array_equal([seen[0], seen[2]], [FACES.images] * 2)


def test_the_teacher_predicts_the_very_images_that_are_shown(recipe, teacher):
    images, targets, weights = EpochData(recipe, FACES, teacher).of_epoch(3)
    assert targets.shape == (64, 15)
    np.testing.assert_allclose(targets[:, 7:14], predict_logits(teacher, images[..., 0]), atol=1e-4)
    assert (weights == 1).all()


def test_class_weights_are_the_labels_alone_where_a_teacher_predicts(recipe, teacher):
    """All of a rare emotion's images would outweigh the rest of what a teacher says of them."""
    fair = recipe.replace(class_weights=True, mixup=0.0)
    few = FACES.labels.copy()
    few[few == 1] = np.where(np.arange((few == 1).sum()) < 3, 1, 0)
    faces = type(FACES)(FACES.images, few, FACES.rows, FACES.split)
    _, targets, weights = EpochData(fair, faces, teacher).of_epoch(0)
    assert (weights == 1).all()
    expected = class_weights(few)[targets[:, :7].argmax(axis=1)]
    np.testing.assert_allclose(targets[:, 14], expected, rtol=1e-6)
    assert np.ptp(expected) > 1


def test_whole_images_have_one_crop():
    images = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 1), np.uint8)
    np.testing.assert_array_equal(crop_middle(images, 48), images)
    np.testing.assert_array_equal(crop_middle(images, 40), images[:, 4:44, 4:44])
