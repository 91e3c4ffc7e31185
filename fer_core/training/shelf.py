"""Lessons that come again lie in files beside the checkpoint.

With its teachers' maps one may take half a gigabyte and more, so twenty would fill a laptop's memory; and a
training that resumes need not have its teachers answer them anew.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core import files
from fer_core.errors import RunError

# Pictures, targets (or a list of targets and maps) and weights, as Keras's train_on_batch takes them.
Lesson = tuple[npt.NDArray[np.uint8], Any, npt.NDArray[np.float32]]


class Shelf:
    """A folder of lessons by name; without a folder nothing is kept, and each is made anew.

    Args:
        folder: where they lie; made with the first of them.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def take(self, name: str, make: Callable[[], Lesson]) -> Lesson:
        """The lesson of that name, made where it is not there or its file is broken.

        Raises:
            RunError: if it cannot be written.
        """
        if self.folder is None:
            return make()
        path = self.folder / f"{name}.npz"
        try:
            return _read(path)
        except (RunError, KeyError):
            lesson = make()
        _write(path, lesson)
        return lesson

    def clear(self) -> None:
        """Delete them all."""
        if self.folder is not None and self.folder.exists():
            shutil.rmtree(self.folder)


def _read(path: Path) -> Lesson:
    arrays = files.read_arrays(path)
    targets = arrays["targets"]
    return arrays["pictures"], [targets, arrays["maps"]] if "maps" in arrays else targets, arrays["weights"]


def _write(path: Path, lesson: Lesson) -> None:
    pictures, targets, weights = lesson
    targets, *maps = targets if isinstance(targets, list) else [targets]
    arrays = {"pictures": pictures, "targets": targets, "weights": weights} | (
        {"maps": maps[0]} if maps else {}
    )
    try:
        path.parent.mkdir(exist_ok=True)
        files.write_arrays(path, arrays, compress=False)
    except OSError as error:
        size = sum(each.nbytes for each in arrays.values())
        raise RunError(
            f"A lesson of {size / 1e6:.0f} MB cannot be written to {path.parent}: {error}. Make room there, "
            "and train again."
        ) from error
