"""The webcam, read as it runs: every face boxed, followed and named, and what it showed in the last 30 s."""

import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from fer_core.live import LiveReader
from fer_core.recognition import Recognizer
from fer_core.runs import Run
from fer_core.tracking import Floats, neutral_reference
from pages.parts.camera import PRIVACY, explain_insecure, explain_silence, ice_servers, is_secure
from pages.parts.faces import show_answers, show_photo
from pages.parts.frame import page
from pages.parts.live import show_buttons, show_figures
from pages.parts.readers import last_change, pick_run
from pages.parts.reading import read_photo

if TYPE_CHECKING:
    from streamlit_webrtc import WebRtcStreamerContext

STREAM, READER, ASKED, OFFERED, PLAYED = (
    "live stream",
    "live reader",
    "live asked",
    "live offered",
    "live played",
)
CAMERA, MIRROR, CALM = "camera", "mirror", "calm"
PATIENCE_SECONDS = 15.0
REFRESH_SECONDS = 1.0
VIDEO = {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 15, "max": 30}}
CALM_HELP = (
    "Over how many seconds what is shown follows the network. Raw: every frame's own answer. Calm: a "
    "flicker of the network passes unseen."
)


def main() -> None:
    """The page: the switch, the video, and what the faces in it show."""
    run = pick_run()
    if MIRROR not in st.session_state:  # Streamlit forgets a widget when its page is left: it is off again
        st.session_state[CAMERA] = False
    reader = _reader(run)
    _choose(reader)
    left, right = st.columns([3, 2], gap="large")
    playing = False
    with left:
        if not is_secure(st.context.url):
            st.error(explain_insecure(st.context.url), icon=":material/no_photography:")
        elif st.session_state[CAMERA]:
            playing = _show_stream(run, reader)
        else:
            _show_off()
        st.fragment(show_buttons)(reader, disabled=not playing)
        st.caption(PRIVACY)
    with right:
        st.fragment(show_figures, run_every=REFRESH_SECONDS if playing else None)(reader, playing=playing)


def _choose(reader: LiveReader) -> None:
    """The switch, mirror image or not, and how calm."""
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        on = st.toggle("Camera", key=CAMERA)
        reader.mirror = st.toggle("Mirror image", True, key=MIRROR)
        reader.time_constant = st.slider(
            "From raw to calm", 0.0, 3.0, 0.5, 0.1, format="%.1f s", key=CALM, help=CALM_HELP, width=320
        )
    if not on:
        for key in (ASKED, OFFERED, PLAYED):
            st.session_state.pop(key, None)


def _show_off() -> None:
    """What stands in the video's place while the camera is off."""
    with st.container(border=True, height=400, horizontal_alignment="center", vertical_alignment="center"):
        st.markdown("#### :material/videocam_off: The camera is off", width="content")
        st.markdown("Every face in view will be boxed, numbered and read.", width="content")
        st.button(
            "Switch the camera on", on_click=_switch, args=(True,), type="primary", icon=":material/videocam:"
        )


def _switch(on: bool) -> None:
    st.session_state[CAMERA] = on


def _show_stream(run: Run, reader: LiveReader) -> bool:
    """The video; returns whether it runs. What keeps it from running is said after 15 s."""
    servers = ice_servers()
    asked = st.session_state.setdefault(ASKED, time.monotonic())
    state = _stream(reader, servers).state
    st.session_state[OFFERED] = state.signalling or state.playing or st.session_state.get(OFFERED, False)
    st.session_state[PLAYED] = state.playing or st.session_state.get(PLAYED, False)
    if state.playing:
        return True
    waited = time.monotonic() - asked
    if waited < PATIENCE_SECONDS:
        st.fragment(_wait, run_every=1.0)(asked)
    else:
        st.warning(
            explain_silence(offered=st.session_state[OFFERED], has_servers=bool(servers)),
            icon=":material/videocam_off:",
        )
        _offer_snapshot(run)
    return False


def _stream(reader: LiveReader, servers: list[dict[str, object]]) -> "WebRtcStreamerContext":
    """The browser's camera through the reader and back.

    The newest frame always wins. streamlit-webrtc can call the reader in three ways: on the server's own
    event loop (``async_processing=False``), where frames queue up without bound while one is read, and the
    whole server waits; in a thread of its own, handing over all frames that have come meanwhile
    (``queued_video_frames_callback``); or, as here, in that thread with the last of them alone
    (``video_frame_callback``), the others being dropped. Lag stays that of one frame, however slow we are.
    """
    from streamlit_webrtc import WebRtcMode, webrtc_streamer  # aiortc and PyAV, which no other page needs
    from streamlit_webrtc.component import generate_frontend_component_key

    # It starts by itself, but is told to only until it first reports: a component that is told to play asks
    # for a refused camera again and again. From then on it has buttons of its own.
    has_reported = st.session_state.get(generate_frontend_component_key(STREAM)) is not None
    return webrtc_streamer(
        STREAM,
        mode=WebRtcMode.SENDRECV,
        rtc_configuration={"iceServers": servers},
        media_stream_constraints={"video": VIDEO, "audio": False},
        video_frame_callback=reader,
        async_processing=True,
        sendback_audio=False,
        media_toggle_controls=False,
        desired_playing_state=None if has_reported else True,
        on_change=_follow_stop,
        translations={"start": "Try again", "stop": "Switch off", "select_device": "Choose a camera"},
        video_html_attrs={"autoPlay": True, "controls": False, "muted": True, "style": {"width": "100%"}},
    )


def _follow_stop() -> None:
    """The component's own stop button, or a lost connection, puts our switch to off."""
    if st.session_state.get(PLAYED) and not st.session_state[STREAM].state.playing:
        _switch(False)


def _wait(asked: float) -> None:
    """Count the seconds until it is time to say what may be wrong."""
    if time.monotonic() - asked >= PATIENCE_SECONDS:
        st.rerun()
    st.info("Connecting. If the browser asks for the camera, allow it.", icon=":material/hourglass_top:")


def _offer_snapshot(run: Run) -> None:
    """The browser's snapshot camera, which needs no stream."""
    shot = st.camera_input("Meanwhile, a snapshot can be read:", key="live snapshot")
    if shot:
        reading = read_photo(run, "snapshot.jpg", shot.getvalue())
        show_photo(reading)
        show_answers(reading)


def _reader(run: Run) -> LiveReader:
    """This visitor's reader, at work with this run."""
    recognizer, reference = _load(run.path, last_change(run.path), run)
    reader = st.session_state.setdefault(READER, LiveReader(recognizer, reference))
    reader.use(recognizer, reference)
    return reader


@st.cache_resource(show_spinner=False, max_entries=4)
def _load(path: Path, changed: float, _run: Run) -> tuple[Recognizer, Floats]:
    """The network on one thread (video needs the other cores), and its answer to the average neutral face."""
    evaluation = _run.evaluation("PublicTest")
    loaded = Recognizer(path, threads=1), neutral_reference(evaluation.labels, evaluation.probabilities)
    # Streamlit collects garbage after every run of a script or fragment, every second here, and holds up the
    # video meanwhile. What has been loaded by now stays anyway: it need not be searched again.
    gc.collect()
    gc.freeze()
    return loaded


with page("Live"):
    main()
