"""Alignment and cropping: one face of a picture, and its 48 x 48 crop, as FER2013's images are cropped.

Coordinates are pixels of the picture, x to the right and y down, counted from its upper left corner, so
the first pixel's centre lies at (0.5, 0.5). Angles are degrees, clockwise.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.emotions import SIDE
from fer_core.errors import PictureError
from fer_core.vision.pictures import Picture, check_picture

Box = tuple[float, float, float, float]
Affine = npt.NDArray[np.float64]

# Where YuNet sees the five points in FER2013's own images, in 48 x 48 pixels: medians over 1,959 of 2,000
# (1,000 Training images, seed 0, and their mirror images, enlarged to 192 px, aligned and seen again as in
# vision.yunet). A quarter of all images lie 1.5 to 2 px to either side. The points are not symmetric
# because YuNet's are not: a mirrored face is seen as far to the left as its original. With this template
# FER2013's own images come back as they are: scale 1.00 (half within 0.91 to 1.10), roll 0.0, shift 0.1 px.
TEMPLATE = np.array([(15.0, 18.2), (32.4, 18.6), (22.9, 28.6), (16.4, 35.8), (30.4, 36.1)])
_MIDDLE = (TEMPLATE @ (1, 1j)).mean()
_CENTRED = TEMPLATE @ (1, 1j) - _MIDDLE
_SQUARES = np.vdot(_CENTRED, _CENTRED)

SMALLEST_FACE_PX = 16  # A third of 48: below that there is next to no expression left to read.
SMALL_PICTURE_PX = 96  # A square picture up to this size may be a crop of one face; see whole_picture.
ROTATIONS = (0, 90, 180, 270)
# A face that is tilted by more lies: at 50 degrees a person may still hold the head so.
LYING_DEGREES = 60.0


@dataclass(frozen=True, eq=False)
class Face:
    """One face in a picture.

    Attributes:
        box: (x, y, width, height) in pixels of the picture, inside it.
        landmarks: (5, 2) float32, x and y of the eye on the left of the upright face, the eye on its right,
            the tip of the nose and the corners of the mouth (left, right); None where the detector gives
            none.
        score: the detector's confidence in [0, 1]; 0 where there is none (the Haar fallback, or a whole
            picture taken for a face).
        rotation: by how many degrees the whole picture has to be rotated to stand upright: 0, 90, 180 or
            270. Box and landmarks are those of the picture as it was given.

    Raises:
        PictureError: if the box is empty or not finite, the landmarks are not (5, 2), the score is outside
            [0, 1], or the rotation is none of the four.
    """

    box: Box
    landmarks: npt.NDArray[np.float32] | None
    score: float
    rotation: int = 0

    def __post_init__(self) -> None:
        """Refuse what no crop can be made from."""
        if len(self.box) != 4 or not all(map(math.isfinite, self.box)) or min(self.box[2:]) <= 0:
            raise PictureError(
                f"A face's box must be x, y, width, height with a width and height above 0. "
                f"Received: {self.box}."
            )
        points = self.landmarks
        if points is not None and (np.shape(points) != TEMPLATE.shape or not np.isfinite(points).all()):
            raise PictureError(
                f"A face's landmarks must be (5, 2) finite numbers: eyes, nose, corners of the mouth. "
                f"Received: {np.shape(points)} {np.ravel(points)[:4]}."
            )
        if not 0 <= self.score <= 1:
            raise PictureError(f"A face's score must lie in [0, 1]. Received: {self.score}.")
        check_rotation(self.rotation)


def check_rotation(rotation: int) -> None:
    """Refuse anything but a quarter turn.

    Raises:
        PictureError: naming what was received.
    """
    if rotation not in ROTATIONS:
        raise PictureError(f"A rotation must be 0, 90, 180 or 270 degrees. Received: {rotation}.")


def rotate_picture(picture: Picture, rotation: int) -> Picture:
    """The picture (H, W, 3) rotated by 0, 90, 180 or 270 degrees."""
    check_rotation(rotation)
    picture = np.ascontiguousarray(picture)
    return picture if rotation == 0 else np.asarray(cv2.rotate(picture, rotation // 90 - 1), dtype=np.uint8)


def rotate_face(face: Face, rotation: int, shape: tuple[int, ...]) -> Face:
    """The face where it lies once its picture has been rotated.

    Args:
        face: a face of the picture.
        rotation: by which the picture is rotated: 0, 90, 180 or 270.
        shape: (H, W, ...) of the picture before that.
    """
    check_rotation(rotation)
    height, width = shape[:2]
    points = np.array([face.box[:2], np.add(face.box[:2], face.box[2:])], dtype=np.float64)
    if face.landmarks is not None:
        points = np.concatenate([points, face.landmarks])
    for _ in range(rotation // 90):
        points = np.column_stack([height - points[:, 1], points[:, 0]])
        height, width = width, height
    x, y = points[:2].min(axis=0).tolist()
    size = np.ptp(points[:2], axis=0).tolist()
    landmarks = None if face.landmarks is None else points[2:].astype(np.float32)
    rest = (face.rotation - rotation) % 360
    return replace(face, box=(x, y, *size), landmarks=landmarks, rotation=rest)


def whole_picture(picture: Picture) -> Face | None:
    """The whole of a small square picture as one face, or None where the picture is not such a crop.

    FER2013's own images, and crops like them, fill the frame with one face. A person who hands one in
    expects predictions, also where no detector finds a face in so few pixels. One colour alone shows no face:
    eleven of FER2013's own images are blank.

    Args:
        picture: RGB uint8 (H, W, 3); "small" is 16 to 96 px, "square" within a tenth.

    Raises:
        PictureError: if the picture is not RGB uint8 (H, W, 3).
    """
    check_picture(picture)
    height, width = picture.shape[:2]
    if not SMALLEST_FACE_PX <= min(height, width) <= max(height, width) <= SMALL_PICTURE_PX:
        return None
    if max(height, width) > 1.1 * min(height, width) or (picture == picture[0, 0]).all():
        return None
    return Face((0.0, 0.0, float(width), float(height)), None, 0.0)


def crop_face(picture: Picture, face: Face) -> npt.NDArray[np.uint8]:
    """The face in gray, aligned (its eyes level) and cropped the way FER2013's faces are.

    The five points are brought onto their usual places in FER2013 by turning, scaling and shifting
    (least squares), never by stretching, which would change the expression. Without points the crop is
    the square about the box: FER2013 was itself collected with OpenCV's Haar detector, whose box on its
    images is 47 of 48 px wide (median over 805 of 1,000), so no margin is added. Shrinking averages over
    areas, so nothing aliases; where the face leaves the picture, the picture's edge is repeated.

    Args:
        picture: RGB uint8 (H, W, 3).
        face: a face in it.

    Returns:
        gray uint8 (48, 48), weighed by ITU-R BT.601 as FER2013's were (0.299 R + 0.587 G + 0.114 B).

    Raises:
        PictureError: if the picture is not RGB uint8 (H, W, 3).
    """
    check_picture(picture)
    return np.asarray(cv2.cvtColor(warp(picture, frame_of(face), SIDE), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def frame_of(face: Face) -> Affine:
    """(2, 3): where a point of the 48 x 48 crop lies in the picture."""
    if face.landmarks is not None and np.ptp(face.landmarks, axis=0).max() > 1:
        return _fit_template(face.landmarks.astype(np.float64))
    x, y, width, height = face.box
    scale = max(width, height) / SIDE
    frame = np.array(
        [(scale, 0.0, x + (width - scale * SIDE) / 2), (0.0, scale, y + (height - scale * SIDE) / 2)]
    )
    return turn_frame(frame, SIDE, -face.rotation)


def roll_of(frame: Affine) -> float:
    """By how many degrees a frame is turned in the picture, in (-180, 180]."""
    return math.degrees(math.atan2(frame[1, 0], frame[0, 0]))


def lies(face: Face) -> int:
    """The rotation of the picture that would bring a lying face upright; 0 where it is tilted at most."""
    roll = roll_of(frame_of(face))
    return 0 if abs(roll) <= LYING_DEGREES else -round(roll / 90) * 90 % 360


def turn_frame(frame: Affine, side: int, degrees: float) -> Affine:
    """The frame of a square of ``side`` px turned about its middle."""
    angle, middle = math.radians(degrees), np.array([side / 2, side / 2])
    turn = np.array([(math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))])
    turned = frame[:, :2] @ turn
    return np.column_stack([turned, to_picture(frame, middle) - turned @ middle])


def widen(frame: Affine, side: int, *, fill: float) -> Affine:
    """The frame of a larger square of ``side`` px whose middle ``fill`` the 48 x 48 frame takes up."""
    scale = SIDE / (side * fill)
    offset = (SIDE - side * scale) / 2
    return np.column_stack([frame[:, :2] * scale, to_picture(frame, np.array([offset, offset]))])


def to_picture(frame: Affine, points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Points (..., 2) of a frame's own square, in the picture."""
    return np.asarray(points @ frame[:, :2].T + frame[:, 2], dtype=np.float64)


