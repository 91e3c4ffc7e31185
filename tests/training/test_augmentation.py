"""What training does to images: each change on its own, with its known effect."""

import keras
import numpy as np
import pytest

from fer_core.datasets import draw_faces
from fer_core.training.augmentation import Augmentation
from fer_core.training.recipes import Recipe, paper_base

FACES = draw_faces(4, seed=2)[0][..., None]  # (28, 48, 48, 1) uint8
OFF = Recipe(name="off", architecture="paper-cnn", epochs=1, flip=False)
ALL_ON = paper_base().replace(erasing=0.5)


def augment(images, *, seed=0, **ranges):
    """What the layer gives in training for a recipe with these ranges alone."""
    layer = Augmentation(OFF.replace(seed=seed, **ranges))
    return keras.ops.convert_to_numpy(layer(images, training=True))


@pytest.fixture
def at_the_limit(monkeypatch):
    """Each draw gives the end of its range, so that an effect is known."""
    full = lambda self, count, limit: keras.ops.full((count,), limit)  # noqa: E731
    monkeypatch.setattr(Augmentation, "_draw", full)


def test_pixels_stay_pixels():
    changed = keras.ops.convert_to_numpy(Augmentation(ALL_ON)(FACES, training=True))
    assert (changed.shape, changed.dtype) == (FACES.shape, np.uint8)
    symbolic = Augmentation(ALL_ON)(keras.KerasTensor((None, 48, 48, 1), "uint8"))
    assert (symbolic.shape, symbolic.dtype) == ((None, 48, 48, 1), "uint8")
    assert all((face != was).any() for face, was in zip(changed, FACES, strict=True))


def test_a_crop_is_the_middle_of_what_geometry_left():
    cropped = augment(FACES, crop_px=40)
    np.testing.assert_array_equal(cropped, FACES[:, 4:44, 4:44])
    layer = Augmentation(ALL_ON.replace(crop_px=40))
    assert keras.ops.convert_to_numpy(layer(FACES, training=True)).shape == (len(FACES), 40, 40, 1)
    assert layer(keras.KerasTensor((None, 48, 48, 1), "uint8")).shape == (None, 40, 40, 1)


def test_fewer_pixels_show_the_same_picture():
    layer = Augmentation(OFF)
    layer.side = 24
    coarse = keras.ops.convert_to_numpy(layer(FACES, training=True)).astype(float)
    assert coarse.shape == (len(FACES), 24, 24, 1)
    means = FACES.reshape(-1, 24, 2, 24, 2, 1).mean(axis=(2, 4))  # one pixel for every four
    np.testing.assert_allclose(coarse, means, atol=0.51)


def test_nothing_changes_outside_training():
    layer = Augmentation(ALL_ON)
    for options in ({}, {"training": False}):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(FACES, **options)), FACES)


def test_ranges_of_zero_change_nothing():
    np.testing.assert_array_equal(augment(FACES), FACES)


def test_a_flip_mirrors_about_every_second_image_and_does_no_more():
    images = np.tile(FACES, (10, 1, 1, 1))
    changed = augment(images, flip=True)
    mirrored = (changed == images[:, :, ::-1]).all(axis=(1, 2, 3))
    same = (changed == images).all(axis=(1, 2, 3))
    assert (mirrored ^ same).all()
    assert 0.4 < mirrored.mean() < 0.6  # 280 images: 3.3 standard deviations either way


def test_a_shift_of_one_pixel(at_the_limit):
    changed = augment(FACES, shift=1 / 48)
    np.testing.assert_array_equal(changed[:, :-1, :-1], FACES[:, 1:, 1:])
    np.testing.assert_array_equal(changed[:, -1, :-1], FACES[:, -1, 1:])  # the edge is repeated


def test_a_quarter_turn(at_the_limit):
    changed = augment(FACES, rotation_degrees=90)
    expected = {turns: np.rot90(FACES, turns, axes=(1, 2)) for turns in (1, -1)}
    assert any(np.abs(changed.astype(int) - turned).max() <= 1 for turned in expected.values())


