"""Images degraded by code, in five severities: faces that are turned, dark, small or partly hidden.

In the spirit of ImageNet-C (Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common
Corruptions and Perturbations", ICLR 2019, arXiv:1903.12261), for gray images of 48 x 48 pixels. Everywhere:
images are (N, 48, 48) uint8 and stay as they are; what comes back are new ones, the same at each call.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.emotions import SIDE
from fer_core.errors import DataError

Images = npt.NDArray[np.uint8]
Image = npt.NDArray[np.uint8]
SEVERITIES = (1, 2, 3, 4, 5)
MIDDLE = (SIDE - 1) / 2
EYES_ROW, MOUTH_ROW = 18.4, 36.0  # of ``alignment.TEMPLATE``, where FER2013's faces have them


@dataclass(frozen=True)
class Corruption:
    """One way to degrade an image.

    Attributes:
        levels: how strongly, for each of ``SEVERITIES``.
        unit: of the levels, as a format: "{:g}°".
        degrade: an image (48, 48) uint8, the level and a sign, 1 or -1, that is drawn for each image.
    """

    levels: tuple[float, float, float, float, float]
    unit: str
    degrade: Callable[[Image, float, int], npt.NDArray[np.number]]

    @property
    def range(self) -> str:
        """The levels in words: "10° to 45°"."""
        return f"{self.unit.format(self.levels[0])} to {self.unit.format(self.levels[-1])}"


def _rotate(image: Image, degrees: float, sign: int) -> npt.NDArray[np.number]:
    matrix = cv2.getRotationMatrix2D((MIDDLE, MIDDLE), sign * degrees, 1.0)
    return cv2.warpAffine(
        image, matrix, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )


def _compress(image: Image, quality: float, sign: int) -> npt.NDArray[np.number]:
    _, written = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return np.asarray(cv2.imdecode(written, cv2.IMREAD_GRAYSCALE))


def _shrink(image: Image, side: float, sign: int) -> npt.NDArray[np.number]:
    small = cv2.resize(image, (int(side), int(side)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def _multiply(image: Image, factor: float, sign: int) -> npt.NDArray[np.number]:
    return image * np.float64(factor)


def _blur(image: Image, sigma: float, sign: int) -> npt.NDArray[np.number]:
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


def _hide_eyes(image: Image, rows: float, sign: int) -> npt.NDArray[np.number]:
    return _hide(image, EYES_ROW, rows)


def _hide_mouth(image: Image, rows: float, sign: int) -> npt.NDArray[np.number]:
    return _hide(image, MOUTH_ROW, rows)


def _hide(image: Image, middle: float, rows: float) -> npt.NDArray[np.number]:
    """A band across the image in its mean gray, so that its brightness stays."""
    hidden, top = image.copy(), round(middle - rows / 2)
    hidden[top : top + int(rows)] = round(float(image.mean()))
    return hidden


CORRUPTIONS: dict[str, Corruption] = {
    "rotation": Corruption((10, 20, 30, 40, 45), "{:g}°", _rotate),
    "JPEG compression": Corruption((50, 40, 30, 20, 10), "quality {:g}", _compress),
    "low resolution": Corruption((24, 20, 16, 12, 8), "{:g} px", _shrink),
    "darkness": Corruption((0.86, 0.72, 0.58, 0.44, 0.3), "× {:g}", _multiply),
    "brightness": Corruption((1.14, 1.28, 1.42, 1.56, 1.7), "× {:g}", _multiply),
    "blur": Corruption((0.75, 1.25, 1.75, 2.25, 2.75), "{:g} px", _blur),
    "eyes hidden": Corruption((4, 7, 10, 13, 16), "{:g} rows", _hide_eyes),
    "mouth hidden": Corruption((4, 7, 10, 13, 16), "{:g} rows", _hide_mouth),
}


def corrupt(images: Images, name: str, severity: int, *, seed: int = 0) -> Images:
    """The images degraded.

    Args:
        images: (N, 48, 48) uint8.
        name: one of ``CORRUPTIONS``.
        severity: 1 to 5.
        seed: of what differs from image to image, which is whether it is rotated left or right.

    Returns:
        (N, 48, 48) uint8.

    Raises:
        DataError: if the images are not (N, 48, 48) uint8, or there is no such corruption or severity.
    """
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        raise DataError(f"Images must be (N, {SIDE}, {SIDE}) uint8. Received: {images.shape} {images.dtype}.")
    if name not in CORRUPTIONS or severity not in SEVERITIES:
        raise DataError(
            f"A corruption is one of {', '.join(CORRUPTIONS)}, with a severity from 1 to 5. "
            f"Received: {name!r}, {severity!r}."
        )
    corruption = CORRUPTIONS[name]
    level = corruption.levels[severity - 1]
    signs = np.random.default_rng(seed).choice([-1, 1], len(images)).tolist()
    found = np.empty_like(images)
    for index, (image, sign) in enumerate(zip(images, signs, strict=True)):
        found[index] = np.clip(np.rint(corruption.degrade(image, level, sign)), 0, 255)
    return found
