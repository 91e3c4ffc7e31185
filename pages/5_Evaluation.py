"""Evaluation of a run on PrivateTest or PublicTest, from its stored predictions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from fer_core import charts
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.evaluation.metrics import class_intervals
from fer_core.experiments.runs import Run
from fer_core.formats import format_macro_f1, format_percent
from pages.parts import formats
from pages.parts.choices import choose
from pages.parts.evaluation.calibration import show_confidence, show_curves
from pages.parts.evaluation.compare import show_comparison
from pages.parts.figures import show_figure
from pages.parts.frame import page
from pages.parts.metrics_row import Tile, show_tiles
from pages.parts.readers import pick_run

# What each control offers; these words also stand in the URL.
SPLITS = (PRIVATE_TEST, PUBLIC_TEST)
VIEWS = ("single", "flip")
CELLS = ("by row", "by column", "counts")
ALL, UNIQUE = "all images", "without duplicates"
IMAGES = (ALL, UNIQUE)
SUBSETS = {ALL: "all", UNIQUE: "twin_free"}
TABLE, CALIBRATION, CURVES, COMPARISON = "Table", "Calibration", "ROC and PR", "Compare runs"
PARTS = (TABLE, CALIBRATION, CURVES, COMPARISON)


def main() -> None:
    """The page: summary, confusion matrix, per-class metrics, then one further part."""
    run = pick_run(baselines=True)
    with st.container(horizontal=True, gap="medium"):
        split = choose("Split", SPLITS, key="split", help=SPLIT_HELP)
        images = choose("Duplicates", IMAGES, key="duplicates", help=DUPLICATES_HELP)
        view = choose("View", VIEWS, key="view", help=VIEW_HELP)
        cells = choose("Confusion matrix", CELLS, key="cells", help=CELLS_HELP)
    scores = run.metrics[split][view]
    score = scores[SUBSETS[images]]
    st.markdown(_summary(score, split, images))
    _show_numbers(score, scores, images)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_confusion(score, cells)
    with right:
        _show_emotions(score)
    _show_part(run, score, split, view, duplicates=images == ALL)


def _show_part(run: Run, score: Mapping[str, Any], split: str, view: str, *, duplicates: bool) -> None:
    """What is below the first screen, one part at a time."""
    part = choose("More", PARTS, key="more")
    if part == TABLE:
        _show_table(score)
        return
    if not score["count"]:
        st.info("Every image has a duplicate, so there is nothing left to show.")
        return
    if part == COMPARISON:
        show_comparison(run, split, view, duplicates=duplicates)
        return
    evaluation = run.evaluation(split)
    evaluation = evaluation if duplicates else evaluation.without_duplicates()
    if part == CALIBRATION:
        show_confidence(evaluation.labels, evaluation.view(view))
    else:
        show_curves(evaluation.labels, evaluation.view(view))


SPLIT_HELP = (
    "PrivateTest was used once, after training, and selected nothing. PublicTest was used for model "
    "selection (calibration, mostly the best epoch too), so its scores are optimistic."
)
DUPLICATES_HELP = (
    "A duplicate is a pixel-identical image in an earlier split, which the network may have seen in "
    "training. Everything below follows this choice."
)
VIEW_HELP = "Single: the image as it is. Flip: probabilities averaged with those of the mirrored image."
CELLS_HELP = "By row: the diagonal is recall. By column: the diagonal is precision."


def _summary(score: Mapping[str, Any], split: str, images: str) -> str:
    """Accuracy, the classes of the highest and the lowest F1, the most frequent confusion."""
    if not score["count"]:
        return "No images."
    confusion = np.array(score["confusion"])
    f1 = np.where(np.array(score["support"]) > 0, score["f1"], np.nan)
    best, worst = int(np.nanargmax(f1)), int(np.nanargmin(f1))
    sentence = (
        f"**{confusion.trace():,} of {score['count']:,}** {split} images"
        f"{' without duplicates' if images == UNIQUE else ''} are predicted correctly. Highest F1: "
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


def _show_numbers(score: Mapping[str, Any], scores: Mapping[str, Any], images: str) -> None:
    everything, twin_free = scores["all"], scores["twin_free"]
    other = ("All images", everything) if images == UNIQUE else ("Without duplicates", twin_free)
    show_tiles(
        Tile(
            "Accuracy",
            format_percent(score["accuracy"]),
            "The share of correct predictions, and its 95% CI (Wilson).",
            formats.interval(score),
        ),
        Tile(
            other[0],
            format_percent(other[1]["accuracy"]),
            f"Accuracy. {twin_free['count']:,} of the {everything['count']:,} images have no duplicate in an "
            "earlier split; the others may have been seen in training.",
            formats.interval(other[1]),
        ),
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


def _show_confusion(score: Mapping[str, Any], cells: str) -> None:
    st.subheader("Confusion matrix")
    show_figure(
        charts.plot_confusion(
            score["confusion"], shares=cells != "counts", by="column" if cells == "by column" else "row"
        ),
        key="confusion",
        alt="Confusion matrix: rows are true labels, columns predictions. The table below gives each "
        "class's recall and precision, which are the diagonals by row and by column.",
    )


def _show_emotions(score: Mapping[str, Any]) -> None:
    st.subheader("Per-class metrics")
    show_figure(
        charts.plot_per_emotion(score, class_intervals(score["confusion"])),
        key="emotions",
        alt="F1, precision and recall of each class as bars with 95% CIs; the table has the numbers.",
    )


def _show_table(score: Mapping[str, Any]) -> None:
    intervals = class_intervals(score["confusion"])
    table: dict[str, list[Any]] = {"emotion": [formats.emotion_name(emotion) for emotion in EMOTIONS]}
    columns = {}
    for name, title in {"precision": "precision", "recall": "recall", "f1": "F1"}.items():
        table[title] = [100 * value for value in score[name]]
        table[f"{title}, 95% CI"] = [f"{100 * low:.1f}–{100 * high:.1f}" for low, high in intervals[name]]
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


with page("Evaluation"):
    main()
