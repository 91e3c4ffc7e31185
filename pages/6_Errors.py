"""Error analysis: misclassified images, possible label errors, and the embedding of a split."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from fer_core.charts import plot_confusion
from fer_core.charts.error_analysis import plot_embedding
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS
from fer_core.evaluation.error_analysis import (
    PROJECTIONS,
    Filters,
    Points,
    Positions,
    SplitPredictions,
    label_margin,
    predictions_as_csv,
    select,
    sort,
)
from fer_core.evaluation.metrics import wilson_interval
from fer_core.experiments.embedding import project_run
from fer_core.experiments.runs import Run
from fer_core.formats import format_percent
from pages.parts.choices import choose, choose_percents
from pages.parts.errors.gallery import Faces, open_face, show_cards, show_open_face
from pages.parts.errors.sources import connect, gather, introduce, is_drawn, pick_source
from pages.parts.figures import background, show_figure
from pages.parts.formats import counted
from pages.parts.frame import page
from pages.parts.readers import last_change
from pages.parts.state import bound

# What each control offers; these words also stand in the URL.
SPLITS = (PRIVATE_TEST, PUBLIC_TEST)
MISCLASSIFIED, LABELS, MAP = "Misclassified", "Label errors", "Embedding"
VIEWS = (MISCLASSIFIED, LABELS, MAP)
ANY = "any"
EMOTION_OPTIONS = (ANY, *EMOTION_LABELS)
ORDER_OF = {
    "highest confidence first": "confidence",
    "highest loss first": "loss",
    "highest disagreement first": "disagreement",
}
PEOPLE: Mapping[str, bool | None] = {"all": None, "agree": True, "disagree": False}
DUPLICATES: Mapping[str, bool | None] = {"all": None, "duplicates": True, "no duplicates": False}
PEOPLE_WORDS = {
    "agree": "a label that most annotators chose",
    "disagree": "a label that most annotators did not choose",
}
DUPLICATE_WORDS = {
    "duplicates": "a duplicate in an earlier split",
    "no duplicates": "no duplicate in an earlier split",
}
CARDS = 16  # on one page of the gallery


def main() -> None:
    """The page: which split and which view; then the matrix and its faces, or the map."""
    with st.container(horizontal=True, gap="medium"):
        run = pick_source()
        split = choose("Split", SPLITS, key="split", on_change=_to_first_page)
        view = choose("View", VIEWS, key="show", on_change=_to_first_page)
    faces = gather(run, split, doubts=view == LABELS)
    introduce(faces)
    {MISCLASSIFIED: _show_misclassified, LABELS: _show_labels, MAP: _show_map}[view](faces)
    connect()
    show_open_face(faces)


def _show_misclassified(faces: Faces) -> None:
    wrong = int((faces.predictions.predicted != faces.predictions.labels).sum())
    count = len(faces.predictions)
    low, high = (format_percent(share) for share in wilson_interval(wrong, count))
    st.markdown(
        f"**{wrong:,} of {count:,}** {faces.predictions.evaluation.split} images are misclassified "
        f"({format_percent(wrong / max(1, count))}; 95% interval {low} to {high}). "
        "Pick a cell of the matrix to see its images, and an image to see its details."
    )
    _browse(faces)


def _show_labels(faces: Faces) -> None:
    st.markdown(_label_summary(faces))
    _browse(faces)
    st.caption(
        "Confident learning (Northcutt et al. 2021): a label may be wrong when the run, which was not "
        "trained on this image, gives another emotion at least the probability that it gives correctly "
        "labelled images on average. The method shares the run's errors: take it as a reason to look."
    )


def _label_summary(faces: Faces) -> str:
    """How many labels may be wrong, and whom the annotators support."""
    predictions, suspected = faces.predictions, faces.suspected
    chosen = suspected >= 0
    sentence = (
        f"**{chosen.sum():,} of {len(predictions):,}** labels may be wrong, according to confident learning."
    )
    if faces.shown is not None:
        wrong = faces.shown != predictions.labels
        return (
            f"{sentence} **{wrong.sum():,}** were set wrong on purpose; **{(wrong & chosen).sum():,}** "
            "of these were found."
        )
    if predictions.votes is None:
        return sentence + " Connect the FER+ annotations to compare."
    choice = predictions.first_choice
    decided = int((chosen & (choice >= 0)).sum())
    backing = int((chosen & (choice == suspected)).sum())
    keeping = int((chosen & (choice == predictions.labels)).sum())
    return (
        f"{sentence} Where FER+ has one emotion with most votes ({counted(decided, 'image')}), it supports "
        f"the suggested label **{backing:,}** times and the given label **{keeping:,}** times."
    )


def _browse(faces: Faces) -> None:
    """The confusion matrix beside the images that fit."""
    left, right = st.columns([5, 7], gap="large")
    with left:
        truth, said = _show_matrix(faces)
    with right:
        filters, by = _ask(truth, said, faces)
        found = select(faces.predictions, filters, faces.said)
        _show_found(faces, _in_order(faces, found, by))


def _show_matrix(faces: Faces) -> tuple[int | None, int | None]:
    """The matrix, and two boxes that do the same by keyboard; returns the (true, predicted) label picked."""
    second = "suggested label" if faces.said is faces.suspected else "predicted label"
    first, other = st.columns(2)
    with first:
        truth = _pick_emotion("True label", key="true")
    with other:
        said = _pick_emotion(second.capitalize(), key="predicted")
    counts = np.zeros((EMOTION_COUNT, EMOTION_COUNT), np.int64)
    known = faces.said >= 0
    np.add.at(counts, (faces.predictions.labels[known], faces.said[known]), 1)
    figure = plot_confusion(counts, predicted=second, picked=(truth, said), background=background())
    alt = f"Confusion matrix: rows are the true label, columns the {second}. The boxes above pick a cell too."
    show_figure(figure, key="matrix", alt=alt, on_pick=_pick_cell)
    return truth, said


def _pick_emotion(label: str, *, key: str) -> int | None:
    key = bound(key, ANY, options=EMOTION_OPTIONS)
    name = st.selectbox(label, EMOTION_OPTIONS, key=key, on_change=_to_first_page)
    return None if name == ANY else EMOTION_LABELS.index(name)


def _pick_cell(point: Mapping[str, Any]) -> None:
    st.session_state["true"], st.session_state["predicted"] = point["y"], point["x"]
    _to_first_page()


def _to_first_page() -> None:
    st.session_state["page"] = 1


def _ask(truth: int | None, said: int | None, faces: Faces) -> tuple[Filters, str]:
    """The order, and the filters behind a button."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        orders = tuple(ORDER_OF)
        order = st.selectbox(
            "Order", orders, key=bound("sort", orders[0], options=orders), on_change=_to_first_page
        )
        by = ORDER_OF[order]
        with st.popover("Filters", icon=":material/filter_list:"):
            low, high = choose_percents("Confidence, in percent", key="sure", on_change=_to_first_page)
            people = choose(
                "FER+ annotators and the label", tuple(PEOPLE), key="annotators", on_change=_to_first_page
            )
            duplicate = choose(
                "Duplicates across splits", tuple(DUPLICATES), key="duplicates", on_change=_to_first_page
            )
    if faces.predictions.votes is None and (by == "disagreement" or PEOPLE[people] is not None):
        why = "Drawn faces have no annotators" if is_drawn() else "FER+ is not connected"
        st.caption(f"{why}, so images cannot be sorted or filtered by annotators.")
        by, people = ("confidence" if by == "disagreement" else by), "all"
    active = [f"a confidence of {low}–{high} %"] if (low, high) != (0, 100) else []
    active += [words for words in (PEOPLE_WORDS.get(people), DUPLICATE_WORDS.get(duplicate)) if words]
    if active:
        st.caption(f"Only images with: {', '.join(active)}.")
    filters = Filters(truth, said, (low / 100, high / 100), PEOPLE[people], DUPLICATES[duplicate])
    return filters, by


