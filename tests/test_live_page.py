"""The Live page by Streamlit's AppTest; the component, which needs a browser, is a stand-in."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st

from fer_core.errors import FerError
from pages.parts.camera import check_ice_servers, explain_silence, ice_servers, is_secure
from tests.test_live import frame, scene
from tests.test_pages import charts_of, complaints, models, texts, two_runs, visit

__all__ = ["models", "two_runs"]  # fixtures
LIVE = "pages/2_Live.py"
TURN = {"urls": ["turn:turn.example.org:3478"], "username": "me", "credential": "secret"}


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


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        (None, True),
        ("http://localhost:8501/Live", True),
        ("http://127.0.0.1:8501", True),
        ("http://[::1]:8501", True),
        ("https://fer.example.org/Live", True),
        ("http://192.168.1.5:8501/Live", False),
        ("http://localhost.example.org", False),
    ],
)
def test_where_a_browser_gives_a_camera(url, secure):
    assert is_secure(url) is secure


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("nonsense", "must be JSON"),
        ('{"urls": "stun:x"}', "entries with"),
        ('[{"url": "stun:x", "credential": "hush"}]', "'credential', 'url'"),
        ("[1]", "'int'"),
    ],
)
def test_ice_servers_that_make_no_sense_are_one_sentence(monkeypatch, text, received):
    monkeypatch.setenv("FER_ICE_SERVERS", text)
    with pytest.raises(FerError, match="FER_ICE_SERVERS must be") as caught:
        ice_servers()
    assert received in str(caught.value)
    assert "hush" not in str(caught.value)


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


def test_servers_as_streamlits_secrets_hold_them_become_plain():
    from streamlit.runtime.secrets import AttrDict

    assert check_ice_servers([AttrDict(TURN)], "secrets") == [TURN]
    assert check_ice_servers([{"urls": "stun:x"}], "secrets") == [{"urls": "stun:x"}]


def test_each_silence_has_its_own_advice():
    kinds = {explain_silence(offered=o, has_servers=s) for o in (True, False) for s in (True, False)}
    assert len(kinds) == 3
