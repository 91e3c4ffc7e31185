"""Faces in a picture that stands upright: YuNet over an image pyramid, then on each face once more.

Boxes are (x, y, width, height), all lengths pixels of the picture, angles degrees clockwise.
"""

import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.emotions import SIDE
from fer_core.vision.alignment import (
    ROTATIONS,
    Affine,
    Face,
    frame_of,
    roll_of,
    to_picture,
    turn_frame,
    warp,
    widen,
)
from fer_core.vision.pictures import Picture
from fer_core.vision.pyramid import pyramid_levels, split_tiles, suppress_overlaps
from fer_core.vision.yunet import YuNet

SMALLEST_BOX_PX = 16  # A third of a crop's 48: below that there is next to no expression left to read.
# A first pass takes nothing below this score; a page's least threshold is the same.
CANDIDATE_SCORE = 0.3
# Of a face of 12 px YuNet's score is low (0.5, the median of 32), and 0.9 once it is enlarged. So small boxes
# are candidates from a lower score on, and count as much as the enlarged face does. On 89 pictures without a
# face (noise, textures, text, shapes, landscapes) that gave no face of 0.7 or more, and 15 above 0.3, where
# one pass at the old sizes gave 24.
SMALL_BOX_PX, SMALL_CANDIDATE_SCORE = 24, 0.2
# YuNet's landmarks lean towards upright faces: of a roll by 20 or 30 degrees it reports 12 and 11 (medians
# over 98 and 49 PublicTest images, 128 px wide). Looking again at each face, aligned by what was seen, in a
# square of 256 px of which it fills two thirds, it reports 19 and 29, half of them within 2 degrees. One more
# look takes a fifth of a pass over 640 x 480, and is taken only while the last one still turned the face by 5
# degrees or more. Where the face is smaller than its crop of 48 px, and where only the score counts, 160 px
# are enough.
LOOK_SIDE, SMALL_LOOK_SIDE, LOOK_FILL, MOST_LOOKS = 256, 160, 0.65, 3
LEVEL_ENOUGH_DEGREES = 5.0
# Of a face that lies or stands on its head YuNet's landmarks are those of an upright one, but its score is
# lower: at most 0.91 for the sample photos' four faces, and 0.93 where they stand upright. So a face below
# this score is looked at in all four quarter turns, and lies if another one is surer than the first. Of 1,500
# PublicTest images nine were found to lie; they do, by 60 degrees or more.
UPRIGHT_SCORE, SURE_SCORE, LYING_MARGIN = 0.92, 0.8, 0.05
MOST_TURNED = 5  # so many faces of a picture, the surest first
MOST_CANDIDATES = 1000  # of which each takes about 2 ms
# From frame to frame: a smaller square is enough, as the last frame's landmarks align it well.
FOLLOW_SIDE = 80
MOST_GROWTH = 1.7  # a face that is seen so much larger or smaller than it was expected is another one

MOST_AVERAGED_VALUES = 3 * 1_000_000  # 1920 x 1080 to 1344 x 756: 12 ms averaged, 3 ms interpolated

Rows = npt.NDArray[np.float64]  # (N, 15), see YuNet
IS_PLACE = np.array([1, 1, 0, 0, *[1] * 10, 0], dtype=np.float32)  # of a row of YuNet's: what is x or y


class Found(NamedTuple):
    """The faces of a picture, and how sure the second look was of the surest one that stands upright."""

    faces: list[Face]
    upright_score: float


