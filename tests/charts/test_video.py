"""A video's faces all at once: stretches of one emotion in a lane a face, gaps where it was away."""

import numpy as np
import pytest

from fer_core.charts.video import Stretch, find_stretches, plot_all_faces
from fer_core.emotions import Emotion

HAPPY, SAD = np.eye(7)[[Emotion.HAPPY, Emotion.SAD]]


def test_a_stretch_lasts_until_another_emotion_or_a_gap():
    seconds = [0.0, 0.2, 0.4, 0.6, 3.0]
    shown = [HAPPY, HAPPY, SAD, HAPPY, HAPPY]
    found = find_stretches(seconds, shown, step=0.2)
    assert [each.emotion for each in found] == [Emotion.HAPPY, Emotion.SAD, Emotion.HAPPY, Emotion.HAPPY]
    times = [each[1:] for each in found]
    np.testing.assert_allclose(times, [(0, 0.4), (0.4, 0.6), (0.6, 0.8), (3, 3.2)])
    assert find_stretches([], np.empty((0, 7)), step=0.2) == []


def test_every_face_has_its_lane_and_every_stretch_says_whose_and_when():
    faces = {2: [Stretch(Emotion.HAPPY, 0, 4), Stretch(Emotion.SAD, 4, 5)], 1: [Stretch(Emotion.SAD, 2, 3)]}
    figure = plot_all_faces(faces, until=10, cuts=[4.0], at=2.5)
    assert [trace.name.split()[1] for trace in figure.data] == ["happy", "sad"]
    happy, sad = figure.data
    assert list(map(tuple, sad.customdata)) == [(2, 4), (1, 2)]
    assert (list(sad.base), list(sad.x), list(sad.y)) == ([4, 2], [1, 1], ["Face 2", "Face 1"])
    assert list(happy.text) == ["●"]
    assert list(figure.layout.yaxis.categoryarray) == ["Face 2", "Face 1"]
    assert sorted(line.x0 for line in figure.layout.shapes) == pytest.approx([2.5, 4])
    assert plot_all_faces(faces, until=10).layout.height > plot_all_faces({}, until=10).layout.height
