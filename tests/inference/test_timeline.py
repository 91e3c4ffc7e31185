"""The charts of one face over time: the last 30 s, and a whole video."""

import numpy as np
import pytest

from fer_core.charts.live import MOST_POINTS, plot_timeline
from fer_core.charts.video import MOST_POINTS as VIDEO_POINTS
from fer_core.charts.video import plot_video_timeline
from fer_core.emotions import EMOTION_COUNT, Emotion

AVERAGE = np.array([0.05] * 6 + [0.7])


@pytest.mark.parametrize("count", [0, 1, 2, 450, 1000])
def test_the_timeline_is_thinned_and_ends_now(count):
    seconds = np.linspace(-30, 0, count) if count != 1 else np.zeros(1)
    figure = plot_timeline(seconds, np.tile(AVERAGE, (count, 1)))
    lines = figure.data
    assert len(lines) == EMOTION_COUNT
    assert len({(line.line.dash, line.line.color) for line in lines}) == EMOTION_COUNT
    assert all(len(line.x) <= MOST_POINTS + 1 for line in lines)
    assert all(line.x[-1] == 0 for line in lines if count)
    assert figure.layout.xaxis.title.text == "seconds ago"
    assert len(figure.layout.annotations) == (1 if count else 0)
    figure.to_json()


def test_a_face_that_was_away_leaves_a_gap():
    figure = plot_timeline([-20.0, -19.5, -2.0, 0.0], np.tile(AVERAGE, (4, 1)))
    assert np.isnan(figure.data[0].y).sum() == 2


def test_a_video_has_one_axis_for_every_face_and_marks_its_key_frames():
    seconds = [2.0, 2.2, 2.4, 5.0, 5.2]
    figure = plot_video_timeline(
        seconds, np.tile(AVERAGE, (5, 1)), until=8.0, key_frames=[(2.2, Emotion.NEUTRAL, 0.7)]
    )
    assert list(figure.layout.xaxis.range) == [0, 8.0]
    assert len({(line.line.dash, line.line.color) for line in figure.data}) == EMOTION_COUNT
    assert np.isnan(figure.data[0].y).sum() == 1  # away for 2.6 s
    (mark,) = figure.layout.annotations
    assert (mark.x, mark.y, "○" in mark.text) == (2.2, 0.7, True)
    figure.to_json()


def test_a_face_in_one_frame_is_a_point():
    figure = plot_video_timeline([0.0], AVERAGE[None], until=0.0)
    assert {line.mode for line in figure.data} == {"markers"}
    assert list(figure.layout.xaxis.range) == [0, 1.0]


def test_a_long_video_is_thinned():
    seconds = np.arange(0, 3600, 0.2)
    figure = plot_video_timeline(seconds, np.tile(AVERAGE, (len(seconds), 1)), until=3600.0)
    assert len(figure.data[0].x) <= VIDEO_POINTS
    assert not np.isnan(figure.data[0].y).any()
    away = np.concatenate([seconds[:9000], seconds[9000:] + 60])
    figure = plot_video_timeline(away, np.tile(AVERAGE, (len(away), 1)), until=3660.0)
    assert np.isnan(figure.data[0].y).sum() == 1  # a minute's absence is still seen
