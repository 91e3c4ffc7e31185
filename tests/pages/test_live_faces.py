"""The Live page's chosen face, what is left after the stop, recordings, and presentation mode."""

from types import SimpleNamespace

import pytest

from fer_core.emotions import Emotion
from tests.inference.test_live import frame, scene
from tests.pages.test_live import LIVE, html, labels, no_servers, play, press
from tests.pages.test_pages import charts_of, complaints, texts, visit

__all__ = ["no_servers"]  # a fixture


def test_only_the_chosen_face_is_calibrated(streamer):
    app = play(visit(LIVE), streamer)
    reader = streamer.reader
    reader(frame(scene((60, 100), (360, 100))))
    app.run()
    app.segmented_control(key="live face").set_value(2).run()
    press(app, "Calibrate neutral")
    assert reader.figures().calibrating == (2,)


def test_what_cannot_be_calibrated_is_said(streamer):
    app = play(visit(LIVE), streamer)
    reader = streamer.reader
    for _ in range(2):
        reader(frame(scene((200, 100))))
    (track,) = reader._tracker.tracks
    track.expression.refused = Emotion.HAPPY  # for five seconds
    app.run()
    assert "Face 1 looks happy: not calibrated." in texts(app)


def stop(app, streamer):
    streamer.state = SimpleNamespace(playing=False, signalling=False)
    return app.run()


def test_after_the_stop_the_last_thirty_seconds_stay_and_are_marked(streamer):
    app = play(visit(LIVE), streamer)
    for _ in range(3):
        streamer.reader(frame(scene((60, 100), (360, 100))))
    assert " past" not in html(app.run())
    stop(app, streamer)
    said = texts(app)
    assert "Last 30 s, stopped" in said
    assert "in view" not in said
    assert "Stopped · " in said
    assert "live-bars two past" in html(app)
    (chart,) = charts_of(app)
    assert chart["data"][0]["x"]["bdata"]
    assert chart["layout"]["xaxis"]["title"]["text"] == "seconds before the stop"
    assert app.button_group[0].options == ["1", "2"]


@pytest.mark.parametrize("leave", [False, True])
def test_a_recording_ends_with_its_video(streamer, leave):
    """However it ends: the page may be left meanwhile, and is found as if nothing was recorded."""
    app = play(visit(LIVE), streamer)
    press(app, "Record")
    streamer.reader(frame(scene((200, 100))))
    assert streamer.reader.figures().recording
    if leave:
        app.switch_page("pages/9_About.py").run()
        app.switch_page(LIVE)
    stop(app, streamer)
    assert not streamer.reader.figures().recording
    assert "Record" in labels(app, disabled=True)
    assert "Stop recording" not in texts(app)
    assert streamer.reader.figures().recorded == 1
    assert {button.label: button.disabled for button in app.get("download_button")} == {
        "Snapshot": False,
        "Video (MP4)": False,
        "Table (CSV)": False,
    }


def test_a_film_that_fails_is_one_sentence(streamer, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fer_core.vision.mp4.Mp4Writer.write", fail)
    app = play(visit(LIVE), streamer)
    press(app, "Record")
    streamer.reader(frame(scene((200, 100))))
    app.run()
    assert "its table goes on. Reason: No space left on device." in texts(app, "error")


def test_presentation_mode_shows_large_labels_and_keeps_the_video(streamer):
    app = play(visit(LIVE), streamer)
    reader, call = streamer.reader, streamer.calls[-1]
    app.toggle(key="presentation").set_value(True).run()
    assert not complaints(app)
    assert reader.large_labels
    assert streamer.calls[-1] == call
    assert "Full screen" in labels(app, disabled=False)
    assert "[data-testid=stSidebar]" in html(app)
    assert not app.get("plotly_chart")
    app.toggle(key="presentation").set_value(False).run()
    assert not reader.large_labels
    assert visit(LIVE, presentation="True").toggle(key="presentation").value is True


def test_the_chart_stays_with_the_chosen_face_and_with_the_last_one(streamer):
    app = play(visit(LIVE), streamer)
    streamer.reader.mirror = False
    streamer.reader(frame(scene((60, 100), (360, 100))))
    app.run()
    app.segmented_control(key="live face").set_value(2).run()
    assert "face 2" in alternative(app)
    streamer.reader._predictions.pop(2)  # it has gone
    app.run()
    assert not complaints(app)
    assert "face 1" in alternative(app)
    streamer.reader(frame(scene()))
    streamer.reader._predictions.clear()
    app.run()
    assert "No face in view" in texts(app)
    assert "face 1" in alternative(app)


def alternative(app):
    """What the chart shows, for those who do not see it."""
    return app.get("plotly_chart")[0].proto.SerializeToString().decode(errors="ignore")


def test_a_closed_popover_is_sent_its_values_with_each_run(streamer):
    """The browser makes its widgets when it is opened, from what the last run sent."""
    app = visit(LIVE, smoothing="0.6", mirror="False").run().run()
    slider, toggle = app.slider(key="smoothing"), app.toggle(key="mirror")
    assert (slider.proto.set_value, slider.value) == (True, 0.6)
    assert (toggle.proto.set_value, toggle.value) == (True, False)
