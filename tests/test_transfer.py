"""Learning from an earlier run: its weights, or its answers."""

import shutil

import keras
import numpy as np
import pytest
from keras.src.utils import file_utils

from fer_core.architectures import build_mobilenet_body, build_network
from fer_core.errors import RecipeError, RunError
from fer_core.export import check_parity, export_tflite
from fer_core.litert import LiteRTModel
from fer_core.pipeline import train_run
from fer_core.recipes import Recipe, load_recipe
from fer_core.training import build_trainer, predict_logits, train, transfer
from fer_core.training.averaging import renew_statistics
from tests.synthetic import synthetic_splits

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
    network = build_trainer(tiny.replace(start=earlier.name), steps=3)
    saved = keras.saving.load_model(earlier.keras_path, compile=False)
    for one, other in zip(network.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_network_cannot_start_from_it(tiny, earlier):
    with pytest.raises(RecipeError, match=r"'tiny' cannot start a residual"):
        build_trainer(tiny.replace(start=earlier.name, architecture="residual"), steps=3)


@pytest.mark.parametrize("field", [{"start": "none"}, {"teacher": "none", "teacher_share": 0.5}])
def test_a_run_that_is_not_there_is_named(tiny, earlier, field, tmp_path):
    with pytest.raises(RunError, match="There is no run 'none'"):
        fit(tiny.replace(**field), tmp_path)


@pytest.mark.parametrize(("teacher", "share"), [("tiny", 0.0), ("", 0.5)])
def test_a_teacher_and_its_share_come_together(tiny, teacher, share):
    with pytest.raises(RecipeError, match="teacher_share must be above 0 with a teacher"):
        tiny.replace(teacher=teacher, teacher_share=share)


def test_the_loss_is_what_hinton_wrote_and_weights_are_the_labels_alone(tiny):
    recipe = tiny.replace(teacher="t", teacher_share=0.3, teacher_temperature=2.0, label_smoothing=0.0)
    student, teacher = np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float32)
    targets = np.eye(7, dtype=np.float32)[[0, 1, 2, 3, 4]]
    weights = np.array([1, 9, 0.5, 1, 2], np.float32)
    taught = np.column_stack([targets, teacher, weights])
    found = keras.ops.convert_to_numpy(transfer.distillation_loss(recipe)(taught, student))

    def log_softmax(values):
        return values - np.log(np.exp(values).sum(axis=1, keepdims=True))

    hard = -(targets * log_softmax(student)).sum(axis=1)
    soft = -(np.exp(log_softmax(teacher / 2)) * log_softmax(student / 2)).sum(axis=1)
    np.testing.assert_allclose(found, 0.7 * weights * hard + 0.3 * 4 * soft, rtol=1e-5)


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


