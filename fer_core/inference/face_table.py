"""The face table: predictions as rows, the same columns wherever they leave this program.

    path                            the photo or video
    time                            seconds from a video's or a recording's start
    face                            a number from 1: the face's in its photo, in a video its track's
    x, y, width, height             its box, in pixels of the picture as its file says it stands
    left_eye_x ... right_mouth_y    its landmarks, likewise; left and right as the upright face shows them
    face_score                      the detector's, in [0, 1]
    rotation                        by how many degrees the picture had to be rotated to stand upright
    emotion, confidence             the most probable emotion, and its probability
    angry ... neutral               the seven probabilities
    error                           why the file could not be read

A file without a face has one row, and so has one that could not be read; what a row lacks is empty.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TextIO

from fer_core.emotions import EMOTION_LABELS
from fer_core.extras import optional

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from fer_core.inference.expression import Floats
    from fer_core.inference.prediction import Prediction
    from fer_core.vision.alignment import Face

BOX = ("x", "y", "width", "height")
POINTS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
LANDMARKS = tuple(f"{point}_{axis}" for point in POINTS for axis in "xy")
TEXTS = ("path", "emotion", "error")
COLUMNS = (
    *("path", "time", "face", *BOX, *LANDMARKS, "face_score", "rotation"),
    *("emotion", "confidence", *EMOTION_LABELS, "error"),
)
# A spreadsheet takes a cell that begins so for a formula, and a file's name may be anybody's.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, eq=False, slots=True)
class FaceRow:
    """One row. Without a face it says that none was found, or with an error why nothing could be read.

    Attributes:
        path: the photo or video, as it was named.
        number: the face's, from 1.
        face: where it is.
        probabilities: (7,) one an emotion.
        time: seconds; None for a photo.
        error: what is wrong, as a sentence; empty where nothing is.
    """

    path: str
    number: int | None = None
    face: "Face | None" = None
    probabilities: "Floats | None" = None
    time: float | None = None
    error: str = ""

    def values(self) -> dict[str, Any]:
        """Texts and numbers under ``COLUMNS``, None where there is nothing; the same in every format.

        Rounded: times to 1 ms, pixels to 0.1, scores and probabilities to 6 digits.
        """
        values: dict[str, Any] = dict.fromkeys(COLUMNS) | {"path": self.path, "error": self.error or None}
        if self.face is None or self.probabilities is None:
            return values
        values |= {"face": self.number, "face_score": round(self.face.score, 6)}
        values["rotation"] = self.face.rotation
        values |= zip(BOX, (round(value, 1) for value in self.face.box), strict=True)
        if self.time is not None:
            values["time"] = round(self.time, 3)
        if self.face.landmarks is not None:
            points = self.face.landmarks.ravel().tolist()
            values |= zip(LANDMARKS, (round(value, 1) for value in points), strict=True)
        shares = [round(share, 6) for share in self.probabilities.tolist()]
        values |= zip(EMOTION_LABELS, shares, strict=True)
        best = int(self.probabilities.argmax())
        return values | {"emotion": EMOTION_LABELS[best], "confidence": shares[best]}


def photo_rows(path: str, predictions: "Iterable[Prediction]") -> list[FaceRow]:
    """A row a face of a photo, or the one that says that there is none."""
    faces = enumerate(predictions, 1)
    return [FaceRow(path, number, each.face, each.probabilities) for number, each in faces] or [FaceRow(path)]


class Predictions(list["Prediction"]):
    """The predictions of one picture's faces: a list that can become a table."""

    def to_pandas(self, path: str = "") -> "pd.DataFrame":
        """The face table of this picture, under its path.

        Raises:
            MissingExtraError: if pandas is not installed.
        """
        return to_pandas(photo_rows(path, self))


class Form(NamedTuple):
    """How a table is written: what stands before, between and after the rows, and a row as text."""

    head: str
    between: str
    tail: str
    row: Callable[[FaceRow], str]


def _csv_line(cells: Iterable[object]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)  # quotes a cell that holds any character of its own line's end, \r\n
    return line.getvalue()[:-2] + "\n"


def _csv_row(row: FaceRow) -> str:
    return _csv_values(row.values())


def _csv_values(values: dict[str, Any]) -> str:
    for name in TEXTS:
        if values[name] and values[name].startswith(FORMULA_STARTS):
            values[name] = f"'{values[name]}"
    return _csv_line(values.values())


CSV = Form(_csv_line(COLUMNS), "", "", _csv_row)  # a text that a spreadsheet could compute begins with '
JSON = Form("[\n", ",\n", "\n]\n", lambda row: json.dumps(row.values()))  # a list with a line a row


class TableWriter:
    """Writes each row as soon as it comes, so that nothing later can lose it. Use it in a ``with``."""

    def __init__(self, stream: TextIO, form: Form) -> None:
        self._stream, self._form, self._between = stream, form, ""

    def __enter__(self) -> Self:
        self._stream.write(self._form.head)
        return self

    def write(self, row: FaceRow) -> None:
        """Add a row.

        Raises:
            OSError: if the stream takes no more.
        """
        self._stream.write(self._between + self._form.row(row))
        self._stream.flush()
        self._between = self._form.between

    def __exit__(self, *error: object) -> None:
        self._stream.write(self._form.tail)
        self._stream.flush()


def to_csv(rows: Iterable[FaceRow]) -> str:
    """The table as CSV."""
    return _to_text(rows, CSV)


def values_to_csv(rows: Iterable[dict[str, Any]]) -> str:
    """The same from what ``FaceRow.values`` gave, as the Parquet of a batch holds it."""
    return CSV.head + "".join(map(_csv_values, rows))


def to_json(rows: Iterable[FaceRow]) -> str:
    """The table as a JSON list of objects."""
    return _to_text(rows, JSON)


def to_pandas(rows: Iterable[FaceRow]) -> "pd.DataFrame":
    """The table as a DataFrame: ``face`` is a nullable integer, the other numbers are floats."""
    with optional():
        import pandas as pd

    table = pd.DataFrame([row.values() for row in rows], columns=list(COLUMNS))
    numbers = dict.fromkeys(set(COLUMNS) - set(TEXTS), "float64")
    return table.astype(numbers | {"face": "Int64"})


def to_arrow(rows: Iterable[FaceRow]) -> "pa.Table":
    """The table in Apache Arrow, as Parquet files hold it: ``face`` and ``rotation`` are int32, the other
    numbers float64. What is no UTF-8 in a path is written as ``as_text`` does."""
    with optional():
        import pyarrow as pa

    kinds = dict.fromkeys(COLUMNS, pa.float64()) | dict.fromkeys(TEXTS, pa.string())
    schema = pa.schema(list((kinds | dict.fromkeys(("face", "rotation"), pa.int32())).items()))
    values = [row.values() for row in rows]
    for each in values:
        each |= {name: each[name] and as_text(each[name]) for name in TEXTS}
    return pa.Table.from_pylist(values, schema=schema)


def as_text(path: str) -> str:
    """A path as UTF-8 can hold it: bytes of a name that are none stand as ``\\udce9``."""
    return path.encode("utf-8", "backslashreplace").decode()


def _to_text(rows: Iterable[FaceRow], form: Form) -> str:
    text = io.StringIO()
    with TableWriter(text, form) as writer:
        for row in rows:
            writer.write(row)
    return text.getvalue()
