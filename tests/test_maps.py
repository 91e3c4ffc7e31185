"""Learning a teacher's maps: what is shown, what is learnt, and what is left of it in the end."""

import json
import shutil

import keras
import numpy as np
import pytest

from fer_core.architectures import build_network
from fer_core.errors import RecipeError
from fer_core.training import build_trainer, loop, maps, train, transfer
from fer_core.training.averaging import renew_statistics
from fer_core.training.lessons import Lessons
from tests.synthetic import synthetic_splits

FACES = synthetic_splits(16, 6, 6)


@pytest.fixture
def taught(tiny, run_copy, monkeypatch):
    """A recipe whose teacher's head pools: an untrained network, which sees something all the same."""
    monkeypatch.setenv("FER_MODELS", str(run_copy.path.parent))
    pooled = tiny.replace(architecture="strided")
    keras.utils.set_random_seed(1)
    network = build_network(pooled)
    renew_statistics(network, FACES["Training"].images[..., None])
    network.save(run_copy.keras_path)
    (run_copy.path / "recipe.json").write_text(json.dumps(pooled.to_json()))
    return pooled.replace(
        name="student", teacher=run_copy.name, teacher_share=0.8, teacher_maps=10.0, batch_size=16, seed=3
    )


def fit(recipe, folder, **settings):
    return train(
        recipe,
        train=FACES["Training"],
        validation=FACES["PublicTest"],
        checkpoint=folder / "c.npz",
        **settings,
    )


def test_a_lesson_shows_the_maps_of_the_very_pictures_that_are_shown(taught):
    lessons = Lessons(taught.replace(lessons=1), FACES["Training"])
    images, (targets, seen), weights = lessons.of_epoch(2)
    assert targets.shape == (112, 15)
    assert (seen.shape, seen.dtype) == ((112, 6, 6, 64), np.uint8)
    assert len(weights) == len(images) == 112
    _, plain = maps.predict(lessons.teacher, images)
    _, turned = maps.predict(lessons.teacher, np.ascontiguousarray(images[:, :, ::-1]))
    distance = [
        np.abs(np.subtract(seen, each, dtype=int)).max(axis=(1, 2, 3)) for each in (plain, turned[:, :, ::-1])
    ]
    assert (np.minimum(*distance) <= 1).all()  # of 20 levels a deviation
    assert 30 < (distance[0] <= 1).sum() < 82  # the others were mirrored after the teacher saw them


def test_each_map_is_brought_to_a_deviation_of_one(taught):
    pictures = FACES["Training"].images[..., None]
    _, before = transfer.build_teacher(taught).predict_on_batch(pictures)
    deviation = before.std(axis=(0, 1, 2), dtype=np.float64)
    logits, seen = maps.predict(Lessons(taught, FACES["Training"]).teacher, pictures)
    loud = deviation > deviation.mean() / 10  # the others are silent, and not blown up
    after = (seen / maps.LEVELS).std(axis=(0, 1, 2))
    assert loud.sum() > 50
    cut = seen.max(axis=(0, 1, 2)) == 255
    assert cut.sum() < 10
    np.testing.assert_allclose(after[loud & ~cut], 1, atol=5e-3)
    assert (after[~loud] < 1).all()
    plain = transfer.build_teacher(taught.replace(teacher_maps=0.0))
    np.testing.assert_allclose(logits, plain.predict_on_batch(pictures), atol=1e-4)


def test_several_teachers_maps_lie_side_by_side(taught, run_copy):
    other = run_copy.path.parent / "other"
    shutil.copytree(run_copy.path, other)
    teacher = transfer.build_teacher(taught.replace(teacher=f"{run_copy.name}+other"))
    _, seen = maps.predict(teacher, FACES["PrivateTest"].images[..., None])
    assert seen.shape[1:] == (6, 6, 128)
    np.testing.assert_array_equal(seen[..., :64], seen[..., 64:])
    assert teacher.trainable_weights == []


def test_a_teacher_of_whole_faces_answers_beside_one_that_shows_its_maps(
    taught, trained_run, run_copy, monkeypatch
):
    monkeypatch.setattr(transfer, "FLAT_HEADS", ("tiny",))
    flat = run_copy.path.parent / "flat"
    shutil.copytree(trained_run.path, flat)
    whole = FACES["PrivateTest"].images[..., None]
    part = np.ascontiguousarray(whole[:, 4:44, 4:44])
    alone = taught.replace(crop_px=40)
    pooled_logits, pooled_maps = maps.predict(transfer.build_teacher(alone), part)
    flat_logits = transfer.build_teacher(alone.replace(teacher="flat", teacher_maps=0.0)).predict_on_batch(
        whole
    )
    both = transfer.build_teacher(alone.replace(teacher=f"{run_copy.name}+flat"))
    logits, seen = maps.predict(both, whole)
    np.testing.assert_allclose(logits, (pooled_logits + flat_logits) / 2, atol=1e-4)
    np.testing.assert_allclose(seen, pooled_maps, atol=0.01)
    assert seen.shape[1:] == (5, 5, 64)


