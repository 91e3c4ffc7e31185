"""A video's frames: upright, with square pixels, in time, over what is damaged, and what is no video."""

import io

import numpy as np
import pytest
from PIL import Image

from fer_core.errors import PictureError
from fer_core.inference.recognizer import Recognizer
from fer_core.vision.frames import kind_of, sample_frames
from tests.picture_files import DATA, encode

pytest.importorskip("av", reason="PyAV comes with streamlit-webrtc")
import av

from tests.videos import PLAIN, write_sound, write_video


def sample(data, **options):
    return list(sample_frames(io.BytesIO(data), **({"name": "film.mp4"} | options)))


@pytest.mark.parametrize(
    ("form", "codec"),
    [
        ("mp4", "libx264"),
        ("mov", "libx264"),
        ("3gp", "mpeg4"),
        ("webm", "libvpx"),
        ("matroska", "libx264"),
        ("avi", "mpeg4"),
        ("mpegts", "libx264"),
        ("mpeg", "mpeg2video"),
        ("mpeg2video", "mpeg2video"),
    ],
)
def test_every_container_is_read_from_memory(form, codec):
    data = write_video(PLAIN, form=form, codec=codec)
    assert kind_of(data) == "video"
    found = sample(data, frames_per_second=5)
    assert 10 <= len(found) <= 11  # a program stream's last frames come a little later
    np.testing.assert_allclose([each.seconds for each in found[:8]], np.arange(8) / 5, atol=0.002)
    assert {each.picture.shape for each in found} == {(48, 64, 3)}
    shades = [each.picture.mean() for each in found[:8]]
    np.testing.assert_allclose(shades, np.arange(0, 160, 20), atol=6)
    shares = [each.share for each in found]
    assert shares == sorted(shares)
    assert 0.8 < shares[-1] <= 1
    assert found[-1].skipped == 0


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_is_a_video(form):
    """The second frame's time is too short for any browser, and stands for 100 ms."""
    first, *others = map(Image.fromarray, PLAIN)
    durations = [100, 0] + [100] * 18 if form == "GIF" else 100
    data = encode(first, form, save_all=True, append_images=others, duration=durations, lossless=True)
    assert kind_of(data) == "video"
    found = sample(data)
    np.testing.assert_allclose([each.seconds for each in found], np.arange(10) / 5, atol=0.002)
    np.testing.assert_allclose([each.picture.mean() for each in found], np.arange(0, 200, 20), atol=2)
    np.testing.assert_allclose([each.share for each in found], np.arange(0, 1, 0.1), atol=0.01)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (encode(Image.fromarray(PLAIN[0])), "picture"),
        (encode(Image.fromarray(PLAIN[0]), "GIF"), "picture"),
        (encode(Image.fromarray(PLAIN[0]), "WEBP"), "picture"),
        ((DATA / "iphone.heic").read_bytes(), "picture"),
        (b"8BPS" + bytes(40), "picture"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video"),
        (b"\0\0\0\x08wide", "video"),
        (bytes(100) + (b"\x47" + bytes(187)) * 5, "video"),
        (bytes(3) + (b"\0\0\0\0\x47" + bytes(187)) * 5, "video"),
    ],
    ids=["png", "gif", "webp", "heic", "photoshop", "mov", "old mov", "ts", "m2ts"],
)
def test_what_a_file_is_its_content_says(tmp_path, data, kind):
    path = tmp_path / "named.txt"
    path.write_bytes(data)
    assert kind_of(path) == kind_of(data) == kind_of(io.BytesIO(data)) == kind


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "an empty file"),
        (b"%PDF-1.7", r"a document \(PDF\)"),
        (b"ID3\3", r"a sound file \(MP3\)"),
        (b"hello, world", "a file that begins with b'hello, w'"),
    ],
)
def test_what_is_neither_picture_nor_video_is_named(data, says):
    with pytest.raises(PictureError, match=f"neither a picture nor a video. Received: {says}"):
        kind_of(data)


@pytest.mark.parametrize(("asked", "count"), [(1, 2), (3, 6), (4, 8), (10, 20), (60, 20)])
def test_so_many_frames_a_second(asked, count):
    assert len(sample(write_video(PLAIN), frames_per_second=asked)) == count


