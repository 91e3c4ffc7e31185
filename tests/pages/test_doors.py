"""What the app opens to its visitors, and to whom: paths, downloads, connections, uploads."""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
import streamlit as st
from streamlit import net_util
from streamlit.web import bootstrap
from streamlit.web.server.server_util import is_url_from_allowed_origins

from fer_core.errors import DataError
from pages.parts import connect, doors, uploads
from tests.pages.test_dataset import COUNT, DATASET, ask_path, copy, write_votes
from tests.pages.test_pages import PHOTO, complaints, texts, visit

__all__ = ["copy"]  # a fixture


OPEN, CLOSED, PATHS, NO_PATHS = "open", "closed", "paths", "no paths"


@pytest.fixture
def listen(monkeypatch):
    """``listen(address)``: as if the server listened there."""
    return lambda address: monkeypatch.setattr(doors.st, "get_option", lambda name: address)


@pytest.mark.parametrize(
    ("address", "public", "roots", "doors_are"),
    [
        ("localhost", None, None, (OPEN, PATHS)),
        ("127.0.0.1", None, None, (OPEN, PATHS)),
        ("::1", None, None, (OPEN, PATHS)),
        (None, None, None, (CLOSED, NO_PATHS)),  # every network
        ("0.0.0.0", None, None, (CLOSED, NO_PATHS)),
        ("192.168.1.5", None, None, (CLOSED, NO_PATHS)),
        ("unix:///run/app.sock", None, None, (CLOSED, NO_PATHS)),
        ("localhost", "1", None, (CLOSED, NO_PATHS)),  # behind a proxy
        ("localhost", "1", "data", (CLOSED, NO_PATHS)),
        ("0.0.0.0", "0", None, (OPEN, PATHS)),  # a network one trusts
        ("0.0.0.0", None, "data", (CLOSED, PATHS)),
    ],
)
def test_doors_are_open_on_the_computer_itself_or_where_it_is_said(listen, address, public, roots, doors_are):
    listen(address)
    said = {"FER_PUBLIC": public, "FER_DATA_ROOTS": roots}
    with patch.dict(os.environ, {name: value for name, value in said.items() if value is not None}):
        found = (CLOSED if doors.is_public() else OPEN, PATHS if doors.may_name_paths() else NO_PATHS)
    assert found == doors_are


def test_paths_lie_below_the_roots(monkeypatch, tmp_path):
    inside, outside = tmp_path / "data", tmp_path / "data-of-others"
    for folder in (inside, outside):
        folder.mkdir()
    (inside / "link").symlink_to(outside)
    monkeypatch.setenv("FER_DATA_ROOTS", os.pathsep.join([str(inside), str(tmp_path / "more")]))
    assert doors.check_path(f' "{inside}/a.csv" ') == inside / "a.csv"
    for path in (outside / "a.csv", inside / ".." / "data-of-others", inside / "link" / "a.csv", Path("/")):
        with pytest.raises(DataError, match="must lie in"):
            doors.check_path(str(path))


def test_nobody_reads_the_upload_of_another():
    with (
        tempfile.TemporaryDirectory(prefix=doors.UPLOADS_PREFIX) as folder,
        pytest.raises(DataError, match="Received: an upload"),
    ):
        doors.check_path(f"{folder}/1/fer2013.csv")


def ways(app):
    return [each.options for each in app.segmented_control if each.key == "connect from"]


def test_strangers_can_only_upload(copy, listen):
    listen("0.0.0.0")
    app = visit(DATASET)
    assert not complaints(app)
    assert ways(app) == []
    assert not app.text_input
    assert len(app.file_uploader) == 1
    app = visit(DATASET, set="CK+")
    assert "reads no folders" in texts(app, "info")
    assert not app.text_input


def test_what_was_connected_by_path_is_there_after_a_reload_and_for_a_link(copy, listen, tmp_path):
    ask_path(visit(DATASET), copy)
    votes = write_votes(tmp_path / "votes.csv")
    app = visit(DATASET)  # a new session
    assert f"{COUNT} images, without FER+ annotations" in texts(app, "caption")
    app.text_input[0].set_value(str(votes))
    next(each for each in app.button if each.label == "Connect").click().run()
    app = visit(DATASET)
    assert f"{COUNT} images, with FER+ annotations" in texts(app, "caption")
    listen("0.0.0.0")
    assert "Connect FER2013" in texts(visit(DATASET))  # never for strangers
    listen("localhost")
    next(each for each in app.button if each.label == "Disconnect").click().run()
    assert "Connect FER2013" in texts(visit(DATASET))


def test_a_stranger_connects_for_the_session_alone(copy, listen):
    listen("0.0.0.0")
    app = visit(DATASET)
    app.file_uploader[0].upload("mine.csv", copy.read_bytes()).run()
    assert "Images from mine.csv" in texts(app, "caption")
    listen("localhost")
    assert "Connect FER2013" in texts(visit(DATASET))


def test_an_upload_is_deleted_when_it_is_disconnected(copy):
    app = visit(DATASET)
    app.segmented_control(key="connect from").set_value("Upload").run()
    app.file_uploader[0].upload("mine.csv", copy.read_bytes()).run()
    kept = app.session_state[connect.FACES]
    assert kept.is_file()
    next(each for each in app.button if each.label == "Disconnect").click().run()
    assert not kept.parent.parent.exists()


def test_the_server_checks_a_photos_size_too(two_runs, monkeypatch):
    app = visit(PHOTO, source="Upload")
    app.file_uploader[0].upload("large.jpg", bytes(25_000_001)).run()
    assert "large.jpg: expected at most 25 MB. Received: 26 MB." in texts(app, "error")


def test_streamlit_asks_nobody_for_its_own_address(monkeypatch, capsys):
    def ask(*_):
        raise AssertionError("a server on the internet was asked")

    monkeypatch.setattr(net_util, "_make_blocking_http_get", ask)
    assert st.get_option("server.address") == "localhost"
    assert not is_url_from_allowed_origins("https://another.example.org")
    monkeypatch.setattr(net_util, "get_external_ip", ask)
    bootstrap._print_url(False)
    assert "URL: http://localhost:" in capsys.readouterr().out


def test_the_name_of_the_variable_that_connects_for_good_is_in_the_box(copy):
    assert "FER2013_PATH" in texts(visit(DATASET), "caption")
    assert uploads.is_upload(Path("/tmp/fer-uploads-1/2/fer2013.csv"))
