import hashlib
import io
import itertools
import os

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_core.datasets import load_fer2013
from fer_core.errors import PictureError
from fer_core.vision import yunet
from fer_core.vision.alignment import frame_of, roll_of, to_picture
from fer_core.vision.detection import FaceDetector, FaceFinder, crop_face, load_picture
from tests.tiny_networks import sample

# Of eileen-collins.jpg, read off the photo: about where the face is, x, y, width, height.
BOX = (178, 62, 91, 112)


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


def scaled(picture, factor):
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=how)


def turned(picture, degrees):
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    return cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def likeness(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def inside(face, picture):
    x, y, width, height = face.box
    return x >= 0 and y >= 0 and x + width <= picture.shape[1] and y + height <= picture.shape[0]


def test_yunet_is_the_one_we_measured(detector):
    assert detector.detector == "YuNet"
    assert hashlib.sha256(yunet._read_weights()).hexdigest() == yunet.YUNET_SHA256


@pytest.mark.parametrize("factor", [0.2, 0.5, 1, 3, 8])
def test_a_face_is_found_at_any_size(detector, factor):
    picture = scaled(sample(), factor)
    (face,) = detector.detect(picture)
    assert face.box == pytest.approx([factor * value for value in BOX], abs=9 * factor + 2)
    assert face.score > 0.8
    assert inside(face, picture)


def test_landmarks_come_in_order(detector):
    (face,) = detector.detect(sample())
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


@pytest.mark.parametrize("degrees", [-40, -20, 20, 40])
def test_a_tilted_face_is_levelled(detector, degrees):
    (upright,) = detector.detect(sample())
    picture = turned(sample(), degrees)
    (face,) = detector.detect(picture)
    roll = roll_of(frame_of(face)) - roll_of(frame_of(upright))
    assert roll == pytest.approx(degrees, abs=9)
    assert likeness(crop_face(picture, face), crop_face(sample(), upright)) > 0.75


def test_a_camera_held_sideways_changes_nothing(detector):
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.fromarray(np.rot90(sample())).save(buffer, "PNG", exif=exif.tobytes())
    (upright,), (face,) = detector.detect(sample()), detector.detect(load_picture(buffer.getvalue()))
    assert face.box == upright.box


def test_a_close_up_fills_the_picture(detector):
    x, y, width, height = BOX
    picture = scaled(sample()[y : y + height, x : x + width], 20)
    (face,) = detector.detect(picture)
    assert face.box[2] > 0.7 * picture.shape[1]


def test_a_face_cut_by_the_edge_stays_inside(detector):
    picture = np.ascontiguousarray(sample()[:, 205:])
    (face,) = detector.detect(picture)
    assert inside(face, picture)
    assert face.box[0] == 0


def test_faces_come_in_reading_order(detector):
    picture = np.tile(sample("two-faces.jpg"), (2, 2, 1))
    found = detector.detect(picture)
    assert len(found) == 8
    rows = [face.box[1] > picture.shape[0] / 2 for face in found]
    assert rows == [False] * 4 + [True] * 4
    assert all(a.box[0] < b.box[0] for row in (found[:4], found[4:]) for a, b in itertools.pairwise(row))


def test_small_faces_in_a_large_picture_are_found(detector):
    picture = np.full((2000, 2600, 3), 128, dtype=np.uint8)
    small = scaled(sample()[30:230, 110:340], 0.4)
    picture[700 : 700 + small.shape[0], 900 : 900 + small.shape[1]] = small
    (face,) = detector.detect(picture)
    assert face.box[:2] == pytest.approx((900 + 0.4 * 68, 700 + 0.4 * 32), abs=8)


@pytest.mark.parametrize(
    "shape", [(1, 1), (15, 300), (300, 300), (20, 10_000), (10_000, 16), (48, 48), (2000, 3000)]
)
def test_where_there_is_no_face_none_is_found(detector, shape):
    assert detector.detect(np.full((*shape, 3), 90, dtype=np.uint8)) == []


def test_noise_holds_no_face(detector):
    assert detector.detect(np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)) == []


def test_the_picture_is_left_alone_and_any_memory_layout_will_do(detector):
    picture = sample()
    mirrored = picture[:, ::-1]
    picture.setflags(write=False)
    assert len(detector.detect(picture)) == len(detector.detect(mirrored)) == 1


@pytest.mark.parametrize("threshold", [0, -1, 1.1, float("nan")])
def test_thresholds_outside_0_to_1_are_refused(detector, threshold):
    with pytest.raises(PictureError, match=r"must lie in \(0, 1\]. Received: "):
        detector.detect(sample(), threshold=threshold)
    with pytest.raises(PictureError, match=r"must lie in \(0, 1\]. Received: "):
        FaceFinder(threshold=threshold)


def test_gray_pictures_are_refused(detector):
    with pytest.raises(PictureError, match="must be RGB"):
        detector.detect(np.zeros((90, 90), np.uint8))


@pytest.mark.parametrize("weights", [b"", b"something else"], ids=["missing", "changed"])
def test_haar_steps_in_where_yunet_is_not_there(detector, monkeypatch, weights):
    monkeypatch.setattr(yunet, "_read_weights", lambda: weights)
    with pytest.warns(RuntimeWarning, match="YuNet face detector are missing or changed"):
        fallback = FaceDetector()
    assert fallback.detector == "Haar"
    (face,) = fallback.detect(sample())
    assert (face.landmarks, face.score) == (None, 0)
    (by_yunet,) = detector.detect(sample())
    assert likeness(crop_face(sample(), face), crop_face(sample(), by_yunet)) > 0.6


def test_without_the_package_that_carries_them_there_are_no_weights(monkeypatch):
    monkeypatch.setattr(yunet.importlib.util, "find_spec", lambda name: None)
    assert yunet._read_weights() == b""


@pytest.mark.real_data
def test_fer2013s_own_faces_keep_their_framing(detector):
    path = os.environ.get("FER2013_PATH")
    if not path:
        pytest.skip("FER2013_PATH is not set")
    images = load_fer2013(path, "PublicTest").images[:200]
    frames = []
    for image in images:
        picture = np.repeat(scaled(image, 4)[:, :, None], 3, axis=2)
        frames += [frame_of(face) for face in detector.detect(picture)[:1]]
    assert len(frames) > 190
    scale = np.median([np.hypot(*frame[:, 0]) / 4 for frame in frames])
    centres = [to_picture(frame, np.array([24, 24])) / 4 for frame in frames]
    assert scale == pytest.approx(1, abs=0.04)
    assert np.median([roll_of(frame) for frame in frames]) == pytest.approx(0, abs=2)
    assert np.median(centres, axis=0) == pytest.approx((24, 24), abs=0.6)
