import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.errors import PictureError
from fer_core.vision.alignment import TEMPLATE, Face, crop_face, frame_of, roll_of, to_picture, whole_picture

BOX = (10.0, 10.0, 50.0, 50.0)


def flat(height, width, colour=(200, 200, 200)):
    return np.full((height, width, 3), colour, dtype=np.uint8)


def placed(scale, degrees, shift):
    """Landmarks of a face that was turned, scaled and shifted."""
    angle = np.radians(degrees)
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    return (scale * TEMPLATE @ turn.T + shift).astype(np.float32)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (((0, 0, 0, 5), None, 0.5), "width and height above 0"),
        (((0, 0, np.nan, 5), None, 0.5), "width and height above 0"),
        (((0, 0, 5), None, 0.5), "must be x, y, width, height"),
        ((BOX, np.zeros((4, 2)), 0.5), r"must be \(5, 2\) finite.*Received: \(4, 2\)"),
        ((BOX, np.full((5, 2), np.nan), 0.5), r"must be \(5, 2\) finite"),
        ((BOX, None, 1.5), r"score must lie in \[0, 1\]. Received: 1.5"),
        ((BOX, None, float("nan")), "score must lie"),
    ],
)
def test_faces_that_make_no_sense_are_refused(values, message):
    with pytest.raises(PictureError, match=message):
        Face(*values)


@given(
    st.floats(0.5, 60),
    st.floats(-179, 179),
    st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
)
def test_a_frame_follows_the_face(scale, degrees, shift):
    frame = frame_of(Face(BOX, placed(scale, degrees, shift), 1.0))
    assert roll_of(frame) == pytest.approx(degrees, abs=0.1)
    np.testing.assert_allclose(to_picture(frame, TEMPLATE), placed(scale, degrees, shift), atol=0.05)


@pytest.mark.parametrize(("scale", "degrees"), [(1.0, 0), (0.6, 10), (3.3, 30), (7.0, -50), (4.0, 179)])
def test_a_crop_brings_the_points_to_their_places(scale, degrees):
    points = placed(scale, degrees, (250, 250))
    picture = flat(700, 700, (0, 0, 0))
    for x, y in points:
        centre = round((x - 0.5) * 16), round((y - 0.5) * 16)  # cv2.circle counts from pixel centres.
        cv2.circle(picture, centre, round(1.5 * scale * 16), (255, 255, 255), -1, cv2.LINE_AA, shift=4)
    crop = crop_face(picture, Face(BOX, points, 1.0)).astype(float)
    ys, xs = np.mgrid[:48, :48] + 0.5
    for x, y in TEMPLATE:
        near = crop * ((xs - x) ** 2 + (ys - y) ** 2 < 16)
        centre = (near * xs).sum() / near.sum(), (near * ys).sum() / near.sum()
        assert centre == pytest.approx((x, y), abs=0.3)


def test_a_48_px_gray_picture_comes_back_as_it_is():
    gray = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    picture = np.repeat(gray[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(crop_face(picture, whole_picture(picture)), gray)


def test_shrinking_averages():
    board = np.indices((960, 960)).sum(axis=0) % 2 * 255
    picture = np.repeat(board[:, :, None], 3, axis=2).astype(np.uint8)
    crop = crop_face(picture, Face((0, 0, 960, 960), None, 0.0))
    np.testing.assert_allclose(crop, 127.5, atol=1)


@pytest.mark.parametrize(("colour", "gray"), [((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29)])
def test_gray_weighs_by_bt_601(colour, gray):
    assert crop_face(flat(90, 90, colour), Face(BOX, None, 0.0))[24, 24] == gray


@pytest.mark.parametrize(
    "face",
    [
        Face((0, 0, 20, 90), None, 0.0),
        Face((80, 80, 10, 10), placed(3, 40, (60, 60)), 0.9),
        Face((0, 0, 5, 5), placed(3, 0, (-120, -30)), 0.9),
        Face((0, 0, 5, 5), placed(1, 0, (5000, 5000)), 0.9),
        Face(BOX, np.full((5, 2), 33, np.float32), 0.9),
    ],
    ids=["wide margin", "lower corner", "upper corner", "far outside", "one point"],
)
def test_outside_the_picture_its_edge_is_repeated(face):
    np.testing.assert_array_equal(crop_face(flat(90, 90), face), 200)


def test_a_picture_of_one_pixel_has_a_crop():
    np.testing.assert_array_equal(crop_face(flat(1, 1), Face((0, 0, 1, 1), None, 0.0)), 200)


def test_a_crop_leaves_its_picture_alone():
    picture = flat(90, 90)
    picture.setflags(write=False)
    assert crop_face(picture[:, ::-1], Face(BOX, placed(1, 0, (5, 5)), 1.0)).shape == (48, 48)


@pytest.mark.parametrize(
    ("height", "width", "is_face"),
    [(48, 48, True), (96, 96, True), (90, 96, True), (97, 97, False), (48, 60, False), (15, 15, False)],
)
def test_only_small_squares_are_whole_faces(height, width, is_face):
    picture = flat(height, width)
    picture[0, 0] = 0
    face = whole_picture(picture)
    assert (face is not None) == is_face
    if face is not None:
        assert (face.box, face.landmarks, face.score) == ((0, 0, width, height), None, 0)


def test_a_small_square_of_one_colour_is_no_face():
    assert whole_picture(flat(48, 48)) is None
