"""Arrays kept from one reading of a data set to the next.

The text of FER2013 takes seconds to read, its arrays a twentieth of one. They lie in a folder of the user:
``$FER_CACHE``, else ``$XDG_CACHE_HOME/fer``, else ``~/.cache/fer``. One file a source, written anew when
the source changes, so the folder does not grow. A cache that cannot be read or written is never an error.
"""

import logging
import os
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.files import replace_whole

VERSION = 1  # Raise it when a reader changes what it returns.
Arrays = Mapping[str, npt.NDArray]
logger = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where the arrays are kept; the folder need not exist.

    Raises:
        RuntimeError: if no variable names it and the user has no home folder.
    """
    if folder := os.environ.get("FER_CACHE"):
        return Path(os.path.expanduser(folder))
    if folder := os.environ.get("XDG_CACHE_HOME"):
        return Path(os.path.expanduser(folder)) / "fer"
    return Path.home() / ".cache" / "fer"


def cached_arrays(source: Path, stamp: str, read: Callable[[], Arrays]) -> Arrays:
    """The arrays of ``source``: from the cache if it was written under this ``stamp``, else by ``read()``.

    Args:
        source: the file or folder that the arrays come from.
        stamp: changes whenever the source does, e.g. its size and time of writing.
        read: reads the source; what it returns is kept.

    Raises:
        Whatever ``read`` raises.
    """
    stamp = f"{VERSION} {stamp}"
    try:
        path = cache_folder() / f"{sha256(str(source.resolve()).encode()).hexdigest()[:24]}.npz"
    except RuntimeError as error:
        logger.info("No cache for %s: %s", source, error)
        return read()
    arrays = _load(path, stamp)
    if arrays is None:
        arrays = read()
        _save(path, stamp, arrays)
    return arrays


def _load(path: Path, stamp: str) -> Arrays | None:
    """The arrays kept under ``stamp``; None if they are absent, outdated or damaged."""
    try:
        # np.load leaves a file that it opened itself open when it is damaged, so it is opened here.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if str(arrays["stamp"]) != stamp:
                return None
            return {name: arrays[name] for name in arrays if name != "stamp"}  # Compares each CRC-32.
    except FileNotFoundError:
        return None
    except Exception as error:  # A damaged zip makes its reader raise almost anything.
        logger.info("The cache %s is read anew: %s", path, error)
        return None


def _save(path: Path, stamp: str, arrays: Arrays) -> None:
    """Keep the arrays: a reader at any moment finds a whole file or none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_whole(path) as partial:
            np.savez(partial, allow_pickle=False, stamp=np.array(stamp), **arrays)
    except OSError as error:
        logger.info("The arrays are not kept in %s: %s", path, error)
