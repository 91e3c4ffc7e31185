"""FER2013 as arrays: an .npz of images, labels and usage."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import SPLITS
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import DataError

KEYS = ("images", "labels", "usage")


def read_npz(path: Path) -> Table:
    """Read images (N, 48, 48) uint8, labels (N,) in [0, 6] and usage (N,): 0, 1, 2 or the splits' names.

    Raises:
        DataError: if the file is no .npz, or an array is missing or not what it should be.
        OSError: if the file cannot be read.
    """
    images, labels, usage = _load(path)
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE) or len(images) == 0:
        raise DataError(
            f"{path}: images must be (N, {SIDE}, {SIDE}) uint8. Received: {images.shape} {images.dtype}."
        )
    labels = _codes(path, "labels", labels, EMOTION_COUNT, len(images))
    if usage.dtype.kind == "U":
        usage = _split_codes(path, usage)
    splits = _codes(path, "usage", usage, len(SPLITS), len(images))
    return Table(images, labels, splits, form="npz", source=path)


def _load(path: Path) -> list[npt.NDArray]:
    try:
        # np.load leaves a file that it opened itself open when it is damaged, so it is opened here.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            held = list(arrays)
            found = [arrays[key] for key in KEYS if key in arrays]
    except OSError:
        raise
    except Exception:  # A damaged file makes the readers of zip, .npy and pickle raise almost anything.
        raise DataError(f"{path}: expected a whole .npz file. Received: one that does not open.") from None
    if len(found) < len(KEYS):
        raise DataError(
            f"{path}: expected the arrays {', '.join(KEYS)}. Received: {', '.join(held) or 'none'}."
        )
    return found


def _codes(path: Path, name: str, values: npt.NDArray, count: int, length: int) -> npt.NDArray[np.uint8]:
    """``values`` as uint8, once they are ``length`` whole numbers below ``count``."""
    if values.shape != (length,) or values.dtype.kind not in "ui":
        raise DataError(
            f"{path}: {name} must be ({length},) whole numbers. Received: {values.shape} {values.dtype}."
        )
    wrong = np.flatnonzero((values < 0) | (values >= count))
    if len(wrong):
        raise DataError(
            f"{path}, row {wrong[0]} (rows count from 0): {name} must lie in [0, {count - 1}]. "
            f"Received: {values[wrong[0]]}."
        )
    return values.astype(np.uint8)


def _split_codes(path: Path, usage: npt.NDArray[np.str_]) -> npt.NDArray[np.uint8]:
    unknown = sorted(set(usage.ravel().tolist()) - set(SPLITS))
    if unknown:
        raise DataError(f"{path}: usage must be one of {', '.join(SPLITS)}. Received: {unknown[0]!r}.")
    codes: npt.NDArray[np.uint8] = np.zeros(usage.shape, np.uint8)
    for index, split in enumerate(SPLITS):
        codes[usage == split] = index
    return codes
