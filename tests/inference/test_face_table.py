"""The face table: the same columns and values as CSV, JSON and DataFrame; nothing in it is a formula."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest

from fer_core.emotions import EMOTION_LABELS
from fer_core.inference.face_table import (
    COLUMNS,
    CSV,
    FaceRow,
    TableWriter,
    photo_rows,
    to_csv,
    to_json,
    to_pandas,
)
from fer_core.inference.recognizer import Prediction
from fer_core.vision.alignment import Face

SHARES = np.array([0.05, 0.01, 0.02, 0.6, 0.1, 0.02, 0.2], dtype=np.float32)
POINTS = np.arange(10, dtype=np.float32).reshape(5, 2) + np.float32(0.04)
FACE = Face((-0.0, 2.26, 30.0, 40.0), POINTS, 0.75)
FULL = FaceRow("film.mp4", 3, FACE, SHARES, 1.23456)
ROWS = [
    FULL,
    FaceRow("a, b.jpg", 1, Face((1.0, 2.0, 3.0, 4.0), None, 0.0), SHARES),
    FaceRow("wall.jpg"),
    FaceRow("notes.jpg", error="notes.jpg is not a picture."),
]


def test_a_row_has_every_column_in_order():
    values = FULL.values()
    assert tuple(values) == COLUMNS
    assert COLUMNS[:7] == ("path", "time", "face", "x", "y", "width", "height")
    assert (values["time"], values["face"], values["y"]) == (1.235, 3, 2.3)
    assert (values["left_eye_x"], values["nose_y"], values["right_mouth_y"]) == (0.0, 5.0, 9.0)
    assert (values["emotion"], values["confidence"], values["face_score"]) == ("happy", 0.6, 0.75)
    assert [values[label] for label in EMOTION_LABELS] == [0.05, 0.01, 0.02, 0.6, 0.1, 0.02, 0.2]
    assert values["error"] is None


def test_a_row_without_a_face_says_so_and_one_with_an_error_why():
    empty, wrong = (row.values() for row in ROWS[2:])
    assert {name for name, value in empty.items() if value is not None} == {"path"}
    assert {name for name, value in wrong.items() if value is not None} == {"path", "error"}


def test_a_photo_has_a_row_a_face_or_one():
    crop = np.zeros((48, 48), np.uint8)
    rows = photo_rows("a.jpg", [Prediction(SHARES, FACE, crop), Prediction(SHARES, FACE, crop)])
    assert [(row.path, row.number, row.time) for row in rows] == [("a.jpg", 1, None), ("a.jpg", 2, None)]
    (row,) = photo_rows("a.jpg", [])
    assert (row.path, row.face) == ("a.jpg", None)


@pytest.mark.parametrize("rows", [ROWS, []], ids=["rows", "none"])
def test_every_format_holds_the_same(rows):
    table = to_pandas(rows)
    assert tuple(table.columns) == COLUMNS
    read = pd.read_csv(io.StringIO(to_csv(rows)))
    pd.testing.assert_frame_equal(table, read, check_dtype=False)
    listed = json.loads(to_json(rows))
    assert listed == [row.values() for row in rows]


def test_the_columns_have_one_type_each_whatever_is_in_them():
    for rows in (ROWS, ROWS[2:], []):
        types = to_pandas(rows).dtypes.astype(str)
        assert types["face"] == "Int64"
        assert set(types[["time", "x", "face_score", "confidence", "happy"]]) == {"float64"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_compute_is_quoted(start):
    name = f"{start}cmd|' /C calc'!A0.jpg"
    row = FaceRow(name, 1, Face((-0.5, 2.0, 3.0, 4.0), None, 0.0), SHARES)
    (read,) = csv.DictReader(io.StringIO(to_csv([row]), newline=""))
    assert read["path"] == f"'{name}"
    assert read["x"] == "-0.5"  # a number stays one
    (read,) = csv.DictReader(io.StringIO(to_csv([FaceRow("a.jpg", error=f"{name} is damaged.")]), newline=""))
    assert read["error"] == f"'{name} is damaged."
    assert json.loads(to_json([row]))[0]["path"] == name == to_pandas([row])["path"][0]


def test_rows_are_written_as_they_come():
    class Disk(io.StringIO):
        flushed = ""

        def flush(self):
            self.flushed = self.getvalue()

    disk = Disk()
    with TableWriter(disk, CSV) as writer:
        writer.write(FULL)
        assert disk.flushed == to_csv([FULL])


def test_a_name_that_is_no_utf8_is_in_the_json():
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    text = to_json([FaceRow(name)])
    assert text.encode("ascii")
    assert json.loads(text)[0]["path"] == name
