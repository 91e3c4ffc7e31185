"""Live prediction: a frame in, the same frame with every face boxed and labelled out.

A ``LiveReader`` is called by one thread, frame after frame, while other threads read its figures: one lock
guards it all, held for one frame at most. It keeps everything in memory and writes no file.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fer_core.emotions import EMOTION_COUNT
from fer_core.inference.annotation import draw_predictions
from fer_core.inference.face_table import CSV, FaceRow
from fer_core.inference.recognizer import Prediction
from fer_core.inference.tracking import Floats, Track, Tracker
from fer_core.vision.detection import Face, crop_face
from fer_core.vision.pictures import Picture

if TYPE_CHECKING:
    from av import VideoFrame

    from fer_core.inference.recognizer import Recognizer

STAGES = ("detect", "crop", "predict", "draw")
HISTORY_SECONDS = 30.0
FIGURES_SECONDS = 3.0  # frames per second and milliseconds are means over so long
STALLED_SECONDS = 1.0  # so long without a frame, and there is no picture to speak of
# A face that is not found in one frame keeps its box for so long, so that nothing flickers.
HOLD_SECONDS = 0.3
# A frame is searched for faces of this share of its long side, 28 px of 640, in one pass over 320 px.
SMALLEST_FACE = 14 / 320
# Between two such searches each face is looked for near its last place alone, which takes a fifth of that; a
# face that is not there is searched at once, so no box lags, and a new one waits for so long at most.
SEARCH_SECONDS = 0.2
MOST_ROWS = 200_000  # three hours of one face at 15 frames a second, about 40 MB

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiveFigures:
    """The state of a ``LiveReader`` at one moment.

    Attributes:
        frames: frames processed since the start.
        errors: frames that failed and were returned unprocessed.
        last_error: the last error message, empty if there is none.
        fps: frames processed per second, over the last three seconds; 0 when none came in the last second.
        milliseconds: the mean time of each of ``STAGES``.
        faces: number and prediction of every face in the picture now, in the numbers' order; none when no
            frame came in the last second.
        calibrating: whether a neutral face is being recorded.
        corrected: the numbers of the faces whose predictions are corrected for their neutral face.
        recording: whether rows are being recorded.
        recorded: how many rows have been recorded.
    """

    frames: int
    errors: int
    last_error: str
    fps: float
    milliseconds: Mapping[str, float]
    faces: tuple[tuple[int, Prediction], ...]
    calibrating: bool
    corrected: tuple[int, ...]
    recording: bool
    recorded: int


class LiveReader:
    """Detects, tracks, classifies and draws the faces of a stream of pictures.

    Args:
        recognizer: detects faces and predicts their emotions.
        reference: (7,) the mean log-probabilities of its network for neutral faces, from
            ``fer_core.inference.tracking.neutral_reference``.
        clock: seconds that never go back.

    Attributes:
        time_constant: of the exponential smoothing, in seconds; 0 shows each frame's own prediction.
        mirror: whether the picture is mirrored, as people know themselves.
    """

    def __init__(
        self, recognizer: "Recognizer", reference: Floats, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.time_constant = 0.5
        self.mirror = True
        self._recognizer, self._reference, self._clock = recognizer, reference, clock
        self._lock = threading.Lock()
        self._tracker = Tracker()
        self._faces: list[Face] = []
        self._searched = -math.inf
        self._predictions: dict[int, Prediction] = {}
        self._history: deque[tuple[float, int, Floats]] = deque()  # time, face, shown probabilities
        self._times: deque[tuple[float, dict[str, float]]] = deque()
        self._rows: list[str] = []  # lines of a CSV, which take half the memory of their numbers
        self._is_recording, self._recording_start = False, 0.0
        self._drawn: Picture | None = None
        self._frames = self._errors = 0
        self._last_error = ""

    def __call__(self, frame: "VideoFrame") -> "VideoFrame":
        """Process one frame of a video; an error is counted, and the frame is returned unprocessed.

        An exception that left this method would end the stream without a message.
        """
        try:
            picture = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
            return frame.from_ndarray(self.read(picture), format="rgb24")
        except Exception as error:
            self._note(error)
            return frame

    def read(self, picture: Picture) -> Picture:
        """The picture with every face boxed, numbered and labelled.

        Args:
            picture: RGB uint8 (H, W, 3).

        Raises:
            FerError: if the picture or the network's output is invalid.
        """
        with self._lock:
            if self.mirror:
                picture = np.asarray(cv2.flip(picture, 1), dtype=np.uint8)  # a fifth of NumPy's time
            now, took = self._clock(), dict.fromkeys(STAGES, 0.0)
            tracks = self._predict_faces(picture, now, took)
            held = {track.number for track in self._tracker.tracks if now - track.seen <= HOLD_SECONDS}
            self._predictions = {n: each for n, each in sorted(self._predictions.items()) if n in held}
            with _timed(took, "draw"):
                predictions = list(self._predictions.values())
                self._drawn = draw_predictions(picture, predictions, numbers=list(self._predictions))
            self._keep(tracks, now, took)
            return self._drawn

    def _predict_faces(self, picture: Picture, now: float, took: dict[str, float]) -> list[Track]:
        """Detect, crop and classify the faces of one picture; returns their tracks."""
        with _timed(took, "detect"):
            faces = self._detect(picture, now)
        with _timed(took, "crop"):
            crops = [crop_face(picture, face) for face in faces]
        with _timed(took, "predict"):
            outputs = self._recognizer.predict_crops(np.stack(crops)) if crops else ()
        # Checked before any track takes them in: a NaN would stay in its mean for ever.
        predictions = [Prediction(*parts) for parts in zip(outputs, faces, crops, strict=True)]
        tracks = self._tracker.update([face.box for face in faces], now)
        for track, prediction in zip(tracks, predictions, strict=True):
            shown = track.expression.update(
                prediction.probabilities, now, time_constant=self.time_constant, reference=self._reference
            )
            self._predictions[track.number] = replace(prediction, probabilities=shown)
        return tracks

    def _detect(self, picture: Picture, now: float) -> list[Face]:
        """The picture's faces: near where they were in the last frame, or searched in all of it."""
        near = self._recognizer.follow_faces(picture, self._faces)
        is_lost = len(near) < len(self._faces)
        if is_lost or not near or now - self._searched >= SEARCH_SECONDS:
            smallest = SMALLEST_FACE * max(picture.shape[:2])
            near = self._recognizer.find_faces(picture, rotation=0, smallest_px=smallest, known=near)
            self._searched = now
        self._faces = near
        return near

    def _keep(self, tracks: list[Track], now: float, took: dict[str, float]) -> None:
        """Add this frame to the history, the recording and the timings."""
        shown = [(each.number, self._predictions[each.number]) for each in tracks]
        self._history.extend((now, number, each.probabilities) for number, each in shown)
        while self._history and self._history[0][0] < now - HISTORY_SECONDS:
            self._history.popleft()
        if self._is_recording:
            at = now - self._recording_start
            rows = (FaceRow("camera", number, each.face, each.probabilities, at) for number, each in shown)
            self._rows.extend(map(CSV.row, islice(rows, MOST_ROWS - len(self._rows))))
            self._is_recording = len(self._rows) < MOST_ROWS
        self._times.append((now, took))
        while self._times[0][0] < now - FIGURES_SECONDS:
            self._times.popleft()
        self._frames += 1

    def _note(self, error: Exception) -> None:
        message = str(error) or type(error).__name__
        with self._lock:
            self._errors += 1
            is_new, self._last_error = message != self._last_error, message
        if is_new:  # a camera sends 15 frames a second; one traceback is enough
            log.error("A frame could not be processed", exc_info=error)

    def use(self, recognizer: "Recognizer", reference: Floats) -> None:
        """Use another network from the next frame on; faces keep their numbers, not their calibration."""
        with self._lock:
            if recognizer is not self._recognizer:
                self._recognizer, self._reference = recognizer, reference
                for track in self._tracker.tracks:
                    track.expression.reset_neutral()

    def figures(self) -> LiveFigures:
        """The current state."""
        with self._lock:
            tracks = [track for track in self._tracker.tracks if track.number in self._predictions]
            corrected = [track.number for track in tracks if track.expression.baseline is not None]
            return LiveFigures(
                frames=self._frames,
                errors=self._errors,
                last_error=self._last_error,
                fps=self._fps(),
                milliseconds=self._milliseconds(),
                faces=() if self._is_stalled() else tuple(self._predictions.items()),
                calibrating=any(track.expression.is_calibrating for track in tracks),
                corrected=tuple(sorted(corrected)),
                recording=self._is_recording,
                recorded=len(self._rows),
            )

    def _is_stalled(self) -> bool:
        return not self._times or self._clock() - self._times[-1][0] > STALLED_SECONDS

    def _fps(self) -> float:
        if self._is_stalled():
            return 0.0
        return (len(self._times) - 1) / (self._times[-1][0] - self._times[0][0] or np.inf)

    def _milliseconds(self) -> dict[str, float]:
        rows = [took for _, took in self._times] or [dict.fromkeys(STAGES, 0.0)]
        return {stage: 1000 * float(np.mean([took[stage] for took in rows])) for stage in STAGES}

    def history(self, number: int) -> tuple[Floats, Floats]:
        """The shown probabilities of one face over the last 30 s.

        Returns:
            seconds (N,), from -30 to 0 (now), and probabilities (N, 7).
        """
        with self._lock:
            now = self._clock()
            rows = [row for row in self._history if row[1] == number and row[0] >= now - HISTORY_SECONDS]
        seconds = np.array([row[0] - now for row in rows])
        return seconds, np.array([row[2] for row in rows]).reshape(-1, EMOTION_COUNT)

    def snapshot(self) -> Picture | None:
        """The last picture with its boxes, RGB uint8 (H, W, 3); None before the first."""
        with self._lock:
            return self._drawn

    def calibrate_neutral(self) -> None:
        """Take the next second of every face in the picture as its neutral face."""
        with self._lock:
            for track in self._tracker.tracks:
                if track.number in self._predictions:
                    track.expression.calibrate_neutral(self._clock())

    def reset_neutral(self) -> None:
        """Show every face without correction again."""
        with self._lock:
            for track in self._tracker.tracks:
                track.expression.reset_neutral()

    def start_recording(self) -> None:
        """Record one row per face and frame from now on; an earlier recording is discarded."""
        with self._lock:
            self._rows, self._recording_start, self._is_recording = [], self._clock(), True

    def stop_recording(self) -> None:
        """Stop recording; recorded rows are kept."""
        with self._lock:
            self._is_recording = False

    def recording_csv(self) -> str:
        """The recording as a face table: one row per face and frame, times from its start."""
        with self._lock:
            return "".join([CSV.head, *self._rows])


@contextmanager
def _timed(took: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    took[stage] = time.perf_counter() - start
