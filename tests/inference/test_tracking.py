"""Tracking from frame to frame, smoothing over time, and the neutral face."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.errors import DataError
from fer_core.inference.tracking import (
    NEUTRAL_SECONDS,
    Expression,
    Tracker,
    correct,
    iou,
    log_probabilities,
    match_score,
    neutral_reference,
    smooth,
)

EVEN = np.full(EMOTION_COUNT, 1 / EMOTION_COUNT)
probabilities = st.lists(st.floats(0.001, 1), min_size=EMOTION_COUNT, max_size=EMOTION_COUNT).map(
    lambda values: np.array(values) / sum(values)
)
logs = probabilities.map(log_probabilities)
seconds = st.floats(0, 100)
boxes = st.tuples(*[st.floats(0, 500)] * 2, *[st.floats(5, 300)] * 2)


def numbers(tracker, faces, now):
    return [track.number for track in tracker.update(faces, now)]


# (name, frames of (time, boxes), the numbers that each frame's faces must have)
A, B = (100, 100, 80, 80), (300, 100, 80, 80)
MOVES = [
    ("a face that stands still", [(0, [A]), (0.1, [A])], [[1], [1]]),
    ("a face that moves by half its width", [(0, [A]), (0.1, [(140, 100, 80, 80)])], [[1], [1]]),
    (
        "a small face that leaps out of its box",
        [(0, [(0, 0, 40, 40)]), (0.1, [(30, 10, 42, 42)])],
        [[1], [1]],
    ),
    ("a face at the other end is another", [(0, [A]), (0.1, [(400, 300, 80, 80)])], [[1], [2]]),
    ("a box three times as wide is another", [(0, [A]), (0.1, [(20, 20, 240, 240)])], [[1], [2]]),
    ("two faces found in another order", [(0, [A, B]), (0.1, [B, A])], [[1, 2], [2, 1]]),
    ("a second face appears", [(0, [A]), (0.1, [B, A])], [[1], [2, 1]]),
    ("one of two disappears", [(0, [A, B]), (0.1, [B])], [[1, 2], [2]]),
    ("missed for half a second", [(0, [A]), (0.1, []), (0.6, [A])], [[1], [], [1]]),
    ("away for long: a new number, never the old one", [(0, [A]), (1.5, [A])], [[1], [2]]),
    ("nobody", [(0, []), (1, [])], [[], []]),
    ("two faces pull apart from one place", [(0, [A]), (0.1, [(110, 100, 80, 80), A])], [[1], [2, 1]]),
]


@pytest.mark.parametrize(
    ("frames", "expected"), [move[1:] for move in MOVES], ids=[move[0] for move in MOVES]
)
def test_faces_keep_their_numbers(frames, expected):
    tracker = Tracker()
    assert [numbers(tracker, faces, now) for now, faces in frames] == expected


def test_two_faces_that_pass_each_other_slowly_keep_their_numbers():
    tracker = Tracker()
    for step in range(30):
        one, other = (10 * step, 100, 60, 60), (300 - 10 * step, 150, 60, 60)
        assert numbers(tracker, [one, other], step / 15) == [1, 2]


@given(st.lists(st.lists(boxes, max_size=5), max_size=6))
def test_every_face_has_one_number_of_its_own_in_a_frame(frames):
    tracker = Tracker()
    for now, faces in enumerate(frames):
        tracks = tracker.update(faces, now / 10)
        assert [track.box for track in tracks] == faces
        assert len({track.number for track in tracks}) == len(faces)


@given(boxes, boxes)
def test_iou_and_match_score_are_symmetric_and_in_the_unit_interval(one, other):
    for measure in (iou, match_score):
        assert 0 <= measure(one, other) <= 1
        assert measure(one, other) == pytest.approx(measure(other, one))
        assert measure(one, one) == pytest.approx(1)


@given(probabilities, probabilities, seconds, seconds, st.floats(0.01, 10))
def test_two_short_steps_are_one_long_step(before, new, first, second, time_constant):
    twice = smooth(smooth(before, new, first, time_constant), new, second, time_constant)
    assert twice == pytest.approx(smooth(before, new, first + second, time_constant), abs=1e-9)


@given(probabilities, probabilities, seconds, st.floats(0, 10))
def test_what_is_smoothed_still_sums_to_one(before, new, passed, time_constant):
    shown = smooth(before, new, passed, time_constant)
    assert shown.sum() == pytest.approx(1)
    assert (shown >= 0).all()


def test_after_one_time_constant_63_percent_of_a_change_is_shown():
    assert smooth(np.zeros(1), np.ones(1), 2.0, 2.0) == pytest.approx(1 - 1 / math.e)
    assert smooth(np.zeros(1), np.ones(1), 0.0, 2.0) == 0
    assert smooth(np.zeros(1), np.ones(1), 0.0, 0.0) == 1


@pytest.mark.parametrize("values", [(-1, 1), (1, -1), (math.nan, 1), (1, math.nan)])
def test_time_that_makes_no_sense_is_refused(values):
    with pytest.raises(DataError, match=r"at least 0 seconds\. Received"):
        smooth(EVEN, EVEN, *values)


@given(probabilities, logs)
def test_a_person_whose_resting_face_is_average_is_shown_unchanged(answer, reference):
    assert correct(answer, reference, reference) == pytest.approx(answer)


@given(probabilities, probabilities)
def test_the_resting_face_is_shown_as_the_average_neutral_face(resting, average):
    shown = correct(resting, np.log(resting), np.log(average))
    assert shown == pytest.approx(average)


@given(probabilities, probabilities, probabilities, logs)
def test_a_difference_from_the_resting_face_keeps_its_odds(one, other, resting, reference):
    before = np.log(one) - np.log(other)
    after = np.log(correct(one, np.log(resting), reference)) - np.log(
        correct(other, np.log(resting), reference)
    )
    # Up to a constant, which scaling to 1 brings with it.
    assert (before - before[0]) == pytest.approx(after - after[0], abs=1e-6)


def test_the_reference_is_made_of_neutral_faces_alone():
    answers = np.array([[0.4, 0, 0, 0, 0, 0, 0.6], [1, 0, 0, 0, 0, 0, 0], [0.1, 0, 0, 0, 0, 0, 0.9]])
    reference = neutral_reference([Emotion.NEUTRAL, Emotion.ANGRY, Emotion.NEUTRAL], answers)
    assert np.exp(reference[[Emotion.ANGRY, Emotion.FEAR, Emotion.NEUTRAL]]) == pytest.approx(
        [math.sqrt(0.4 * 0.1), 0.01, math.sqrt(0.6 * 0.9)]
    )
    with pytest.raises(DataError, match="an image labelled neutral"):
        neutral_reference([0, 1], answers[:2])


def test_an_expression_learns_its_neutral_face_for_a_second_and_forgets_it():
    stern, average = np.array([0.7, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]), np.full(EMOTION_COUNT, 0.05)
    average[Emotion.NEUTRAL] = 0.7
    expression = Expression()

    def show(now):
        return expression.update(stern, now, time_constant=0.0, reference=log_probabilities(average))

    assert show(0.0) == pytest.approx(stern, abs=1e-6)
    expression.calibrate_neutral(0.0)
    assert show(0.5) == pytest.approx(stern, abs=1e-6)
    assert expression.is_calibrating
    assert show(NEUTRAL_SECONDS) == pytest.approx(average, abs=1e-6)
    assert not expression.is_calibrating
    expression.reset_neutral()
    assert show(2.0) == pytest.approx(stern, abs=1e-6)


def test_the_first_prediction_is_shown_unsmoothed():
    happy = np.eye(EMOTION_COUNT)[Emotion.HAPPY]
    expression = Expression()
    assert (expression.update(happy, 5.0, time_constant=9.0, reference=np.log(EVEN)) == happy).all()
    calm = expression.update(EVEN, 5.1, time_constant=9.0, reference=np.log(EVEN))
    assert calm.argmax() == Emotion.HAPPY
