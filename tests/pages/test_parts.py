"""What pages share: the downloads, and how numbers are written for people."""

import io

import pytest
from PIL import Image

from fer_core.inference.recognizer import Recognizer
from pages.parts import formats, reading
from pages.parts.training import recipe as provenance
from tests.tiny_networks import SAMPLES, tiny_tflite


def test_a_read_photo_gives_its_face_table_and_its_drawing():
    content = (SAMPLES / "two-faces.jpg").read_bytes()
    run = tiny_tflite("flatten")
    photo = reading.to_photo("b, c.jpg", content)
    read = reading.Reading(photo, Recognizer(run).predict(content), "", "YuNet", False, run, 0.7)
    assert [(row.path, row.number) for row in read.rows] == [("b, c.jpg", 1), ("b, c.jpg", 2)]
    drawn = Image.open(io.BytesIO(read.drawn_png()))
    assert (drawn.format, drawn.size) == ("PNG", Image.open(io.BytesIO(content)).size)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (formats.counted(1, "face"), "1 face"),
        (formats.counted(1200, "face"), "1,200 faces"),
        (formats.interval({"accuracy_interval": (0.6858, 0.7157)}), "68.6–71.6"),
        (provenance._text("commit", "0123456789abcdef+"), "0123456789ab and changes"),
        (provenance._text("finished", "2025-01-02T03:04:05+00:00"), "2025-01-02 03:04 UTC"),
        (provenance._text("seconds", 3720.0), "62 min"),
        (provenance._text("versions", {"keras": "3.12", "numpy": "2.3"}), "keras 3.12, numpy 2.3"),
        (provenance._text("parameters", 4_321_000), "4,321,000"),
        (provenance._text("temperature", 1.09876543), "1.099"),
        (provenance._text("resumed", True), "True"),
    ],
)
def test_numbers_are_written_for_people(written, expected):
    assert written == expected
