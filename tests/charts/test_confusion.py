"""Confusion matrices: every cell says its share and count, can be clicked on, and can be read."""

import numpy as np
import pytest

from fer_core.charts import plot_confusion, plot_confusion_difference
from fer_core.charts.confusion import SHADE
from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.palette import rgb

CONFUSION = np.arange(49).reshape(7, 7)
PAGES = ("#ffffff", "#0f1419")


def cell(figure, truth, predicted):
    return next(note for note in figure.layout.annotations if (note.y, note.x) == (truth, predicted))


def luminance(colour):
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb(colour)]
    return np.dot((0.2126, 0.7152, 0.0722), linear)


def contrast(one, other):
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("by", "total"), [("row", CONFUSION[1].sum()), ("column", CONFUSION[:, 5].sum())])
def test_each_cell_says_its_share_and_its_count(by, total):
    figure = plot_confusion(CONFUSION, by=by)
    assert len(figure.layout.annotations) == EMOTION_COUNT**2
    assert cell(figure, "disgust", "surprise").text.startswith(f"{12 / total:.0%}<br>")
    assert ">12<" in cell(figure, "disgust", "surprise").text
    assert cell(figure, "fear", "fear").text.startswith("<b>")
    np.testing.assert_allclose(np.square(figure.data[0].z).sum(axis=1 if by == "row" else 0), 1)


@pytest.mark.parametrize("page", PAGES)
def test_each_cell_can_be_read_on_the_page(page):
    """WCAG 2.2, 1.4.3: at least 4.5:1."""
    shares = np.linspace(0, 1, 49)
    counts = np.rint(10_000 * shares).astype(int).reshape(7, 7)
    figure = plot_confusion(counts, background=page)
    (_, first), (_, last) = figure.data[0].colorscale
    assert last == SHADE
    for truth, row in enumerate(np.asarray(figure.data[0].z)):
        for predicted, strength in enumerate(row):
            colour = [round(a + strength * (b - a)) for a, b in zip(rgb(first), rgb(last), strict=True)]
            note = cell(figure, Emotion(truth).label, Emotion(predicted).label)
            assert contrast(note.font.color, "#" + "".join(f"{part:02x}" for part in colour)) > 4.4


def test_a_click_on_a_cell_names_its_emotions():
    fear, sad = Emotion.FEAR, Emotion.SAD
    figure = plot_confusion(CONFUSION, picked=(fear, sad))
    points = figure.data[1]
    assert len(points.x) == 49
    place = [int(count) for count, *_ in points.customdata].index(CONFUSION[fear, sad])
    assert (points.y[place], points.x[place]) == ("fear", "sad")
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (3.5, 4.5, 1.5, 2.5)
    assert not plot_confusion(CONFUSION).layout.shapes
    assert plot_confusion(CONFUSION, picked=(fear, None)).layout.shapes[0].x1 == 6.5


def test_a_difference_is_in_points_of_the_true_labels_images():
    first, second = np.eye(7, dtype=int) * 100, np.eye(7, dtype=int) * 100
    second[Emotion.SAD] = [0, 0, 10, 0, 90, 0, 0]
    figure = plot_confusion_difference(first, second)
    assert cell(figure, "sad", "sad").text == "<b>+10</b>"
    assert cell(figure, "sad", "fear").text == "\u221210"
    assert cell(figure, "fear", "sad").text == "0"
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-10, 10)
