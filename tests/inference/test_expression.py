"""Smoothing over time, and the calibrated neutral face."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.errors import DataError
from fer_core.inference.expression import (
    CLEAR,
    NEUTRAL_SECONDS,
    Expression,
    clear_emotion,
    correct,
    log_probabilities,
    neutral_reference,
    smooth,
)

EVEN = np.full(EMOTION_COUNT, 1 / EMOTION_COUNT)
probabilities = st.lists(st.floats(0.001, 1), min_size=EMOTION_COUNT, max_size=EMOTION_COUNT).map(
    lambda values: np.array(values) / sum(values)
)
logs = probabilities.map(log_probabilities)
seconds = st.floats(0, 100)
AVERAGE = np.array([0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.7])


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


@given(probabilities, logs, logs)
def test_no_face_becomes_less_neutral(answer, baseline, reference):
    assert correct(answer, baseline, reference)[Emotion.NEUTRAL] >= answer[Emotion.NEUTRAL] - 1e-12


@given(logs, logs, st.sampled_from(Emotion), st.floats(CLEAR + 1e-6, 1), probabilities)
def test_a_clearly_expressive_face_keeps_its_emotion(baseline, reference, emotion, share, others):
    others = np.delete(others, emotion)
    answer = np.insert(others / others.sum() * (1 - share), emotion, share)
    assert correct(answer, baseline, reference).argmax() == emotion


@given(probabilities, probabilities)
def test_the_resting_face_is_as_neutral_as_the_average_one_within_the_bound(resting, average):
    odds = correct(resting, np.log(resting), np.log(average))
    odds, average = odds / odds[Emotion.NEUTRAL], average / average[Emotion.NEUTRAL]
    bounded = resting / resting[Emotion.NEUTRAL] * (1 - CLEAR) / CLEAR
    assert (odds <= np.maximum(average, bounded) * (1 + 1e-9)).all()


def test_a_stern_persons_resting_face_is_neutral_and_their_anger_still_anger():
    stern = log_probabilities([0.55, 0.02, 0.02, 0.02, 0.04, 0.02, 0.33])
    reference = log_probabilities(AVERAGE)
    assert correct(np.exp(stern), stern, reference).argmax() == Emotion.NEUTRAL
    furious = np.array([0.85, 0.03, 0.02, 0.01, 0.02, 0.02, 0.05])
    assert correct(furious, stern, reference).argmax() == Emotion.ANGRY


def test_a_mean_is_clear_from_eighty_percent_on_and_never_as_neutral():
    smile, calm = np.full((2, EMOTION_COUNT), 0.01)
    smile[Emotion.HAPPY], calm[Emotion.NEUTRAL] = 0.94, 0.94
    half_smile = 0.7 * smile + 0.3 * calm
    said = [clear_emotion(log_probabilities(each)) for each in (smile, half_smile, calm)]
    assert said == [Emotion.HAPPY, None, None]


def test_the_reference_is_made_of_neutral_faces_alone():
    answers = np.array([[0.4, 0, 0, 0, 0, 0, 0.6], [1, 0, 0, 0, 0, 0, 0], [0.1, 0, 0, 0, 0, 0, 0.9]])
    reference = neutral_reference([Emotion.NEUTRAL, Emotion.ANGRY, Emotion.NEUTRAL], answers)
    assert np.exp(reference[[Emotion.ANGRY, Emotion.FEAR, Emotion.NEUTRAL]]) == pytest.approx(
        [math.sqrt(0.4 * 0.1), 0.01, math.sqrt(0.6 * 0.9)]
    )
    with pytest.raises(DataError, match="an image labelled neutral"):
        neutral_reference([0, 1], answers[:2])


def calibrate(expression, answer, start=0.0):
    """A second of the same prediction; returns what is then shown."""
    expression.calibrate_neutral(start)
    assert expression.is_calibrating
    for now in (start + 0.5, start + NEUTRAL_SECONDS):
        shown = show(expression, answer, now)
    assert not expression.is_calibrating
    return shown


def show(expression, answer, now):
    return expression.update(answer, now, time_constant=0.0, reference=log_probabilities(AVERAGE))


def test_an_expression_learns_its_neutral_face_for_a_second_and_forgets_it():
    stern = np.array([0.5, 0.05, 0.05, 0.05, 0.05, 0.05, 0.25])
    expression = Expression()
    assert show(expression, stern, 0.0) == pytest.approx(stern, abs=1e-6)
    assert calibrate(expression, stern).argmax() == Emotion.NEUTRAL
    assert expression.baseline is not None
    expression.reset_neutral()
    assert show(expression, stern, 2.0) == pytest.approx(stern, abs=1e-6)


def test_a_neutral_face_stays_as_neutral_when_it_is_calibrated():
    calm = np.array([0.005, 0.005, 0.01, 0.01, 0.01, 0.01, 0.95])
    expression = Expression()
    assert calibrate(expression, calm)[Emotion.NEUTRAL] >= 0.95 - 1e-6
    assert expression.baseline is not None


def test_a_broad_smile_is_no_neutral_face():
    smile = np.array([0.01, 0.01, 0.01, 0.94, 0.01, 0.01, 0.01])
    expression = Expression()
    assert calibrate(expression, smile) == pytest.approx(smile, abs=1e-6)
    assert (expression.refused, expression.baseline) == (Emotion.HAPPY, None)
    show(expression, smile, 7.0)
    assert expression.refused is None, "nobody wants to hear of it for ever"
    calibrate(expression, smile, 8.0)
    calibrate(expression, AVERAGE, 12.0)
    assert expression.refused is None
    assert calibrate(expression, smile, 16.0).argmax() == Emotion.HAPPY
    assert expression.baseline is not None, "the earlier calibration stays"
    expression.reset_neutral()
    assert expression.refused is None


def test_the_first_prediction_is_shown_unsmoothed():
    happy = np.eye(EMOTION_COUNT)[Emotion.HAPPY]
    expression = Expression()
    assert (expression.update(happy, 5.0, time_constant=9.0, reference=np.log(EVEN)) == happy).all()
    calm = expression.update(EVEN, 5.1, time_constant=9.0, reference=np.log(EVEN))
    assert calm.argmax() == Emotion.HAPPY
