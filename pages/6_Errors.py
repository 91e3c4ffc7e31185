"""Error analysis: misclassified images, possible label errors, and the embedding of a split; and what its
visitor says of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from fer_core.charts import plot_confusion
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS
from fer_core.evaluation.error_analysis import Positions, predictions_as_csv, select, sort
from pages.parts.choices import choose
from pages.parts.connect import connect_data, find_data
from pages.parts.errors.corrections import show_corrections
from pages.parts.errors.drawer import show_open_face
from pages.parts.errors.embedding import show_embedding
from pages.parts.errors.filters import Chosen, ask_filters
from pages.parts.errors.gallery import Faces, show_gallery, to_first_page
from pages.parts.errors.headers import describe_errors, describe_label_errors
from pages.parts.errors.sources import gather, introduce, pick_source, splits_of
from pages.parts.figures import background, show_figure
from pages.parts.frame import page
from pages.parts.state import bound

# What each control offers; these words also stand in the URL.
MISCLASSIFIED, LABELS, MAP = "Misclassified", "Label errors", "Embedding"
VIEWS = (MISCLASSIFIED, LABELS, MAP)
ANY = "any"
EMOTION_OPTIONS = (ANY, *EMOTION_LABELS)
CELL = "matrix cell"  # in the session: the cell that was clicked last


def main() -> None:
    """The page: which split and which view; then the matrix and its images, or the map."""
    data = find_data()
    with st.container(horizontal=True, gap="xsmall"):
        run = pick_source(data)
        split = choose("Split", splits_of(run, data), key="split", on_change=to_first_page)
        view = choose("View", VIEWS, key="show", on_change=to_first_page)
    faces = gather(run, split, data, doubts=view == LABELS)
    introduce(data)
    order = show_embedding(faces) if view == MAP else _browse(faces, labels=view == LABELS)
    if data is not None:
        connect_data(data)
    show_open_face(faces, order)


def _browse(faces: Faces, *, labels: bool) -> Positions:
    """The confusion matrix beside the images that fit; returns them, in their order."""
    header = st.container()
    left, right = st.columns([5, 7], gap="large")
    with left:
        truth, said = _show_matrix(faces)
    with right:
        chosen = ask_filters(faces, truth, said, labels=labels)
        found = select(faces.predictions, chosen.filters, faces.said)
        found = chosen.keep(found, faces)
        found = sort(faces.predictions, found, chosen.by, faces.said)
        _show_found(faces, found, chosen)
    with header:
        describe = describe_label_errors if labels else describe_errors
        st.markdown(describe(faces, chosen.filters, len(found)))
    if labels:
        st.caption(
            "Confident learning (Northcutt et al. 2021): a label may be wrong when the run gives another "
            "emotion at least the probability that it gives correctly labelled images on average. The method "
            "shares the run's errors: take it as a reason to look."
        )
    return found


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
    show_figure(figure, key="matrix", alt=alt, on_pick=_pick_cell, on_unpick=_click_again)
    return truth, said


def _pick_emotion(label: str, *, key: str) -> int | None:
    key = bound(key, ANY, options=EMOTION_OPTIONS)
    name = st.selectbox(label, EMOTION_OPTIONS, key=key, on_change=to_first_page)
    return None if name == ANY else EMOTION_LABELS.index(name)


def _pick_cell(point: Mapping[str, Any]) -> None:
    st.session_state[CELL] = cell = (point["y"], point["x"])
    _toggle(cell)


def _click_again() -> None:
    """The chart takes its selection back; the boxes may have picked another cell since."""
    if CELL in st.session_state:
        _toggle(st.session_state[CELL])


def _toggle(cell: tuple[str, str]) -> None:
    """Pick a cell, or no longer where it is the one that is picked."""
    picked = (st.session_state.get("true"), st.session_state.get("predicted"))
    st.session_state["true"], st.session_state["predicted"] = (ANY, ANY) if cell == picked else cell
    to_first_page()


def _show_found(faces: Faces, found: Positions, chosen: Chosen) -> None:
    """One page of the images, the pages, and all of them as CSV."""
    if not len(found):
        st.info("No image matches these filters.", icon=":material/search_off:")
        show_corrections(faces.data)
        return

    def offer() -> None:
        st.download_button(
            "Images as CSV",
            lambda: predictions_as_csv(faces.predictions, found, faces.suspected),
            f"{faces.run.name}-{faces.predictions.evaluation.split}.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
        show_corrections(faces.data)

    show_gallery(faces, found, by=chosen.by, beside=offer)


with page("Errors"):
    main()
