"""What a network predicts of one face."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_core.emotions import EMOTION_COUNT, SIDE, Emotion
from fer_core.errors import DataError
from fer_core.vision.detection import Face


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
        if wrong_shape or np.min(values) < 0 or not abs(float(np.sum(values)) - 1) <= 1e-3:
            received = np.ravel(values).tolist()
            raise DataError(
                f"Probabilities must be (7,) numbers in [0, 1] that sum to 1. Received: {received}."
            )
        if np.shape(self.crop) != (SIDE, SIDE) or self.crop.dtype != np.uint8:
            raise DataError(
                f"A crop must be ({SIDE}, {SIDE}) uint8. Received: {np.shape(self.crop)} {self.crop.dtype}."
            )

    @property
    def rotation(self) -> int:
        """By how many degrees the picture had to be rotated to stand upright: 0, 90, 180 or 270."""
        return self.face.rotation

    @property
    def emotion(self) -> Emotion:
        """The most probable emotion."""
        return Emotion(int(np.argmax(self.probabilities)))

    @property
    def confidence(self) -> float:
        """Its probability, in [0, 1]."""
        return float(self.probabilities.max())
