"""A stand-in for the webcam component, which AppTest can't draw.

It needs a running server and a browser, and libsrtp, which it loads, crashes in a process that has loaded
TensorFlow before (the app itself never does). The real one is at work in tests/e2e.
"""

import sys
from types import SimpleNamespace


class Streamer:
    """Stands in for webrtc_streamer: notes how it is called, and is in the state that it is given."""

    def __init__(self):
        self.state = SimpleNamespace(playing=False, signalling=False)
        self.calls = []

    def __call__(self, key, **options):
        self.calls.append(options)
        return SimpleNamespace(state=self.state)

    @property
    def reader(self):
        return self.calls[-1]["video_frame_callback"]


def install(modules=sys.modules):
    """Put a new one in streamlit_webrtc's place."""
    streamer = Streamer()
    mode = SimpleNamespace(SENDRECV="SENDRECV")
    modules["streamlit_webrtc"] = SimpleNamespace(webrtc_streamer=streamer, WebRtcMode=mode)
    return streamer
