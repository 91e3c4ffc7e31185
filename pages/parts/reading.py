"""Photos in, predictions out: the recognizer behind the pages, kept between visits.

Importing this module loads OpenCV and LiteRT (half a second), so pages without photos leave it alone.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from fer_core.experiments.runs import Run
from fer_core.inference.annotation import draw_predictions, overlay_heat
from fer_core.inference.face_table import FaceRow, photo_rows
from fer_core.inference.recognizer import Prediction, Recognizer
from fer_core.vision.detection import FACE_THRESHOLD, Face
from fer_core.vision.frames import kind_of
from fer_core.vision.headers import open_picture, read_picture
from fer_core.vision.pictures import Picture, decode, load_picture
from pages.parts.quota import check_pixels, count_picture
from pages.parts.readers import last_change

LEAST_THRESHOLD = 0.3  # faces are detected at this once, and filtered by whatever is chosen
PREVIEW_PX = 1600  # twice the width that a page gives a photo, for fine screens
KEPT_SECONDS = 600  # how long a photo's result stays in memory
SAMPLES = Path(__file__).with_name("samples")


@dataclass(frozen=True)
class Reading:
    """One photo and its predictions.

    Attributes:
        name: the file's name.
        content: the file's bytes, as they came.
        preview: a JPEG of the photo with its numbered boxes, small enough for a page.
        predictions: one per face, from left to right.
        explains_by: the saliency method.
        detector: the face detector, "YuNet" or "Haar".
        is_animation: whether this is the first frame of several.
    """

    name: str
    content: bytes
    preview: bytes
    predictions: list[Prediction]
    explains_by: str
    detector: str
    is_animation: bool = False

    @property
    def rotation(self) -> int:
        """By how many degrees the photo had to be rotated to stand upright, as it does in ``preview``."""
        return self.predictions[0].rotation if self.predictions else 0

    @property
    def rows(self) -> list[FaceRow]:
        """The photo's face table."""
        return photo_rows(self.name, self.predictions)

    def drawn_png(self) -> bytes:
        """The photo with its boxes in full size, as PNG; made when asked for, it may take a second."""
        return _encode(draw_predictions(load_picture(self.content), self.predictions), "PNG")


def load_recognizer(run: Run) -> Recognizer:
    """The run's recognizer, loaded once and kept."""
    return _recognizer(run.path, last_change(run.path))


@st.cache_resource(show_spinner=False, max_entries=8)
def _recognizer(run_path: Path, changed: float) -> Recognizer:
    return Recognizer(run_path)


def read_photo(run: Run, name: str, content: bytes, *, face_threshold: float = FACE_THRESHOLD) -> Reading:
    """Predict the emotion of every face in a photo.

    Raises:
        PictureError: if the bytes are not a picture; the message names the file.
        RateError: if this visit has had too many within a minute.
    """
    return _read_photo(run.path, last_change(run.path), name, content, face_threshold)


@st.cache_data(show_spinner=False, ttl=KEPT_SECONDS, max_entries=64)
def _read_photo(run_path: Path, changed: float, name: str, content: bytes, face_threshold: float) -> Reading:
    stream = io.BytesIO(content)
    stream.name = name  # type: ignore[attr-defined] # what an error message calls it
    picture = _decode(stream)
    recognizer = _recognizer(run_path, changed)
    faces = _detect(recognizer, picture, content, recognizer.detector)
    predictions = recognizer.predict(picture, face_threshold=face_threshold, faces=faces)
    preview = _encode(draw_predictions(picture, predictions), "JPEG", longest_px=PREVIEW_PX)
    is_animation = kind_of(content) == "video"
    return Reading(
        name, content, preview, predictions, recognizer.explains_by, recognizer.detector, is_animation
    )


def _decode(stream: io.BytesIO) -> Picture:
    """The photo's pixels, as ``load_picture`` returns them, within what this visit may ask for."""
    count_picture()
    name, data = read_picture(stream)
    image = open_picture(name, data)
    check_pixels(name, image.size)
    return decode(name, image, data)


@st.cache_data(show_spinner=False, ttl=KEPT_SECONDS, max_entries=64)
def _detect(_recognizer: Recognizer, _picture: Picture, content: bytes, detector: str) -> list[Face]:
    """A photo's faces: the same for every run and threshold."""
    return _recognizer.find_faces(_picture, face_threshold=LEAST_THRESHOLD)


def explain_face(run: Run, prediction: Prediction) -> npt.NDArray[np.uint8]:
    """The crop under its saliency map, RGB uint8 (H, W, 3)."""
    return _explain(run.path, last_change(run.path), prediction.crop)


@st.cache_data(show_spinner=False, ttl=KEPT_SECONDS, max_entries=256)
def _explain(run_path: Path, changed: float, crop: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return overlay_heat(crop, _recognizer(run_path, changed).explain(crop))


def _encode(picture: npt.NDArray[np.uint8], file_format: str, *, longest_px: int | None = None) -> bytes:
    """An RGB uint8 picture as a file's bytes, reduced where a side exceeds ``longest_px``."""
    image = Image.fromarray(picture)
    if longest_px is not None:
        image.thumbnail((longest_px, longest_px))
    file = io.BytesIO()
    image.save(file, file_format, quality=90)
    return file.getvalue()


def sample_photos() -> dict[str, Path]:
    """The photos that come with the app, by the name that is shown."""
    return {path.stem.replace("-", " ").title(): path for path in sorted(SAMPLES.glob("*.jpg"))}
