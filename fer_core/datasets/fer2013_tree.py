"""FER2013 as pictures: train/<class>/*.jpg and test/<class>/PublicTest_*.jpg or PrivateTest_*.jpg.

This is how most copies on Kaggle hold it, in a folder or a zip archive. In test/ the file's name is all that
tells the two test splits apart; where no name does, test/ is PrivateTest. validation/ is PublicTest, and a
folder of classes alone is one split.
The pictures are JPEGs, so their pixels differ a little from those of fer2013.csv, and so does their order:
Training, PublicTest, PrivateTest, each sorted by path.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, SPLITS, TRAINING
from fer_core.datasets.names import is_official, label_index, split_index, split_note
from fer_core.datasets.sources import PICTURES, Files, check_count, describe_files, is_hidden, read_face
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS, SIDE
from fer_core.errors import DataError

LAYOUT = "train/<class>/*.jpg and test/<class>/*.jpg"
UNTOLD = " The names of its pictures do not tell PublicTest from PrivateTest."
TESTS = (SPLITS.index(PUBLIC_TEST), SPLITS.index(PRIVATE_TEST))
# Folder of a split -> whether a picture's own name tells its split -> the first such name.
Examples = dict[str, dict[bool, str]]


class Found(NamedTuple):
    """One picture, its fields in the order that pictures are sorted by."""

    split: int
    path: str
    label: int
    size: int
    version: int


@dataclass(frozen=True)
class Listing:
    """The pictures of a tree, listed but not opened.

    Attributes:
        files: where they lie.
        pictures: sorted by split, then path.
        left_out: files that are no picture of a class, and folders with what they hold.
        notes: how the splits are read whose names leave something open.
    """

    files: Files
    pictures: tuple[Found, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def stamp(self) -> str:
        """Changes when a picture is added, removed or written anew."""
        return sha256(repr(self.pictures).encode()).hexdigest()


def is_tree(folders: Iterable[str]) -> bool:
    """Whether folders that lie side by side are named as splits or as classes are."""
    return any(split_index(name) is not None or label_index(name) is not None for name in folders)


def list_tree(files: Files) -> Listing:
    """List the pictures without opening them.

    Raises:
        DataError: if a class is unknown, some pictures of test/ tell their split and others do not, or no
            picture is there.
        OSError: if a folder cannot be read.
    """
    names = list(files.names())
    layout = _find_layout(files, names)
    found: list[Found] = []
    examples: Examples = defaultdict(dict)
    left_out: dict[str, list[str]] = defaultdict(list)
    for name in names:
        parts = layout.parts(name)
        status = files.status(name) if _is_picture(parts) else None
        if status is None:
            left_out[layout.unit(name)].append(name)
            continue
        half, folder, file = parts
        named = _named_split(file)
        place = f"{files.source}/{name}"
        found.append(Found(_split(place, half, named), name, _label(place, folder), *status))
        examples[half].setdefault(named is not None, file)
    if not found:
        held = describe_files(names)
        raise DataError(f"{files.source} holds no pictures of a class: expected {LAYOUT}. Received: {held}.")
    return Listing(files, tuple(sorted(found)), _tell(left_out), _notes(files, examples))


@dataclass(frozen=True)
class _Layout:
    """Where the folders of the splits start: below ``root``, "images/" or "". Where there are none, ``alone``
    is the name of the only one, and its classes start there."""

    root: str
    alone: str

    def parts(self, name: str) -> list[str]:
        """A picture's split, class and file; fewer or more for other files, none outside of all splits."""
        if not name.startswith(self.root):
            return []
        parts = name[len(self.root) :].split("/")
        if self.alone:
            return [self.alone, *parts]
        return [] if split_index(parts[0]) is None else parts

    def unit(self, name: str) -> str:
        """What to call a file that is left out: itself beside folders that are read, else its folder."""
        parts, depth = name.split("/"), self.root.count("/")
        if not name.startswith(self.root):
            kept = 1
        elif self.alone:
            kept = depth + 2
        else:
            kept = depth + (1 if split_index(parts[depth]) is None else 3)
        return "/".join(parts[:kept]) + "/" * (len(parts) > kept)


def _find_layout(files: Files, names: list[str]) -> _Layout:
    """Descend while there is one folder alone, and it is neither a split's nor a class's."""
    root = ""
    while True:
        inside = [name[len(root) :].split("/") for name in names if name.startswith(root)]
        folders = {parts[0] for parts in inside if len(parts) > 1 and not is_hidden(parts[0])}
        if len(folders) != 1 or is_tree(folders):
            break
        root += f"{folders.pop()}/"
    splits = any(split_index(name) is not None for name in folders)
    return _Layout(root, "" if splits else Path(root).name or files.name)


def _is_picture(parts: list[str]) -> bool:
    if len(parts) != 3 or is_hidden(parts[1]) or is_hidden(parts[2]):
        return False
    return parts[2].lower().endswith(PICTURES)


def _label(place: str, name: str) -> int:
    label = label_index(name)
    if label is None or label >= EMOTION_COUNT:
        raise DataError(f"{place}: expected a folder named {', '.join(EMOTION_LABELS)}. Received: {name!r}.")
    return label


def _named_split(name: str) -> int | None:
    """The test split that a picture's own name tells."""
    return next((index for index in TESTS if name.lower().startswith(SPLITS[index].lower())), None)


def _split(place: str, half: str, named: int | None) -> int:
    """The index of a picture's split: from its own name in test/, else from its folder's."""
    index = split_index(half)
    if named is None:
        return TESTS[-1] if index is None else index
    if index == SPLITS.index(TRAINING):
        raise DataError(f"{place}: expected only Training pictures in {half}/. Received: {SPLITS[named]}.")
    return named


def _notes(files: Files, examples: Examples) -> tuple[str, ...]:
    """What to say of each folder whose name leaves its split open, unless its pictures' own names tell it."""
    notes = []
    for half, found in sorted(examples.items()):
        if is_official(half) or False not in found:
            continue
        is_test = split_index(half) in (None, TESTS[-1])
        if is_test and len(found) > 1:
            raise DataError(
                f"{files.source}: PublicTest and PrivateTest cannot be told apart: expected each picture in "
                f"{half}/ to be named PublicTest_... or PrivateTest_..., or none. Received: {found[False]!r}."
            )
        notes.append(split_note(half) + is_test * UNTOLD)
    return tuple(notes)


def _tell(left_out: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Files by their names, folders with what they hold."""
    return tuple(
        f"{unit} ({describe_files(names)})" if unit.endswith("/") else unit
        for unit, names in sorted(left_out.items())
    )


def read_tree(listing: Listing) -> Table:
    """Open every picture of the listing.

    Raises:
        DataError: naming the picture that does not decode or is not 48 x 48; or if there are too many.
    """
    source, pictures = listing.files.source, listing.pictures
    check_count(source, len(pictures))
    images = np.empty((len(pictures), SIDE, SIDE), np.uint8)
    with listing.files.open() as read:
        for index, picture in enumerate(pictures):
            images[index] = read_face(f"{source}/{picture.path}", read(picture.path))
    return Table(
        images,
        labels=np.array([picture.label for picture in pictures], np.uint8),
        splits=np.array([picture.split for picture in pictures], np.uint8),
        form="tree",
        source=source,
        left_out=listing.left_out,
        notes=listing.notes,
    )
