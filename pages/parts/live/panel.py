"""Beside and below the live video: predictions, the last 30 s, speed, and the buttons."""

import io

import numpy as np
import streamlit as st
from PIL import Image

from fer_core.charts.live import plot_timeline
from fer_core.formats import escape_markdown, format_percent
from fer_core.inference.live import HISTORY_SECONDS, STAGES, LiveFigures, LiveReader
from fer_core.inference.recognizer import Prediction
from pages.parts import formats
from pages.parts.figures import show_figure

CHOSEN, LAST = "live face", "live last face"
NEUTRAL_HELP = (
    "Look at the camera with a neutral expression and press: the next second is averaged, and predictions "
    "are corrected by it. The calibration is lost when the face leaves the picture for a second."
)


def show_buttons(reader: LiveReader, *, disabled: bool) -> None:
    """The buttons for the stream; a press reruns this part of the page alone."""
    figures = reader.figures()
    with st.container(horizontal=True):
        st.button(
            "Calibrate neutral",
            on_click=reader.calibrate_neutral,
            icon=":material/sentiment_neutral:",
            disabled=disabled,
            help=NEUTRAL_HELP,
        )
        st.button("Reset", on_click=reader.reset_neutral, icon=":material/undo:", disabled=disabled)
        if figures.recording:
            st.button("Stop recording", on_click=reader.stop_recording, icon=":material/stop_circle:")
        else:
            st.button(
                "Record",
                on_click=reader.start_recording,
                icon=":material/radio_button_checked:",
                disabled=disabled,
                help="Keeps one row per face and frame in memory: time, face, box, seven probabilities.",
            )
    with st.container(horizontal=True):
        st.download_button(
            "Snapshot",
            lambda: _png(reader),
            "live.png",
            "image/png",
            icon=":material/photo_camera:",
            on_click="ignore",
            disabled=reader.snapshot() is None and disabled,
        )
        st.download_button(
            "Recording as CSV",
            reader.recording_csv,
            "live.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
            disabled=not (figures.recorded or figures.recording),
        )


def _png(reader: LiveReader) -> bytes:
    file = io.BytesIO()
    picture = reader.snapshot()
    Image.fromarray(np.zeros((480, 640, 3), np.uint8) if picture is None else picture).save(file, "PNG")
    return file.getvalue()


def show_figures(reader: LiveReader, *, playing: bool) -> None:
    """One face's prediction and last 30 s, the speed, the other faces; redrawn every second.

    What comes and goes stands last, so that nothing else moves.
    """
    figures = reader.figures()
    faces = dict(figures.faces)
    number = _pick_face(list(faces))
    if number in faces:
        st.markdown(_title(number, faces[number], figures))
    elif playing:
        st.markdown("**No face in view**" if figures.fps else "**Waiting for the next frame**")
    else:
        st.markdown("**Predictions appear here**")
    seconds, probabilities = reader.history(number)
    if not playing:  # the clock goes on without a picture
        seconds, probabilities = seconds[:0], probabilities[:0]
    show_figure(
        plot_timeline(seconds, probabilities, span=HISTORY_SECONDS),
        key="timeline",
        alt=f"The seven probabilities of {f'face {number}' if number else 'a face'} over the last 30 seconds",
    )
    _show_speed(figures)
    _show_others(figures, number)
    _show_notices(figures)


def _title(number: int, prediction: Prediction, figures: LiveFigures) -> str:
    """``"Face 1 ● happy 93 %"`` as Markdown: who on the colour of the box, what on the emotion's."""
    confidence = format_percent(prediction.confidence, digits=0)
    corrected = " · corrected" if number in figures.corrected else ""
    who, what = formats.person_plate(number), formats.emotion_plate(prediction.emotion)
    return f"{who} {what} **{confidence}**{corrected}"


def _pick_face(numbers: list[int]) -> int:
    """The face in the chart: the selected face's, else the longest present's, the last seen's, or 0."""
    chosen = st.session_state.get(CHOSEN)
    if chosen not in numbers:
        st.session_state.pop(CHOSEN, None)
        chosen = numbers[0] if numbers else st.session_state.get(LAST, 0)
    st.session_state[LAST] = chosen
    return chosen


def _show_others(figures: LiveFigures, number: int) -> None:
    """The other faces in view, and the choice among all."""
    if len(figures.faces) < 2:
        return
    numbers = [each for each, _ in figures.faces]
    st.session_state.setdefault(CHOSEN, number)
    st.segmented_control(
        "Face in the chart", numbers, format_func=formats.person_plate, key=CHOSEN, required=True
    )
    for each, prediction in figures.faces:
        if each != number:
            st.markdown(_title(each, prediction, figures))


def _show_notices(figures: LiveFigures) -> None:
    """Calibration, recording and errors."""
    if figures.calibrating:
        st.caption(":material/hourglass_top: Calibrating neutral: hold still.")
    if figures.recording:
        rows = formats.counted(figures.recorded, "row")
        st.caption(f":red[:material/fiber_manual_record:] Recording: {rows}")
    if figures.errors:
        st.error(
            f"{formats.counted(figures.errors, 'frame')} could not be processed and were shown unprocessed. "
            f"Last error: {escape_markdown(figures.last_error)}",
            icon=":material/error:",
        )


def _show_speed(figures: LiveFigures) -> None:
    """Frames per second, and where the milliseconds of a frame go."""
    stages = ", ".join(f"{stage} {figures.milliseconds[stage]:.1f}" for stage in STAGES)
    total = sum(figures.milliseconds.values())
    with st.container(horizontal=True):
        st.metric("Frames per second", f"{figures.fps:.1f}" if figures.fps else "–")
        st.metric("Milliseconds per frame", f"{total:.0f}" if total else "–")
    st.caption(f"Milliseconds: {stages}. Frames: {figures.frames:,}." if total else "No frames yet.")