class YuNetSearch:
    """YuNet over the picture's pyramid, then on each face that it found, aligned.

    Args:
        yunet: the network.
    """

    def __init__(self, yunet: YuNet) -> None:
        self._yunet = yunet

    def search(
        self,
        picture: Picture,
        *,
        smallest_px: float | None = None,
        any_way_up: bool = True,
        known: Sequence[Face] = (),
    ) -> Found:
        """Every face of a score of 0.3 or more, the surest first; of more than 1,000 candidates the surest.

        Args:
            picture: RGB uint8 (H, W, 3), contiguous.
            smallest_px: see ``pyramid_levels``.
            any_way_up: whether faces that lie are seen for what they are.
            known: faces of this picture that need no search; they are part of the answer.
        """
        rows, is_small = self._candidates(picture, smallest_px)
        boxes = np.concatenate([np.array([face.box for face in known]).reshape(-1, 4), rows[:, :4]])
        scores = np.concatenate([np.full(len(known), 2.0), rows[:, 14]])
        # What lies in a sure face is part of it; small faces in a doubtful one have yet to be looked at.
        kept = suppress_overlaps(boxes, scores, contains=UPRIGHT_SCORE)
        faces, upright_score = list(known), max([face.score for face in known], default=0.0)
        turns_left = MOST_TURNED if any_way_up else 0
        for index in (kept[kept >= len(known)] - len(known))[:MOST_CANDIDATES]:
            face = Face(_box(rows[index]), _landmarks(rows[index]), float(rows[index, 14]))
            seen = self._align(picture, face, frame_of(face))
            score = 0.0 if seen is None else seen.score
            lying, box = None, seen.box if seen and is_small[index] else face.box
            if score < UPRIGHT_SCORE and turns_left > 0:
                lying, turns_left = self._try_turns(picture, face), turns_left - 1
            if lying is None:
                upright_score = max(upright_score, score)
                # A badge scores 0.6 in the first pass, and 0.8 in a square about it.
                seen = replace(seen or face, score=score if is_small[index] else face.score)
            faces.append(replace(lying or seen or face, box=box))
        faces = [face for face in faces if face.score >= CANDIDATE_SCORE]
        return Found([faces[index] for index in _surest(faces)], upright_score)

    def follow(self, picture: Picture, faces: Sequence[Face]) -> list[Face]:
        """Those of the last frame's faces that are near where they were, where they are now."""
        if not faces:
            return []
        looks = self._look(picture, faces, [frame_of(face) for face in faces], FOLLOW_SIDE)
        found = [look for look in looks if look is not None]
        return [found[index] for index in sorted(_surest(found))]

    def _candidates(self, picture: Picture, smallest_px: float | None) -> tuple[Rows, npt.NDArray[np.bool_]]:
        """(N, 15) rows of the picture, from all levels, and (N,) which were small in theirs."""
        found, small = [np.empty((0, 15))], [np.empty(0, dtype=np.bool_)]
        pixels = picture
        for level in pyramid_levels(*picture.shape[:2], smallest_px=smallest_px):
            size = (
                max(1, round(picture.shape[1] * level.scale)),
                max(1, round(picture.shape[0] * level.scale)),
            )
            pixels, factors = _resize(pixels, size), np.divide(size, picture.shape[1::-1])
            for tile in split_tiles(*pixels.shape[:2]):
                rows = self._yunet(pixels[tile], SMALL_CANDIDATE_SCORE).astype(np.float64)
                rows = rows[rows[:, 2] <= level.widest_px]
                is_small = rows[:, 2] < SMALL_BOX_PX
                rows += np.tile((tile[1].start, tile[0].start), 8)[:15] * IS_PLACE
                rows[:, :14] /= np.tile(factors, 7)
                rows[:, :4] = _clip(rows[:, :4], picture)
                wanted = (rows[:, 14] >= CANDIDATE_SCORE) | is_small
                wanted &= rows[:, 2:4].min(axis=1, initial=np.inf) >= SMALLEST_BOX_PX
                found.append(rows[wanted])
                small.append(is_small[wanted])
        return np.concatenate(found), np.concatenate(small)

    def _try_turns(self, picture: Picture, face: Face) -> Face | None:
        """The face as one that lies, where a quarter turn is surer of it than its seeming upright is."""
        frames = [turn_frame(frame_of(face), SIDE, degrees) for degrees in ROTATIONS]
        looks = [self._look(picture, [face], [frame], SMALL_LOOK_SIDE)[0] for frame in frames]
        least = SURE_SCORE if looks[0] is None else max(SURE_SCORE, looks[0].score + LYING_MARGIN)
        best = max((look for look in looks[1:] if look), key=lambda look: look.score, default=None)
        if best is None or best.score < least:
            return None
        return self._align(picture, best, frame_of(best)) or best

    def _align(self, picture: Picture, face: Face, frame: Affine) -> Face | None:
        """The face, seen again and again until its eyes are level; None where it is not seen at all."""
        seen, side = None, LOOK_SIDE if np.hypot(*frame[:, 0]) > 1 else SMALL_LOOK_SIDE
        for _ in range(MOST_LOOKS):
            (again,) = self._look(picture, [face], [frame], side)
            if again is None:
                break
            seen, before, frame = again, frame, frame_of(again)
            if abs((roll_of(frame) - roll_of(before) + 180) % 360 - 180) < LEVEL_ENOUGH_DEGREES:
                break
        return seen

    def _look(
        self, picture: Picture, faces: Sequence[Face], frames: Sequence[Affine], side: int
    ) -> list[Face | None]:
        """Each face as it is seen in a frame about it, aligned; None where it is not seen there.

        The squares of ``side`` px are seen side by side in one picture: four calls take longer than one.
        """
        windows = [widen(frame, side, fill=LOOK_FILL) for frame in frames]
        across = math.ceil(math.sqrt(len(windows)))
        corners = [divmod(number, across)[::-1] for number in range(len(windows))]
        sheet = np.zeros((math.ceil(len(windows) / across) * side, across * side, 3), dtype=np.uint8)
        for window, (x, y) in zip(windows, corners, strict=True):
            sheet[y * side : (y + 1) * side, x * side : (x + 1) * side] = warp(picture, window, side)
        rows = self._yunet(sheet, SMALL_CANDIDATE_SCORE).astype(np.float64)
        return [
            _nearest(picture, rows - np.tile((x * side, y * side), 8)[:15] * IS_PLACE, face, window, side)
            for face, window, (x, y) in zip(faces, windows, corners, strict=True)
        ]


