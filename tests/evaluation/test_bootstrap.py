"""Differences between evaluations: their value, their interval, and what pairing is worth."""

import numpy as np
import pytest

from fer_core.evaluation import metrics
from fer_core.evaluation.bootstrap import MEASURES, compare
from fer_core.evaluation.metrics import Evaluation


def evaluation(labels, read, *, first_row=0):
    labels = np.asarray(labels, np.uint8)
    said = np.eye(7, dtype=np.float32)[read]
    rows = np.arange(first_row, first_row + len(labels))
    return Evaluation("PrivateTest", rows, labels, said, said, np.zeros(len(labels), bool))


@pytest.fixture
def pair():
    """700 faces: the first is right on 70 % of them; the second on the same but for 14 more mistakes."""
    rng = np.random.default_rng(0)
    labels = np.arange(700) % 7
    read = np.where(rng.random(700) < 0.7, labels, (labels + 1) % 7)
    worse = read.copy()
    right = rng.permutation(np.flatnonzero(read == labels))[:14]
    worse[right] = (labels[right] + 2) % 7
    return evaluation(labels, read), evaluation(labels, worse)


@pytest.mark.parametrize("measure", MEASURES)
def test_the_value_is_that_of_the_metrics(pair, measure):
    scores = [metrics.score(each.labels, each.probabilities) for each in pair]
    pick = {
        "accuracy": lambda score: score["accuracy"],
        "macro-F1": lambda score: score["macro_f1"],
        "recall of disgust": lambda score: score["recall"][1],
    }[measure]
    found = compare(*pair, measure)
    assert found.value == pytest.approx(pick(scores[0]) - pick(scores[1]))
    assert found.low <= found.value <= found.high


def test_fourteen_more_mistakes_on_the_same_faces_are_seen_and_on_other_faces_not(pair):
    better, worse = pair
    same = compare(better, worse, "accuracy")
    assert (same.paired, same.direction) == (True, 1)
    assert compare(worse, better, "accuracy").direction == -1
    others = Evaluation(**vars(worse) | {"rows": worse.rows + 700})
    apart = compare(better, others, "accuracy")
    assert (apart.paired, apart.direction) == (False, 0)
    assert apart.value == same.value
    assert apart.high - apart.low > 2 * (same.high - same.low)


def test_the_interval_is_that_of_the_normal_approximation(pair):
    """McNemar's discordant pairs: 14 against 0 of 700."""
    found = compare(*pair, "accuracy")
    half = 1.96 * np.sqrt(14 - 14**2 / 700) / 700
    assert (found.low, found.high) == pytest.approx((0.02 - half, 0.02 + half), abs=0.002)


def test_an_evaluation_against_itself_shows_no_difference(pair):
    found = compare(pair[0], pair[0], "macro-F1")
    assert (found.value, found.low, found.high, found.direction) == (0, 0, 0, 0)


def test_the_same_question_gets_the_same_answer(pair):
    assert compare(*pair, "macro-F1") == compare(*pair, "macro-F1")


def test_macro_f1_is_that_of_the_metrics_where_a_class_is_absent():
    pair = evaluation([0, 0, 3, 3], [0, 0, 3, 3]), evaluation([0, 0, 3, 3], [0, 6, 3, 0])
    scores = [metrics.score(each.labels, each.probabilities)["macro_f1"] for each in pair]
    assert scores[0] == 1
    assert compare(*pair, "macro-F1").value == pytest.approx(scores[0] - scores[1])


def test_without_a_disgusted_face_its_recall_is_zero():
    faces = evaluation([0, 0, 3], [0, 3, 3])
    assert compare(faces, faces, "recall of disgust").value == 0
