"""Distillation: the loss, and a student that comes to agree with its teachers."""

import keras
import numpy as np

from fer_core.networks.architectures import build_network
from fer_core.training import distillation
from fer_core.training.distillation import join_teachers
from fer_core.training.epoch_data import predict_logits
from fer_core.training.loop import train
from tests.synthetic import synthetic_splits

FACES = synthetic_splits(16, 6, 6)


def networks(*seeds):
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        yield build_network("strided", dropout=0.1, side=None)


def test_the_loss_is_what_hinton_wrote_and_weights_are_the_labels_alone():
    student, teacher = np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float32)
    targets = np.eye(7, dtype=np.float32)[[0, 1, 2, 3, 4]]
    weights = np.array([1, 9, 0.5, 1, 2], np.float32)
    taught = np.column_stack([targets, teacher, weights])
    found = keras.ops.convert_to_numpy(distillation.distillation_loss(0.3)(taught, student))

    def log_softmax(values):
        return values - np.log(np.exp(values).sum(axis=1, keepdims=True))

    hard = -(targets * log_softmax(student)).sum(axis=1)
    soft = -(np.exp(log_softmax(teacher / 2)) * log_softmax(student / 2)).sum(axis=1)
    np.testing.assert_allclose(found, 0.7 * weights * hard + 0.3 * 4 * soft, rtol=1e-5)


def test_the_history_keeps_the_labels_loss_and_the_teachers_apart(tiny, trained_run, tmp_path):
    saved = keras.saving.load_model(trained_run.keras_path, compile=False)
    how = {"train": FACES["Training"], "validation": FACES["PublicTest"]}
    recipe = tiny.replace(teacher="tiny", distillation_weight=0.9, epochs=1, learning_rate=1e-9, seed=5)
    _, distilled = train(recipe, checkpoint=tmp_path / "one.npz", teacher=saved, **how)
    alone = recipe.replace(teacher="", distillation_weight=0.0)
    _, plain = train(alone, checkpoint=tmp_path / "other.npz", **how)
    assert "distillation_loss" not in plain.history[0]
    # The same images before either has learnt: what the labels cost is the same, whatever the teacher says.
    np.testing.assert_allclose(distilled.history[0]["loss"], plain.history[0]["loss"], rtol=1e-4)
    assert distilled.history[0]["distillation_loss"] > 4 * 0.5  # T^2 times a cross-entropy


def test_accuracy_is_that_of_the_labels():
    taught = np.zeros((2, 15), np.float32)
    taught[:, 3], taught[:, 7 + 5] = 1, 9  # label 3, teacher 5
    student = np.eye(7, dtype=np.float32)[[3, 5]]
    assert np.asarray(distillation.label_accuracy(taught, student)).tolist() == [1, 0]


def test_several_teachers_are_the_mean_of_their_logits():
    one, other = networks(1, 2)
    images = FACES["PrivateTest"].images
    logits = [predict_logits(network, images) for network in (one, other)]
    teacher = join_teachers([one, other])
    np.testing.assert_allclose(predict_logits(teacher, images), np.mean(logits, axis=0), atol=1e-5)
    assert np.abs(logits[0] - logits[1]).max() > 0.01
    assert predict_logits(teacher, images[:, 4:44, 4:44]).shape == (len(images), 7)
    assert teacher.trainable_weights == []


def test_a_student_learns_from_its_teacher_and_leaves_it_as_it_was(tiny, trained_run, tmp_path):
    """With all of the loss the teacher's, labels teach nothing; the student still comes to agree."""
    saved = keras.saving.load_model(trained_run.keras_path, compile=False)
    before = saved.get_weights()
    recipe = tiny.replace(teacher="tiny", distillation_weight=1.0, epochs=9, batch_size=16, seed=5)
    student, progress = train(
        recipe,
        train=FACES["Training"],
        validation=FACES["PublicTest"],
        checkpoint=tmp_path / "checkpoint.npz",
        teacher=saved,
    )
    images = FACES["PrivateTest"].images
    predicted = [predict_logits(network, images).argmax(axis=1) for network in (student, saved)]
    untaught = predict_logits(build_network("tiny", dropout=0.1), images).argmax(axis=1)
    assert (predicted[0] == predicted[1]).mean() > 0.6 > (untaught == predicted[1]).mean()
    distilled = [row["distillation_loss"] for row in progress.history]
    assert distilled[-1] < distilled[0]
    assert all(np.array_equal(a, b) for a, b in zip(before, saved.get_weights(), strict=True))
