"""Beside and below the live video: predictions, the last 30 s, speed, and the buttons."""

import io

import numpy as np
import streamlit as st
from PIL import Image

from fer_core.charts.live import plot_timeline
from fer_core.formats import escape_markdown
from fer_core.inference.live import HISTORY_SECONDS, STAGES, LiveFigures, LiveReader
from pages.parts import formats
from pages.parts.figures import show_figure
from pages.parts.live.bars import MOST_FACES, bars, largest

CHOSEN, LAST = "live face", "live last face"
NEUTRAL_HELP = (
    "Look at the camera with a neutral expression and press: the next second is averaged, and the chosen "
    "face's predictions are corrected by it; no other face's are. An emotion that the network gives 80 % or "
    "more is never changed, and a face that shows one is not calibrated. The calibration is lost when the "
    "face is out of the picture for five seconds."
)
RECORD_HELP = (
    "Records the annotated video (MP4, at most 10 minutes) and one row per face and frame (CSV: time, face, "
    "box, seven probabilities). Both are deleted when this page is closed or reloaded."
)


def show_buttons(reader: LiveReader, *, disabled: bool) -> None:
    """The buttons for the stream."""
    figures = reader.figures()
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Calibrate neutral",
            on_click=lambda: reader.calibrate_neutral(_chosen(reader.figures())),
            icon=":material/sentiment_neutral:",
            disabled=disabled,
            help=NEUTRAL_HELP,
        )
        st.button(
            "Reset",
            on_click=lambda: reader.reset_neutral(_chosen(reader.figures())),
            icon=":material/undo:",
            disabled=disabled,
            help="Shows the chosen face's predictions without correction again.",
        )
        if figures.recording:
            st.button("Stop recording", on_click=reader.stop_recording, icon=":material/stop_circle:")
        else:
            st.button(
                "Record",
                on_click=reader.start_recording,
                icon=":material/radio_button_checked:",
                disabled=disabled,
                help=RECORD_HELP,
            )
        st.download_button(
            "Snapshot",
            lambda: _png(reader),
            "live.png",
            "image/png",
            icon=":material/photo_camera:",
            on_click="ignore",
            disabled=reader.snapshot() is None and disabled,
        )


def offer_recording(reader: LiveReader) -> None:
    """The recording's film and table, once it has ended."""
    figures = reader.figures()
    is_empty = figures.recording or (figures.filmed is None and not figures.recorded)
    with st.popover("Recording", icon=":material/download:", disabled=is_empty):
        st.download_button(
            "Video (MP4)",
            reader.recording_mp4,
            "live.mp4",
            "video/mp4",
            icon=":material/movie:",
            on_click="ignore",
            disabled=figures.filmed is None,
        )
        st.download_button(
            "Table (CSV)",
            reader.recording_csv,
            "live.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
        )


def _png(reader: LiveReader) -> bytes:
    file = io.BytesIO()
    picture = reader.snapshot()
    Image.fromarray(np.zeros((480, 640, 3), np.uint8) if picture is None else picture).save(file, "PNG")
    return file.getvalue()


def show_figures(reader: LiveReader, *, playing: bool, chart: bool) -> None:
    """Every face's bars, one face's last 30 s, the speed; redrawn every second.

    Everything has a place of its own size, so nothing moves when faces come and go; errors stand last.

    Args:
        reader: whose figures are shown.
        playing: whether the video runs; what is left of one that has stopped is marked as past.
        chart: whether there is room for the last 30 s and the speed.
    """
    figures = reader.figures()
    is_past = bool(figures.frames) and not playing
    with st.container(horizontal=True, vertical_alignment="center", key="live-status"):
        st.markdown(_status(figures, playing=playing))
        _choose_face(figures, playing=playing)
    st.html(bars(figures, is_past=is_past))
    if chart:
        _show_history(reader, _chosen(figures), is_past=is_past)
        _show_speed(figures, playing=playing)
    _show_notices(figures)


def _status(figures: LiveFigures, *, playing: bool) -> str:
    """What is to be seen, in a line or two of Markdown."""
    if not playing:
        return "**Last 30 s, stopped**" if figures.frames else "**Predictions appear here**"
    if not figures.fps:
        return "**Waiting for the next frame**"
    return f":red[●] {figures.filmed or 0:.0f} s · {_seen(figures)}" if figures.recording else _seen(figures)


def _seen(figures: LiveFigures) -> str:
    """How many faces there are, or how a calibration goes."""
    for number in figures.calibrating:
        return f"**Calibrating face {number}: hold still**"
    for number, emotion in figures.refused.items():
        return f"**Face {number} looks {emotion.label}: not calibrated.** Try again with a neutral face."
    count = len(figures.faces)
    seen = f"{formats.counted(count, 'face')} in view" if count else "No face in view"
    if count > MOST_FACES:
        seen += f", the largest {MOST_FACES} shown"
    return f"**{seen}**"


def _choose_face(figures: LiveFigures, *, playing: bool) -> None:
    """The choice of the face in the chart, which is calibrated, too."""
    faces = [number for number, _ in largest(figures.faces)]
    numbers = faces if playing else sorted(figures.present[:MOST_FACES])
    chosen = st.session_state.get(CHOSEN)
    if chosen not in numbers:
        st.session_state.pop(CHOSEN, None)
        chosen = numbers[0] if numbers else st.session_state.get(LAST, 0)
    st.session_state[LAST] = chosen
    if len(numbers) > 1:
        st.session_state.setdefault(CHOSEN, chosen)
        st.segmented_control("Face", numbers, key=CHOSEN, required=True, label_visibility="collapsed")


def _chosen(figures: LiveFigures) -> int:
    """The selected face, else the longest present, the last seen, or 0."""
    last = st.session_state.get(LAST, 0)
    return last if last in figures.present or not figures.faces else figures.faces[0][0]


def _show_history(reader: LiveReader, number: int, *, is_past: bool) -> None:
    seconds, probabilities = reader.history(number)
    face = f"face {number}" if number else "a face"
    show_figure(
        plot_timeline(seconds, probabilities, span=HISTORY_SECONDS, is_past=is_past),
        key="timeline",
        alt=f"The seven probabilities of {face} over the last 30 seconds",
    )


def _show_speed(figures: LiveFigures, *, playing: bool) -> None:
    """Frames per second, and where the milliseconds of a frame go."""
    total = sum(figures.milliseconds.values())
    if not total:
        st.caption("No frames yet.")
        return
    stages = ", ".join(f"{stage} {figures.milliseconds[stage]:.1f}" for stage in STAGES)
    rate = f"{figures.fps:.1f} frames per second" if playing else "Stopped"
    st.caption(f"{rate} · {total:.0f} ms per frame ({stages}) · Frames: {figures.frames:,}.")


def _show_notices(figures: LiveFigures) -> None:
    """What went wrong."""
    if figures.film_error:
        st.error(
            f"The recording's video ended after {figures.filmed or 0:.0f} s; its table goes on. "
            f"Reason: {escape_markdown(figures.film_error)}.",
            icon=":material/videocam_off:",
        )
    if figures.errors:
        st.error(
            f"{formats.counted(figures.errors, 'frame')} could not be processed and were shown unprocessed. "
            f"Last error: {escape_markdown(figures.last_error)}",
            icon=":material/error:",
        )
