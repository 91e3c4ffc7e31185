"""A video file in, every face's expression over time out.

PyAV decodes, not OpenCV: it reads straight from memory, so an upload never needs a file; it knows each
picture's own time, where OpenCV counts pictures and is wrong when a phone's rate varies; and its wheels carry
the same decoders on every system. One decoded picture is held at a time.
"""

import io
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from fer_core.emotions import EMOTION_COUNT, Emotion
from fer_core.errors import PictureError
from fer_core.inference.annotation import draw_predictions
from fer_core.inference.face_table import FaceRow
from fer_core.inference.tracking import PATIENCE_SECONDS, Floats, Tracker
from fer_core.vision.pictures import MOST_PIXELS, Picture

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from fer_core.inference.recognizer import Prediction, Recognizer

VideoSource = str | Path | BinaryIO

CONTAINERS = ("mp4", "mov", "webm", "mkv", "avi")
# What FFmpeg may try. Its playlist formats open further files and addresses, and are never wanted here.
DEMUXERS = "mov,matroska,webm,avi"
FRAMES_PER_SECOND = 5.0  # an expression lasts half a second or longer
PEAK_PX = 640  # the long side of a peak's picture, about 40 kB
MOST_PEAKS = 500  # 20 MB; a film with so many faces is still counted, without further pictures


@dataclass(frozen=True, eq=False)
class Moment:
    """One picture of a video.

    Attributes:
        seconds: when it is shown, from the video's start.
        picture: RGB uint8 (H, W, 3), upright.
        share: how much of the video lies before it, in [0, 1].
    """

    seconds: float
    picture: Picture
    share: float


@dataclass(frozen=True, eq=False)
class Peak:
    """The moment at which a face showed an emotion most.

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


def read_moments(
    source: VideoSource, *, name: str | None = None, frames_per_second: float = FRAMES_PER_SECOND
) -> Generator[Moment, None, None]:
    """The pictures of a video, upright, at most so many a second.

    Args:
        source: a path, or a binary stream that can seek.
        name: what a message calls it; by default the stream's or the path's name.
        frames_per_second: more than 0; where the video has fewer, each of its pictures comes once.

    Raises:
        PictureError: if it is no video of a format in ``CONTAINERS``, holds no picture, or is damaged; in
            the last case only after what comes before the damage.
    """
    import av

    if not frames_per_second > 0:
        raise PictureError(f"A video is read at more than 0 frames a second. Received: {frames_per_second}.")
    name = name or str(getattr(source, "name", None) or source)
    last, wanted = None, 0  # of the moments 0, 1, 2 ... / frames_per_second, the next one to come
    try:
        with _open(source, name) as container:
            stream = _picture_stream(container, name)
            for seconds, frame in _frames(container, stream):
                last, reached = seconds, int(seconds * frames_per_second + 1e-6)
                if reached >= wanted:
                    wanted = reached + 1
                    yield Moment(seconds, _upright(frame, name), _share(container, source, seconds))
    except av.FFmpegError as error:
        where = "read" if last is None else f"read beyond {last:.1f} s"
        raise PictureError(
            f"{name} cannot be {where}: it is damaged, unfinished or of a codec that is not known. "
            f"The decoder says: {_reason(error)}."
        ) from error
    if last is None:
        raise PictureError(f"{name} holds no picture that can be read. Expected a video with at least one.")


def _open(source: VideoSource, name: str) -> "InputContainer":
    """The opened file; nothing has been decoded yet."""
    import av

    if isinstance(source, (str, Path)):
        if not Path(source).is_file():
            raise PictureError(f"There is no video at {source}.")
        source = str(source)
    else:
        source.seek(0)
    try:
        return av.open(source, "r", options={"format_whitelist": DEMUXERS})
    except (av.FFmpegError, ValueError, OSError) as error:
        raise PictureError(
            f"{name} is no video that can be read, or an unfinished one. Expected {', '.join(CONTAINERS)}. "
            f"The decoder says: {_reason(error)}."
        ) from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).rstrip(".")


def _picture_stream(container: "InputContainer", name: str) -> "VideoStream":
    """The first stream of moving pictures; a song's cover is none."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            stream.thread_type = "AUTO"
            return stream
    sound = "sound alone" if container.streams.audio else "no stream of pictures"
    raise PictureError(f"{name} holds no moving pictures. Expected a video. Received: {sound}.")


def _frames(container: "InputContainer", stream: "VideoStream") -> Iterator[tuple[float, "VideoFrame"]]:
    """Each decoded picture with its time from the first one's; times never go back."""
    start, before = None, 0.0
    for frame in container.decode(stream):
        step = 1 / float(stream.average_rate or 25)
        at = frame.time if frame.time is not None else (start or 0.0) + before + step
        start = at if start is None else start
        before = max(before, at - start)
        yield before, frame


