"""Every face is found, whatever its size and whoever else is in the picture; and nothing else is."""

import io
import itertools
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from fer_core.vision.alignment import frame_of, roll_of, to_picture
from fer_core.vision.detection import FaceDetector, filter_faces
from fer_core.vision.pictures import load_picture
from tests.tiny_networks import sample

# What surrounds a face in each sample photo, x, y, width, height, and the width of the face in it.
PORTRAITS = {"eileen-collins.jpg": (110, 10, 230, 230, 91), "grace-hopper.jpg": (80, 20, 370, 400, 170)}


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


def portrait(name, face_width):
    """A part of a sample photo, resized so that its face has this width."""
    x, y, width, height, face = PORTRAITS[name]
    part, factor = sample(name)[y : y + height, x : x + width], face_width / face
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(part, None, fx=factor, fy=factor, interpolation=how)


def scene(height, width, *faces):
    """A gray picture with portraits: (x, y, face's width) of each."""
    picture = np.full((height, width, 3), 110, np.uint8)
    for (x, y, face_width), name in zip(faces, itertools.cycle(PORTRAITS), strict=False):
        part = portrait(name, face_width)[: height - y, : width - x]
        picture[y : y + part.shape[0], x : x + part.shape[1]] = part
    return picture


def widths(faces):
    return [face.box[2] for face in faces]


TEN = [(40 + 120 * column, 40, 20) for column in range(10)]


def test_ten_small_faces_stay_when_one_stands_in_front(detector):
    assert len(detector.detect(scene(960, 1280, *TEN))) == 10
    found = detector.detect(scene(960, 1280, *TEN, (450, 300, 250)))
    assert len(found) == 11
    assert sorted(widths(found))[-1] == pytest.approx(250, rel=0.2)


def test_a_close_up_stays_when_somebody_stands_behind(detector):
    found = detector.detect(scene(960, 1280, (0, 0, 500), (1150, 60, 24)))
    assert sorted(widths(found)) == pytest.approx([24, 500], rel=0.25)


def test_a_long_screenshot_holds_six_faces(detector):
    places = [(40 * row, 500 + 2700 * row, 90 + 50 * row) for row in range(6)]
    found = detector.detect(scene(16_000, 1080, *places), rotation=0)
    assert widths(found) == pytest.approx([width for _, _, width in places], rel=0.25)
    wide = detector.detect(np.rot90(scene(8_000, 1080, *places[:3])))
    assert [face.rotation for face in wide] == [90] * 3


def test_a_long_screenshot_is_read_from_its_file(detector):
    file = io.BytesIO()
    places = [(40 * row, 500 + 2700 * row, 60) for row in range(6)]
    Image.fromarray(scene(16_000, 1080, *places)).save(file, "JPEG", quality=90)
    assert len(detector.detect(load_picture(file.getvalue()), rotation=0)) == 6


