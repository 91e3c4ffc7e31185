"""A cut is seen where the shot changes, not where somebody moves, the camera pans or the light changes."""

import cv2
import numpy as np
import pytest

from fer_core.vision.cuts import CutDetector
from tests.tiny_networks import sample
from tests.videos import scene

PHOTOS = [sample(name) for name in ("eileen-collins.jpg", "grace-hopper.jpg", "two-faces.jpg")]


def window(photo, x=0.5, *, zoom=1.0):
    """What a camera sees of a photo that it looks at: 60 % of it."""
    height, width = (round(0.6 * side / zoom) for side in photo.shape[:2])
    left, top = round(x * (photo.shape[1] - width)), round(0.5 * (photo.shape[0] - height))
    return cv2.resize(photo[top : top + height, left : left + width], (320, 240))


def cuts(*pictures):
    detector = CutDetector()
    return [detector.is_cut(picture) for picture in pictures]


def test_another_shot_is_a_cut_and_its_second_picture_is_none():
    shots = [window(photo) for photo in PHOTOS for _ in range(2)]
    assert cuts(*shots) == [False, False, True, False, True, False]


def test_the_same_place_with_another_face_is_a_cut():
    assert cuts(scene(80), scene(80, name="grace-hopper.jpg")) == [False, True]


@pytest.mark.parametrize("photo", PHOTOS, ids=["Eileen", "Grace", "both"])
def test_what_one_shot_may_do_is_no_cut(photo):
    brighter = np.clip(1.3 * window(photo).astype(float), 0, 255).astype(np.uint8)
    for other in (window(photo, 0.7), window(photo, zoom=1.15), brighter, window(photo)):
        assert cuts(window(photo), other) == [False, False]


def test_a_face_that_moves_comes_or_stays_alone_is_no_cut():
    assert cuts(*(scene(16 * step) for step in range(10))) == [False] * 10
    assert cuts(scene(0, 160), scene(160), scene(0, 160)) == [False] * 3


def test_blank_pictures_are_no_cut_and_hide_none():
    assert cuts(scene(), scene(), scene(colour=120)) == [False] * 3
    first, second = map(window, PHOTOS[:2])
    assert cuts(first, 0 * first, first, 0 * first, second) == [False, False, False, False, True]
