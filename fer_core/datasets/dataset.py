"""The one shape in which every data set reaches the rest of the library."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import DataError

TRAINING, PUBLIC_TEST, PRIVATE_TEST = "Training", "PublicTest", "PrivateTest"
SPLITS = (TRAINING, PUBLIC_TEST, PRIVATE_TEST)
ALL = "All"  # Of a set without official splits: the whole of it.


@dataclass(frozen=True)
class Dataset:
    """Images with their labels, in the order of their source.

    Attributes:
        images: (N, 48, 48) uint8, gray.
        labels: (N,) uint8 in [0, 6], see ``fer_core.Emotion``.
        rows: (N,) int64, where each image lies in its source (for ``fer2013.csv``: the data row, from 0).
        split: "Training", "PublicTest" or "PrivateTest"; "All" for a set without official splits.
        name: what to call it, e.g. "FER2013".
        groups: (N,) of subject or character names where they are known, else None.

    Raises:
        DataError: if the arrays disagree in length, shape, dtype or range.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int64]
    split: str
    name: str = "FER2013"
    groups: npt.NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if self.images.dtype != np.uint8 or self.images.shape[1:] != (SIDE, SIDE):
            raise DataError(
                f"Images must be (N, {SIDE}, {SIDE}) uint8. "
                f"Received: {self.images.shape} {self.images.dtype}."
            )
        lengths = {len(self.images), len(self.labels), len(self.rows)}
        lengths |= set() if self.groups is None else {len(self.groups)}
        if len(lengths) != 1:
            raise DataError(
                f"Images, labels, rows and groups must have one length. Received: {sorted(lengths)}."
            )
        if self.labels.dtype != np.uint8 or self.labels.ndim != 1:
            raise DataError(f"Labels must be (N,) uint8. Received: {self.labels.shape} {self.labels.dtype}.")
        if len(self.labels) and self.labels.max() >= EMOTION_COUNT:
            raise DataError(f"Labels must lie in [0, 6]. Received: {int(self.labels.max())}.")
        if self.split not in (*SPLITS, ALL):
            raise DataError(
                f"The split must be one of {', '.join((*SPLITS, ALL))}. Received: {self.split!r}."
            )

    def __len__(self) -> int:
        return len(self.labels)
