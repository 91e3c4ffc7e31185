"""The bars beside the live video."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS
from fer_core.inference.prediction import Prediction
from fer_core.vision.detection import Face
from pages.parts.live.bars import bars, largest


def face(width):
    shares = np.full(EMOTION_COUNT, 0.05, np.float32)
    shares[3] = 0.7
    return Prediction(shares, Face((0, 0, width, width), None, 0.9), np.zeros((48, 48), np.uint8))


def figures(*widths, calibrated=()):
    faces = tuple((number, face(width)) for number, width in enumerate(widths, 1))
    return SimpleNamespace(faces=faces, calibrated=calibrated)


@pytest.mark.parametrize("count", range(6))
def test_every_face_has_its_seven_bars(count):
    text = bars(figures(*range(50, 50 + count)))
    shown = min(max(count, 1), 4)  # empty bars keep the place
    for label in EMOTION_LABELS:
        assert len(re.findall(rf"\b{label}<", text)) == shown
    assert text.count("width:70.0%") == text.count("70 %") == min(count, 4)
    assert text.count("–") == (0 if count else EMOTION_COUNT)
    assert text.count('class="first"') == min(count, 4)


def test_the_largest_faces_are_shown_in_the_numbers_order():
    assert [number for number, _ in largest(figures(90, 20, 60, 80, 70, 10).faces)] == [1, 3, 4, 5]


def test_a_calibrated_face_says_so_and_a_past_one_too():
    text = bars(figures(50, 60, calibrated=(2,)), is_past=True)
    assert "Face 2</b> neutral calibrated" in text
    assert text.count("calibrated") == 1
    assert 'class="live-bars two past"' in text
