"""FER2013 in every form that users hold it, with its order and official splits.

    fer2013.csv          emotion,pixels,Usage
    icml_face_data.csv   emotion, Usage, pixels
    train.csv            emotion,pixels: all of it is Training
    fer2013.npz          images, labels, usage
    a folder             train/<class>/*.jpg and test/<class>/PublicTest_*.jpg | PrivateTest_*.jpg,
                         or exactly one of the files above

FER2013: Goodfellow et al., "Challenges in Representation Learning", 2013, arXiv:1307.0414.
"""

import os
from collections.abc import Callable
from pathlib import Path

from fer_core.datasets.cache import Arrays, cached_arrays
from fer_core.datasets.dataset import SPLITS, Dataset
from fer_core.datasets.fer2013_csv import read_csv
from fer_core.datasets.fer2013_npz import read_npz
from fer_core.datasets.fer2013_tree import is_tree, list_tree, read_tree
from fer_core.datasets.table import Table
from fer_core.errors import DataError

NAMES = ("fer2013.csv", "icml_face_data.csv", "fer2013.npz")
NAMES_WITHOUT_TESTS = ("train.csv",)  # Lies beside icml_face_data.csv in Kaggle's competition, as part of it.
EXPECTED = "fer2013.csv, icml_face_data.csv, train.csv, fer2013.npz, or folders train/ and test/ of pictures"


def load_fer2013(path: Path | str, split: str, *, cache: bool = True) -> Dataset:
    """Load one official split of FER2013 from any of its forms.

    Args:
        path: the file, or a folder that holds it; see the module.
        split: "Training", "PublicTest" or "PrivateTest".
        cache: whether to keep the arrays for the next time; see ``fer_core.datasets.cache``.

    Returns:
        The faces in the order of the source; ``rows`` count from 0 over all splits.

    Raises:
        DataError: if the source is absent, holds no face of this split, or is not what it should be; the
            message names the file, the line, what was expected and what was found.
    """
    if split not in SPLITS:
        raise DataError(f"The split must be one of {', '.join(SPLITS)}. Received: {split!r}.")
    table = load_table(path, cache=cache)
    dataset = table.dataset(split)
    if not len(dataset):
        held = [name for index, name in enumerate(SPLITS) if index in table.splits]
        raise DataError(f"{table.source} holds no {split} faces: expected some. Received: {', '.join(held)}.")
    return dataset


def load_fer2013_splits(path: Path | str, *, cache: bool = True) -> dict[str, Dataset]:
    """Load all three official splits; a split that the source lacks is an empty ``Dataset``.

    Raises:
        DataError: as ``load_fer2013`` does, save for absent splits.
    """
    table = load_table(path, cache=cache)
    return {split: table.dataset(split) for split in SPLITS}


def load_table(path: Path | str, *, cache: bool = True) -> Table:
    """Load the three splits in one, in the order of the source.

    Raises:
        DataError: as ``load_fer2013`` does, save for absent splits.
    """
    path = Path(os.path.expanduser(path))  # Unlike Path.expanduser, it leaves an unknown user alone.
    try:
        source = find_source(path)
        if source.is_dir():
            return _load_tree(source, cache)
        if source.suffix.lower() == ".npz":
            return read_npz(source)
        return _load_csv(source, cache)
    except OSError as error:
        raise DataError(f"{path} must be readable. Received: {error.strerror or error}.") from None


def find_source(path: Path) -> Path:
    """The .csv or .npz file at or in ``path``, or ``path`` itself where it is a folder of pictures.

    Raises:
        DataError: if there is none, or a folder holds several.
        OSError: if a folder cannot be read.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist: expected {EXPECTED}. Received: no such file or folder.")
    if path.is_dir():
        return _find_in_folder(path)
    if path.suffix.lower() not in (".csv", ".npz"):
        hint = " Unpack it first." if path.suffix.lower() in (".zip", ".gz", ".tar", ".7z") else ""
        raise DataError(f"{path}: expected {EXPECTED}. Received: {path.suffix or 'no suffix'}.{hint}")
    return path


def _find_in_folder(folder: Path) -> Path:
    files = sorted(entry for entry in folder.iterdir() if entry.suffix.lower() in (".csv", ".npz"))
    found = [file for file in files if file.name.lower() in NAMES]
    found = found or [file for file in files if file.name.lower() in NAMES_WITHOUT_TESTS]
    if is_tree(folder):
        found.append(folder)
    found = found or files
    if len(found) > 1:
        names = ", ".join("train/ and test/" if file == folder else file.name for file in found)
        raise DataError(
            f"{folder} holds FER2013 more than once, so name one: expected one. Received: {names}."
        )
    if not found:
        held = sorted(entry.name for entry in folder.iterdir())
        received = "an empty folder" if not held else ", ".join(held[:5]) + (", ..." if held[5:] else "")
        raise DataError(f"{folder} holds no FER2013: expected {EXPECTED}. Received: {received}.")
    return found[0]


def _load_csv(path: Path, cache: bool) -> Table:
    status = path.stat()

    def read() -> Arrays:
        table = read_csv(path)
        return {"images": table.images, "labels": table.labels, "splits": table.splits}

    arrays = _arrays(path, f"csv {status.st_size} {status.st_mtime_ns}", read, cache)
    return Table(arrays["images"], arrays["labels"], arrays["splits"], "csv", path)


def _load_tree(folder: Path, cache: bool) -> Table:
    listing = list_tree(folder)
    arrays = _arrays(folder, f"tree {listing.stamp}", lambda: {"images": read_tree(listing).images}, cache)
    return Table(arrays["images"], listing.labels, listing.splits, "tree", folder, listing.left_out)


def _arrays(source: Path, stamp: str, read: Callable[[], Arrays], cache: bool) -> Arrays:
    return cached_arrays(source, stamp, read) if cache else read()
