"""From a picture to one prediction per face: ``Recognizer(run).predict(picture)``.

Needs neither TensorFlow nor Keras, and predicts from a cold start in a fraction of a second.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from fer_core.emotions import SIDE, Emotion
from fer_core.errors import RunError
from fer_core.inference.face_table import Predictions
from fer_core.inference.prediction import Prediction
from fer_core.networks.runtime import Crops, Floats, LiteRTModel
from fer_core.networks.saliency import Saliency, activation_saliency, occlusion_saliency
from fer_core.paths import BASELINE, DEFAULT_RUN, TFLITE, find_run
from fer_core.vision.detection import (
    FACE_THRESHOLD,
    Face,
    FaceDetector,
    check_threshold,
    crop_face,
    filter_faces,
    load_picture,
    whole_picture,
)
from fer_core.vision.pictures import Picture, Source

Method = Literal["class activation map", "occlusion sensitivity"]
ACTIVATION: Method = "class activation map"
OCCLUSION: Method = "occlusion sensitivity"


class RunFolder(Protocol):
    """What a run is to a recognizer: a folder (see ``experiments.runs.Run``)."""

    @property
    def path(self) -> Path:
        """The run's folder."""
        ...


class Recognizer:
    """Detects the faces in a picture and predicts their expression. It may be shared between threads.

    Args:
        run: a run, its name or folder (see ``fer_core.load_run``), or a ``.tflite`` file; by default the
            small network that an installed library carries.
        face_threshold: the least score of a face, in (0, 1], where ``predict`` gets none.
        threads: how many threads compute a prediction; by default one a core, at most 4.

    Attributes:
        name: the run's name.
        path: its LiteRT model.
        detector: what detects the faces: "YuNet", or "Haar" where YuNet's weights are missing.

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
        face_threshold: float = FACE_THRESHOLD,
        threads: int | None = None,
    ) -> None:
        check_threshold(face_threshold)
        self.name, self.path = _find_model(run)
        self._settings = (_to_pickle(run), face_threshold, threads)
        self.face_threshold = face_threshold
        self._model = LiteRTModel(self.path, threads=threads)
        self._faces = FaceDetector()
        self.detector = self._faces.detector

    def predict(
        self,
        picture: Source,
        *,
        face_threshold: float | None = None,
        rotation: int | None = None,
        smallest_px: float | None = None,
        faces: Sequence[Face] | None = None,
    ) -> Predictions:
        """One prediction a face, row by row from left to right; an empty list where there is no face.

        A picture of 48 x 48 px is one of FER2013's, or made like them, and is taken as it is. So is any
        square picture up to 96 px in which no face is found. Their face's score is 0.

        A picture that lies on its side or stands on its head is rotated for the prediction: by how much is
        each prediction's ``rotation``, and the box is that in the picture as it was given.

        Args:
            picture: what ``load_picture`` takes: a path, a file's bytes, RGB uint8 (H, W, 3), a PIL image.
            face_threshold: the least score of a face, in (0, 1]; by default 0.7.
            rotation: 0, 90, 180 or 270 where it is known, as in a video after its first faces; found out by
                default, see ``FaceDetector.detect``.
            smallest_px: width in pixels of the smallest face to be found; by default 20.
            faces: those of this picture that ``detect_faces`` found at this threshold or a lower one, so that
                they are not searched again.

        Raises:
            PictureError: if the picture cannot be read, the threshold is outside (0, 1], or the rotation is
                none of the four.
        """
        picture = load_picture(picture)
        if faces is None:
            faces = self.detect_faces(
                picture, face_threshold=face_threshold, rotation=rotation, smallest_px=smallest_px
            )
        else:
            faces = self._choose(picture, faces, face_threshold)
        return self._predict_found([(faces, [crop_face(picture, face) for face in faces])])[0]

    def predict_batch(
        self, pictures: Iterable[Source], *, face_threshold: float | None = None
    ) -> list[Predictions]:
        """What ``predict`` gives for each of many pictures, all their crops predicted together.

        Args:
            pictures: what ``predict`` takes; only their crops are kept in memory.
            face_threshold: see ``predict``.

        Raises:
            PictureError: if one cannot be read.
        """
        found = []
        for source in pictures:
            picture = load_picture(source)
            faces = self.detect_faces(picture, face_threshold=face_threshold)
            found.append((faces, [crop_face(picture, face) for face in faces]))
        return self._predict_found(found)

    def _predict_found(self, found: Sequence[tuple[Sequence[Face], Sequence[Any]]]) -> list[Predictions]:
        """Faces and crops of each picture -> predictions, the crops of all pictures in one batch."""
        crops = [crop for _, some in found for crop in some]
        shares = iter(self.predict_crops(np.stack(crops)) if crops else ())
        return [
            Predictions(Prediction(next(shares), face, crop) for face, crop in zip(faces, some, strict=True))
            for faces, some in found
        ]

    def detect_faces(
        self,
        picture: Picture,
        *,
        face_threshold: float | None = None,
        rotation: int | None = None,
        smallest_px: float | None = None,
        known: Sequence[Face] = (),
    ) -> list[Face]:
        """The faces that ``predict`` takes, in the same order; the arguments are ``predict``'s.

        Args:
            picture: RGB uint8 (H, W, 3).
            face_threshold: see ``predict``.
            rotation: see ``predict``.
            smallest_px: see ``predict``.
            known: faces of this picture that ``follow_faces`` has found; they are part of the answer.

        Raises:
            PictureError: see ``predict``.
        """
        threshold = self.face_threshold if face_threshold is None else face_threshold
        if picture.shape[:2] == (SIDE, SIDE):
            return self._choose(picture, (), threshold)
        faces = self._faces.detect(
            picture, threshold=threshold, rotation=rotation, smallest_px=smallest_px, known=known
        )
        return self._choose(picture, faces, threshold)

    find_faces = detect_faces  # the name before 0.25, for one version

    def follow_faces(
        self, picture: Picture, faces: Sequence[Face], *, face_threshold: float | None = None
    ) -> list[Face]:
        """Those of the last frame's faces that are near where they were; see ``FaceDetector.follow``.

        Raises:
            PictureError: if the picture is not RGB uint8 (H, W, 3), or the threshold is outside (0, 1].
        """
        threshold = self.face_threshold if face_threshold is None else face_threshold
        return self._faces.follow(picture, faces, threshold=threshold)

    def _choose(self, picture: Picture, faces: Sequence[Face], threshold: float | None) -> list[Face]:
        """The faces of at least this score; where there is none, a small square picture as a whole."""
        chosen = filter_faces(faces, self.face_threshold if threshold is None else threshold)
        if chosen:
            return chosen
        whole = whole_picture(picture)
        return [] if whole is None else [whole]

    def predict_crops(self, crops: Crops) -> Floats:
        """The probabilities (N, 7) float32 of crops (N, 48, 48) uint8.

        Raises:
            DataError: if the crops are not (N, 48, 48) uint8.
        """
        return self._model.probabilities(crops)

    def explain(self, crop: npt.NDArray[np.uint8], *, emotion: Emotion | None = None) -> Saliency:
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
        return self.explain_all(crop)[emotion]

    def explain_all(self, crop: npt.NDArray[np.uint8], *, method: Method | None = None) -> Saliency:
        """The saliency maps of all emotions in a crop: (7, 48, 48) float32, each scaled to [0, 1].

        Args:
            crop: (48, 48) uint8.
            method: one of ``methods``; by default the first.

        Raises:
            DataError: if the crop is not (48, 48) uint8.
            RunError: if the network has no class activation map, and this was asked for.
        """
        if (method or self.explains_by) == OCCLUSION:
            return occlusion_saliency(self.predict_crops, crop)
        maps = self._model.activation_map(np.asarray(crop)[None])[0]
        return np.stack([activation_saliency(maps, emotion) for emotion in Emotion])

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its run's name, or path: the network is loaded where it is unpickled."""
        return _load_again, self._settings

    @property
    def methods(self) -> tuple[Method, ...]:
        """The saliency methods that this network allows, the one that ``explain`` uses first."""
        return (ACTIVATION, OCCLUSION) if self._model.has_activation_map else (OCCLUSION,)

    @property
    def explains_by(self) -> Method:
        """The saliency method of ``explain``: "class activation map" or "occlusion sensitivity"."""
        return self.methods[0]


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


def _to_pickle(run: RunFolder | str | Path) -> str | Path:
    return run if isinstance(run, (str, Path)) else run.path


def _load_again(run: str | Path, face_threshold: float, threads: int | None) -> Recognizer:
    return Recognizer(run, face_threshold=face_threshold, threads=threads)
