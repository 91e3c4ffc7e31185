"""Several photos at once: the face table, filters, a download of the filtered rows, one photo to show."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from fer_core.emotions import EMOTION_LABELS
from fer_core.inference.face_table import FaceRow, to_csv, to_json, to_pandas
from pages.parts.choices import choose_percents
from pages.parts.formats import counted, emotion_name
from pages.parts.reading import Reading
from pages.parts.state import bound

ROW_PX, ROWS_SHOWN = 52, 5  # a crop in its own 48 px; further rows scroll
PHOTO, FACE, TURN = "shown", "shown face", "batch turn"  # where the session keeps what is picked
Face = tuple[int, FaceRow]  # a photo's index, and one of its faces


def browse(
    readings: Sequence[Reading], failed: Sequence[FaceRow], *, filters: DeltaGenerator
) -> tuple[Reading, int | None]:
    """The table and the selection; returns the photo to show, and its face if one is selected.

    A click on a row selects; so do the boxes below, which the keyboard reaches.

    Args:
        readings: the photos, two at least.
        failed: the rows of those that could not be read.
        filters: where the filters stand.
    """
    faces = [(index, row) for index, each in enumerate(readings) for row in each.rows if row.face]
    if faces:
        with filters:
            kept = _filter(faces)
        everything = [row for each in readings for row in each.rows] + [*failed]
        _show_count(readings, faces, kept, everything if kept == faces else [row for _, row in kept])
        if kept:
            _show_table(readings, kept)
    return _pick(readings)


def offer_table(rows: Sequence[FaceRow]) -> None:
    """Buttons that save the face table."""
    offers = (
        ("Table as CSV", to_csv, "faces.csv", "text/csv", ":material/table:"),
        ("as JSON", to_json, "faces.json", "application/json", ":material/data_object:"),
    )
    for label, write, name, mime, icon in offers:
        st.download_button(
            label,
            write(rows),
            name,
            mime,
            icon=icon,
            on_click="ignore",
            disabled=not rows,
            key=f"save {name}",
        )


def _filter(faces: Sequence[Face]) -> list[Face]:
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
    values = [row.values() for _, row in faces]
    return [
        face
        for face, each in zip(faces, values, strict=True)
        if (not names or each["emotion"] in names) and low <= 100 * each["confidence"] <= high
    ]


def _show_count(
    readings: Sequence[Reading], faces: Sequence[Face], kept: Sequence[Face], table: Sequence[FaceRow]
) -> None:
    """How many faces match, and the table to save."""
    of_all = f"{len(kept):,} of " if len(kept) < len(faces) else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{of_all}{counted(len(faces), 'face')}** in {counted(len(readings), 'photo')}",
            width="stretch",
        )
        offer_table(table)
    if not kept:
        st.info("No face matches these filters.", icon=":material/search_off:")


def _show_table(readings: Sequence[Reading], kept: Sequence[Face]) -> None:
    """One row per face; a click shows it below."""
    # The selection is a row's number, so another list of rows or a pick elsewhere is another table.
    places = [(index, row.number) for index, row in kept]
    key = f"batch {hash(tuple(places))} {len(readings)} {st.session_state.get(TURN, 0)}"

    def pick() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows:
            st.session_state[PHOTO], st.session_state[FACE] = places[rows[0]]

    share = st.column_config.NumberColumn(format="%.0f %%", width="small")
    st.dataframe(
        _frame(readings, kept),
        key=key,
        on_select=pick,
        selection_mode="single-row",
        hide_index=True,
        row_height=ROW_PX,
        height=38 + ROW_PX * min(len(kept), ROWS_SHOWN),
        column_config={
            "crop": st.column_config.ImageColumn("face", width="small"),
            "path": st.column_config.TextColumn("photo", width="medium"),
            "face": st.column_config.NumberColumn("no.", width=50, help="Its number in the photo"),
            "confidence": st.column_config.ProgressColumn(
                format="%.0f %%", min_value=0, max_value=100, width=110
            ),
            **dict.fromkeys(EMOTION_LABELS, share),
        },
        alt="One row per face: its crop, photo, number, emotion, confidence and probabilities",
    )


def _frame(readings: Sequence[Reading], kept: Sequence[Face]) -> pd.DataFrame:
    """The face table as people read it: crops before it, percent, no pixels."""
    predictions = [readings[index].predictions[(row.number or 1) - 1] for index, row in kept]
    frame = to_pandas(row for _, row in kept)[["emotion", "confidence", "path", "face", *EMOTION_LABELS]]
    frame.insert(0, "crop", [_data_uri(each.crop) for each in predictions])
    frame["emotion"] = [emotion_name(each.emotion) for each in predictions]
    frame[["confidence", *EMOTION_LABELS]] *= 100
    return frame


def _data_uri(crop: npt.NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(crop).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _pick(readings: Sequence[Reading]) -> tuple[Reading, int | None]:
    """The photo in the first box, and the face in the second where there are several."""
    if st.session_state.get(PHOTO, 0) >= len(readings):  # its file was taken back
        st.session_state[PHOTO] = 0
    left, right = st.columns(2)
    with left:
        index = st.selectbox(
            f"{len(readings)} photos analysed; show",
            range(len(readings)),
            format_func=lambda i: f"{readings[i].name} ({counted(len(readings[i].predictions), 'face')})",
            key=PHOTO,
            on_change=_forget_row,
            kwargs={"face": True},
        )
    reading = readings[index]
    count = len(reading.predictions)
    if count < 2:
        return reading, None
    if st.session_state.get(FACE, 0) > count:
        st.session_state[FACE] = 0
    with right:
        number = st.selectbox(
            "Face",
            range(count + 1),
            format_func=lambda n: _face_name(reading, n),
            key=FACE,
            on_change=_forget_row,
        )
    return reading, number or None


def _face_name(reading: Reading, number: int) -> str:
    if number == 0:
        return f"All {len(reading.predictions)} faces"
    return f"Face {number} · {emotion_name(reading.predictions[number - 1].emotion)}"


def _forget_row(*, face: bool = False) -> None:
    """The boxes have picked: no row of the table is selected any more, nor, of another photo, a face."""
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    if face:
        st.session_state[FACE] = 0