def test_several_teachers_answer_with_their_mean(tiny, earlier, tmp_path, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    images, answers = FACES["PrivateTest"].images, []
    for name, factor in (("one", 1.0), ("other", 0.5)):
        path = shutil.copytree(earlier.path, tmp_path / name) / earlier.keras_path.name
        network = keras.saving.load_model(path, compile=False)
        network.set_weights([factor * each for each in network.get_weights()])
        network.save(path)
        answers.append(predict_logits(network, images))
    teacher = transfer.build_teacher(tiny.replace(teacher="one+other", teacher_share=0.5))
    np.testing.assert_allclose(predict_logits(teacher, images), np.mean(answers, axis=0), atol=1e-5)
    assert np.abs(answers[0] - answers[1]).max() > 0.01
    assert teacher.trainable_weights == []


def test_a_teacher_of_whole_faces_cannot_teach_from_pictures_that_grow(tiny, earlier, monkeypatch):
    monkeypatch.setattr(transfer, "FLAT_HEADS", ("tiny",))
    growing = tiny.replace(architecture="strided", first_px=32, teacher=earlier.name, teacher_share=0.5)
    with pytest.raises(RecipeError, match=r"'tiny' reads whole faces .* first_px must be 0\. Received: 32\."):
        transfer.build_teacher(growing)


def test_each_teacher_that_is_not_there_is_named_before_anything_is_written(
    tiny, earlier, monkeypatch, tmp_path
):
    shutil.copytree(earlier.path, tmp_path / earlier.name)
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    taught = tiny.replace(name="taught", teacher=f"{earlier.name}+small", teacher_share=0.5)
    hint = r"There is no run 'small'.*Train it first: python -m fer_core train small --data PATH\."
    with pytest.raises(RunError, match=hint):
        train_run(taught, FACES)
    assert [path.name for path in tmp_path.iterdir()] == [earlier.name]
    (tmp_path / "small").mkdir()  # broken, and in the way of a training of its name
    with pytest.raises(RunError, match=r"is not whole: it lacks [^:]*\.$"):
        train_run(taught, FACES)


MOBILENET = Recipe(name="mobile", architecture="mobilenet", epochs=1, batch_size=8, dropout=0.2)


def test_mobilenet_trains_exports_and_answers_the_same(tmp_path):
    few = FACES["Training"]
    network = build_trainer(MOBILENET, steps=1)
    before = network.get_weights()[0]
    network.run_eagerly = True  # one step is sooner done than compiled
    targets = np.eye(7, dtype=np.float32)[few.labels[:8]]
    network.train_on_batch(few.images[:8, ..., None], targets)
    assert np.abs(network.get_weights()[0] - before).max() > 0
    renew_statistics(network, few.images[:32, ..., None])  # or it says the same of every face
    assert np.ptp(predict_logits(network, few.images[:8]), axis=0).min() > 0.01
    path = tmp_path / "model.tflite"
    export_tflite(network, path, float16=False)
    check_parity(network, path, few.images[:8])
    assert LiteRTModel(path).activation_map(few.images[:1]).shape == (1, 3, 3, 7)


def test_imagenets_weights_go_below_the_head(monkeypatch):
    keras.utils.set_random_seed(3)
    body = build_mobilenet_body(input_shape=(96, 96, 3))
    asked = []

    def fetch(**settings):
        asked.append(settings)
        return body

    monkeypatch.setattr(transfer, "build_mobilenet_body", fetch)
    network = build_network(MOBILENET)
    head = network.get_weights()[-2:]
    transfer.load_start(MOBILENET.replace(start="imagenet"), network)
    assert asked == [{"weights": "imagenet", "input_shape": (96, 96, 3)}]
    for one, other in zip(network.get_weights(), [*body.get_weights(), *head], strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_a_connection_one_sentence_says_what_is_missing_and_where(monkeypatch, tmp_path):
    def fail(name, *args, **settings):
        raise OSError(f"URL fetch failure on {name}: Network is unreachable.")

    monkeypatch.setattr(file_utils, "get_file", fail)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with pytest.raises(RecipeError) as raised:
        transfer.load_start(load_recipe("transfer"), build_network(MOBILENET))
    said = str(raised.value)
    assert f"expected {transfer.IMAGENET_FILE} in {tmp_path / 'keras' / 'models'}. " in said
    assert "--set start=" in said
    # Keras asked for the very file that the sentence names.
    assert said.endswith(f"Received: URL fetch failure on {transfer.IMAGENET_FILE}: Network is unreachable.")


def test_imagenet_starts_no_other_network(tiny):
    with pytest.raises(RecipeError, match=r"for mobilenet alone\. Received: architecture 'tiny'"):
        build_trainer(tiny.replace(start="imagenet"), steps=1)


def test_other_pictures_are_handed_on(tiny, run_copy, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(run_copy.path.parent))
    started = tiny.replace(start=run_copy.name)
    taught = tiny.replace(teacher=run_copy.name, teacher_share=0.5)
    assert run_copy.provenance["other_pictures"] == ""
    assert [transfer.other_pictures(recipe) for recipe in (tiny, started, taught)] == ["", "", ""]
    run_copy.save_provenance(run_copy.provenance | {"other_pictures": "ImageNet"})
    assert transfer.other_pictures(started) == transfer.other_pictures(taught) == "ImageNet"
    assert transfer.other_pictures(MOBILENET.replace(start="imagenet")) == "ImageNet"