def test_a_student_of_crops_learns_from_a_teacher_of_whole_faces_too(
    taught, trained_run, run_copy, tmp_path, monkeypatch
):
    monkeypatch.setattr(transfer, "FLAT_HEADS", ("tiny",))
    shutil.copytree(trained_run.path, run_copy.path.parent / "flat")
    recipe = taught.replace(crop_px=40, teacher=f"{run_copy.name}+flat", epochs=1)
    images, (targets, seen), _ = Lessons(recipe, FACES["Training"]).of_epoch(0)
    assert (images.shape[1:], seen.shape[1:], targets.shape[1]) == ((40, 40, 1), (5, 5, 64), 15)
    student, _ = fit(recipe, tmp_path)
    assert student.output_shape == (None, 7)


def test_what_is_mirrored_takes_its_maps_along():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (200, 8, 8, 1), np.uint8)
    seen = pictures[:, ::4, ::4].copy()
    shown, told = pictures.copy(), seen.copy()
    maps.mirror_some(shown, told, rng)
    mirrored = (shown != pictures).any(axis=(1, 2, 3))
    assert 70 < mirrored.sum() < 130
    np.testing.assert_array_equal(shown[mirrored], pictures[mirrored][:, :, ::-1])
    np.testing.assert_array_equal(told[mirrored], seen[mirrored][:, :, ::-1])
    np.testing.assert_array_equal(told[~mirrored], seen[~mirrored])


def test_the_error_is_the_mean_square_of_each_picture():
    rng = np.random.default_rng(0)
    shown = rng.integers(0, 256, (5, 3, 3, 4), np.uint8)
    told = rng.normal(size=shown.shape).astype(np.float32)
    found = keras.ops.convert_to_numpy(maps.squared_error(shown, told))
    np.testing.assert_allclose(found, ((shown / maps.LEVELS - told) ** 2).mean(axis=(1, 2, 3)), rtol=1e-5)


def test_the_recipe_weighs_the_error_of_maps(taught):
    lessons = Lessons(taught, FACES["Training"])
    images, targets, weights = lessons.of_epoch(0)
    losses = []
    for weight in (1.0, 3.0, 5.0):
        trainer = build_trainer(taught.replace(teacher_maps=weight, dropout=0.0), 7, lessons.teacher)
        losses.append(trainer.test_on_batch(images, targets, weights, return_dict=True)["loss"])
    assert losses[0] < losses[1]
    assert losses[2] - losses[1] == pytest.approx(losses[1] - losses[0], rel=1e-3)


def test_a_student_comes_to_see_what_its_teacher_sees_and_is_left_without_the_translation(taught, tmp_path):
    student, progress = fit(taught.replace(epochs=8), tmp_path)
    losses = [row["loss"] for row in progress.history]
    assert losses[-1] < 0.8 * losses[0]
    assert all(0 <= row["accuracy"] <= 1 for row in progress.history)
    bare = build_network(taught)
    assert [each.shape for each in student.weights] == [each.shape for each in bare.weights]
    assert student.output_shape == (None, 7)


def test_an_interrupted_training_goes_on_as_if_it_had_not_stopped(taught, tmp_path, monkeypatch):
    class HaltError(Exception):
        pass

    def stop(history):
        if len(history) == 2:
            raise HaltError

    recipe = taught.replace(epochs=3, lessons=2, optimizer="muon")
    whole, _ = fit(recipe, tmp_path)
    assert not (tmp_path / loop.LESSONS).exists()  # none is left
    (tmp_path / "again").mkdir()
    with pytest.raises(HaltError):
        fit(recipe, tmp_path / "again", on_epoch=stop)
    monkeypatch.setattr(Lessons, "_make", None)  # both lessons lie in files
    resumed, _ = fit(recipe, tmp_path / "again", resume=True)
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_a_flat_head_has_no_maps_to_show_or_to_tell(taught, tiny, trained_run, monkeypatch):
    with pytest.raises(RecipeError, match=r"end in global pooling\. Received: tiny"):
        build_trainer(taught.replace(architecture="tiny"), 7, Lessons(taught, FACES["Training"]).teacher)
    monkeypatch.setenv("FER_MODELS", str(trained_run.path.parent))
    with pytest.raises(RecipeError, match=r"end in global pooling\. Received: teacher_tiny"):
        transfer.build_teacher(taught.replace(teacher=trained_run.name))


def test_student_and_teacher_have_as_many_places(taught):
    teacher = Lessons(taught, FACES["Training"]).teacher
    with pytest.raises(RecipeError, match=r"Received: \(3, 3\) and \(6, 6\) for pictures of 48 pixels"):
        build_trainer(taught.replace(architecture="mobilenet"), 7, teacher)


@pytest.mark.parametrize(
    ("changes", "received"),
    [
        ({"teacher": "", "teacher_share": 0.0, "teacher_maps": 1.0}, "1.0"),
        ({"teacher": "t", "teacher_share": 0.5, "teacher_maps": 2.0, "random_crop": True}, "2.0"),
    ],
)
def test_maps_come_from_a_teacher_and_belong_to_the_whole_of_a_picture(tiny, changes, received):
    with pytest.raises(RecipeError, match=rf"teacher_maps must be 0 without a teacher, .*: {received}\."):
        tiny.replace(**changes)


def test_their_weight_is_not_negative(tiny):
    with pytest.raises(RecipeError, match=r"teacher_maps must be at least 0\. Received: -1\."):
        tiny.replace(teacher="t", teacher_share=0.5, teacher_maps=-1.0)
