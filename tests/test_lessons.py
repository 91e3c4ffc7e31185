"""Lessons: what each epoch shows, and what is kept of a teacher's answers."""

import keras
import numpy as np
import pytest

from fer_core.datasets.class_distribution import class_weights
from fer_core.errors import RecipeError
from fer_core.metrics import softmax
from fer_core.training import lessons as lesson_module
from fer_core.training import predict_logits, transfer
from fer_core.training.augmentation import crop_middle
from fer_core.training.lessons import Lessons, crop_anywhere
from tests.synthetic import synthetic_splits

FACES = synthetic_splits(10, 2, 2)["Training"]  # 70 faces: two batches of 32, and 6 that wait


@pytest.fixture
def recipe(tiny):
    return tiny.replace(mixup=0.4, epochs=6)


@pytest.fixture
def taught(recipe, trained_run, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(trained_run.path.parent))
    return recipe.replace(teacher=trained_run.name, teacher_share=0.5)


def in_one_order(lesson):
    """The faces of a lesson as a set: sorted by their pixels."""
    images, targets, weights = lesson
    order = np.lexsort(images.reshape(len(images), -1).T)
    return images[order], targets[order], weights[order]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_whole_batches_of_pictures_their_targets_and_weights(recipe):
    images, targets, weights = Lessons(recipe, FACES).of_epoch(0)
    assert (images.shape, images.dtype) == ((64, 48, 48, 1), np.uint8)
    assert (targets.shape, targets.dtype) == ((64, 7), np.float32)
    assert (weights.shape, weights.dtype) == ((64,), np.float32)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)


def test_each_epoch_shows_new_pictures_and_any_process_the_same(recipe):
    lessons = Lessons(recipe, FACES)
    first, second = lessons.of_epoch(0), lessons.of_epoch(1)
    assert not same(in_one_order(first), in_one_order(second))
    assert same(Lessons(recipe, FACES).of_epoch(1), second)  # as a resumed run asks, without the first
    assert not same(Lessons(recipe.replace(seed=1), FACES).of_epoch(0), first)


def test_repeated_lessons_come_in_another_order(recipe):
    lessons = Lessons(recipe.replace(lessons=2), FACES)
    first, second, third = (lessons.of_epoch(epoch) for epoch in range(3))
    assert same(in_one_order(third), in_one_order(first))
    assert not same(third, first)
    assert not same(in_one_order(second), in_one_order(first))


def test_a_lesson_that_is_not_mixed_or_larger_is_another(recipe):
    growing = recipe.replace(lessons=1, first_px=40, unmixed_epochs=2, architecture="strided")
    lessons = Lessons(growing, FACES)
    sides = [lessons.of_epoch(epoch)[0].shape[1] for epoch in range(6)]
    assert sides == [40, 40, 40, 48, 48, 48]
    is_mixed = [(lessons.of_epoch(epoch)[1].max(axis=1) < 1).any() for epoch in range(6)]
    assert is_mixed == [True] * 4 + [False] * 2


def test_labels_give_way_to_what_the_network_answers(recipe, trained_run):
    lessons = Lessons(recipe.replace(mixup=0.0, self_share=0.6), FACES)
    network = keras.saving.load_model(trained_run.keras_path, compile=False)
    of_labels = in_one_order(lessons.of_epoch(3))[1]
    lessons.ask(network, 1)
    softened = in_one_order(lessons.of_epoch(3))[1]  # half of 6 epochs: half of 0.6
    answers = (softened - 0.7 * of_labels) / 0.3
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(softened.sum(axis=1), 1, rtol=1e-6)
    expected = softmax(predict_logits(network, FACES.images))
    assert {tuple(row) for row in answers.round(3)} <= {tuple(row) for row in expected.round(3)}
    np.testing.assert_allclose(in_one_order(lessons.of_epoch(0))[1].max(axis=1), 1)


def test_what_the_network_answers_later_weighs_more(recipe, monkeypatch):
    """The k-th answer weighs k: 1, 3 and 6 have a mean of 25 / 6."""
    lessons = Lessons(recipe.replace(self_share=0.6), FACES)
    answers = iter([1.0, 3.0, 6.0])
    monkeypatch.setattr(lesson_module, "predict_logits", lambda network, images: None)
    monkeypatch.setattr(
        lesson_module, "softmax", lambda logits: np.full((len(FACES), 7), next(answers), np.float32)
    )
    for times in (1, 2, 3):
        lessons.ask(None, times)
    np.testing.assert_allclose(lessons.own_answers, 25 / 6, rtol=1e-6)


