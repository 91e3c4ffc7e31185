"""FER2013 as text: fer2013.csv, icml_face_data.csv and Kaggle's train.csv, also gzipped or zipped.

A row holds a label or its name, 48 x 48 gray values parted by blanks, and the split. The columns come in any
order, with others between them, and train.csv has no splits: all of it is Training.
Errors name the line of the file as an editor shows it: the header is line 1.
"""

import csv
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from fer_core.datasets.dataset import SPLITS, TRAINING
from fer_core.datasets.names import LABEL_OF, is_official, split_index, split_note
from fer_core.datasets.sources import (
    check_count,
    check_expansion,
    check_file,
    damaged,
    data_files,
    official_files,
    open_member,
    open_zip,
)
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import DataError

PIXELS = SIDE * SIDE
LONGEST_LINE = 1 << 16  # A row needs under 10,000 bytes; what is longer is no FER2013.
BLANKS = b' \t\r\n\v\f"'
DIGITS_AND_BLANKS = b"0123456789 \t\r\v\f"
LABELS = {name.encode(): int(label) for name, label in LABEL_OF.items()}
LABELS |= {text.encode(): label for label in range(10) for text in (f"{label}", f"{label}.0")}  # pandas
EXPECTED = "emotion, pixels and Usage, or emotion and pixels as in Kaggle's train.csv"
ALIASES = {"label": "emotion", "split": "usage"}


class Columns(NamedTuple):
    """How many fields a row has and where they stand; ``usage`` is None where all rows are Training."""

    width: int
    emotion: int
    pixels: int
    usage: int | None


@contextmanager
def open_csv(path: Path) -> Iterator[IO[bytes]]:
    """The text of a CSV, unpacked where it is gzipped or zipped.

    Raises:
        DataError: if the archive is damaged, or becomes far larger than text does.
        OSError: if the file cannot be read.
    """
    check_file(path)
    with path.open("rb") as file:
        start = file.read(2)
        file.seek(0)
        if start == b"\x1f\x8b":
            try:
                with gzip.open(file) as text:
                    yield text  # type: ignore[misc]
            except (gzip.BadGzipFile, zlib.error, EOFError):
                raise damaged(path) from None
        elif start == b"PK":
            with open_zip(path) as archive, open_member(path, archive, _find_member(path, archive)) as member:
                yield member
        else:
            yield file


def _find_member(path: Path, archive: zipfile.ZipFile) -> str:
    names = data_files(archive.namelist(), ".csv")
    names = official_files(names) or names
    if len(names) != 1:
        raise DataError(f"{path}: expected an archive of one CSV. Received: {len(names)} of them.")
    check_expansion(path, archive.getinfo(names[0]).file_size)
    return names[0]


def read_csv(path: Path, *, classes: int = EMOTION_COUNT) -> Table:
    """Read a CSV form of FER2013; CK+ has one too, with an eighth class.

    Raises:
        DataError: naming the file, the line, what was expected and what was found.
        OSError: if the file cannot be read.
    """
    images, labels, splits = bytearray(), bytearray(), bytearray()
    usages: dict[bytes, int] = {}
    with open_csv(path) as file:
        columns = _read_header(file, path)
        for number, line in _lines(file, path):
            try:
                label, split, pixels = _parse(line, columns, classes, usages)
            except DataError as error:
                raise DataError(f"{_place(path, number)}: {error}{_cut_short(line)}") from None
            labels.append(label)
            splits.append(split)
            images += pixels
    if not labels:
        raise DataError(f"{path} has a header but no rows: expected one row an image. Received: 0 rows.")
    others = {usage.decode() for usage in usages if not is_official(usage.decode())}
    return Table(
        images=np.frombuffer(images, np.uint8).reshape(-1, SIDE, SIDE),
        labels=np.frombuffer(labels, np.uint8),
        splits=np.frombuffer(splits, np.uint8),
        form="csv",
        source=path,
        notes=tuple(f"Usage {split_note(usage)}" for usage in sorted(others)),
    )


