"""A picture's header: format and size, checked before a pixel is decoded; the decoders are chosen here.

What a picture takes is not bounded by its file: 66 bytes of PNG may stand for 90,000,000 pixels, and 24 kB of
JPEG for a thousand passes over all of them. So both are read from the header, and refused there.
"""

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from fer_core.errors import PictureError, reason
from fer_core.files import require_regular_file
from fer_core.vision.content import HEAD_BYTES, identify

PictureFile = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO

# How files of the formats below are named: for who looks for them in a folder. What one holds decides.
SUFFIXES = (
    *(
        "jpg",
        "jpeg",
        "jpe",
        "jfif",
        "mpo",
        "png",
        "webp",
        "gif",
        "bmp",
        "tif",
        "tiff",
        "avif",
        "heic",
        "heif",
    ),
    *("ppm", "pgm", "pbm"),
)
LONGEST_SIDE = 4096  # Larger pictures are reduced, but see ``pictures.reduced_size``.
LONGEST_SIDE_READ = 30_000
MOST_FILE_BYTES = 200_000_000
# Of decoding, at its peak. A WebP of 24 megapixels takes 410 MB, an iPhone's HEIC of 48 takes 340; a JPEG of
# 108 megapixels is decoded at half its size, in 110 MB.
MOST_DECODED_BYTES = 420_000_000
MOST_PIXELS = 250_000_000  # of a JPEG before it is reduced: its time grows with these
# Photos have one scan, progressive ones about ten. Each takes about 2 ns a pixel.
MOST_SCANS, MOST_SCANNED_PIXELS = 100, 1_000_000_000


def _open_heic(file: BinaryIO, name: str) -> Image.Image:
    from pillow_heif import HeifImageFile

    return HeifImageFile(file, name)


# Pillow reads more, but some of it by starting other programs (EPS) or without bounds. ``Image.open`` would
# try them all, and warn of large pictures, which are refused here.
READERS: dict[str, Callable[..., Image.Image]] = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "PPM": PpmImagePlugin.PpmImageFile,
    "HEIC": _open_heic,
}
# What decoders hold beside Pillow's own four bytes a pixel, in bytes a pixel: measured at 24 megapixels.
_EXTRA_BYTES = {"WEBP": 13, "AVIF": 6, "HEIC": 3}


def read_picture(source: PictureFile) -> tuple[str, bytes]:
    """What a message calls a picture, and its bytes: those of a picture, as far as the first ones tell.

    Raises:
        PictureError: if there is no such file, it is no regular one, too large, or holds something else.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        require_regular_file(path, MOST_FILE_BYTES, error=PictureError, what="picture")
        try:
            with open(path, "rb") as file:
                return str(path), _read(str(path), file)
        except OSError as error:
            raise PictureError(f"{path} cannot be read: {reason(error)}.") from error
    if isinstance(source, bytes | bytearray | memoryview):
        return "The picture", _read("The picture", io.BytesIO(source))
    if not hasattr(source, "read"):
        raise PictureError(
            "A picture must be a path, a file's bytes, an open file, an RGB array or a PIL image. "
            f"Received: {type(source).__name__}."
        )
    name = str(getattr(source, "name", None) or "The picture")
    try:
        if source.seekable():  # An uploaded file may have been read before.
            source.seek(0)
        return name, _read(name, source)
    except PictureError:
        raise
    except (OSError, ValueError, TypeError, AttributeError) as error:  # closed, or open as text
        raise PictureError(f"{name} cannot be read as a file's bytes: {reason(error)}.") from error


def _read(name: str, file: BinaryIO) -> bytes:
    """All bytes of a file, once the first have shown that it is a picture."""
    data = bytearray(file.read(HEAD_BYTES))
    content = identify(bytes(data[:HEAD_BYTES]))
    wanted = f"Expected one of {', '.join(READERS)}."
    if content.kind != "picture":
        raise PictureError(f"{name} is not a picture. {wanted} Received: {content}.")
    if content.format not in READERS:
        raise PictureError(f"{name} is of a format that is not read. {wanted} Received: {content}.")
    while len(data) <= MOST_FILE_BYTES and (more := file.read(MOST_FILE_BYTES + 1 - len(data))):
        data += more
    if len(data) > MOST_FILE_BYTES:
        raise PictureError(
            f"{name} is too large. Expected a picture of at most {MOST_FILE_BYTES / 1e6:.0f} MB."
        )
    return bytes(data)


def open_picture(name: str, data: bytes) -> Image.Image:
    """A picture whose header is read and found to be sound; its pixels are not decoded yet.

    Args:
        name: what a message calls it.
        data: from ``read_picture``.

    Raises:
        PictureError: if the header is damaged, or decoding would take too much memory or time.
    """
    form = identify(data[:HEAD_BYTES]).format
    try:
        image = READERS[form](io.BytesIO(data), "")
    except Exception as error:  # Each reader raises its own.
        raise PictureError(f"{name} is a {form} picture with a damaged header: {reason(error)}.") from error
    _check_side(name, image.size)
    coefficients = 0.0
    if form == "JPEG":
        coefficients = _check_scans(name, image, count_scans(data))
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # Lets it decode at a fraction of its size.
    elif form == "TIFF":
        check_size(name, _tile_size(image), bytes_a_pixel=8)
    check_size(name, image.size, bytes_a_pixel=4 + _EXTRA_BYTES.get(form, 0), beside=coefficients)
    return image


def _tile_size(tiff: Image.Image) -> tuple[int, int]:
    """That of a TIFF's tiles, which may be larger than the picture; 0 and 0 where it has none."""
    width, height = (tiff.tag_v2.get(tag, 0) for tag in (322, 323))  # type: ignore[attr-defined]
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (0, 0)


