"""``fer predict`` on a video: read under a bar, then a row a face and sampled moment."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_core.emotions import EMOTIONS
from fer_core.formats import format_percent

if TYPE_CHECKING:
    from fer_core.recognition import Recognizer
    from fer_core.video import VideoReader

SUFFIXES = {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi"}


def is_video(path: Path) -> bool:
    """Whether a file's name is a video's; any other is read as a picture."""
    return path.suffix.lower() in SUFFIXES


def open_video(recognizer: "Recognizer", path: Path, rate: float) -> "VideoReader":
    """A reader of ``rate`` pictures a second at most; nothing is read yet."""
    from fer_core.video import VideoReader

    return VideoReader(recognizer, path, name=str(path), frames_per_second=rate)


def read_video(reader: "VideoReader", name: str) -> None:
    """Read to the end under a bar. Ctrl-C ends it, says where, and goes on to the caller.

    Raises:
        PictureError: if it is no video, or damaged; what was read before stays in the reader.
        KeyboardInterrupt: for Ctrl-C; so does it then.
    """
    from fer_core.progress import VideoProgress

    with VideoProgress(name) as progress:
        try:
            while reader.read_next():
                progress.on_moment(reader.share, reader.seconds)
        except KeyboardInterrupt:
            reader.stop()
            until = f"after {reader.seconds:.1f} s of {name}; what was read until then is kept"
            print(f"\nfer: stopped {until}.", file=sys.stderr)
            raise


def save_peaks(reader: "VideoReader", folder: Path, stem: str) -> None:
    """For each face and emotion, the picture in which it showed most: ``film-face-1-happy.jpg``."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in reader.faces():
        for peak in reader.peaks(number):
            (folder / f"{stem}-face-{number}-{peak.emotion.label}.jpg").write_bytes(peak.jpeg)


def moments_as_dicts(reader: "VideoReader") -> list[dict[str, Any]]:
    """A face and moment each, in JSON's types; but for the first two, named as a picture's faces are."""
    return [
        {
            "seconds": round(seconds, 3),
            "face": number,
            "emotion": EMOTIONS[int(probabilities.argmax())].label,
            "confidence": float(probabilities.max()),
            "probabilities": {each.label: float(probabilities[each]) for each in EMOTIONS},
            "box": dict(zip(("x", "y", "width", "height"), map(float, box), strict=True)),
        }
        for seconds, number, box, probabilities in reader.rows
    ]


def video_lines(path: str, reader: "VideoReader") -> list[str]:
    """A table for people to read: when, who, which emotion, and all seven probabilities."""
    faces = moments_as_dicts(reader)
    pictures = f"{reader.moments} picture{'' if reader.moments == 1 else 's'}"
    if not faces:
        return [f"{path}: no face found in {pictures}"]
    labels = "".join(f"{each.label:>9}" for each in EMOTIONS)
    lines = [f"{path}: {pictures} read", f"{'seconds':>9}{'face':>6}  {'emotion':<9}{labels}"]
    for face in faces:
        shares = "".join(f"{format_percent(share):>9}" for share in face["probabilities"].values())
        lines.append(f"{face['seconds']:>9.2f}{face['face']:>6}  {face['emotion']:<9}{shares}")
    return lines
