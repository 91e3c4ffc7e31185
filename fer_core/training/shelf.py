"""Lessons that come again lie in files beside the checkpoint.

With its teachers' maps one takes half a gigabyte, so twenty would fill a laptop's memory; and a training that
resumes need not have its teachers answer them anew.
"""

import shutil
import zipfile
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
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            lesson = make()
        _write(path, lesson)
        return lesson

    def clear(self) -> None:
        """Delete them all."""
        if self.folder is not None and self.folder.exists():
            shutil.rmtree(self.folder)


def _read(path: Path) -> Lesson:
    with open(path, "rb") as opened, np.load(opened) as file:
        targets = [file["targets"], file["maps"]] if "maps" in file else file["targets"]
        return file["pictures"], targets, file["weights"]


def _write(path: Path, lesson: Lesson) -> None:
    pictures, targets, weights = lesson
    answers = dict(
        zip(("targets", "maps"), targets if isinstance(targets, list) else [targets], strict=False)
    )
    try:
        path.parent.mkdir(exist_ok=True)
        with files.replacing(path) as unfinished, open(unfinished, "wb") as file:
            np.savez(file, pictures=pictures, weights=weights, **answers)  # type: ignore[arg-type]
    except OSError as error:
        size = sum(each.nbytes for each in (pictures, weights, *answers.values()))
        raise RunError(
            f"A lesson of {size / 1e6:.0f} MB cannot be written to {path.parent}: {error}. Make room there, "
            "and go on with --resume."
        ) from error
