"""Key frames, rows and errors of a batch."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from fer_core.emotions import EMOTION_LABELS, Emotion
from fer_core.errors import FerError, PictureError
from fer_core.formats import escape_markdown
from fer_core.inference.face_table import BOX, values_to_csv
from fer_core.inference.results import Filter
from fer_core.vision.detection import rotate_picture
from fer_core.vision.frames import sample_frames
from fer_core.vision.pictures import load_picture
from pages.parts.batch.reading import most_confident, open_results
from pages.parts.doors import check_path
from pages.parts.formats import counted, emotion_name

KEY_FRAMES = 12
SIDE, SHOWN_PX = 240, 122  # of a crop; two beside each other on a phone, six on a laptop
MARGIN = 0.35  # of the face's side, about it
# To show a frame, all frames before it are decoded.
LATEST_SECONDS = 120.0
MOST_SHOWN, MOST_SAVED = 1_000, 100_000  # rows
Row = Mapping[str, Any]


def show_key_frames(folder: Path, changed: float, wanted: Filter, settings: Row) -> None:
    """The faces with the highest confidence, cut out of their photos and videos where these are there."""
    st.subheader("Highest confidence")
    rows = most_confident(folder, changed, wanted, KEY_FRAMES)
    rate = float(settings.get("frames_per_second") or 5.0)
    with st.container(horizontal=True):
        for row in rows:
            with st.container(width=SHOWN_PX, gap="xxsmall"):
                _show_face(folder, row, rate)


def _show_face(folder: Path, row: Row, rate: float) -> None:
    emotion = emotion_name(next(each for each in Emotion if each.label == row["emotion"]))
    said = f"{emotion} {row['confidence']:.0%}"
    name = os.path.basename(row["path"])
    at = name if row["time"] is None else f"{name} at {row['time']:.1f} s"
    try:
        place = tuple(row[key] for key in ("path", "time", "rotation", *BOX))
        st.image(_crop(folder, rate, place), width="stretch", alt=f"{said}, in {at}")
    except FerError:
        with st.container(border=True):
            st.caption("no picture")
    st.caption(f"**{said}**  \n{escape_markdown(at)}")


@st.cache_data(show_spinner=False, max_entries=256)
def _crop(folder: Path, rate: float, place: tuple[Any, ...]) -> npt.NDArray[np.uint8]:
    """A square about a face, upright, RGB uint8.

    Args:
        folder: of the batch.
        rate: sampled frames a second of a video.
        place: path, time, rotation and box.

    Raises:
        FerError: if the photo or the frame cannot be read, or may not be.
    """
    path, time, rotation, x, y, width, height = place
    # A path may be meant from where fer batch was called, which mostly holds its result.
    found = next((each for each in (Path(path), folder.parent / path) if each.exists()), path)
    picture = Image.fromarray(_picture(check_path(str(found)), time, rate))
    middle, half = (x + width / 2, y + height / 2), (0.5 + MARGIN) * max(width, height)
    edges = [middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half]
    square = picture.crop(tuple(map(round, edges))).resize((SIDE, SIDE))
    return rotate_picture(np.asarray(square), rotation)


def _picture(path: Path, time: float | None, rate: float) -> npt.NDArray[np.uint8]:
    if time is None:
        return load_picture(path)
    if time <= LATEST_SECONDS:
        for frame in sample_frames(path, frames_per_second=rate):
            if frame.seconds >= time - 0.001:
                return frame.picture
    raise PictureError(f"{path} is not decoded so far.")


def show_rows(folder: Path, changed: float, wanted: Filter, count: int) -> None:
    """The first rows, and all of them to save."""
    results = open_results(folder, changed)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Rows", width="stretch")
        st.download_button(
            "CSV",
            lambda: values_to_csv(results.rows(wanted, MOST_SAVED).to_pylist()),
            "faces.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
    table = results.rows(wanted, MOST_SHOWN).to_pandas()
    first = ["path", "time", "face", "emotion", "confidence", *EMOTION_LABELS]
    rest = [name for name in table.columns if name not in (*first, "error")]
    st.dataframe(table[first + rest], hide_index=True, height=320, alt="One row per face")
    if count > MOST_SHOWN:
        saved = f"the first {MOST_SAVED:,}; for all, query the folder with DuckDB or pandas"
        st.caption(
            f"The first {MOST_SHOWN:,} of {counted(count, 'face')}. The CSV holds "
            f"{saved if count > MOST_SAVED else 'all'}."
        )


def show_errors(folder: Path, changed: float, count: int) -> None:
    """What could not be read, and why."""
    st.subheader("Errors")
    table = open_results(folder, changed).errors(MOST_SHOWN).select(["path", "error"]).to_pandas()
    st.dataframe(
        table, hide_index=True, height="content" if count < 8 else 320, alt="Why a file has no result"
    )
    if count > MOST_SHOWN:
        st.caption(f"The first {MOST_SHOWN:,} of {count:,}.")
