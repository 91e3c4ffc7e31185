"""What is recorded of the live video: a face table, and a film of what was shown."""

import csv
import io

import numpy as np
import pytest

from fer_core.emotions import EMOTION_LABELS
from fer_core.inference import recording as recording_module
from fer_core.inference.face_table import COLUMNS
from tests.inference.test_live import clock, play, reader, recognizer, scene

__all__ = ["clock", "reader", "recognizer"]  # fixtures

av = pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")


def test_a_recording_is_a_row_a_face_and_frame(reader, clock, monkeypatch):
    picture = scene((60, 100), (360, 100))
    play(reader, clock, picture)
    assert reader.recording_csv() == ",".join(COLUMNS) + "\n"
    reader.start_recording()
    play(reader, clock, picture, picture)
    assert (reader.figures().recording, reader.figures().recorded) == (True, 4)
    reader.stop_recording()
    play(reader, clock, picture)
    rows = list(csv.DictReader(io.StringIO(reader.recording_csv())))
    assert [(row["path"], row["time"], row["face"]) for row in rows] == [
        ("camera", "0.0", "1"),
        ("camera", "0.0", "2"),
        ("camera", "0.1", "1"),
        ("camera", "0.1", "2"),
    ]
    for row in rows:
        assert sum(float(row[label]) for label in EMOTION_LABELS) == pytest.approx(1, abs=1e-3)
        assert float(row["width"]) > 20
    monkeypatch.setattr(recording_module, "MOST_ROWS", 3)
    reader.start_recording()
    play(reader, clock, picture, picture)
    assert (reader.figures().recording, reader.figures().recorded) == (False, 3)


def test_a_recording_is_a_film_of_what_was_shown(reader, clock):
    picture = scene((200, 100))
    play(reader, clock, picture)
    reader.start_recording()
    shown = [play(reader, clock, picture) for _ in range(8)]
    reader.stop_recording()
    play(reader, clock, picture)
    figures = reader.figures()
    assert (figures.filmed, figures.film_error) == (pytest.approx(0.7), "")
    with av.open(io.BytesIO(reader.recording_mp4())) as container:
        frames = list(container.decode(video=0))
    assert [float(each.time) for each in frames] == pytest.approx(np.arange(8) / 10, abs=1e-3)
    difference = np.abs(frames[-1].to_ndarray(format="rgb24").astype(int) - shown[-1])
    assert difference.mean() < 6


def test_a_film_that_fails_never_stops_the_stream(reader, clock, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fer_core.vision.mp4.Mp4Writer.write", fail)
    reader.start_recording()
    play(reader, clock, *[scene((200, 100))] * 3)
    figures = reader.figures()
    assert (figures.frames, figures.errors, figures.recorded) == (3, 0, 3)
    assert figures.film_error == "No space left on device"


def test_a_recording_can_be_discarded(reader, clock):
    reader.start_recording()
    play(reader, clock, *[scene((200, 100))] * 3)
    reader.discard_recording()
    play(reader, clock, scene((200, 100)))
    figures = reader.figures()
    assert (figures.recording, figures.recorded, figures.filmed) == (False, 0, None)
    assert reader.recording_mp4() == b""
