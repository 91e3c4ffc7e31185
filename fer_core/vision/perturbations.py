"""What becomes of a crop when its photo had been worse: rotated, blurred, darker, partly hidden.

Crops are gray uint8 (48, 48); nothing here changes its input. Of the kinds that Hendrycks and Dietterich list
("Benchmarking Neural Network Robustness to Common Corruptions and Perturbations", ICLR 2019) these are the
ones that a camera or a hand makes, each with one strength.
"""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.emotions import SIDE
from fer_core.errors import DataError

Crop = npt.NDArray[np.uint8]
Edge = Literal["bottom", "top", "left", "right"]

# The least and the greatest strength that say anything: beyond them no face is left in 48 px.
LIMITS: dict[str, tuple[float, float]] = {
    "rotation_degrees": (-90.0, 90.0),
    "blur_px": (0.0, 6.0),
    "brightness": (-1.0, 1.0),
    "occlusion": (0.0, 1.0),
}


@dataclass(frozen=True)
class Perturbation:
    """What to do to a crop, in this order; by default nothing.

    Attributes:
        rotation_degrees: clockwise, about the crop's centre; what comes in at the corners mirrors the edge.
        blur_px: the standard deviation of a Gaussian blur, in pixels of the crop.
        brightness: added to each pixel, as a share of white: -1 is black, 1 is white.
        occlusion: the share of the crop that is hidden behind its mean gray.
        edge: from where it is hidden.

    Raises:
        DataError: if a strength is outside its ``LIMITS``.
    """

    rotation_degrees: float = 0.0
    blur_px: float = 0.0
    brightness: float = 0.0
    occlusion: float = 0.0
    edge: Edge = "bottom"

    def __post_init__(self) -> None:
        """Refuse a strength that is none."""
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise DataError(
                    f"{name} must lie between {low:g} and {high:g}. Received: {getattr(self, name)}."
                )


def perturb(crop: Crop, perturbation: Perturbation) -> Crop:
    """The crop as the perturbation leaves it, (48, 48) uint8.

    Raises:
        DataError: if the crop is not (48, 48) uint8.
    """
    if np.shape(crop) != (SIDE, SIDE) or crop.dtype != np.uint8:
        raise DataError(f"A crop must be ({SIDE}, {SIDE}) uint8. Received: {np.shape(crop)} {crop.dtype}.")
    changed: npt.NDArray[Any] = np.array(crop)
    if perturbation.rotation_degrees:
        middle = (SIDE - 1) / 2
        matrix = cv2.getRotationMatrix2D((middle, middle), -perturbation.rotation_degrees, 1.0)
        changed = cv2.warpAffine(
            changed, matrix, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
        )
    if perturbation.blur_px:
        changed = cv2.GaussianBlur(changed, (0, 0), perturbation.blur_px)
    if perturbation.brightness:
        changed = np.clip(changed + 255 * perturbation.brightness, 0, 255).round().astype(np.uint8)
    if hidden := round(perturbation.occlusion * SIDE):
        changed[_hidden_part(perturbation.edge, hidden)] = round(float(crop.mean()))
    return np.asarray(changed, dtype=np.uint8)


def _hidden_part(edge: Edge, pixels: int) -> tuple[slice, slice]:
    every = slice(None)
    return {
        "bottom": (slice(SIDE - pixels, SIDE), every),
        "top": (slice(pixels), every),
        "left": (every, slice(pixels)),
        "right": (every, slice(SIDE - pixels, SIDE)),
    }[edge]
