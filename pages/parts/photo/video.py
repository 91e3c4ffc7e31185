"""A video on the photo page: handing it in, processing and cancelling it."""

import io
import time
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer_core.errors import PictureError
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_seconds
from fer_core.inference.video import VideoReader
from fer_core.vision.frames import FRAMES_PER_SECOND, SUFFIXES
from pages.parts.choices import choose
from pages.parts.formats import counted
from pages.parts.photo.video_result import show_result
from pages.parts.photos import PRIVACY
from pages.parts.quota import await_picture
from pages.parts.reading import load_recognizer
from pages.parts.uploads import may_use, remember

MOST_MB = 200
RATES = (1, 2, 5, 10)  # sampled frames per second; these numbers also stand in the URL
STATE, FILE, TURN = "video reading", "video kept", "video turn"  # where the session keeps them


@dataclass
class Reading:
    """A video that is being read, or was.

    Attributes:
        asked: file, run, threshold and rate: another video or setting is another reading.
        reader: what has been read.
        annotated: the sampled frames with their boxes, an MP4 once the reader is finished.
        started: when, on ``time.monotonic``'s clock.
        error: the sentence that ended it, if any.
        is_cancelled: whether the user did.
    """

    asked: tuple[object, ...]
    reader: VideoReader
    annotated: io.BytesIO
    started: float = field(default_factory=time.monotonic)
    error: str = ""
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Read no further; what was read stays."""
        self.is_cancelled = not self.reader.is_finished
        self.reader.stop()


def pick_video() -> UploadedFile | None:
    """The uploaded video, also after another page was visited."""
    key = f"video {st.session_state.get(TURN, 0)}"
    is_new = key not in st.session_state
    file = st.file_uploader(
        "Drop a video here, or browse", SUFFIXES, key=key, max_upload_size=MOST_MB, help=PRIVACY
    )
    if file and not may_use(file, MOST_MB):
        return None
    kept = remember(FILE, file, is_new=is_new)
    if kept and not file:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{escape_markdown(kept.name)} from an earlier visit", width="content")
            st.button("Remove", on_click=_remove, type="tertiary", icon=":material/delete:")
    return kept


def _remove() -> None:
    st.session_state.pop(FILE, None)
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


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
            "Upload a video to see the expression of every face over time, key frames, the video with boxes, "
            f"and all values as CSV. Up to {MOST_MB} MB.",
            icon=":material/movie:",
        )
        return
    reading = _reading_of(run, file, rate, threshold)
    if not reading.reader.is_finished:
        _read_on(reading, file.name)
    _say_how_it_ended(reading, file.name, threshold)
    if reading.reader.faces():
        show_result(reading.reader, reading.annotated.getvalue(), name=file.name, rate=rate)


def _reading_of(run: Run, file: UploadedFile, rate: int, threshold: float) -> Reading:
    """The reading that this session has begun of just this, or a new one."""
    asked = (file.file_id, run.path, threshold, rate)
    if STATE not in st.session_state or st.session_state[STATE].asked != asked:
        _stop_earlier()
        annotated = io.BytesIO()  # of 5 frames a second, each at most 960 px: less than the upload
        reader = VideoReader(
            load_recognizer(run),
            file,
            name=file.name,
            frames_per_second=rate,
            face_threshold=threshold,
            annotated=annotated,
        )
        st.session_state[STATE] = Reading(asked, reader, annotated)
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
