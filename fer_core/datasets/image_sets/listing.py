"""The files of a set, listed but not opened: what each picture shows, and what is left out and why."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from fer_core.datasets.image_sets.image_set import LeftOut
from fer_core.datasets.sources import PICTURES, Folder, is_hidden

NO_PICTURE, NO_LABEL = "not a picture", "its name tells no emotion"


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


def split_pictures(paths: Iterable[str]) -> tuple[list[str], list[LeftOut]]:
    """Pictures by their suffix, in any case, and everything else."""
    pictures, left_out = [], []
    for path in paths:
        hidden = any(map(is_hidden, path.split("/")))
        if path.lower().endswith(PICTURES) and not hidden:
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
    paths, left_out = split_pictures(Folder(folder).names())
    pictures = []
    for path in paths:
        found = read(path)
        if isinstance(found, Listed):
            pictures.append(found)
        else:
            left_out.append(LeftOut(path, found))
    return Listing(tuple(sorted(pictures)), tuple(sorted(left_out)), heads=heads)
