"""The Photo page with a video: read, cancelled, damaged, taken back; its faces, its cuts and its player."""

import io

import pandas as pd
import pytest
import streamlit as st

from fer_core.inference.face_table import COLUMNS, to_csv
from fer_core.inference.recognizer import Recognizer
from fer_core.inference.video import VideoReader
from fer_core.vision.frames import sample_frames
from pages.parts import formats
from pages.parts.photo import video_result
from tests.pages.test_pages import PHOTO, charts_of, complaints, texts, visit
from tests.pages.test_photo import saved
from tests.tiny_networks import tiny_tflite
from tests.videos import scene, write_sound, write_video

__all__ = ["saved"]  # a fixture

pytestmark = pytest.mark.usefixtures("network_run")


@pytest.fixture(scope="module")
def film():
    """Three seconds: a face for two, then nobody."""
    return write_video([scene(4 * step) for step in range(20)] + [scene()] * 10)


def test_without_a_video_the_page_says_what_it_does_with_one():
    app = visit(PHOTO, source="Video")
    assert not complaints(app)
    assert "processed in memory" in app.file_uploader[0].help
    assert "key frames" in texts(app, "info")


def upload(film, name="film.mp4", **query):
    app = visit(PHOTO, source="Video", **query)
    return app.file_uploader[0].upload(name, film).run()


def test_a_video_is_read_to_its_timeline_key_frames_and_csv(film, saved):
    app = upload(film)
    assert not complaints(app)
    lanes, chart = charts_of(app)
    assert {name for trace in lanes["data"] for name in trace["y"]} == {"Face 1"}
    assert len(chart["data"]) == 7
    assert chart["layout"]["xaxis"]["range"] == pytest.approx([0, 2.8])
    assert f"{formats.person_plate(1)} most often" in texts(app, "markdown")
    assert "15 sampled frames of the first 2.8 s were processed" in texts(app, "caption")
    reader = VideoReader(Recognizer(tiny_tflite("flatten"), threads=1), io.BytesIO(film), name="film.mp4")
    while reader.read_next():
        pass
    number = next(iter(reader.faces()))
    images = [image for element in app.get("image") for image in element.proto.imgs]
    assert len(images) == len(reader.key_frames(number)) == len(chart["layout"]["annotations"])
    assert len(list(sample_frames(saved["film-annotated.mp4"], frames_per_second=100))) == 15
    (player,) = app.get("video")
    assert player.proto.start_time == 0
    written = pd.read_csv(io.StringIO(saved["film-faces.csv"]()))
    assert tuple(written.columns) == COLUMNS
    pd.testing.assert_frame_equal(written, pd.read_csv(io.StringIO(to_csv(reader.rows))), atol=2e-3)
    assert not [button for button in app.button if button.label == "Cancel"]


def test_the_rate_is_a_choice_that_the_url_may_hold(film):
    app = upload(film, rate="1")
    assert "3 sampled frames of the first 2.0 s" in texts(app, "caption")
    app.segmented_control(key="rate").set_value(10).run()
    assert "30 sampled frames of the first 2.9 s" in texts(app, "caption")


def test_what_was_read_is_not_read_again(film, monkeypatch):
    app = upload(film)
    monkeypatch.setattr(VideoReader, "read_next", lambda reader: 1 / 0)
    app.run()
    assert not complaints(app)
    assert charts_of(app)


@pytest.fixture
def interrupted(monkeypatch):
    """The page is interrupted after four frames, as Streamlit does when something is pressed."""
    read_next, left = VideoReader.read_next, [4]

    def stop_once(reader):
        if left[0] == 0:
            left[0] = -1
            st.stop()
        left[0] -= 1
        return read_next(reader)

    monkeypatch.setattr(VideoReader, "read_next", stop_once)


