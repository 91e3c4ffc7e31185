"""Several photos at once: a row a face in a table, filters, the numbers of what they leave, one to show."""

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
from fer_core.recognition import Prediction
from pages.parts.formats import counted, emotion_name
from pages.parts.reading import Found, Reading, all_faces, faces_as_csv, faces_as_json

ROW_PX, ROWS_SHOWN = 52, 5  # a crop in its own 48 px; further rows scroll
PHOTO, FACE, TURN = "shown", "shown face", "batch turn"  # where the session keeps what is picked
Place = tuple[int, int]  # a photo's index, and which of its faces, from 1


def browse(readings: Sequence[Reading], *, filters: DeltaGenerator) -> tuple[Reading, int | None]:
    """The table and what picks from it; returns the photo to show, and its face if one is picked.

    A click on a row picks; so do the boxes below, which the keyboard reaches.

    Args:
        readings: the photos, two at least.
        filters: where the filters stand.
    """
    places = [(index, number) for index, each in enumerate(readings) for _, number in all_faces([each])]
    if places:
        with filters:
            kept = _filter(readings, places)
        _show_count(readings, places, kept)
        if kept:
            _show_table(readings, kept)
    return _pick(readings)


def offer_numbers(faces: Sequence[Found]) -> None:
    """Buttons that save the numbers of these faces."""
    offers = (
        ("Numbers as CSV", faces_as_csv, "faces.csv", "text/csv", ":material/table:"),
        ("as JSON", faces_as_json, "faces.json", "application/json", ":material/data_object:"),
    )
    for label, write, name, mime, icon in offers:
        st.download_button(
            label,
            write(faces),
            name,
            mime,
            icon=icon,
            on_click="ignore",
            disabled=not faces,
            key=f"save {name}",
        )


def _filter(readings: Sequence[Reading], places: Sequence[Place]) -> list[Place]:
    """The faces with the emotions and the confidence asked for; nothing asked is all of them.

    The URL holds these filters, not the photos: who opens it hands in their own.
    """
    names = st.multiselect(
        "Emotions in the table",
        EMOTION_LABELS,
        key="emotions",
        bind="query-params",
        placeholder="all of them",
    )
    ends = st.slider(
        "How sure the network is, in percent", 0, 100, (0, 100), 5, key="sure", bind="query-params"
    )
    low, high = sorted(ends)  # a URL may hold them either way round
    return [
        place
        for place in places
        if (not names or _prediction(readings, place).emotion.label in names)
        and low <= 100 * _prediction(readings, place).confidence <= high
    ]


def _prediction(readings: Sequence[Reading], place: Place) -> Prediction:
    return readings[place[0]].predictions[place[1] - 1]


def _show_count(readings: Sequence[Reading], places: Sequence[Place], kept: Sequence[Place]) -> None:
    """How many faces are left, and their numbers to save."""
    of_all = f"{len(kept):,} of " if len(kept) < len(places) else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{of_all}{counted(len(places), 'face')}** in {counted(len(readings), 'photo')}",
            width="stretch",
        )
        offer_numbers([(readings[index], number) for index, number in kept])
    if not kept:
        st.info("No face fits: take a filter back.", icon=":material/search_off:")


def _show_table(readings: Sequence[Reading], kept: Sequence[Place]) -> None:
    """A row a face; a click shows it below."""
    # The selection is a row's number, so another list of rows or a pick elsewhere is another table.
    key = f"batch {hash(tuple(kept))} {len(readings)} {st.session_state.get(TURN, 0)}"

    def pick() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows:
            st.session_state[PHOTO], st.session_state[FACE] = kept[rows[0]]

    share = st.column_config.NumberColumn(format="%.0f %%", width="small")
    st.dataframe(
        pd.DataFrame([_row(readings, place) for place in kept]),
        key=key,
        on_select=pick,
        selection_mode="single-row",
        hide_index=True,
        row_height=ROW_PX,
        height=38 + ROW_PX * min(len(kept), ROWS_SHOWN),
        column_config={
            "crop": st.column_config.ImageColumn("face", width="small"),
            "photo": st.column_config.TextColumn(width="medium"),
            "number": st.column_config.NumberColumn("no.", width=50, help="Its number in the photo"),
            "confidence": st.column_config.ProgressColumn(
                format="%.0f %%", min_value=0, max_value=100, width=110
            ),
            **dict.fromkeys(EMOTION_LABELS, share),
        },
        alt="A row a face: what the network saw, its photo, number, emotion, confidence and probabilities",
    )


def _row(readings: Sequence[Reading], place: Place) -> dict[str, object]:
    prediction = _prediction(readings, place)
    return {
        "crop": _data_uri(prediction.crop),
        "emotion": emotion_name(prediction.emotion),
        "confidence": 100 * prediction.confidence,
        "photo": readings[place[0]].name,
        "number": place[1],
        **{label: 100 * float(prediction.probabilities[index]) for index, label in enumerate(EMOTION_LABELS)},
    }


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
            f"{len(readings)} photos were read; show",
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
        return f"all {len(reading.predictions)}"
    return f"Face {number} · {emotion_name(reading.predictions[number - 1].emotion)}"


def _forget_row(*, face: bool = False) -> None:
    """The boxes have picked: no row of the table is selected any more, nor, of another photo, a face."""
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    if face:
        st.session_state[FACE] = 0
