"""What the committed networks predict of the sample photos: no other test would notice if real photos were
misread."""

import json

import pytest

from fer_core.inference.recognizer import Recognizer
from fer_core.paths import CHECKOUT
from tests.tiny_networks import SAMPLES

GOLDEN = json.loads((CHECKOUT / "tests" / "data" / "golden.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", GOLDEN)
def test_the_sample_photos_are_predicted_as_ever(name):
    recognizer = Recognizer(CHECKOUT / "models" / name)
    for photo, expected in GOLDEN[name].items():
        faces = recognizer.predict(SAMPLES / photo)
        assert [face.emotion.label for face in faces] == [emotion for emotion, _ in expected], photo
        shares = [share for _, share in expected]
        assert [face.confidence for face in faces] == pytest.approx(shares, abs=0.03), photo
