"""The charts of one face say before and after, and mark the strength that is chosen."""

import numpy as np

from fer_core import charts
from fer_core.emotions import EMOTION_LABELS

AFTER, BEFORE = np.eye(7)[3] * 0.3 + 0.1, np.eye(7)[0] * 0.3 + 0.1


def test_a_change_shows_both_ends():
    bars, strokes = charts.plot_probabilities(AFTER, before=BEFORE).data
    np.testing.assert_allclose(bars.x, AFTER)
    np.testing.assert_allclose(strokes.x, BEFORE)
    assert [label.split()[1] for label in strokes.y] == list(EMOTION_LABELS)


def test_counts_are_bars_with_their_numbers():
    (bars,) = charts.plot_emotion_counts([0, 1, 0, 1200, 0, 0, 2]).data
    assert list(bars.x) == [0, 1, 0, 1200, 0, 0, 2]
    assert (bars.text[1], bars.text[3]) == ("1", "<b>1,200</b>")
    (nobody,) = charts.plot_emotion_counts([0] * 7).data
    assert list(nobody.x) == [0] * 7


def test_a_sensitivity_has_seven_lines_and_marks_where_it_stands():
    strengths, probabilities = [-90, 0, 90], np.stack([BEFORE, AFTER, BEFORE])
    figure = charts.plot_sensitivity(strengths, probabilities, at=30, title="Rotation (degrees)")
    assert [line.name.split()[1] for line in figure.data] == list(EMOTION_LABELS)
    np.testing.assert_allclose(figure.data[3].y, probabilities[:, 3], atol=1e-3)
    assert figure.layout.shapes[0].x0 == 30
    assert figure.layout.xaxis.title.text == "Rotation (degrees)"
