"""The Photo page with many photos, or many faces, in a table."""

import io
import json

import pandas as pd
import pytest
import streamlit as st
from PIL import Image

from fer_core.inference.recognizer import Recognizer
from pages.parts.photo import table as face_table
from pages.parts.reading import sample_photos
from tests.pages.test_pages import PHOTO, charts_of, complaints, picture, texts, visit
from tests.tiny_networks import SAMPLES, tiny_tflite

pytestmark = pytest.mark.usefixtures("network_run")

NAMES = [photo.name for photo in sample_photos().values()]


@pytest.fixture
def saved(monkeypatch):
    """What each download button would save, by its file's name, as the page last drew it."""
    files = {}

    def note(label, data, file_name, *rest, draw=st.download_button, **options):
        files[file_name] = data
        return draw(label, data, file_name, *rest, **options)

    monkeypatch.setattr(st, "download_button", note)
    return files


def hand_in(files, **query):
    app = visit(PHOTO, source="Upload", **query)
    for name, content in files.items():
        app.file_uploader[0].upload(name, content)
    return app.run()


def samples():
    return {name: (SAMPLES / name).read_bytes() for name in NAMES}


def table(app):
    return app.dataframe[0].value


def predictions():
    """(photo, face's number, prediction) of every face, read without the page."""
    recognizer = Recognizer(tiny_tflite("flatten"), threads=1)
    return [
        (name, number, each)
        for name, content in samples().items()
        for number, each in enumerate(recognizer.predict(content), 1)
    ]


def test_many_photos_are_a_table_with_a_row_a_face():
    app = hand_in(samples())
    assert not complaints(app)
    expected = predictions()
    rows = table(app)
    assert list(zip(rows["path"], rows["face"], strict=True)) == [each[:2] for each in expected]
    assert [name.split()[1] for name in rows["emotion"]] == [each[2].emotion.label for each in expected]
    assert list(rows["confidence"]) == pytest.approx([100 * each[2].confidence for each in expected], abs=0.1)
    assert all(uri.startswith("data:image/png;base64,") for uri in rows["crop"])
    assert f"**{len(expected)} faces** in 3 photos" in texts(app, "markdown")


def test_a_single_photo_has_no_table():
    app = hand_in({"one.jpg": (SAMPLES / NAMES[0]).read_bytes()})
    assert not app.dataframe
    assert len(app.get("download_button")) == 3


def test_a_photo_of_many_faces_is_a_table_and_one_face():
    app = hand_in({"crowd.jpg": crowd(25)})
    assert not complaints(app)
    rows = table(app)
    assert list(rows["face"]) == list(range(1, 26))
    assert len(charts_of(app)) == 1
    assert app.selectbox(key="shown face").options[24].startswith("Face 25 ·")
    app.selectbox(key="shown face").select_index(24).run()
    assert "**Face 25 ·" in texts(app, "markdown")
    assert "A closer look at face 25" in texts(app, "subheader")


def crowd(count):
    """A photo of one face, many times over."""
    face = Image.open(SAMPLES / "eileen-collins.jpg").crop((150, 0, 350, 200))
    photo = Image.new("RGB", (5 * 210, -(-count // 5) * 210), (128, 128, 128))
    for index in range(count):
        photo.paste(face, (index % 5 * 210, index // 5 * 210))
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=95)
    return file.getvalue()


def captions(app):
    return [image.caption for element in app.get("image") for image in element.proto.imgs]


def test_a_photo_upside_down_is_shown_upright_and_said_to_be_rotated():
    content, rotated = samples()["eileen-collins.jpg"], "The photo was rotated by 180 degrees."
    assert rotated not in captions(hand_in({"upright.jpg": content}))
    file = io.BytesIO()
    Image.open(io.BytesIO(content)).rotate(180).save(file, "JPEG", quality=95)
    assert rotated in captions(hand_in({"lying.jpg": file.getvalue()}))


def test_another_threshold_detects_nothing_again(two_runs, monkeypatch):
    found, find = [], Recognizer.detect_faces
    monkeypatch.setattr(
        Recognizer, "detect_faces", lambda *args, **rest: found.append(1) or find(*args, **rest)
    )
    app = hand_in({name: content + b"as no other test reads it" for name, content in samples().items()})
    for threshold in (0.95, 0.3):
        app.slider[0].set_value(threshold).run()
        assert not app.error
    app.selectbox(key="run").set_value("other").run()  # nor does another run
    assert "**Face 1 ·" in texts(app, "markdown")
    assert len(found) == len(NAMES)


def test_a_bad_file_among_good_ones_has_its_sentence_and_its_row(saved):
    app = hand_in(samples() | {"notes.jpg": b"not a picture", "empty.png": b"", "wall.png": picture("PNG")})
    written = pd.read_csv(io.StringIO(saved["faces.csv"])).set_index("path")
    assert set(written.index) == {*NAMES, "notes.jpg", "empty.png", "wall.png"}
    assert written.loc["notes.jpg", "error"].startswith("notes.jpg is not a picture")
    assert written.loc["wall.png", ["face", "emotion", "error"]].isna().all()
    assert [row["path"] for row in json.loads(saved["faces.json"])] == list(written.index)
    assert [error.value.split()[0] for error in app.error] == ["notes.jpg", "empty.png"]
    assert set(table(app)["path"]) == set(NAMES)
    assert "in 4 photos" in texts(app, "markdown")


def test_photos_without_any_face_have_no_table():
    app = hand_in({"wall.png": picture("PNG"), "door.png": picture("PNG")})
    assert not complaints(app)
    assert not app.dataframe
    assert not app.get("download_button")
    assert "No face was detected in wall.png" in texts(app, "info")


def test_the_boxes_pick_a_photo_and_a_face():
    app = hand_in(samples())
    two = NAMES.index("two-faces.jpg")
    app.selectbox(key="shown").select_index(two).run()
    assert app.selectbox(key="shown face").value == 1
    app.selectbox(key="shown face").select_index(1).run()
    assert not complaints(app)
    assert "**Face 2 ·" in texts(app, "markdown")
    assert "**Face 1 ·" not in texts(app, "markdown")
    app.selectbox(key="shown").select_index(0).run()
    app.selectbox(key="shown").select_index(two).run()
    assert app.selectbox(key="shown face").value == 1  # another photo, and its first face


def test_a_row_picks_its_photo_and_face(monkeypatch):
    """AppTest can't click on a row, so the table is asked as Streamlit would."""
    picks = []

    def note(data, *, key, on_select, draw=st.dataframe, **options):
        picks.append((key, on_select))
        return draw(data, key=key, on_select=on_select, **options)

    monkeypatch.setattr(st, "dataframe", note)
    app = hand_in(samples())
    row = len(table(app)) - 1
    key, pick = picks[-1]
    session = {key: {"selection": {"rows": [row]}}}
    monkeypatch.setattr(face_table.st, "session_state", session)
    pick()
    assert NAMES[session["shown"]] == table(app)["path"].iloc[-1]
    assert session["shown face"] == table(app)["face"].iloc[-1]
    session[key]["selection"]["rows"] = []
    pick()  # the selection taken back: what is shown stays
    assert session["shown face"] == table(app)["face"].iloc[-1]
