"""Which photos and videos a command line names: files, folders, patterns, a list on standard input."""

import glob
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator

Found = tuple[str, str]  # a path, and what is wrong with it as a sentence: mostly nothing


def find_files(names: Iterable[str]) -> Iterator[Found]:
    """The photos and videos that are named, each once, as soon as it is found.

    Args:
        names: files; folders, which are searched with all below them; patterns such as "*.jpg" or
            "**/*.png", for shells that leave them as they are; "-", for names on standard input, a line each.
    """
    seen = set()
    for name in _read_lists(names):
        for path, wrong in _expand(name):
            if path not in seen:
                seen.add(path)
                yield path, wrong


def _read_lists(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name == "-":
            yield from filter(None, (line.rstrip("\r\n") for line in sys.stdin))
        else:
            yield name


def _expand(name: str) -> Iterator[Found]:
    if os.path.isdir(name):
        yield from _search(name)
    elif os.path.lexists(name) or not glob.has_magic(name):
        yield name, ""
    else:
        found = sorted(glob.iglob(name, recursive=True))
        for match in found:
            yield from _expand(match)
        if not found:
            yield name, f"No file matches {name}."


def _search(folder: str) -> Iterator[Found]:
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
        print(f"fer: {folder}: left out what is neither photo nor video by its name: {rest}", file=sys.stderr)
