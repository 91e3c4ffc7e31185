"""Live prediction: a frame in, the same frame with every face boxed and labelled out.

A ``LiveReader`` is called by one thread, frame after frame, while other threads read its figures: one lock
guards it all, held for one frame at most. It keeps everything in memory, but for the film of a recording.
"""

import logging
import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fer_core.emotions import EMOTION_COUNT
from fer_core.inference.annotation import draw_predictions
from fer_core.inference.expression import Floats
from fer_core.inference.live_figures import STAGES, LiveFigures, Timings, timed
from fer_core.inference.recognizer import Prediction
from fer_core.inference.recording import Recording
from fer_core.inference.tracking import Track, Tracker
from fer_core.vision.detection import Face, crop_face
from fer_core.vision.pictures import Picture

if TYPE_CHECKING:
    from av import VideoFrame

    from fer_core.inference.recognizer import Recognizer

HISTORY_SECONDS = 30.0
# A face that is not found in one frame keeps its box for so long, so that nothing flickers. A frame is seen
# until the next one comes: where these are far between, no box is held.
HOLD_SECONDS = 0.3
# Who bends down or hides behind a book for so long is the same when seen there again.
PATIENCE_SECONDS = 5.0
# A frame is searched for faces of this share of its long side, 28 px of 640, in one pass over 320 px.
SMALLEST_FACE = 14 / 320
# Between two such searches each face is looked for near its last place alone, which takes a fifth of that; a
# face that is not there is searched at once, so no box lags, and a new one waits for so long at most.
SEARCH_SECONDS = 0.2
CALIBRATED, CALIBRATING = "neutral calibrated", "calibrating"  # what a box says
LARGE_LABELS = 1.6  # how much larger than usual

log = logging.getLogger(__name__)


class LiveReader:
    """Detects, tracks, classifies and draws the faces of a stream of pictures.

    Args:
        recognizer: detects faces and predicts their emotions.
        reference: (7,) the mean log-probabilities of its network for neutral faces, from
            ``fer_core.inference.expression.neutral_reference``.
        clock: seconds that never go back.

    Attributes:
        time_constant: of the exponential smoothing, in seconds; 0 shows each frame's own prediction.
        mirror: whether the picture is mirrored, as people know themselves.
        large_labels: whether the labels are written larger, for an audience at a distance.
    """

    def __init__(
        self, recognizer: "Recognizer", reference: Floats, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.time_constant = 0.5
        self.mirror, self.large_labels = True, False
        self._recognizer, self._reference, self._clock = recognizer, reference, clock
        self._lock = threading.Lock()
        self._tracker = Tracker(patience_seconds=PATIENCE_SECONDS, reuse_numbers=True)
        self._faces: list[Face] = []
        self._searched = -math.inf
        self._predictions: dict[int, Prediction] = {}
        self._history: deque[tuple[float, int, Floats]] = deque()  # time, face, shown probabilities
        self._timings = Timings()
        self._recording = Recording()
        self._recording.stop()
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
            self._let_go(now)
            with timed(took, "draw"):
                self._drawn = draw_predictions(
                    picture,
                    list(self._predictions.values()),
                    numbers=list(self._predictions),
                    notes=self._notes(),
                    label_scale=LARGE_LABELS if self.large_labels else 1.0,
                )
                shown = [(each.number, self._predictions[each.number]) for each in tracks]
                self._recording.take(self._drawn, shown, now)
            self._history.extend((now, number, each.probabilities) for number, each in shown)
            while self._history and self._history[0][0] < now - HISTORY_SECONDS:
                self._history.popleft()
            self._timings.add(now, took)
            self._frames += 1
            return self._drawn

    def _let_go(self, now: float) -> None:
        """Forget the predictions of faces that have not been found for a while."""
        hold = max(0.0, HOLD_SECONDS - self._timings.since_last(now))
        held = {track.number for track in self._tracker.tracks if now - track.seen <= hold}
        self._predictions = {n: each for n, each in sorted(self._predictions.items()) if n in held}

    def _notes(self) -> dict[int, str]:
        """What the boxes say of the calibration."""
        shown = {track.number: track.expression for track in self._shown()}
        notes = {number: CALIBRATED for number, each in shown.items() if each.baseline is not None}
        return notes | {number: CALIBRATING for number, each in shown.items() if each.is_calibrating}

    def _shown(self) -> list[Track]:
        """The tracks of the faces in the last picture."""
        return [track for track in self._tracker.tracks if track.number in self._predictions]

    def _predict_faces(self, picture: Picture, now: float, took: dict[str, float]) -> list[Track]:
        """Detect, crop and classify the faces of one picture; returns their tracks."""
        with timed(took, "detect"):
            faces = self._detect(picture, now)
        with timed(took, "crop"):
            crops = [crop_face(picture, face) for face in faces]
        with timed(took, "predict"):
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
            near = self._recognizer.detect_faces(picture, rotation=0, smallest_px=smallest, known=near)
            self._searched = now
        self._faces = near
        return near

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
            shown = [(track.number, track.expression) for track in self._shown()]
            return LiveFigures(
                frames=self._frames,
                errors=self._errors,
                last_error=self._last_error,
                fps=self._timings.fps(self._clock()),
                milliseconds=self._timings.milliseconds(),
                faces=tuple(self._predictions.items()),
                present=tuple(n for n, _ in Counter(number for _, number, _ in self._history).most_common()),
                calibrating=tuple(number for number, each in shown if each.is_calibrating),
                calibrated=tuple(number for number, each in shown if each.baseline is not None),
                refused={number: each.refused for number, each in shown if each.refused is not None},
                recording=self._recording.is_running,
                recorded=self._recording.row_count,
                filmed=self._recording.seconds,
                film_error=self._recording.error,
            )

    def history(self, number: int) -> tuple[Floats, Floats]:
        """The shown probabilities of one face over the last 30 s of the stream.

        Returns:
            seconds (N,), from -30 to 0 (the last frame), and probabilities (N, 7).
        """
        with self._lock:
            rows = [row for row in self._history if row[1] == number]
            seconds = np.array([self._timings.since_last(row[0]) for row in rows])
        return seconds, np.array([row[2] for row in rows]).reshape(-1, EMOTION_COUNT)

    def snapshot(self) -> Picture | None:
        """The last picture with its boxes, RGB uint8 (H, W, 3); None before the first."""
        with self._lock:
            return self._drawn

    def calibrate_neutral(self, number: int) -> None:
        """Take the next second of one face as its neutral face; nothing if it is not in the picture."""
        with self._lock:
            for track in self._shown():
                if track.number == number:
                    track.expression.calibrate_neutral(self._clock())

    def reset_neutral(self, number: int) -> None:
        """Show one face without correction again."""
        with self._lock:
            for track in self._tracker.tracks:
                if track.number == number:
                    track.expression.reset_neutral()

    def start_recording(self) -> None:
        """Record every further frame and its faces; an earlier recording is discarded."""
        with self._lock:
            self._recording.stop()
            self._recording = Recording()

    def stop_recording(self) -> None:
        """Stop recording; what was recorded is kept."""
        with self._lock:
            self._recording.stop()

    def discard_recording(self) -> None:
        """Stop recording, and delete what was recorded."""
        with self._lock:
            self._recording.stop()
            self._recording = Recording()
            self._recording.stop()

    def recording_csv(self) -> str:
        """The recording as a face table: one row per face and frame, times from its first frame."""
        with self._lock:
            return self._recording.csv()

    def recording_mp4(self) -> bytes:
        """The recording as a film, with its boxes and labels; empty where there is none."""
        with self._lock:
            return self._recording.mp4()
