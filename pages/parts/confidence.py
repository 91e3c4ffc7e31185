"""What the probabilities themselves are worth: calibration, abstaining, one emotion against the rest."""

import numpy as np
import streamlit as st

from fer_core import charts
from fer_core.emotions import EMOTION_LABELS, EMOTIONS, Emotion
from fer_core.formats import format_percent
from fer_core.metrics import (
    Labels,
    Probabilities,
    calibration_errors_by_chance,
    expected_calibration_error,
    reliability,
)
from fer_core.rankings import Ranking, coverage, rank
from pages.parts import formats
from pages.parts.figures import show_figure


def show_confidence(labels: Labels, probabilities: Probabilities) -> None:
    """The reliability diagram, and accuracy against coverage with a slider."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Does it know when it is sure?")
        bins = reliability(labels, probabilities)
        show_figure(
            charts.plot_reliability(bins.confidence, bins.accuracy, bins.counts, height=400),
            key="reliability",
            alt="Reliability diagram: how often the network is right, and its 95% interval, against how sure "
            "it says it is.",
        )
        error = expected_calibration_error(labels, probabilities)
        chance = calibration_errors_by_chance(probabilities)
        st.caption(
            f"The calibration error (ECE) is the mean distance from the diagonal, here "
            f"{format_percent(error)}. Were every confidence exactly right, chance alone would show "
            f"{format_percent(chance.mean())} on {formats.counted(len(labels), 'face')}, and as much as here "
            f"or more in {(chance >= error).sum():,} of {len(chance):,} draws."
        )
    with right:
        _show_coverage(labels, probabilities)


def _show_coverage(labels: Labels, probabilities: Probabilities) -> None:
    st.subheader("What if it may abstain?")
    percent = st.slider(
        "Read only the surest faces, in percent", 5, 100, 80, 5, key="surest", bind="query-params"
    )
    curve = coverage(labels, probabilities)
    point = curve.at(percent / 100)
    low, high = (format_percent(end) for end in curve.interval(point))
    st.markdown(
        f"Reading only the surest **{percent} %** ({formats.counted(int(curve.read[point]), 'face')}), it is "
        f"right on **{format_percent(curve.accuracy[point])}** of them (95% interval {low} to {high}). It "
        f"would abstain below a confidence of {format_percent(curve.threshold[point], digits=0)}."
    )
    show_figure(
        charts.plot_coverage(curve, point, height=300),
        key="coverage",
        alt="Accuracy against the share of faces that are read, the surest first, with its 95% interval. "
        "The slider above gives each point in words.",
    )


def show_rankings(labels: Labels, probabilities: Probabilities) -> None:
    """ROC and precision-recall curves, one emotion in front, and all areas in a table."""
    name = st.pills(
        "In front",
        EMOTION_LABELS,
        default=EMOTION_LABELS[Emotion.HAPPY],
        required=True,
        key="emotion",
        bind="query-params",
    )
    chosen = EMOTIONS[EMOTION_LABELS.index(name)]
    rankings = [rank(labels == emotion, probabilities[:, emotion]) for emotion in EMOTIONS]
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("ROC: found, and false alarms")
        show_figure(
            charts.plot_roc(rankings, chosen),
            key="roc",
            alt=f"ROC curve of each emotion against the rest, {name} in front; the table has the areas.",
        )
    with right:
        st.subheader("PR: found, and rightly called")
        show_figure(
            charts.plot_precision_recall(rankings, chosen),
            key="precision recall",
            alt=f"Precision-recall curve of each emotion, {name} in front; the table below has the areas.",
        )
    _show_areas(rankings)


def _show_areas(rankings: list[Ranking]) -> None:
    table = {
        "emotion": [formats.emotion_name(emotion) for emotion in EMOTIONS],
        "AUC": [_percent(each.area) for each in rankings],
        "95% interval": [_span(each.area_interval) for each in rankings],
        "average precision": [_percent(each.average_precision) for each in rankings],
        "guessing": [_percent(each.positives / max(1, each.count)) for each in rankings],
        "faces": [each.positives for each in rankings],
    }
    st.dataframe(table, hide_index=True, height="content", key="areas")
    st.caption(
        "AUC, the area under the left curve: the chance that a face which shows the emotion gets a higher "
        "probability of it than one which does not; guessing gives 50 %. Interval: Hanley and McNeil 1982. "
        "Average precision is the area under the right one; guessing gives the emotion's share of the faces."
    )


def _percent(share: float) -> str:
    return format_percent(share) if np.isfinite(share) else "–"


def _span(ends: tuple[float, float]) -> str:
    return f"{100 * ends[0]:.1f}–{100 * ends[1]:.1f}" if np.isfinite(ends).all() else "–"
