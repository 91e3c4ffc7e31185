"""Photos in, predictions out: the recognizer behind the pages, and what it found in a visitor's photos.

A photo is searched once, at the lowest threshold, and its crops are kept: another threshold filters them, and
another run predicts them, without a look at the photo. What was found is this session's and goes with it.

Importing this module loads OpenCV and LiteRT (half a second), so pages without photos leave it alone.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from fer_core.experiments.runs import Run
from fer_core.inference.annotation import draw_predictions, overlay_saliency
from fer_core.inference.face_table import FaceRow, photo_rows
from fer_core.inference.recognizer import Method, Prediction, Recognizer
from fer_core.networks.saliency import Saliency
from fer_core.vision.detection import FACE_THRESHOLD, Face, crop_face, filter_faces, whole_picture
from fer_core.vision.frames import kind_of
from fer_core.vision.headers import open_picture, read_picture
from fer_core.vision.pictures import Picture, decode, load_picture
from pages.parts.quota import check_pixels, count_picture
from pages.parts.readers import last_change

LEAST_THRESHOLD = 0.3  # faces are detected at this once, and filtered by whatever is chosen
PREVIEW_PX = 1600  # twice the width that a page gives a photo, for fine screens
MOST_KEPT = 1000  # photos, of which only crops are kept
KEPT_SECONDS = 600  # how long a saliency map stays in memory
SAMPLES = Path(__file__).with_name("samples")


@dataclass(frozen=True)
class Photo:
    """A photo's file.

    Attributes:
        name: the file's name.
        content: the file's bytes, as they came.
        key: what tells it from any other: a digest of its bytes.
    """

    name: str
    content: bytes
    key: str


def to_photo(name: str, content: bytes) -> Photo:
    """A photo's file, with its key."""
    return Photo(name, content, hashlib.blake2b(content, digest_size=16).hexdigest())


@dataclass(frozen=True)
class Found:
    """The faces of one photo at ``LEAST_THRESHOLD``.

    Attributes:
        faces: in the picture's reading order; the last one may be the whole picture.
        crops: (N, 48, 48) uint8, theirs.
        has_whole: whether the last one is the whole picture, to be taken where there is no other.
        is_animation: whether the picture is the first of several.
    """

    faces: list[Face]
    crops: npt.NDArray[np.uint8]
    has_whole: bool
    is_animation: bool

    def at(self, threshold: float) -> list[int]:
        """Which of the faces a threshold leaves."""
        proper = self.faces[:-1] if self.has_whole else self.faces
        kept = {id(face) for face in filter_faces(proper, threshold)}
        chosen = [index for index, face in enumerate(proper) if id(face) in kept]
        return chosen or list(range(len(proper), len(self.faces)))


@dataclass(frozen=True)
class Reading:
    """One photo and its predictions.

    Attributes:
        photo: the file.
        predictions: one per face, in reading order.
        explains_by: the saliency method.
        detector: the face detector, "YuNet" or "Haar".
        is_animation: whether this is the first frame of several.
        run: the folder of the run that predicted.
        threshold: the least score of a face.
    """

    photo: Photo
    predictions: list[Prediction]
    explains_by: str
    detector: str
    is_animation: bool
    run: Path
    threshold: float

    @property
    def name(self) -> str:
        """The file's name."""
        return self.photo.name

    @property
    def rotation(self) -> int:
        """By how many degrees the photo had to be rotated to stand upright, as it does in ``preview``."""
        return self.predictions[0].rotation if self.predictions else 0

    @property
    def rows(self) -> list[FaceRow]:
        """The photo's face table."""
        return photo_rows(self.name, self.predictions)

    @property
    def preview(self) -> bytes:
        """A JPEG of the photo with its numbered boxes, small enough for a page."""
        return _preview(self.photo.key, self.run, last_change(self.run), self.threshold, self)

    def drawn_png(self) -> bytes:
        """The photo with its boxes in full size, as PNG; made when asked for, it may take a second."""
        return _encode(draw_predictions(load_picture(self.photo.content), self.predictions), "PNG")


def load_recognizer(run: Run) -> Recognizer:
    """The run's recognizer, loaded once and kept."""
    return _recognizer(run.path, last_change(run.path))


@st.cache_resource(show_spinner=False, max_entries=8)
def _recognizer(run_path: Path, changed: float) -> Recognizer:
    return Recognizer(run_path)


