"""Live predictions from the webcam: every face boxed, tracked and labelled, with its last 30 s."""

import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from fer_core.experiments.runs import Run
from fer_core.inference.expression import Floats, neutral_reference
from fer_core.inference.live import LiveReader
from fer_core.inference.recognizer import Recognizer
from pages.parts.faces import show_photo, show_predictions
from pages.parts.frame import page
from pages.parts.live.camera import (
    NO_PICTURE,
    PRIVACY,
    explain_refusals,
    explain_silence,
    ice_servers,
    is_secure,
    show_insecure,
    take_snapshot,
)
from pages.parts.live.layout import (
    PRESENTATION,
    VIDEO,
    arrange,
    explain_model,
    show_off,
    show_presentation,
)
from pages.parts.live.panel import offer_recording, show_buttons, show_figures
from pages.parts.readers import last_change, pick_run
from pages.parts.reading import read_photo, to_photo
from pages.parts.state import bound

if TYPE_CHECKING:
    from streamlit_webrtc import WebRtcStreamerContext
    from streamlit_webrtc.component import WebRtcStreamerState

STREAM, READER = "live stream", "live reader"
OFFERED = "live offered"  # since when the browser offers its camera
MIRROR, SMOOTHING = "mirror", "smoothing"
MOST_SMOOTHING = 3.0  # seconds
PATIENCE_SECONDS = 15.0
REFRESH_SECONDS = 1.0
CONSTRAINTS = {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 15, "max": 30}}
SMOOTHING_HELP = (
    "Time constant of the exponential smoothing, in seconds: after this time, 63 % of a change is shown. "
    "0 shows each frame's own prediction."
)


def main() -> None:
    """The page: the video, which its own button starts, and the predictions for the faces in it."""
    run = pick_run(light=True)
    reader = _reader(run)
    reader.large_labels = st.session_state[bound(PRESENTATION, False, options=(True, False))]
    left, right = arrange(is_large=reader.large_labels)
    with left:
        state = _show_stream(reader)
        playing = state is not None and state.playing
        if not playing:  # a recording ends with its video, however that ends
            reader.stop_recording()
        show_buttons(reader, disabled=not playing)
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            _choose(reader)
            offer_recording(reader)
            show_presentation()
        st.caption(f"{explain_model(run)} {PRIVACY}")
        if state is not None:
            _explain_connection(run, state)
    with right:
        show = st.fragment(show_figures, run_every=REFRESH_SECONDS if playing else None)
        show(reader, playing=playing, chart=not reader.large_labels)


def _choose(reader: LiveReader) -> None:
    """Smoothing time and mirror image."""
    with st.popover("Settings", icon=":material/tune:"):
        reader.time_constant = st.slider(
            "Smoothing time",
            0.0,
            MOST_SMOOTHING,
            step=0.1,
            format="%.1f s",
            key=bound(SMOOTHING, 0.5, between=(0.0, MOST_SMOOTHING), is_hidden=True),
            help=SMOOTHING_HELP,
        )
        key = bound(MIRROR, True, options=(True, False), is_hidden=True)
        reader.mirror = st.toggle("Mirror image", key=key)


def _show_stream(reader: LiveReader) -> "WebRtcStreamerState | None":
    """The video, which keeps its place while it is off; its state, or None where there is no camera."""
    if not is_secure(st.context.url):
        show_insecure()
        return None
    with st.container(key=VIDEO):
        state = _stream(reader, ice_servers()).state
        explain_refusals()
        if not state.playing:
            show_off()
    return state


def _explain_connection(run: Run, state: "WebRtcStreamerState") -> None:
    """Below everything else, so that nothing moves: a connection that fails is explained after 15 s."""
    if not state.signalling:
        st.session_state.pop(OFFERED, None)
        if not state.playing:
            _help_with_camera(run)
        return
    offered = st.session_state.setdefault(OFFERED, time.monotonic())
    if time.monotonic() - offered >= PATIENCE_SECONDS:
        st.warning(explain_silence(has_servers=bool(ice_servers())), icon=":material/videocam_off:")
        _offer_snapshot(run, key="live snapshot")
    else:
        st.fragment(_wait, run_every=1.0)(offered)


