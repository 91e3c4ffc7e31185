"""What the network gets right and wrong, on faces it never saw: everything from the run's stored files."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from fer_core import charts
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.formats import format_percent
from fer_core.metrics import reliability
from fer_core.runs import Run
from pages.parts import formats
from pages.parts.figures import show_figure
from pages.parts.frame import page
from pages.parts.readers import pick_run
from pages.parts.tiles import Tile, show_tiles

# What each control offers; these words also stand in the URL.
SPLITS = (PRIVATE_TEST, PUBLIC_TEST)
VIEWS = ("single", "flip")
CELLS = ("percent", "faces")


def main() -> None:
    """The page: a sentence and five numbers, then the matrix, then the details."""
    run = pick_run(baselines=True)
    with st.container(horizontal=True, gap="medium"):
        split = _choose("Faces of", SPLITS, key="split", help=SPLIT_HELP)
        view = _choose("View", VIEWS, key="view", help=VIEW_HELP)
        cells = _choose("The matrix shows", CELLS, key="cells")
    scores = run.metrics[split][view]
    st.markdown(_summary(scores["all"], split))
    _show_numbers(scores["all"], scores["twin_free"])
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_confusion(scores["all"], cells)
        _show_table(scores["all"])
    with right:
        _show_emotions(scores["all"])
        _show_reliability(run, split, view)


SPLIT_HELP = (
    "PrivateTest chose nothing: it was read once, after training. PublicTest chose the epoch that was kept "
    "and the calibration, so its numbers flatter."
)
VIEW_HELP = "Single: the face as it is. Flip: its probabilities averaged with those of its mirror image."


def _choose(label: str, options: Sequence[str], *, key: str, help: str | None = None) -> str:
    """One of a few options as buttons, the first at first; kept in the URL."""
    return st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        key=key,
        bind="query-params",
        help=help,
    )


def _summary(score: Mapping[str, Any], split: str) -> str:
    """One sentence: how many right, the best and the worst emotion, the most frequent mistake."""
    confusion, f1 = np.array(score["confusion"]), np.array(score["f1"])
    best, worst = int(f1.argmax()), int(f1.argmin())
    sentence = (
        f"Right on **{confusion.trace():,} of {score['count']:,}** {split} faces: best at "
        f"**{EMOTION_LABELS[best]}** (F1 {format_percent(f1[best], digits=0)}), worst at "
        f"**{EMOTION_LABELS[worst]}** ({format_percent(f1[worst], digits=0)})."
    )
    mistakes = confusion - np.diag(confusion.diagonal())
    truth, read = np.unravel_index(mistakes.argmax(), mistakes.shape)
    if not mistakes[truth, read]:
        return sentence
    return sentence + (
        f" Its most frequent mistake is to read **{EMOTION_LABELS[truth]}** as **{EMOTION_LABELS[read]}** "
        f"({formats.counted(int(mistakes[truth, read]), 'face')})."
    )


def _show_numbers(everything: Mapping[str, Any], twin_free: Mapping[str, Any]) -> None:
    show_tiles(
        Tile(
            "Accuracy",
            format_percent(everything["accuracy"]),
            "The share of faces read right, and its 95% interval (Wilson).",
            formats.interval(everything),
        ),
        Tile(
            "Without twins",
            format_percent(twin_free["accuracy"]),
            f"Accuracy on {twin_free['count']:,} of the {everything['count']:,} faces. The others have a "
            "pixel-identical twin in an earlier split: the run may have met them in training.",
            formats.interval(twin_free),
        ),
        Tile(
            "Macro-F1",
            format_percent(everything["macro_f1"]),
            "The mean of the seven F1 scores: rare disgust counts as much as frequent happy.",
        ),
        Tile(
            "Log loss",
            f"{everything['log_loss']:.3f}",
            "How much the truth surprises the run, on average. Lower is better; guessing gives 1.946.",
        ),
        Tile(
            "ECE",
            format_percent(everything["ece"]),
            "Expected calibration error: how far its confidence lies from how often it is right. 0 is best.",
        ),
    )


def _show_confusion(score: Mapping[str, Any], cells: str) -> None:
    st.subheader("What is taken for what")
    show_figure(
        charts.plot_confusion(score["confusion"], shares=cells == "percent"),
        key="confusion",
        alt="Confusion matrix: rows are the true emotion, columns what the run read. "
        "The table below gives each emotion's recall, which is the diagonal.",
    )


def _show_emotions(score: Mapping[str, Any]) -> None:
    st.subheader("Emotion by emotion")
    show_figure(
        charts.plot_per_emotion(score, height=520),
        key="emotions",
        alt="F1 of each emotion as a bar, precision and recall as marks; the table has the same numbers.",
    )


def _show_table(score: Mapping[str, Any]) -> None:
    st.subheader("The same in numbers")
    shares = ("precision", "recall", "f1")
    table = {"emotion": [formats.emotion_name(emotion) for emotion in EMOTIONS]}
    table |= {name: [100 * value for value in score[name]] for name in shares}
    table["faces"] = list(score["support"])
    columns = {name: st.column_config.NumberColumn(name, format="%.1f %%") for name in shares}
    columns["f1"] = st.column_config.ProgressColumn("F1", format="%.1f %%", min_value=0, max_value=100)
    columns["faces"] = st.column_config.NumberColumn("faces", format="localized")
    st.dataframe(table, hide_index=True, column_config=columns, height="content", key="table")
    st.caption(
        "Precision: of the faces read as this emotion, the share that truly show it. Recall: of the faces "
        "that truly show it, the share read so. F1: their harmonic mean."
    )


def _show_reliability(run: Run, split: str, view: str) -> None:
    st.subheader("Does it know when it is sure?")
    evaluation = run.evaluation(split)
    bins = reliability(evaluation.labels, evaluation.view(view))
    show_figure(
        charts.plot_reliability(bins.confidence, bins.accuracy, bins.counts, height=400),
        key="reliability",
        alt="Reliability diagram: how often the run is right against how sure it says it is.",
    )


with page("Evaluation"):
    main()
