"""Face tracking from frame to frame, and each face's smoothed expression over time.

Boxes are (x, y, width, height) in pixels. Times are seconds on any clock that never goes back; nothing here
counts frames, so a slow machine and a fast one give the same result. Probabilities are (7,), one per emotion,
and sum to 1; their logarithms are natural.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.errors import DataError
from fer_core.vision.alignment import Box

Floats = npt.NDArray[np.floating]

# Faces turn away, blink out behind a hand and come back: so long a track waits for its face.
PATIENCE_SECONDS = 1.0
# A head crosses at most about its own width between two frames; a box twice as large is another person.
FARTHEST_WIDTHS = 1.0
LARGEST_GROWTH = 2.0
NEUTRAL_SECONDS = 1.0
# What a network gives less than this is noise; its logarithm would dominate every average.
LEAST_PROBABILITY = 0.01


class Expression:
    """What one face shows: the network's predictions, corrected and smoothed."""

    def __init__(self) -> None:
        self.probabilities: Floats | None = None
        self.baseline: Floats | None = None
        self._time = 0.0
        self._calibrating: list[Floats] | None = None
        self._calibrate_until = 0.0

    def update(
        self, probabilities: Floats, now: float, *, time_constant: float, reference: Floats
    ) -> npt.NDArray[np.float32]:
        """Take the network's prediction for this frame; returns what to show.

        Args:
            probabilities: (7,), the network's.
            now: seconds.
            time_constant: see ``smooth``.
            reference: see ``correct``.
        """
        if self._calibrating is not None:
            self._collect(probabilities, now)
        corrected: Floats = np.asarray(probabilities, dtype=np.float64)
        if self.baseline is not None:
            corrected = correct(corrected, self.baseline, reference)
        if self.probabilities is not None:
            corrected = smooth(self.probabilities, corrected, now - self._time, time_constant)
        self.probabilities, self._time = corrected, now
        return corrected.astype(np.float32)

    @property
    def is_calibrating(self) -> bool:
        """Whether the neutral face is still being recorded."""
        return self._calibrating is not None

    def calibrate_neutral(self, now: float) -> None:
        """Take the next second as this person's neutral face."""
        self._calibrating, self._calibrate_until = [], now + NEUTRAL_SECONDS

    def reset_neutral(self) -> None:
        """Show the network's own predictions again."""
        self.baseline = self._calibrating = None

    def _collect(self, probabilities: Floats, now: float) -> None:
        assert self._calibrating is not None
        self._calibrating.append(log_probabilities(probabilities))
        if now >= self._calibrate_until:
            self.baseline, self._calibrating = np.mean(self._calibrating, axis=0), None


