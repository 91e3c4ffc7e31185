"""The files of a set, listed but not opened: what each picture shows, and what is left out and why."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from fer_core.datasets.image_sets.image_set import CONTEMPT, LeftOut
from fer_core.emotions import Emotion

SUFFIXES = (".png", ".jpg", ".jpeg", ".tiff", ".tif", ".bmp", ".gif", ".pgm", ".webp")
HIDDEN = (".", "__MACOSX")  # .DS_Store, ._KA.AN1.39.tiff and their folder: the work of programs.
NO_PICTURE, NO_LABEL = "not a picture", "its name tells no emotion"

# How the sets name what FER2013 calls angry, disgust, fear, happy, sad, surprise and neutral.
WORDS = {
    "an": Emotion.ANGRY, "anger": Emotion.ANGRY, "angry": Emotion.ANGRY,
    "di": Emotion.DISGUST, "disgust": Emotion.DISGUST, "disgusted": Emotion.DISGUST,
    "fe": Emotion.FEAR, "fear": Emotion.FEAR, "fearful": Emotion.FEAR,
    "ha": Emotion.HAPPY, "happy": Emotion.HAPPY, "happiness": Emotion.HAPPY, "joy": Emotion.HAPPY,
    "sa": Emotion.SAD, "sad": Emotion.SAD, "sadness": Emotion.SAD,
    "su": Emotion.SURPRISE, "surprise": Emotion.SURPRISE, "surprised": Emotion.SURPRISE,
    "ne": Emotion.NEUTRAL, "neutral": Emotion.NEUTRAL,
    "contempt": CONTEMPT, "contemptuous": CONTEMPT,
}  # fmt: skip


class Listed(NamedTuple):
    """A picture to read: its path in the set, its label in [0, 7], and the person or character."""

    path: str
    label: int
    group: str


@dataclass(frozen=True)
class Listing:
    """The pictures of a set, sorted by path.

    Attributes:
        pictures: those to read.
        left_out: the other files.
        heads: whether each picture is filled by one head, so that it can be taken whole.
    """

    pictures: tuple[Listed, ...]
    left_out: tuple[LeftOut, ...]
    heads: bool = False


def walk(folder: Path) -> Iterator[str]:
    """The paths of all files below ``folder``, relative to it, "/" between folders; sorted, so repeatable.

    Raises:
        OSError: if a folder cannot be read.
    """

    def fail(error: OSError) -> None:
        raise error

    for parent, folders, names in os.walk(folder, onerror=fail):
        folders.sort()
        inside = Path(parent).relative_to(folder).as_posix()
        for name in sorted(names):
            yield name if inside == "." else f"{inside}/{name}"


def split_pictures(paths: Iterable[str]) -> tuple[list[str], list[LeftOut]]:
    """Pictures by their suffix, in any case, and everything else."""
    pictures, left_out = [], []
    for path in paths:
        hidden = any(part.startswith(HIDDEN) for part in path.split("/"))
        if path.lower().endswith(SUFFIXES) and not hidden:
            pictures.append(path)
        else:
            left_out.append(LeftOut(path, NO_PICTURE))
    return pictures, left_out


def stamp(folder: Path, listing: Listing) -> str:
    """Changes when a picture is added, removed, written anew or named otherwise."""
    digest = sha256()
    for picture in listing.pictures:
        status = (folder / picture.path).stat()
        digest.update(repr((picture, status.st_size, status.st_mtime_ns)).encode())
    return digest.hexdigest()


def list_by_name(folder: Path, read: Callable[[str], Listed | str], *, heads: bool = False) -> Listing:
    """A listing of a set whose file names tell everything.

    Args:
        folder: everything below it is looked at.
        read: a picture's path below ``folder`` -> the picture, or the reason why it is left out.
        heads: see ``Listing``.

    Raises:
        OSError: if a folder cannot be read.
    """
    paths, left_out = split_pictures(walk(folder))
    pictures = []
    for path in paths:
        found = read(path)
        if isinstance(found, Listed):
            pictures.append(found)
        else:
            left_out.append(LeftOut(path, found))
    return Listing(tuple(pictures), tuple(left_out), heads=heads)
