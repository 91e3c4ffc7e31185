"""A video on the photo page: processing and cancelling it, a face's emotions over time, its key frames."""

import time
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer_core.charts.video import plot_video_timeline
from fer_core.emotions import EMOTIONS
from fer_core.errors import PictureError
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_percent, format_seconds
from fer_core.inference.face_table import to_csv
from fer_core.inference.video import KeyFrame, VideoReader
from fer_core.vision.frames import FRAMES_PER_SECOND, SUFFIXES
from pages.parts.choices import choose
from pages.parts.figures import show_figure
from pages.parts.formats import counted, emotion_name, emotion_plate, person_plate
from pages.parts.quota import await_picture
from pages.parts.reading import load_recognizer
from pages.parts.uploads import may_use

MOST_MB = 200
RATES = (1, 2, 5, 10)  # sampled frames per second; these numbers also stand in the URL
MOST_ACROSS = 3
STATE = "video reading"


@dataclass
class Reading:
    """A video that is being read, or was.

    Attributes:
        asked: file, run, threshold and rate: another video or setting is another reading.
        reader: what has been read.
        started: when, on ``time.monotonic``'s clock.
        error: the sentence that ended it, if any.
        is_cancelled: whether the user did.
    """

    asked: tuple[object, ...]
    reader: VideoReader
    started: float = field(default_factory=time.monotonic)
    error: str = ""
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Read no further; what was read stays."""
        self.is_cancelled = True
        self.reader.stop()


def pick_video() -> UploadedFile | None:
    """The uploaded video."""
    file = st.file_uploader(
        "Videos are processed in memory on the computer that runs this app. Nothing is stored or sent.",
        SUFFIXES,
        key="video",
        max_upload_size=MOST_MB,
    )
    return file if may_use(file, MOST_MB) else None


def choose_rate() -> int:
    """How many frames to sample per second."""
    return choose(
        "Sampled frames per second",
        RATES,
        key="rate",
        default=round(FRAMES_PER_SECOND),
        help="An expression lasts half a second or longer. Fewer frames take less time.",
    )


def show_video(run: Run, file: UploadedFile | None, rate: int, threshold: float) -> None:
    """Read the video, or go on with it, and show what was read."""
    if file is None:
        _stop_earlier()
        st.info(
            "Upload a video to see the seven probabilities of each face over time, key frames, and all "
            f"values as CSV. Up to {MOST_MB} MB.",
            icon=":material/movie:",
        )
        return
    reading = _reading_of(run, file, rate, threshold)
    if not reading.reader.is_finished:
        _read_on(reading, file.name)
    _say_how_it_ended(reading, file.name, threshold)
    if reading.reader.faces():
        _show_face(reading.reader, Path(file.name).stem)


def _reading_of(run: Run, file: UploadedFile, rate: int, threshold: float) -> Reading:
    """The reading that this session has begun of just this, or a new one."""
    asked = (file.file_id, run.path, threshold, rate)
    if STATE not in st.session_state or st.session_state[STATE].asked != asked:
        _stop_earlier()
        recognizer = load_recognizer(run)
        reader = VideoReader(
            recognizer, file, name=file.name, frames_per_second=rate, face_threshold=threshold
        )
        st.session_state[STATE] = Reading(asked, reader)
    return st.session_state[STATE]


def _stop_earlier() -> None:
    earlier = st.session_state.pop(STATE, None)
    if earlier is not None:
        earlier.cancel()


def _read_on(reading: Reading, name: str) -> None:
    """Read to the end, showing how far it is.

    Streamlit interrupts a script when something on the page is pressed, at its next call: here between two
    frames. The reader lives in the session, so the page's next run goes on where this one stopped, or shows
    what there is if the press was on Cancel.
    """
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, f"Opening {escape_markdown(name)}")
        st.button("Cancel", on_click=reading.cancel, icon=":material/stop_circle:")
    try:
        while reading.reader.read_next():
            bar.progress(reading.reader.share, _progress_words(reading, name))
            await_picture()
    except PictureError as error:
        reading.error = str(error)
    place.empty()


def _progress_words(reading: Reading, name: str) -> str:
    reader = reading.reader
    words = f"Processing {escape_markdown(name)}: {reader.seconds:.0f} s so far"
    if reader.share < 0.02:  # too early to tell
        return words
    left = (time.monotonic() - reading.started) * (1 - reader.share) / reader.share
    return f"{words}, about {format_seconds(left)} left"


def _say_how_it_ended(reading: Reading, name: str, threshold: float) -> None:
    """One sentence where it was stopped, failed, or found nobody."""
    reader, name = reading.reader, escape_markdown(name)
    if reading.error:
        st.error(escape_markdown(reading.error), icon=":material/broken_image:")
    if reader.remark:
        st.warning(escape_markdown(reader.remark), icon=":material/broken_image:")
    if reading.is_cancelled:
        st.info(
            f"Cancelled after {reader.seconds:.1f} s of {name}. The results up to there are shown.",
            icon=":material/stop_circle:",
        )
    if reader.frame_count and not reader.faces():
        st.info(
            f"No face was detected in {counted(reader.frame_count, 'sampled frame')} of {name}. Faces should "
            f"look towards the camera and be unobstructed. A lower face threshold (now {threshold:.2f}) "
            "finds more.",
            icon=":material/person_search:",
        )


def _show_face(reader: VideoReader, stem: str) -> None:
    """One face's timeline, its key frames, and the table of all faces."""
    faces = reader.faces()
    number = _pick_face(faces)
    seconds, probabilities = reader.timeline(number)
    key_frames = reader.key_frames(number)
    st.markdown(_summary(number, seconds, probabilities))
    show_figure(
        plot_video_timeline(
            seconds,
            probabilities,
            until=reader.seconds,
            key_frames=[(each.seconds, each.emotion, each.probability) for each in key_frames],
        ),
        key=f"video timeline {number}",
        alt=f"The seven probabilities of face {number} over the video; the key frames are below",
    )
    _show_key_frames(number, key_frames)
    st.download_button(
        "Table as CSV",
        lambda: to_csv(reader.rows),
        f"{stem}-faces.csv",
        "text/csv",
        icon=":material/table:",
        on_click="ignore",
        help="One row per face and frame: time, box and landmarks in pixels, seven probabilities.",
    )
    st.caption(
        f"{counted(reader.frame_count, 'sampled frame')} of the first {reader.seconds:.1f} s were processed. "
        "Faces are tracked by position; nobody is identified. After a cut, a number may belong to another "
        "person."
    )


