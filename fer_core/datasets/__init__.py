"""Data sets as arrays: one reader a set, all giving ``Dataset``; checks, duplicates, folds, FER+ votes."""

from fer_core.datasets.class_distribution import class_counts, class_weights
from fer_core.datasets.dataset import ALL, PRIVATE_TEST, PUBLIC_TEST, SPLITS, TRAINING, Dataset
from fer_core.datasets.drawn import draw_table, drawn_splits
from fer_core.datasets.duplicates import find_duplicates, fingerprint, group_identical
from fer_core.datasets.fer2013 import load_fer2013, load_fer2013_splits
from fer_core.datasets.ferplus import VOTE_NAMES, Votes, load_ferplus
from fer_core.datasets.kaggle import fetch_fer2013
from fer_core.datasets.report import DataReport, check_fer2013, format_report
from fer_core.datasets.synthetic import draw_faces

__all__ = [
    "ALL",
    "PRIVATE_TEST",
    "PUBLIC_TEST",
    "SPLITS",
    "TRAINING",
    "VOTE_NAMES",
    "DataReport",
    "Dataset",
    "Votes",
    "check_fer2013",
    "class_counts",
    "class_weights",
    "draw_faces",
    "draw_table",
    "drawn_splits",
    "fetch_fer2013",
    "find_duplicates",
    "fingerprint",
    "format_report",
    "group_identical",
    "load_fer2013",
    "load_fer2013_splits",
    "load_ferplus",
]
