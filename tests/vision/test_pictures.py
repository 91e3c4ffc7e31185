import contextlib
import io
import os

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_core.errors import PictureError
from fer_core.vision.detection import FaceFinder
from fer_core.vision.pictures import check_picture, load_picture
from tests.picture_files import DATA, RED, WHITE, encode, png_header, progressive, ramp, webp_header


def asymmetric():
    """A picture that differs from each of its rotations and mirror images."""
    pixels = np.full((4, 6, 3), 255, dtype=np.uint8)
    pixels[0, 0], pixels[0, 5], pixels[3, 0] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    return pixels


def test_sources_are_paths_bytes_and_streams(tmp_path):
    data = encode(Image.fromarray(asymmetric()))
    path = tmp_path / "ä photo.png"
    path.write_bytes(data)
    used_up = io.BytesIO(data)
    used_up.read()
    for source in (path, str(path), data, bytearray(data), memoryview(data), used_up):
        np.testing.assert_array_equal(load_picture(source), asymmetric())
    with open(path, "rb") as opened, Image.open(path) as image:
        np.testing.assert_array_equal(load_picture(opened), asymmetric())
        np.testing.assert_array_equal(load_picture(image), asymmetric())
    np.testing.assert_array_equal(load_picture(asymmetric()), asymmetric())


def test_gray_pixels_become_rgb():
    gray = ramp(np.uint8, 255)
    np.testing.assert_array_equal(load_picture(gray), np.dstack([gray] * 3))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "must be a path, .* Received: NoneType"),  # what cv2.imread returns for what it cannot read
        (7, "must be a path, .* Received: int"),
        ([[1, 2]], "must be a path, .* Received: list"),
        (np.zeros((4, 4, 3)), r"must be RGB uint8 \(H, W, 3\)\. Received: \(4, 4, 3\) float64"),
        (np.zeros((4, 4, 4), np.uint8), r"must be RGB uint8 \(H, W, 3\)\. Received: \(4, 4, 4\)"),
        (np.zeros((4, 0), np.uint8), r"must be RGB uint8 \(H, W, 3\)\. Received: \(4, 0, 3\)"),
        (io.StringIO("text"), "cannot be read as a file's bytes"),
    ],
    ids=["None", "number", "list", "floats", "alpha", "empty", "text"],
)
def test_what_no_picture_can_be_read_from_is_named(source, message):
    with pytest.raises(PictureError, match=message):
        load_picture(source)


def test_a_pil_image_is_turned_as_its_exif_says():
    image = Image.fromarray(np.rot90(asymmetric()))
    image.getexif()[0x0112] = 6
    np.testing.assert_array_equal(load_picture(image), asymmetric())


@pytest.mark.parametrize("closed", [False, True])
def test_a_file_that_was_closed_is_named(tmp_path, closed):
    path = tmp_path / "photo.png"
    path.write_bytes(encode(Image.fromarray(asymmetric())))
    with open(path, "rb" if closed else "ab") as file:
        if closed:
            file.close()
        with pytest.raises(PictureError, match=r"photo\.png cannot be read as a file's bytes"):
            load_picture(file)


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


def test_the_depth_of_16_bit_pictures_is_that_of_their_values():
    """A camera or scanner of 10 bits leaves the upper 6 of 16 empty."""
    picture = load_picture(DATA / "gray_10_bits_in_16.png")
    assert picture.max() == 255
    assert len(FaceFinder().find(picture)) == 2


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_so_is_that_of_16_bit_colours(suffix, bits):
    values = np.dstack([ramp(np.uint16, 2**bits - 1), ramp(np.uint16, 2 ** (bits - 1)), ramp(np.uint16, 0)])
    _, data = cv2.imencode(suffix, values[..., ::-1])
    picture = load_picture(data.tobytes())
    np.testing.assert_allclose(picture, values.astype(float) / 2 ** (bits - 8), atol=1)


