"""What was found in a video: a player with its boxes, all faces over time, one face in full, key frames."""

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from fer_core.charts.video import find_stretches, plot_all_faces, plot_video_timeline
from fer_core.emotions import EMOTIONS
from fer_core.formats import format_percent
from fer_core.inference.face_table import to_csv
from fer_core.inference.video import KeyFrame, VideoReader
from pages.parts.figures import show_figure
from pages.parts.formats import counted, emotion_name, emotion_plate, person_plate

MOST_ACROSS = 3
MOST_LANES = 12  # faces; the chart stays on one screen
FACE, AT = "video face", "video time"  # where the session keeps what is picked


def show_result(reader: VideoReader, film: bytes, *, name: str, rate: int) -> None:
    """The player beside the downloads, below it the faces.

    Args:
        reader: finished, with one face at least.
        film: its frames with their boxes, MP4.
        name: the video's.
        rate: sampled frames per second.
    """
    faces = reader.faces()
    if st.session_state.get(FACE) not in faces:
        st.session_state[FACE], st.session_state[AT] = next(iter(faces)), None
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_player(film)
    with right:
        number = _pick_face(faces)
        st.markdown(_summary(number, *reader.timeline(number)))
        _offer_downloads(reader, film, stem=Path(name).stem)
        st.caption(
            f"{counted(reader.frame_count, 'sampled frame')} of the first {reader.seconds:.1f} s were "
            "processed; the player shows these, without sound. Faces are tracked by position; nobody is "
            f"identified. {counted(len(reader.cuts), 'cut')}: after a cut, every face has a new number."
        )
    _show_all(reader, faces, rate)
    _show_face(reader, number)


def _show_player(film: bytes) -> None:
    at = st.session_state.get(AT)
    st.video(film, "video/mp4", start_time=int(at or 0), autoplay=at is not None, muted=True)


def _pick_face(faces: dict[int, int]) -> int:
    """The face that is shown in full: by default the one seen most."""
    if len(faces) == 1:
        return next(iter(faces))
    return st.selectbox(
        f"{len(faces)} faces tracked; show",
        list(faces),
        format_func=lambda number: f"Face {number} ({counted(faces[number], 'frame')})",
        key=FACE,
    )


def _offer_downloads(reader: VideoReader, film: bytes, *, stem: str) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Video with boxes",
            film,
            f"{stem}-annotated.mp4",
            "video/mp4",
            icon=":material/movie:",
            on_click="ignore",
        )
        st.download_button(
            "Table as CSV",
            lambda: to_csv(reader.rows),
            f"{stem}-faces.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
            help="One row per face and frame: time, box and landmarks in pixels, seven probabilities.",
        )


def _show_all(reader: VideoReader, faces: dict[int, int], rate: int) -> None:
    """Every face's most probable emotion over time; a click plays the video from there."""
    shown = sorted(list(faces)[:MOST_LANES])
    stretches = {number: find_stretches(*reader.timeline(number), step=1 / rate) for number in shown}
    st.subheader("All faces")
    show_figure(
        plot_all_faces(stretches, until=reader.seconds, cuts=reader.cuts, at=st.session_state.get(AT)),
        key="video faces",
        alt=f"The most probable emotion of {counted(len(shown), 'face')} over the video",
        on_pick=_pick_stretch,
    )
    rest = len(faces) - len(shown)
    st.caption(
        "Click a stretch to play the video from there. Dotted lines are cuts."
        + (f" The {MOST_LANES} faces seen most are shown; {rest} more are in the table." if rest else "")
    )


def _pick_stretch(point: dict[str, Any]) -> None:
    number, start = point["customdata"]
    st.session_state[FACE], st.session_state[AT] = int(number), float(start)


def _show_face(reader: VideoReader, number: int) -> None:
    """One face's seven probabilities, and its key frames."""
    seconds, probabilities = reader.timeline(number)
    key_frames = reader.key_frames(number)
    st.subheader(f"Face {number}")
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
        place.image(
            frame.jpeg,
            width="stretch",
            alt=f"Face {number} at {frame.seconds:.1f} s, {frame.emotion.label}",
        )
        place.button(
            f"{says} at {frame.seconds:.1f} s",
            key=f"play {number} {frame.emotion.label}",
            on_click=_play,
            args=(frame.seconds,),
            type="tertiary",
            icon=":material/play_arrow:",
            help="Play the video from here",
        )


def _play(seconds: float) -> None:
    st.session_state[AT] = seconds