@dataclass(eq=False)
class Track:
    """One face, tracked from frame to frame.

    Attributes:
        number: from 1, never given twice.
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

    Args:
        patience_seconds: how long a face may be missing and still keep its number.
    """

    def __init__(self, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.patience_seconds = patience_seconds
        self.tracks: list[Track] = []
        self._last_number = 0

    def update(self, boxes: Sequence[Box], now: float) -> list[Track]:
        """The track of each box, in the boxes' order: an old one where it fits, else a new one.

        The best-fitting pair is joined first, then the next best among the rest. With a handful of faces
        that differs from the optimal assignment only where two faces overlap.
        """
        self.tracks = [track for track in self.tracks if now - track.seen <= self.patience_seconds]
        pairs = [
            (match_score(track.box, box), -track.number, index, track)
            for track in self.tracks
            for index, box in enumerate(boxes)
        ]
        found: dict[int, Track] = {}
        taken: set[int] = set()
        for strength, _, index, track in sorted(pairs, key=lambda pair: pair[:3], reverse=True):
            if strength > 0 and index not in found and track.number not in taken:
                found[index] = track
                taken.add(track.number)
        return [self._place(found.get(index), box, now) for index, box in enumerate(boxes)]

    def forget(self) -> None:
        """No face that comes is one that was there before: the shot has changed."""
        self.tracks = []

    def _place(self, track: Track | None, box: Box, now: float) -> Track:
        if track is None:
            self._last_number += 1
            track = Track(self._last_number, box, now)
            self.tracks.append(track)
        track.box, track.seen = box, now
        return track


def match_score(one: Box, other: Box) -> float:
    """How well two boxes match as the same face a moment apart, in [0, 1]; 0 says that they can't.

    The mean of their IoU, which tells neighbours apart, and of their nearness
    (1 for the same centre, 0 from one box's side away), which still knows a small face that moves fast.
    """
    sides = math.sqrt(one[2] * one[3]), math.sqrt(other[2] * other[3])
    if max(sides) > LARGEST_GROWTH * min(sides):
        return 0.0
    distance = math.hypot(
        one[0] + one[2] / 2 - other[0] - other[2] / 2, one[1] + one[3] / 2 - other[1] - other[3] / 2
    )
    nearness = max(0.0, 1 - distance / (FARTHEST_WIDTHS * max(sides)))
    return (iou(one, other) + nearness) / 2


def iou(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, width) * max(0.0, height)
    return min(1.0, both / (one[2] * one[3] + other[2] * other[3] - both))


def smooth(before: Floats, new: Floats, seconds: float, time_constant: float) -> Floats:
    """Exponential smoothing over time: after one time constant, 63 % of a change is shown.

    ``before + (1 - exp(-seconds / time_constant)) * (new - before)``: two short steps towards the same value
    equal one long step, so the frame rate does not matter. A mean of probabilities still sums to 1.

    Args:
        before: what was shown.
        new: the network's prediction now.
        seconds: the time between the two, at least 0.
        time_constant: seconds, at least 0; 0 shows ``new`` as it is.

    Raises:
        DataError: if the time or the time constant is negative or not a number.
    """
    if not (seconds >= 0 and time_constant >= 0):
        raise DataError(
            f"Smoothing needs a time and a time constant of at least 0 seconds. "
            f"Received: {seconds} and {time_constant}."
        )
    share = 1.0 if time_constant == 0 else -math.expm1(-seconds / time_constant)
    return np.asarray(before + share * (new - before))


def correct(probabilities: Floats, baseline: Floats, reference: Floats) -> Floats:
    """Probabilities as if this person's resting face were the average person's.

    Some people look stern, or amused, at rest. Their resting face's mean log-probabilities (``baseline``)
    are subtracted from each prediction's, and those of the average neutral face (``reference``) are added:
    ``log q = log p - baseline + reference + constant``,  that is  ``q ~ p * exp(reference -
    baseline)``, scaled to sum to 1. So the resting face itself is shown as the average neutral face, a
    person whose resting face is average is shown unchanged, and a difference from the resting face keeps
    its odds. It is the change of priors of Saerens et al., with each emotion's evidence at rest as prior.

    Args:
        probabilities: (7,), the network's.
        baseline: (7,) mean of ``log_probabilities`` over the person's resting face.
        reference: (7,) mean of ``log_probabilities`` over neutral faces of many people.

    Reference:
        Saerens, Latinne and Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori
        Probabilities", Neural Computation 14, 2002.
    """
    weighed = probabilities * np.exp(reference - baseline)
    return np.asarray(weighed / weighed.sum())


def log_probabilities(probabilities: npt.ArrayLike) -> Floats:
    """Natural logarithms of probabilities (..., 7), of which none counts as less than 0.01."""
    return np.asarray(np.log(np.maximum(probabilities, LEAST_PROBABILITY)))


def neutral_reference(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> Floats:
    """(7,): the mean log-probabilities of the images labelled neutral; see ``correct``.

    Args:
        labels: (N,) integers in [0, 6].
        probabilities: (N, 7), a network's predictions for the same images.

    Raises:
        DataError: if no image is labelled neutral.
    """
    neutral = np.asarray(labels) == Emotion.NEUTRAL
    if not neutral.any():
        raise DataError(
            f"The average neutral face needs an image labelled neutral. Received: {len(neutral)} others."
        )
    predictions = np.asarray(probabilities).reshape(len(neutral), EMOTION_COUNT)[neutral]
    return np.asarray(log_probabilities(predictions).mean(axis=0))
