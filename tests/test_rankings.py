"""ROC, precision-recall and coverage, against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from fer_core.errors import DataError
from fer_core.rankings import coverage, rank
from tests.test_metrics import labelled, predictions


@pytest.mark.parametrize("digits", [1, 6], ids=["many ties", "few"])
@pytest.mark.parametrize("emotion", range(7))
def test_areas_are_those_of_scikit_learn(emotion, digits):
    labels, probabilities = predictions(count=300)
    shows, scores = labels == emotion, probabilities[:, emotion].round(digits)
    found = rank(shows, scores)
    assert found.area == pytest.approx(oracle.roc_auc_score(shows, scores))
    assert found.average_precision == pytest.approx(oracle.average_precision_score(shows, scores))
    false_alarms, recall, _ = oracle.roc_curve(shows, scores, drop_intermediate=False)
    np.testing.assert_allclose(found.false_positive_rate, false_alarms)
    np.testing.assert_allclose(found.recall, recall)


def test_the_interval_of_an_area_is_that_of_hanley_and_mcneil():
    rng = np.random.default_rng(0)
    areas, inside = [], 0
    true_area = 0.7602  # of N(1, 1) against N(0, 1): Phi(1 / sqrt 2)
    for _ in range(300):
        shows = np.arange(200) < 60
        found = rank(shows, rng.normal(size=200) + shows)
        low, high = found.area_interval
        areas.append(found.area)
        inside += low <= true_area <= high
    assert np.mean(areas) == pytest.approx(true_area, abs=0.01)
    assert 0.91 <= inside / 300 <= 0.99


@pytest.mark.parametrize("shows", [np.zeros(5, bool), np.ones(5, bool)], ids=["nobody", "everybody"])
def test_where_there_is_nothing_to_tell_apart_the_area_is_none(shows):
    found = rank(shows, np.arange(5.0))
    assert np.isnan(found.area)
    assert np.isnan(found.area_interval).all()


def test_a_perfect_order_and_its_reverse():
    shows = np.array([True, True, False, False])
    assert rank(shows, np.array([4.0, 3, 2, 1])).area == 1
    assert rank(shows, np.array([4.0, 3, 2, 1])).average_precision == 1
    assert rank(shows, np.array([1.0, 2, 3, 4])).area == 0


def test_a_face_needs_a_score():
    with pytest.raises(DataError, match="Each face has one score"):
        rank(np.ones(3, bool), np.ones(2))


def test_coverage_reads_the_surest_first():
    labels = np.array([0, 1, 2, 3])
    probabilities = np.full((4, 7), 0.01)
    for row, (said, confidence) in enumerate([(0, 0.9), (1, 0.8), (0, 0.8), (0, 0.5)]):
        probabilities[row, said] = confidence
    curve = coverage(labels, probabilities)
    assert curve.read.tolist() == [1, 3, 4]  # faces of equal confidence come together
    assert curve.right.tolist() == [1, 2, 2]
    assert curve.threshold.tolist() == [0.9, 0.8, 0.5]
    assert [curve.at(share) for share in (0.0, 0.25, 0.26, 0.75, 0.76, 1.0)] == [0, 0, 1, 1, 2, 2]
    low, high = curve.interval(2)
    assert low < 0.5 < high


@given(labelled(), st.floats(0.01, 1))
def test_coverage_ends_at_the_accuracy_of_all(case, share):
    labels, probabilities = case
    curve = coverage(labels, probabilities)
    assert curve.accuracy[-1] == pytest.approx((probabilities.argmax(axis=1) == labels).mean())
    assert curve.share[curve.at(share)] >= share - 1e-9
    sure = probabilities.max(axis=1) >= curve.threshold[curve.at(share)]
    assert sure.sum() == curve.read[curve.at(share)]


def test_coverage_of_nothing_is_refused():
    with pytest.raises(DataError, match="at least one face"):
        coverage(np.zeros(0, int), np.zeros((0, 7)))
