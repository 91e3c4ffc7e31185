"""What a small file may take: memory and time bounded by the header."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from fer_core.vision.headers import count_scans
from tests.picture_files import encode, png_header, progressive, tiled, webp_header

# Reads each file and prints what it adds to the process's peak, in MB. Not by ``getrusage``: its peak starts
# at that of the process which started this one.
MEASURE = """
import re, sys
from fer_core.errors import PictureError
from fer_core.vision.pictures import load_picture

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

for path in sys.argv[1:]:
    before = peak()
    try:
        load_picture(path)
        outcome = "read"
    except PictureError:
        outcome = "refused"
    print(outcome, peak() - before)
"""


def peaks(*paths):
    """(outcome, MB) of each file, in their order."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, paths)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return [(word, float(megabytes)) for word, megabytes in map(str.split, done.stdout.splitlines())]


tells_its_peak = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="this system does not tell a process's peak"
)


@tells_its_peak
def test_what_would_fill_the_memory_is_refused_by_its_header(tmp_path):
    files = {
        "long.png": png_header(1, 90_000_000),
        "large.png": png_header(29_000, 29_000),
        "wide.webp": webp_header(16_383, 5_400),
        "slow.jpg": progressive(scans=1000),
        "tile.tif": tiled(13_000),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for outcome, megabytes in peaks(*(tmp_path / name for name in files)):
        assert outcome == "refused"
        assert megabytes < 100


@tells_its_peak
@pytest.mark.parametrize(
    ("image", "form", "options", "most"),
    [
        (Image.new("RGBA", (5000, 4000)), "PNG", {"compress_level": 1}, 290),
        (Image.new("F", (5000, 4000)), "TIFF", {"compression": "tiff_deflate"}, 400),
        (Image.new("L", (12_000, 9_000)), "JPEG", {}, 250),
    ],
    ids=["transparent", "float", "108 megapixels"],
)
def test_what_is_read_is_held_once(tmp_path, image, form, options, most):
    path = tmp_path / "photo"
    path.write_bytes(encode(image, form, **options))
    ((outcome, megabytes),) = peaks(path)
    assert outcome == "read"
    assert megabytes < most


def test_scans_are_those_of_the_picture_alone():
    """A preview in a segment and a film behind the end have scans of their own."""
    plain = encode(Image.new("RGB", (64, 64)), "JPEG")
    preview = b"\xff\xe1" + struct.pack(">H", 2 + 400) + b"\xff\xda" * 200
    assert count_scans(plain[:2] + preview + plain[2:] + b"\xff\xda" * 200) == 1
    assert count_scans(progressive(scans=40)) == 40
