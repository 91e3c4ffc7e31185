"""The figures show the numbers that came in, under a name as well as a colour."""

import json

import numpy as np
import pytest

from fer_core import charts
from fer_core.emotions import EMOTION_LABELS, EMOTIONS, Emotion
from fer_core.evaluation.learning_curves import smooth
from fer_core.evaluation.metrics import wilson_interval
from fer_core.evaluation.roc_pr import compute_curves, predict_selectively
from fer_core.evaluation.significance import Comparison
from fer_core.experiments.alignment_study import Effect
from fer_core.palette import EMOTION_COLOURS

CONFUSION = np.arange(49).reshape(7, 7)
SCORES = {name: [0.1 * index for index in range(1, 8)] for name in ("f1", "precision", "recall")}
INTERVALS = {name: [(value - 0.05, value + 0.05) for value in values] for name, values in SCORES.items()}
LABELS = np.arange(700) % 7
PROBABILITIES = np.random.default_rng(0).dirichlet(np.ones(7), 700)
CURVE = predict_selectively(LABELS, PROBABILITIES)
CURVES = compute_curves(LABELS, PROBABILITIES)
NOBODY = compute_curves(LABELS % 6, PROBABILITIES)[6]
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
    "confusion": charts.plot_confusion(CONFUSION),
    "confusion, on a page": charts.plot_confusion(CONFUSION, background="#0f1419"),
    "confusion, difference": charts.plot_confusion_difference(CONFUSION, CONFUSION.T),
    "confusion, no difference": charts.plot_confusion_difference(
        np.zeros((7, 7), int), np.zeros((7, 7), int)
    ),
    "curves of runs": charts.plot_run_curves(
        {"best": ([0, 0.5, np.nan], [1, 0.5, np.nan]), "none": ([], [])}, titles=("coverage", "accuracy")
    ),
    "confusion, an emotion without faces": charts.plot_confusion(np.zeros((7, 7), int)),
    "confusion, by column": charts.plot_confusion(CONFUSION, by="column"),
    "per emotion": charts.plot_per_emotion(SCORES, INTERVALS),
    "roc": charts.plot_roc(CURVES, Emotion.FEAR),
    "precision and recall": charts.plot_precision_recall(CURVES, Emotion.FEAR),
    "roc, an emotion without faces": charts.plot_roc([*CURVES[:6], NOBODY], Emotion.NEUTRAL),
    "coverage": charts.plot_coverage(CURVE, CURVE.at(0.5)),
    "coverage, one face": charts.plot_coverage(predict_selectively(LABELS[:1], PROBABILITIES[:1]), 0),
    "reliability": charts.plot_reliability([0.2, 0.9, 0.0], [0.3, 0.8, 0.0], [10, 90, 0]),
    "reliability, no faces": charts.plot_reliability([0.0], [0.0], [0]),
    "comparison": charts.plot_comparison({"ours": (0.7, 0.68, 0.72), "theirs": (0.65, 0.65, 0.65)}),
    "accuracy": charts.plot_history(TWO, "accuracy"),
    "loss": charts.plot_history({"only": HISTORY}, "loss"),
    "history, no epoch yet": charts.plot_history({"only": EMPTY}, "accuracy"),
    "learning rate": charts.plot_column(TWO, "learning_rate"),
    "gap": charts.plot_gap(TWO),
    "accuracy, smoothed": charts.plot_history(TWO, "accuracy", smoothing=0.5),
    "gap, smoothed": charts.plot_gap({"only": EMPTY}, smoothing=0.5),
    "alignment": charts.plot_alignment(
        [Effect(angle, 90, Comparison(40, 20 + angle, 10, 30)) for angle in (0, 10, 45)]
    ),
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


def test_each_share_of_an_emotion_has_its_interval_and_its_pattern():
    bars = [bar for bar in charts.plot_per_emotion(SCORES, INTERVALS).data if bar.showlegend is False]
    assert [bar.name for bar in bars] == ["F1", "precision", "recall"]
    assert len({bar.marker.pattern.shape for bar in bars}) == 3
    for bar in bars:
        np.testing.assert_allclose(bar.error_x.array, 0.05)
        np.testing.assert_allclose(bar.error_x.arrayminus, 0.05)
        assert list(bar.marker.color) == [EMOTION_COLOURS[emotion] for emotion in EMOTIONS]