def _surest(faces: Sequence[Face]) -> npt.NDArray[np.intp]:
    """The indices of the faces that are not another one seen twice, the surest first."""
    boxes = np.array([face.box for face in faces]).reshape(-1, 4)
    return suppress_overlaps(boxes, np.array([face.score for face in faces]))


def _nearest(picture: Picture, rows: Rows, face: Face, window: Affine, side: int) -> Face | None:
    """Of the faces seen in a square about ``face`` the one that it must be, in the picture."""
    middles = rows[:, :2] + rows[:, 2:4] / 2
    offsets = np.abs(middles - side / 2).max(axis=1, initial=0)
    if not len(rows) or offsets.min() > side / 4:
        return None
    row, scale = rows[offsets.argmin()], float(np.hypot(*window[:, 0]))
    middle, size = to_picture(window, middles[offsets.argmin()]), row[2:4] * scale
    if not 1 / MOST_GROWTH < math.sqrt(size.prod() / np.prod(face.box[2:])) < MOST_GROWTH:
        return None
    points = to_picture(window, _landmarks(row)).astype(np.float32)
    box = _clip(np.concatenate([middle - size / 2, size])[None], picture)[0]
    if box[2:].min() < SMALLEST_BOX_PX:
        return None
    return Face(_box(box), points, float(row[14]), face.rotation)


class HaarSearch:
    """OpenCV 4's frontal face cascade; its settings keep false alarms rare rather than find every face.

    Reference:
        Viola and Jones, "Rapid Object Detection using a Boosted Cascade of Simple Features", 2001.
    """

    LONGEST_SIDE, NARROWEST_PX = 1280, 40

    def __init__(self) -> None:
        path = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"  # type: ignore[attr-defined]
        self._cascade = cv2.CascadeClassifier(str(path))
        self._lock = threading.Lock()  # it keeps state between calls

    def search(
        self,
        picture: Picture,
        *,
        smallest_px: float | None = None,
        any_way_up: bool = True,
        known: Sequence[Face] = (),
    ) -> Found:
        """The faces, without landmarks and without score; see ``YuNetSearch.search``."""
        height, width = picture.shape[:2]
        scale = self.LONGEST_SIDE / max(height, width)
        scale = min(1.0, scale if smallest_px is None else self.NARROWEST_PX / smallest_px / 2)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        gray = cv2.cvtColor(_resize(picture, size), cv2.COLOR_RGB2GRAY)
        least = (self.NARROWEST_PX, self.NARROWEST_PX)
        with self._lock:
            rows = self._cascade.detectMultiScale(gray, scaleFactor=1.2, minNeighbors=6, minSize=least)
        boxes = _clip(np.reshape(rows, (-1, 4)) / np.tile(np.divide(size, (width, height)), 2), picture)
        faces = [Face(_box(box), None, 0.0) for box in boxes if box[2:].min() >= SMALLEST_BOX_PX]
        return Found(faces, float(bool(faces)))

    def follow(self, picture: Picture, faces: Sequence[Face]) -> list[Face]:
        """None: without landmarks each frame is searched."""
        return []


def _resize(picture: Picture, size: tuple[int, int]) -> Picture:
    """A copy of this width and height; where it shrinks it is averaged over areas, unless that takes long."""
    if size == picture.shape[1::-1]:
        return picture
    factor = size[0] / picture.shape[1]
    averages = factor < 0.5 or (factor < 1 and picture.size < MOST_AVERAGED_VALUES)
    how = cv2.INTER_AREA if averages else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), dtype=np.uint8)


def _clip(boxes: npt.NDArray[np.floating], picture: Picture) -> npt.NDArray[np.float64]:
    """The parts of boxes (N, 4) inside the picture; a width or height may be 0."""
    size = np.array(picture.shape[1::-1])
    low, high = np.clip(boxes[:, :2], 0, size), np.clip(boxes[:, :2] + boxes[:, 2:], 0, size)
    return np.column_stack([low, high - low]).astype(np.float64)


def _box(row: npt.NDArray[np.floating]) -> tuple[float, float, float, float]:
    x, y, width, height = row[:4].tolist()
    return x, y, width, height


def _landmarks(row: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    return row[4:14].reshape(5, 2).astype(np.float32)
