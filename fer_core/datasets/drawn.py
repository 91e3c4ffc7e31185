"""A data set drawn by code, in FER2013's shape and with its faults: what the embedded run is trained on.

Nothing of it is stored: the seed below draws it again in about a second, on any machine. It is hard on
purpose, as FER2013 is: expressions fade towards neutral, one label in twelve names another emotion, and
some test images are duplicates of Training images.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import SPLITS, TRAINING, Dataset
from fer_core.datasets.synthetic import draw_faces
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_COUNT

NAME = "Drawn faces"
SEED = 2013
COUNTS = dict(zip(SPLITS, (400, 60, 60), strict=True))  # images an emotion
FADING = 0.9  # how far an expression may fade: a face of the faintest shows a tenth of it
WRONG_LABELS = 1 / 12
DUPLICATES = 12  # of each test split


def drawn_splits() -> dict[str, Dataset]:
    """Split name -> Dataset; rows run on from split to split, as in one file."""
    table, _ = draw_table()
    return {
        split: Dataset(part.images, part.labels, part.rows, split, NAME)
        for split in SPLITS
        for part in [table.dataset(split)]
    }


def draw_table() -> tuple[Table, npt.NDArray[np.uint8]]:
    """All faces in one table, and (N,) uint8 what each was drawn to show, whatever its label says."""
    images: list[npt.NDArray[np.uint8]] = []
    shown, labels = [], []
    for index, split in enumerate(SPLITS):
        faces, truth = draw_faces(COUNTS[split], SEED + index, fading=FADING)
        if split != TRAINING:  # face i shows emotion i modulo 7 in each split, so duplicates show the same
            start = EMOTION_COUNT * DUPLICATES * (index - 1)
            faces[:DUPLICATES] = images[0][start : start + DUPLICATES]
        images.append(faces)
        shown.append(truth)
        labels.append(_mislabel(truth, np.random.default_rng([SEED, index])))
    counts = [len(part) for part in labels]
    splits = np.repeat(np.arange(len(SPLITS), dtype=np.uint8), counts)
    table = Table(np.concatenate(images), np.concatenate(labels), splits, "npz", Path(NAME))
    return table, np.concatenate(shown)


def _mislabel(truth: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """The labels, WRONG_LABELS of which name another emotion, each other one as often."""
    wrong = rng.random(len(truth)) < WRONG_LABELS
    other = (truth + rng.integers(1, EMOTION_COUNT, len(truth))) % EMOTION_COUNT
    return np.where(wrong, other, truth).astype(np.uint8)
