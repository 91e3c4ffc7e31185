"""What is said of a data set: report, twins, counts, weights; and the known facts of the real FER2013."""

import os
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fer_core import datasets
from fer_core.datasets import SPLITS, check_fer2013, format_report
from fer_core.errors import DataError
from tests.synthetic import (
    synthetic_splits,
    write_fer2013_csv,
    write_fer2013_npz,
    write_fer2013_tree,
)


@pytest.fixture(scope="module")
def odd_splits():
    """Drawn faces with a blank one, a faint one, copies and a conflicting label.

    Rows: Training 0-27, PublicTest 28-41, PrivateTest 42-55.
    """
    splits = synthetic_splits(4, 2, 2, duplicates=0)
    training, public, private = (splits[split].images for split in SPLITS)
    training[3] = 0
    training[4] = 100 + np.arange(48) % 2
    training[6] = training[5]  # Surprise and neutral: the labels conflict.
    public[0] = training[5]
    private[0] = training[0]
    private[1] = public[1]
    return splits


def test_the_report_finds_what_is_odd(tmp_path, odd_splits):
    report = check_fer2013(write_fer2013_csv(tmp_path / "fer2013.csv", odd_splits), cache=False)
    assert report.counts == {"Training": (4,) * 7, "PublicTest": (2,) * 7, "PrivateTest": (2,) * 7}
    assert (report.is_original, report.original_splits) == (False, ())
    assert (report.blank_rows, report.low_contrast_rows) == ((3,), (4,))
    assert (report.duplicate_groups, report.duplicate_images) == (3, 7)
    assert (report.conflicting_groups, report.conflicting_images) == (1, 3)
    assert report.spanning_groups == 3
    assert report.public_in_training == 1
    assert (report.private_in_training, report.private_in_earlier) == (1, 2)
    assert report.left_out == ()


def test_the_report_reads_calmly(tmp_path, odd_splits):
    text = format_report(check_fer2013(write_fer2013_csv(tmp_path / "fer2013.csv", odd_splits), cache=False))
    for line in [
        f"FER2013 in {tmp_path / 'fer2013.csv'}",
        "Pixels, labels and order are the original's in: no split.",
        "All                 8         8         8         8         8         8         8        56",
        "Blank images (all pixels the same): 1, in rows 3",
        "Low-contrast images (standard deviation below 5): 1, in rows 4",
        "Groups of identical images: 3 (7 images)",
        "  with conflicting labels: 1 (3 images)",
        "  in more than one split: 3",
        "PrivateTest images that are also in Training: 1 of 14",
        "  or in Training or PublicTest: 2 of 14",
        "Nothing was left out.",
    ]:
        assert line in text.splitlines()
    assert max(map(len, text.splitlines())) <= 120


def test_the_report_says_what_a_form_cannot_tell(tmp_path, odd_splits):
    arrays_report = check_fer2013(write_fer2013_npz(tmp_path / "fer2013.npz", odd_splits))
    assert arrays_report.is_original is None
    assert "An .npz has no original file." in format_report(arrays_report)
    tree = check_fer2013(write_fer2013_tree(tmp_path / "tree", odd_splits), cache=False)
    assert (tree.is_original, tree.md5) == (None, None)
    assert "original's cannot be known" in format_report(tree)


def test_the_report_shortens_long_lists(tmp_path, odd_splits):
    report = check_fer2013(write_fer2013_npz(tmp_path / "fer2013.npz", odd_splits))
    text = format_report(replace(report, blank_rows=tuple(range(1234)), left_out=("x",) * 12))
    assert ", 18, 19 and 1,214 more" in text
    assert "12 (" in text
    assert text.endswith("x, ...).")
    with pytest.raises(FrozenInstanceError):
        report.md5 = "0"


few_images = arrays(
    np.uint8, st.tuples(st.integers(0, 6), st.just(2), st.just(2)), elements=st.integers(0, 1)
)


@given(few_images, few_images)
def test_twins_are_equal_images(images, among):
    expected = [any(np.array_equal(image, other) for other in among) for image in images]
    assert datasets.find_duplicates(images, among).tolist() == expected


@given(few_images)
def test_groups_are_equal_images(images):
    groups = datasets.group_identical(images)
    for i, image in enumerate(images):
        assert [groups[i] == group for group in groups] == [np.array_equal(image, other) for other in images]