def _help_with_camera(run: Run) -> None:
    """What to do where no picture comes."""
    with st.expander("No picture after starting the camera?", icon=":material/help:"):
        st.markdown(NO_PICTURE)
        if st.toggle("Use a snapshot instead", key="live wants snapshot"):
            _offer_snapshot(run, key="live other snapshot")


def _stream(reader: LiveReader, servers: list[dict[str, object]]) -> "WebRtcStreamerContext":
    """The browser's camera through the reader and back.

    The newest frame always wins. streamlit-webrtc can call the reader in three ways: on the server's own
    event loop (``async_processing=False``), where frames queue up without bound while one is processed, and
    the whole server waits; in a thread of its own, handing over all frames that have come meanwhile
    (``queued_video_frames_callback``); or, as here, in that thread with the last of them alone
    (``video_frame_callback``), the others being dropped. Lag stays that of one frame, however slow we are.
    """
    from streamlit_webrtc import WebRtcMode, webrtc_streamer  # aiortc and PyAV, which no other page needs

    return webrtc_streamer(
        STREAM,
        mode=WebRtcMode.SENDRECV,
        rtc_configuration={"iceServers": servers},
        media_stream_constraints={"video": CONSTRAINTS, "audio": False},
        video_frame_callback=reader,
        async_processing=True,
        sendback_audio=False,
        media_toggle_controls=False,
        # Its own button starts it: told to by ``desired_playing_state``, the component (0.79) often
        # opens two connections at once, of which none works, and asks for a refused camera again and again.
        translations={
            "start": "Start camera",
            "stop": "Stop camera",
            "select_device": "Select camera",
        },
        video_html_attrs={"autoPlay": True, "controls": False, "muted": True, "style": {"width": "100%"}},
    )


def _wait(offered: float) -> None:
    """Wait until it is time to explain what may be wrong."""
    if time.monotonic() - offered >= PATIENCE_SECONDS:
        st.rerun()
    st.info("Connecting …", icon=":material/hourglass_top:")


def _offer_snapshot(run: Run, *, key: str) -> None:
    """The browser's snapshot camera, which needs no stream."""
    shot = take_snapshot("Take a snapshot; this needs no video stream.", key=key)
    if shot:
        reading = read_photo(run, to_photo("snapshot.jpg", shot.getvalue()))
        show_photo(reading)
        show_predictions(reading)


def _reader(run: Run) -> LiveReader:
    """This session's reader, using this run."""
    recognizer, reference = _load(run.path, last_change(run.path), run)
    reader = st.session_state.setdefault(READER, LiveReader(recognizer, reference))
    reader.use(recognizer, reference)
    _until_closed(id(reader), reader)
    return reader


# Streamlit lets go of it when the browser closes the page, or the connection to it breaks. It may keep the
# session's state longer than that, and with it the reader.
@st.cache_resource(show_spinner=False, scope="session", on_release=LiveReader.discard_recording)
def _until_closed(key: int, _reader: LiveReader) -> LiveReader:
    """Hold the reader until its page is closed, and then delete what it recorded."""
    return _reader


@st.cache_resource(show_spinner=False, max_entries=4)
def _load(path: Path, changed: float, _run: Run) -> tuple[Recognizer, Floats]:
    """The network on one thread (video needs the other cores), and its mean prediction for neutral faces."""
    evaluation = _run.evaluation("PublicTest")
    loaded = Recognizer(path, threads=1), neutral_reference(evaluation.labels, evaluation.probabilities)
    _freeze()
    return loaded


@st.cache_resource(show_spinner=False)
def _freeze() -> None:
    """Once, and not for each run: what is frozen is never collected.

    Streamlit collects garbage after every run of a script or fragment, every second here, and holds up the
    video meanwhile. The libraries that have been loaded by now stay anyway: they need not be searched again.
    """
    gc.collect()
    gc.freeze()


with page("Live"):
    main()
