"""Calibrating the neutral face of one of the faces before the camera."""

import numpy as np
import pytest

from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.inference.expression import log_probabilities
from fer_core.palette import person_colour, rgb
from tests.inference.test_live import (
    AVERAGE,
    Answering,
    Exploding,
    clock,
    numbers,
    play,
    reader,
    recognizer,
    scene,
)

__all__ = ["clock", "reader", "recognizer"]  # fixtures


def test_a_neutral_face_is_learnt_in_a_second_and_belongs_to_its_network(reader, clock, recognizer):
    picture = scene((200, 100))
    reader.time_constant = 0.0
    play(reader, clock, picture)
    calibrate(reader, clock, picture, 1)
    figures = reader.figures()
    assert (figures.calibrating, figures.calibrated) == ((), (1,))
    assert figures.faces[0][1].emotion == Emotion.NEUTRAL
    reader.use(recognizer, log_probabilities(AVERAGE))  # the same: nothing is forgotten
    assert reader.figures().calibrated == (1,)
    reader.use(Exploding(recognizer, ""), log_probabilities(AVERAGE))
    assert reader.figures().calibrated == ()
    calibrate(reader, clock, picture, 1)
    reader.reset_neutral(1)
    assert reader.figures().calibrated == ()


def calibrate(reader, clock, picture, number):
    reader.calibrate_neutral(number)
    play(reader, clock, picture)
    assert reader.figures().calibrating == (number,)
    play(reader, clock, *[picture] * 12)


STERN = np.array([0.5, 0.02, 0.03, 0.05, 0.1, 0.05, 0.25], np.float32)


def test_only_the_chosen_face_is_calibrated_and_its_box_says_so(reader, clock):
    reader.use(Answering(reader._recognizer, STERN), log_probabilities(AVERAGE))
    reader.time_constant = 0.0
    two = scene((40, 100), (360, 100))
    play(reader, clock, two)
    before = [plate_area(reader, number) for number in (1, 2)]
    calibrate(reader, clock, two, 2)
    figures = reader.figures()
    assert figures.calibrated == (2,)
    first, second = (each for _, each in figures.faces)
    assert first.probabilities == pytest.approx(STERN, abs=1e-6)
    assert second.emotion == Emotion.NEUTRAL
    after = [plate_area(reader, number) for number in (1, 2)]
    assert after[0] == pytest.approx(before[0], rel=0.1), "the other face's box says nothing"
    assert after[1] > 1.5 * before[1]
    reader.reset_neutral(1)
    assert reader.figures().calibrated == (2,)
    reader.calibrate_neutral(99)  # whoever that was
    assert reader.figures().calibrating == ()


def plate_area(reader, number):
    """How many pixels have the colour of a face's box and plates."""
    return (reader.snapshot() == rgb(person_colour(number))).all(axis=2).sum()


def test_a_smile_is_not_taken_for_a_neutral_face(reader, clock):
    smile = np.full(EMOTION_COUNT, 0.01, np.float32)
    smile[Emotion.HAPPY] = 0.94
    reader.use(Answering(reader._recognizer, smile), log_probabilities(AVERAGE))
    play(reader, clock, scene((200, 100)))
    calibrate(reader, clock, scene((200, 100)), 1)
    figures = reader.figures()
    assert (figures.calibrated, figures.refused) == ((), {1: Emotion.HAPPY})
    assert figures.faces[0][1].confidence == pytest.approx(0.94, abs=1e-3)


def test_a_calibration_survives_a_hand_before_the_face(reader, clock):
    picture = scene((200, 100))
    play(reader, clock, picture)
    reader.use(Answering(reader._recognizer, STERN), log_probabilities(AVERAGE))
    calibrate(reader, clock, picture, 1)
    play(reader, clock, *[scene()] * 30, picture)  # three seconds
    assert reader.figures().calibrated == (1,)
    play(reader, clock, *[scene()] * 60, picture)
    assert (numbers(reader), reader.figures().calibrated) == ([1], ())
