import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_core.errors import PictureError
from fer_core.vision.pictures import check_picture, load_picture

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


def asymmetric():
    """A picture that differs from each of its rotations and mirror images."""
    pixels = np.full((4, 6, 3), 255, dtype=np.uint8)
    pixels[0, 0], pixels[0, 5], pixels[3, 0] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    return pixels


def ramp(dtype, top):
    return np.linspace(0, top, 40 * 40).reshape(40, 40).astype(dtype)


def test_sources_are_paths_bytes_and_streams(tmp_path):
    data = encode(Image.fromarray(asymmetric()))
    path = tmp_path / "ä photo.png"
    path.write_bytes(data)
    used_up = io.BytesIO(data)
    used_up.read()
    for source in (path, str(path), data, used_up):
        np.testing.assert_array_equal(load_picture(source), asymmetric())


# How to undo an orientation, by EXIF's table: what a camera must have stored for the picture to be upright.
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_is_applied(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(STORED[orientation](asymmetric()))
    np.testing.assert_array_equal(
        load_picture(encode(Image.fromarray(stored), exif=exif.tobytes())), asymmetric()
    )


def test_broken_exif_leaves_the_picture_readable():
    data = encode(Image.new("RGB", (9, 9), RED), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff\x00")
    assert load_picture(data).shape == (9, 9, 3)


def palette_with_a_hole():
    image = Image.new("P", (8, 8), 0)
    image.putpalette([*RED, 0, 255, 0])
    image.info["transparency"] = 0
    return image


@pytest.mark.parametrize(
    ("image", "file_format", "expected"),
    [
        (Image.new("RGB", (8, 8), RED), "PNG", RED),
        (Image.new("L", (8, 8), 77), "PNG", (77, 77, 77)),
        (Image.new("1", (8, 8), 1), "PNG", WHITE),
        (Image.new("P", (8, 8), 0), "PNG", (0, 0, 0)),
        (palette_with_a_hole(), "PNG", WHITE),
        (Image.new("RGBA", (8, 8), (*RED, 0)), "PNG", WHITE),
        (Image.new("RGBA", (8, 8), (*RED, 255)), "PNG", RED),
        (Image.new("LA", (8, 8), (0, 128)), "PNG", (127, 127, 127)),
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF", RED),
        (Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG", WHITE),
        (Image.new("RGB", (8, 8), RED), "BMP", RED),
        (Image.new("RGB", (8, 8), RED), "WEBP", (254, 0, 0)),
    ],
    ids=lambda value: getattr(value, "mode", str(value)),
)
def test_every_colour_mode_becomes_rgb(image, file_format, expected):
    picture = load_picture(encode(image, file_format))
    assert picture.shape == (8, 8, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_allclose(picture[4, 4], expected, atol=2)


@pytest.mark.parametrize(
    ("values", "file_format"),
    [
        (ramp(np.uint16, 65535), "PNG"),
        (ramp(np.uint16, 65535), "TIFF"),
        (ramp(np.int32, 100_000), "TIFF"),
        (ramp(np.float32, 3.5), "TIFF"),
    ],
    ids=["16-bit PNG", "16-bit TIFF", "32-bit TIFF", "float TIFF"],
)
def test_more_than_8_bits_become_8(values, file_format):
    picture = load_picture(encode(Image.fromarray(values), file_format))
    np.testing.assert_allclose(picture[..., 0], ramp(np.float64, 255), atol=1)


def test_of_an_animation_the_first_frame_is_read():
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, (0, 255, 0))]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    np.testing.assert_array_equal(load_picture(data)[4, 4], RED)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1, 1), (1, 1)), ((10_000, 40), (4096, 16)), ((10_000, 1), (4096, 1)), ((4096, 3), (4096, 3))],
)
def test_pictures_are_reduced_to_4096_px(size, expected):
    assert load_picture(encode(Image.new("RGB", size, RED))).shape == (*expected[::-1], 3)


GOOD_JPEG = encode(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)), "JPEG")
GOOD_PNG = encode(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not a picture.*Expected one of JPEG.*an empty file"),
        (b"hello, world", "is not a picture.*12 bytes that begin with b'hello, w'"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC photo; save it as JPEG first"),
        (GOOD_JPEG[: len(GOOD_JPEG) // 2], "damaged or unfinished JPEG"),
        (GOOD_PNG[: len(GOOD_PNG) // 2], "damaged or unfinished PNG"),
        (GOOD_PNG[:-40], "damaged or unfinished PNG"),
        (GOOD_JPEG[:30], "is not a picture|damaged"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n", "not read.*EPS"),
        (png_header(60_000, 60_000), "too large.*at most 90 megapixels.*more than"),
        (png_header(10_000, 9_500), "too large.*at most 90 megapixels.*10000 x 9500"),
    ],
    ids=["empty", "text", "heic", "half jpeg", "half png", "no end", "stub", "eps", "bomb", "large"],
)
def test_bad_pictures_are_refused_in_one_sentence(data, message):
    with pytest.raises(PictureError, match=message) as caught:
        load_picture(data)
    assert "\n" not in str(caught.value)


def test_bad_paths_are_refused(tmp_path):
    for path, message in [
        (tmp_path / "none.jpg", "There is no picture at .*none.jpg"),
        (tmp_path, "must be a file. Received: the folder"),
        ("null\0byte", "cannot be read"),
    ]:
        with pytest.raises(PictureError, match=message):
            load_picture(path)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([GOOD_JPEG, GOOD_PNG]),
    st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), min_size=1, max_size=20),
)
def test_damage_is_read_over_or_refused_but_never_raises_anything_else(data, changes):
    damaged = bytearray(data)
    for position, value in changes:
        damaged[position % len(damaged)] = value
    with contextlib.suppress(PictureError):
        check_picture(load_picture(bytes(damaged)))


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((9, 9), np.uint8),
        np.zeros((9, 9, 4), np.uint8),
        np.zeros((9, 9, 3), np.float32),
        np.zeros((0, 9, 3), np.uint8),
        None,
    ],
)
def test_what_is_no_picture_is_named(picture):
    with pytest.raises(PictureError, match=r"must be RGB uint8 \(H, W, 3\)\. Received: "):
        check_picture(picture)
