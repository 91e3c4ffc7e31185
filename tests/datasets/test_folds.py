"""Folds: nobody in two of them, sizes and emotions as equal as people allow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_core.datasets import ALL, Dataset
from fer_core.datasets.folds import split_at_random, split_by_group
from fer_core.errors import DataError


def faces(people, each, seed=0, *, groups=True):
    """``each`` faces of every person, with labels at random."""
    count = people * each
    labels = np.random.default_rng(seed).integers(0, 7, count).astype(np.uint8)
    names = np.repeat([f"S{person:03}" for person in range(people)], each)
    images = np.zeros((count, 48, 48), np.uint8)
    return Dataset(images, labels, np.arange(count), ALL, "CK+", names if groups else None)


@settings(max_examples=25)
@given(st.integers(2, 12), st.integers(4, 20), st.integers(2, 12), st.integers(0, 99))
def test_no_subject_is_in_two_folds(people, each, folds, seed):
    data = faces(people, each, seed)
    if folds > people:
        with pytest.raises(DataError, match=f"make 2 to {people} folds"):
            split_by_group(data, folds, seed)
        return
    try:
        fold_of = split_by_group(data, folds, seed)
    except DataError:  # every emotion is rarer than the folds
        assert np.bincount(data.labels).max() < folds
        return
    pairs = {(group, fold) for group, fold in zip(data.groups, fold_of, strict=True)}
    assert len(pairs) == people
    assert set(fold_of) == set(range(folds))


def test_folds_are_balanced_and_repeatable():
    data = faces(118, 8)
    fold_of = split_by_group(data, 10, seed=3)
    sizes = np.bincount(fold_of)
    assert sizes.min() >= 80
    assert sizes.max() <= 112
    shares = np.stack([np.bincount(data.labels[fold_of == fold], minlength=7) for fold in range(10)])
    assert np.ptp(shares / shares.sum(axis=1, keepdims=True), axis=0).max() < 0.15
    np.testing.assert_array_equal(fold_of, split_by_group(data, 10, seed=3))
    assert (fold_of != split_by_group(data, 10, seed=4)).any()


def test_random_folds_share_people():
    data = faces(10, 20)
    fold_of = split_at_random(data, 5)
    assert np.bincount(fold_of).tolist() == pytest.approx([40] * 5, abs=3)
    assert len(set(zip(data.groups, fold_of, strict=True))) > 30
    split_at_random(faces(10, 20, groups=False), 5)


@pytest.mark.parametrize(
    ("data", "folds", "sentence"),
    [
        (faces(3, 9, groups=False), 3, "need to know the subjects of CK\\+: .*Received: none"),
        (faces(3, 9), 1, "The 3 subjects of CK\\+ make 2 to 3 folds. Received: 1"),
        (faces(30, 1), 30, "at most .* folds of CK\\+. Received: 30"),
    ],
)
def test_what_makes_no_folds_is_said(data, folds, sentence):
    with pytest.raises(DataError, match=sentence):
        split_by_group(data, folds)


def test_random_folds_need_faces():
    with pytest.raises(DataError, match="27 images of CK\\+ make 2 to 27 folds"):
        split_at_random(faces(3, 9), 28)
