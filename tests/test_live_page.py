"""The Live page by Streamlit's AppTest; the component, which needs a browser, is a stand-in."""

import json
import sys
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st

from tests.test_camera import TURN
from tests.test_live import frame, scene
from tests.test_pages import charts_of, complaints, models, texts, two_runs, visit

__all__ = ["models", "two_runs"]  # fixtures
LIVE = "pages/2_Live.py"


class Streamer:
    """Stands in for webrtc_streamer: notes how it is called, and is in the state that it is given."""

    def __init__(self):
        self.state = SimpleNamespace(playing=False, signalling=False)
        self.calls = []

    def __call__(self, key, **options):
        self.calls.append(options)
        st.button("the component changes", on_click=options["on_change"])
        st.text_input("the component reports", None, key=f"{key}:frontend")
        st.session_state[key] = SimpleNamespace(state=self.state)
        return st.session_state[key]

    @property
    def reader(self):
        return self.calls[-1]["video_frame_callback"]


@pytest.fixture
def streamer(monkeypatch, two_runs):
    streamer = Streamer()
    mode = SimpleNamespace(SENDRECV="SENDRECV")
    module = SimpleNamespace(webrtc_streamer=streamer, WebRtcMode=mode)
    monkeypatch.setitem(sys.modules, "streamlit_webrtc", module)
    keys = SimpleNamespace(generate_frontend_component_key="{}:frontend".format)
    monkeypatch.setitem(sys.modules, "streamlit_webrtc.component", keys)
    monkeypatch.delenv("FER_ICE_SERVERS", raising=False)
    return streamer