def _doubts(faces: Faces, by: str) -> bool:
    """Whether the highest confidence is that the label is wrong, and not that of the prediction."""
    return faces.said is faces.suspected and by == "confidence"


def _in_order(faces: Faces, found: Positions, by: str) -> Positions:
    """The faces in the order asked for."""
    if _doubts(faces, by):
        clear = label_margin(faces.predictions.labels, faces.predictions.probabilities)[found]
        return found[np.argsort(-clear, kind="stable")]
    return sort(faces.predictions, found, by)


def _show_found(faces: Faces, found: Positions) -> None:
    """One page of the faces, the pages, and all of them as CSV."""
    if not len(found):
        st.info("No image matches these filters.", icon=":material/search_off:")
        return
    pages = -(-len(found) // CARDS)
    if st.session_state.get("page", 1) > pages:
        st.session_state["page"] = pages
    shown = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = bound("page", 1, between=(1, pages))
        number = st.number_input(f"Page, of {pages}", 1, pages, key=key, width=130)
        st.download_button(
            f"{counted(len(found), 'image')} as CSV",
            lambda: predictions_as_csv(faces.predictions, found, faces.suspected),
            f"{faces.run.name}-{faces.predictions.evaluation.split}.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
    with shown:
        show_cards(faces, found[(number - 1) * CARDS : number * CARDS])


def _show_map(faces: Faces) -> None:
    predictions = faces.predictions
    method = choose("Projection", PROJECTIONS, key="method", on_change=_to_first_page)
    if len(predictions) < 3:
        st.info("An embedding needs at least three images.", icon=":material/scatter_plot:")
        return
    with st.spinner(f"Projecting {len(predictions):,} images", show_time=True):
        points = _points(
            faces.run.path, last_change(faces.run.path), predictions.evaluation.split, method, predictions
        )
    show_figure(
        plot_embedding(points, predictions.labels, predictions.predicted, predictions.rows),
        key="map",
        alt="Every image as a mark of its true label; similar images lie near each other.",
        on_pick=_pick_point,
    )
    placed = (
        "the seven logits"
        if predictions.evaluation.features is None
        else "the features before the last layer"
    )
    st.caption(
        "Each mark is an image, in the colour and shape of its true label; misclassified images are bold. "
        f"{method} of {placed}: images that are similar to the network lie near each other. "
        "Click a mark, or enter its row below."
    )
    first, last = int(predictions.rows.min()), int(predictions.rows.max())
    row = st.number_input("Row", first, last, None, key="row", width=180, placeholder=f"{first} to {last}")
    if row is not None:
        st.button("Open", on_click=open_face, args=(int(row),), icon=":material/person_search:")


def _pick_point(point: Mapping[str, Any]) -> None:
    row = point["customdata"]
    open_face(int(row[0] if isinstance(row, list) else row))


@st.cache_data(show_spinner=False, max_entries=8)
def _points(run_path: Path, changed: float, split: str, method: str, _answers: SplitPredictions) -> Points:
    return project_run(Run(run_path), split, method)


with page("Errors"):
    main()