def test_a_zoom_grows_the_image_about_its_middle_and_each_axis_half_as_much_more(at_the_limit):
    square = np.zeros((1, 48, 48, 1), np.uint8)
    square[:, 12:36, 12:36] = 255
    grown = augment(square, zoom=0.4)[0, :, :, 0] / 255
    assert np.sqrt(grown.sum()) == pytest.approx(24 * 1.4 * 1.2, abs=0.5)
    for line in (grown.sum(axis=0), grown.sum(axis=1)):
        assert (line * np.arange(48)).sum() / line.sum() == pytest.approx(23.5, abs=0.01)


def test_a_shear_moves_rows_against_each_other(at_the_limit):
    line = np.zeros((1, 48, 48, 1), np.uint8)
    line[:, :, 23:25] = 255
    changed = augment(line, shear_degrees=45)[0, :, :, 0].astype(float)
    across = (changed * np.arange(48)).sum(axis=1) / changed.sum(axis=1).clip(1)
    down = (changed * np.arange(48)[:, None]).sum(axis=0) / changed.sum(axis=0).clip(1)
    slopes = [np.polyfit(np.arange(10, 38), values[10:38], 1)[0] for values in (across, down)]
    assert max(map(abs, slopes)) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("brightness", [0.05, 0.2])
def test_brightness_shifts_every_pixel_alike_within_its_range(brightness):
    images = np.full((200, 48, 48, 1), 128, np.uint8)
    shift = augment(images, brightness=brightness).astype(int) - 128
    assert (np.ptp(shift, axis=(1, 2, 3)) == 0).all()
    assert np.abs(shift).max() <= 255 * brightness + 0.5
    assert np.abs(shift).max() > 0.8 * 255 * brightness
    assert abs(shift.mean()) < 0.2 * 255 * brightness  # as often darker as brighter


def test_contrast_stretches_about_the_mean(at_the_limit):
    image = np.full((1, 48, 48, 1), 100, np.uint8)
    image[:, :, 24:] = 140
    changed = augment(image, contrast=0.5)
    assert np.unique(changed).tolist() == [90, 150]


def test_light_ends_at_black_and_white(at_the_limit):
    image = np.array([0, 255], np.uint8)[np.indices((1, 48, 48, 1)).sum(axis=0) % 2]
    assert np.unique(augment(image, brightness=0.5)).tolist() == [128, 255]


@pytest.mark.parametrize(("chance", "low", "high"), [(0.0, 0, 0), (0.25, 0.17, 0.33), (1.0, 1, 1)])
def test_a_share_of_the_images_is_erased(chance, low, high):
    images = np.full((400, 48, 48, 1), 128, np.uint8)
    changed = augment(images, erasing=chance) != 128
    assert low <= changed.any(axis=(1, 2, 3)).mean() <= high


def test_what_is_erased_is_a_rectangle_of_noise():
    images = np.full((100, 48, 48, 1), 128, np.uint8)
    changed = augment(images, erasing=1.0)[..., 0]
    for face in changed:
        rows, columns = np.where(face != 128)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert (face != 128).sum() > 0.9 * height * width  # one pixel of noise in 256 is 128 too
        assert 0.01 < height * width / 48**2 < 0.23  # 2-20 % of the area, whole pixels at its edges
        assert 0.4 < height / width < 2.5
    assert changed.min() < 10
    assert changed.max() > 245


def test_a_seed_gives_the_same_images_and_another_seed_others():
    ranges = {"flip": True, "rotation_degrees": 10, "brightness": 0.2, "erasing": 0.5}
    first, again, other = (augment(FACES, seed=seed, **ranges) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_images_of_a_batch_are_changed_each_in_its_own_way():
    same = np.repeat(FACES[:1], 8, axis=0)
    changed = augment(same, rotation_degrees=10, shift=0.05)
    assert len(np.unique(changed.reshape(8, -1), axis=0)) == 8
