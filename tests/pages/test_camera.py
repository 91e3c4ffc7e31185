"""How a browser's camera reaches the app, and what is said when it does not."""

import pytest

from fer_core.errors import FerError
from pages.parts.live.camera import check_ice_servers, explain_silence, ice_servers, is_secure

TURN = {"urls": ["turn:turn.example.org:3478"], "username": "me", "credential": "secret"}


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


def test_servers_as_streamlits_secrets_hold_them_become_plain():
    from streamlit.runtime.secrets import AttrDict

    assert check_ice_servers([AttrDict(TURN)], "secrets") == [TURN]
    assert check_ice_servers([{"urls": "stun:x"}], "secrets") == [{"urls": "stun:x"}]


def test_the_advice_depends_on_whether_there_are_servers():
    assert "configure a TURN server" in explain_silence(has_servers=False)
    assert "Check that they are running" in explain_silence(has_servers=True)
