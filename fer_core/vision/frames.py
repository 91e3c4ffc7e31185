"""From a video's file to pictures in time: RGB uint8 (H, W, 3), upright, at most so many a second."""

import os
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

from fer_core.errors import PictureError, reason
from fer_core.files import require_regular_file
from fer_core.vision.containers import DEMUXERS, Step, VideoFile, video_steps
from fer_core.vision.content import HEAD_BYTES, Content, identify
from fer_core.vision.gif import walk_gif
from fer_core.vision.headers import check_size, open_picture, read_picture
from fer_core.vision.pictures import Picture, decode

ANIMATIONS = ("GIF", "WEBP", "PNG", "AVIF")  # formats of pictures that may move
SUFFIXES = (
    "mp4",
    "m4v",
    "mov",
    "3gp",
    "webm",
    "mkv",
    "avi",
    "mts",
    "m2ts",
    "ts",
    "mpg",
    "mpeg",
    "gif",
    "webp",
)
FRAMES_PER_SECOND = 5.0  # an expression lasts half a second or longer


@dataclass(frozen=True, eq=False)
class SampledFrame:
    """One picture of a video.

    Attributes:
        seconds: when it is shown, from the video's start.
        picture: RGB uint8 (H, W, 3), upright, its pixels square, reduced as ``load_picture`` does.
        share: how much of the video lies before it, in [0, 1].
        skipped: how many damaged packets before it were left out.
    """

    seconds: float
    picture: Picture
    share: float
    skipped: int = 0


def kind_of(source: VideoFile) -> Literal["picture", "video"]:
    """Whether a file is read by ``load_picture`` or by ``sample_frames``: by what it holds, not by its name.

    Args:
        source: a path, a file's bytes, or a binary stream that can seek. An animation is a video.

    Raises:
        PictureError: if there is no such file, or it holds neither.
    """
    name, content = _identify(source)
    if content.kind == "other":
        raise PictureError(f"{name} is neither a picture nor a video. Received: {content}.")
    return "video" if _is_animation(source, content) else content.kind


def sample_frames(
    source: VideoFile, *, name: str | None = None, frames_per_second: float = FRAMES_PER_SECOND
) -> Generator[SampledFrame, None, None]:
    """The pictures of a video or an animation, upright, at most so many a second.

    A damaged packet is left out, and reading goes on behind it.

    Args:
        source: a path, a file's bytes, or a binary stream that can seek.
        name: what a message calls it; by default the stream's or the path's name.
        frames_per_second: more than 0; where the video has fewer, each of its frames comes once.

    Raises:
        PictureError: if it is no video of a format that is read, holds no frame, would fill the memory, or
            ends before its stated length; in the last case only after all frames that there are.
    """
    if not frames_per_second > 0:
        raise PictureError(f"A video is read at more than 0 frames a second. Received: {frames_per_second}.")
    found, content = _identify(source)
    name = name or found
    if _is_animation(source, content):
        steps = _animation_steps(name, source)
    else:
        _require_video(name, content)
        steps = video_steps(name, source, content.format)
    wanted = 0  # of the times 0, 1, 2 ... / frames_per_second, the next one to come
    with closing(steps):
        for seconds, picture, share, skipped in steps:
            reached = int(seconds * frames_per_second + 1e-6)
            if reached >= wanted:
                wanted = reached + 1
                yield SampledFrame(seconds, picture(), share, skipped)


def _identify(source: VideoFile) -> tuple[str, Content]:
    """What a message calls a file, and what it holds."""
    if isinstance(source, bytes | bytearray | memoryview):
        return name_of(source), identify(bytes(source[:HEAD_BYTES]))
    if not isinstance(source, str | os.PathLike):
        return name_of(source), identify(_read_head(source))
    path = Path(source)
    require_regular_file(path, error=PictureError, what="picture or video")
    try:
        with open(path, "rb") as file:
            return str(path), identify(file.read(HEAD_BYTES))
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {reason(error)}.") from error


def name_of(source: VideoFile) -> str:
    """What a message calls a file: a path as it is, a stream by its name."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "name", None) or "The video")


def _read_head(file: BinaryIO) -> bytes:
    if not hasattr(file, "read"):
        raise PictureError(
            f"A video must be a path, a file's bytes or an open file. Received: {type(file).__name__}."
        )
    try:
        file.seek(0)
        return bytes(file.read(HEAD_BYTES))
    except (OSError, ValueError, TypeError, AttributeError) as error:  # a pipe; closed; open as text
        raise PictureError(f"{name_of(file)} cannot be read from its start: {reason(error)}.") from error


def _require_video(name: str, content: Content) -> None:
    wanted = f"Expected one of {', '.join(SUFFIXES)}."
    if content.kind != "video":
        raise PictureError(f"{name} is no video. {wanted} Received: {content}.")
    if content.format not in DEMUXERS:
        raise PictureError(f"{name} is a video of a format that is not read. {wanted} Received: {content}.")


def _is_animation(source: VideoFile, content: Content) -> bool:
    if content.format not in ANIMATIONS:
        return False
    try:
        name, data = read_picture(source)
        if content.format == "GIF":
            return walk_gif(data).frame_count > 1
        return bool(getattr(open_picture(name, data), "is_animated", False))
    except PictureError:  # Who reads it as a picture says what is wrong.
        return False


def _animation_steps(name: str, source: VideoFile) -> Generator[Step, None, None]:
    """Each frame of an animation, by Pillow."""
    _, data = read_picture(source)
    image: Any = open_picture(name, data)
    gif = walk_gif(data) if image.format == "GIF" else None
    total = gif.frame_count if gif else image.n_frames
    check_size(name, gif.size if gif else image.size, bytes_a_pixel=16)  # Two or three frames are blended.
    seconds = 0.0
    try:
        for index in range(total):
            image.seek(index)
            yield seconds, partial(decode, name, image), index / total, 0
            shown = image.info.get("duration", 0)  # milliseconds; browsers take too few for 100
            seconds += (shown if shown > 10 else 100) / 1000
    except PictureError:
        raise
    except Exception as error:
        raise PictureError(
            f"{name} is unfinished or damaged: read {seconds:.1f} s of it. The decoder says: {reason(error)}."
        ) from error
    if gif and not gif.is_whole:
        raise PictureError(f"{name} is unfinished: read {seconds:.1f} s of it.")
