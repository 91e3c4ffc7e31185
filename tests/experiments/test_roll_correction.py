"""Faces turned and corrected by their eyes, on the app's own photos."""

import numpy as np
import pytest

from fer_core.cli import main as cli
from fer_core.datasets.dataset import Dataset
from fer_core.errors import DataError, PictureError
from fer_core.experiments import alignment_study as alignment
from fer_core.experiments import roll_correction, runs
from fer_core.experiments.roll_correction import correct_roll, find_eyes, measure_alignment, roll_of_eyes
from fer_core.vision.alignment import turn_crop
from fer_core.vision.detection import FaceDetector, crop_face
from tests.finished_runs import write_run
from tests.synthetic import synthetic_splits, write_fer2013_csv
from tests.tiny_networks import sample, tiny_tflite

MIDDLE = np.array([24.0, 24.0])


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


@pytest.fixture(scope="module")
def crop(detector):
    picture = sample()
    return crop_face(picture, detector.detect(picture)[0])


@pytest.fixture(scope="module")
def splits(crop):
    """Three faces a split, two of them the photo's and one without a face."""
    images = np.stack([crop, crop[:, ::-1], np.full((48, 48), 90, np.uint8)])
    labels = np.array([3, 3, 6], dtype=np.uint8)
    return {
        split: Dataset(images, labels, np.arange(3) + 10 * index, split)
        for index, split in enumerate(("Training", "PublicTest", "PrivateTest"))
    }


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    return write_run(runs.models_folder(), "some", tflite=tiny_tflite().read_bytes())


def test_a_crop_turns_clockwise_about_its_centre():
    crop = np.zeros((48, 48), np.uint8)
    crop[23:25, 40:42] = 255  # to the right of the middle
    np.testing.assert_array_equal(turn_crop(crop, 90, MIDDLE), np.rot90(crop, -1))
    np.testing.assert_array_equal(turn_crop(crop, 0, MIDDLE), crop)


def test_what_was_turned_there_and_back_is_nearly_as_before(crop):
    back = turn_crop(turn_crop(crop, 20, MIDDLE), -20, MIDDLE)
    inner = np.s_[12:36, 12:36]
    assert np.abs(back[inner].astype(int) - crop[inner]).mean() < 4


@pytest.mark.parametrize("degrees", [-30, -10, 20, 30])
def test_levelling_takes_a_turn_back(detector, crop, degrees):
    turned = turn_crop(crop, degrees, MIDDLE)
    eyes = find_eyes(detector, turned)
    assert roll_of_eyes(eyes) == pytest.approx(degrees, abs=8)
    again = find_eyes(detector, correct_roll(turned, eyes))
    assert (
        abs(roll_of_eyes(again)) < 8
    )  # YuNet's eyes lean towards upright: of a turn by 30 they show 23 to 30
    np.testing.assert_allclose(again.mean(axis=0), eyes.mean(axis=0), atol=1.5)


def test_where_there_is_no_face_there_are_no_eyes(detector):
    assert find_eyes(detector, np.full((48, 48), 90, np.uint8)) is None


def test_every_face_is_turned_levelled_and_read(run, splits):
    done = []
    found, facts = measure_alignment(run, splits, on_picture=lambda *state: done.append(state))
    assert found.predictions.shape == (5, 2, 6)
    assert found.rows.tolist() == [10, 11, 12, 20, 21, 22]
    assert np.abs(found.turns).tolist() == [[angle] * 6 for angle in alignment.ANGLES]
    assert np.isnan(found.rolls[:, [2, 5]]).all()
    assert np.isfinite(found.rolls[0, [0, 1, 3, 4]]).all()
    assert (found.predictions[:, 0, [2, 5]] == found.predictions[:, 1, [2, 5]]).all()  # left unaligned
    seen = found.rolls[2].astype(float) - found.rolls[0].astype(float)
    assert np.nanmax(np.abs(seen - found.turns[2])) < 10
    assert done[-1] == (30, 30)
    assert facts["run"] == "some"
    assert len(facts["model_sha256"]) == 64
    assert set(facts["data"]) == {"PublicTest", "PrivateTest"}


def test_faces_are_drawn_by_the_seed(run, splits):
    rows = [measure_alignment(run, splits, faces=3, seed=seed)[0].rows.tolist() for seed in (0, 0, 1)]
    assert rows[0] == rows[1] == sorted(rows[0])
    assert len(rows[0]) == 3


def test_too_many_faces_and_missing_splits_are_refused(run, splits):
    with pytest.raises(DataError, match=r"There are 6 faces to draw from\. Received: 7\."):
        measure_alignment(run, splits, faces=7)
    with pytest.raises(DataError, match="Received data without: PrivateTest"):
        measure_alignment(run, {"PublicTest": splits["PublicTest"]})


def test_without_yunet_there_are_no_eyes_to_level(run, splits, monkeypatch):
    class Haar:
        detector = "Haar"

    monkeypatch.setattr(roll_correction, "FaceDetector", Haar)
    with pytest.raises(PictureError, match=r"only YuNet finds.*Received: Haar"):
        measure_alignment(run, splits)


def test_the_command_measures_stores_and_says_what_came_out(run, tmp_path, capsys):
    csv = write_fer2013_csv(tmp_path / "fer2013.csv", synthetic_splits(1, 1, 1))
    assert cli.main(["alignment", "some", "--data", str(csv), "--faces", "4"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("some, single view, 4 images\n")
    assert "On faces that are not rotated, roll correction changes" in out
    _, provenance = alignment.load_alignment("some")
    assert provenance["command"] == "python -m fer_core alignment some --data PATH --faces 4"
