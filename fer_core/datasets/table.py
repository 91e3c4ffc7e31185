"""All of FER2013 in one value: what every reader of its forms returns, before it is split."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import SPLITS, Dataset

Form = Literal["csv", "npz", "parquet", "tree"]


@dataclass(frozen=True)
class Table:
    """Every image of one copy of FER2013, in the order of its source.

    Attributes:
        images: (N, 48, 48) uint8, gray.
        labels: (N,) uint8 in [0, 6].
        splits: (N,) uint8, the index of each image's split in ``SPLITS``.
        form: "csv", "npz", "parquet" or "tree" (pictures in folders).
        source: the file or folder that was read.
        left_out: what lay beside the pictures of a tree, as paths relative to it.
        notes: sentences that say how names of splits or labels were read that leave something open.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    splits: npt.NDArray[np.uint8]
    form: Form
    source: Path
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def has_rows(self) -> bool:
        """Whether its order is that of fer2013.csv, to which the FER+ votes join."""
        return self.form in ("csv", "npz")

    def dataset(self, split: str) -> Dataset:
        """The images of one split as a ``Dataset`` of its own; it may hold none."""
        rows = np.flatnonzero(self.splits == SPLITS.index(split))
        return Dataset(self.images[rows], self.labels[rows], rows, split)
