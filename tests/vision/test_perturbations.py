"""Each perturbation does to the pixels what its name says, and nothing where its strength is 0."""

import numpy as np
import pytest

from fer_core.errors import DataError
from fer_core.vision.perturbations import Perturbation, perturb

CROP = np.random.default_rng(5).integers(40, 200, (48, 48), dtype=np.uint8)
CROP.setflags(write=False)


def test_without_strength_a_crop_stays_as_it_is():
    changed = perturb(CROP, Perturbation())
    np.testing.assert_array_equal(changed, CROP)
    assert changed is not CROP


def test_a_quarter_turn_clockwise_is_numpys():
    turned = perturb(CROP, Perturbation(rotation_degrees=90))
    assert np.abs(turned.astype(int) - np.rot90(CROP, -1)).max() <= 1


def test_blur_keeps_the_mean_and_takes_the_detail():
    blurred = perturb(CROP, Perturbation(blur_px=2))
    assert blurred.mean() == pytest.approx(CROP.mean(), abs=3)
    assert blurred.std() < CROP.std() / 3


@pytest.mark.parametrize("share", [-0.1, 0.1])
def test_brightness_is_added_to_each_pixel(share):
    changed = perturb(CROP, Perturbation(brightness=share)).astype(float)
    np.testing.assert_allclose(changed, CROP + 255 * share, atol=0.5)
    assert perturb(CROP, Perturbation(brightness=10 * share)).std() == 0  # black, or white


@pytest.mark.parametrize(
    ("edge", "part"),
    [
        ("bottom", np.s_[36:, :]),
        ("top", np.s_[:12, :]),
        ("left", np.s_[:, :12]),
        ("right", np.s_[:, 36:]),
    ],
)
def test_an_occlusion_hides_its_share_from_its_edge(edge, part):
    changed = perturb(CROP, Perturbation(occlusion=0.25, edge=edge))
    assert np.unique(changed[part]) == [round(CROP.mean())]
    expected = CROP.copy()
    expected[part] = round(CROP.mean())
    np.testing.assert_array_equal(changed, expected)


@pytest.mark.parametrize(
    "strength", [{"occlusion": 1.1}, {"blur_px": -1}, {"rotation_degrees": float("nan")}, {"brightness": 2}]
)
def test_a_strength_beyond_its_limits_is_refused(strength):
    with pytest.raises(DataError, match=rf"{next(iter(strength))} must lie between .* Received: "):
        Perturbation(**strength)


def test_what_is_no_crop_is_refused():
    with pytest.raises(DataError, match=r"must be \(48, 48\) uint8\. Received: \(9, 9\) float64"):
        perturb(np.zeros((9, 9)), Perturbation())
