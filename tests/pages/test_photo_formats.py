"""The Photo page goes by what a file holds: phones' formats, animations, cut films, wrong boxes."""

import pytest
from PIL import Image

from tests.pages.test_pages import PHOTO, charts_of, complaints, texts, visit
from tests.picture_files import DATA, encode
from tests.tiny_networks import SAMPLES
from tests.videos import NOISE, scene, write_video

pytestmark = pytest.mark.usefixtures("network_run")

ANIMATION = [Image.fromarray(scene(4 * step)) for step in range(10)]


@pytest.fixture(scope="module")
def animation():
    return encode(ANIMATION[0], "GIF", save_all=True, append_images=ANIMATION[1:], duration=100)


def hand_in(name, content, source="Upload"):
    return visit(PHOTO, source=source).file_uploader[0].upload(name, content).run()


@pytest.mark.parametrize("suffix", ["jfif", "jpe", "mpo", "JPG"])
def test_a_jpeg_is_read_under_each_of_its_names(suffix):
    app = hand_in(f"photo.{suffix}", (SAMPLES / "two-faces.jpg").read_bytes())
    assert not complaints(app)
    assert len(app.dataframe[0].value) == 2


def test_phones_and_scanners_photos_are_read(tmp_path):
    gray = Image.open(SAMPLES / "two-faces.jpg").convert("L")
    for name, content in {
        "a.heic": (DATA / "iphone.heic").read_bytes(),
        "a.pgm": encode(gray, "PPM"),
    }.items():
        app = hand_in(name, content)
        assert not complaints(app)
        assert len(app.dataframe[0].value) == 2


def test_of_an_animation_the_first_frame_is_shown_and_the_way_to_the_rest(animation):
    app = hand_in("moving.gif", animation)
    assert not complaints(app)
    assert "The first frame of an animation. Choose Video above" in texts(app, "caption")
    app = hand_in("moving.gif", animation, source="Video")
    assert not complaints(app)
    assert "5 sampled frames of the first 0.8 s" in texts(app, "caption")


def test_a_video_among_photos_and_a_photo_among_videos_are_named():
    app = hand_in("film.jpg", write_video([scene()] * 10))
    assert "film.jpg is not a picture" in texts(app, "error")
    assert "Received: a video (MPEG-4)" in texts(app, "error")
    app = hand_in("photo.mp4", (SAMPLES / "two-faces.jpg").read_bytes(), source="Video")
    assert "photo.mp4 is no video" in texts(app, "error")
    assert "Received: a picture (JPEG)" in texts(app, "error")


def test_of_a_cut_film_is_shown_what_there_is(tmp_path):
    path = str(tmp_path / "film")
    frames = [scene(4 * step) for step in range(20)]
    whole = write_video(frames, codec="mjpeg", options={"movflags": "faststart"}, file=path)
    app = hand_in("film.mp4", whole[: len(whole) * 2 // 3], source="Video")
    assert "film.mp4 is unfinished or damaged: read 1.2 s of 2.0 s" in texts(app, "error")
    assert len(charts_of(app)) == 2


def test_what_is_left_out_of_a_film_is_said():
    data = bytearray(write_video(NOISE, form="mov", codec="mjpeg"))
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    app = hand_in("film.mov", bytes(data), source="Video")
    assert not app.exception
    assert "damaged packets were left out" in texts(app, "warning")
