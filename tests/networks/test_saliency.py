import numpy as np
import pytest

from fer_core.networks.saliency import activation_saliency, occlusion_saliency

FACE = np.random.default_rng(3).integers(0, 256, (48, 48), dtype=np.uint8)


def looks_at(rows, columns):
    """A predictor whose emotion 3 is as likely as the given part of the crop looks like FACE's."""

    def predict(crops):
        assert crops.dtype == np.uint8
        away = np.abs(crops[:, rows, columns].astype(float) - FACE[rows, columns]).mean(axis=(1, 2))
        likely = (0.9 - away / 128).astype(np.float32)
        answers = np.repeat((1 - likely[:, None]) / 6, 7, axis=1)
        answers[:, 3] = likely
        return answers

    return predict


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(slice(4, 12), slice(6, 14)), (slice(34, 42), slice(18, 30)), (slice(40, 48), slice(40, 48))],
    ids=["eye", "mouth", "corner"],
)
def test_occlusion_shows_what_the_network_looks_at(rows, columns):
    maps = occlusion_saliency(looks_at(rows, columns), FACE)
    saliency = maps[3]
    assert maps.shape == (7, 48, 48)
    assert saliency.dtype == np.float32
    assert (saliency.min(), saliency.max()) == (0, 1)
    assert saliency[rows, columns].mean() > 3 * saliency.mean()
    # The other emotions gain when this part is hidden: nothing speaks for them.
    assert maps[[0, 1, 2, 4, 5, 6]].max() == 0


def test_occlusion_asks_once():
    calls = []

    def predict(crops):
        calls.append(len(crops))
        return np.full((len(crops), 7), 1 / 7, np.float32)

    assert occlusion_saliency(predict, FACE).max() == 0
    assert calls == [101]


def test_occlusion_leaves_the_crop_alone():
    crop = FACE.copy()
    crop.setflags(write=False)
    occlusion_saliency(looks_at(slice(0, 9), slice(0, 9)), crop)


def test_an_activation_map_is_enlarged_in_place():
    maps = np.zeros((6, 6, 7), np.float32)
    maps[1, 4, 2], maps[4, 1, 2], maps[0, 0, 5] = 2.0, -3.0, 9.0
    saliency = activation_saliency(maps, 2)
    assert saliency.shape == (48, 48)
    assert saliency.dtype == np.float32
    assert (saliency.min(), saliency.max()) == (0, 1)
    row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    assert (row, column) == pytest.approx((12, 36), abs=1)
    assert saliency[36, 12] == 0


@pytest.mark.parametrize("value", [0.0, -4.0])
def test_a_map_without_evidence_is_cold(value):
    assert activation_saliency(np.full((3, 3, 7), value, np.float32), 1).max() == 0
