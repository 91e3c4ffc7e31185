"""How a photo and its faces are shown, the same on every page."""

import io

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from fer_core import charts
from fer_core.experiments.runs import Run
from fer_core.formats import format_percent
from fer_core.inference.recognizer import Prediction
from pages.parts import formats
from pages.parts.figures import show_figure
from pages.parts.reading import Reading, explain_face

Pixels = npt.NDArray[np.uint8]
BRIEF_PX = 200  # the height of a chart beside a small photo
SHOWN_PX = 288  # each of the network's 48 input pixels becomes a square of 6


def show_photo(reading: Reading, *, most_height: int | None = None) -> None:
    """The photo with its numbered boxes, upright.

    Args:
        reading: the photo.
        most_height: px; as wide as its place where there is none.
    """
    faces = "; ".join(
        f"face {number}: {prediction.emotion.label}, {format_percent(prediction.confidence, digits=0)}"
        for number, prediction in enumerate(reading.predictions, start=1)
    )
    st.image(
        reading.preview,
        f"The photo was rotated by {reading.rotation} degrees." if reading.rotation else None,
        width=_width(reading.preview, most_height) if most_height else "stretch",
        alt=f"{reading.name}: {faces or 'no face detected'}",
    )


def _width(preview: bytes, height: int) -> int:
    """How wide a picture is at this height; Streamlit gives it no more than its place has."""
    with Image.open(io.BytesIO(preview)) as image:
        return max(1, round(height * image.width / image.height))


def show_face_briefly(reading: Reading, number: int) -> None:
    """One face's prediction and its seven probabilities."""
    count = len(reading.predictions)
    st.markdown(_title(reading.predictions[number - 1], number))
    _show_probabilities(reading, number, height=BRIEF_PX)
    if count > 1:
        st.caption(f"Face {number} of {count}; the Photo page shows all of them.")


def show_predictions(reading: Reading) -> None:
    """One line per face: number, emotion, confidence."""
    st.markdown(
        "\n".join(
            f"- {_title(prediction, number)}" for number, prediction in enumerate(reading.predictions, 1)
        )
    )


def show_face(run: Run, reading: Reading, number: int) -> None:
    """One face in a box: its prediction, the network's input, the saliency map, seven probabilities.

    Args:
        run: the run that predicted it.
        reading: the photo.
        number: which of its faces, from 1.
    """
    prediction = reading.predictions[number - 1]
    with st.container(border=True):
        st.markdown(_title(prediction, number))
        _show_crop(run, reading, number)
        _show_probabilities(reading, number)


def _show_crop(run: Run, reading: Reading, number: int) -> None:
    prediction = reading.predictions[number - 1]
    with st.spinner("Computing the saliency map"):
        saliency = explain_face(run, prediction)
    show_pair(
        prediction.crop,
        saliency,
        caption="Network input (48 × 48) · saliency map",
        alt=f"Face {number}: input and saliency map for {prediction.emotion.label}",
    )


def show_pair(left: Pixels, right: Pixels, *, caption: str, alt: str) -> None:
    """Two crops in one picture, a gap between them: on a phone they stay side by side.

    Args:
        left: gray (H, W) or RGB (H, W, 3), uint8.
        right: likewise.
        caption: what stands below.
        alt: for those who do not see it.
    """
    pair = np.zeros((SHOWN_PX, 2 * SHOWN_PX + 16, 4), dtype=np.uint8)  # RGBA
    for pixels, start in ((left, 0), (right, SHOWN_PX + 16)):
        colours = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=2)
        pair[:, start : start + SHOWN_PX, :3] = _enlarge(colours)
        pair[:, start : start + SHOWN_PX, 3] = 255
    st.image(pair, caption=caption, width="stretch", alt=alt)


def _show_probabilities(reading: Reading, number: int, **layout: int) -> None:
    """The seven probabilities of a face as bars."""
    prediction = reading.predictions[number - 1]
    show_figure(
        charts.plot_probabilities(prediction.probabilities, **layout),
        key=f"bars {reading.name} {number}",
        alt=f"Probabilities of face {number}; the highest is {prediction.emotion.label}",
    )


def _title(prediction: Prediction, number: int) -> str:
    """``"Face 1 · ● happy · 93 %"`` in bold, as Markdown."""
    confidence = format_percent(prediction.confidence, digits=0)
    return f"**Face {number} · {formats.emotion_name(prediction.emotion)} · {confidence}**"


def show_crop(pixels: Pixels, *, caption: str, alt: str) -> None:
    """One crop, gray uint8 (H, W), as wide as its place."""
    st.image(_enlarge(pixels), caption=caption, width="stretch", output_format="PNG", alt=alt)


def _enlarge(pixels: Pixels) -> Pixels:
    """Each pixel as a square: nearest neighbour, where a browser would blur."""
    rows = np.arange(SHOWN_PX) * pixels.shape[0] // SHOWN_PX
    columns = np.arange(SHOWN_PX) * pixels.shape[1] // SHOWN_PX
    return pixels[rows][:, columns]
