"""A video file in, every face's expression over time out."""

import io
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.errors import PictureError
from fer_core.inference.annotated_video import AnnotatedVideo
from fer_core.inference.annotation import draw_predictions
from fer_core.inference.expression import Floats
from fer_core.inference.face_table import FaceRow
from fer_core.inference.tracking import PATIENCE_SECONDS, Tracker
from fer_core.vision.containers import VideoFile
from fer_core.vision.cuts import CutDetector
from fer_core.vision.detection import Face
from fer_core.vision.frames import FRAMES_PER_SECOND, SampledFrame, name_of, sample_frames
from fer_core.vision.pictures import Picture
from fer_core.vision.pyramid import SMALLEST_FACE_PX

if TYPE_CHECKING:
    from fer_core.inference.recognizer import Prediction, Recognizer

KEY_FRAME_PX = 640  # the long side of a key frame's picture, about 40 kB
# A face of 30 px in a frame of 1,920: smaller ones take four times as long to find.
SMALLEST_FACE = 1 / 64
# So long faces are followed where they were, which takes a tenth of a search; then the frame is searched
# again for faces that have come. After a cut, and for a face that is lost, it is searched at once.
SEARCH_SECONDS = 1.0
MOST_KEY_FRAMES = 500  # 20 MB; a film with so many faces is still counted, without further pictures


@dataclass(frozen=True, eq=False)
class KeyFrame:
    """The sampled frame in which a face showed an emotion most.

    Attributes:
        seconds: when, from the video's start.
        emotion: which; it was the most probable one then.
        probability: the network's, in [0, 1].
        jpeg: the picture with every face's box, as a file's bytes.
    """

    seconds: float
    emotion: Emotion
    probability: float
    jpeg: bytes


