"""The faces drawn by code: repeatable, balanced, learnable."""

import numpy as np
import pytest

from fer_core import datasets
from fer_core.datasets import SPLITS
from fer_core.errors import DataError
from tests.synthetic import draw_faces, synthetic_splits


def test_drawn_faces_are_repeatable_and_balanced():
    images, labels = draw_faces(3, seed=5)
    assert (images.shape, images.dtype, labels.dtype) == ((21, 48, 48), np.uint8, np.uint8)
    assert np.bincount(labels).tolist() == [3] * 7
    np.testing.assert_array_equal(images, draw_faces(3, seed=5)[0])
    assert not np.array_equal(images, draw_faces(3, seed=6)[0])
    assert draw_faces(1, seed=0, side=96)[0].shape == (7, 96, 96)
    assert draw_faces(0, seed=0)[0].shape == (0, 48, 48)
    with pytest.raises(DataError, match=r"at least 0\. Received: -1"):
        draw_faces(-1, seed=0)


def test_drawn_faces_can_be_learnt():
    """A linear ridge regression on the pixels suffices for 7 in 10, so a network has something to find."""
    (images, labels), (new_images, new_labels) = draw_faces(50, seed=1), draw_faces(20, seed=2)
    features = images.reshape(len(images), -1) / 255 - 0.5
    weights = np.linalg.solve(features @ features.T + 30 * np.eye(len(images)), np.eye(7)[labels])
    scores = (new_images.reshape(len(new_images), -1) / 255 - 0.5) @ features.T @ weights
    assert (scores.argmax(axis=1) == new_labels).mean() > 0.7


def test_drawn_splits_share_twins_with_their_labels():
    splits = synthetic_splits(3, 1, 1, duplicates=2)
    training = splits["Training"]
    for split in ("PublicTest", "PrivateTest"):
        twins = datasets.find_duplicates(splits[split].images, training.images)
        assert twins.tolist() == [True] * 2 + [False] * 5
    rows = np.concatenate([splits[split].rows for split in SPLITS])
    assert rows.tolist() == list(range(35))


def test_expressions_fade():
    plain, faded, gone = (draw_faces(1, seed=4, fading=share)[0] for share in (0, 0.5, 1))
    assert faded.shape == plain.shape
    assert not np.array_equal(faded, plain)
    np.testing.assert_array_equal(gone, draw_faces(1, seed=4, fading=1)[0])


def test_the_drawn_data_set_has_the_faults_of_a_real_one():
    table, shown = datasets.draw_table()
    splits = datasets.drawn_splits()
    assert [len(splits[split]) for split in SPLITS] == [2800, 420, 420]
    np.testing.assert_array_equal(np.concatenate([splits[split].rows for split in SPLITS]), range(3640))
    wrong = (shown != table.labels).mean()
    assert wrong == pytest.approx(1 / 12, abs=0.02)
    for split in ("PublicTest", "PrivateTest"):
        assert datasets.find_duplicates(splits[split].images, splits["Training"].images).sum() == 12
    groups = datasets.group_identical(table.images)
    for group in np.flatnonzero(np.bincount(groups) > 1):
        assert len(set(shown[groups == group])) == 1, "twins show the same"
