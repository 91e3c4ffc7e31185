"""Exploration of FER2013: mean faces, random samples, conflicting labels, what the annotators said.

``images`` is (N, 48, 48) uint8, ``labels`` is (N,) in [0, 6], ``votes`` is (N, 10) with the columns of
``VOTE_NAMES``; positions count in these arrays.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.datasets.duplicates import group_identical
from fer_core.datasets.ferplus import COLUMN_OF, VOTE_NAMES
from fer_core.emotions import EMOTION_COUNT, EMOTIONS, SIDE

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.integer[Any]]
Votes = npt.NDArray[np.integer[Any]]
Positions = npt.NDArray[np.int64]
LABEL_COLUMNS = np.array([COLUMN_OF[emotion] for emotion in EMOTIONS])


def mean_faces(images: Images, labels: Labels) -> Images:
    """The mean of each emotion's images, (7, 48, 48) uint8; black where an emotion has none."""
    means = np.zeros((EMOTION_COUNT, SIDE, SIDE), np.uint8)
    for emotion in EMOTIONS:
        chosen = images[labels == emotion]
        if len(chosen):
            means[emotion] = np.rint(chosen.mean(axis=0))
    return means


def random_images(labels: Labels, emotion: int, *, count: int, seed: int) -> Positions:
    """Positions of at most ``count`` images of an emotion; the same seed gives the same ones."""
    rng = np.random.default_rng((seed, emotion))
    found = np.flatnonzero(labels == emotion)
    return rng.permutation(found)[:count].astype(np.int64)


def sample_grid(images: Images, *, across: int, gap: int = 2) -> Images:
    """Images side by side in one, RGBA uint8, with a clear gap between them: one download, not many."""
    step = SIDE + gap
    lines = -(-len(images) // across)
    sheet = np.zeros((lines * step - gap, across * step - gap, 4), np.uint8)
    for number, image in enumerate(images):
        top, left = number // across * step, number % across * step
        sheet[top : top + SIDE, left : left + SIDE, :3] = image[:, :, None]
        sheet[top : top + SIDE, left : left + SIDE, 3] = 255
    return sheet


def conflicting_sets(images: Images, labels: Labels) -> list[Positions]:
    """The sets of identical images whose labels differ, the largest first."""
    groups = group_identical(images)
    pairs = np.unique(np.stack([groups, labels]), axis=1)
    conflicting = np.flatnonzero(np.bincount(pairs[0], minlength=1) > 1)
    sets = [np.flatnonzero(groups == group).astype(np.int64) for group in conflicting]
    return sorted(sets, key=len, reverse=True)


def count_votes(labels: Labels, votes: Votes) -> npt.NDArray[np.int64]:
    """All votes on the images of each label, (7, 10)."""
    totals = np.zeros((EMOTION_COUNT, len(VOTE_NAMES)), np.int64)
    np.add.at(totals, labels, votes)
    return totals


def first_choice(votes: Votes) -> npt.NDArray[np.int64]:
    """The emotion with the most votes, be they a majority or not, (N,); -1 where several lead, or none of the
    seven."""
    counts = votes.astype(np.int64)
    alone = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) == 1
    emotion_of = np.full(len(VOTE_NAMES), -1)
    emotion_of[LABEL_COLUMNS] = np.arange(EMOTION_COUNT)
    return np.where(alone, emotion_of[counts.argmax(axis=1)], -1)
