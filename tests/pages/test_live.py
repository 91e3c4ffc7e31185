"""The Live page by Streamlit's AppTest; the component, which needs a browser, is a stand-in."""

import json
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit import get_option

from tests.inference.test_live import frame, scene
from tests.pages.test_camera import TURN
from tests.pages.test_pages import PHOTO, charts_of, complaints, texts, visit
from tests.tiny_networks import SAMPLES

LIVE = "pages/2_Live.py"


@pytest.fixture(autouse=True)
def no_servers(monkeypatch, two_runs):
    monkeypatch.delenv("FER_ICE_SERVERS", raising=False)


@pytest.fixture
def clock(monkeypatch):
    """The page's clock; a test moves it."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    return clock


def play(app, streamer):
    """The video runs; its clock goes on by 10 ms whenever it is asked, however slow the machine."""
    streamer.reader._clock = count(0, 0.01).__next__
    streamer.state = SimpleNamespace(playing=True, signalling=False)
    return app.run()


def labels(app, *, disabled):
    return [button.label for button in app.button if button.disabled == disabled]


def test_the_camera_is_off_until_its_own_button_is_pressed(streamer):
    app = visit(LIVE)
    (call,) = streamer.calls
    assert "desired_playing_state" not in call
    assert call["translations"]["start"] == "Start camera"
    assert call["media_stream_constraints"]["audio"] is False
    assert call["rtc_configuration"] == {"iceServers": []}
    assert call["async_processing"] is True
    assert not complaints(app)
    said = texts(app)
    assert "the message above the video says why" in said
    assert "sent nowhere else" in said
    assert "Predictions appear here" in said
    assert "the smallest within 3 points of the best run's accuracy" in said
    assert labels(app, disabled=False) == []
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(("parameters", "shown"), [(900_000, "other"), (9_000_000, "best")])
def test_the_lightest_of_the_good_networks_is_the_first(streamer, two_runs, parameters, shown):
    path = two_runs / "other" / "provenance.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(facts | {"parameters": parameters}), encoding="utf-8")
    assert visit(LIVE).selectbox(key="run").value == shown
    assert visit(LIVE, run="best").selectbox(key="run").value == "best"


def test_a_run_of_the_page_keeps_the_reader(streamer):
    app = visit(LIVE).run()
    assert not complaints(app)
    first, second = streamer.calls
    assert first["video_frame_callback"] is second["video_frame_callback"]


def test_frames_are_read_and_shown_beside_the_video(streamer):
    app = play(visit(LIVE), streamer)
    assert "Waiting for the next frame" in texts(app)
    streamer.reader(frame(scene()))
    streamer.reader(frame(scene()))
    app.run()
    assert "No face in view" in texts(app)
    for _ in range(3):
        streamer.reader(frame(scene((60, 100), (360, 100))))
    app.run()
    assert not complaints(app)
    said = texts(app)
    assert "2 faces in view" in said
    assert "Frames: 5." in said
    assert app.button_group[0].options == ["1", "2"]
    assert [f">Face {number}</b>" in html(app) for number in (1, 2, 3)] == [True, True, False]
    (chart,) = charts_of(app)
    assert len(chart["data"]) == 7


def test_the_controls_reach_the_reader(streamer):
    app = play(visit(LIVE), streamer)
    reader = streamer.reader
    assert (reader.mirror, reader.time_constant) == (True, 0.5)
    app.toggle(key="mirror").set_value(False).run()
    app.slider(key="smoothing").set_value(0.0).run()
    assert (streamer.reader.mirror, streamer.reader.time_constant) == (False, 0.0)
    assert streamer.reader is reader
    for _ in range(2):
        reader(frame(scene((200, 100))))
    press(app, "Calibrate neutral")
    assert reader.figures().calibrating == (1,)
    assert "Calibrating face 1: hold still" in texts(app)
    press(app, "Reset")
    assert not reader.figures().calibrating
    press(app, "Record")
    reader(frame(scene((200, 100))))
    app.run()
    assert ":red[●] 0 s · **1 face in view**" in texts(app)
    press(app, "Stop recording")
    assert reader.figures().recorded == 1
    assert not complaints(app)


def html(app):
    """What stands on the page as HTML."""
    return " ".join(element.proto.body for element in app.get("html"))


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()


def test_another_run_reads_on_with_the_same_faces(streamer):
    app = play(visit(LIVE), streamer)
    reader = streamer.reader
    reader(frame(scene((200, 100))))
    before = reader._recognizer
    app.selectbox(key="run").set_value("other").run()
    assert streamer.reader is reader
    assert reader._recognizer is not before
    assert reader.figures().frames == 1


def test_a_callback_that_throws_is_counted_and_shown(streamer):
    app = play(visit(LIVE), streamer)
    streamer.reader.read = lambda picture: np.linalg.inv(np.zeros((2, 2)))
    sent = frame(scene())
    assert streamer.reader(sent) is sent
    app.run()
    assert "1 frame could not be processed" in app.error[0].value
    assert "Singular matrix" in app.error[0].value


@pytest.mark.parametrize(
    ("servers", "said"),
    [([], "configure a TURN server"), ([TURN], "through the configured STUN/TURN servers")],
)
def test_after_fifteen_seconds_it_says_why_and_offers_the_snapshot_camera(
    streamer, clock, monkeypatch, servers, said
):
    monkeypatch.setenv("FER_ICE_SERVERS", json.dumps(servers))
    app = visit(LIVE)
    streamer.state = SimpleNamespace(playing=False, signalling=True)
    app.run()
    assert "Connecting" in texts(app, "info")
    assert not app.warning
    clock.now += 15.5
    app.run()
    assert said in app.warning[0].value
    assert streamer.calls[-1]["rtc_configuration"] == {"iceServers": servers}
    assert "snapshot" in app.camera_input[0].label
    play(app, streamer)
    assert not app.warning  # it came after all


def test_who_stops_it_early_hears_nothing_of_networks(streamer, clock):
    app = visit(LIVE)
    streamer.state = SimpleNamespace(playing=False, signalling=True)
    app.run()
    clock.now += 5
    streamer.state = SimpleNamespace(playing=False, signalling=False)
    app.run()
    clock.now += 20
    app.run()
    assert not app.warning


def test_a_snapshot_is_read_where_there_is_no_stream(streamer):
    app = visit(LIVE)
    app.toggle(key="live wants snapshot").set_value(True).run()
    app.camera_input[0].upload("shot.jpg", (SAMPLES / "eileen-collins.jpg").read_bytes()).run()
    assert not complaints(app)
    assert "Face 1 · " in texts(app)


def test_what_was_loaded_is_frozen_once(streamer, monkeypatch):
    frozen = []
    monkeypatch.setattr("gc.freeze", lambda: frozen.append(True))
    st.cache_resource.clear()
    for name in ("best", "other", "best"):
        assert not complaints(visit(LIVE, run=name))
    assert frozen == [True]


def test_a_page_without_https_says_so_at_once(streamer, monkeypatch):
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.url", "http://192.168.1.5:8501/Live")
    app = visit(LIVE)
    said = texts(app, "error")
    assert "only over HTTPS" in said
    assert "comes from 192.168.1.5:8501 without HTTPS" in said
    assert f"open `http://localhost:{get_option('server.port')}`" in said
    assert streamer.calls == []
    app = visit(PHOTO, source="Camera")
    assert "only over HTTPS" in texts(app, "error")
    assert not app.camera_input


def test_ice_servers_come_from_the_secrets_before_the_environment(streamer, monkeypatch):
    monkeypatch.setenv("FER_ICE_SERVERS", "nonsense")
    app = visit(LIVE)
    assert "FER_ICE_SERVERS must be JSON" in texts(app, "error")
    app.secrets["ice_servers"] = [TURN]
    app.run()
    assert not app.error
    assert streamer.calls[-1]["rtc_configuration"] == {"iceServers": [TURN]}
