"""What the live video says of itself: the faces in it, and how fast it goes."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from fer_core.emotions import Emotion
from fer_core.inference.prediction import Prediction

STAGES = ("detect", "crop", "predict", "draw")
FIGURES_SECONDS = 3.0  # frames per second and milliseconds are means over so long
STALLED_SECONDS = 1.0  # so long without a frame, and there is no picture to speak of


@dataclass(frozen=True)
class LiveFigures:
    """The state of a ``LiveReader`` at one moment.

    Attributes:
        frames: frames processed since the start.
        errors: frames that failed and were returned unprocessed.
        last_error: the last error message, empty if there is none.
        fps: frames processed per second, over the last three seconds; 0 when none came in the last second.
        milliseconds: the mean time of each of ``STAGES``.
        faces: number and prediction of every face in the last picture, in the numbers' order.
        present: the numbers of the faces of the last 30 seconds, the longest seen first.
        calibrating: the numbers of the faces whose neutral face is being recorded.
        calibrated: those whose predictions are corrected for their neutral face.
        refused: those that clearly showed an emotion when they were just to be calibrated, and which.
        recording: whether a recording runs.
        recorded: how many rows it has; stays after its end.
        filmed: how many seconds its film has; None without one.
        film_error: why the film ended early; empty where it did not.
    """

    frames: int
    errors: int
    last_error: str
    fps: float
    milliseconds: Mapping[str, float]
    faces: tuple[tuple[int, Prediction], ...]
    present: tuple[int, ...]
    calibrating: tuple[int, ...]
    calibrated: tuple[int, ...]
    refused: Mapping[int, Emotion]
    recording: bool
    recorded: int
    filmed: float | None
    film_error: str


class Timings:
    """When the last frames came, and how long each stage of them took."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, Mapping[str, float]]] = deque()

    def add(self, now: float, took: Mapping[str, float]) -> None:
        """Note a frame: the time in seconds, and the seconds of each of ``STAGES``."""
        self._frames.append((now, took))
        while self._frames[0][0] < now - FIGURES_SECONDS:
            self._frames.popleft()

    def since_last(self, now: float) -> float:
        """How many seconds after the last frame this is, less than 0 before it; 0 without any."""
        return now - self._frames[-1][0] if self._frames else 0.0

    def fps(self, now: float) -> float:
        """Frames per second; 0 when none came in the last second."""
        if not self._frames or self.since_last(now) > STALLED_SECONDS:
            return 0.0
        return (len(self._frames) - 1) / (self._frames[-1][0] - self._frames[0][0] or np.inf)

    def milliseconds(self) -> dict[str, float]:
        """The mean time of each of ``STAGES``."""
        rows = [took for _, took in self._frames] or [dict.fromkeys(STAGES, 0.0)]
        return {stage: 1000 * float(np.mean([took[stage] for took in rows])) for stage in STAGES}


@contextmanager
def timed(took: dict[str, float], stage: str) -> Iterator[None]:
    """Note how long the block takes, in seconds."""
    start = time.perf_counter()
    yield
    took[stage] = time.perf_counter() - start