@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_frames_come_upright(turn, is_mirrored):
    upright = np.zeros((64, 48, 3), np.uint8)
    upright[:20, :20] = 255  # the top left corner
    stored = np.rot90(upright, turn // 90)  # a player turns it clockwise again
    stored = np.ascontiguousarray(stored[:, ::-1] if is_mirrored else stored)
    first = sample(write_video([stored] * 3, turn=turn, is_mirrored=is_mirrored))[0].picture
    assert first.shape == upright.shape
    assert np.abs(first.astype(int) - upright).mean() < 12


def test_a_mirrored_film_is_read_as_the_film_is():
    recognizer = Recognizer("small")
    emotions = [
        recognizer.predict(each.picture)[0].emotion.label for each in sample_frames(DATA / "mirror_h.mp4")
    ]
    assert sorted(emotions) == ["happy"] * 10 + ["neutral"] * 10


def test_squeezed_pixels_are_stretched():
    recognizer = Recognizer("small")
    found = {}
    for name in ("square.mp4", "half_d1.mp4"):
        frames = list(sample_frames(DATA / name))
        found[name] = [recognizer.predict(each.picture)[0].emotion for each in frames]
    assert found["half_d1.mp4"] == found["square.mp4"]


@pytest.mark.parametrize(
    ("aspect", "shape"),
    [(2, (48, 128)), ("1/2", (96, 64)), (1, (48, 64)), (100, (48, 64)), ("1/100", (48, 64))],
)
def test_pixels_come_square(aspect, shape):
    data = write_video(PLAIN, form="matroska", aspect=aspect)
    assert sample(data)[0].picture.shape == (*shape, 3)


def test_large_frames_are_reduced_as_pictures_are():
    data = write_video([np.zeros((1400, 5120, 3), np.uint8)] * 2, options={"preset": "ultrafast"})
    assert sample(data)[0].picture.shape == (1237, 4522, 3)


def test_a_title_that_is_no_utf_8_is_no_reason_to_refuse_a_film():
    """As old programs wrote it, in Latin-1."""
    data = write_video(PLAIN, title="Fete de Zoe").replace(b"Fete de Zoe", b"F\xeate de Zo\xeb")
    assert b"Zo\xeb" in data
    assert len(sample(data)) == 10


def test_a_recording_that_does_not_state_its_length_has_a_share():
    pipe = io.BytesIO(write_video(PLAIN, form="webm", codec="libvpx"))
    with av.open(pipe) as whole:
        live = io.BytesIO()
        with av.open(live, "w", format="webm", options={"live": "1"}) as copy:
            stream = copy.add_stream_from_template(whole.streams.video[0])
            for packet in whole.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    copy.mux(packet)
    shares = [each.share for each in sample(live.getvalue())]
    assert shares == sorted(shares)
    assert 0 < shares[-1] <= 1


def test_a_path_is_read_too(tmp_path):
    path = tmp_path / "film"
    path.write_bytes(write_video(PLAIN))
    assert len(list(sample_frames(path))) == len(list(sample_frames(str(path)))) == 10
    for missing, says in [
        (tmp_path / "gone.mp4", r"There is no picture or video at .*gone\.mp4"),
        (tmp_path, "must be a file. Received: the folder"),
        ("/dev/zero", "must be a regular file"),
        (None, "must be a path, .* Received: NoneType"),
        (io.StringIO("text"), "cannot be read from its start"),
    ]:
        with pytest.raises(PictureError, match=says):
            next(sample_frames(missing))
        with pytest.raises(PictureError, match=says):
            kind_of(missing)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is no video. Expected one of mp4, "),
        (b"These are my notes.\n" * 50, "is no video. Expected one of mp4, "),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://localhost/secret.ts\n", "is no video"),
        (encode(Image.fromarray(PLAIN[0])), "is no video.*Received: a picture (PNG)"),
        (b"FLV\1" + bytes(50), "is a video of a format that is not read.*Received: a video (Flash)"),
        (write_video(PLAIN)[:1000], "is damaged or unfinished: it cannot be opened"),
        (write_video(PLAIN)[:1500], "holds a video that cannot be decoded: it is unfinished, damaged or"),
        (write_video(PLAIN).replace(b"avc1", b"xyz1"), "damaged or of a codec that is not known"),
        (write_sound(), "holds no moving pictures. Expected a video. Received: sound alone"),
    ],
    ids=["empty", "text", "playlist", "picture", "flash", "half", "nearly whole", "codec", "sound"],
)
def test_what_is_no_video_is_one_sentence(data, says):
    with pytest.raises(PictureError) as caught:
        sample(data, name="holiday.mp4")
    message = str(caught.value)
    assert message.startswith("holiday.mp4 ")
    for part in says.split(".*"):
        assert part in message
    assert "\n" not in message


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(PictureError, match=r"more than 0 frames a second\. Received: 0"):
        next(sample_frames(io.BytesIO(), frames_per_second=0))


def test_a_frame_that_would_fill_the_memory_is_refused_by_the_header(monkeypatch):
    monkeypatch.setattr("fer_core.vision.containers.MOST_PIXELS", 2500)
    with pytest.raises(PictureError, match="too large"):
        sample(write_video(PLAIN))
    monkeypatch.undo()
    monkeypatch.setattr("fer_core.vision.containers.MOST_FRAME_BYTES", 4000)
    with pytest.raises(PictureError, match=r"too large.*Received: 64 x 48 pixels, 12 bits each"):
        sample(write_video(PLAIN))
