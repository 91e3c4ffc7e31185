"""The frames of a GIF, counted and measured without decoding one.

Its header counts none, and a later frame may be larger than the picture that it is part of.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class GifFrames:
    """What a GIF holds.

    Attributes:
        frame_count: how many frames begin.
        size: the least width and height in pixels that hold them all.
        is_whole: whether the last is followed by the end that every GIF has.
    """

    frame_count: int
    size: tuple[int, int]
    is_whole: bool


def walk_gif(data: bytes) -> GifFrames:
    """Go from block to block (GIF89a, appendix A), as far as they go."""
    count, (width, height) = 0, (_number(data, 6), _number(data, 8))
    at = 13 + _table_size(data, 10)
    while (kind := data[at : at + 1]) in (b"!", b",", b"\0"):
        if kind != b",":  # an extension; or nothing, which some programs put between
            at = _skip_blocks(data, at + 2) if kind == b"!" else at + 1
            continue
        left, top, across, down = (_number(data, at + offset) for offset in (1, 3, 5, 7))
        count, width, height = count + 1, max(width, left + across), max(height, top + down)
        at = _skip_blocks(data, at + 11 + _table_size(data, at + 9))
    return GifFrames(count, (width, height), data[at : at + 1] == b";")


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _table_size(data: bytes, at: int) -> int:
    """Of the colours that follow, in bytes, as the flags at a place say."""
    flags = data[at] if at < len(data) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _skip_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