def test_a_cancelled_video_shows_what_was_read_until_then(interrupted, film):
    app = upload(film)
    (cancel,) = [button for button in app.button if button.label == "Cancel"]
    assert not charts_of(app)
    cancel.click().run()
    assert not complaints(app)
    assert "Cancelled after 0.6 s of film.mp4" in texts(app, "info")
    assert "4 sampled frames of the first 0.6 s" in texts(app, "caption")
    assert len(charts_of(app)) == 2
    app.run()
    assert "4 sampled frames" in texts(app, "caption")  # and it stays so


def test_an_interrupted_video_is_read_on(interrupted, film):
    app = upload(film)
    assert not charts_of(app)
    app.run()
    assert not complaints(app)
    assert "15 sampled frames of the first 2.8 s" in texts(app, "caption")


def test_a_video_without_a_face_gets_a_hint():
    app = upload(write_video([scene()] * 10))
    assert not complaints(app)
    assert "No face was detected in 5 sampled frames of film.mp4" in texts(app, "info")
    assert "face threshold (now 0.70)" in texts(app, "info")
    assert not app.get("download_button")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"These are notes.\n" * 99, "film.mp4 is no video"),
        (write_sound(), "film.mp4 holds no moving pictures"),
    ],
    ids=["text", "sound"],
)
def test_what_is_no_video_is_one_sentence(data, says):
    app = upload(data)
    assert not app.exception
    assert [error.value.startswith(says) for error in app.error] == [True]
    app.run()
    assert len(app.error) == 1  # it stays


def test_a_video_taken_back_is_forgotten(film):
    app = upload(film)
    assert "video reading" in app.session_state
    app.file_uploader[0].set_value(None).run()
    assert "video reading" not in app.session_state
    assert not charts_of(app)


def test_several_faces_are_chosen_from():
    both = [scene(0, 160)] * 10 + [scene(160)] * 5
    app = upload(write_video(both))
    box = app.selectbox(key="video face")
    assert len(box.options) == 2
    assert "frames)" in box.options[0]
    first = texts(app, "markdown")
    box.select_index(1).run()
    assert not complaints(app)
    assert texts(app, "markdown") != first


def test_a_cut_gives_a_new_number_to_a_face_in_the_same_place():
    app = upload(write_video([scene(80)] * 10 + [scene(80, name="grace-hopper.jpg")] * 10))
    assert not complaints(app)
    assert app.selectbox(key="video face").options == ["Face 1 (5 frames)", "Face 2 (5 frames)"]
    lanes = charts_of(app)[0]
    assert {name for trace in lanes["data"] for name in trace["y"]} == {"Face 1", "Face 2"}
    assert "1 cut: after a cut" in texts(app, "caption")


def test_a_key_frame_and_a_stretch_play_the_film_from_there(film, monkeypatch):
    app = upload(write_video([scene(80)] * 20 + [scene(80, name="grace-hopper.jpg")] * 10))
    app.selectbox(key="video face").select_index(1).run()
    next(button for button in app.button if button.key.startswith("play 2 ")).click().run()
    (player,) = app.get("video")
    assert (player.proto.start_time, player.proto.autoplay) == (2, True)
    session = {}
    monkeypatch.setattr(video_result.st, "session_state", session)
    video_result._pick_stretch({"customdata": [2, 2.4]})  # AppTest can't click in a chart
    assert session == {"video face": 2, "video time": 2.4}


def test_a_video_survives_a_visit_to_another_page(film, monkeypatch):
    app = upload(film)
    app.switch_page("pages/9_About.py").run()
    app.switch_page(PHOTO).run()
    monkeypatch.setattr(VideoReader, "read_next", lambda reader: 1 / 0)  # and is not read again
    app.segmented_control(key="source").set_value("Video").run()
    assert not complaints(app)
    assert "15 sampled frames" in texts(app, "caption")
    assert "film.mp4 from an earlier visit" in texts(app, "caption")
    next(button for button in app.button if button.label == "Remove").click().run()
    assert not charts_of(app)
