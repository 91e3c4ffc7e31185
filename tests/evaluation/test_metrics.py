"""The numbers, against scikit-learn and SciPy as oracles, by hand, and by their properties."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest
from sklearn import metrics as oracle

from fer_core.emotions import EMOTION_COUNT
from fer_core.errors import DataError
from fer_core.evaluation import metrics
from fer_core.evaluation.calibration import fit_temperature
from fer_core.evaluation.metrics import Evaluation

ALL = list(range(EMOTION_COUNT))


def draw(count=500, seed=0, sharpness=2.0, classes=EMOTION_COUNT):
    """Labels and logits of a network that is right more often than not."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count).astype(np.uint8)
    logits = rng.normal(size=(count, EMOTION_COUNT))
    logits[np.arange(count), labels] += 1.0
    return labels, logits * sharpness


def predictions(**options):
    labels, logits = draw(**options)
    return labels, metrics.softmax(logits)


@st.composite
def labelled(draw_value, most=40):
    """Any labels and any probabilities."""
    count = draw_value(st.integers(1, most))
    labels = draw_value(arrays(np.uint8, count, elements=st.integers(0, 6)))
    logits = draw_value(arrays(np.float32, (count, 7), elements=st.floats(-20, 20, width=32)))
    return labels, metrics.softmax(logits)


# The second case has emotions that nobody shows, or that are never predicted.
@pytest.mark.parametrize(
    "options", [{}, {"count": 9, "classes": 3}, {"count": 1}], ids=["many", "few", "one"]
)
def test_scores_are_those_of_scikit_learn(options):
    labels, probabilities = predictions(**options)
    predicted = probabilities.argmax(axis=1)
    scores = metrics.score(labels, probabilities)
    precision, recall, f1, support = oracle.precision_recall_fscore_support(
        labels, predicted, labels=ALL, zero_division=0
    )
    assert scores["confusion"] == oracle.confusion_matrix(labels, predicted, labels=ALL).tolist()
    assert scores["accuracy"] == pytest.approx(oracle.accuracy_score(labels, predicted))
    for name, expected in {"precision": precision, "recall": recall, "f1": f1, "support": support}.items():
        assert scores[name] == pytest.approx(expected), name
    present = np.unique(labels)
    macro_f1 = oracle.f1_score(labels, predicted, labels=present, average="macro", zero_division=0)
    assert scores["macro_f1"] == pytest.approx(macro_f1)
    assert scores["log_loss"] == pytest.approx(oracle.log_loss(labels, probabilities, labels=ALL))
    assert scores["count"] == len(labels)


def test_a_class_absent_from_the_labels_is_left_out_of_macro_f1():
    """Six classes, F1 of 0.48 on average: counted as 0, the seventh would make it 0.41."""
    labels = np.repeat(np.arange(6), 25)
    predicted = np.where(np.arange(150) % 25 < 12, labels, (labels + 1) % 6)
    assert metrics.score(labels, np.eye(7)[predicted])["macro_f1"] == pytest.approx(0.48)


def test_scores_are_plain_json():
    scores = metrics.score(*predictions(count=20))
    assert json.loads(json.dumps(scores)) == scores


# SciPy's Wilson interval is statsmodels' and R's (binom.confint, "wilson").
@pytest.mark.parametrize(("right", "count"), [(0, 1), (1, 1), (0, 55), (1, 10), (7, 10), (2516, 3589)])
def test_the_interval_is_wilsons(right, count):
    expected = binomtest(right, count).proportion_ci(method="wilson")
    assert metrics.wilson_interval(right, count) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_interval_of_a_published_example():
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
    published = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611)}
    for (right, count), interval in published.items():
        assert metrics.wilson_interval(right, count) == pytest.approx(interval, abs=5e-5)


