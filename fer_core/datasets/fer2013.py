"""FER2013 in every form that users hold it, with its order and official splits.

    fer2013.csv          emotion,pixels,Usage; also gzipped or zipped, as the next two
    icml_face_data.csv   emotion, Usage, pixels
    train.csv            emotion,pixels: all of it is Training
    fer2013.npz          images, labels, usage
    *.parquet            image, label, as Hugging Face stores them: a file or several a split
    a folder             train/<class>/*.jpg and test/<class>/PublicTest_*.jpg | PrivateTest_*.jpg,
                         or exactly one of the above, or a folder that holds it; also as a zip archive

What a file is, its first bytes tell.

FER2013: Goodfellow et al., "Challenges in Representation Learning", 2013, arXiv:1307.0414.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fer_core.datasets.cache import Arrays, cached_arrays
from fer_core.datasets.dataset import SPLITS, Dataset
from fer_core.datasets.fer2013_csv import read_csv
from fer_core.datasets.fer2013_npz import read_npz
from fer_core.datasets.fer2013_parquet import list_parquet, read_parquet
from fer_core.datasets.fer2013_tree import is_tree, list_tree, read_tree
from fer_core.datasets.sources import (
    PICTURES,
    Archive,
    Folder,
    check_file,
    data_files,
    describe_files,
    is_hidden,
    official_files,
    open_zip,
)
from fer_core.datasets.table import Form, Table
from fer_core.errors import DataError

EXPECTED = (
    "fer2013.csv, icml_face_data.csv or train.csv (also zipped or gzipped), fer2013.npz, Parquet files, "
    "or folders train/ and test/ of pictures (also zipped)"
)
PACKED = (".gz", ".zip")
DEEPEST = 4  # folders, each alone in the one above, before the data


def load_fer2013(path: Path | str, split: str, *, cache: bool = True) -> Dataset:
    """Load one official split of FER2013 from any of its forms.

    Args:
        path: the file, or a folder that holds it; see the module.
        split: "Training", "PublicTest" or "PrivateTest".
        cache: whether to keep the arrays for the next time; see ``fer_core.datasets.cache``.

    Returns:
        The images in the order of the source; ``rows`` count from 0 over all splits.

    Raises:
        DataError: if the source is absent, holds no image of this split, or is not what it should be; the
            message names the file, the line, what was expected and what was found.
    """
    if split not in SPLITS:
        raise DataError(f"The split must be one of {', '.join(SPLITS)}. Received: {split!r}.")
    table = load_table(path, cache=cache)
    dataset = table.dataset(split)
    if not len(dataset):
        held = [name for index, name in enumerate(SPLITS) if index in table.splits]
        raise DataError(
            f"{table.source} holds no {split} images: expected some. Received: {', '.join(held)}."
        )
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
        MissingExtraError: if the source is Parquet and pyarrow is not installed.
    """
    path = Path(os.path.expanduser(path))  # Unlike Path.expanduser, it leaves an unknown user alone.
    try:
        source = find_source(path)
        return _load(source, form_of(source), cache)
    except (OSError, ValueError) as error:  # ValueError: a name that no file system takes
        if isinstance(error, DataError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} must be readable. Received: {reason}.") from None


def find_source(path: Path) -> Path:
    """The file at or in ``path``, or the folder of pictures or of Parquet files.

    Raises:
        DataError: if there is none, or a folder holds several.
        OSError: if a folder cannot be read.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist: expected {EXPECTED}. Received: no such file or folder.")
    if not path.is_dir():
        check_file(path)
        return path
    folder = path
    for _ in range(DEEPEST):
        if found := _find_in_folder(folder):
            return found
        inside = [entry for entry in folder.iterdir() if entry.is_dir() and not is_hidden(entry.name)]
        if len(inside) != 1:
            break
        folder = inside[0]
    held = describe_files(entry.name + "/" * entry.is_dir() for entry in folder.iterdir())
    raise DataError(f"{path} holds no FER2013: expected {EXPECTED}. Received: {held}.")


def _find_in_folder(folder: Path) -> Path | None:
    """What a folder itself holds. A file beside its archive is one copy; a tree beside a file is two."""
    entries = [entry for entry in sorted(folder.iterdir()) if not is_hidden(entry.name)]
    files = [entry.name for entry in entries if entry.is_file()]
    tree = ["train/ and test/"] if is_tree(entry.name for entry in entries if entry.is_dir()) else []
    found = official_files(files) + tree or data_files(files, ".csv", ".npz")
    if not found and data_files(files, ".parquet"):
        return folder
    found = found or data_files(files, *PACKED)
    if len(found) > 1:
        known = found == official_files(files) + tree
        held = ", ".join(found) if known else describe_files(found)
        raise DataError(f"{folder} holds FER2013 more than once: expected the path of one. Received: {held}.")
    return None if not found else folder if tree else folder / found[0]


def form_of(source: Path) -> Form:
    """What ``find_source`` has found, told by the first bytes of a file.

    Raises:
        DataError: if it is nothing that is read.
        OSError: if it cannot be read.
    """
    if source.is_dir():
        return "tree" if is_tree(entry.name for entry in source.iterdir() if entry.is_dir()) else "parquet"
    with source.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        return "parquet"
    suffix = source.suffix.lower()
    if suffix == ".npz":
        return "npz"
    if start[:2] == b"PK" or suffix == ".zip":
        with open_zip(source) as archive:
            return _form_of_archive(archive.namelist())
    if suffix == ".csv" or start[:2] == b"\x1f\x8b":
        return "csv"
    hint = " Unpack it first." if suffix in (".tar", ".tgz", ".7z", ".rar") else ""
    raise DataError(f"{source}: expected {EXPECTED}. Received: {suffix or 'no suffix'}.{hint}")


def _form_of_archive(names: list[str]) -> Form:
    if data_files(names, ".npy"):
        return "npz"
    pictures_alone = data_files(names, *PICTURES) and not official_files(names)
    return "csv" if data_files(names, ".csv") and not pictures_alone else "tree"


def _load(source: Path, form: Form, cache: bool) -> Table:
    status = source.stat()
    stamp = f"{status.st_size} {status.st_mtime_ns}"
    if form == "npz":
        return read_npz(source)
    if form == "tree":
        listing = list_tree(Folder(source) if source.is_dir() else Archive(source))
        return _cached(source, f"{form} {listing.stamp}", lambda: read_tree(listing), cache)
    if form == "parquet":
        files = list_parquet(source)
        stamp = repr([(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files])
        return _cached(source, f"{form} {stamp}", lambda: read_parquet(source, files), cache)
    return _cached(source, f"{form} {stamp}", lambda: read_csv(source), cache)


def _cached(source: Path, stamp: str, read: Callable[[], Table], cache: bool) -> Table:
    """The table as ``read`` gives it, or as it was kept under the stamp, whose first word is the form."""
    if not cache:
        return read()

    def to_arrays() -> Arrays:
        table = read()
        texts = {"left_out": table.left_out, "notes": table.notes}
        arrays = {"images": table.images, "labels": table.labels, "splits": table.splits}
        return arrays | {name: np.array(lines, np.str_) for name, lines in texts.items()}

    kept = dict(cached_arrays(source, stamp, to_arrays))
    left_out, notes = (tuple(kept.pop(name).tolist()) for name in ("left_out", "notes"))
    form: Any = stamp.split(maxsplit=1)[0]
    return Table(**kept, form=form, source=source, left_out=left_out, notes=notes)
