"""One run's metrics in words and numbers, and per class."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from fer_core import charts
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.evaluation.metrics import class_intervals
from fer_core.formats import format_macro_f1, format_percent
from pages.parts import formats
from pages.parts.evaluation.scope import Scope
from pages.parts.figures import show_figure
from pages.parts.metrics_row import Tile, show_tiles


def summarize(score: Mapping[str, Any], scope: Scope) -> str:
    """Accuracy, the classes of the highest and the lowest F1, the most frequent confusion."""
    if not score["count"]:
        return "No images."
    confusion = np.array(score["confusion"])
    f1 = np.where(np.array(score["support"]) > 0, score["f1"], np.nan)
    best, worst = int(np.nanargmax(f1)), int(np.nanargmin(f1))
    sentence = (
        f"**{confusion.trace():,} of {score['count']:,}** {scope.split} images"
        f"{' without duplicates' if scope.is_unique else ''} are predicted correctly. Highest F1: "
        f"**{EMOTION_LABELS[best]}** ({format_percent(f1[best], digits=0)}); lowest: "
        f"**{EMOTION_LABELS[worst]}** ({format_percent(f1[worst], digits=0)})."
    )
    errors = confusion - np.diag(confusion.diagonal())
    truth, predicted = np.unravel_index(errors.argmax(), errors.shape)
    if not errors[truth, predicted]:
        return sentence
    return sentence + (
        f" Most frequent confusion: **{EMOTION_LABELS[truth]}** predicted as **{EMOTION_LABELS[predicted]}** "
        f"({formats.counted(int(errors[truth, predicted]), 'image')})."
    )


def show_numbers(score: Mapping[str, Any], scores: Mapping[str, Any], scope: Scope) -> None:
    """The metrics row; ``scores`` are those of all images and of those without duplicates."""
    show_tiles(
        Tile(
            "Accuracy",
            format_percent(score["accuracy"]),
            "The share of correct predictions, and its 95% CI (Wilson).",
            formats.interval(score),
        ),
        *_other_images(scores, scope),
        Tile(
            "Macro-F1",
            format_macro_f1(score),
            "Mean F1 score of the classes in the data: rare disgust counts as much as frequent happy.",
        ),
        Tile(
            "Log loss",
            f"{score['log_loss']:.3f}",
            "Mean negative log-likelihood of the true label, in nats. Lower is better; chance is 1.946.",
        ),
        Tile(
            "ECE",
            format_percent(score["ece"]),
            "Expected calibration error: the mean difference of confidence and accuracy. 0 is best.",
        ),
    )


def _other_images(scores: Mapping[str, Any], scope: Scope) -> list[Tile]:
    """Accuracy on the images that were not asked for; nothing where nobody knows the duplicates."""
    if "twin_free" not in scores:
        return []
    everything, twin_free = scores["all"], scores["twin_free"]
    name, other = ("All images", everything) if scope.is_unique else ("Without duplicates", twin_free)
    help = (
        f"Accuracy. {twin_free['count']:,} of the {everything['count']:,} images have no duplicate in an "
        "earlier split; the others may have been seen in training."
    )
    return [Tile(name, format_percent(other["accuracy"]), help, formats.interval(other))]


def show_classes(score: Mapping[str, Any]) -> None:
    """Precision, recall and F1 of each class as bars."""
    st.subheader("Per-class metrics")
    show_figure(
        charts.plot_per_emotion(score, class_intervals(score["confusion"]), height=600),
        key="emotions",
        alt="F1, precision and recall of each class as bars with 95% CIs; the table has the numbers.",
    )


def show_table(score: Mapping[str, Any]) -> None:
    """The same as a table."""
    intervals = class_intervals(score["confusion"])
    table: dict[str, list[Any]] = {"emotion": [formats.emotion_name(emotion) for emotion in EMOTIONS]}
    columns = {}
    for name, title in {"precision": "precision", "recall": "recall", "f1": "F1"}.items():
        table[title] = [100 * value for value in score[name]]
        table[f"{title}, 95% CI"] = [
            f"{100 * low:.1f}–{100 * high:.1f}" if np.isfinite(low) else "–" for low, high in intervals[name]
        ]
        columns[title] = st.column_config.NumberColumn(title, format="%.1f %%")
    table["images"] = list(score["support"])
    columns["images"] = st.column_config.NumberColumn("images", format="localized")
    st.dataframe(table, hide_index=True, column_config=columns, height="content", key="table")
    st.caption(
        "Precision: the share of a class's predictions that are correct. Recall: the share of a class's "
        "images that are predicted correctly. F1: their harmonic mean. Confidence intervals are Wilson's; "
        "F1's follows from that of the share of correct predictions among the images of the class or "
        "predicted as it."
    )