@given(st.integers(1, 100_000).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_the_interval_holds_the_share_and_stays_in_0_to_1(case):
    right, count = case
    low, high = metrics.wilson_interval(right, count)
    assert 0 <= low <= right / count <= high <= 1
    assert high - low < 4 / math.sqrt(count)


def test_no_faces_have_no_scores():
    none = np.zeros(0, np.uint8), np.zeros((0, 7), np.float32)
    scores = metrics.score(*none)
    assert (scores["count"], scores["ece"]) == (0, 0.0)
    nothing = [scores[name] for name in ("accuracy", "macro_f1", "log_loss")]
    assert all(map(math.isnan, (*nothing, *scores["accuracy_interval"])))
    assert np.isnan(metrics.reliability(*none).accuracy).all()


def test_a_label_given_no_chance_costs_a_finite_loss():
    probabilities = np.eye(7, dtype=np.float32)[[1, 1]]
    epsilon = np.finfo(np.float32).eps
    assert metrics.log_loss(np.array([0, 1]), probabilities) == pytest.approx(-math.log(epsilon) / 2)


@pytest.mark.parametrize("sharpness", [0.3, 3.0, 30.0])
def test_the_temperature_is_the_minimum_of_the_log_loss(sharpness):
    labels, logits = draw(count=300, sharpness=sharpness)

    def loss(log_temperature):
        return oracle.log_loss(labels, _softmax_64(logits / np.exp(log_temperature)), labels=ALL)

    best = minimize_scalar(loss, bounds=np.log([0.05, 20]), method="bounded", options={"xatol": 1e-9})
    assert fit_temperature(labels, logits) == pytest.approx(math.exp(best.x), rel=1e-4)


def _softmax_64(logits):
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def test_temperature_changes_no_decision_and_lowers_the_loss():
    labels, logits = draw(sharpness=6.0)
    cooled = metrics.softmax(logits / fit_temperature(labels, logits))
    assert (cooled.argmax(axis=1) == logits.argmax(axis=1)).all()
    assert metrics.log_loss(labels, cooled) < metrics.log_loss(labels, metrics.softmax(logits))


def test_softmax_holds_at_the_ends():
    logits = np.array([[1e4, 0, 0, 0, 0, 0, 0], [-1e4] * 7], np.float32)
    expected = [[1, 0, 0, 0, 0, 0, 0], [1 / 7] * 7]
    assert metrics.softmax(logits) == pytest.approx(np.array(expected))
    assert metrics.softmax(logits).dtype == np.float32


@given(labelled())
def test_confusion_counts_every_face_once(case):
    labels, probabilities = case
    counts = metrics.confusion_matrix(labels, probabilities)
    assert counts.sum() == len(labels)
    assert counts.sum(axis=1).tolist() == np.bincount(labels, minlength=7).tolist()
    assert counts.trace() / len(labels) == pytest.approx(metrics.accuracy(labels, probabilities))


@given(labelled(), st.randoms(use_true_random=False))
def test_the_order_of_the_faces_does_not_matter(case, random):
    labels, probabilities = case
    order = list(range(len(labels)))
    random.shuffle(order)
    shuffled = metrics.score(labels[order], probabilities[order])
    for name, value in metrics.score(labels, probabilities).items():
        assert np.asarray(shuffled[name]) == pytest.approx(np.asarray(value)), name


@given(labelled())
def test_calibration_error_is_a_share_and_reliability_counts_every_face(case):
    found = metrics.reliability(*case)
    assert found.counts.sum() == len(case[0])
    assert 0 <= metrics.expected_calibration_error(*case) <= 1
    # Every mean lies in its own bin, but for rounding.
    full = found.counts > 0
    assert (found.confidence[full] >= found.edges[:-1][full] - 1e-6).all()
    assert (found.confidence[full] <= found.edges[1:][full] + 1e-6).all()


BAD_ARRAYS = {
    "a row short": (np.zeros(3, int), np.zeros((2, 7)), r"must be \(3, 7\).*Received: \(2, 7\)"),
    "six emotions": (np.zeros(2, int), np.zeros((2, 6)), r"must be \(2, 7\).*Received: \(2, 6\)"),
    "a label of 7": (np.array([0, 7]), np.zeros((2, 7)), r"in \[0, 6\]\. Received: 0 to 7"),
    "a label of -1": (np.array([-1, 3]), np.zeros((2, 7)), r"in \[0, 6\]\. Received: -1 to 3"),
    "labels with a fraction": (np.zeros(2), np.zeros((2, 7)), r"integers\. Received: \(2,\) float64"),
    "one-hot labels": (np.zeros((2, 7), int), np.zeros((2, 7)), r"integers\. Received: \(2, 7\) int64"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
@pytest.mark.parametrize(
    "function", [metrics.score, metrics.accuracy, metrics.log_loss, metrics.reliability, fit_temperature]
)
def test_arrays_that_do_not_belong_together_are_refused(function, case):
    labels, probabilities, message = BAD_ARRAYS[case]
    with pytest.raises(DataError, match=message):
        function(labels, probabilities)


def evaluation(**changes):
    labels, probabilities = predictions(count=10)
    fields = {
        "split": "PublicTest",
        "rows": np.arange(10),
        "labels": labels,
        "probabilities": probabilities,
        "probabilities_flip": probabilities[:, ::-1],
        "twins": np.arange(10) < 4,
    }
    return Evaluation(**(fields | changes))


def test_an_evaluation_is_scored_for_each_view_and_subset():
    found = evaluation()
    scores = metrics.score_evaluation(found)
    assert {view: list(subsets) for view, subsets in scores.items()} == {
        "single": ["all", "twin_free"],
        "flip": ["all", "twin_free"],
    }
    assert scores["flip"]["all"] == metrics.score(found.labels, found.probabilities_flip)
    assert scores["single"]["twin_free"] == metrics.score(found.labels[4:], found.probabilities[4:])


UNSURE = np.full((10, 7), 1 / 7, np.float32)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "Test"}, r"must be one of Training, PublicTest, PrivateTest\. Received: 'Test'"),
        ({"rows": np.arange(9)}, r"one length\. Received: \(9, 10, 10\)"),
        ({"twins": np.zeros(11, bool)}, r"one length\. Received: \(10, 10, 11\)"),
        ({"probabilities": UNSURE[:9]}, r"must be \(10, 7\)"),
        ({"probabilities_flip": UNSURE[:, :6]}, r"must be \(10, 7\)"),
        ({"probabilities": UNSURE * 7}, r"must sum to 1\. Received: \[1.0, 1.0"),
        ({"probabilities": UNSURE * np.nan}, r"must sum to 1\. Received: \[nan"),
        ({"probabilities_flip": UNSURE + np.array([1, -1, 0, 0, 0, 0, 0])}, "at least 0"),
        ({"labels": np.full(10, 7, np.uint8)}, r"in \[0, 6\]"),
    ],
)
def test_evaluations_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(DataError, match=message):
        evaluation(**changes)


