"""How a browser's camera reaches this app, and what to show when it does not.

The browser and the app find each other by ICE (RFC 8445). On one machine or in one home network they need no
help; through most other networks they need a STUN or TURN server, which whoever runs the app configures:
``ice_servers`` in ``.streamlit/secrets.toml``, or ``FER_ICE_SERVERS``, a JSON list, in the environment.
Without either no server is asked, so no request leaves the machine.
"""

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer_core.errors import FerError
from fer_core.formats import escape_markdown

SECRET, VARIABLE = "ice_servers", "FER_ICE_SERVERS"
FORM = 'a list like [{"urls": "turn:turn.example.org:3478", "username": "...", "credential": "..."}]'
PRIVACY = (
    "Frames are processed in memory on the computer that runs this app, and sent nowhere else. A recording's "
    "video is kept there in a temporary file until this page is closed."
)
NO_PICTURE = (
    "If the camera cannot be used, the message above the video says why. If it stays connecting, this page "
    "says after 15 seconds which network setting is missing."
)
# What a browser calls it (MDN, getUserMedia), and what to do.
REFUSALS = {
    "NotFoundError": "No camera is connected to this computer. Connect one and start it again.",
    "NotAllowedError": "The browser or the operating system denied access to the camera. Allow it with the "
    "camera icon in the address bar, then start the camera again.",
    "NotReadableError": "Another program is using the camera. Close it, then start the camera again.",
    "OverconstrainedError": "This camera has no suitable picture size. Select another camera.",
    "AbortError": "The camera could not be started. Connect it again, or select another one.",
}
# The video component (streamlit-webrtc 0.79) shows the browser's own words, "NotFoundError: Requested device
# not found", and has no translation for them. Its frame comes from this server, so the page may write in it.
REWRITE = """<script>{
    const sentences = %s
    const look = () => {
        const frame = document.querySelector("iframe[title^=streamlit_webrtc]")
        if (!location.pathname.endsWith("/Live")) return clearInterval(timer)
        const alert = frame?.contentDocument?.querySelector("[role=alert] .MuiAlert-message")
        const words = alert?.childNodes ?? []
        const sentence = sentences[words[0]?.nodeValue.split(":")[0]]
        if (sentence) words.forEach((word, index) => { word.nodeValue = index ? "" : sentence })
        if (alert) frame.height = alert.ownerDocument.getElementById("root").offsetHeight
    }
    const timer = setInterval(look, 100)
}</script>"""


def ice_servers() -> list[dict[str, Any]]:
    """The STUN and TURN servers to use: from the secrets, else from the environment, else none.

    Raises:
        FerError: if they are not a list of tables with ``urls``.
    """
    if st.secrets.load_if_toml_exists() and SECRET in st.secrets:
        return check_ice_servers(list(st.secrets[SECRET]), f"{SECRET} in secrets.toml")
    text = os.environ.get(VARIABLE, "").strip()
    try:
        return check_ice_servers(json.loads(text or "[]"), VARIABLE)
    except json.JSONDecodeError as error:
        raise FerError(f"{VARIABLE} must be JSON: {FORM}. Received: {text!r}.") from error


def check_ice_servers(value: object, where: str) -> list[dict[str, Any]]:
    """The servers as plain dictionaries.

    Raises:
        FerError: if they are not a list of tables with ``urls``; passwords are not repeated.
    """
    rows = value if isinstance(value, list) else [None]
    if not all(isinstance(row, Mapping) and row.get("urls") for row in rows):
        received = [sorted(row) if isinstance(row, Mapping) else type(row).__name__ for row in rows]
        raise FerError(f"{where} must be {FORM}. Received: entries with {received}.")
    servers = [dict(row) for row in rows if row]
    return [row | {"urls": each if isinstance(each := row["urls"], str) else list(each)} for row in servers]


def is_secure(url: str | None) -> bool:
    """Whether a browser gives the page at this address a camera: HTTPS, or this very computer."""
    parts = urlsplit(url or "http://localhost")
    host = parts.hostname or ""
    is_local = host in {"localhost", "::1"} or host.endswith(".localhost") or host.startswith("127.")
    return parts.scheme == "https" or is_local


def explain_refusals() -> None:
    """Have the video component say what is wrong with the camera in a sentence."""
    st.html(REWRITE % json.dumps(REFUSALS), unsafe_allow_javascript=True)


def take_snapshot(label: str, *, key: str) -> UploadedFile | None:
    """The browser's snapshot camera, or why there is none."""
    if is_secure(st.context.url):
        return st.camera_input(label, key=key)
    show_insecure()
    return None


def show_insecure() -> None:
    """Why the browser gives no camera to the page at this address, and what to do."""
    words = explain_insecure(st.context.url, st.get_option("server.port"))
    st.error(words, icon=":material/no_photography:")


def explain_insecure(url: str | None, port: int) -> str:
    """The same in words.

    Args:
        url: the page's address in the browser.
        port: where the server listens.
    """
    host = escape_markdown(urlsplit(url or "").netloc)
    return (
        f"Browsers allow camera access only over HTTPS or on the computer that runs the app; this page comes "
        f"from {host} without HTTPS. On the computer that runs the app, open `http://localhost:{port}`. For "
        "phones and other computers, serve the app over HTTPS: docs/hosting.md shows how. Uploading "
        "pictures on the Photo page works without."
    )


def explain_silence(*, has_servers: bool) -> str:
    """Why no video has arrived for a while, and what to do.

    Args:
        has_servers: whether any STUN or TURN server is known.
    """
    if has_servers:
        return (
            "The camera is on, but its video does not reach the app through the configured STUN/TURN "
            "servers. Check that they are running and that the user name and password are correct, then "
            "start the camera again."
        )
    return (
        "The camera is on, but its video does not reach the app: a firewall or NAT is blocking the "
        "connection. Open the app on the computer that runs it, or configure a TURN server: "
        f"`{SECRET}` in `.streamlit/secrets.toml`, or the variable `{VARIABLE}`."
    )
