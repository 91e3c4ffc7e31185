"""How a photo and its faces are shown, the same on every page."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core import charts
from fer_core.experiments.runs import Run
from fer_core.formats import format_percent
from fer_core.inference.recognizer import Prediction
from pages.parts import formats
from pages.parts.figures import show_figure
from pages.parts.reading import Reading, explain_face

SHOWN_PX = 288  # each of the network's 48 input pixels becomes a square of 6


def show_photo(reading: Reading) -> None:
    """The photo with its numbered boxes, upright."""
    faces = "; ".join(
        f"face {number}: {prediction.emotion.label}, {format_percent(prediction.confidence, digits=0)}"
        for number, prediction in enumerate(reading.predictions, start=1)
    )
    st.image(
        reading.preview,
        f"The photo was rotated by {reading.rotation} degrees." if reading.rotation else None,
        width="stretch",
        alt=f"{reading.name}: {faces or 'no face detected'}",
    )


def show_predictions(reading: Reading) -> None:
    """One line per face: number, emotion, confidence."""
    st.markdown(
        "\n".join(
            f"- {_title(prediction, number)}" for number, prediction in enumerate(reading.predictions, 1)
        )
    )


def show_face(run: Run, reading: Reading, number: int, *, wide: bool = False) -> None:
    """One face in a box: its prediction, the network's input, the saliency map, seven probabilities.

    Args:
        run: the run that predicted it.
        reading: the photo.
        number: which of its faces, from 1.
        wide: pictures and bars beside each other, not one above the other.
    """
    prediction = reading.predictions[number - 1]
    with st.container(border=True):
        pictures, bars = st.columns(2, gap="large") if wide else (st.container(), st.container())
        with pictures:
            st.markdown(_title(prediction, number))
            _show_crop(run, reading, number)
        with bars:
            _show_probabilities(reading, number)


def _show_crop(run: Run, reading: Reading, number: int) -> None:
    prediction = reading.predictions[number - 1]
    with st.spinner("Computing the saliency map"):
        heat = explain_face(run, prediction)
    st.image(
        _side_by_side(prediction.crop, heat),
        caption="Network input (48 × 48) · saliency map",
        width="stretch",
        alt=f"Face {number}: input and saliency map for {prediction.emotion.label}",
    )


def _show_probabilities(reading: Reading, number: int) -> None:
    """The seven probabilities of a face as bars."""
    prediction = reading.predictions[number - 1]
    show_figure(
        charts.plot_probabilities(prediction.probabilities),
        key=f"bars {reading.name} {number}",
        alt=f"Probabilities of face {number}; the highest is {prediction.emotion.label}",
    )


def _title(prediction: Prediction, number: int) -> str:
    """``"Face 1 · ● happy · 93 %"`` in bold, as Markdown."""
    confidence = format_percent(prediction.confidence, digits=0)
    return f"**Face {number} · {formats.emotion_name(prediction.emotion)} · {confidence}**"


def _side_by_side(crop: npt.NDArray[np.uint8], heat: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Crop and saliency map in one RGBA image, a gap between them: on a phone they stay side by side."""
    left, right = _enlarge(np.stack([crop] * 3, axis=2)), _enlarge(heat)
    pair = np.zeros((SHOWN_PX, 2 * SHOWN_PX + 16, 4), dtype=np.uint8)
    for pixels, start in ((left, 0), (right, SHOWN_PX + 16)):
        pair[:, start : start + SHOWN_PX, :3] = pixels
        pair[:, start : start + SHOWN_PX, 3] = 255
    return pair


def _enlarge(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Each pixel as a square: nearest neighbour, where a browser would blur."""
    rows = np.arange(SHOWN_PX) * pixels.shape[0] // SHOWN_PX
    columns = np.arange(SHOWN_PX) * pixels.shape[1] // SHOWN_PX
    return pixels[rows][:, columns]
