"""Degraded images: pure, the same at each call, and worse at each severity."""

import numpy as np
import pytest

from fer_core.datasets import draw_faces
from fer_core.errors import DataError
from fer_core.vision.corruptions import CORRUPTIONS, SEVERITIES, corrupt

FACES = draw_faces(3, seed=0)[0]


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_severity_is_further_from_the_image(name):
    before, distances = FACES.copy(), []
    for severity in SEVERITIES:
        degraded = corrupt(FACES, name, severity)
        assert degraded.shape == FACES.shape
        assert degraded.dtype == np.uint8
        np.testing.assert_array_equal(degraded, corrupt(FACES, name, severity))
        distances.append(np.abs(degraded.astype(float) - FACES).mean())
    np.testing.assert_array_equal(FACES, before)
    assert 0 < distances[0] < distances[1] < distances[2] < distances[3] < distances[4]


def test_brightness_is_multiplied_and_clipped():
    gray = np.full((1, 48, 48), 200, np.uint8)
    assert (corrupt(gray, "darkness", 5) == 60).all()
    assert (corrupt(gray, "brightness", 1) == 228).all()
    assert (corrupt(gray, "brightness", 5) == 255).all()


def test_a_band_over_eyes_or_mouth_has_the_mean_gray():
    face = FACES[:1]
    for name, rows in (("eyes hidden", slice(10, 26)), ("mouth hidden", slice(28, 44))):
        hidden = corrupt(face, name, 5)[0]
        assert (hidden[rows] == round(float(face.mean()))).all()
        kept = np.ones(48, bool)
        kept[rows] = False
        np.testing.assert_array_equal(hidden[kept], face[0][kept])


def test_a_point_is_rotated_about_the_middle_to_either_side():
    points = np.zeros((40, 48, 48), np.uint8)
    points[:, 16, 23:25] = 255  # 7.5 px above the middle
    rotated = corrupt(points, "rotation", 5)
    columns = np.array([np.average(np.arange(48), weights=image[:24].sum(axis=0)) for image in rotated])
    assert set(np.sign(columns - 23.5)) == {-1, 1}
    assert np.abs(np.abs(columns - 23.5) - 7.5 * np.sin(np.pi / 4)).max() < 1
    assert not np.array_equal(rotated, corrupt(points, "rotation", 5, seed=1))


@pytest.mark.parametrize(
    ("images", "name", "severity", "said"),
    [
        (FACES.astype(float), "blur", 1, r"must be \(N, 48, 48\) uint8. Received: .* float64"),
        (FACES[0], "blur", 1, r"Received: \(48, 48\)"),
        (FACES, "fog", 1, "one of rotation, .* Received: 'fog', 1"),
        (FACES, "blur", 6, "severity from 1 to 5. Received: 'blur', 6"),
    ],
)
def test_what_cannot_be_degraded_is_said(images, name, severity, said):
    with pytest.raises(DataError, match=said):
        corrupt(images, name, severity)


def test_no_images_give_none():
    assert corrupt(FACES[:0], "rotation", 1).shape == (0, 48, 48)
