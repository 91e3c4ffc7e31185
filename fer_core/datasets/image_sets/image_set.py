"""An image data set after face cropping, with its own eight labels; its seven-class ``Dataset``."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import ALL, SPLITS, Dataset
from fer_core.datasets.names import CONTEMPT
from fer_core.emotions import EMOTION_LABELS, SIDE
from fer_core.errors import DataError

CLASS_NAMES = (*EMOTION_LABELS, "contempt")


class LeftOut(NamedTuple):
    """A file that gave no face: its path in the set, with "/" between folders, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class ImageSet:
    """The face crops of a set, in the order of their paths.

    Attributes:
        name: "CK+", "JAFFE", "FERG-DB" or "RaFD".
        source: the folder or file that was read.
        images: (N, 48, 48) uint8, gray.
        labels: (N,) uint8 in [0, 7]: ``CLASS_NAMES``, of which 7 is contempt.
        paths: (N,) of the pictures, relative to the source.
        groups: (N,) subject, model or character; None where the source does not tell (CK+ as CSV).
        left_out: every file that gave no face.
        whole: how many pictures were taken whole, because no face was detected (drawn characters alone).
        splits: (N,) uint8, indices in ``SPLITS``; None where the set has none (all but CK+ as CSV).

    Raises:
        DataError: if the arrays disagree in length, or a label is outside [0, 7].
    """

    name: str
    source: Path
    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    paths: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_] | None
    left_out: tuple[LeftOut, ...] = ()
    whole: int = 0
    splits: npt.NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together; ``Dataset`` checks the images."""
        if self.images.dtype != np.uint8 or self.images.shape[1:] != (SIDE, SIDE):
            raise DataError(
                f"Images must be (N, {SIDE}, {SIDE}) uint8. "
                f"Received: {self.images.shape} {self.images.dtype}."
            )
        arrays = (self.images, self.labels, self.paths, self.groups, self.splits)
        lengths = {len(array) for array in arrays if array is not None}
        if len(lengths) != 1:
            raise DataError(f"The arrays of a set must have one length. Received: {sorted(lengths)}.")
        if len(self.labels) and self.labels.max() >= len(CLASS_NAMES):
            raise DataError(f"Labels must lie in [0, 7]. Received: {int(self.labels.max())}.")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def contempt(self) -> int:
        """How many images show contempt, and are therefore not in ``dataset()``."""
        return int((self.labels == CONTEMPT).sum())

    def dataset(self, split: str = ALL) -> Dataset:
        """The images of FER2013's seven emotions; contempt is left out (see ``contempt``).

        ``rows`` are positions in this set. With ``split`` "All" the images are those of every split.

        Raises:
            DataError: if an official split is asked for and the set has none, or there is no such split.
        """
        chosen = self.labels != CONTEMPT
        if split != ALL:
            if self.splits is None or split not in SPLITS:
                held = f"{ALL}, {', '.join(SPLITS)}" if self.splits is not None else ALL
                raise DataError(f"The split of {self.name} must be one of {held}. Received: {split!r}.")
            chosen &= self.splits == SPLITS.index(split)
        rows = np.flatnonzero(chosen).astype(np.int64)
        groups = None if self.groups is None else self.groups[rows]
        return Dataset(self.images[rows], self.labels[rows], rows, split, self.name, groups)