def check_size(name: str, size: tuple[int, int], *, bytes_a_pixel: float = 4, beside: float = 0) -> None:
    """Refuse a picture that would fill the memory.

    Args:
        name: what a message calls it.
        size: width and height in pixels, as they will be decoded.
        bytes_a_pixel: what decoding holds of each.
        beside: what it holds in bytes whatever that size is.

    Raises:
        PictureError: naming the size.
    """
    _check_side(name, size)
    width, height = size
    needed = width * height * bytes_a_pixel + beside
    if needed > MOST_DECODED_BYTES:
        raise PictureError(
            f"{name} is too large. Expected at most {MOST_DECODED_BYTES / 1e6:.0f} MB when decoded. "
            f"Received: {width} x {height} pixels, {needed / 1e6:,.0f} MB."
        )


def _check_side(name: str, size: tuple[int, int]) -> None:
    if max(size) > LONGEST_SIDE_READ:
        raise PictureError(
            f"{name} is too large. Expected at most {LONGEST_SIDE_READ:,} pixels a side. "
            f"Received: {size[0]} x {size[1]}."
        )


def _check_scans(name: str, image: Image.Image, scans: int) -> float:
    """Refuse a JPEG that takes too long; returns the bytes of its coefficients, which all scans but one fill.

    Pillow's list of a JPEG's components gives each one's sampling, (id, across, down, table).
    """
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise PictureError(
            f"{name} is too large. Expected a JPEG of at most {MOST_PIXELS / 1e6:.0f} megapixels. "
            f"Received: {image.width} x {image.height} pixels."
        )
    most = min(MOST_SCANS, MOST_SCANNED_PIXELS // max(1, pixels))
    if scans > most:
        raise PictureError(
            f"{name} is a JPEG that takes too long to decode. Expected at most {most} scans of its "
            f"{image.width} x {image.height} pixels. Received: more."
        )
    samples = [across * down for _, across, down, _ in image.layer]  # type: ignore[attr-defined]
    if scans <= 1 or not any(samples):
        return 0.0
    return 2.0 * pixels * sum(samples) / max(samples)


_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # not FF 00, which is data, nor a restart
_SCAN, _END = 0xDA, 0xD9


def count_scans(jpeg: bytes) -> int:
    """How often a decoder passes over a JPEG's pixels; counting ends above ``MOST_SCANS``.

    Segments are stepped over (ITU-T T.81, B.1), as a preview inside one, or a film behind the end, is not
    this picture's.
    """
    scans, at = 0, 2
    while scans <= MOST_SCANS and (marker := _MARKER.search(jpeg, at)):
        at = marker.end()
        if marker[1][0] == _END:
            break
        scans += marker[1][0] == _SCAN
        at += max(2, int.from_bytes(jpeg[at : at + 2], "big"))
    return scans