def test_views_have_two_names():
    assert evaluation().view("single").shape == evaluation().view("flip").shape == (10, 7)
    with pytest.raises(DataError, match=r"one of single, flip\. Received: 'double'"):
        evaluation().view("double")


def test_the_interval_of_f1_is_that_of_the_bootstrap():
    labels, probabilities = predictions(count=800)
    found = metrics.class_intervals(metrics.confusion_matrix(labels, probabilities))
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, 800, 800) for _ in range(2000)]
    scores = [metrics.score(labels[rows], probabilities[rows])["f1"] for rows in drawn]
    low, high = np.percentile(scores, [2.5, 97.5], axis=0)
    np.testing.assert_allclose(np.array(found["f1"]), np.stack([low, high], axis=1), atol=0.012)


@given(labelled())
def test_class_intervals_hold_their_scores(case):
    scores = metrics.score(*case)
    for name, intervals in metrics.class_intervals(scores["confusion"]).items():
        for value, (low, high) in zip(scores[name], intervals, strict=True):
            assert math.isnan(low) or 0 <= low <= value + 1e-12 <= high + 2e-12


def test_without_duplicates_keeps_the_others_in_order():
    labels, probabilities = predictions(count=4)
    twins = np.array([True, False, False, True])
    whole = Evaluation("PublicTest", np.arange(4), labels, probabilities, probabilities, twins)
    rest = whole.without_duplicates()
    assert rest.rows.tolist() == [1, 2]
    np.testing.assert_array_equal(rest.labels, labels[1:3])
    np.testing.assert_array_equal(rest.view("flip"), probabilities[1:3])
    assert not rest.twins.any()
