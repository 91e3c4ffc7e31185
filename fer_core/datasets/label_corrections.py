"""Corrected labels: a CSV of what people who looked at an image say of it, and its labels with that applied.

    row,old label,new label,note,tag
    28713,fear,surprise,"mouth wide open",
    28801,sad,,,no face

``row`` counts the images of the data set from 0, as ``Dataset.rows`` does; ``old label`` is the label in the
data, which tells whether the file belongs to it. A line without a new label only notes or tags its image. The
columns note and tag may be absent.
"""

import csv
import dataclasses
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import Dataset
from fer_core.datasets.names import label_index
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS
from fer_core.errors import DataError, reason
from fer_core.files import MOST_TEXT_BYTES, require_regular_file, write_text

NEEDED = ("row", "old label", "new label")
COLUMNS = (*NEEDED, "note", "tag")
MOST_LETTERS = 2000  # of a note or a tag


@dataclass(frozen=True)
class LabelCorrection:
    """What is said of one image.

    Attributes:
        row: its row in the data set, from 0.
        old: the label in the data, in [0, 6].
        new: the label that it should have, in [0, 6]; ``old`` confirms that one, None leaves it open.
        note: free text.
        tag: a word to find it again by.
    """

    row: int
    old: int
    new: int | None = None
    note: str = ""
    tag: str = ""

    @property
    def changes(self) -> bool:
        """Whether the label becomes another one."""
        return self.new is not None and self.new != self.old


@dataclass(frozen=True)
class LabelCorrections:
    """The lines of one file, in its order, no row twice.

    Attributes:
        source: the file's name, for messages.
        lines: a correction a line.
        sha256: of the file's bytes, 64 hexadecimal digits.
    """

    source: str
    lines: tuple[LabelCorrection, ...]
    sha256: str

    def apply(self, splits: Mapping[str, Dataset], *to: str) -> tuple[dict[str, Dataset], int]:
        """The data set with the new labels, and how many labels changed.

        Args:
            splits: the whole data set, which every line is checked against.
            to: the splits whose labels change; lines on others leave them as they are.

        Raises:
            DataError: if a row is not in the data, its label there is not the line's old label, or no label
                changes.
        """
        parts = [(each.rows, each.labels) for each in splits.values()]
        self.check(*map(np.concatenate, zip(*parts, strict=True)))
        new = {line.row: line.new for line in self.lines if line.changes}
        corrected = {split: _relabel(splits[split], new) for split in to if split in splits}
        count = sum(int((corrected[split].labels != splits[split].labels).sum()) for split in corrected)
        if not count:
            raise DataError(
                f"{self.source}: expected a new label for at least one {' or '.join(to)} image. "
                f"Received: {len(self.lines):,} lines, of other splits or without another label."
            )
        return {**splits, **corrected}, count

    def check(self, rows: npt.NDArray[np.int64], labels: npt.NDArray[np.uint8]) -> None:
        """Refuse lines that do not belong to a data set with these rows and labels, both (N,).

        Raises:
            DataError: if a row is not in the data, or its label there is not the line's old label.
        """
        label_of = dict(zip(rows.tolist(), labels.tolist(), strict=True))
        for line in self.lines:
            if line.row not in label_of:
                raise DataError(
                    f"{self.source}: expected rows of the data, which has {len(label_of):,} images. "
                    f"Received: row {line.row}."
                )
            if label_of[line.row] != line.old:
                raise DataError(
                    f"{self.source}, row {line.row}: expected the label in the data, "
                    f"{EMOTION_LABELS[label_of[line.row]]}, as the old label. "
                    f"Received: {EMOTION_LABELS[line.old]}."
                )


def _relabel(dataset: Dataset, new: Mapping[int, int | None]) -> Dataset:
    labels = [new.get(row, label) for row, label in zip(dataset.rows.tolist(), dataset.labels, strict=True)]
    return dataclasses.replace(dataset, labels=np.array(labels, np.uint8))


def load_corrections(path: Path) -> LabelCorrections:
    """Read a CSV of corrected labels.

    Raises:
        DataError: if it cannot be read, or a line is not what it should be; the message names the line.
    """
    require_regular_file(path, MOST_TEXT_BYTES, error=DataError, what="CSV of corrected labels")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}.") from None
    return parse_corrections(content, str(path))


def parse_corrections(content: bytes, source: str) -> LabelCorrections:
    """The same from the bytes of such a file; ``source`` is its name.

    Raises:
        DataError: as ``load_corrections``.
    """
    try:
        text = content.decode("utf-8-sig")
        lines = tuple(_lines(source, csv.reader(io.StringIO(text, newline=""), strict=True)))
    except UnicodeDecodeError:
        raise DataError(f"{source}: expected text in UTF-8. Received: other bytes.") from None
    except csv.Error as error:
        raise DataError(f"{source}: expected a CSV. Received: {reason(error)}.") from None
    return LabelCorrections(source, lines, sha256(content).hexdigest())


def _lines(source: str, reader: Any) -> Iterator[LabelCorrection]:
    header = [name.strip().lower() for name in next(reader, [])]
    if not set(NEEDED) <= set(header) or len(set(header)) != len(header):
        raise DataError(
            f"{source}, line 1: expected the columns {', '.join(NEEDED)} and maybe note and tag. "
            f"Received: {', '.join(map(_short, header)) or 'nothing'}."
        )
    seen: dict[int, int] = {}
    for fields in reader:
        if not any(field.strip() for field in fields):
            continue
        place = f"{source}, line {reader.line_num}"
        if len(fields) != len(header):
            raise DataError(f"{place}: expected {len(header)} fields. Received: {len(fields)}.")
        line = _line(place, dict(zip(header, (field.strip() for field in fields), strict=True)))
        if line.row in seen:
            raise DataError(
                f"{place}: expected each row once. Received: row {line.row} again, first in line "
                f"{seen[line.row]}."
            )
        seen[line.row] = reader.line_num
        yield line


def _line(place: str, fields: dict[str, str]) -> LabelCorrection:
    row = fields["row"]
    if not (row.isascii() and row.isdecimal() and len(row) < 10):
        raise DataError(f"{place}: expected a row, a whole number from 0. Received: {_short(row)!r}.")
    texts = {name: fields.get(name, "") for name in ("note", "tag")}
    for name, text in texts.items():
        if len(text) > MOST_LETTERS:
            raise DataError(
                f"{place}: expected a {name} of at most {MOST_LETTERS:,} letters. Received: {len(text):,}."
            )
    old = _emotion(place, "old label", fields["old label"])
    new = _emotion(place, "new label", fields["new label"]) if fields["new label"] else None
    return LabelCorrection(int(row), old, new, **texts)


def _emotion(place: str, column: str, text: str) -> int:
    label = label_index(text)
    if label is None or label >= EMOTION_COUNT:
        raise DataError(
            f"{place}: expected one of {', '.join(EMOTION_LABELS)} as the {column}. "
            f"Received: {_short(text)!r}."
        )
    return int(label)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def format_corrections(lines: Iterable[LabelCorrection]) -> str:
    """Such a CSV, by row: what ``parse_corrections`` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in sorted(lines, key=lambda line: line.row):
        new = "" if line.new is None else EMOTION_LABELS[line.new]
        writer.writerow((line.row, EMOTION_LABELS[line.old], new, line.note, line.tag))
    return text.getvalue()


def save_corrections(path: Path, lines: Iterable[LabelCorrection]) -> None:
    """Write them as a CSV, whole or not at all; the folder is made if it is not there.

    Raises:
        OSError: if it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, format_corrections(lines))