def _upright(frame: "VideoFrame", name: str) -> Picture:
    """RGB uint8 (H, W, 3), turned as the camera says; refused where it would fill the memory."""
    if frame.width * frame.height > MOST_PIXELS:
        raise PictureError(
            f"{name} is too large. Expected at most {MOST_PIXELS / 1e6:.0f} megapixels a picture. "
            f"Received: {frame.width} x {frame.height}."
        )
    picture = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)))  # both count anticlockwise


def _share(container: "InputContainer", source: VideoSource, seconds: float) -> float:
    """How far the reading is: by time, or by bytes, as a browser's recording does not state its length."""
    import av

    if container.duration:
        return min(1.0, seconds * av.time_base / container.duration)
    if isinstance(source, (str, Path)) or not container.size:
        return 0.0
    return min(1.0, source.tell() / container.size)


class VideoReader:
    """Reads a video moment by moment and keeps the numbers and the peaks, not the pictures.

    ``read_next`` may be called from one thread while another calls the rest.

    Args:
        recognizer: what finds and reads the faces.
        source: see ``read_moments``.
        name: see ``read_moments``.
        frames_per_second: see ``read_moments``.

    Attributes:
        is_finished: whether nothing more will be read.
        seconds: the time of the last moment read.
        share: how much of the video has been read, in [0, 1].
        moments: how many moments have been read.
    """

    def __init__(
        self,
        recognizer: "Recognizer",
        source: VideoSource,
        *,
        name: str | None = None,
        frames_per_second: float = FRAMES_PER_SECOND,
    ) -> None:
        self.is_finished = False
        self.seconds = self.share = 0.0
        self.moments = 0
        self._recognizer = recognizer
        self._moments = read_moments(source, name=name, frames_per_second=frames_per_second)
        self._tracker = Tracker(patience_seconds=max(PATIENCE_SECONDS, 2.5 / frames_per_second))
        self._path = name or str(getattr(source, "name", None) or source)
        self._rows: list[FaceRow] = []
        self._peaks: dict[tuple[int, Emotion], Peak] = {}
        self._lock = threading.Lock()

    def read_next(self) -> bool:
        """Read one more moment; False at the end.

        Raises:
            PictureError: see ``read_moments``; what was read before stays.
        """
        with self._lock:
            if self.is_finished:
                return False
            try:
                moment = next(self._moments, None)
            except PictureError:
                self.is_finished = True
                raise
            if moment is None:
                self.is_finished, self.share = True, 1.0
                return False
            self._take(moment)
            return True

    def stop(self) -> None:
        """Read no further; what was read stays."""
        with self._lock:
            self.is_finished = True
            self._moments.close()  # and with it the file

    def _take(self, moment: Moment) -> None:
        predictions = self._recognizer.predict(moment.picture)
        tracks = self._tracker.update([each.face.box for each in predictions], moment.seconds)
        numbers = [track.number for track in tracks]
        self._rows += (
            FaceRow(self._path, number, each.face, each.probabilities, moment.seconds)
            for number, each in zip(numbers, predictions, strict=True)
        )
        self._note_peaks(moment, numbers, predictions)
        self.seconds, self.share, self.moments = moment.seconds, moment.share, self.moments + 1

    def _note_peaks(self, moment: Moment, numbers: list[int], predictions: "list[Prediction]") -> None:
        """Keep the picture for each face that shows an emotion more than ever before."""
        jpeg = b""
        for number, each in zip(numbers, predictions, strict=True):
            key = number, each.emotion
            known = self._peaks.get(key)
            if known.probability >= each.confidence if known else len(self._peaks) >= MOST_PEAKS:
                continue
            jpeg = jpeg or _encode(draw_predictions(moment.picture, predictions, numbers=numbers))
            self._peaks[key] = Peak(moment.seconds, each.emotion, each.confidence, jpeg)

    @property
    def rows(self) -> tuple[FaceRow, ...]:
        """What was read: a row a face and moment."""
        return tuple(self._rows)

    def faces(self) -> dict[int, int]:
        """How many moments each face was seen in, the most seen first."""
        numbers, counts = np.unique([row.number for row in self._rows], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return {int(numbers[index]): int(counts[index]) for index in order}

    def timeline(self, number: int) -> tuple[Floats, npt.NDArray[np.float32]]:
        """What one face showed: seconds (N,) and probabilities (N, 7) float32, as the network gave them."""
        rows = [row for row in self._rows if row.number == number]
        shown = np.array([row.probabilities for row in rows], dtype=np.float32)
        return np.array([row.time for row in rows], dtype=np.float64), shown.reshape(-1, EMOTION_COUNT)

    def peaks(self, number: int) -> list[Peak]:
        """For each emotion that was ever a face's first, when it was so most, in the video's order."""
        found = [peak for (face, _), peak in list(self._peaks.items()) if face == number]
        return sorted(found, key=lambda peak: peak.seconds)


def _encode(picture: Picture) -> bytes:
    image = Image.fromarray(picture)
    image.thumbnail((PEAK_PX, PEAK_PX))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()
