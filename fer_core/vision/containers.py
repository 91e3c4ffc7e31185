"""The frames of a video's container in time, by PyAV.

PyAV and not OpenCV: it reads straight from memory, so an upload never needs a file; it knows each frame's
own time, where OpenCV counts frames and is wrong when a phone's rate varies; and its wheels carry the same
decoders on every system. One decoded frame is held at a time.
"""

import io
import os
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from fer_core.errors import PictureError, reason
from fer_core.extras import optional
from fer_core.vision.mpeg import ends_early
from fer_core.vision.pictures import Picture, reduced_size

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

VideoFile = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
_IN_MEMORY = bytes | bytearray | memoryview
# A frame's seconds from the video's start, what makes its picture, how much of the video lies before it, and
# how many damaged packets before it were left out.
Step = tuple[float, Callable[[], Picture], float, int]

# By a file's format (``content.identify``), who takes it apart. None of these opens a further file or
# address, as a playlist's would.
DEMUXERS = {
    "MPEG-4": "mov",
    "Matroska": "matroska",
    "AVI": "avi",
    "MPEG transport stream": "mpegts",
    "MPEG program stream": "mpeg",
    "MPEG video": "mpegvideo",
}
STATE_LENGTH = ("MPEG-4", "Matroska", "AVI")  # the length of the others is a guess
MOST_PIXELS = 36_000_000  # 8K; the decoder holds up to 17 such frames, and each thread its own
MOST_FRAME_BYTES = 64_000_000  # 8K with 10 bits
MOST_THREADS = 4
MOST_FAILURES = 1000  # packets in a row
WIDEST_PIXEL = 16
MICROSECONDS = 1_000_000  # of which a container counts


def video_steps(name: str, source: VideoFile, form: str) -> Generator[Step, None, None]:
    """Each frame that can be decoded.

    Args:
        name: what a message calls the video.
        source: a path, a file's bytes, or a binary stream that can seek.
        form: one of ``DEMUXERS``.

    Raises:
        PictureError: if no frame can be decoded, or would fill the memory; after the last one, if the video
            ends before its stated length.
    """
    with _open(name, source, DEMUXERS[form]) as container:
        stream = _picture_stream(name, container)
        reading = _Reading(container, stream)
        for frame in reading.frames():
            _check_size(name, frame.width, frame.height, frame.format.bits_per_pixel)
            picture = partial(_upright, frame, stream.sample_aspect_ratio)
            yield reading.seconds, picture, reading.share, reading.skipped
        reading.check_end(name, states_length=form in STATE_LENGTH)
    if _ends_early(source, form):
        raise PictureError(
            f"{name} is unfinished or damaged: it ends within a packet; read {reading.seconds:.1f} s of it."
        )


def _ends_early(source: VideoFile, form: str) -> bool:
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as opened:
            return ends_early(opened, form)
    return ends_early(io.BytesIO(source) if isinstance(source, _IN_MEMORY) else source, form)


def _open(name: str, source: VideoFile, demuxer: str) -> "InputContainer":
    """The opened file; of its frames a few may have been decoded to learn the format."""
    with optional():
        import av

    if isinstance(source, _IN_MEMORY):
        file: str | BinaryIO = io.BytesIO(source)
    elif isinstance(source, str | os.PathLike):
        file = os.path.abspath(source)  # so that no name is taken for an address: "concat:a|b"
    else:
        source.seek(0)
        file = source
    options = {"max_pixels": str(MOST_PIXELS), "format_whitelist": demuxer}
    try:
        return av.open(file, "r", format=demuxer, options=options, metadata_errors="replace")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise PictureError(
            f"{name} is damaged or unfinished: it cannot be opened. The decoder says: {reason(error)}."
        ) from error