class VideoReader:
    """Reads a video frame by frame, and keeps the numbers and the key frames, not the pictures.

    ``read_next`` may be called from one thread while another calls the rest.

    Args:
        recognizer: what finds and reads the faces.
        source: see ``frames.sample_frames``.
        name: see ``frames.sample_frames``.
        frames_per_second: see ``frames.sample_frames``.
        face_threshold: see ``Recognizer.predict``.
        annotated: a binary stream that can seek; the frames with their boxes are written there as MP4, whole
            once the reader is finished. By default none is made.
        keeps_key_frames: False where nobody looks at them: drawing them takes its time.

    Attributes:
        is_finished: whether nothing more will be read.
        seconds: the time of the last frame read.
        share: how much of the video has been read, in [0, 1].
        frame_count: how many frames have been read.
        skipped: how many damaged packets were left out before the last frame.
        cuts: the times of the frames with which a new shot begins; its faces have new numbers.
    """

    def __init__(
        self,
        recognizer: "Recognizer",
        source: VideoFile,
        *,
        name: str | None = None,
        frames_per_second: float = FRAMES_PER_SECOND,
        face_threshold: float | None = None,
        annotated: BinaryIO | None = None,
        keeps_key_frames: bool = True,
    ) -> None:
        self.is_finished = False
        self.seconds = self.share = 0.0
        self.frame_count = self.skipped = 0
        self._recognizer, self._face_threshold = recognizer, face_threshold
        self._keeps_key_frames = keeps_key_frames
        self._rotation: int | None = None
        self._last_rotation: int | None = None
        self._frames = sample_frames(source, name=name, frames_per_second=frames_per_second)
        self.cuts: list[float] = []
        self._cut_detector = CutDetector()
        self._faces: list[Face] = []
        self._searched = 0.0
        self._annotated = None if annotated is None else AnnotatedVideo(annotated)
        self._tracker = Tracker(patience_seconds=max(PATIENCE_SECONDS, 2.5 / frames_per_second))
        self._path = name or name_of(source)
        self._rows: list[FaceRow] = []
        self._key_frames: dict[tuple[int, Emotion], KeyFrame] = {}
        self._lock = threading.Lock()

    def read_next(self) -> bool:
        """Read one more frame; False at the end.

        Raises:
            PictureError: see ``frames.sample_frames``; what was read before stays.
        """
        with self._lock:
            if self.is_finished:
                return False
            try:
                frame = next(self._frames, None)
            except PictureError:
                self._finish()
                raise
            if frame is None:
                self._finish()
                self.share = 1.0
                return False
            self._take(frame)
            return True

    def stop(self) -> None:
        """Read no further; what was read stays."""
        with self._lock:
            self._finish()
            self._frames.close()  # and with it the file

    def _finish(self) -> None:
        self.is_finished = True
        if self._annotated is not None:
            self._annotated.close()

    def _take(self, frame: SampledFrame) -> None:
        if self._cut_detector.is_cut(frame.picture):
            self.cuts.append(frame.seconds)
            self._tracker.forget()
            self._faces = []
        self._faces = self._find_faces(frame)
        predictions = self._recognizer.predict(
            frame.picture, face_threshold=self._face_threshold, faces=self._faces
        )
        self._note_rotation(predictions)
        tracks = self._tracker.update([each.face.box for each in predictions], frame.seconds)
        numbers = [track.number for track in tracks]
        self._rows += (
            FaceRow(self._path, number, each.face, each.probabilities, frame.seconds)
            for number, each in zip(numbers, predictions, strict=True)
        )
        self._note_key_frames(frame, numbers, predictions)
        if self._annotated is not None:
            self._annotated.add(
                frame.seconds, frame.picture, predictions, numbers=numbers, rotation=self._rotation or 0
            )
        self.seconds, self.share, self.frame_count = frame.seconds, frame.share, self.frame_count + 1
        self.skipped = frame.skipped

    def _find_faces(self, frame: SampledFrame) -> list[Face]:
        """The last frame's faces where they are now; all faces where one is lost, or it is time."""
        threshold = self._face_threshold
        if self._rotation == 0 and frame.seconds - self._searched < SEARCH_SECONDS:
            near = self._recognizer.follow_faces(frame.picture, self._faces, face_threshold=threshold)
            if near and len(near) == len(self._faces):
                return near
        self._searched = frame.seconds
        smallest = SMALLEST_FACE * max(frame.picture.shape[:2])
        return self._recognizer.detect_faces(
            frame.picture,
            face_threshold=threshold,
            rotation=self._rotation,
            smallest_px=smallest if smallest > SMALLEST_FACE_PX else None,
        )

    def _note_rotation(self, predictions: "list[Prediction]") -> None:
        """A film lies as its first faces do: once two frames agree, no further one is asked."""
        if predictions and self._rotation is None:
            rotation, before = predictions[0].rotation, self._last_rotation
            self._rotation, self._last_rotation = rotation if rotation == before else None, rotation

    def _note_key_frames(
        self, frame: SampledFrame, numbers: list[int], predictions: "list[Prediction]"
    ) -> None:
        """Keep the picture for each face that shows an emotion more than ever before."""
        jpeg, most = b"", MOST_KEY_FRAMES if self._keeps_key_frames else 0
        for number, each in zip(numbers, predictions, strict=True):
            key = number, each.emotion
            known = self._key_frames.get(key)
            if known.probability >= each.confidence if known else len(self._key_frames) >= most:
                continue
            jpeg = jpeg or _encode(draw_predictions(frame.picture, predictions, numbers=numbers))
            self._key_frames[key] = KeyFrame(frame.seconds, each.emotion, each.confidence, jpeg)

    @property
    def rows(self) -> tuple[FaceRow, ...]:
        """What was read: a row a face and sampled frame."""
        return tuple(self._rows)

    @property
    def remark(self) -> str:
        """What was left out, as a sentence; empty where nothing was."""
        if not self.skipped:
            return ""
        packets = "one damaged packet was" if self.skipped == 1 else f"{self.skipped} damaged packets were"
        return f"{self._path}: {packets} left out."

    def faces(self) -> dict[int, int]:
        """How many frames each face was seen in, the most seen first."""
        numbers, counts = np.unique([row.number for row in self._rows], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return {int(numbers[index]): int(counts[index]) for index in order}

    def timeline(self, number: int) -> tuple[Floats, npt.NDArray[np.float32]]:
        """What one face showed: seconds (N,) and probabilities (N, 7) float32, as the network gave them."""
        rows = [row for row in self._rows if row.number == number]
        shown = np.array([row.probabilities for row in rows], dtype=np.float32)
        return np.array([row.time for row in rows], dtype=np.float64), shown.reshape(-1, EMOTION_COUNT)

    def key_frames(self, number: int) -> list[KeyFrame]:
        """For each emotion that was ever a face's first, when it was so most, in the video's order."""
        found = [each for (face, _), each in list(self._key_frames.items()) if face == number]
        return sorted(found, key=lambda each: each.seconds)


def _encode(picture: Picture) -> bytes:
    image = Image.fromarray(picture)
    image.thumbnail((KEY_FRAME_PX, KEY_FRAME_PX))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()
