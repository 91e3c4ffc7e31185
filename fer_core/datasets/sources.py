"""What lies at a path: the files of a folder or a zip archive, and how much of them may be read.

Sizes are checked in headers, before anything is read: a small file must not fill the memory.
"""

import os
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Protocol

import numpy as np
import numpy.typing as npt

from fer_core.emotions import SIDE
from fer_core.errors import DataError, PictureError

MOST_IMAGES = 200_000  # FER2013 has 35,887; as many as this take 0.46 GB.
LARGEST_FILE = 1 << 24  # bytes of one picture
# Real pictures, and their pixels as text, shrink to a quarter at best; deflate makes a thousandth of nothing.
EXPANSION, ALWAYS_ALLOWED = 100, 1 << 26
OFFICIAL = (
    ("fer2013.csv", "icml_face_data.csv", "fer2013.npz"),
    ("train.csv",),  # without tests: lies beside icml_face_data.csv in Kaggle's competition, as part of it
)
VOTES_NAME = "fer2013new.csv"  # the FER+ votes, which often lie beside FER2013
PICTURES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".pgm")
HIDDEN = (".", "__")  # .DS_Store, ._face.jpg, .ipynb_checkpoints, __MACOSX: the work of programs, not people.


def check_file(path: Path, largest: int | None = None) -> None:
    """Refuse what has no end or no size, and files of more than ``largest`` bytes.

    Raises:
        DataError: naming the path.
        OSError: if there is no such file.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{path}: expected a file. Received: a folder, device, socket or pipe.")
    if largest is not None and found.st_size > largest:
        raise DataError(f"{path}: expected at most {largest:,} bytes. Received: {found.st_size:,}.")


def check_expansion(path: Path, size: int) -> None:
    """Refuse a file that becomes ``size`` bytes where real data of its own size never does.

    Raises:
        DataError: naming the file and both sizes.
        OSError: if the file is gone.
    """
    held = path.stat().st_size
    if size > max(ALWAYS_ALLOWED, EXPANSION * held):
        raise DataError(
            f"{path}: expected at most {EXPANSION} times the file's own size once it is unpacked. "
            f"Received: {size:,} bytes from {held:,}."
        )


def check_count(path: Path, count: int) -> None:
    """Refuse more images than are read.

    Raises:
        DataError: naming the file and the limit.
    """
    if count > MOST_IMAGES:
        raise DataError(f"{path}: expected at most {MOST_IMAGES:,} images. Received: {count:,} or more.")


def describe_files(names: Iterable[str], most: int = 3) -> str:
    """How many there are of each kind, "210 .webp files, 1 folder"; never what they are called. The names of
    folders end in "/"."""
    counts = Counter(map(_kind, names)).most_common()
    parts = [f"{count:,} {kind}{'s' * (count != 1)}" for kind, count in counts[:most]]
    more = sum(count for _, count in counts[most:])
    return ", ".join([*parts, f"{more:,} more"] if more else parts) or "nothing"


def _kind(name: str) -> str:
    return "folder" if name.endswith("/") else f"{os.path.splitext(name)[1].lower() or 'other'} file"


def is_hidden(name: str) -> bool:
    """Whether a file or folder is the work of a program."""
    return name.startswith(HIDDEN)


def official_files(names: Iterable[str]) -> list[str]:
    """Of files that lie together those that are named as FER2013's are."""
    names = list(names)
    found = [[name for name in names if name.split("/")[-1].lower() in known] for known in OFFICIAL]
    return next(filter(None, found), [])


def data_files(names: Iterable[str], *suffixes: str) -> list[str]:
    """Of files that lie together those with a suffix, but for hidden ones and the FER+ votes."""
    lasts = [(name, name.split("/")[-1].lower()) for name in names if not is_hidden(name)]
    return [name for name, last in lasts if last.endswith(suffixes) and last != VOTES_NAME]


