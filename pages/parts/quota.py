"""What one visit may ask of a server that strangers reach: files, bytes and pixels, and pictures a minute.

Where ``doors.is_public`` says no, nothing is counted. A visit is Streamlit's session: it ends when the page
is closed or reloaded.
"""

import time
from dataclasses import dataclass, field

import streamlit as st

from fer_core.errors import FerError, PictureError
from pages.parts.doors import is_public

MB = 1_000_000  # as the browser counts it
VISIT = "visit"


@dataclass(frozen=True)
class Limits:
    """Of one visit.

    Attributes:
        files: how many are taken.
        megabytes: of all of them together; fer2013.csv has 301.
        megapixels: of a photo, as it is decoded.
        pictures: that are analysed a minute, photos and frames of videos; as many may come at once.
    """

    files: int = 200
    megabytes: int = 600
    megapixels: int = 50
    pictures: int = 300


LIMITS = Limits()


class RateError(FerError):
    """More pictures than are analysed a minute."""


@dataclass
class Visit:
    """What a session has used.

    Attributes:
        files: the size in bytes of each file that was taken, by its identifier.
        free: how many pictures may still come at once.
        since: when that was so, on ``time.monotonic``'s clock.
    """

    files: dict[str, int] = field(default_factory=dict)
    free: float = LIMITS.pictures
    since: float = field(default_factory=time.monotonic)


def why_refused(file_id: str, size: int) -> str:
    """Take a file, once; or why not, as a sentence."""
    if not is_public():
        return ""
    taken = _visit().files
    if file_id in taken:
        return ""
    if len(taken) >= LIMITS.files:
        return f"This server takes at most {LIMITS.files:,} files per visit; the others are left out."
    if sum(taken.values()) + size > LIMITS.megabytes * MB:
        return f"This server takes at most {LIMITS.megabytes:,} MB per visit; the others are left out."
    taken[file_id] = size
    return ""


def check_pixels(name: str, size: tuple[int, int]) -> None:
    """Refuse a photo before it is decoded.

    Raises:
        PictureError: if it has too many pixels for a server.
    """
    width, height = size
    if is_public() and width * height > LIMITS.megapixels * MB:
        raise PictureError(
            f"{name} is too large for this server. Expected at most {LIMITS.megapixels} megapixels. "
            f"Received: {width} x {height}."
        )


def count_picture() -> None:
    """Count a picture that is about to be analysed.

    Raises:
        RateError: if there were too many within the last minute.
    """
    wait = _seconds_to_wait()
    if wait > 0:
        raise RateError(
            f"This server analyses at most {LIMITS.pictures} pictures a minute for each visitor. "
            f"Try again in {max(1, round(wait))} s."
        )


def await_picture() -> None:
    """Count a frame, and wait until its turn has come: a film is slowed down and not broken off."""
    while (wait := _seconds_to_wait()) > 0:
        time.sleep(wait)


def _seconds_to_wait() -> float:
    """0 and the picture is counted; or how long until one is free (a token bucket)."""
    if not is_public():
        return 0.0
    visit, now = _visit(), time.monotonic()
    visit.free = min(LIMITS.pictures, visit.free + (now - visit.since) * LIMITS.pictures / 60)
    visit.since = now
    if visit.free < 1:
        return (1 - visit.free) * 60 / LIMITS.pictures
    visit.free -= 1
    return 0.0


def _visit() -> Visit:
    return st.session_state.setdefault(VISIT, Visit())
