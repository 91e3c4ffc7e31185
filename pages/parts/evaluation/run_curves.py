"""Curves of several runs over each other."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from fer_core import charts
from fer_core.charts.roc_pr import FEWEST_IMAGES
from fer_core.emotions import EMOTION_LABELS, Emotion
from fer_core.evaluation.metrics import Labels, Probabilities, reliability
from fer_core.evaluation.roc_pr import compute_curves, predict_selectively
from pages.parts.choices import choose
from pages.parts.figures import show_figure

COVERAGE, RELIABILITY, ROC, PRECISION = "Coverage", "Reliability", "ROC", "Precision-recall"
KINDS = (COVERAGE, RELIABILITY, ROC, PRECISION)
Predictions = Mapping[str, Probabilities]


def show_run_curves(labels: Labels, predictions: Predictions) -> None:
    """One kind of curve of each run; ROC and precision-recall are those of one class."""
    st.subheader("Curves")
    kind = choose("Curve", KINDS, key="curve")
    plot = {COVERAGE: _plot_coverage, RELIABILITY: _plot_reliability}.get(kind)
    if plot is None:
        figure, words = _plot_class(labels, predictions, kind)
    else:
        figure, words = plot(labels, predictions)
    show_figure(figure, key="run curves", alt=f"{words} A line each of {', '.join(predictions)}.")
    st.caption(words)


def _plot_coverage(labels: Labels, predictions: Predictions) -> tuple[go.Figure, str]:
    curves = {}
    for name, probabilities in predictions.items():
        found = predict_selectively(labels, probabilities)
        many = found.answered >= min(FEWEST_IMAGES, len(labels))
        curves[name] = (found.coverage[many], found.accuracy[many])
    lowest = min(float(np.min(accuracy)) for _, accuracy in curves.values())
    figure = charts.plot_run_curves(curves, titles=("coverage", "accuracy"), lowest=max(0.0, lowest - 0.05))
    return figure, "Accuracy on the images with the highest confidence, against their share of all images."


def _plot_reliability(labels: Labels, predictions: Predictions) -> tuple[go.Figure, str]:
    bins = {name: reliability(labels, probabilities) for name, probabilities in predictions.items()}
    figure = charts.plot_run_curves(
        {name: (each.confidence, each.accuracy) for name, each in bins.items()},
        titles=("confidence", "accuracy"),
        reference=("perfectly calibrated", (0, 1)),
    )
    return figure, "Accuracy against confidence, in 15 bins of equal width."


def _plot_class(labels: Labels, predictions: Predictions, kind: str) -> tuple[go.Figure, str]:
    happy = EMOTION_LABELS[Emotion.HAPPY]
    name = choose("Class", EMOTION_LABELS, key="class", default=happy, wraps=True)
    found = {
        run: compute_curves(labels, each)[EMOTION_LABELS.index(name)] for run, each in predictions.items()
    }
    if kind == ROC:
        figure = charts.plot_run_curves(
            {run: (each.false_positive_rate, each.true_positive_rate) for run, each in found.items()},
            titles=("false positive rate", "true positive rate"),
            reference=("chance", (0, 1)),
        )
        return figure, f"ROC curve of {name} against the other classes."
    share = float((labels == EMOTION_LABELS.index(name)).mean())
    figure = charts.plot_run_curves(
        {run: (each.recall, each.precision) for run, each in found.items()},
        titles=("recall", "precision"),
        reference=("chance", (share, share)),
    )
    return figure, f"Precision-recall curve of {name} against the other classes."
