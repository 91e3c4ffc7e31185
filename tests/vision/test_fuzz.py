"""Mutated pictures and videos: each is read, or refused in one sentence, whatever was done to its bytes.

300 in the suite; ``make fuzz`` tries 10,000 and prints what docs/reliability.md says of them.
"""

import os
import random
import re
import time
from collections import Counter
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_core.errors import PictureError
from fer_core.vision.frames import kind_of, sample_frames
from fer_core.vision.pictures import check_picture, load_picture
from tests.picture_files import DATA, encode, progressive

pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")
from tests.videos import NOISE, write_sound, write_video

TRIED = int(os.environ.get("FUZZ", "300"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
MOST_MB = 600  # above the process's start; a picture may take 420 while it is decoded
EXTREMES = [0, 1, 2, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
STATUS = Path("/proc/self/status")


def pictures():
    """A small file of every format of pictures that is read, by name."""
    photo = Image.fromarray(NOISE[0])
    gray, frames = photo.convert("L"), [Image.fromarray(frame) for frame in NOISE[1:5]]
    exif = Image.Exif()
    exif[0x0112] = 6
    values = np.asarray(photo, np.uint16) * 4
    moving = {"save_all": True, "append_images": frames, "duration": 100}
    return {
        "jpeg": encode(photo, "JPEG", exif=exif.tobytes()),
        "progressive": progressive(scans=20),
        "cmyk": encode(photo.convert("CMYK"), "JPEG"),
        "mpo": encode(photo, "MPO", save_all=True, append_images=frames[:1]),
        "png": encode(photo),
        "palette": encode(photo.convert("P"), transparency=3),
        "alpha": encode(photo.convert("RGBA")),
        "16 bits": cv2.imencode(".png", values)[1].tobytes(),
        "apng": encode(photo, "PNG", **moving),
        "gif": encode(photo, "GIF"),
        "moving gif": encode(photo, "GIF", **moving),
        "webp": encode(photo, "WEBP"),
        "lossless webp": encode(photo, "WEBP", lossless=True, exif=exif.tobytes()),
        "moving webp": encode(photo, "WEBP", **moving),
        "bmp": encode(photo, "BMP"),
        "avif": encode(photo, "AVIF"),
        "ppm": encode(photo, "PPM"),
        "pgm": encode(gray, "PPM"),
        "heic": (DATA / "iphone.heic").read_bytes(),
        "float tiff": encode(gray.convert("F"), "TIFF", compression="tiff_deflate"),
        "deep tiff": cv2.imencode(".tif", values)[1].tobytes(),
        **{f"{name} tiff": encode(photo, "TIFF", compression=name) for name in ("raw", "tiff_lzw", "jpeg")},
    }


def videos():
    """The same of videos: eight frames each; and one without any."""
    kinds = [("mp4", "libx264"), ("mov", "mjpeg"), ("3gp", "mpeg4"), ("webm", "libvpx")]
    kinds += [("matroska", "libx264"), ("avi", "mpeg4"), ("mpegts", "libx264")]
    kinds += [("mpeg", "mpeg2video"), ("mpeg2video", "mpeg2video")]
    films = {form: write_video(NOISE[:8], form=form, codec=codec) for form, codec in kinds}
    return films | {"sound": write_sound()}


@cache
def files():
    return pictures() | videos()


def mutate(data, rng):
    """A copy with one to four changes, most of them near the start, where the headers are."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(min(len(data), rng.choice([64, 512, 1 << 30])) or 1)
        size = min(rng.choice([1, 2, 4, 16, 300]), len(data) - at)
        change = rng.choice(["flip", "number", "fill", "cut", "drop", "repeat", "insert", "splice"])
        if change == "flip":
            data[at : at + 1] = bytes([(data[at] if data else 0) ^ 1 << rng.randrange(8)])
        elif change == "number":
            width, order = rng.choice([1, 2, 4]), rng.choice(["little", "big"])
            data[at : at + width] = (rng.choice(EXTREMES) % (1 << 8 * width)).to_bytes(width, order)
        elif change == "fill":
            data[at : at + size] = rng.choice([b"\0", b"\xff", rng.randbytes(1)]) * size
        elif change == "cut":
            del data[max(at, len(data) - rng.randrange(1, len(data) + 1) if data else 0) :]
        elif change == "drop":
            del data[at : at + size]
        elif change == "repeat":
            data[at:at] = data[at : at + size] * rng.randint(1, 50)
        elif change == "insert":
            data[at:at] = rng.randbytes(size)
        else:
            other = files()[rng.choice(list(files()))]
            data[at : at + size] = other[at : at + size]
    return bytes(data)


def read(data):
    """How many pictures there were: one, or a video's frames."""
    if kind_of(data) == "picture":
        check_picture(load_picture(data))
        return 1
    count = 0
    for frame in sample_frames(data):
        check_picture(frame.picture)
        assert frame.seconds >= 0
        assert 0 <= frame.share <= 1
        count += 1
        if count == 50:  # of a length that the mutation made up
            break
    return count


def peak():
    """The most memory that this process has held, in MB; 0 where the system does not tell."""
    return int(re.search(r"VmHWM:\s+(\d+)", STATUS.read_text())[1]) / 1024 if STATUS.exists() else 0


def test_every_mutation_is_read_or_refused_in_one_sentence(capsys):
    rng, outcomes, slowest, before = random.Random(SEED), Counter(), (0.0, ""), peak()
    for name, data in files().items():
        assert name == "sound" or read(data) >= 1, name
    for number in range(TRIED):
        name = rng.choice(list(files()))
        data = mutate(files()[name], rng)
        start = time.process_time()
        try:
            read(data)
            outcomes["read"] += 1
        except PictureError as error:
            outcomes["refused"] += 1
            says = str(error)
            assert re.fullmatch(r"[^\n\r]+\.", says), f"{number}, {name}: {says!r}"
            assert len(says) < 500, f"{number}, {name}: {says!r}"
        slowest = max(slowest, (time.process_time() - start, f"{number}, {name}"))
    grown = peak() - before
    assert grown < MOST_MB
    if "FUZZ" in os.environ:
        worst = f"at most {slowest[0]:.1f} s of the processor ({slowest[1]}) and {grown:.0f} MB"
        with capsys.disabled():
            print(f"\n{TRIED} tried (seed {SEED}): {dict(outcomes)}, {worst}")