def _pick_face(faces: dict[int, int]) -> int:
    """The face whose timeline is shown: by default the one seen most."""
    if len(faces) == 1:
        return next(iter(faces))
    return st.selectbox(
        f"{len(faces)} faces tracked; show",
        list(faces),
        format_func=lambda number: f"Face {number} ({counted(faces[number], 'frame')})",
        key="video face",
    )


def _summary(number: int, seconds: np.ndarray, probabilities: np.ndarray) -> str:
    """``"Face 1 most often ● happy: in 65 % of 62 frames, from ..."`` as Markdown."""
    firsts = np.bincount(probabilities.argmax(axis=1), minlength=len(EMOTIONS))
    most = EMOTIONS[int(firsts.argmax())]
    share = format_percent(firsts.max() / len(seconds), digits=0)
    return (
        f"{person_plate(number)} most often {emotion_plate(most)}: in {share} of "
        f"{counted(len(seconds), 'frame')}, from {seconds[0]:.1f} to {seconds[-1]:.1f} s"
    )


def _show_key_frames(number: int, key_frames: list[KeyFrame]) -> None:
    """For each emotion that was ever predicted, the frame with its highest probability."""
    if not key_frames:
        return
    st.markdown("**Key frames**: the highest probability of each predicted emotion")
    rows = [st.columns(MOST_ACROSS) for _ in key_frames[::MOST_ACROSS]]
    for frame, place in zip(key_frames, chain.from_iterable(rows), strict=False):
        says = f"{emotion_name(frame.emotion)} {format_percent(frame.probability, digits=0)}"
        alt = f"Face {number} at {frame.seconds:.1f} s, {frame.emotion.label}"
        place.image(frame.jpeg, f"{says} at {frame.seconds:.1f} s", width="stretch", alt=alt)