def read_photo(run: Run, photo: Photo, *, face_threshold: float = FACE_THRESHOLD) -> Reading:
    """Predict the emotion of every face in a photo.

    Raises:
        PictureError: if the bytes are not a picture; the message names the file.
        RateError: if this visit has had too many within a minute.
    """
    changed = last_change(run.path)
    recognizer = _recognizer(run.path, changed)
    found = _find(photo.key, recognizer.detector, photo, recognizer)
    probabilities = _predict(run.path, changed, photo.key, recognizer.detector, found)
    predictions = [
        Prediction(probabilities[index], found.faces[index], found.crops[index])
        for index in found.at(face_threshold)
    ]
    how = recognizer.explains_by, recognizer.detector
    return Reading(photo, predictions, *how, found.is_animation, run.path, face_threshold)


@st.cache_resource(show_spinner=False, max_entries=MOST_KEPT, scope="session")
def _find(key: str, detector: str, _photo: Photo, _recognizer: Recognizer) -> Found:
    """A photo's faces and crops: the same for every run and threshold."""
    count_picture()
    picture = _load(key, _photo)
    faces = _recognizer.detect_faces(picture, face_threshold=LEAST_THRESHOLD)
    whole = whole_picture(picture)
    if whole is not None:
        faces = [*(face for face in faces if face.box != whole.box), whole]
    crops = [crop_face(picture, face) for face in faces]
    stacked = np.stack(crops) if crops else np.empty((0, 48, 48), np.uint8)
    return Found(faces, stacked, whole is not None, kind_of(_photo.content) == "video")


@st.cache_resource(show_spinner=False, max_entries=4 * MOST_KEPT, scope="session")
def _predict(
    run_path: Path, changed: float, key: str, detector: str, _found: Found
) -> npt.NDArray[np.float32]:
    return _recognizer(run_path, changed).predict_crops(_found.crops)


@st.cache_resource(show_spinner=False, max_entries=2, scope="session")
def _load(key: str, _photo: Photo) -> Picture:
    """The pixels of the photo that was read last, as ``load_picture`` returns them: they are drawn next."""
    stream = io.BytesIO(_photo.content)
    stream.name = _photo.name  # type: ignore[attr-defined] # what an error message calls it
    name, data = read_picture(stream)
    image = open_picture(name, data)
    check_pixels(name, image.size)
    return decode(name, image, data)


@st.cache_resource(show_spinner=False, max_entries=8, scope="session")
def _preview(key: str, run_path: Path, changed: float, threshold: float, _reading: Reading) -> bytes:
    drawn = draw_predictions(_load(key, _reading.photo), _reading.predictions)
    return _encode(drawn, "JPEG", longest_px=PREVIEW_PX)


def explain_face(run: Run, prediction: Prediction) -> npt.NDArray[np.uint8]:
    """The crop under the saliency map of its predicted emotion, RGB uint8 (H, W, 3)."""
    return overlay_saliency(prediction.crop, explain_all(run, prediction.crop)[prediction.emotion])


def explain_all(run: Run, crop: npt.NDArray[np.uint8], *, method: Method | None = None) -> Saliency:
    """The saliency maps of all emotions (7, 48, 48), see ``Recognizer.explain_all``."""
    return _explain(run.path, last_change(run.path), crop, method)


@st.cache_data(show_spinner=False, ttl=KEPT_SECONDS, max_entries=256)
def _explain(run_path: Path, changed: float, crop: npt.NDArray[np.uint8], method: Method | None) -> Saliency:
    return _recognizer(run_path, changed).explain_all(crop, method=method)


def _encode(picture: npt.NDArray[np.uint8], file_format: str, *, longest_px: int | None = None) -> bytes:
    """An RGB uint8 picture as a file's bytes, reduced where a side exceeds ``longest_px``."""
    image = Image.fromarray(picture)
    if longest_px is not None:
        image.thumbnail((longest_px, longest_px))
    file = io.BytesIO()
    image.save(file, file_format, quality=90)
    return file.getvalue()


@st.cache_resource(show_spinner=False)
def sample_photos() -> dict[str, Photo]:
    """The photos that come with the app, by the name that is shown."""
    return {
        path.stem.replace("-", " ").title(): to_photo(path.name, path.read_bytes())
        for path in sorted(SAMPLES.glob("*.jpg"))
    }
