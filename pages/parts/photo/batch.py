"""Several photos at once: how many faces show what, filters, the face table, one photo to show."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core import charts
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS
from fer_core.inference.face_table import FaceRow
from pages.parts.choices import choose_percents
from pages.parts.figures import show_figure
from pages.parts.formats import counted
from pages.parts.photo.table import FACE, PHOTO, Picked, forget_row, offer_table, show_table
from pages.parts.reading import Reading
from pages.parts.state import bound


def browse(readings: Sequence[Reading], failed: Sequence[FaceRow], *, filters: DeltaGenerator) -> Reading:
    """The summary, the table and the selection; returns the photo to show.

    A click on a row selects; so do the boxes below, which the keyboard reaches.

    Args:
        readings: the photos, two at least.
        failed: the rows of those that could not be read.
        filters: where the filters stand.
    """
    faces = [(index, row.number) for index, each in enumerate(readings) for row in each.rows if row.number]
    if faces:
        with filters:
            kept = _filter(readings, faces)
        everything = [row for each in readings for row in each.rows] + [*failed]
        rows = [readings[index].rows[number - 1] for index, number in kept]
        _show_count(readings, len(faces), len(kept), everything if kept == faces else rows)
        if kept:
            _show_summary(readings, kept)
    return _pick_photo(readings)


def _filter(readings: Sequence[Reading], faces: Sequence[Picked]) -> list[Picked]:
    """The faces with the selected emotions and confidence; without a selection all of them.

    The URL holds these filters, not the photos: whoever opens it uploads their own.
    """
    names = st.multiselect(
        "Emotions in the table",
        EMOTION_LABELS,
        key=bound("emotions", [], options=EMOTION_LABELS),
        placeholder="All emotions",
    )
    low, high = choose_percents("Confidence (%)", key="sure")
    predictions = [readings[index].predictions[number - 1] for index, number in faces]
    return [
        face
        for face, each in zip(faces, predictions, strict=True)
        if (not names or each.emotion.label in names) and low <= 100 * each.confidence <= high
    ]


def _show_count(readings: Sequence[Reading], found: int, kept: int, table: Sequence[FaceRow]) -> None:
    """How many faces match, and the table to save."""
    of_all = f"{kept:,} of " if kept < found else ""
    blank = sum(not each.predictions for each in readings)
    without = f" · {counted(blank, 'photo')} without a face" if blank else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{of_all}{counted(found, 'face')}** in {counted(len(readings), 'photo')}{without}",
            width="stretch",
        )
        offer_table(table)
    if not kept:
        st.info("No face matches these filters.", icon=":material/search_off:")


def _show_summary(readings: Sequence[Reading], kept: Sequence[Picked]) -> None:
    """How many faces show each emotion, beside the table of them."""
    emotions = [readings[index].predictions[number - 1].emotion for index, number in kept]
    counts = np.bincount(emotions, minlength=EMOTION_COUNT).tolist()
    left, right = st.columns([2, 3], gap="large")
    with left:
        show_figure(
            charts.plot_emotion_counts(counts, height=300),
            key="emotion counts",
            alt="Faces by predicted emotion: "
            + ", ".join(f"{label} {count}" for label, count in zip(EMOTION_LABELS, counts, strict=True)),
        )
    with right:
        show_table(readings, kept)


def _pick_photo(readings: Sequence[Reading]) -> Reading:
    """The photo in the box."""
    if st.session_state.get(PHOTO, 0) >= len(readings):  # its file was taken back
        st.session_state[PHOTO] = 0
    index = st.selectbox(
        f"{len(readings)} photos analysed; show",
        range(len(readings)),
        format_func=lambda i: f"{readings[i].name} ({counted(len(readings[i].predictions), 'face')})",
        key=PHOTO,
        on_change=_pick_first,
    )
    return readings[index]


def _pick_first() -> None:
    """Another photo was picked: its first face is shown."""
    forget_row()
    st.session_state[FACE] = 1
