"""Face tracking from frame to frame: which box is whose.

Boxes are (x, y, width, height) in pixels. Times are seconds on any clock that never goes back; nothing here
counts frames, so a slow machine and a fast one give the same result.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from fer_core.inference.expression import Expression
from fer_core.vision.alignment import Box

# Faces turn away, blink out behind a hand and come back: so long a track waits for its face.
PATIENCE_SECONDS = 1.0
# A head crosses at most about its own width between two frames; a box twice as large is another person.
FARTHEST_WIDTHS = 1.0
LARGEST_GROWTH = 2.0
# Where frames are far between it may go farther: a quick lean makes about 2 widths a second.
WIDTHS_PER_SECOND = 2.0


@dataclass(eq=False)
class Track:
    """One face, tracked from frame to frame.

    Attributes:
        number: from 1; see ``Tracker``.
        box: where it was last seen.
        seen: when that was, in seconds.
        expression: what it shows.
    """

    number: int
    box: Box
    seen: float
    expression: Expression = field(default_factory=Expression)


class Tracker:
    """Gives every face a number that it keeps while it moves, and while it is briefly not detected.

    Places are compared, never looks: this does not recognise anybody.

    Args:
        patience_seconds: how long a face may be missing and still keep its number.
        reuse_numbers: how a new face is numbered. By default no number is given twice. With this, a face
            that appears where one was missing for longer gets that one's number, and any other the lowest
            that is free, so before a camera the numbers stay as small as the company.
    """

    def __init__(self, *, patience_seconds: float = PATIENCE_SECONDS, reuse_numbers: bool = False) -> None:
        self.patience_seconds, self.reuse_numbers = patience_seconds, reuse_numbers
        self.tracks: list[Track] = []
        self._last_number = 0
        self._places: dict[int, Box] = {}  # where the faces were whose numbers are free

    def update(self, boxes: Sequence[Box], now: float) -> list[Track]:
        """The track of each box, in the boxes' order: an old one where it fits, else a new one.

        The best-fitting pair is joined first, then the next best among the rest. With a handful of faces
        that differs from the optimal assignment only where two faces overlap. What is then left over is
        joined if the face could have gone so far since it was seen.
        """
        self._part_with_lost_faces(now)
        found: dict[int, Track] = {}
        for is_far in (False, True) if self.reuse_numbers else (False,):
            self._match(boxes, now, found, is_far=is_far)
        return [self._place(found.get(index), box, now) for index, box in enumerate(boxes)]

    def _part_with_lost_faces(self, now: float) -> None:
        lost = [track for track in self.tracks if now - track.seen > self.patience_seconds]
        self.tracks = [track for track in self.tracks if track not in lost]
        self._places |= {track.number: track.box for track in lost if self.reuse_numbers}

    def _match(self, boxes: Sequence[Box], now: float, found: dict[int, Track], *, is_far: bool) -> None:
        """Join boxes and tracks that have no partner yet, the best-fitting pair first."""
        taken = {track.number for track in found.values()}
        pairs = [
            (match_score(track.box, box, reach=_reach(now - track.seen, is_far)), -track.number, index, track)
            for track in self.tracks
            for index, box in enumerate(boxes)
            if index not in found and track.number not in taken
        ]
        for strength, _, index, track in sorted(pairs, key=lambda pair: pair[:3], reverse=True):
            if strength > 0 and index not in found and track.number not in taken:
                found[index] = track
                taken.add(track.number)

    def forget(self) -> None:
        """No face that comes is one that was there before: the shot has changed."""
        self.tracks = []

    def _place(self, track: Track | None, box: Box, now: float) -> Track:
        if track is None:
            track = Track(self._number(box), box, now)
            self.tracks.append(track)
        track.box, track.seen = box, now
        return track

    def _number(self, box: Box) -> int:
        """The number of a new face."""
        if not self.reuse_numbers:
            self._last_number += 1
            return self._last_number
        scores = {number: match_score(place, box) for number, place in self._places.items()}
        number = max(scores, key=lambda each: scores[each], default=0)
        if not scores.get(number):
            taken = {track.number for track in self.tracks}
            number = next(each for each in count(1) if each not in taken)
        self._places.pop(number, None)
        return number


def _reach(seconds: float, is_far: bool) -> float:
    """How many of its widths away a face is looked for that was seen so long ago."""
    is_quick = is_far and seconds <= PATIENCE_SECONDS
    return FARTHEST_WIDTHS + WIDTHS_PER_SECOND * seconds if is_quick else FARTHEST_WIDTHS


def match_score(one: Box, other: Box, *, reach: float = FARTHEST_WIDTHS) -> float:
    """How well two boxes match as the same face a moment apart, in [0, 1]; 0 says that they can't.

    The mean of their IoU, which tells neighbours apart, and of their nearness
    (1 for the same centre, 0 from ``reach`` box sides away), which still knows a small face that moves fast.
    """
    sides = math.sqrt(one[2] * one[3]), math.sqrt(other[2] * other[3])
    if max(sides) > LARGEST_GROWTH * min(sides):
        return 0.0
    distance = math.hypot(
        one[0] + one[2] / 2 - other[0] - other[2] / 2, one[1] + one[3] / 2 - other[1] - other[3] / 2
    )
    nearness = max(0.0, 1 - distance / (reach * max(sides)))
    return (iou(one, other) + nearness) / 2


def iou(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, width) * max(0.0, height)
    return min(1.0, both / (one[2] * one[3] + other[2] * other[3] - both))
