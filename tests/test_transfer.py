"""Learning from an earlier run: its weights, or its answers."""

import keras
import numpy as np
import pytest

from fer_core import transfer
from fer_core.architectures import build_network
from fer_core.datasets import synthetic_splits
from fer_core.errors import RecipeError, RunError
from fer_core.training import build_trainer, predict_logits, train

FACES = synthetic_splits(16, 6, 6)


@pytest.fixture
def earlier(trained_run, monkeypatch):
    """The session's trained run, where recipes look for it."""
    monkeypatch.setenv("FER_MODELS", str(trained_run.path.parent))
    return trained_run


def fit(recipe, folder):
    return train(
        recipe, train=FACES["Training"], validation=FACES["PublicTest"], checkpoint=folder / "checkpoint.npz"
    )


def test_training_starts_from_the_weights_of_a_run(tiny, earlier):
    network, _ = build_trainer(tiny.replace(start=earlier.name), steps=3)
    saved = keras.saving.load_model(earlier.keras_path, compile=False)
    for one, other in zip(network.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_network_cannot_start_from_it(tiny, earlier):
    with pytest.raises(RecipeError, match=r"'tiny' cannot start a residual"):
        build_trainer(tiny.replace(start=earlier.name, architecture="residual"), steps=3)


@pytest.mark.parametrize("field", [{"start": "none"}, {"teacher": "none", "teacher_share": 0.5}])
def test_a_run_that_is_not_there_is_named(tiny, earlier, field):
    with pytest.raises(RunError, match="There is no run 'none'"):
        build_trainer(tiny.replace(**field), steps=3)


@pytest.mark.parametrize(("teacher", "share"), [("tiny", 0.0), ("", 0.5)])
def test_a_teacher_and_its_share_come_together(tiny, teacher, share):
    with pytest.raises(RecipeError, match="teacher_share must be above 0 with a teacher"):
        tiny.replace(teacher=teacher, teacher_share=share)


def test_the_loss_is_what_hinton_wrote(tiny):
    recipe = tiny.replace(teacher="t", teacher_share=0.3, teacher_temperature=2.0, label_smoothing=0.0)
    student, teacher = np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float32)
    targets = np.eye(7, dtype=np.float32)[[0, 1, 2, 3, 4]]
    logits = np.concatenate([student, teacher], axis=1)
    found = keras.ops.convert_to_numpy(transfer.distillation_loss(recipe)(targets, logits))

    def log_softmax(values):
        return values - np.log(np.exp(values).sum(axis=1, keepdims=True))

    hard = -(targets * log_softmax(student)).sum(axis=1)
    soft = -(np.exp(log_softmax(teacher / 2)) * log_softmax(student / 2)).sum(axis=1)
    np.testing.assert_allclose(found, 0.7 * hard + 0.3 * 4 * soft, rtol=1e-5)


def test_a_student_learns_from_its_teacher_and_leaves_it_as_it_was(tiny, earlier, tmp_path):
    """With all of the loss the teacher's, labels teach nothing; the student still comes to agree."""
    recipe = tiny.replace(teacher=earlier.name, teacher_share=1.0, epochs=9, batch_size=16, seed=5)
    student, progress = fit(recipe, tmp_path)
    teacher = keras.saving.load_model(earlier.keras_path, compile=False)
    images = FACES["PrivateTest"].images
    answers = [predict_logits(network, images).argmax(axis=1) for network in (student, teacher)]
    untaught = predict_logits(build_network(recipe), images).argmax(axis=1)
    assert (answers[0] == answers[1]).mean() > 0.6 > (untaught == answers[1]).mean()
    assert progress.history[-1]["loss"] < progress.history[0]["loss"]
    assert student.count_params() == teacher.count_params()


def test_the_teacher_is_frozen(tiny, earlier):
    teacher = transfer.build_teacher(tiny.replace(teacher=earlier.name, teacher_share=0.5))
    assert teacher.trainable_weights == []
    assert teacher.input_shape == (None, 48, 48, 1)
