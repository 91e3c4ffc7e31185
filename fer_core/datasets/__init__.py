"""One reader a data set, all giving ``Dataset``; checks, counts, twins and the FER+ votes."""

from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST, SIDE, SPLITS, TRAINING, Dataset
from fer_core.datasets.synthetic import draw_faces, synthetic_splits

__all__ = [
    "PRIVATE_TEST",
    "PUBLIC_TEST",
    "SIDE",
    "SPLITS",
    "TRAINING",
    "Dataset",
    "draw_faces",
    "synthetic_splits",
]
