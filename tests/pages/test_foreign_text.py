"""Texts that are not ours, in an address, a file's name, a path or a folder, are shown and never rendered."""

import re

import pytest

from tests.finished_runs import write_run
from tests.pages.test_pages import HOME, NEED_A_RUN, PHOTO, picture, visit
from tests.tiny_networks import SAMPLES, tiny_tflite

HOSTILE = "![a](http:x) $5_a$ :material/home: www.example.org"
RAW = re.compile(r"(?<!\\)[\[\]$]|:material|www\.")  # what no page may hold of it
RENDERED = ("markdown", "caption", "error", "warning", "info", "title", "subheader", "table", "metric")


def rendered(app):
    """All that is shown as Markdown and holds the hostile text, but for the escapes in it."""
    shown = [
        text
        for kind in RENDERED
        for element in app.get(kind)
        for text in (str(element.value), getattr(element, "label", "") or "")
    ]
    return [text for text in shown if "5" in text and "example" in text]


def assert_shown_and_not_rendered(app):
    assert not app.exception
    shown = rendered(app)
    assert shown, "it is not shown at all"
    assert not list(filter(RAW.search, shown))


@pytest.mark.parametrize("file", [file for file in NEED_A_RUN if file != HOME.file])
def test_a_run_that_an_address_names(two_runs, file):
    assert_shown_and_not_rendered(visit(file, run=HOSTILE))


def test_a_face_that_an_address_names(two_runs):
    assert_shown_and_not_rendered(visit("pages/6_Errors.py", face=HOSTILE))


@pytest.mark.parametrize("content", [picture(), b"no picture"], ids=["without a face", "broken"])
def test_the_name_of_a_photo(two_runs, content):
    app = visit(PHOTO, source="Upload")
    app.file_uploader[0].upload(f"{HOSTILE}.png", content).run()
    assert_shown_and_not_rendered(app)


def test_the_name_of_one_photo_of_several(two_runs):
    app = visit(PHOTO, source="Upload")
    for name in ("1", "2"):
        app.file_uploader[0].upload(f"{HOSTILE}{name}.jpg", (SAMPLES / "grace-hopper.jpg").read_bytes())
    app.run()
    assert not app.exception
    assert not list(filter(RAW.search, rendered(app)))


@pytest.mark.parametrize("query", [{}, {"set": "CK+"}], ids=["FER2013", "CK+"])
def test_a_path(models, query):
    app = visit("pages/3_Dataset.py", **query)
    app.text_input[0].set_value(f"/{HOSTILE}")
    app.button[0].click().run()
    assert_shown_and_not_rendered(app)


def test_a_folder_among_the_runs(two_runs):
    run = write_run(two_runs, "broken", tflite=tiny_tflite("flatten").read_bytes())
    (run.path / "metrics.json").unlink()
    run.path.rename(two_runs / HOSTILE.replace("/", ""))
    assert_shown_and_not_rendered(visit("pages/5_Evaluation.py"))
