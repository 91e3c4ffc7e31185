"""What FER2013 is known to hold, and the arrays that pages show of it."""

import os
from pathlib import Path

import numpy as np
import pytest

from fer_core.charts.dataset import VOTE_LABELS, VOTE_ORDER, plot_class_counts, plot_class_weights, plot_votes
from fer_core.datasets import VOTE_NAMES, load_ferplus, reference
from fer_core.datasets.exploration import (
    conflicting_sets,
    count_votes,
    first_choice,
    mean_faces,
    random_images,
    sample_grid,
)
from fer_core.datasets.fer2013 import load_table
from fer_core.datasets.synthetic import draw_faces
from fer_core.emotions import Emotion


def votes(**counts):
    return np.array([counts.get(name, 0) for name in VOTE_NAMES], np.uint8)


def test_mean_faces_are_means_and_black_where_there_is_none():
    images, labels = draw_faces(3, seed=0)
    kept = labels != Emotion.DISGUST
    means = mean_faces(images[kept], labels[kept])
    assert means.shape == (7, 48, 48)
    np.testing.assert_array_equal(means[Emotion.HAPPY], np.rint(images[labels == Emotion.HAPPY].mean(axis=0)))
    assert not means[Emotion.DISGUST].any()


def test_random_faces_repeat_with_their_seed_and_are_never_twice():
    labels = np.tile(np.arange(7), 50)
    first, again, other = (random_images(labels, 3, count=20, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert set(first) != set(other)
    assert len(set(first)) == 20
    assert (labels[first] == 3).all()
    assert len(random_images(labels, 3, count=99, seed=0)) == 50
    assert len(random_images(labels[:0], 3, count=9, seed=0)) == 0


def test_a_sheet_holds_every_image_once_and_is_clear_elsewhere():
    images, _ = draw_faces(1, seed=0)
    sheet = sample_grid(images, across=4)
    assert sheet.shape == (98, 198, 4)
    np.testing.assert_array_equal(sheet[50:, 100:148, 0], images[6])
    assert sheet[..., 3].sum() == 255 * images.size


def test_conflicting_sets_are_the_same_picture_under_several_names():
    images, _ = draw_faces(1, seed=0)
    images = images[[0, 1, 2, 0, 1, 0, 2]]
    labels = np.array([3, 4, 5, 3, 6, 0, 5])
    found = conflicting_sets(images, labels)
    assert [rows.tolist() for rows in found] == [[0, 3, 5], [1, 4]]
    assert conflicting_sets(images[:3], labels[:3]) == []
    assert conflicting_sets(images[:0], labels[:0]) == []


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (votes(happiness=8, neutral=2), Emotion.HAPPY),
        (votes(happiness=5, neutral=5), -1),
        (votes(contempt=6, anger=4), -1),
        (votes(NF=10), -1),
        (votes(), -1),
    ],
)
def test_the_voters_first_choice(counts, expected):
    assert first_choice(counts[None]).tolist() == [expected]


def test_votes_are_counted_by_label():
    labels = np.array([Emotion.SAD, Emotion.SAD, Emotion.FEAR], np.uint8)
    cast = np.stack([votes(sadness=10), votes(sadness=3, neutral=7), votes(fear=9)])
    totals = count_votes(labels, cast)
    assert totals.shape == (7, 10)
    assert totals.sum() == 29
    assert totals[Emotion.SAD, VOTE_NAMES.index("sadness")] == 13


def test_the_charts_show_what_they_are_given():
    counts = reference.COUNTS["Training"]
    (bars,) = plot_class_counts(counts).data
    assert tuple(bars.x) == counts
    assert bars.text[Emotion.DISGUST] == "436 <b>1.5%</b>"
    (bars,) = plot_class_weights(np.arange(1, 8)).data
    assert bars.text[0] == "<b>×1.00</b>"
    figure = plot_votes(reference.VOTES)
    share = figure.data[0].customdata
    np.testing.assert_allclose(share.sum(axis=1), 1)
    assert sorted(VOTE_ORDER) == list(range(10))
    assert VOTE_LABELS[3] == "happy"
    assert share[3, 3] == pytest.approx(77714 / 89890)
    assert len(figure.layout.annotations) == 70
    assert plot_votes(np.zeros((7, 10))).data[0].customdata.sum() == 0


def test_known_facts_agree_with_each_other():
    assert sum(map(sum, reference.COUNTS.values())) == 35_887
    totals = np.sum(list(reference.COUNTS.values()), axis=0)
    shortfall = 10 * totals - np.sum(reference.VOTES, axis=1)
    assert shortfall.tolist() == [0, 1, 0, 0, 0, 0, 0]  # one row has nine votes


@pytest.mark.real_data
def test_known_facts_are_those_of_the_real_votes():
    path = os.environ.get("FER2013_PATH")
    beside = Path(path or "").parent / "fer2013new.csv"
    if not path or not beside.is_file():
        pytest.skip("FER2013_PATH is not set, or fer2013new.csv is not beside it")
    table, cast = load_table(path), load_ferplus(beside).counts
    np.testing.assert_array_equal(count_votes(table.labels, cast), reference.VOTES)
    first = first_choice(cast)
    assert int((first == table.labels).sum()) == reference.AGREEING
    assert int((first >= 0).sum()) == reference.DECIDED
    assert len(conflicting_sets(table.images, table.labels)) == reference.CONFLICTING_GROUPS
