"""Between two searches of the whole frame each face is followed, and nothing of that shows."""

import pytest

from fer_core.inference.expression import log_probabilities
from tests.inference.test_live import AVERAGE, clock, play, reader, recognizer, scene

__all__ = ["clock", "reader", "recognizer"]  # fixtures


def test_the_whole_picture_is_searched_now_and_then_and_when_a_face_is_lost(reader, clock, recognizer):
    counting = Counting(recognizer)
    reader.use(counting, log_probabilities(AVERAGE))
    play(reader, clock, *[scene((200, 100))] * 10, step=0.05)
    assert 2 <= counting.searches <= 4
    before = counting.searches
    play(reader, clock, scene((40, 200)), step=0.05)  # farther than a face moves: searched in the same frame
    assert counting.searches == before + 1
    assert reader.figures().faces[-1][1].face.box[0] < 200


def test_no_box_lags_behind_a_moving_face(reader, clock, recognizer):
    for step in range(20):
        picture = scene((20 * step, 100 + 4 * step))
        play(reader, clock, picture, step=0.05)
        (face,) = recognizer.detect_faces(picture)
        (shown,) = [each for _, each in reader.figures().faces]
        assert shown.face.box == pytest.approx(face.box, abs=8)


class Counting:
    """A recognizer that counts how often a whole picture is searched."""

    def __init__(self, recognizer):
        self._recognizer, self.searches = recognizer, 0
        self.follow_faces, self.predict_crops = recognizer.follow_faces, recognizer.predict_crops

    def detect_faces(self, picture, **options):
        self.searches += 1
        return self._recognizer.detect_faces(picture, **options)