@pytest.mark.parametrize(("height", "width"), [(480, 640), (1080, 1920), (3000, 4000)])
@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_faces_from_20_px_to_the_whole_picture(detector, height, width, share):
    largest = 0.7 * height * 91 / 112  # the portrait's face is 112 px high
    face_width = 20 + share * (largest - 20)
    picture = scene(height, width, (width // 8, round((1 - share) * height / 8), face_width))
    (face,) = detector.detect(picture, rotation=0)
    assert face.box[2] == pytest.approx(face_width, rel=0.25)


@pytest.mark.parametrize("factor", [0.5, 1, 1.7, 2.6, 4])
def test_a_face_that_is_seen_at_several_sizes_is_one(detector, factor):
    picture = cv2.resize(sample("two-faces.jpg"), None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    found = detector.detect(picture)
    assert widths(found) == pytest.approx([104 * factor, 175 * factor], rel=0.15)


def draw_text(size):
    image = Image.new("RGB", (900, 700), "white")
    font = ImageFont.load_default(size=size)
    words = "face oO0@ :) 8-B {(o_o)} QCG&%$ smile eyes nose mouth "
    for row, top in enumerate(range(4, 700, round(size * 1.3))):
        ImageDraw.Draw(image).text((6 - 3 * row, top), words * 6, fill="black", font=font)
    return np.array(image)


def draw_shapes(seed):
    rng, image = np.random.default_rng(seed), Image.new("RGB", (1200, 900), "gray")
    for _ in range(250):
        (x, y), radius = rng.integers(0, 1200, 2).tolist(), int(rng.integers(2, 60))
        shape = x - radius, y - 1.2 * radius, x + radius, y + 1.2 * radius
        ImageDraw.Draw(image).ellipse(shape, fill=tuple(rng.integers(0, 256, 3).tolist()))
    return np.array(image)


def noise(cell):
    small = np.random.default_rng(cell).integers(0, 256, (720 // cell, 1280 // cell, 3), dtype=np.uint8)
    return cv2.resize(small, None, fx=cell, fy=cell, interpolation=cv2.INTER_CUBIC)


def checks(cell):
    return np.repeat(
        np.kron(np.indices((30, 40)).sum(axis=0) % 2, np.ones((cell, cell)))[..., None] * 255, 3, 2
    )


FACELESS = {
    **{f"text {size}": draw_text(size) for size in (9, 16, 40)},
    **{f"shapes {seed}": draw_shapes(seed) for seed in range(3)},
    **{f"noise {cell}": noise(cell) for cell in (1, 4, 16, 40)},
    **{f"checks {cell}": checks(cell).astype(np.uint8) for cell in (3, 15)},
}


@pytest.mark.parametrize("name", FACELESS)
def test_where_there_is_no_face_none_is_found_in_any_turn(detector, name):
    assert detector.detect(FACELESS[name]) == []


@pytest.mark.parametrize("picture", ["two-faces.jpg", "ten"])
def test_faces_filtered_afterwards_are_those_found_at_the_threshold(detector, picture):
    picture = scene(700, 1280, *TEN, (450, 300, 250)) if picture == "ten" else sample(picture)
    found = detector.detect(picture, threshold=0.3)
    for threshold in (0.5, 0.7, 0.92, 1.0):
        direct = detector.detect(picture, threshold=threshold)
        assert [face.box for face in direct] == [face.box for face in filter_faces(found, threshold)]


def test_a_larger_smallest_face_leaves_the_smaller_out(detector):
    picture = scene(960, 1280, *TEN, (450, 300, 250))
    assert len(detector.detect(picture, smallest_px=60, rotation=0)) == 1


def test_eight_threads_share_a_detector(detector):
    pictures = [sample(), sample("two-faces.jpg"), scene(480, 640, (10, 10, 40)), scene(500, 300)] * 6
    expected = [[face.box for face in detector.detect(picture)] for picture in pictures[:4]]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(detector.detect, pictures))
    assert [[face.box for face in faces] for faces in answers] == expected * 6


def test_a_face_is_followed_from_frame_to_frame(detector):
    before = detector.detect(scene(480, 640, (100, 100, 60), (400, 100, 90)))
    picture = scene(480, 640, (108, 94, 62), (392, 110, 86))
    followed, searched = detector.follow(picture, before), detector.detect(picture)
    assert len(followed) == len(searched) == 2
    for one, other in zip(followed, searched, strict=True):
        assert one.box == pytest.approx(other.box, abs=9)
        frames = [frame_of(face) for face in (one, other)]
        middles = [to_picture(frame, np.array([24, 24])) for frame in frames]
        assert middles[0] == pytest.approx(middles[1], abs=0.08 * other.box[2])
        assert roll_of(frames[0]) == pytest.approx(roll_of(frames[1]), abs=8)


def test_a_face_that_went_is_not_followed(detector):
    before = detector.detect(scene(480, 640, (100, 100, 60), (400, 100, 90)))
    assert widths(detector.follow(scene(480, 640, (100, 100, 60)), before)) == pytest.approx([60], rel=0.2)
    assert detector.follow(scene(480, 640, (300, 200, 60)), before[:1]) == []
    assert detector.follow(scene(480, 640), before) == detector.follow(scene(480, 640), []) == []


def test_two_who_meet_are_not_followed_as_two(detector):
    picture = scene(480, 640, (100, 100, 60))
    (face,) = detector.detect(picture)
    assert len(detector.follow(picture, [face, face])) == 1


def test_faces_that_are_known_are_part_of_the_answer(detector):
    picture = scene(480, 640, (100, 100, 60), (400, 100, 90))
    known = detector.detect(picture)[:1]
    found = detector.detect(picture, known=known, rotation=0)
    assert len(found) == 2
    assert found[0].box == known[0].box
