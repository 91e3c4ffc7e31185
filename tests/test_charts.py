"""The figures show the numbers that came in, under a name as well as a colour."""

import json

import numpy as np
import pytest

from fer_core import charts
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS, EMOTIONS
from fer_core.palette import EMOTION_COLOURS

CONFUSION = np.arange(49).reshape(7, 7)
SCORES = {name: [0.1 * index for index in range(1, 8)] for name in ("f1", "precision", "recall")}
HISTORY = {
    "epoch": [1, 2, 3, 4],
    "loss": [2.0, 1.5, 1.2, 1.0],
    "accuracy": [0.2, 0.4, 0.6, 0.8],
    "val_loss": [1.9, 1.6, 1.5, 1.6],
    "val_accuracy": [0.3, 0.45, 0.5, 0.48],
    "learning_rate": [0.001, 0.001, 0.0005, 0.0001],
    "seconds": [1.0, 1.0, 1.0, 1.0],
}
EMPTY = {field: [] for field in HISTORY}
TWO = {"first": HISTORY, "second": HISTORY}
FIGURES = {
    "probabilities": charts.plot_probabilities(np.full(7, 1 / 7)),
    "confusion, shares": charts.plot_confusion(CONFUSION),
    "confusion, counts": charts.plot_confusion(CONFUSION, shares=False),
    "confusion, an emotion without faces": charts.plot_confusion(np.zeros((7, 7), int)),
    "per emotion": charts.plot_per_emotion(SCORES),
    "reliability": charts.plot_reliability([0.2, 0.9, 0.0], [0.3, 0.8, 0.0], [10, 90, 0]),
    "reliability, no faces": charts.plot_reliability([0.0], [0.0], [0]),
    "comparison": charts.plot_comparison({"ours": (0.7, 0.68, 0.72), "theirs": (0.65, 0.65, 0.65)}),
    "accuracy": charts.plot_history(TWO, "accuracy"),
    "loss": charts.plot_history({"only": HISTORY}, "loss"),
    "history, no epoch yet": charts.plot_history({"only": EMPTY}, "accuracy"),
    "learning rate": charts.plot_learning_rate(TWO),
    "gap": charts.plot_gap(TWO),
    "gap, no epoch yet": charts.plot_gap({"only": EMPTY}),
}


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES.keys())
def test_every_figure_is_valid_and_borrows_its_background(figure):
    drawn = json.loads(figure.to_json())
    assert drawn["data"]
    assert not {"paper_bgcolor", "plot_bgcolor", "font"} & set(drawn["layout"])


def test_probabilities_are_named_coloured_and_written():
    probabilities = [0.5, 0, 0, 0.25, 0, 0, 0.25]
    bars = charts.plot_probabilities(probabilities).data[0]
    assert [label.split()[1] for label in bars.y] == list(EMOTION_LABELS)
    assert list(bars.marker.color) == [EMOTION_COLOURS[emotion] for emotion in EMOTIONS]
    assert list(bars.x) == probabilities
    assert bars.text[0] == "<b>50%</b>"
    assert bars.text[3] == "25%"


@pytest.mark.parametrize(("shares", "text"), [(True, "17"), (False, "12")])
def test_confusion_writes_shares_or_counts(shares, text):
    notes = charts.plot_confusion(CONFUSION, shares=shares).layout.annotations
    assert len(notes) == EMOTION_COUNT**2
    cell = next(note for note in notes if (note.y, note.x) == ("disgust", "surprise"))
    assert cell.text == text  # CONFUSION[1, 5] is 12 and its row holds 70: rows are the truth


def test_confusion_is_shaded_by_row_whatever_it_writes():
    shades = [
        np.asarray(charts.plot_confusion(CONFUSION, shares=shares).data[0].z) for shares in (True, False)
    ]
    np.testing.assert_array_equal(*shades)
    np.testing.assert_allclose(np.square(shades[0]).sum(axis=1), 1)


def test_empty_bins_are_left_out():
    line = charts.plot_reliability([0.2, 0.9, 0.0], [0.3, 0.8, 0.0], [10, 90, 0]).data[1]
    assert list(line.x) == [0.2, 0.9]


def test_history_names_every_run_and_marks_its_best_epoch():
    both = charts.plot_history(TWO, "accuracy").data
    assert [trace.name for trace in both if trace.showlegend is not False] == ["first", "second"]
    assert [trace.name for trace in both[:3]] == ["first", "training", "best epoch (3)"]
    assert {trace.line.color for trace in both[:2]}.isdisjoint(trace.line.color for trace in both[3:5])
    assert both[2].marker.symbol != both[5].marker.symbol
    best = charts.plot_history({"only": HISTORY}, "loss").data[2]
    assert (best.name, list(best.x), list(best.y)) == ("best epoch (3)", [3], [1.5])


def test_gap_marks_where_it_widens():
    assert [note.text for note in charts.plot_gap({"only": HISTORY}).layout.annotations] == [
        "widens from epoch 2"
    ]
    assert [note.text for note in charts.plot_gap(TWO).layout.annotations] == [
        "first from epoch 2",
        "second from epoch 2",
    ]