def _read_header(file: IO[bytes], path: Path) -> Columns:
    header = file.readline(LONGEST_LINE)
    if not header:
        raise DataError(f"{path} is empty: expected a CSV with the columns {EXPECTED}. Received: 0 bytes.")
    found = [
        name.strip(' \t\r\n"').lower() for name in header.decode("utf-8-sig", errors="replace").split(",")
    ]
    names = [ALIASES.get(name, name) if ALIASES.get(name) not in found else name for name in found]
    needed = [name for name in ("emotion", "pixels", "usage") if name != "usage" or name in names]
    if any(names.count(name) != 1 for name in needed):
        wrong = [f"{names.count(name) or 'no'} {name}" for name in needed if names.count(name) != 1]
        raise DataError(
            f"{_place(path, 1)}: expected the columns {EXPECTED}. "
            f"Received: {len(names)} column{'s' * (len(names) > 1)}, {' and '.join(wrong)} among them."
        )
    usage = names.index("usage") if "usage" in needed else None
    return Columns(len(names), names.index("emotion"), names.index("pixels"), usage)


def _lines(file: IO[bytes], path: Path) -> Iterator[tuple[int, bytes]]:
    """Each row with the number of its line; blank lines are allowed at the end of the file alone."""
    blank, size = 0, 0
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=2):
        size += len(line)
        if not number % 1000:  # gzip tells no size that could be trusted
            check_expansion(path, size)
            check_count(path, number - 2)
        if not line.strip():
            blank = blank or number
            continue
        if blank:
            raise DataError(f"{_place(path, blank)}: expected an image. Received: a blank line.")
        if len(line) == LONGEST_LINE:
            raise DataError(
                f"{_place(path, number)}: expected an image. Received: a line of over {LONGEST_LINE:,} bytes."
            )
        yield number, line


def _parse(line: bytes, columns: Columns, classes: int, usages: dict[bytes, int]) -> tuple[int, int, bytes]:
    """Label, index of the split and the pixels of one row; the error does not yet name its place."""
    fields = line.split(b",")
    if len(fields) != columns.width and b'"' in line:  # commas within quotes, in another column
        text = line.decode("utf-8", errors="replace")
        fields = [field.encode() for field in next(csv.reader([text]))]
    if len(fields) != columns.width:
        raise DataError(f"expected {columns.width} fields parted by commas. Received: {len(fields)}.")
    label = LABELS.get(fields[columns.emotion].strip(BLANKS).lower())
    if label is None or label >= classes:
        received = _show(fields[columns.emotion])
        raise DataError(f"expected a label from 0 to {classes - 1} or its name. Received: {received}.")
    usage = TRAINING.encode() if columns.usage is None else fields[columns.usage].strip(BLANKS)
    if usage not in usages:
        index = split_index(usage.decode("utf-8", errors="replace"))
        if index is None:
            raise DataError(f"expected the Usage {', '.join(SPLITS)}. Received: another word.")
        usages[usage] = index
    return label, usages[usage], _parse_pixels(fields[columns.pixels].strip(BLANKS))


def _parse_pixels(text: bytes) -> bytes:
    """The 2,304 gray values of an image as bytes.

    ``np.fromstring`` reads digits at C speed (all of FER2013 in 1.5 s) but only warns of anything else, so
    anything else is looked for first. int64 saturates where a smaller integer would wrap around.
    """
    if text.translate(None, DIGITS_AND_BLANKS):
        raise _wrong_pixel(text)
    values = np.fromstring(text, np.int64, sep=" ")
    if len(values) != PIXELS:
        raise DataError(f"expected {PIXELS:,} pixels. Received: {len(values):,}.")
    if values.max() > 255:
        raise _wrong_pixel(text)
    return values.astype(np.uint8).tobytes()


def _wrong_pixel(text: bytes) -> DataError:
    """What to say of the first pixel that is no number from 0 to 255."""
    for position, word in enumerate(text.split(), start=1):
        if not word.isdigit() or len(word) > 18 or int(word) > 255:
            return DataError(
                f"expected whole numbers from 0 to 255. Received: {_show(word)} as pixel {position}."
            )
    raise AssertionError("called without a wrong pixel")


def _show(field: bytes) -> str:
    """A number as it stands; of anything else only what it is, because no file's text goes into a message."""
    field = field.strip(BLANKS)
    if re.fullmatch(rb"[+-]?\d{1,12}(\.\d{0,12})?", field):
        return field.decode()
    return "no number" if field else "nothing"


def _place(path: Path, line: int) -> str:
    return f"{path}, line {line}" + (" (the header)" if line == 1 else " (the header is line 1)")


def _cut_short(line: bytes) -> str:
    """A hint for the last line of a file that was not copied to its end."""
    return "" if line.endswith(b"\n") else " The file ends within this line, so it is probably cut short."
