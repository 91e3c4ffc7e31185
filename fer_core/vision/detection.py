"""From a picture to its faces: where they are, which way up they stand, and their aligned 48 x 48 crops.

A picture is RGB uint8 (H, W, 3), a face's crop gray uint8 (48, 48). The photo's file is read by
``vision.pictures``, the search is ``vision.face_search``, the crop is made by ``vision.alignment``; what
callers need of them is part of this module's public names.
"""

from collections.abc import Sequence
from typing import Any

from fer_core.errors import PictureError
from fer_core.vision.alignment import (
    ROTATIONS,
    Face,
    crop_face,
    lies,
    rotate_face,
    rotate_picture,
    whole_picture,
)
from fer_core.vision.face_search import LYING_MARGIN, SURE_SCORE, Found, HaarSearch, YuNetSearch
from fer_core.vision.pictures import Picture, check_picture, load_picture
from fer_core.vision.yunet import load_yunet

__all__ = [
    "FACE_THRESHOLD",
    "Face",
    "FaceDetector",
    "FaceFinder",
    "Picture",
    "check_threshold",
    "crop_face",
    "filter_faces",
    "load_picture",
    "rotate_face",
    "rotate_picture",
    "whole_picture",
]

# At this score YuNet found every face of our test cases, and nothing in 89 pictures without a face.
FACE_THRESHOLD = 0.7
# A picture in which no face was found is searched in the three quarter turns too, for faces of at least this
# share of its long side: a pass over 640 px each.
TURNED_SHARE = 14 / 640


class FaceDetector:
    """Finds the faces in pictures: YuNet, or OpenCV's Haar cascade where YuNet's weights are missing.

    It may be shared between threads.

    Attributes:
        detector: "YuNet" or "Haar".
    """

    def __init__(self) -> None:
        yunet = load_yunet()
        self.detector = "Haar" if yunet is None else "YuNet"
        self._backend = HaarSearch() if yunet is None else YuNetSearch(yunet)

    def detect(
        self,
        picture: Picture,
        *,
        threshold: float = FACE_THRESHOLD,
        rotation: int | None = None,
        smallest_px: float | None = None,
        known: Sequence[Face] = (),
    ) -> list[Face]:
        """All faces of at least 16 px, in reading order: row by row, from left to right.

        The picture is searched at several sizes, and what overlaps is one face (non-maximum suppression).
        Where most faces lie or stand on their heads, or none is found, the picture is searched in the
        quarter turns too: the turn that shows the most stands in each face's ``rotation``. The faces are
        then in the reading order of the upright picture, their coordinates still those of the one given.

        Args:
            picture: RGB uint8 (H, W, 3).
            threshold: the least score of a face, in (0, 1]. Faces found at a lower one and filtered
                afterwards by ``filter_faces`` are the same; below 0.3 nothing more is found. Haar has no
                score and ignores it.
            rotation: by how many degrees the picture has to be rotated to stand upright, where that is
                known: 0, 90, 180 or 270; faces that lie are then taken for upright ones. Found out by
                default.
            smallest_px: width in pixels of the smallest face to be found, at least 16; by default 20. Twice
                as small takes four times as long.
            known: faces of this picture that are known already, see ``follow``; they are part of the answer.

        Raises:
            PictureError: if the picture is not RGB uint8 (H, W, 3), the threshold is outside (0, 1], or the
                rotation is none of the four.
        """
        check_picture(picture)
        check_threshold(threshold)
        options: dict[str, Any] = {"smallest_px": smallest_px, "known": known}
        if rotation is not None:
            found = self._search(picture, rotation, any_way_up=False, **options)
        else:
            found = self._search(picture, 0, **options)
            rotation = self._best_rotation(picture, found)
            if rotation:
                found = self._search(picture, rotation, **options)
        return filter_faces(found.faces, threshold)

    def follow(
        self, picture: Picture, faces: Sequence[Face], *, threshold: float = FACE_THRESHOLD
    ) -> list[Face]:
        """Those of the last frame's faces that are near where they were, where they are now, in their order.

        Much cheaper than ``detect``: only a small square about each face is searched. One that has moved by
        more than about a quarter of its width, or is hidden, is missing from the answer, and ``detect``
        finds it again. Haar finds none again.

        Args:
            picture: RGB uint8 (H, W, 3), the next frame.
            faces: of the last frame.
            threshold: the least score of a face, in (0, 1].

        Raises:
            PictureError: if the picture is not RGB uint8 (H, W, 3), or the threshold is outside (0, 1].
        """
        check_picture(picture)
        check_threshold(threshold)
        return filter_faces(self._backend.follow(picture, faces), threshold)

    def _search(
        self, picture: Picture, rotation: int, *, known: Sequence[Face] = (), **options: Any
    ) -> Found:
        """The faces in the rotated picture's reading order, in the coordinates of the given one."""
        turned = rotate_picture(picture, rotation)
        known = [rotate_face(face, rotation, picture.shape) for face in known]
        faces, upright_score = self._backend.search(turned, known=known, **options)
        back = (360 - rotation) % 360
        return Found([rotate_face(face, back, turned.shape) for face in _reading_order(faces)], upright_score)

    def _best_rotation(self, picture: Picture, found: Found) -> int:
        """The rotation that the faces' own rolls ask for; where there is no face, the one that shows any."""
        sure = filter_faces(found.faces, FACE_THRESHOLD)
        votes = dict.fromkeys(ROTATIONS, 0.0)
        for face in sure:
            votes[lies(face)] += face.score or 1.0
        if not sure and found.upright_score < SURE_SCORE:
            smallest = max(picture.shape[:2]) * TURNED_SHARE
            least = max(SURE_SCORE, found.upright_score + LYING_MARGIN)
            for rotation in ROTATIONS[1:]:
                turned = self._search(picture, rotation, smallest_px=smallest, any_way_up=False)
                votes[rotation] = sum(face.score or 1.0 for face in filter_faces(turned.faces, least))
        return max(ROTATIONS, key=lambda rotation: votes[rotation])  # 0 where they are equal


class FaceFinder(FaceDetector):
    """The old name of ``FaceDetector``, with the threshold as its own; it goes with version 0.26."""

    def __init__(self, *, threshold: float = FACE_THRESHOLD) -> None:
        check_threshold(threshold)
        super().__init__()
        self._threshold = threshold

    def find(self, picture: Picture) -> list[Face]:
        """``detect`` with the finder's threshold."""
        return self.detect(picture, threshold=self._threshold)


def check_threshold(threshold: float) -> None:
    """Refuse anything but a score.

    Raises:
        PictureError: if the threshold is outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise PictureError(f"The face threshold must lie in (0, 1]. Received: {threshold}.")


def filter_faces(faces: Sequence[Face], threshold: float) -> list[Face]:
    """The faces of at least this score, and those without a score.

    Raises:
        PictureError: if the threshold is outside (0, 1].
    """
    check_threshold(threshold)
    return [face for face in faces if face.score >= threshold or face.score == 0]


def _reading_order(faces: list[Face]) -> list[Face]:
    """Row by row, from left to right; a face opens a new row when it begins below the middle of the last."""
    rows: list[list[Face]] = []
    for face in sorted(faces, key=lambda face: face.box[1]):
        if rows and face.box[1] < rows[-1][0].box[1] + rows[-1][0].box[3] / 2:
            rows[-1].append(face)
        else:
            rows.append([face])
    return [face for row in rows for face in sorted(row, key=lambda face: face.box[0])]