def test_every_second_time_the_network_answers_mirror_images(recipe, monkeypatch):
    lessons, seen = Lessons(recipe, FACES), []

    def answer(network, images):
        seen.append(images.copy())
        return np.zeros((len(images), 7), np.float32)

    monkeypatch.setattr(lesson_module, "predict_logits", answer)
    for times in (1, 2, 3):
        lessons.ask(None, times)
    np.testing.assert_array_equal(seen[1], FACES.images[:, :, ::-1])
    np.testing.assert_array_equal([seen[0], seen[2]], [FACES.images] * 2)


def test_repeated_lessons_keep_their_labels(recipe):
    with pytest.raises(RecipeError, match=r"self_share must be 0 with lessons.*Received: 0\.5"):
        recipe.replace(lessons=2, self_share=0.5)


def test_the_teacher_answers_the_very_pictures_that_are_shown(taught):
    lessons = Lessons(taught, FACES)
    images, targets, _ = lessons.of_epoch(3)
    assert targets.shape == (64, 15)
    answers = predict_logits(lessons.teacher, images[..., 0])
    np.testing.assert_allclose(targets[:, 7:14], answers, atol=1e-4)


def test_class_weights_are_the_labels_alone_where_a_teacher_answers(taught):
    """All of a rare emotion's faces would outweigh the rest of what a teacher says of them."""
    _, targets, weights = Lessons(taught.replace(class_weights=True, mixup=0.0), FACES).of_epoch(0)
    assert (weights == 1).all()
    np.testing.assert_allclose(
        targets[:, 14], class_weights(FACES.labels)[targets[:, :7].argmax(axis=1)], rtol=1e-6
    )


def test_a_teacher_of_whole_faces_sees_the_picture_of_whose_middle_the_student_learns(taught, monkeypatch):
    monkeypatch.setattr(transfer, "FLAT_HEADS", ("tiny",))
    student = taught.replace(architecture="strided")
    whole, middle = (Lessons(student.replace(crop_px=px), FACES).of_epoch(3) for px in (48, 40))
    assert middle[0].shape == (64, 40, 40, 1)
    np.testing.assert_array_equal(middle[0], whole[0][:, 4:44, 4:44])
    np.testing.assert_array_equal(middle[1], whole[1])


def test_crops_are_drawn_anew_of_a_picture_that_comes_again(taught, monkeypatch, tmp_path):
    monkeypatch.setattr(transfer, "FLAT_HEADS", ("tiny",))
    drawn = taught.replace(architecture="strided", crop_px=40, random_crop=True, lessons=1)
    lessons = Lessons(drawn, FACES, tmp_path / "kept")
    first, second = lessons.of_epoch(0), lessons.of_epoch(1)
    assert first[0].shape == second[0].shape == (64, 40, 40, 1)
    assert not same(in_one_order(first), in_one_order(second))
    (path,) = (tmp_path / "kept").glob("*.npz")
    with np.load(path) as kept:
        assert kept["pictures"].shape == (64, 48, 48, 1)  # which the teacher saw
    assert same(Lessons(drawn, FACES).of_epoch(1), second)


def test_a_crop_is_a_part_of_its_picture_and_every_second_one_is_mirrored():
    images = np.random.default_rng(0).integers(0, 256, (200, 48, 48, 1), np.uint8)
    crops = crop_anywhere(images, 40, np.random.default_rng(1))
    places, mirrored = [], 0
    for image, crop in zip(images[..., 0], crops[..., 0], strict=True):
        parts = np.lib.stride_tricks.sliding_window_view(image, (40, 40))
        found = [np.argwhere((parts == seen).all(axis=(2, 3))) for seen in (crop, crop[:, ::-1])]
        assert len(found[0]) + len(found[1]) == 1
        mirrored += len(found[1])
        places += [tuple(place) for place in np.concatenate(found)]
    assert 70 < mirrored < 130
    assert len(set(places)) > 50  # of 81
    assert {0, 8} <= {row for row, _ in places} & {column for _, column in places}


def test_whole_pictures_have_one_crop():
    images = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 1), np.uint8)
    np.testing.assert_array_equal(crop_middle(images, 48), images)
    np.testing.assert_array_equal(crop_middle(images, 40), images[:, 4:44, 4:44])


@pytest.mark.parametrize(("kept", "asked"), [(0, 4), (2, 2)])
def test_the_teacher_answers_a_repeated_lesson_once(taught, monkeypatch, tmp_path, kept, asked):
    lessons, calls = Lessons(taught.replace(lessons=kept), FACES, tmp_path / "kept"), []
    answer = lessons.teacher.predict_on_batch
    monkeypatch.setattr(lessons.teacher, "predict_on_batch", lambda images: calls.append(1) or answer(images))
    for epoch in range(4):
        lessons.of_epoch(epoch)
    assert len(calls) == asked
    assert len(list(tmp_path.glob("kept/*.npz"))) == kept
