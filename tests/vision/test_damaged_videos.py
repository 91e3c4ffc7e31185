"""Videos that were cut, have holes or claim too much: read as far as they go, and it is said how far."""

import io
import re
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from fer_core.errors import PictureError
from fer_core.vision.frames import sample_frames
from fer_core.vision.gif import GifFrames, walk_gif
from fer_core.vision.pictures import load_picture
from tests.picture_files import encode

pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")
import av

from tests.videos import NOISE, PLAIN, write_video


def read_until_it_fails(data):
    """The frames that come before the error, and what that says."""
    found = []
    try:
        for frame in sample_frames(io.BytesIO(data), name="film.mp4"):
            found.append(frame)
    except PictureError as error:
        return found, str(error)
    raise AssertionError("It was read to its end.")


@pytest.mark.parametrize(
    ("form", "codec"), [("mp4", "libx264"), ("3gp", "mpeg4"), ("webm", "libvpx"), ("avi", "mpeg4")]
)
def test_of_a_film_that_was_cut_it_is_said_how_far_it_goes(tmp_path, form, codec):
    options = {"movflags": "faststart"} if form in ("mp4", "3gp") else {}  # else the half has no header
    whole = write_video(NOISE, form=form, codec=codec, options=options, file=str(tmp_path / "film"))
    assert len(list(sample_frames(whole))) == 20
    found, says = read_until_it_fails(whole[: len(whole) // 2])
    assert re.fullmatch(r"film\.mp4 is unfinished or damaged: read [12]\.\d s of 4\.0 s\.", says)
    assert 5 < len(found) < 15


@pytest.mark.parametrize(
    ("form", "codec", "options"),
    [
        ("mpegts", "libx264", {}),
        ("mpegts", "mpeg2video", {"mpegts_m2ts_mode": "1"}),
        ("mpeg", "mpeg2video", {}),
    ],
    ids=["MPEG-TS", "a camera's MPEG-TS", "MPEG-PS"],
)
def test_of_a_stream_that_states_no_length_too(tmp_path, form, codec, options):
    """Before, half of it passed for the whole."""
    whole = write_video(NOISE, rate=25, form=form, codec=codec, options=options, file=str(tmp_path / "film"))
    assert len(list(sample_frames(whole, frames_per_second=25))) >= 39  # of 40, whose times are rounded
    found, says = read_until_it_fails(whole[: len(whole) // 2 - 100])
    assert re.fullmatch(
        r"film\.mp4 is unfinished or damaged: it ends within a packet; read 0\.\d s of it\.", says
    )
    assert 1 < len(found) < 5


@pytest.mark.parametrize(("form", "codec"), [("mp4", "mpeg4"), ("mov", "mjpeg")])
def test_reading_goes_on_after_a_bad_packet(form, codec):
    data = bytearray(write_video(NOISE, form=form, codec=codec))
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    found = list(sample_frames(bytes(data)))
    assert found[-1].seconds == pytest.approx(3.8)
    assert len(found) > 17
    assert 0 < found[-1].skipped < 9
    assert found[0].skipped == 0


@pytest.mark.parametrize("form", ["GIF", "PNG"])
def test_an_animation_that_was_cut_is_read_up_to_there(form):
    first, *others = map(Image.fromarray, NOISE)
    data = encode(first, form, save_all=True, append_images=others, duration=100)
    found, says = read_until_it_fails(data[: len(data) // 2])
    assert re.match(r"film\.mp4 is unfinished.*: read [12]\.\d s of it\.", says)
    assert 8 < len(found) < 11


def test_a_song_that_goes_on_after_its_pictures_is_whole():
    """A container of Matroska's states the length of its longest stream alone."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        pictures = container.add_stream("libx264", rate=10)
        pictures.height, pictures.width, pictures.pix_fmt = 48, 64, "yuv420p"
        sound = container.add_stream("aac", rate=16000, layout="mono")
        for picture in PLAIN:
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(pictures.encode())
        for start in range(0, 16000 * 6, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, start
            container.mux(sound.encode(frame))
        container.mux(sound.encode())
    assert len(list(sample_frames(file.getvalue()))) == 10


def test_a_header_cannot_ask_for_the_memory():
    """A stream that says 64 x 48 and holds a PNG of 12,000 x 12,000; before, 432 MB a frame."""
    bomb = encode(Image.new("L", (12_000, 12_000)), compress_level=1)
    file = io.BytesIO()
    with av.open(file, "w", format="mov") as container:
        stream = container.add_stream("png", rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "rgb24"
        for number in range(3):
            packet = av.Packet(bomb)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, Fraction(1, 10)
            container.mux(packet)
    with pytest.raises(
        PictureError, match="holds no frame that can be read: it is empty, damaged, too large"
    ):
        list(sample_frames(file.getvalue()))


def test_a_gif_whose_second_frame_is_huge_is_refused():
    """Its header says 10 x 10; before, 2.7 GB and 16 s."""
    small, large = (encode(Image.new("P", size), "GIF") for size in ((10, 10), (13_000, 13_000)))
    data = small[:-1] + large[large.index(b",", 13) :]
    assert load_picture(data).shape == (10, 10, 3)
    with pytest.raises(PictureError, match=r"too large.*Received: 13000 x 13000 pixels"):
        next(sample_frames(data))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (encode(Image.new("P", (7, 5)), "GIF"), GifFrames(1, (7, 5), is_whole=True)),
        (encode(Image.new("P", (7, 5)), "GIF")[:-1] + b"\0\0;", GifFrames(1, (7, 5), is_whole=True)),
        (encode(Image.new("P", (7, 5)), "GIF")[:-1], GifFrames(1, (7, 5), is_whole=False)),
        (encode(Image.new("P", (7, 5)), "GIF")[:9], GifFrames(0, (7, 5), is_whole=False)),
        (b"GIF89a", GifFrames(0, (0, 0), is_whole=False)),
    ],
    ids=["whole", "padded", "no end", "header", "nothing"],
)
def test_the_frames_of_a_gif_are_counted(data, expected):
    assert walk_gif(data) == expected
