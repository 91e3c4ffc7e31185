"""FER2013 as arrays: an .npz of images, labels and usage."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import SPLITS
from fer_core.datasets.names import is_official, label_index, split_index, split_note
from fer_core.datasets.sources import check_count, check_expansion, open_member
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import DataError

KEYS = ("images", "labels", "usage")
LONGEST_NAME = 64  # characters in a label or a split that is given by its name
Header = tuple[tuple[int, ...], np.dtype]
IndexOf = Callable[[str], int | None]


def read_npz(path: Path) -> Table:
    """Read images (N, 48, 48) uint8, labels (N,) in [0, 6] and usage (N,) in [0, 2], or the names of both.

    Raises:
        DataError: if the file is no .npz, or an array is missing or not what it should be; headers are read
            before arrays.
        OSError: if the file cannot be read.
    """
    try:
        # np.load leaves a file that it opened itself open when it is damaged, so it is opened here.
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            _check_headers(path, _headers(path, archive))
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                images, labels, usage = (arrays[key] for key in KEYS)
    except (OSError, DataError):
        raise
    except Exception:  # A damaged file makes the readers of zip, .npy and pickle raise almost anything.
        raise DataError(f"{path}: expected a whole .npz file. Received: one that does not open.") from None
    names = np.unique(usage).tolist() if usage.dtype.kind == "U" else ()
    return Table(
        images,
        labels=_codes(path, "labels", labels, label_index, EMOTION_COUNT),
        splits=_codes(path, "usage", usage, split_index, len(SPLITS)),
        form="npz",
        source=path,
        notes=tuple(f"Usage {split_note(name)}" for name in names if not is_official(name)),
    )


def _headers(path: Path, archive: zipfile.ZipFile) -> list[Header]:
    """Shape and dtype of the three arrays, as they say themselves."""
    members = {name.removesuffix(".npy"): name for name in archive.namelist()}
    missing = [key for key in KEYS if key not in members]
    if missing:
        raise DataError(
            f"{path}: expected the arrays {', '.join(KEYS)}. "
            f"Received: {len(members)} arrays without {', '.join(missing)}."
        )
    check_expansion(path, sum(archive.getinfo(members[key]).file_size for key in KEYS))
    headers = []
    for key in KEYS:
        with open_member(path, archive, members[key]) as file:
            version = np.lib.format.read_magic(file)
            read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
            shape, _, dtype = read[version](file)
            headers.append((shape, dtype))
    return headers


def _check_headers(path: Path, headers: list[Header]) -> None:
    (shape, dtype), *others = headers
    if dtype != np.uint8 or shape[1:] != (SIDE, SIDE) or not shape[0]:
        raise DataError(f"{path}: images must be (N, {SIDE}, {SIDE}) uint8. Received: {shape} {dtype}.")
    check_count(path, shape[0])
    for name, (held, kind) in zip(KEYS[1:], others, strict=True):
        if held != shape[:1] or kind.kind not in "uiU" or kind.itemsize > 4 * LONGEST_NAME:
            raise DataError(
                f"{path}: {name} must be ({shape[0]},) whole numbers or names. Received: {held} {kind}."
            )


def _codes(
    path: Path, name: str, values: npt.NDArray, index_of: IndexOf, count: int
) -> npt.NDArray[np.uint8]:
    """Codes below ``count``, of codes or of names."""
    named = values.dtype.kind == "U"
    if named:
        unique, places = np.unique(values, return_inverse=True)
        codes = [index_of(each) for each in unique.tolist()]
        values = np.array([count if code is None else code for code in codes])[places]
    wrong = np.flatnonzero((values < 0) | (values >= count))
    if len(wrong):
        received = "another name" if named else values[wrong[0]]
        raise DataError(
            f"{path}, row {wrong[0]} (rows count from 0): {name} must lie in [0, {count - 1}], or be names. "
            f"Received: {received}."
        )
    return values.astype(np.uint8)
