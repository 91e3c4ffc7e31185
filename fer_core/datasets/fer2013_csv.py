"""FER2013 as text: fer2013.csv, icml_face_data.csv and Kaggle's train.csv.

A row holds a label, 48 x 48 gray values parted by blanks, and the split. The columns come in either order,
the header with or without blanks, and train.csv has no splits: all of it is Training.
Errors name the line of the file as an editor shows it: the header is line 1.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from fer_core.datasets.dataset import SPLITS
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import DataError

PIXELS = SIDE * SIDE
LONGEST_LINE = 1 << 16  # A row needs under 10,000 bytes; what is longer is no FER2013.
BLANKS = b' \t\r\n\v\f"'
DIGITS_AND_BLANKS = b"0123456789 \t\r\v\f"
LABELS = {str(label).encode(): label for label in range(10)}
USAGES = {split.encode(): index for index, split in enumerate(SPLITS)}
EXPECTED_HEADER = "emotion,pixels,Usage in any order, or emotion,pixels as in Kaggle's train.csv"


class Columns(NamedTuple):
    """Where each field stands in a row; ``usage`` is None where all rows are Training."""

    emotion: int
    pixels: int
    usage: int | None


def read_csv(path: Path, *, classes: int = EMOTION_COUNT) -> Table:
    """Read a CSV form of FER2013; CK+ has one too, with an eighth class.

    Raises:
        DataError: naming the file, the line, what was expected and what was found.
        OSError: if the file cannot be read.
    """
    images, labels, splits = bytearray(), bytearray(), bytearray()
    with path.open("rb") as file:
        columns = _read_header(file, path)
        for number, line in _lines(file, path):
            try:
                label, split, pixels = _parse(line, columns, classes)
            except DataError as error:
                raise DataError(f"{_place(path, number)}: {error}{_cut_short(line)}") from None
            labels.append(label)
            splits.append(split)
            images += pixels
    if not labels:
        raise DataError(f"{path} has a header but no rows: expected one row a face. Received: 0 rows.")
    return Table(
        images=np.frombuffer(images, np.uint8).reshape(-1, SIDE, SIDE),
        labels=np.frombuffer(labels, np.uint8),
        splits=np.frombuffer(splits, np.uint8),
        form="csv",
        source=path,
    )


def _read_header(file: BinaryIO, path: Path) -> Columns:
    header = file.readline(LONGEST_LINE)
    if not header:
        raise DataError(f"{path} is empty: expected the header {EXPECTED_HEADER}. Received: 0 bytes.")
    text = header.decode("utf-8-sig", errors="replace")
    names = [name.strip(' \t\r\n"').lower() for name in text.split(",")]
    if sorted(names) not in (["emotion", "pixels", "usage"], ["emotion", "pixels"]):
        raise DataError(
            f"{_place(path, 1)}: expected the header {EXPECTED_HEADER}. Received: {text.strip()[:80]!r}."
        )
    usage = names.index("usage") if "usage" in names else None
    return Columns(names.index("emotion"), names.index("pixels"), usage)


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    """Each row with the number of its line; blank lines are allowed at the end of the file alone."""
    blank = 0
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=2):
        if not line.strip():
            blank = blank or number
            continue
        if blank:
            raise DataError(f"{_place(path, blank)}: expected a face. Received: a blank line.")
        if len(line) == LONGEST_LINE:
            raise DataError(
                f"{_place(path, number)}: expected one face. Received: a line of over {LONGEST_LINE:,} bytes."
            )
        yield number, line


def _parse(line: bytes, columns: Columns, classes: int) -> tuple[int, int, bytes]:
    """Label, index of the split and the pixels of one row; the error does not yet name its place."""
    fields = line.split(b",")
    expected = 2 if columns.usage is None else 3
    if len(fields) != expected:
        raise DataError(f"expected {expected} fields parted by commas. Received: {len(fields)}.")
    label = LABELS.get(fields[columns.emotion].strip(BLANKS))
    if label is None or label >= classes:
        raise DataError(
            f"expected a label from 0 to {classes - 1}. Received: {_show(fields[columns.emotion])}."
        )
    usage = b"Training" if columns.usage is None else fields[columns.usage].strip(BLANKS)
    if usage not in USAGES:
        raise DataError(f"expected the Usage {', '.join(SPLITS)}. Received: {_show(usage)}.")
    return label, USAGES[usage], _parse_pixels(fields[columns.pixels].strip(BLANKS))


def _parse_pixels(text: bytes) -> bytes:
    """The 2,304 gray values of a face as bytes.

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
    return repr(field.strip(BLANKS)[:40].decode("utf-8", errors="replace"))


def _place(path: Path, line: int) -> str:
    return f"{path}, line {line}" + (" (the header)" if line == 1 else " (the header is line 1)")


def _cut_short(line: bytes) -> str:
    """A hint for the last line of a file that was not copied to its end."""
    return "" if line.endswith(b"\n") else " The file ends within this line, so it is probably cut short."
