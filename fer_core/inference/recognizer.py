"""From a picture to one prediction per face: ``Recognizer(run).predict(picture)``.

Needs neither TensorFlow nor Keras, and predicts from a cold start in a fraction of a second.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fer_core.emotions import EMOTION_COUNT, SIDE, Emotion
from fer_core.errors import DataError, RunError
from fer_core.networks.runtime import Crops, Floats, LiteRTModel
from fer_core.networks.saliency import Heat, activation_heat, occlusion_heat
from fer_core.paths import BASELINE, DEFAULT_RUN, TFLITE, find_run
from fer_core.vision.detection import Face, FaceFinder, crop_face, load_picture, whole_picture
from fer_core.vision.pictures import Picture, Source


class RunFolder(Protocol):
    """What a run is to a recognizer: a folder (see ``experiments.runs.Run``)."""

    @property
    def path(self) -> Path:
        """The run's folder."""
        ...


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network reads in one face.

    Attributes:
        probabilities: (7,) float32, one an emotion, in ``fer_core.Emotion``'s order; they sum to 1.
        face: where the face is.
        crop: (48, 48) uint8, what the network saw.

    Raises:
        DataError: if the probabilities or the crop are not that.
    """

    probabilities: npt.NDArray[np.float32]
    face: Face
    crop: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Refuse numbers that are no prediction."""
        values = self.probabilities
        wrong_shape = np.shape(values) != (EMOTION_COUNT,)
        if wrong_shape or np.min(values) < 0 or not np.isclose(np.sum(values), 1, atol=1e-3):
            received = np.ravel(values).tolist()
            raise DataError(
                f"Probabilities must be (7,) numbers in [0, 1] that sum to 1. Received: {received}."
            )
        if np.shape(self.crop) != (SIDE, SIDE) or self.crop.dtype != np.uint8:
            raise DataError(
                f"A crop must be ({SIDE}, {SIDE}) uint8. Received: {np.shape(self.crop)} {self.crop.dtype}."
            )

    @property
    def emotion(self) -> Emotion:
        """The most probable emotion."""
        return Emotion(int(np.argmax(self.probabilities)))

    @property
    def confidence(self) -> float:
        """Its probability, in [0, 1]."""
        return float(self.probabilities.max())


class Recognizer:
    """Finds the faces in a picture and reads their expression. It may be shared between threads.

    Args:
        run: a run, its name or folder (see ``fer_core.load_run``), or a ``.tflite`` file; by default the
            small network that an installed library carries.
        face_threshold: the least score of a face, in (0, 1].
        threads: how many threads compute a prediction; by default one a core, at most 4.

    Attributes:
        name: the run's name.
        detector: what finds the faces: "YuNet", or "Haar" where YuNet's weights are missing.

    Raises:
        RunError: if the run or its model is missing or broken, or the run is a baseline's.
        PictureError: if the threshold is outside (0, 1].

    Example:
        >>> for prediction in Recognizer("paper-cnn").predict("photo.jpg"):
        ...     print(prediction.emotion.label, f"{prediction.confidence:.0%}")
    """

    def __init__(
        self,
        run: RunFolder | str | Path = DEFAULT_RUN,
        *,
        face_threshold: float = 0.7,
        threads: int | None = None,
    ) -> None:
        self.name, path = _find_model(run)
        self.face_threshold = face_threshold
        self._model = LiteRTModel(path, threads=threads)
        self._finders = [FaceFinder(threshold=face_threshold)]
        self._finders_lock = threading.Lock()
        self.detector = self._finders[0].detector

    def predict(self, picture: Source) -> list[Prediction]:
        """One prediction a face, row by row from left to right; an empty list where there is no face.

        A picture of 48 x 48 px is one of FER2013's, or made like them, and is read as it is. So is any
        square picture up to 96 px in which no face is found. Their face's score is 0.

        Args:
            picture: what ``load_picture`` takes: a path, a file's bytes, RGB uint8 (H, W, 3), a PIL image.

        Raises:
            PictureError: if the picture cannot be read.
        """
        picture = load_picture(picture)
        faces = self.find_faces(picture)
        if not faces:
            return []
        crops = np.stack([crop_face(picture, face) for face in faces])
        probabilities = self.predict_crops(crops)
        return [Prediction(*parts) for parts in zip(probabilities, faces, crops, strict=True)]

    def find_faces(self, picture: Picture) -> list[Face]:
        """The faces that ``predict`` reads, in the same order.

        Raises:
            PictureError: if the picture is not RGB uint8 (H, W, 3).
        """
        with self._finder() as finder:
            faces = [] if picture.shape[:2] == (SIDE, SIDE) else finder.find(picture)
        if faces:
            return faces
        face = whole_picture(picture)
        return [] if face is None else [face]

    def predict_crops(self, crops: Crops) -> Floats:
        """The probabilities (N, 7) float32 of crops (N, 48, 48) uint8.

        Raises:
            DataError: if the crops are not (N, 48, 48) uint8.
        """
        return self._model.probabilities(crops)

    def explain(self, crop: npt.NDArray[np.uint8], *, emotion: Emotion | None = None) -> Heat:
        """The saliency map of an emotion in a crop: (48, 48) float32 in [0, 1], 1 the strongest.

        The class activation map where the network has one, else occlusion sensitivity.

        Args:
            crop: (48, 48) uint8.
            emotion: which one; by default the most probable.

        Raises:
            DataError: if the crop is not (48, 48) uint8.
        """
        crops = np.asarray(crop)[None]
        if emotion is None:
            emotion = Emotion(int(self.predict_crops(crops)[0].argmax()))
        if self._model.has_activation_map:
            return activation_heat(self._model.activation_map(crops)[0], emotion)
        return occlusion_heat(self.predict_crops, crop, emotion)

    @property
    def explains_by(self) -> str:
        """The saliency method of ``explain``: "class activation map" or "occlusion sensitivity"."""
        return "class activation map" if self._model.has_activation_map else "occlusion sensitivity"

    @contextmanager
    def _finder(self) -> Iterator[FaceFinder]:
        """A face detector that no other thread uses; there are as many as were ever needed at once."""
        with self._finders_lock:
            finder = self._finders.pop() if self._finders else None
        finder = finder or FaceFinder(threshold=self.face_threshold)
        try:
            yield finder
        finally:
            with self._finders_lock:
                self._finders.append(finder)


def _find_model(run: RunFolder | str | Path) -> tuple[str, Path]:
    """A run's name and the path of its LiteRT model."""
    if isinstance(run, (str, Path)) and Path(run).suffix == ".tflite":
        return Path(run).stem, Path(run)
    folder = find_run(run) if isinstance(run, (str, Path)) else run.path
    if (folder / BASELINE).is_file():
        raise RunError(
            f"The run {folder.name!r} is a baseline's: its predictions are stored, and nothing in it "
            "predicts. Name a network; to fit the baseline anew use: fer baseline NAME --data PATH"
        )
    return folder.name.removeprefix(".").removesuffix(".partial"), folder / TFLITE
