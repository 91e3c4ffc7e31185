"""Which sets there are, which one a folder holds, and the one way to load any of them: ``ckplus=PATH``."""

import os
import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fer_core.datasets.dataset import ALL, Dataset
from fer_core.datasets.image_sets import ckplus, ferg, jaffe, rafd
from fer_core.datasets.image_sets.image_set import ImageSet
from fer_core.datasets.image_sets.listing import Listing, split_pictures
from fer_core.datasets.sources import Folder, describe_files
from fer_core.errors import DataError

if TYPE_CHECKING:
    from fer_core.datasets.image_sets.reading import Crop, OnPicture

LOOKED_AT = 20_000  # files by which a folder is recognised


class Reader(NamedTuple):
    """A set: what to call it, how its pictures are named, what lists them, and the layout in words."""

    name: str
    pattern: re.Pattern[str]
    list: Callable[[Path], Listing]
    expected: str


READERS = {
    "ckplus": Reader(
        "CK+",
        ckplus.NAME,
        ckplus.list_ckplus,
        "S005/001/S005_001_00000011.png and Emotion/, CK+48/anger/S010_004_00000017.png, or ckextended.csv",
    ),
    "jaffe": Reader("JAFFE", jaffe.NAME, jaffe.list_jaffe, "KA.AN1.39.tiff"),
    "ferg": Reader("FERG-DB", ferg.NAME, ferg.list_ferg, "aia/aia_anger/aia_anger_1.png"),
    "rafd": Reader("RaFD", rafd.NAME, rafd.list_rafd, "Rafd090_01_Caucasian_female_angry_frontal.jpg"),
}


def parse_spec(spec: str) -> tuple[str | None, Path]:
    """``"ckplus=PATH"`` -> ("ckplus", PATH); a plain path -> the set that it holds, None for FER2013.

    Raises:
        DataError: if the set's name is unknown.
    """
    key, equals, path = spec.partition("=")
    if equals and key.strip().lower() in READERS:
        return key.strip().lower(), _expand(path.strip())
    if equals and re.fullmatch(r"\w+", key) and not _exists(_expand(spec)):
        raise DataError(f"The data set must be one of {', '.join(READERS)}. Received: {key!r} in {spec!r}.")
    return recognise(spec), _expand(spec)


def recognise(path: Path | str) -> str | None:
    """Which set lies at a path, by the names of its files: a key of ``READERS``; None for anything else."""
    path = _expand(path)
    if not _exists(path):
        return None
    if path.is_file():
        is_ckplus = path.suffix.lower() == ".csv" and path.name.lower().startswith("ck")
        return "ckplus" if is_ckplus else None
    try:
        pictures = split_pictures(islice(Folder(path).names(), LOOKED_AT))[0]
        if not pictures:  # the CSV alone in a folder
            return "ckplus" if _find_csv(path) else None
    except OSError:
        return None
    names = [picture.split("/")[-1] for picture in pictures]
    hits = {key: sum(map(bool, map(reader.pattern.match, names))) for key, reader in READERS.items()}
    key = max(hits, key=lambda key: hits[key])
    return key if 2 * hits[key] > len(names) else None


def load_image_set(
    spec: str,
    *,
    crop: "Crop | None" = None,
    cache: bool = True,
    on_picture: "OnPicture | None" = None,
) -> ImageSet:
    """Load a set with its own labels, contempt among them.

    Args:
        spec: "ckplus=PATH", "jaffe=PATH", "ferg=PATH" or "rafd=PATH", or a path whose layout tells.
        crop: see ``reading.read_pictures``; also the next two.
        cache: whether to keep the crops for the next time.
        on_picture: called after each picture.

    Raises:
        DataError: if the path is absent or holds no picture of that set, or none that shows a face.
    """
    key, path = parse_spec(spec)
    if not _exists(path):
        raise DataError(f"{path} does not exist: expected a data set. Received: no such file or folder.")
    if key is None:
        raise DataError(
            f"{path} is none of {', '.join(READERS)}, as far as its names tell. Expected one of them, or its "
            f"name before the path, as in ckplus={path.name}. Received: {_describe(path)}."
        )
    try:
        return _load(READERS[key], path, crop, cache, on_picture)
    except OSError as error:
        raise DataError(f"{path} must be readable. Received: {error.strerror or error}.") from None


def load_dataset(spec: str, *, split: str = ALL, cache: bool = True) -> Dataset:
    """Load the seven-class ``Dataset`` of a set; contempt is left out, see ``ImageSet.contempt``.

    Args:
        spec: as for ``load_image_set``.
        split: "All"; CK+ as CSV has the three of FER2013 too.
        cache: whether to keep the crops for the next time.

    Raises:
        DataError: as ``load_image_set`` and ``ImageSet.dataset`` do.
    """
    return load_image_set(spec, cache=cache).dataset(split)


def _load(
    reader: Reader, path: Path, crop: "Crop | None", cache: bool, on_picture: "OnPicture | None"
) -> ImageSet:
    if reader is READERS["ckplus"]:
        csv = _find_csv(path)
        if csv is not None:
            return ckplus.read_ckplus_csv(csv)
    expected = f"expected pictures named like {reader.expected}"
    if not path.is_dir():
        raise DataError(f"{path} holds no {reader.name}: {expected}. Received: {_describe(path)}.")
    listing = reader.list(path)
    if not listing.pictures:
        reason = listing.left_out[0].reason if listing.left_out else "an empty folder"
        raise DataError(
            f"{path} holds no labelled picture of {reader.name}: {expected}. "
            f"Received: {len(listing.left_out):,} other files ({reason})."
        )
    from fer_core.datasets.image_sets.reading import read_pictures  # OpenCV loads here

    image_set = read_pictures(reader.name, path, listing, crop=crop, cache=cache, on_picture=on_picture)
    if not len(image_set):
        raise DataError(
            f"No face could be read from {path}: expected one in each picture of {reader.name}. "
            f"Received: {len(listing.pictures):,} pictures; the first: {image_set.left_out[-1].reason}."
        )
    return image_set


def _find_csv(path: Path) -> Path | None:
    """The CSV of CK+ at or directly in ``path``, if there is one and no picture beside it."""
    if path.is_file():
        return path if path.suffix.lower() == ".csv" else None
    files = [file for file in path.iterdir() if file.suffix.lower() == ".csv"]
    found = [file for file in files if file.name.lower().startswith("ck")]
    return found[0] if len(found) == 1 else None


def _expand(path: Path | str) -> Path:
    return Path(os.path.expanduser(path))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file system takes
        return False


def _describe(path: Path) -> str:
    if path.is_file():
        return f"the file {path.name}"
    return describe_files(islice(Folder(path).names(), LOOKED_AT)) if path.is_dir() else "no file or folder"
