"""Pictures that lie on their side or stand on their head, without a word of EXIF; and people who lie."""

import numpy as np
import pytest

from fer_core.errors import PictureError
from fer_core.inference.annotation import draw_predictions
from fer_core.inference.recognizer import Prediction
from fer_core.vision import yunet
from fer_core.vision.alignment import Face, crop_face, frame_of, lies, roll_of, rotate_face, rotate_picture
from fer_core.vision.detection import FaceDetector
from tests.tiny_networks import sample
from tests.vision.test_detection import likeness, turned
from tests.vision.test_face_search import TEN, scene

NAMES = ("eileen-collins.jpg", "grace-hopper.jpg", "two-faces.jpg")
TURNS = (90, 180, 270)


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


def lay(picture, rotation):
    """The picture as it lies if it has to be rotated by so many degrees to stand upright."""
    return rotate_picture(picture, (360 - rotation) % 360)


@pytest.mark.parametrize("rotation", TURNS)
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_that_lies_is_detected_as_the_upright_one(detector, name, rotation):
    upright, picture = detector.detect(sample(name)), lay(sample(name), rotation)
    found = detector.detect(picture)
    assert [face.rotation for face in found] == [rotation] * len(upright)
    for one, other in zip(found, upright, strict=True):
        assert one.box == pytest.approx(rotate_face(other, 360 - rotation, sample(name).shape).box, abs=3)
        assert likeness(crop_face(picture, one), crop_face(sample(name), other)) > 0.95


@pytest.mark.parametrize("rotation", TURNS)
def test_small_faces_are_found_in_a_picture_that_lies(detector, rotation):
    larger = [(x, y, 34) for x, y, _ in TEN]
    found = detector.detect(lay(scene(480, 1280, *larger), rotation))
    assert [face.rotation for face in found] == [rotation] * 10


@pytest.mark.parametrize("degrees", [-50, -35, 0, 35, 50])
@pytest.mark.parametrize("name", ["eileen-collins.jpg", "grace-hopper.jpg"])
def test_a_tilted_head_does_not_rotate_the_picture(detector, name, degrees):
    (face,) = detector.detect(turned(sample(name), degrees))
    assert (face.rotation, lies(face)) == (0, 0)


def test_one_who_lies_among_others_is_aligned_alone(detector):
    picture = scene(480, 900, (20, 100, 60), (320, 100, 90), (650, 100, 60))
    upright = detector.detect(picture)
    lying = np.rot90(picture[100:260, 650:810])
    picture[100:260, 650:810] = lying
    found = detector.detect(picture)
    assert [face.rotation for face in found] == [0, 0, 0]
    assert [lies(face) for face in found] == [0, 0, 90]
    assert roll_of(frame_of(found[2])) == pytest.approx(-90, abs=10)
    original = scene(480, 900, (20, 100, 60), (320, 100, 90), (650, 100, 60))
    assert likeness(crop_face(picture, found[2]), crop_face(original, upright[2])) > 0.9


def test_a_rotation_that_is_known_is_not_searched(detector, monkeypatch):
    picture = lay(sample(), 180)
    (face,) = detector.detect(picture)
    passes = []
    call = yunet.YuNet.__call__
    monkeypatch.setattr(yunet.YuNet, "__call__", lambda *args: passes.append(args) or call(*args))
    (known,) = detector.detect(picture, rotation=180)
    assert (known.box, known.rotation) == (face.box, 180)
    assert len(passes) <= 5  # two levels, three looks
    assert all(face.rotation == 0 for face in detector.detect(picture, rotation=0))


@pytest.mark.parametrize("rotation", [45, -90, 360])
def test_other_rotations_are_refused(detector, rotation):
    with pytest.raises(PictureError, match=f"must be 0, 90, 180 or 270 degrees. Received: {rotation}"):
        detector.detect(sample(), rotation=rotation)
    with pytest.raises(PictureError, match="must be 0, 90, 180 or 270 degrees"):
        Face((0, 0, 10, 10), None, 0.5, rotation)


@pytest.mark.parametrize("rotation", [0, *TURNS])
def test_a_face_turns_with_its_picture(rotation):
    picture = np.zeros((60, 100, 3), np.uint8)
    picture[20:30, 70:90] = 200
    points = np.array([(71, 21), (89, 21), (80, 25), (72, 29), (88, 29)], np.float32)
    face = rotate_face(Face((70, 20, 20, 10), points, 0.9), rotation, picture.shape)
    x, y, width, height = map(int, face.box)
    rotated = rotate_picture(picture, rotation)
    assert rotated.sum() == rotated[y : y + height, x : x + width].sum() == picture.sum()
    assert all(rotated[int(y), int(x), 0] == 200 for x, y in face.landmarks)
    assert face.rotation == (360 - rotation) % 360
    back = rotate_face(face, face.rotation, rotated.shape)
    assert (back.box, back.rotation) == ((70, 20, 20, 10), 0)
    np.testing.assert_allclose(back.landmarks, points)


@pytest.mark.parametrize("rotation", TURNS)
def test_a_face_without_landmarks_is_rotated_for_its_crop(rotation):
    upright = Face((178, 62, 100, 100), None, 0.0)
    face = rotate_face(upright, 360 - rotation, sample().shape)
    crop = crop_face(lay(sample(), rotation), face)
    assert face.rotation == rotation
    assert likeness(crop, crop_face(sample(), upright)) > 0.99


def test_the_drawing_stands_upright():
    crop, answer = np.zeros((48, 48), np.uint8), np.full(7, 1 / 7, np.float32)
    upright = Face((178, 62, 91, 112), None, 0.9)
    lying = rotate_face(upright, 90, sample().shape)
    drawn = draw_predictions(rotate_picture(sample(), 90), [Prediction(answer, lying, crop)])
    np.testing.assert_array_equal(drawn, draw_predictions(sample(), [Prediction(answer, upright, crop)]))


def test_haar_tries_the_turns_where_it_finds_no_face(monkeypatch):
    monkeypatch.setattr(yunet, "_read_weights", lambda: b"")
    with pytest.warns(RuntimeWarning, match="Haar"):
        haar = FaceDetector()
    (upright,), (face,) = haar.detect(sample()), haar.detect(lay(sample(), 180))
    assert (upright.rotation, face.rotation) == (0, 180)
    assert likeness(crop_face(lay(sample(), 180), face), crop_face(sample(), upright)) > 0.8
