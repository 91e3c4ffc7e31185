"""Tracking from frame to frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.inference.tracking import Tracker, iou, match_score

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


# (name, frames of (time, boxes), the numbers) before a camera, where numbers are used again
LEFT, RIGHT = (40, 100, 80, 80), (480, 100, 80, 80)
RETURNS = [
    ("away for 4 s and back in its place", [(0, [A]), (4, [A])], [[1], [1]]),
    ("away for a minute: nobody else took the number", [(0, [A]), (60, [A])], [[1], [1]]),
    ("away for a minute and back elsewhere", [(0, [A]), (60, [RIGHT])], [[1], [1]]),
    (
        "two places remembered",
        [(0, [LEFT, RIGHT]), (60, [RIGHT]), (60.1, [RIGHT, LEFT])],
        [[1, 2], [2], [2, 1]],
    ),
    (
        "another face while the first is away",
        [(0, [LEFT]), (2, [RIGHT]), (3, [LEFT, RIGHT])],
        [[1], [2], [1, 2]],
    ),
    ("a quick head at three frames a second", [(0, [A]), (0.33, [(220, 100, 80, 80)])], [[1], [1]]),
    ("as far in a tenth of a second", [(0, [A]), (0.1, [(220, 100, 80, 80)])], [[1], [2]]),
    ("the near box before the far one", [(0, [A]), (0.33, [(220, 100, 80, 80), A])], [[1], [2, 1]]),
]


@pytest.mark.parametrize(
    ("frames", "expected"), [move[1:] for move in RETURNS], ids=[move[0] for move in RETURNS]
)
def test_before_a_camera_numbers_come_back(frames, expected):
    tracker = Tracker(patience_seconds=5, reuse_numbers=True)
    assert [numbers(tracker, faces, now) for now, faces in frames] == expected


def test_a_minute_of_coming_and_going_needs_few_numbers():
    """A head that is somewhere else, or nowhere, at every look, twice a second."""
    rng = np.random.default_rng(0)
    tracker, seen = Tracker(patience_seconds=5, reuse_numbers=True), set()
    for now in np.arange(0, 60, 0.5):
        place = (*rng.uniform(0, 400, 2), 100, 100)
        seen |= set(numbers(tracker, [place] if rng.random() < 0.7 else [], float(now)))
    assert max(seen) <= 6


def test_two_faces_that_pass_each_other_slowly_keep_their_numbers():
    tracker = Tracker()
    for step in range(30):
        one, other = (10 * step, 100, 60, 60), (300 - 10 * step, 150, 60, 60)
        assert numbers(tracker, [one, other], step / 15) == [1, 2]


@given(st.lists(st.lists(boxes, max_size=5), max_size=6), st.booleans())
def test_every_face_has_one_number_of_its_own_in_a_frame(frames, reuse_numbers):
    tracker = Tracker(reuse_numbers=reuse_numbers)
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
