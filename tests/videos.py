"""Small videos made for a test: a sample photo's face that moves, turned as a phone may store it."""

import io
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.tiny_networks import sample

SIZE = (320, 240)
# The first two rows of a frame's matrix in an .mp4, by what is to be done with the frame before it is shown:
# turned clockwise; or mirrored left to right, and then turned clockwise.
TURNS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
MIRRORED = {0: (-1, 0, 0, 1), 90: (0, -1, -1, 0), 180: (1, 0, 0, -1), 270: (0, 1, 1, 0)}


# Ten frames a second: two seconds that grow lighter, and four of which no two bytes of a file are alike.
PLAIN = [np.full((48, 64, 3), shade, np.uint8) for shade in range(0, 200, 10)]
NOISE = list(np.random.default_rng(0).integers(0, 256, (40, 48, 64, 3), np.uint8))


def scene(*places, name="eileen-collins.jpg", colour=128):
    """A picture (240, 320) with a sample photo's face, 160 px wide, at each x."""
    from PIL import Image

    picture = np.full((SIZE[1], SIZE[0], 3), colour, np.uint8)
    for x in places:
        face = np.asarray(Image.fromarray(sample(name)).resize((160, 200)))
        picture[20:220, x : x + 160] = face
    return picture


def write_video(
    pictures,
    *,
    rate=10,
    form="mp4",
    codec="libx264",
    turn=0,
    is_mirrored=False,
    aspect=1,
    options=None,
    title=None,
    file=None,
):
    """The pictures as a video's bytes; some options need the name of a ``file`` to write to."""
    file = file or io.BytesIO()
    with av.open(file, "w", format=form, options=options or {}) as container:
        container.metadata.update({"title": title} if title else {})
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(aspect)
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    data = file.getvalue() if isinstance(file, io.BytesIO) else Path(file).read_bytes()
    matrix = (MIRRORED if is_mirrored else TURNS)[turn]
    return data if matrix == TURNS[0] else _set_matrix(data, matrix)


def _set_matrix(data, matrix):
    """Write it into the track's header: ISO 14496-12, 8.3.2."""
    start = data.index(b"tkhd") + 4 + 4 + 5 * 4 + 8 + 8
    a, b, c, d = (struct.pack(">i", value << 16) for value in matrix)
    zero, one = struct.pack(">i", 0), struct.pack(">i", 1 << 30)
    return data[:start] + a + b + zero + c + d + zero + zero + zero + one + data[start + 36 :]


def write_sound(form="mp4"):
    """A second of silence in a video's container."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        for start in range(0, 16000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()