def _picture_stream(name: str, container: "InputContainer") -> "VideoStream":
    """The first stream of moving pictures, made ready to decode; a song's cover is none."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            continue
        context = stream.codec_context
        if context is None:
            raise PictureError(
                f"{name} holds a video that cannot be decoded: it is unfinished, damaged or of a codec that "
                "is not known."
            )
        bits = context.format.bits_per_pixel if context.format else 0
        _check_size(name, context.width, context.height, bits)
        # Threads that share a frame need one; those that each decode their own are faster, and need many.
        context.thread_type = "SLICE" if context.width * context.height > MOST_PIXELS / 4 else "AUTO"
        context.thread_count = MOST_THREADS
        context.options = {"max_pixels": str(MOST_PIXELS)}
        return stream
    sound = "sound alone" if container.streams.audio else "no stream of pictures"
    raise PictureError(f"{name} holds no moving pictures. Expected a video. Received: {sound}.")


def _check_size(name: str, width: int, height: int, bits_a_pixel: int) -> None:
    if width * height > MOST_PIXELS or width * height * bits_a_pixel > 8 * MOST_FRAME_BYTES:
        raise PictureError(
            f"{name} is too large. Expected frames of at most {MOST_PIXELS / 1e6:.0f} megapixels and "
            f"{MOST_FRAME_BYTES / 1e6:.0f} MB. Received: {width} x {height} pixels, {bits_a_pixel} bits each."
        )


class _Reading:
    """Goes through a container once, over what is damaged.

    Attributes:
        seconds: the time of the last frame from the first one's; it never goes back.
        share: how much of the video lies before that frame, in [0, 1].
        skipped: how many packets could not be read.
    """

    def __init__(self, container: "InputContainer", stream: "VideoStream") -> None:
        self.seconds = self.share = 0.0
        self.skipped = 0
        self._container, self._stream = container, stream
        self._start: float | None = None
        self._end = 0.0  # of the last frame
        self._reach = 0.0  # the end of the last packet, be it of sound
        self._failures = 0  # since the last frame
        self._error: Exception | None = None

    def frames(self) -> "Iterator[VideoFrame]":
        """Each frame that can be decoded."""
        for packet in self._packets():
            yield from self._decode(packet)
        yield from self._decode(None)  # those that the decoder holds back

    def _packets(self) -> "Iterator[Packet]":
        """Those of the pictures; a demuxer that fails is asked again, and goes on behind the damage."""
        import av

        at_end = False
        while not at_end and self._failures < MOST_FAILURES:
            try:
                for packet in self._container.demux():
                    self._note_reach(packet)
                    if packet.stream.index == self._stream.index and packet.size:
                        yield packet
                        if self._failures >= MOST_FAILURES:
                            return
                at_end = True
            except (av.FFmpegError, OSError, ValueError) as error:
                self._skip(error)

    def _decode(self, packet: "Packet | None") -> "Iterator[VideoFrame]":
        import av

        try:
            frames = self._stream.decode(packet)
        except av.FFmpegError as error:
            self._skip(error)
            return
        for frame in frames:
            self._failures = 0
            self._take_time(frame)
            yield frame

    def _skip(self, error: Exception) -> None:
        self._error = error
        self._failures += 1
        self.skipped += 1

    def _take_time(self, frame: "VideoFrame") -> None:
        unit = float(self._stream.time_base or 0)  # the frames that come last do not know theirs
        step = (frame.duration or 0) * unit or 1 / float(self._stream.average_rate or 25)
        at = (self._start or 0.0) + self._end if frame.pts is None else frame.pts * unit
        self._start = at if self._start is None else self._start
        self.seconds = max(self.seconds, at - self._start)
        self._end = self.seconds + step
        if self._container.duration:
            self.share = min(1.0, self.seconds / self._container.duration * MICROSECONDS)

    def _note_reach(self, packet: "Packet") -> None:
        if packet.pts is not None and packet.time_base is not None:
            end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            self._reach = max(self._reach, end - (self._container.start_time or 0) / MICROSECONDS)
        # A browser's recording does not state its length: how much of its bytes lies before.
        if not self._container.duration and packet.pos is not None and self._container.size > 0:
            self.share = min(1.0, max(self.share, packet.pos / self._container.size))

    def check_end(self, name: str, *, states_length: bool) -> None:
        """Once all is read: say so if that is not all that there should be.

        Args:
            name: what a message calls the video.
            states_length: whether the container's duration is a stated and not a guessed one.

        Raises:
            PictureError: if there was no frame, or none up to the stated length.
        """
        if self._start is None:
            raise PictureError(
                f"{name} holds no frame that can be read: it is empty, damaged, too large or of a codec that "
                f"is not known. The decoder says: {reason(self._error)}."
            )
        stated = self._stated() if states_length else 0.0
        if self._end < stated - min(1.0, stated / 10):
            raise PictureError(f"{name} is unfinished or damaged: read {self._end:.1f} s of {stated:.1f} s.")
        if self._failures >= MOST_FAILURES:
            raise PictureError(f"{name} cannot be read beyond {self._end:.1f} s: {reason(self._error)}.")

    def _stated(self) -> float:
        """How long the pictures should last, in seconds; 0 where it is not stated."""
        if self._container.format.name == "avi" and self._stream.average_rate:  # its duration is the half's
            return self._stream.frames / float(self._stream.average_rate)
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        whole = (self._container.duration or 0) / MICROSECONDS
        # That of the longest stream. Where the sound goes on to the end, the pictures have ended before it.
        return 0.0 if self._failures == 0 and self._reach > whole - min(1.0, whole / 10) else whole


def _upright(frame: "VideoFrame", pixel: Fraction | None) -> Picture:
    """RGB uint8 (H, W, 3) with square pixels, turned and mirrored as the camera says."""
    ratio = float(pixel or 1)
    ratio = ratio if 1 / WIDEST_PIXEL <= ratio <= WIDEST_PIXEL else 1.0
    size = round(frame.width * max(1.0, ratio)), round(frame.height * max(1.0, 1 / ratio))
    width, height = reduced_size(size)
    picture = np.asarray(frame.to_ndarray(format="rgb24", width=width, height=height), dtype=np.uint8)
    return np.ascontiguousarray(_apply_matrix(picture, _display_matrix(frame)))


def _display_matrix(frame: "VideoFrame") -> npt.NDArray[np.int32]:
    """How pixels come onto the display (2, 2): a right angle's turn, perhaps mirrored."""
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return np.eye(2, dtype=np.int32)
    return np.frombuffer(data, np.int32).reshape(3, 3)[:2, :2]


def _apply_matrix(picture: Picture, matrix: npt.NDArray[np.int32]) -> Picture:
    """A pixel at (x, y) is shown at (x, y) @ matrix (ISO 14496-12, 6.2.2), moved so that it is seen."""
    weights = np.abs(matrix.astype(np.int64))
    if weights[0, 1] + weights[1, 0] > weights.trace():  # x becomes y
        picture, matrix = picture.swapaxes(0, 1), matrix[::-1]
    return picture[:: -1 if matrix[1, 1] < 0 else 1, :: -1 if matrix[0, 0] < 0 else 1]
