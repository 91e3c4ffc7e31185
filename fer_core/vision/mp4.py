"""Pictures to an MP4 film that every browser plays: H.264, 4:2:0, each picture with a time of its own."""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from fer_core.extras import optional
from fer_core.vision.pictures import Picture

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import OutputContainer
    from av.video.stream import VideoStream

TICK = Fraction(1, 90_000)  # seconds; the usual clock of video, in which common frame rates are whole numbers
# x264's fastest preset, a few milliseconds for 640 x 480: it encodes beside a camera.
ENCODER: Mapping[str, str] = MappingProxyType({"preset": "ultrafast", "crf": "25"})
# Until it is closed the film is in pieces that play by themselves: what was written before an error is kept.
CONTAINER = {"movflags": "hybrid_fragmented", "frag_duration": "1000000"}  # microseconds
EXPECTED_RATE = 30  # what x264 spreads its bits by; the pictures' own times are what is stored


class Mp4Writer:
    """Writes pictures as they come, and holds none of them. Use it in a ``with``, or ``close`` it.

    Args:
        file: a binary file that can seek; it stays open.
        encoder: options of x264.

    Raises:
        MissingExtraError: if PyAV is not installed.
    """

    def __init__(self, file: BinaryIO, *, encoder: Mapping[str, str] = ENCODER) -> None:
        with optional():
            import av

        self._container: OutputContainer = av.open(file, "w", format="mp4", options=CONTAINER)
        self._encoder = dict(encoder)
        self._stream: VideoStream | None = None
        self._last = -1
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def write(self, picture: Picture, seconds: float) -> None:
        """Add a picture; one of another size than the first is scaled to that.

        Args:
            picture: RGB uint8 (H, W, 3); an odd side loses its last pixel, which 4:2:0 cannot hold.
            seconds: its time, from the film's start.

        Raises:
            OSError: if the file takes no more; PyAV's errors are others of its own.
        """
        from av import VideoFrame

        if self._stream is None:
            self._stream = self._add_stream(*picture.shape[:2])
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame = frame.reformat(self._stream.width, self._stream.height, "yuv420p")
        # Two pictures never share a tick, whatever the clock says.
        frame.pts = self._last = max(self._last + 1, round(seconds / TICK))
        frame.time_base = TICK
        self._mux(frame)

    def _mux(self, frame: "VideoFrame | None") -> None:
        """Encode a frame, or the rest for None. FFmpeg crashes if it is asked again once it has failed."""
        if self._stream is None or self._is_over:
            return
        self._is_over = True
        self._container.mux(self._stream.encode(frame))
        self._is_over = False

    def _add_stream(self, height: int, width: int) -> "VideoStream":
        # Without B-frames, which a film in pieces shows late: by 0.4 s, with no edit list to say so.
        options = self._encoder | {"bf": "0"}
        stream: VideoStream = self._container.add_stream("libx264", rate=EXPECTED_RATE, options=options)
        stream.height, stream.width, stream.pix_fmt = height // 2 * 2, width // 2 * 2, "yuv420p"
        stream.codec_context.time_base = TICK
        stream.codec_context.thread_count = 1  # each further thread holds back a picture
        return stream

    def close(self) -> None:
        """Finish the film, which takes nothing more; without a single picture the file is empty.

        Raises:
            OSError: if the file takes no more; see ``write``.
        """
        try:
            self._mux(None)
        finally:
            self._is_over = True
            self._container.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
