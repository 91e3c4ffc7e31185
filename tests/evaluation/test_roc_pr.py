"""ROC and precision-recall curves and selective prediction, against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from fer_core.errors import DataError
from fer_core.evaluation.roc_pr import compute_curves, predict_selectively
from tests.evaluation.test_metrics import labelled, predictions


def two_classes(truth, scores):
    """The curves of class 0, of which ``truth`` says who belongs to it."""
    probabilities = np.stack([scores, *np.zeros((6, len(scores)))], axis=1)
    return compute_curves(np.where(truth, 0, 1), probabilities)[0]


@pytest.mark.parametrize("digits", [1, 6], ids=["many ties", "few"])
def test_areas_are_those_of_scikit_learn(digits):
    labels, probabilities = predictions(count=300)
    probabilities = probabilities.round(digits)
    for label, found in enumerate(compute_curves(labels, probabilities)):
        truth, scores = labels == label, probabilities[:, label]
        assert (found.positives, found.count) == (truth.sum(), 300)
        assert found.roc_auc == pytest.approx(oracle.roc_auc_score(truth, scores))
        assert found.average_precision == pytest.approx(oracle.average_precision_score(truth, scores))
        assert oracle.auc(found.false_positive_rate, found.true_positive_rate) == found.roc_auc
        assert (found.precision[-1], found.recall[0], found.recall[-1]) == (1, 1, 0)


def test_the_interval_of_an_area_is_that_of_hanley_and_mcneil():
    rng = np.random.default_rng(0)
    areas, inside = [], 0
    true_area = 0.7602  # of N(1, 1) against N(0, 1): Phi(1 / sqrt 2)
    for _ in range(300):
        truth = np.arange(200) < 60
        found = two_classes(truth, rng.normal(size=200) + truth)
        low, high = found.roc_auc_interval
        areas.append(found.roc_auc)
        inside += low <= true_area <= high
    assert np.mean(areas) == pytest.approx(true_area, abs=0.01)
    assert 0.91 <= inside / 300 <= 0.99


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("label", [0, 1], ids=["all of the class", "none of it"])
def test_where_there_is_nothing_to_tell_apart_there_is_no_curve(label):
    found = compute_curves(np.full(5, label), np.full((5, 7), 1 / 7))[0]
    assert np.isnan([found.roc_auc, found.average_precision, *found.roc_auc_interval]).all()
    assert not len(found.false_positive_rate)


def test_a_perfect_order_and_its_reverse():
    truth = np.array([True, True, False, False])
    assert two_classes(truth, np.array([4.0, 3, 2, 1])).roc_auc == 1
    assert two_classes(truth, np.array([4.0, 3, 2, 1])).average_precision == 1
    assert two_classes(truth, np.array([1.0, 2, 3, 4])).roc_auc == 0


def test_the_most_confident_are_answered_first():
    labels = np.array([0, 1, 2, 3])
    probabilities = np.full((4, 7), 0.01)
    for row, (predicted, confidence) in enumerate([(0, 0.9), (1, 0.8), (0, 0.8), (0, 0.5)]):
        probabilities[row, predicted] = confidence
    curve = predict_selectively(labels, probabilities)
    assert curve.answered.tolist() == [1, 3, 4]  # images of equal confidence come together
    assert curve.correct.tolist() == [1, 2, 2]
    assert curve.threshold.tolist() == [0.9, 0.8, 0.5]
    assert [curve.at(share) for share in (0.0, 0.25, 0.26, 0.75, 0.76, 1.0)] == [0, 0, 1, 1, 2, 2]
    low, high = curve.interval(2)
    assert low < 0.5 < high


@given(labelled(), st.floats(0.01, 1))
def test_full_coverage_has_the_accuracy_of_all(case, share):
    labels, probabilities = case
    curve = predict_selectively(labels, probabilities)
    assert curve.accuracy[-1] == pytest.approx((probabilities.argmax(axis=1) == labels).mean())
    assert curve.coverage[curve.at(share)] >= share - 1e-9
    confident = probabilities.max(axis=1) >= curve.threshold[curve.at(share)]
    assert confident.sum() == curve.answered[curve.at(share)]


def test_each_label_needs_a_row():
    for function in (compute_curves, predict_selectively):
        with pytest.raises(DataError, match=r"must be \(3, 7\).*Received: \(2, 7\)"):
            function(np.zeros(3, int), np.zeros((2, 7)))


def test_selective_prediction_of_nothing_is_refused():
    with pytest.raises(DataError, match="at least one image"):
        predict_selectively(np.zeros(0, int), np.zeros((0, 7)))
