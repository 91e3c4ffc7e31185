import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.errors import PictureError
from fer_core.inference.annotation import draw_predictions, overlay_saliency
from fer_core.inference.recognizer import Prediction
from fer_core.palette import EMOTION_COLOURS, PERSON_COLOURS, person_colour, rgb
from fer_core.vision.detection import Face

CROP = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)


def prediction(box, emotion=3, confidence=0.94):
    probabilities = np.full(7, (1 - confidence) / 6, np.float32)
    probabilities[emotion] = confidence
    return Prediction(probabilities, Face(box, None, 0.0), CROP)


def canvas(height, width, value=128):
    picture = np.full((height, width, 3), value, dtype=np.uint8)
    picture.setflags(write=False)
    return picture


def share_of(picture, colour):
    return (picture == colour).all(axis=2).mean()


@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("background", [0, 128, 255])
def test_box_and_label_wear_the_emotions_colour(emotion, background):
    picture = canvas(300, 400, background)
    drawn = draw_predictions(picture, [prediction((100.4, 80.2, 90, 110), emotion)])
    assert drawn.shape == picture.shape
    assert drawn.dtype == np.uint8
    assert 0.005 < share_of(drawn, rgb(EMOTION_COLOURS[emotion])) < 0.1
    assert share_of(drawn, (255, 255, 255)) > 0.001  # The frame's inner edge, and text or background.
    assert share_of(drawn, (0, 0, 0)) > 0.001


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((1, 1), (0, 0, 1, 1)),
        ((16, 16), (0, 0, 16, 16)),
        ((48, 48), (0, 0, 48, 48)),
        ((480, 640), (0, 0, 640, 480)),
        ((480, 640), (630, 0, 10, 480)),
        ((480, 640), (0, 470, 20, 10)),
        ((480, 640), (320, 240, 0.5, 0.5)),
        ((40, 4096), (2000, 0, 40, 40)),
        ((4096, 40), (0, 2000, 40, 40)),
    ],
)
def test_any_picture_and_any_box_can_be_drawn(size, box):
    drawn = draw_predictions(canvas(*size), [prediction(box)])
    assert drawn.shape == (*size, 3)
    assert (drawn != 128).any()


def plates(drawn, emotions):
    """The rows and columns of each emotion's solid colour: where its label's plate is."""
    for emotion in emotions:
        mask = (drawn == rgb(EMOTION_COLOURS[emotion])).all(axis=2)
        filled = mask & np.roll(mask, 2, 0) & np.roll(mask, 4, 0) & np.roll(mask, 3, 1) & np.roll(mask, 6, 1)
        yield np.argwhere(filled)


def test_labels_of_neighbours_do_not_cover_each_other():
    boxes = [(100, 200, 60, 80), (130, 200, 60, 80), (160, 200, 60, 80)]
    drawn = draw_predictions(canvas(500, 500), [prediction(box, i) for i, box in enumerate(boxes)])
    spans = [(found.min(axis=0), found.max(axis=0)) for found in plates(drawn, range(3))]
    for i, (low, high) in enumerate(spans):
        for other_low, other_high in spans[i + 1 :]:
            assert (high < other_low).any() or (other_high < low).any()


def test_a_note_stands_by_its_face_alone_and_covers_no_label():
    faces = [prediction((60, 120, 90, 110)), prediction((250, 120, 90, 110))]
    plain = draw_predictions(canvas(300, 400), faces, numbers=[1, 2])
    noted = draw_predictions(canvas(300, 400), faces, numbers=[1, 2], notes={2: "neutral calibrated"})
    changed = np.argwhere((plain != noted).any(axis=2))
    assert changed[:, 1].min() > 200  # by the second face, not by the first
    assert changed[:, 0].min() > 220  # below the box: the label is above it
    assert share_of(noted, rgb(PERSON_COLOURS[1])) > 1.3 * share_of(plain, rgb(PERSON_COLOURS[1]))


def test_large_labels_are_larger_and_end_in_the_picture():
    face = [prediction((220, 120, 150, 180))]
    drawn = [draw_predictions(canvas(480, 640), face, numbers=[1], label_scale=by) for by in (1, 2, 9)]
    areas = [len(found) for each in drawn for found in plates(each, [3])]
    assert areas[1] > 3 * areas[0]
    assert areas[2] >= areas[1]
    assert (drawn[1][:, [0, -1]] == 128).all()  # it ends in the picture


@pytest.mark.parametrize("box", [(0, 0, 80, 90), (350, 0, 50, 60), (0, 250, 60, 50), (340, 240, 60, 60)])
def test_labels_at_the_edge_stay_whole(box):
    at_edge = draw_predictions(canvas(300, 400), [prediction(box)])
    x, y = 170 - box[0], 120 - box[1]
    in_the_middle = draw_predictions(canvas(300, 400), [prediction((box[0] + x, box[1] + y, *box[2:]))])
    colour = rgb(EMOTION_COLOURS[3])
    assert share_of(at_edge, colour) == pytest.approx(share_of(in_the_middle, colour), rel=0.15)


@pytest.mark.parametrize("background", [0, 128, 255])
def test_a_followed_face_wears_its_persons_colour_and_its_words_the_emotions(background):
    happy, sad = prediction((100, 80, 90, 110), 3), prediction((100, 80, 90, 110), 4)
    for number in range(1, len(PERSON_COLOURS) + 1):
        person = rgb(person_colour(number))
        as_happy, as_sad = (
            draw_predictions(canvas(300, 400, background), [each], numbers=[number]) for each in (happy, sad)
        )
        for drawn, emotion in ((as_happy, 3), (as_sad, 4)):
            assert 0.004 < share_of(drawn, person) < 0.1
            assert 0.001 < share_of(drawn, rgb(EMOTION_COLOURS[emotion])) < 0.05
        box = np.s_[80:190, 100:190]  # the label stands above it
        np.testing.assert_array_equal(as_happy[box], as_sad[box])


def test_boxes_bear_the_numbers_that_they_are_given():
    count = len(PERSON_COLOURS)
    first, again = (
        draw_predictions(canvas(300, 400), [prediction((100, 80, 90, 110))], numbers=[number])
        for number in (1, 1 + count)
    )
    assert (first != again).any()
    np.testing.assert_array_equal(first[80:190, 100:190], again[80:190, 100:190])  # the same colour


def test_the_smallest_picture_still_tells_the_number():
    drawn = draw_predictions(canvas(16, 16), [prediction((0, 0, 16, 16))], numbers=[2])
    assert share_of(drawn, rgb(person_colour(2))) > 0.1
    assert share_of(drawn, rgb(EMOTION_COLOURS[3])) == 0


def test_without_faces_the_picture_comes_back():
    picture = canvas(30, 40)
    drawn = draw_predictions(picture, [])
    np.testing.assert_array_equal(drawn, picture)
    assert drawn.flags.writeable


def test_gray_pictures_are_refused():
    with pytest.raises(PictureError, match="must be RGB"):
        draw_predictions(np.zeros((9, 9), np.uint8), [])


def test_cold_places_show_the_crop_and_hot_ones_colour():
    saliency = np.zeros((48, 48), np.float32)
    saliency[30:40, 30:40] = 1
    shown = overlay_saliency(np.full((48, 48), 90, np.uint8), saliency, side_px=96)
    assert shown.shape == (96, 96, 3)
    assert shown.dtype == np.uint8
    np.testing.assert_array_equal(shown[10, 10], 90)
    red, _, blue = shown[70, 70].astype(int)
    assert red > blue + 30
