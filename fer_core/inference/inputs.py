"""Which photos and videos are named: files, folders, patterns, lists of these, Parquet of image bytes."""

import glob
import os
import sys
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator

from fer_core.errors import DataError, reason
from fer_core.inference.face_table import as_text
from fer_core.inference.image_tables import Input, count_images, read_images

Found = tuple[str, str]  # a path, and what is wrong with it as a sentence: mostly nothing
LIST, PARQUET = ".txt", ".parquet"  # how a list of paths, and a table of image bytes, is named


def _ignore(sentence: str) -> None:
    pass


def find_inputs(
    names: Iterable[str], *, done: Container[str] = (), say: Callable[[str], object] = _ignore
) -> Iterator[Input]:
    """The photos and videos that are named, each once, as soon as it is found.

    Args:
        names: what ``find_files`` takes; also files that end in .parquet: a photo a row, called
            "photos.parquet#0/cat.jpg" by the row's number and, if there is one, its name.
        done: paths that are wanted no more, as ``face_table.as_text`` gives them.
        say: takes a sentence on what was left out.
    """
    for path, wrong in find_files(names, say=say):
        if not wrong and path.lower().endswith(PARQUET):
            yield from read_images(path, done)
        elif as_text(path) not in done:
            yield Input(path, wrong)


def count_inputs(names: Iterable[str], *, done: Container[str] = ()) -> int:
    """How many inputs ``find_inputs`` finds, without reading the pictures."""
    total = 0
    for path, wrong in find_files(names):
        if not wrong and path.lower().endswith(PARQUET):
            total += count_images(path, done)
        else:
            total += as_text(path) not in done
    return total


def find_files(names: Iterable[str], *, say: Callable[[str], object] = _ignore) -> Iterator[Found]:
    """The files that are named, each once, as soon as it is found.

    Args:
        names: files; folders, which are searched for photos and videos with all below them; patterns such as
            "*.jpg" or "**/*.png", for shells that leave them as they are; lists, see ``read_lists``.
        say: takes a sentence on what was left out.

    Raises:
        DataError: if a list cannot be read.
    """
    seen = set()
    for name in read_lists(names):
        for path, wrong in _expand(name, say):
            if path not in seen:
                seen.add(path)
                yield path, wrong


def read_lists(names: Iterable[str]) -> Iterator[str]:
    """The names, and in place of a .txt file, or of "-" for standard input, those in its lines.

    Raises:
        DataError: if a list cannot be read.
    """
    for name in names:
        if name == "-":
            yield from _lines(sys.stdin)
        elif name.lower().endswith(LIST) and not os.path.isdir(name):
            try:
                with open(name, encoding="utf-8-sig", errors="surrogateescape") as file:
                    yield from _lines(file)
            except OSError as error:
                raise DataError(f"The list {name} cannot be read: {reason(error)}.") from error
        else:
            yield name


def _lines(file: Iterable[str]) -> Iterator[str]:
    return filter(None, (line.rstrip("\r\n") for line in file))


def _expand(name: str, say: Callable[[str], object]) -> Iterator[Found]:
    if os.path.isdir(name):
        yield from _search(name, say)
    elif os.path.lexists(name) or not glob.has_magic(name):
        yield name, ""
    else:
        found = sorted(glob.iglob(name, recursive=True))
        for match in found:
            yield from _expand(match, say)
        if not found:
            yield name, f"No file matches {name}."


def _search(folder: str, say: Callable[[str], object]) -> Iterator[Found]:
    """The photos and videos in a folder and below it, by their suffix; hidden files are passed over."""
    from fer_core.vision import frames, headers

    count, others = 0, Counter[str]()
    closed: list[OSError] = []
    wanted = {f".{suffix}" for suffix in (*headers.SUFFIXES, *frames.SUFFIXES)}
    for at, folders, files in os.walk(folder, onerror=closed.append):
        folders.sort()
        for name in sorted(name for name in files if not name.startswith(".")):
            suffix = os.path.splitext(name)[1].lower()
            if suffix in wanted:
                count += 1
                yield os.path.join(at, name), ""
            else:
                others[suffix or "without a suffix"] += 1
    for error in closed:
        yield error.filename, f"{error.filename} cannot be searched: {error.strerror}."
    rest = ", ".join(f"{number} {suffix}" for suffix, number in others.most_common())
    if not count and not closed:
        yield folder, f"{folder} holds no photo and no video. Received: {rest or 'no file'}."
    elif others:
        say(f"{folder}: left out what is neither photo nor video by its name: {rest}")
