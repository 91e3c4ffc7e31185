"""FER2013 as Parquet, the way Hugging Face stores image data sets: a column of pictures and one of labels.

A file is part of the split that its name starts with, "train-00000-of-00002.parquet". Labels are names, or
numbers whose names stand in the file's metadata: they seldom are FER2013's numbers.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_core.datasets.dataset import SPLITS, TRAINING
from fer_core.datasets.names import is_official, label_index, split_index, split_note
from fer_core.datasets.sources import check_count, check_expansion, data_files, read_face
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import DataError
from fer_core.extras import optional

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

IMAGE_COLUMNS, LABEL_COLUMNS = ("image", "img", "img_bytes"), ("label", "labels", "emotion")
BATCH = 1024  # rows at once


def list_parquet(source: Path) -> list[Path]:
    """The Parquet files of a source, which is one of them or their folder."""
    if source.is_file():
        return [source]
    names = sorted(entry.name for entry in source.iterdir() if entry.is_file())
    return [source / name for name in data_files(names, ".parquet")]


def read_parquet(source: Path, files: list[Path]) -> Table:
    """Read the files, split by split and name by name.

    Raises:
        DataError: naming the file, and the row where one picture or label is wrong.
        MissingExtraError: if pyarrow is not installed.
        OSError: if a file cannot be read.
    """
    with optional():
        from pyarrow import parquet
    images, labels, splits = bytearray(), bytearray(), bytearray()
    notes: set[str] = set()
    for file in sorted(files, key=lambda file: (_split(file)[0], file.name)):
        split, note = _split(file)
        notes |= {note} - {""}
        try:
            for image, label in _rows(parquet, file, notes):
                images += image
                labels.append(label)
                splits.append(split)
                check_count(source, len(labels))
        except DataError:
            raise
        except Exception as error:  # pyarrow raises many kinds for a damaged file, OSError among them
            if getattr(error, "errno", None):
                raise
            raise DataError(f"{file}: expected a whole Parquet file. Received: a damaged one.") from None
    if not labels:
        raise DataError(f"{source} has no rows: expected one row an image. Received: 0 rows.")
    return Table(
        images=np.frombuffer(images, np.uint8).reshape(-1, SIDE, SIDE),
        labels=np.frombuffer(labels, np.uint8),
        splits=np.frombuffer(splits, np.uint8),
        form="parquet",
        source=source,
        notes=tuple(sorted(notes)),
    )


def _split(file: Path) -> tuple[int, str]:
    """The index of a file's split, and what to say of it where its name leaves that open."""
    name = re.split(r"[-_.]", file.name)[0]
    index = split_index(name)
    if index is None:
        return SPLITS.index(TRAINING), f"{file.name} names no split: it is read as {TRAINING}."
    return index, "" if is_official(name) else split_note(name)


def _rows(parquet: ModuleType, file: Path, notes: set[str]) -> Iterator[tuple[bytes, int]]:
    """Pixels and label of each row.

    Text and pictures are read as dictionaries: a value that stands in a million rows is in memory once.
    """
    metadata = parquet.read_metadata(file)
    columns = {column.path: column for column in map(metadata.schema.column, range(metadata.num_columns))}
    image, label = _choose(file, columns, IMAGE_COLUMNS), _choose(file, columns, LABEL_COLUMNS)
    check_count(file, metadata.num_rows)
    check_expansion(file, _unpacked_size(metadata, {image, label}))
    texts = [path for path in (image, label) if columns[path].physical_type == "BYTE_ARRAY"]
    if image not in texts:
        raise DataError(
            f"{file}: expected a column of pictures' files. Received: {columns[image].physical_type}."
        )
    with parquet.ParquetFile(file, read_dictionary=texts) as opened:
        names = _class_names(opened.schema_arrow.metadata, label)
        if names is None and label not in texts:
            notes.add(f"The labels in {file.name} have no names: they are read as FER2013's.")
        options = {"batch_size": BATCH, "columns": [image, label], "use_threads": False}
        groups = range(metadata.num_row_groups)  # one at a time: no batch may hold two dictionaries
        batches = (batch for group in groups for batch in opened.iter_batches(row_groups=[group], **options))
        rows = (row for batch in batches for row in _values(batch, image, label))
        for number, (picture, value) in enumerate(rows):
            place = f"{file}, row {number} (rows count from 0)"
            yield read_face(place, picture or b"").tobytes(), _label(place, value, names)


def _choose(file: Path, columns: Iterable[str], names: tuple[str, ...]) -> str:
    """The column of one of the names, or its bytes where it holds a picture's file and path."""
    wanted = [path for name in names for path in (name, f"{name}.bytes")]
    found = [path for path in wanted if path in columns]
    if not found:
        raise DataError(
            f"{file}: expected the columns image and label. Received: {len(list(columns))} columns, "
            f"no {names[0]} among them."
        )
    return found[0]


def _unpacked_size(metadata: "pyarrow.parquet.FileMetaData", paths: set[str]) -> int:
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    columns = (group.column(index) for group in groups for index in range(metadata.num_columns))
    return sum(column.total_uncompressed_size for column in columns if column.path_in_schema in paths)


def _class_names(metadata: Mapping[bytes, bytes] | None, label: str) -> list[str] | None:
    """What the numbers of the labels mean, as Hugging Face's library writes it down."""
    try:
        return list(json.loads((metadata or {})[b"huggingface"])["info"]["features"][label]["names"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _values(batch: "pyarrow.RecordBatch", image: str, label: str) -> Iterator[tuple[bytes | None, Any]]:
    """The picture's file and the label of each row."""
    pictures = batch.column(image.split(".", maxsplit=1)[0])
    pictures = pictures.field("bytes") if "." in image else pictures
    return (
        (picture.as_py(), value.as_py()) for picture, value in zip(pictures, batch.column(label), strict=True)
    )


def _label(place: str, value: Any, names: list[str] | None) -> int:
    if names is not None and isinstance(value, int):
        value = names[value] if 0 <= value < len(names) else None
    label = label_index(value) if isinstance(value, str) else value
    if not isinstance(label, int) or not 0 <= label < EMOTION_COUNT:
        raise DataError(
            f"{place}: expected a label from 0 to {EMOTION_COUNT - 1} or the name of an emotion. "
            "Received: another one."
        )
    return label