def test_alpha_has_a_depth_of_its_own():
    values = np.full((8, 8, 4), 1023, np.uint16)
    values[..., 1], values[..., 3] = 0, 65535
    _, data = cv2.imencode(".png", values)
    np.testing.assert_array_equal(load_picture(data.tobytes())[4, 4], (255, 0, 255))


def test_values_that_are_no_number_spoil_no_other():
    values = ramp(np.float32, 3.5)
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    picture = load_picture(encode(Image.fromarray(values), "TIFF"))
    np.testing.assert_allclose(picture[1:, :, 0], ramp(np.float64, 255)[1:], atol=1)
    assert list(picture[0, :3, 0]) == [0, 255, 0]


def test_an_iphones_photo_is_read():
    picture = load_picture(DATA / "iphone.heic")
    assert len(FaceFinder().find(picture)) == 2


@pytest.mark.parametrize("suffix", ["jfif", "jpe", "mpo", "pgm", ""])
def test_the_name_of_a_file_does_not_matter(tmp_path, suffix):
    path = tmp_path / f"photo.{suffix}"
    path.write_bytes(GOOD_JPEG)
    np.testing.assert_array_equal(load_picture(path), load_picture(GOOD_JPEG))


def test_of_an_animation_the_first_frame_is_read():
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, (0, 255, 0))]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    np.testing.assert_array_equal(load_picture(data)[4, 4], RED)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1, 1), (1, 1)), ((8192, 4096), (4096, 2048)), ((9000, 40), (9000, 40)), ((1080, 16_000), (614, 9102))],
)
def test_pictures_are_reduced_to_4096_px_or_to_as_many_pixels_as_one_of_3_to_1(size, expected):
    assert load_picture(encode(Image.new("RGB", size, RED))).shape == (*expected[::-1], 3)


GOOD_JPEG = encode(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)), "JPEG")
GOOD_PNG = encode(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not a picture.*Expected one of JPEG.*an empty file"),
        (b"hello, world", "is not a picture.*a file that begins with b'hello, w'"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC picture with a damaged header"),
        (GOOD_JPEG[: len(GOOD_JPEG) // 2], "damaged or unfinished JPEG"),
        (GOOD_PNG[: len(GOOD_PNG) // 2], "damaged or unfinished PNG"),
        (GOOD_PNG[:-40], "damaged or unfinished PNG"),
        (GOOD_JPEG[:30], "is not a picture|damaged"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n", "not read.*PostScript"),
        (b"8BPS" + bytes(40), r"of a format that is not read.*Received: a picture \(Photoshop\)"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isom", r"is not a picture.*Received: a video \(MPEG-4\)"),
        (png_header(1, 90_000_000), "too large.*at most 30,000 pixels a side.*1 x 90000000"),
        (png_header(11_000, 10_000), "too large.*at most 420 MB when decoded.*11000 x 10000 pixels, 440 MB"),
        (webp_header(16_383, 5_400), "too large.*at most 420 MB when decoded.*16383 x 5400 pixels, 1,504 MB"),
        (progressive(scans=101), "takes too long to decode. Expected at most 100 scans"),
    ],
    ids=[
        "empty",
        "text",
        "heic",
        "half jpeg",
        "half png",
        "no end",
        "stub",
        "eps",
        "psd",
        "film",
        "long",
        "large",
        "webp",
        "scans",
    ],
)
def test_bad_pictures_are_refused_in_one_sentence(data, message):
    with pytest.raises(PictureError, match=message) as caught:
        load_picture(data)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_bad_paths_are_refused(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, message in [
        (tmp_path / "none.jpg", "There is no picture at .*none.jpg"),
        (tmp_path, "must be a file. Received: the folder"),
        (tmp_path / "film.mp4" / "1.jpg", "There is no picture at|cannot be read"),
        ("x" * 5000, "cannot be read: File name too long"),
        ("null\0byte", "cannot be read"),
        ("/dev/zero", "must be a regular file"),
        (pipe, "must be a regular file"),
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
