"""The faces of photos as a table with their crops: a click picks one; and the same table as files."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st
from PIL import Image

from fer_core.emotions import EMOTION_LABELS
from fer_core.inference.face_table import FaceRow, to_csv, to_json, to_pandas
from pages.parts.formats import counted, emotion_name
from pages.parts.reading import Reading

ROW_PX, ROWS_SHOWN = 52, 5  # a crop in its own 48 px; further rows scroll
PHOTO, FACE, TURN = "shown", "shown face", "table turn"  # where the session keeps what is picked
Picked = tuple[int, int]  # a photo's index, and one of its faces' numbers


def show_table(readings: Sequence[Reading], faces: Sequence[Picked]) -> None:
    """One row per face; a click shows it.

    Args:
        readings: the photos.
        faces: which of their faces, one at least.
    """
    # The selection is a row's number, so another list of rows or a pick elsewhere is another table.
    key = f"faces {hash(tuple(faces))} {len(readings)} {st.session_state.get(TURN, 0)}"

    def pick() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows:
            st.session_state[PHOTO], st.session_state[FACE] = faces[rows[0]]

    columns = ["crop", "emotion", "confidence"]
    columns += ["path", "face", *EMOTION_LABELS] if len(readings) > 1 else ["face", *EMOTION_LABELS]
    share = st.column_config.NumberColumn(format="%.0f %%", width="small")
    st.dataframe(
        _frame(readings, faces),
        key=key,
        on_select=pick,
        selection_mode="single-row",
        hide_index=True,
        row_height=ROW_PX,
        height=38 + ROW_PX * min(len(faces), ROWS_SHOWN),
        column_order=columns,
        column_config={
            "crop": st.column_config.ImageColumn("face", width=52),
            "emotion": st.column_config.TextColumn(width=90),
            "path": st.column_config.TextColumn("photo", width="small"),
            "face": st.column_config.NumberColumn("no.", width=40, help="Its number in the photo"),
            "confidence": st.column_config.ProgressColumn(
                format="%.0f %%", min_value=0, max_value=100, width=110
            ),
            **dict.fromkeys(EMOTION_LABELS, share),
        },
        alt="One row per face: its crop, emotion, confidence, photo, number and probabilities",
    )


def pick_face(reading: Reading) -> int:
    """The face that is shown, of at least one; among several, a box picks it as a row of the table does."""
    count = len(reading.predictions)
    if not 1 <= st.session_state.get(FACE, 1) <= count:
        st.session_state[FACE] = 1
    if count == 1:
        return 1
    return st.selectbox(
        f"{counted(count, 'face')}; show",
        range(1, count + 1),
        format_func=lambda n: f"Face {n} · {emotion_name(reading.predictions[n - 1].emotion)}",
        key=FACE,
        on_change=forget_row,
    )


def forget_row() -> None:
    """A box has picked: no row of the table is selected any more."""
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


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


def _frame(readings: Sequence[Reading], faces: Sequence[Picked]) -> pd.DataFrame:
    """The face table as people read it: crops before it, percent, no pixels."""
    predictions = [readings[index].predictions[number - 1] for index, number in faces]
    rows = [readings[index].rows[number - 1] for index, number in faces]
    frame = to_pandas(rows)[["emotion", "confidence", "path", "face", *EMOTION_LABELS]]
    frame.insert(0, "crop", [data_uri(each.crop) for each in predictions])
    frame["emotion"] = [emotion_name(each.emotion) for each in predictions]
    frame[["confidence", *EMOTION_LABELS]] *= 100
    return frame


def data_uri(pixels: npt.NDArray[np.uint8]) -> str:
    """Pixels as a PNG in an address of its own, for a table's cell."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