@pytest.fixture
def clock(monkeypatch):
    """The page's clock; a test moves it."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    return clock


def switch_on(app):
    app.button[0].click().run()
    assert not complaints(app)
    return app


def play(app, streamer):
    """The video runs; its clock goes on by 10 ms whenever it is asked, however slow the machine."""
    streamer.reader._clock = count(0, 0.01).__next__
    streamer.state = SimpleNamespace(playing=True, signalling=False)
    return app.run()


def labels(app, *, disabled):
    return [button.label for button in app.button if button.disabled == disabled]


def test_the_camera_is_off_until_asked(streamer):
    app = visit(LIVE)
    assert streamer.calls == []
    assert app.toggle(key="camera").value is False
    said = texts(app)
    assert "The camera is off" in said
    assert "none is written to disk" in said
    assert labels(app, disabled=False) == ["Switch the camera on"]
    assert len(app.get("plotly_chart")) == 1


def test_switching_on_asks_for_video_alone_and_until_the_component_reports(streamer):
    app = switch_on(visit(LIVE))
    assert app.toggle(key="camera").value is True
    assert "allow it" in texts(app, "info")
    app.run()  # something else on the page, before the component has loaded
    app.text_input[0].set_value("here I am").run()
    first, *_ = calls = streamer.calls
    assert [call["desired_playing_state"] for call in calls] == [True, True, None]
    assert first["media_stream_constraints"]["audio"] is False
    assert first["rtc_configuration"] == {"iceServers": []}
    assert first["async_processing"] is True
    assert len({id(call["video_frame_callback"]) for call in calls}) == 1
    app.toggle(key="camera").set_value(False).run()
    assert len(streamer.calls) == 3
    switch_on(app)
    assert streamer.calls[-1]["desired_playing_state"] is True


def test_frames_are_read_and_shown_beside_the_video(streamer):
    app = play(switch_on(visit(LIVE)), streamer)
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
    assert "Face 1 · " in said
    assert "Face 2 · " in said
    assert "Frames read: 5." in said
    assert app.button_group[0].options == ["Face 1", "Face 2"]
    (chart,) = charts_of(app)
    assert len(chart["data"]) == 7


def test_the_controls_reach_the_reader(streamer):
    app = play(switch_on(visit(LIVE)), streamer)
    reader = streamer.reader
    assert (reader.mirror, reader.time_constant) == (True, 0.5)
    app.toggle(key="mirror").set_value(False).run()
    app.slider(key="calm").set_value(0.0).run()
    assert (streamer.reader.mirror, streamer.reader.time_constant) == (False, 0.0)
    assert streamer.reader is reader
    reader(frame(scene((200, 100))))
    press(app, "Set my neutral face")
    assert reader.figures().learning
    press(app, "Forget it")
    assert not reader.figures().learning
    press(app, "Record")
    reader(frame(scene((200, 100))))
    press(app, "Stop recording")
    assert reader.figures().recorded == 1
    assert not complaints(app)


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()


def test_another_run_reads_on_with_the_same_faces(streamer):
    app = play(switch_on(visit(LIVE)), streamer)
    reader = streamer.reader
    reader(frame(scene((200, 100))))
    before = reader._recognizer
    app.selectbox(key="run").set_value("other").run()
    assert streamer.reader is reader
    assert reader._recognizer is not before
    assert reader.figures().frames == 1


def test_a_callback_that_throws_is_counted_and_shown(streamer):
    app = play(switch_on(visit(LIVE)), streamer)
    streamer.reader.read = lambda picture: np.linalg.inv(np.zeros((2, 2)))
    sent = frame(scene())
    assert streamer.reader(sent) is sent
    app.run()
    assert "1 frame could not be read" in app.error[0].value
    assert "Singular matrix" in app.error[0].value


@pytest.mark.parametrize(
    "case",
    [
        (False, [], "has not opened the camera"),
        (True, [], "name a TURN server"),
        (True, [TURN], "through the STUN/TURN servers"),
    ],
)
def test_after_fifteen_seconds_it_says_why_and_offers_the_snapshot_camera(streamer, clock, monkeypatch, case):
    signalling, servers, said = case
    monkeypatch.setenv("FER_ICE_SERVERS", json.dumps(servers))
    app = switch_on(visit(LIVE))
    streamer.state = SimpleNamespace(playing=False, signalling=signalling)
    app.run()
    assert not app.warning
    clock.now += 15.5
    app.run()
    assert said in app.warning[0].value
    assert streamer.calls[-1]["rtc_configuration"] == {"iceServers": servers}
    (photo,) = app.camera_input
    assert "snapshot" in photo.label
    play(app, streamer)
    assert not app.warning  # it came after all


def test_the_components_own_stop_button_puts_the_switch_off(streamer):
    app = switch_on(visit(LIVE))
    press(app, "the component changes")  # it has asked for the camera
    assert app.toggle(key="camera").value is True
    play(app, streamer)
    press(app, "the component changes")  # it plays
    assert app.toggle(key="camera").value is True
    app.session_state["live stream"] = SimpleNamespace(state=SimpleNamespace(playing=False))
    press(app, "the component changes")
    assert app.toggle(key="camera").value is False
    assert "The camera is off" in texts(app)


def test_who_leaves_and_returns_finds_the_camera_off(streamer):
    app = play(switch_on(visit(LIVE)), streamer)
    app.switch_page("pages/1_Photo.py").run()
    app.switch_page(LIVE).run()
    assert app.toggle(key="camera").value is False
    assert "The camera is off" in texts(app)


def test_a_page_without_https_says_so_at_once(streamer, monkeypatch):
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.url", "http://192.168.1.5:8501/Live")
    app = visit(LIVE)
    assert "only to pages on HTTPS" in app.error[0].value
    app.toggle(key="camera").set_value(True).run()
    assert streamer.calls == []


def test_ice_servers_come_from_the_secrets_before_the_environment(streamer, monkeypatch):
    monkeypatch.setenv("FER_ICE_SERVERS", "nonsense")
    app = visit(LIVE)
    app.secrets["ice_servers"] = [TURN]
    switch_on(app)
    assert streamer.calls[-1]["rtc_configuration"] == {"iceServers": [TURN]}


def test_broken_ice_servers_stop_the_page_with_one_sentence(streamer, monkeypatch):
    monkeypatch.setenv("FER_ICE_SERVERS", "nonsense")
    app = visit(LIVE)
    app.button[0].click().run()
    (error,) = app.error
    assert "FER_ICE_SERVERS must be JSON" in error.value


def test_the_chart_stays_with_the_chosen_face_and_with_the_last_one(streamer):
    app = play(switch_on(visit(LIVE)), streamer)
    streamer.reader.mirror = False
    streamer.reader(frame(scene((60, 100), (360, 100))))
    app.run()
    app.segmented_control(key="live face").set_value(2).run()
    assert texts(app, "markdown").index("Face 2 · ") < texts(app, "markdown").index("Face 1 · ")
    streamer.reader._predictions.pop(2)  # it has gone
    app.run()
    assert not complaints(app)
    assert "Face 2 · " not in texts(app)
    assert "Face 1 · " in texts(app)
    streamer.reader(frame(scene()))
    streamer.reader._predictions.clear()
    app.run()
    assert "No face in view" in texts(app)
    assert "face 1" in app.get("plotly_chart")[0].proto.SerializeToString().decode(errors="ignore")
