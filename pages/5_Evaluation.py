"""What the network gets right and wrong, on faces it never saw: everything from the run's stored files."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from fer_core import charts
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.formats import format_percent
from fer_core.metrics import class_intervals
from fer_core.runs import Run
from pages.parts import formats
from pages.parts.comparison import show_comparison
from pages.parts.confidence import show_confidence, show_rankings
from pages.parts.figures import show_figure
from pages.parts.frame import page
from pages.parts.readers import pick_run
from pages.parts.tiles import Tile, show_tiles

# What each control offers; these words also stand in the URL.
SPLITS = (PRIVATE_TEST, PUBLIC_TEST)
VIEWS = ("single", "flip")
CELLS = ("by row", "by column", "faces")
ALL, WITHOUT_TWINS = "all", "without twins"
FACES = (ALL, WITHOUT_TWINS)
SUBSETS = {ALL: "all", WITHOUT_TWINS: "twin_free"}
NUMBERS, SURE, ONE_EMOTION, OTHER_RUN = "In numbers", "How sure", "One emotion", "Another run"
PARTS = (NUMBERS, SURE, ONE_EMOTION, OTHER_RUN)


def main() -> None:
    """The page: a sentence and five numbers, the matrix and the emotions, then one further part."""
    run = pick_run(baselines=True)
    with st.container(horizontal=True, gap="medium"):
        split = _choose("Faces of", SPLITS, key="split", help=SPLIT_HELP)
        faces = _choose("Twins", FACES, key="twins", help=TWINS_HELP)
        view = _choose("View", VIEWS, key="view", help=VIEW_HELP)
        cells = _choose("The matrix shows", CELLS, key="cells")
    scores = run.metrics[split][view]
    score = scores[SUBSETS[faces]]
    st.markdown(_summary(score, split, faces))
    _show_numbers(score, scores, faces)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_confusion(score, cells)
    with right:
        _show_emotions(score)
    _show_part(run, score, split, view, twins=faces == ALL)


def _show_part(run: Run, score: Mapping[str, Any], split: str, view: str, *, twins: bool) -> None:
    """What is below the first screen, one part at a time."""
    part = _choose("More", PARTS, key="more")
    if part == NUMBERS:
        _show_table(score)
        return
    if not score["count"]:
        st.info("Every face has a twin, so there is nothing left to show.")
        return
    if part == OTHER_RUN:
        show_comparison(run, split, view, twins=twins)
        return
    evaluation = run.evaluation(split)
    evaluation = evaluation if twins else evaluation.without_twins()
    if part == SURE:
        show_confidence(evaluation.labels, evaluation.view(view))
    else:
        show_rankings(evaluation.labels, evaluation.view(view))


SPLIT_HELP = (
    "PrivateTest chose nothing: it was read once, after training. PublicTest chose what was to be chosen "
    "(the calibration, mostly the epoch that was kept), so its numbers flatter."
)
TWINS_HELP = (
    "A twin is a pixel-identical face in an earlier split: the network may have met it in training. What is "
    "below follows this choice."
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


def _summary(score: Mapping[str, Any], split: str, faces: str) -> str:
    """One sentence: how many right, the best and the worst emotion, the most frequent mistake."""
    confusion, f1 = np.array(score["confusion"]), np.array(score["f1"])
    best, worst = int(f1.argmax()), int(f1.argmin())
    sentence = (
        f"Right on **{confusion.trace():,} of {score['count']:,}** {split} faces"
        f"{' without a twin' if faces == WITHOUT_TWINS else ''}: best at "
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


def _show_numbers(score: Mapping[str, Any], scores: Mapping[str, Any], faces: str) -> None:
    everything, twin_free = scores["all"], scores["twin_free"]
    other = ("With twins", everything) if faces == WITHOUT_TWINS else ("Without twins", twin_free)
    show_tiles(
        Tile(
            "Accuracy",
            format_percent(score["accuracy"]),
            "The share of faces read right, and its 95% interval (Wilson).",
            formats.interval(score),
        ),
        Tile(
            other[0],
            format_percent(other[1]["accuracy"]),
            f"{twin_free['count']:,} of the {everything['count']:,} faces have no pixel-identical twin in an "
            "earlier split; the others the run may have met in training.",
            formats.interval(other[1]),
        ),
        Tile(
            "Macro-F1",
            format_percent(score["macro_f1"]),
            "The mean of the seven F1 scores: rare disgust counts as much as frequent happy.",
        ),
        Tile(
            "Log loss",
            f"{score['log_loss']:.3f}",
            "How much the truth surprises the run, on average. Lower is better; guessing gives 1.946.",
        ),
        Tile(
            "ECE",
            format_percent(score["ece"]),
            "Expected calibration error: how far its confidence lies from how often it is right. 0 is best.",
        ),
    )


def _show_confusion(score: Mapping[str, Any], cells: str) -> None:
    st.subheader("What is taken for what")
    show_figure(
        charts.plot_confusion(
            score["confusion"], shares=cells != "faces", by="column" if cells == "by column" else "row"
        ),
        key="confusion",
        alt="Confusion matrix: rows are the true emotion, columns what the run read. The table below "
        "gives each emotion's recall and precision, which are the diagonals by row and by column.",
    )


def _show_emotions(score: Mapping[str, Any]) -> None:
    st.subheader("Emotion by emotion")
    show_figure(
        charts.plot_per_emotion(score, class_intervals(score["confusion"])),
        key="emotions",
        alt="F1, precision and recall of each emotion as bars with 95% intervals; the table has the numbers.",
    )


def _show_table(score: Mapping[str, Any]) -> None:
    intervals = class_intervals(score["confusion"])
    table: dict[str, list[Any]] = {"emotion": [formats.emotion_name(emotion) for emotion in EMOTIONS]}
    columns = {}
    for name, title in {"precision": "precision", "recall": "recall", "f1": "F1"}.items():
        table[title] = [100 * value for value in score[name]]
        table[f"{title}, 95%"] = [f"{100 * low:.1f}–{100 * high:.1f}" for low, high in intervals[name]]
        columns[title] = st.column_config.NumberColumn(title, format="%.1f %%")
    table["faces"] = list(score["support"])
    columns["faces"] = st.column_config.NumberColumn("faces", format="localized")
    st.dataframe(table, hide_index=True, column_config=columns, height="content", key="table")
    st.caption(
        "Precision: of the faces read as this emotion, the share that truly show it. Recall: of the faces "
        "that truly show it, the share read so. F1: their harmonic mean. The intervals are Wilson's; F1's "
        "follows from that of the share of right answers among the faces that show it or are read as it."
    )


with page("Evaluation"):
    main()
