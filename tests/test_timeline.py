"""The chart of one face over the last 30 s."""

import numpy as np
import pytest

from fer_core.charts.live import MOST_POINTS, plot_timeline
from fer_core.emotions import EMOTION_COUNT

AVERAGE = np.array([0.05] * 6 + [0.7])


@pytest.mark.parametrize("count", [0, 1, 2, 450, 1000])
def test_the_timeline_is_thinned_and_ends_now(count):
    seconds = np.linspace(-30, 0, count) if count != 1 else np.zeros(1)
    figure = plot_timeline(seconds, np.tile(AVERAGE, (count, 1)))
    lines = figure.data
    assert len(lines) == EMOTION_COUNT
    assert len({(line.line.dash, line.line.color) for line in lines}) == EMOTION_COUNT
    assert all(len(line.x) <= MOST_POINTS + 1 for line in lines)
    assert all(line.x[-1] == (0 if count else None) for line in lines)
    assert len(figure.layout.annotations) == (1 if count else 0)
    figure.to_json()


def test_a_face_that_was_away_leaves_a_gap():
    figure = plot_timeline([-20.0, -19.5, -2.0, 0.0], np.tile(AVERAGE, (4, 1)))
    assert np.isnan(figure.data[0].y).sum() == 2
