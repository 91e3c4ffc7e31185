"""mixup and CutMix: what is mixed, and that targets tell the truth about it."""

import numpy as np
import pytest

from fer_core.training.mixing import mix_images

COUNT = 400


@pytest.fixture
def faces():
    """Each picture is of one gray, which is also its weight, so that a blend shows its shares."""
    gray = np.linspace(0, 255, COUNT).round().astype(np.uint8)
    images = np.tile(gray[:, None, None], (1, 48, 48))
    return images, np.eye(7, dtype=np.float32)[np.arange(COUNT) % 7], gray.astype(np.float32)


@pytest.mark.parametrize(("mixup", "cutmix"), [(0.4, 0.0), (0.0, 1.0), (0.4, 1.0)])
def test_targets_and_weights_have_the_shares_of_the_pixels(faces, mixup, cutmix):
    images, targets, weights = mix_images(faces, np.random.default_rng(0), mixup=mixup, cutmix=cutmix)
    assert (images.dtype, images.shape) == (np.uint8, (COUNT, 48, 48))
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(images.mean(axis=(1, 2)), weights, atol=0.51)  # a gray level, by rounding
    assert (targets.max(axis=1) < 0.99).mean() > 0.3


def test_mixup_averages_and_cutmix_cuts(faces):
    averaged, _, _ = mix_images(faces, np.random.default_rng(1), mixup=1.0, cutmix=0.0)
    assert np.ptp(averaged, axis=(1, 2)).max() == 0
    cut, _, _ = mix_images(faces, np.random.default_rng(1), mixup=0.0, cutmix=1.0)
    assert {len(np.unique(image)) for image in cut} == {1, 2}


def test_nothing_asked_changes_nothing(faces):
    mixed = mix_images(faces, np.random.default_rng(2), mixup=0, cutmix=0)
    for before, after in zip(faces, mixed, strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_same_seed_mixes_the_same(faces):
    first, again = (mix_images(faces, np.random.default_rng(3), mixup=0.2, cutmix=1) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