def test_the_chosen_emotion_is_in_front_and_named():
    lines = charts.plot_roc(CURVES, Emotion.FEAR).data
    assert lines[-1].name == "◆ fear"
    assert [line.name for line in lines if line.showlegend is not False] == ["chance", "◆ fear"]
    assert all(lines[-1].line.width > line.line.width for line in lines[:-1])
    assert (lines[-1].x[0], lines[-1].x[-1], lines[-1].y[-1]) == (0, 1, 1)
    assert len(charts.plot_roc([*CURVES[:6], NOBODY], Emotion.NEUTRAL).data) == 7  # chance and six


def test_coverage_marks_the_choice_within_its_band():
    band, line, mark = charts.plot_coverage(CURVE, CURVE.at(0.5)).data
    assert mark.x[0] == pytest.approx(0.5)
    assert line.x[0] == pytest.approx(30 / 700)
    middle = len(band.y) // 2
    assert (np.asarray(band.y[:middle]) >= np.asarray(line.y)).all()
    assert (np.asarray(band.y[middle:])[::-1] <= np.asarray(line.y)).all()


def test_smoothing_keeps_the_raw_line_faint():
    raw, smoothed, *_ = charts.plot_history({"only": HISTORY}, "loss", smoothing=0.5).data
    assert list(raw.y) == HISTORY["val_loss"]
    assert (raw.opacity, raw.showlegend) == (0.3, False)
    assert list(smoothed.y) == pytest.approx(smooth(HISTORY["val_loss"], 0.5))
    assert raw.line.color == smoothed.line.color


def test_empty_bins_are_left_out():
    line = charts.plot_reliability([0.2, 0.9, 0.0], [0.3, 0.8, 0.0], [10, 90, 0]).data[1]
    assert list(line.x) == [0.2, 0.9]


def test_each_bin_of_the_reliability_diagram_has_its_interval():
    line = charts.plot_reliability([0.2, 0.9, 0.0], [0.3, 0.8, 0.0], [10, 90, 0]).data[1]
    for index, (right, count) in enumerate([(3, 10), (72, 90)]):
        low, high = wilson_interval(right, count)
        assert line.y[index] - line.error_y.arrayminus[index] == pytest.approx(low)
        assert line.y[index] + line.error_y.array[index] == pytest.approx(high)
        assert line.customdata[index] == pytest.approx([count, low, high])


def test_history_names_every_run_and_marks_its_best_epoch():
    both = charts.plot_history(TWO, "accuracy").data
    assert [trace.name for trace in both if trace.showlegend is not False] == ["first", "second"]
    assert [trace.name for trace in both[:3]] == ["first", "training", "best epoch (3)"]
    assert {trace.line.color for trace in both[:2]}.isdisjoint(trace.line.color for trace in both[3:5])
    assert both[2].marker.symbol != both[5].marker.symbol
    best = charts.plot_history({"only": HISTORY}, "loss").data[2]
    assert (best.name, list(best.x), list(best.y)) == ("best epoch (3)", [3], [1.5])


def test_the_best_epoch_is_best_in_what_its_run_monitors():
    lowest = HISTORY | {"val_loss": [1.9, 1.4, 1.5, 1.6]}
    marks = charts.plot_history({"a": lowest, "b": lowest}, "loss", monitors={"b": "val_loss"}).data[2::3]
    assert [(list(mark.x), list(mark.y)) for mark in marks] == [([3], [1.5]), ([2], [1.4])]


def test_a_training_loss_that_counts_maps_has_its_own_axis():
    taught = HISTORY | {"loss": [19.0, 15.0, 14.5, 14.0]}
    figure = charts.plot_history({"taught": taught, "plain": HISTORY}, "loss", smoothing=0.5)
    sides = {(trace.line.dash, trace.yaxis) for trace in figure.data if trace.mode == "lines"}
    assert sides == {("solid", None), ("dot", "y2")}  # of both runs, so that they can be compared
    assert {trace.yaxis for trace in figure.data if trace.mode == "markers"} == {None}
    assert (figure.layout.yaxis2.side, figure.layout.yaxis2.title.text) == ("right", "training")
    for shared in (charts.plot_history(TWO, "loss"), charts.plot_history({"taught": taught}, "accuracy")):
        assert {trace.yaxis for trace in shared.data} == {None}
    # Averaged weights read little at first, which is no reason to draw accuracy on two axes.
    begun = {field: values[:1] for field, values in HISTORY.items()} | {"val_accuracy": [0.04]}
    assert {trace.yaxis for trace in charts.plot_history({"begun": begun}, "accuracy").data} == {None}


def test_gap_marks_where_a_run_overfits():
    assert [note.text for note in charts.plot_gap({"only": HISTORY}).layout.annotations] == [
        "overfits from epoch 4"
    ]
    assert [note.text for note in charts.plot_gap(TWO).layout.annotations] == [
        "first from epoch 4",
        "second from epoch 4",
    ]
