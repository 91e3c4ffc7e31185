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
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, SPLITS, TRAINING
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_LABELS, EMOTIONS, SIDE
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
TEST_SPLITS = (SPLITS.index(PUBLIC_TEST), SPLITS.index(PRIVATE_TEST))
HIDDEN = (".", "__")  # .DS_Store, ._face.jpg, .ipynb_checkpoints, __MACOSX: the work of programs, not people.


class Found(NamedTuple):
    """One picture, its fields in the order that pictures are sorted by."""

    split: int
    path: str
    label: int
    size: int
    written_ns: int


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
    found: list[Found] = []
    left_out: list[str] = []
    for entry in folder.iterdir():
        if _is_half(entry):
            found += _list_half(entry, left_out)
        else:
            left_out.append(entry.name + "/" * entry.is_dir())
    if not found:
        raise DataError(
            f"{folder} holds no pictures: expected train/<class>/*.jpg and test/<class>/*.jpg. "
            "Received: none."
        )
    found.sort()
    return Listing(
        folder=folder,
        paths=tuple(picture.path for picture in found),
        labels=np.array([picture.label for picture in found], np.uint8),
        splits=np.array([picture.split for picture in found], np.uint8),
        left_out=tuple(sorted(left_out)),
        stamp=sha256(repr(found).encode()).hexdigest(),
    )


def _is_half(entry: Path) -> bool:
    return entry.name.lower() in HALVES and entry.is_dir()


def _list_half(half: Path, left_out: list[str]) -> Iterator[Found]:
    """The pictures of train/ or test/; whatever else lies there is added to ``left_out``."""
    for parent, _, names in os.walk(half):  # Strings, not Paths: a tree holds 35,887 of them.
        parts = Path(parent).relative_to(half.parent).parts
        is_class = len(parts) == 2 and not parts[1].startswith(HIDDEN)
        label = _label(parent, parts[1]) if is_class else -1
        for name in names:
            path = "/".join((*parts, name))
            if is_class and name.lower().endswith(SUFFIXES) and not name.startswith(HIDDEN):
                status = os.stat(os.path.join(parent, name))
                yield Found(_split(half, path, name), path, label, status.st_size, status.st_mtime_ns)
            else:
                left_out.append(path)


def _label(folder: str, name: str) -> int:
    emotion = CLASSES.get(SYNONYMS.get(name.lower(), name.lower()))
    if emotion is None:
        raise DataError(f"{folder}: expected a folder named {', '.join(EMOTION_LABELS)}. Received: {name!r}.")
    return int(emotion)


def _split(half: Path, path: str, name: str) -> int:
    """The index of the picture's split: from its folder, and in test/ from its name."""
    named = [index for index in TEST_SPLITS if name.lower().startswith(SPLITS[index].lower())]
    if half.name.lower() == "train":
        if named:
            raise DataError(
                f"{half.parent / path}: expected only Training pictures in train/. Received: {name!r}."
            )
        return SPLITS.index(TRAINING)
    if not named:
        raise DataError(
            f"{half.parent / path}: PublicTest and PrivateTest cannot be told apart, because each picture in "
            f"test/ must be named PublicTest_... or PrivateTest_.... Received: {name!r}."
        )
    return named[0]


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
