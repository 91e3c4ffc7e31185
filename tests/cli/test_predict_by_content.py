"""``fer predict`` goes by what a file holds, and says what of it was left out."""

import csv
import io
import re
import shutil

import pytest

from tests.tiny_networks import SAMPLES

pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")
from tests.videos import NOISE, scene, write_video

PHOTO = str(SAMPLES / "two-faces.jpg")


def test_a_file_is_what_it_holds_whatever_its_name(predict, tmp_path):
    moving, still = tmp_path / "film.jpg", tmp_path / "photo.mp4"
    moving.write_bytes(write_video([scene(4 * step) for step in range(20)]))
    shutil.copy(PHOTO, still)
    code, out, _ = predict(moving, still, "--csv", "--rate", "1")
    assert code == 0
    found = [(row["path"], row["time"]) for row in csv.DictReader(io.StringIO(out))]
    assert found == [(str(moving), "0.0"), (str(moving), "1.0"), (str(still), ""), (str(still), "")]


def test_what_is_left_out_of_a_video_is_said(predict, tmp_path):
    path = tmp_path / "film.mov"
    data = bytearray(write_video(NOISE, form="mov", codec="mjpeg"))
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    path.write_bytes(data)
    code, _, err = predict(path)
    assert code == 0
    assert re.fullmatch(rf"fer: {path}: \d damaged packets were left out\.\n", err)