class Files(Protocol):
    """The files of a folder or an archive; names are relative to it, with "/" between folders.

    Attributes:
        source: the folder or the archive.
        name: of the folder, or of the archive without its suffix.
    """

    source: Path
    name: str

    def names(self) -> Iterator[str]:
        """Every file, in an order that does not change; raises OSError where a folder cannot be read."""

    def status(self, name: str) -> tuple[int, int] | None:
        """Size in bytes, and a number that changes with the content; None for what is no regular file."""

    def open(self) -> AbstractContextManager[Callable[[str], bytes]]:
        """What reads a file by its name, at most ``LARGEST_FILE`` bytes of it."""


class Folder:
    """The files below a folder; see ``Files``."""

    def __init__(self, folder: Path) -> None:
        self.source, self.name = folder, folder.resolve().name

    def names(self) -> Iterator[str]:
        """See ``Files``."""
        for entry in sorted(self.source.iterdir()):
            if not entry.is_dir():
                yield entry.name
                continue
            for parent, folders, names in os.walk(entry, onerror=_fail):  # strings: FER2013 has 35,887 files
                folders.sort()
                inside = Path(parent).relative_to(self.source).as_posix()
                yield from (f"{inside}/{name}" for name in sorted(names))

    def status(self, name: str) -> tuple[int, int] | None:
        """See ``Files``."""
        found = os.stat(self.source / name)
        return (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None

    @contextmanager
    def open(self) -> Iterator[Callable[[str], bytes]]:
        """See ``Files``."""

        def read(name: str) -> bytes:
            with open(self.source / name, "rb") as file:
                return file.read(LARGEST_FILE)

        yield read


def _fail(error: OSError) -> None:
    raise error


class Archive:
    """The files in a zip archive, none of which is ever unpacked to the disk; see ``Files``.

    Raises:
        DataError: if it is no whole archive.
        OSError: if it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.source, self.name = path, path.stem
        with open_zip(path) as archive:
            members = {member.filename: member for member in archive.infolist()}
        self._members = {name: members[name] for name in members if name and not name.endswith("/")}

    def names(self) -> Iterator[str]:
        """See ``Files``."""
        yield from self._members

    def status(self, name: str) -> tuple[int, int] | None:
        """See ``Files``."""
        member = self._members[name]
        return member.file_size, member.CRC

    @contextmanager
    def open(self) -> Iterator[Callable[[str], bytes]]:
        """See ``Files``."""
        check_expansion(self.source, sum(member.file_size for member in self._members.values()))
        with open_zip(self.source) as archive:

            def read(name: str) -> bytes:
                with open_member(self.source, archive, name) as file:
                    return file.read(LARGEST_FILE)

            yield read


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip archive; whatever is wrong with it, or found wrong while it is read, is one sentence.

    Raises:
        DataError: if it is damaged.
        OSError: if it cannot be read.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            yield archive
    except DataError:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError):
        raise damaged(path) from None


def open_member(path: Path, archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A file in an archive, of which no more than its header tells can be read.

    Raises:
        DataError: if it is encrypted, or not packed by deflate: the other ways unpack whole blocks, however
            large, before they hand out the first byte.
    """
    member = archive.getinfo(name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
        raise DataError(
            f"{path}: expected files stored or deflated, and not encrypted. "
            f"Received: {'encrypted' if member.flag_bits & 1 else f'compression {member.compress_type}'}."
        )
    return archive.open(member)


def damaged(path: Path) -> DataError:
    """What to say of an archive that ends early or does not unpack."""
    return DataError(f"{path}: expected a whole archive. Received: one that is damaged or cut short.")


def read_face(place: str, data: bytes) -> npt.NDArray[np.uint8]:
    """Decode a picture that is one face, gray (48, 48) uint8.

    Raises:
        DataError: naming ``place`` where it does not decode or is not 48 x 48.
    """
    from PIL import Image

    from fer_core.vision.pictures import load_picture

    try:
        picture = load_picture(data)
    except PictureError:
        raise DataError(f"{place}: expected a picture. Received: a file that does not decode.") from None
    height, width, _ = picture.shape
    if (height, width) != (SIDE, SIDE):
        raise DataError(f"{place}: expected {SIDE} x {SIDE} pixels. Received: {width} x {height}.")
    return np.asarray(Image.fromarray(picture).convert("L"))