def turn_crop(
    crop: npt.NDArray[np.uint8], degrees: float, centre: npt.NDArray[np.floating]
) -> npt.NDArray[np.uint8]:
    """A crop with what it shows turned clockwise about a point; its edge is repeated.

    Cubic interpolation: a bilinear one would blur a picture of so few pixels, and hide what turning does.

    Args:
        crop: gray uint8 (48, 48).
        degrees: by how much; below 0 it turns counterclockwise.
        centre: (2,) the point in the crop that stays where it is, in pixels.
    """
    if degrees == 0:
        return crop
    x, y = (float(value) - 0.5 for value in centre)  # OpenCV counts from the first pixel's centre
    matrix = cv2.getRotationMatrix2D((x, y), -degrees, 1.0)
    turned = cv2.warpAffine(
        crop, matrix, crop.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, dtype=np.uint8)


def warp(picture: Picture, frame: Affine, side: int) -> Picture:
    """What the picture shows in a frame, as a square of ``side`` px; the picture's edge is repeated.

    Where the face is larger than that, every pixel of it counts: the part under the frame is shrunk by
    averaging, turned at two to three samples a pixel each way, and averaged again.
    """
    part, corner = _part_under(picture, frame, side)
    scale = math.hypot(*frame[:, 0])
    step = max(1, int(scale / 2))
    height, width = part.shape[:2]
    small = cv2.resize(part, (-(-width // step), -(-height // step)), interpolation=cv2.INTER_AREA)
    zoom = max(1, math.ceil(scale / step))
    matrix = np.column_stack([frame[:, :2] / zoom, frame[:, 2] - corner])
    matrix *= np.array([[small.shape[1] / width], [small.shape[0] / height]])
    matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5  # From pixel corners to pixel centres.
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large = cv2.warpAffine(small, matrix, (side * zoom,) * 2, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _part_under(picture: Picture, frame: Affine, side: int) -> tuple[Picture, npt.NDArray[np.int64]]:
    """The part of the picture under a frame, and its upper left corner (x, y).

    Two pixels more are kept on each side, and at least one in all, so that the edge which is repeated is
    the picture's own.
    """
    corners = to_picture(frame, np.array([(0, 0), (side, 0), (0, side), (side, side)]))
    size = np.array(picture.shape[1::-1])
    low = np.clip(np.floor(corners.min(axis=0)).astype(np.int64) - 2, 0, size - 1)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(np.int64) + 2, low + 1, size)
    return picture[low[1] : high[1], low[0] : high[0]], low


def _fit_template(target: npt.NDArray[np.floating]) -> Affine:
    """The turn, scale and shift that bring ``TEMPLATE`` nearest to ``target`` (5, 2) (least squares).

    With points as complex numbers, turn and scale are one factor: a quotient of inner products.
    """
    end = target @ (1, 1j)
    middle = end.sum() / len(end)
    factor = np.vdot(_CENTRED, end - middle) / _SQUARES
    shift = middle - factor * _MIDDLE
    return np.array([(factor.real, -factor.imag, shift.real), (factor.imag, factor.real, shift.imag)])
