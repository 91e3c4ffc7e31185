"""FER2013 as pictures: train/<class>/*.jpg and test/<class>/PublicTest_*.jpg or PrivateTest_*.jpg.

This is how most copies on Kaggle hold it. The file's name is all that tells the two test splits apart.
The pictures are JPEGs, so their pixels differ a little from those of fer2013.csv, and so does their order:
Training, PublicTest, PrivateTest, each sorted by path.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, SIDE, SPLITS, TRAINING
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.errors import DataError

HALVES = ("train", "test")
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")
SYNONYMS = {  # Other names of the classes in copies on Kaggle.
    "anger": "angry",
    "disgusted": "disgust",
    "fearful": "fear",
    "happiness": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}
CLASSES = {emotion.label: emotion for emotion in EMOTIONS}


@dataclass(frozen=True)
class Listing:
    """The pictures of a tree, listed but not opened.

    Attributes:
        folder: where ``train`` and ``test`` lie.
        paths: of the pictures, relative to ``folder``, with "/" between folders; sorted by split, then path.
        labels: (N,) uint8, and splits: (N,) uint8, indices in ``SPLITS``.
        left_out: what is no picture, relative to ``folder``; folders end in "/".
        stamp: changes when a picture is added, removed or written anew.
    """

    folder: Path
    paths: tuple[str, ...]
    labels: npt.NDArray[np.uint8]
    splits: npt.NDArray[np.uint8]
    left_out: tuple[str, ...]
    stamp: str


def is_tree(folder: Path) -> bool:
    """Whether ``folder`` holds a folder ``train`` or ``test``, in any case."""
    return any(_is_half(entry) for entry in folder.iterdir())


def list_tree(folder: Path) -> Listing:
    """List the pictures below ``folder`` without opening them.

    Raises:
        DataError: if a class is unknown, PublicTest and PrivateTest cannot be told apart, or no picture is
            there.
        OSError: if a folder cannot be read.
    """
    found: list[tuple[int, str, int, str]] = []  # Split, path, label, stamp: in the order to sort by.
    left_out: list[str] = []
    for entry in folder.iterdir():
        if not _is_half(entry):
            left_out.append(entry.name + "/" * entry.is_dir())
            continue
        for path in _files(entry):
            parts = path.relative_to(folder).parts
            if not _is_picture(parts):
                left_out.append("/".join(parts))
                continue
            status = path.stat()
            stamp = f"{status.st_size} {status.st_mtime_ns}"
            found.append((_split(path, parts), "/".join(parts), _label(path, parts), stamp))
    if not found:
        raise DataError(
            f"{folder} holds no pictures: expected train/<class>/*.jpg and test/<class>/*.jpg. "
            "Received: none."
        )
    found.sort()
    splits, paths, labels, _ = zip(*found, strict=True)
    return Listing(
        folder=folder,
        paths=paths,
        labels=np.array(labels, np.uint8),
        splits=np.array(splits, np.uint8),
        left_out=tuple(sorted(left_out)),
        stamp=sha256(repr(found).encode()).hexdigest(),
    )


def _is_half(entry: Path) -> bool:
    return entry.name.lower() in HALVES and entry.is_dir()


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _is_picture(parts: tuple[str, ...]) -> bool:
    """Whether train/<class>/<name> is a picture; names with a leading dot are the file manager's own."""
    return (
        len(parts) == 3
        and not any(part.startswith((".", "__")) for part in parts)
        and parts[-1].lower().endswith(SUFFIXES)
    )


def _label(path: Path, parts: tuple[str, ...]) -> int:
    name = parts[1].lower()
    emotion = CLASSES.get(SYNONYMS.get(name, name))
    if emotion is None:
        raise DataError(
            f"{path}: expected a folder named {', '.join(EMOTION_LABELS)}. Received: {parts[1]!r}."
        )
    return int(emotion)


def _split(path: Path, parts: tuple[str, ...]) -> int:
    """The index of the picture's split: from its folder, and in test/ from its name."""
    name = parts[2].lower()
    named = [split for split in (PUBLIC_TEST, PRIVATE_TEST) if name.startswith(split.lower())]
    if parts[0].lower() == "train":
        if named:
            raise DataError(f"{path}: expected only Training pictures in train/. Received: a {named[0]} one.")
        return SPLITS.index(TRAINING)
    if not named:
        raise DataError(
            f"{path}: PublicTest and PrivateTest cannot be told apart, because each picture in test/ must be "
            f"named PublicTest_... or PrivateTest_.... Received: {parts[2]!r}."
        )
    return SPLITS.index(named[0])


def read_tree(listing: Listing) -> Table:
    """Open every picture of the listing.

    Raises:
        DataError: naming the picture that does not decode or is not 48 x 48.
    """
    images = np.empty((len(listing.paths), SIDE, SIDE), np.uint8)
    for index, path in enumerate(listing.paths):
        images[index] = _read_picture(listing.folder / path)
    return Table(images, listing.labels, listing.splits, "tree", listing.folder, listing.left_out)


def _read_picture(path: Path) -> npt.NDArray[np.uint8]:
    """Gray (48, 48) uint8."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            if picture.size != (SIDE, SIDE):
                width, height = picture.size
                raise DataError(
                    f"{path}: expected a picture of {SIDE} x {SIDE} pixels. Received: {width} x {height}."
                )
            return np.asarray(picture.convert("L"))
    except DataError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # SyntaxError is Pillow's for a broken PNG; only the system's own errors have a strerror.
        reason = getattr(error, "strerror", None) or "a file that does not decode"
        raise DataError(f"{path}: expected a JPEG, PNG or BMP picture. Received: {reason}.") from None
