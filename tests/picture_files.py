"""Pictures as files' bytes, sound and made to fill the memory."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

DATA = Path(__file__).with_name("data")
RED, WHITE = (255, 0, 0), (255, 255, 255)


def encode(image, file_format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_header(width, height):
    """A PNG that claims a size and holds nothing."""
    ihdr = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = struct.pack(">I", 13) + ihdr + struct.pack(">I", zlib.crc32(ihdr))
    return b"\x89PNG\r\n\x1a\n" + chunks + struct.pack(">I", 99) + b"IDAT" + bytes(99)


def webp_header(width, height):
    """A lossless WebP that claims a size and holds nothing (RFC 9649, 3.4)."""
    sizes = struct.pack("<I", (width - 1) | (height - 1) << 14)
    chunk = b"VP8L" + struct.pack("<I", 12) + b"\x2f" + sizes + bytes(7)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def tiled(side):
    """A TIFF of 64 x 64 pixels in one tile of side x side."""
    data = zlib.compress(bytes(1000))
    tags = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1, 322: side, 323: side, 324: 0, 325: len(data)}
    tags[324] = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


def progressive(*, scans):
    """A gray JPEG whose last scan comes again and again."""
    data = encode(Image.fromarray(ramp(np.uint8, 255)), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    return data[:start] + data[start:-2] * (scans + 1 - data.count(b"\xff\xda")) + data[-2:]


def ramp(dtype, top):
    return np.linspace(0, top, 40 * 40).reshape(40, 40).astype(dtype)
