"""Calibration, selective prediction, and the ROC and precision-recall curves of each class."""

import numpy as np
import streamlit as st

from fer_core import charts
from fer_core.emotions import EMOTION_LABELS, EMOTIONS, Emotion
from fer_core.evaluation.metrics import (
    Labels,
    Probabilities,
    calibration_errors_by_chance,
    expected_calibration_error,
    reliability,
)
from fer_core.evaluation.roc_pr import ClassCurves, compute_curves, predict_selectively
from fer_core.formats import format_percent
from pages.parts import formats
from pages.parts.choices import choose
from pages.parts.figures import show_figure
from pages.parts.state import bound


def show_confidence(labels: Labels, probabilities: Probabilities) -> None:
    """The reliability diagram, and accuracy against coverage with a slider."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Reliability diagram")
        bins = reliability(labels, probabilities)
        show_figure(
            charts.plot_reliability(bins.confidence, bins.accuracy, bins.counts, height=400),
            key="reliability",
            alt="Reliability diagram: accuracy, with its 95% CI, against confidence.",
        )
        error = expected_calibration_error(labels, probabilities)
        chance = calibration_errors_by_chance(probabilities)
        st.caption(
            f"The expected calibration error (ECE), the mean distance from the diagonal, is "
            f"{format_percent(error)}. Even a perfectly calibrated model would show an ECE of about "
            f"{format_percent(chance.mean())} on {formats.counted(len(labels), 'image')}, and this much or "
            f"more in {(chance >= error).sum():,} of {len(chance):,} simulations."
        )
    with right:
        _show_coverage(labels, probabilities)


def _show_coverage(labels: Labels, probabilities: Probabilities) -> None:
    st.subheader("Selective prediction")
    key = bound("coverage", 80, between=(5, 100))
    percent = st.slider("Coverage (%)", 5, 100, step=5, key=key)
    curve = predict_selectively(labels, probabilities)
    point = curve.at(percent / 100)
    low, high = (format_percent(end) for end in curve.interval(point))
    st.markdown(
        f"On the **{percent} %** of images with the highest confidence "
        f"({formats.counted(int(curve.answered[point]), 'image')}), accuracy is "
        f"**{format_percent(curve.accuracy[point])}** (95% CI {low} to {high}). "
        f"Confidence threshold: {format_percent(curve.threshold[point], digits=0)}."
    )
    show_figure(
        charts.plot_coverage(curve, point, height=300),
        key="selective prediction",
        alt="Accuracy against coverage, with its 95% CI. The slider above gives each point in words.",
    )


def show_curves(labels: Labels, probabilities: Probabilities) -> None:
    """ROC and precision-recall curves, one class in front, and all areas in a table."""
    happy = EMOTION_LABELS[Emotion.HAPPY]
    name = choose("Class", EMOTION_LABELS, key="emotion", default=happy, wraps=True)
    chosen = EMOTIONS[EMOTION_LABELS.index(name)]
    curves = compute_curves(labels, probabilities)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("ROC curve")
        show_figure(
            charts.plot_roc(curves, chosen),
            key="roc",
            alt=f"ROC curve of each class against the rest, {name} in front; the table has the areas.",
        )
    with right:
        st.subheader("Precision-recall curve")
        show_figure(
            charts.plot_precision_recall(curves, chosen),
            key="precision recall",
            alt=f"Precision-recall curve of each class, {name} in front; the table below has the areas.",
        )
    _show_areas(curves)


def _show_areas(curves: list[ClassCurves]) -> None:
    table = {
        "emotion": [formats.emotion_name(emotion) for emotion in EMOTIONS],
        "ROC AUC": [_percent(each.roc_auc) for each in curves],
        "95% CI": [_span(each.roc_auc_interval) for each in curves],
        "average precision": [_percent(each.average_precision) for each in curves],
        "chance": [_percent(each.positives / max(1, each.count)) for each in curves],
        "images": [each.positives for each in curves],
    }
    st.dataframe(table, hide_index=True, height="content", key="areas")
    st.caption(
        "Each class against the rest. ROC AUC: the probability that an image of the class scores higher than "
        "one of another class; chance is 50 %. Its CI: Hanley and McNeil 1982. Average precision: the area "
        "under the precision-recall curve; chance is the class's share of the images."
    )


def _percent(share: float) -> str:
    return format_percent(share) if np.isfinite(share) else "–"


def _span(ends: tuple[float, float]) -> str:
    return f"{100 * ends[0]:.1f}–{100 * ends[1]:.1f}" if np.isfinite(ends).all() else "–"
