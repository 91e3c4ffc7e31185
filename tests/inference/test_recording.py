"""A recording: a face table and a film, whatever happens meanwhile."""

import gc
import io

import numpy as np
import pytest

from fer_core.inference import recording as recording_module
from fer_core.inference.face_table import COLUMNS
from fer_core.inference.prediction import Prediction
from fer_core.inference.recording import Recording
from fer_core.vision.detection import Face

av = pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")

FACE = Prediction(
    np.full(7, 1 / 7, np.float32), Face((10, 10, 30, 30), None, 0.9), np.zeros((48, 48), np.uint8)
)


def picture(value=90):
    return np.full((48, 64, 3), value, np.uint8)


def take(recording, count, *, start=0.0, faces=((1, FACE),)):
    for number in range(count):
        recording.take(picture(number), faces, start + number / 10)


def frames_of(data):
    with av.open(io.BytesIO(data)) as container:
        return [float(frame.time) for frame in container.decode(video=0)]


def test_a_row_a_face_and_a_picture_a_frame():
    recording = Recording()
    assert (recording.csv(), recording.mp4()) == (",".join(COLUMNS) + "\n", b"")
    take(recording, 20, start=100.0)
    take(recording, 5, start=102.0, faces=())
    recording.stop()
    assert (recording.row_count, recording.seconds, recording.error) == (20, pytest.approx(2.4), "")
    assert frames_of(recording.mp4()) == pytest.approx(np.arange(25) / 10)
    take(recording, 5)
    assert recording.row_count == 20


def test_the_film_has_an_end_and_the_table_goes_on(monkeypatch):
    monkeypatch.setattr(recording_module, "MOST_SECONDS", 1.0)
    recording = Recording()
    take(recording, 20)
    assert (recording.is_running, recording.row_count) == (True, 20)
    assert len(frames_of(recording.mp4())) == 11
    monkeypatch.setattr(recording_module, "MOST_ROWS", 22)
    take(recording, 20)
    assert (recording.is_running, recording.row_count) == (False, 22)


class Failing:
    """A film whose disk is full from the second picture on."""

    def __init__(self, file):
        self.count = 0

    def write(self, picture, seconds):
        self.count += 1
        if self.count > 1:
            raise OSError(28, "No space left on device")

    def close(self):
        raise RuntimeError("nor can it be closed")


def test_a_full_disk_ends_the_film_and_neither_the_table_nor_the_stream(monkeypatch):
    monkeypatch.setattr(recording_module, "Mp4Writer", Failing)
    recording = Recording()
    take(recording, 3)
    assert (recording.is_running, recording.row_count) == (True, 3)
    assert recording.error == "No space left on device"
    recording.stop()


def test_the_file_is_gone_with_the_recording():
    recording = Recording()
    take(recording, 3)
    file = recording._file
    assert not file.closed
    del recording
    gc.collect()
    assert file.closed


def test_reading_the_film_while_it_runs_harms_nothing():
    recording = Recording()
    take(recording, 30)
    recording.mp4()
    take(recording, 10, start=3.0)
    recording.stop()
    assert len(frames_of(recording.mp4())) == 40
