"""The frames of a film that were predicted, with their boxes, as an MP4 that browsers play (H.264)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

import cv2
import numpy as np

from fer_core.inference.annotation import draw_predictions
from fer_core.vision.alignment import Face, rotate_picture
from fer_core.vision.mp4 import Mp4Writer
from fer_core.vision.pictures import Picture

if TYPE_CHECKING:
    from fer_core.inference.prediction import Prediction

LONGEST_PX = 960  # of the MP4's frames: what a page shows of them
# Of x264: nothing waits for it, so it takes its time where a recording may not.
ENCODER = {"crf": "26", "preset": "veryfast"}


class AnnotatedVideo:
    """Writes frames as they come; ``close`` makes a whole file of what was written.

    Args:
        file: a binary stream that can seek; it stays open.

    Raises:
        MissingExtraError: if PyAV is not installed.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._film = Mp4Writer(file, encoder=ENCODER)
        self._is_closed = False

    def add(
        self,
        seconds: float,
        picture: Picture,
        predictions: "Sequence[Prediction]",
        *,
        numbers: Sequence[int],
        rotation: int = 0,
    ) -> None:
        """Draw the predictions into a frame and write it.

        Args:
            seconds: when it is shown, later than the last one.
            picture: RGB uint8 (H, W, 3).
            predictions: of its faces.
            numbers: of the tracked faces, one per prediction.
            rotation: by how many degrees the film has to be rotated to stand upright, for a frame without
                a face to say so.
        """
        small, scaled = _reduce(picture, predictions)
        drawn = draw_predictions(small, scaled, numbers=numbers)
        if rotation and not predictions:
            drawn = rotate_picture(drawn, rotation)
        self._film.write(np.ascontiguousarray(drawn), seconds)

    def close(self) -> None:
        """Write what is left to write; once."""
        if not self._is_closed:
            self._is_closed = True
            self._film.close()


def _reduce(picture: Picture, predictions: "Sequence[Prediction]") -> tuple[Picture, "Sequence[Prediction]"]:
    """Picture and faces at most ``LONGEST_PX`` large: drawing and encoding take their time a pixel."""
    scale = LONGEST_PX / max(picture.shape[:2])
    if scale >= 1:
        return picture, predictions
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return small, [replace(each, face=_scale(each.face, scale)) for each in predictions]


def _scale(face: Face, scale: float) -> Face:
    x, y, width, height = (scale * value for value in face.box)
    landmarks = None if face.landmarks is None else (scale * face.landmarks).astype(np.float32)
    return replace(face, box=(x, y, width, height), landmarks=landmarks)
