"""Photos in a Parquet file: a row a photo, its file's bytes in one column, as Hugging Face stores images."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.errors import DataError, FerError, PictureError, reason
from fer_core.extras import optional
from fer_core.inference.face_table import as_text

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet

IMAGES = ("image", "img", "image_bytes", "img_bytes", "bytes", "content", "data")  # the first that is there
NAMES = ("path", "file_name", "filename", "name", "file", "id")
BYTES, PATH = "bytes", "path"  # in a column of Hugging Face's images
ROWS = 16  # at once


@dataclass(frozen=True, slots=True)
class Input:
    """One photo or video to be predicted.

    Attributes:
        path: what its rows are called.
        wrong: why there is nothing to read, as a sentence; mostly empty.
        data: the file's bytes, where it is not a file of its own.
    """

    path: str
    wrong: str = ""
    data: bytes | None = None


def read_images(path: str, done: Container[str] = ()) -> Iterator[Input]:
    """The photos in a Parquet file, row by row; what is wrong with the file is the last one's ``wrong``.

    Args:
        path: of the file.
        done: paths that are wanted no more, as ``face_table.as_text`` gives them; a row group that holds
            nothing else is not read.
    """
    try:
        with _open(path) as file:
            image, name = _columns(path, file.schema_arrow)
            start = 0
            for group in range(file.num_row_groups):
                paths = _paths(path, file, group, name, start)
                if any(as_text(each) not in done for each in paths):
                    yield from _images(file, group, image, paths, done)
                start += len(paths)
    except FerError as error:
        if as_text(path) not in done:
            yield Input(path, str(error))
    except Exception as error:  # pyarrow raises many kinds for a damaged file
        if as_text(path) not in done:
            yield Input(path, f"{path} is a damaged Parquet file: {reason(error)}.")


def count_images(path: str, done: Container[str] = ()) -> int:
    """How many inputs ``read_images`` gives; a file that cannot be read is one."""
    try:
        with _open(path) as file:
            _, name = _columns(path, file.schema_arrow)
            total = start = 0
            for group in range(file.num_row_groups):
                paths = _paths(path, file, group, name, start)
                total, start = total + sum(as_text(each) not in done for each in paths), start + len(paths)
            return total
    except Exception:  # ``read_images`` says what is wrong
        return int(as_text(path) not in done)


def _open(path: str) -> "parquet.ParquetFile":
    from fer_core.files import require_regular_file  # loads NumPy

    with optional():
        from pyarrow import parquet
    require_regular_file(Path(path), error=PictureError, what="table")
    return parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)  # not a whole row group at once


def _columns(path: str, schema: "pa.Schema") -> tuple[str, str]:
    """The column of images, and that of their names as Parquet addresses it; "" where there is none."""
    import pyarrow as pa

    def holds_bytes(kind: "pa.DataType") -> bool:
        if pa.types.is_struct(kind):
            return kind.get_field_index(BYTES) >= 0 and holds_bytes(kind.field(BYTES).type)
        return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))

    found = [field.name for field in schema if holds_bytes(field.type)]
    named = [name for name in IMAGES if name in found]
    if not named and len(found) != 1:
        raise DataError(
            f"{path} must hold a column of image files' bytes, called {IMAGES[0]}. "
            f"Received: {', '.join(schema.names) or 'no column'}."
        )
    image = (named or found)[0]
    kind = schema.field(image).type
    if pa.types.is_struct(kind) and kind.get_field_index(PATH) >= 0:
        return image, f"{image}.{PATH}"
    names = [name for name in NAMES if name in schema.names and name != image]
    return image, names[0] if names else ""


def _paths(path: str, file: "parquet.ParquetFile", group: int, name: str, start: int) -> list[str]:
    """What the rows of a group are called."""
    numbers = range(start, start + file.metadata.row_group(group).num_rows)
    if not name:
        return [f"{path}#{number}" for number in numbers]
    values = file.read_row_group(group, columns=[name]).column(0).to_pylist()
    own = (value[PATH] if isinstance(value, dict) else value for value in values)
    return [
        f"{path}#{number}" if each is None else f"{path}#{number}/{each}"
        for number, each in zip(numbers, own, strict=True)
    ]


def _images(
    file: "parquet.ParquetFile", group: int, image: str, paths: list[str], done: Container[str]
) -> Iterator[Input]:
    names = iter(paths)
    for batch in file.iter_batches(ROWS, row_groups=[group], columns=[image]):
        for value, path in zip(batch.column(0), names, strict=False):
            if as_text(path) not in done:
                content = value.as_py()
                data = content.get(BYTES) if isinstance(content, dict) else content
                yield Input(path, "" if data else f"{path} holds no image.", data)