def test_a_fingerprint_follows_pixels_labels_and_order(odd_splits):
    training = odd_splits["Training"]
    prints = {
        datasets.fingerprint(training),
        datasets.fingerprint(replace(training, labels=training.labels[::-1])),
        datasets.fingerprint(replace(training, images=training.images[::-1], labels=training.labels[::-1])),
        datasets.fingerprint(replace(training, images=255 - training.images)),
    }
    assert len(prints) == 4
    assert datasets.fingerprint(replace(training, rows=training.rows + 1)) in prints


def test_class_weights_balance_the_classes():
    counts = np.array([3995, 436, 4097, 7215, 4830, 3171, 4965])  # FER2013's Training.
    labels = np.repeat(np.arange(7), counts)
    assert datasets.class_counts(labels).tolist() == counts.tolist()
    weights = datasets.class_weights(labels)
    np.testing.assert_allclose(weights, 28709 / (7 * counts))
    np.testing.assert_allclose(weights[labels].mean(), 1)
    np.testing.assert_allclose(weights[[1, 3]], [9.41, 0.568], rtol=1e-3)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 2, 3, 4, 5], r"an image of each emotion\. Received: none of disgust, neutral\."),
        ([0, 7], r"must lie in \[0, 6\]\. Received: 7\."),
        ([-1, 3], r"must lie in \[0, 6\]\. Received: -1\."),
    ],
)
def test_class_weights_refuse_what_they_cannot_weigh(labels, message):
    with pytest.raises(DataError, match=message):
        datasets.class_weights(np.array(labels))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((7, 48, 47), np.uint8)}, r"Images must be \(N, 48, 48\) uint8"),
        ({"images": np.zeros((7, 48, 48))}, r"Received: \(7, 48, 48\) float64"),
        ({"labels": np.arange(7)}, r"Labels must be \(N,\) uint8\. Received: \(7,\) int64"),
        ({"labels": np.arange(1, 8, dtype=np.uint8)}, r"Labels must lie in \[0, 6\]\. Received: 7"),
        ({"rows": np.arange(6)}, r"must have one length\. Received: \[6, 7\]"),
        ({"groups": np.array(["a"])}, r"must have one length\. Received: \[1, 7\]"),
        ({"split": "test"}, r"Training, PublicTest, PrivateTest, All\. Received: 'test'"),
    ],
)
def test_a_dataset_refuses_arrays_that_do_not_fit(changes, message):
    sound = synthetic_splits(1, 0, 0)["Training"]
    with pytest.raises(DataError, match=message):
        replace(sound, **changes)


@pytest.fixture(scope="module")
def real_path():
    path = os.environ.get("FER2013_PATH")
    if not path:
        pytest.skip("FER2013_PATH is not set")
    return Path(path)


@pytest.mark.real_data
def test_the_real_fer2013_holds_the_known_facts(real_path):
    report = check_fer2013(real_path, cache=False)
    assert report.counts == {
        "Training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
        "PublicTest": (467, 56, 496, 895, 653, 415, 607),
        "PrivateTest": (491, 55, 528, 879, 594, 416, 626),
    }
    if report.form == "tree":
        pytest.skip("a folder of JPEG pictures has other pixels and rows")
    assert report.original_splits == SPLITS
    assert report.is_original is not False
    blank = (6458, 7629, 10423, 11286, 13148, 13402, 13988, 15894, 22198, 22927, 28601, 30002)
    assert (report.blank_rows, report.low_contrast_rows) == (blank, (2171, 29447))
    assert (report.duplicate_groups, report.duplicate_images) == (1516, 3369)
    assert (report.conflicting_groups, report.conflicting_images) == (57, 160)
    assert report.spanning_groups == 557
    assert report.public_in_training == 280
    assert (report.private_in_training, report.private_in_earlier) == (288, 314)


@pytest.mark.real_data
def test_the_real_training_faces_have_the_known_pixels(real_path):
    training = datasets.load_fer2013(real_path, "Training", cache=False)
    assert training.labels[0] == 0
    assert training.images[0].ravel()[:15].tolist() == [
        70,
        80,
        82,
        72,
        58,
        58,
        60,
        63,
        54,
        58,
        60,
        48,
        89,
        115,
        121,
    ]
    assert training.images.mean() / 255 == pytest.approx(0.50774, abs=1e-5)
    assert training.images.std(dtype=np.float32) / 255 == pytest.approx(0.25501, abs=1e-4)
