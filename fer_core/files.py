"""Files that are whole or absent; JSON and tables read with one sentence for what is wrong with them."""

import csv
import json
import os
import secrets
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from fer_core.errors import FerError, RunError, reason

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

MOST_TEXT_BYTES = 16_000_000  # of JSON or CSV; a run's largest has 100 kB
MOST_ARRAY_BYTES = 256_000_000  # of an .npz, unpacked
MOST_LEVELS = 32  # of JSON
PARTIAL = ".fer-partial-"  # how the name of a file begins that is being written


def require_regular_file(
    path: Path, limit: int | None = None, *, error: type[FerError] = RunError, what: str = "file"
) -> int:
    """The size in bytes of a file that can be read to its end: a device has none, a pipe waits for ever.

    Args:
        path: where it should be.
        limit: the most bytes that it may have.
        error: what to raise.
        what: what a message calls it: "picture", "video", "table".

    Raises:
        FerError: as ``error``: if it is missing, a folder, no regular file, empty, or larger than ``limit``.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise error(f"There is no {what} at {path}.") from None
    except (OSError, ValueError) as problem:  # ValueError: a null byte in the name
        raise error(f"{path} cannot be read: {reason(problem)}.") from problem
    if stat.S_ISDIR(found.st_mode):
        raise error(f"A {what} must be a file. Received: the folder {path}.")
    if not stat.S_ISREG(found.st_mode):
        raise error(f"A {what} must be a regular file. Received: {path}, a device, pipe or socket.")
    if found.st_size == 0:  # also what the system makes up as it is read
        raise error(f"{path} is an empty file. Expected a {what}.")
    if limit is not None and found.st_size > limit:
        raise error(
            f"{path} is too large. Expected a {what} of at most {limit / 1e6:,.0f} MB. "
            f"Received: {found.st_size / 1e6:,.0f} MB."
        )
    return found.st_size


@contextmanager
def replace_whole(path: Path, *, fsync: bool = False) -> Iterator[Path]:
    """A path beside ``path`` to write to, which takes its place when the ``with`` ends: whole or not at all.

    A failure removes what was written. A killed process can't: what it left is removed when the next file is
    written into the same folder. Two may write the same file at once; the last to end has written it.

    Args:
        path: the file to write, in a folder that exists.
        fsync: wait until the bytes have reached the disk, so that a power cut can't take them either.

    Raises:
        OSError: if it cannot be written.
    """
    sweep(path.parent)
    # The name ends as its own does: NumPy and Keras look at the suffix.
    partial = path.with_name(f"{PARTIAL}{secrets.token_hex(4)}-{path.name}")
    try:
        with _create(partial) as held:
            yield partial
            if fsync:
                os.fsync(held.fileno())
            if not fcntl:  # Windows renames no open file; elsewhere the lock lasts until it is renamed
                held.close()
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _create(path: Path) -> BinaryIO:
    """A new file, open and locked: that is how ``sweep`` knows it from one that a killed process left."""
    held = path.open("xb")
    if fcntl:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not path.exists():  # swept between the two
            held.close()
            return _create(path)
    return held


def sweep(folder: Path) -> None:
    """Remove what killed processes left; a lock, on Windows the open file itself, guards what is in use."""
    for leftover in folder.glob(f"{PARTIAL}*"):
        with suppress(OSError), open(leftover, "rb") as held:
            if fcntl:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            else:
                held.close()
            leftover.unlink()


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all."""
    with replace_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write a JSON object, whole or not at all."""
    write_text(path, json.dumps(values, indent=1) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        RunError: if it cannot be read, or holds something else; the message names the file.
    """
    require_regular_file(path, MOST_TEXT_BYTES)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        _check_depth(values, MOST_LEVELS)
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}.") from error
    except RecursionError:
        raise RunError(f"{path} cannot be read: it is nested too deeply for a run's file.") from None
    if not isinstance(values, dict):
        raise RunError(f"{path} must hold a JSON object. Received: {type(values).__name__}.")
    return values


def _check_depth(values: Any, levels: int) -> None:
    """Refuse what could be read here, and would be too deep for whoever walks through it."""
    if not levels:
        raise RecursionError
    for inner in values.values() if isinstance(values, dict) else values if isinstance(values, list) else ():
        _check_depth(inner, levels - 1)


def read_number(path: Path, *keys: str) -> float:
    """The number under ``keys``, one a level, in a file's JSON object.

    Raises:
        RunError: if there is none; the message names the file and the keys.
    """
    values: Any = read_json(path)
    try:
        for key in keys:
            values = values[key]
        return float(values)
    except (KeyError, TypeError, ValueError):
        raise RunError(f"{path} does not hold the number {'.'.join(keys)}.") from None


def write_columns(path: Path, columns: Sequence[str], rows: Sequence[dict[str, float]]) -> None:
    """Write numbers as a CSV with a header, whole or not at all."""
    with replace_whole(path) as partial, open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def read_columns(
    path: Path, columns: Sequence[str], *, optional: Sequence[str] = ()
) -> dict[str, list[float]]:
    """The numbers of a CSV, a list a column; ``optional`` ones only where the file has them.

    Raises:
        RunError: if it cannot be read or lacks a column; the message names the file.
    """
    require_regular_file(path, MOST_TEXT_BYTES)
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
        present = [column for column in optional if column in (reader.fieldnames or ())]
        return {column: [float(row[column]) for row in rows] for column in (*columns, *present)}
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        expected = ", ".join(columns)
        raise RunError(f"{path} must be a CSV with the columns {expected}. Received: {error}.") from error


def compress_archive(path: Path) -> None:
    """Compress the members of a zip archive, which stays one that every reader of zip reads; whole or not at
    all. Kernels rounded to float16 take 0.6 of their size so (Keras stores them as float32)."""
    with (
        replace_whole(path) as partial,
        zipfile.ZipFile(path) as archive,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as smaller,
    ):
        for member in archive.infolist():
            smaller.writestr(member.filename, archive.read(member))


def write_arrays(path: Path, arrays: dict[str, npt.NDArray[Any]], *, compress: bool = True) -> None:
    """Write named arrays as a .npz, whole or not at all; compressing takes long where they are large."""
    with replace_whole(path) as partial:
        (np.savez_compressed if compress else np.savez)(partial, **arrays)  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The named arrays of an .npz.

    Raises:
        RunError: if it cannot be read; the message names the file.
    """
    require_regular_file(path, MOST_ARRAY_BYTES)
    try:
        with open(path, "rb") as opened:  # np.load leaves a broken file open
            with zipfile.ZipFile(opened) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > MOST_ARRAY_BYTES:
                raise ValueError(f"unpacked it would take {unpacked / 1e6:,.0f} MB")
            with np.load(opened) as arrays:
                return dict(arrays)
    except Exception as error:  # zipfile and NumPy each raise their own
        raise RunError(f"{path} does not hold the predictions of a split: {error}.") from error
