"""A closer look at a face (saliency, what if, several networks), and photos that stay with their visitor."""

import pytest

from fer_core.emotions import EMOTION_LABELS
from fer_core.inference.recognizer import Recognizer
from tests.finished_runs import write_run
from tests.pages.test_pages import PHOTO, address, charts_of, complaints, texts, visit
from tests.tiny_networks import SAMPLES, tiny_tflite

TWO = "two-faces.jpg"


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """Two networks that differ in all: "best" has a class activation map, "other" has none."""
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    for seed, (name, head) in enumerate({"best": "pooled", "other": "flatten"}.items()):
        write_run(tmp_path, name, tflite=tiny_tflite(head).read_bytes(), seed=seed)


def images(app):
    return [image.caption for element in app.get("image") for image in element.proto.imgs]


def hand_in(app, *names):
    for name in names:
        app.file_uploader[0].upload(name, (SAMPLES / name).read_bytes())
    return app.run()


def test_every_emotion_has_its_saliency_map_by_either_method():
    app = visit(PHOTO)
    assert not complaints(app)
    words = " ".join(images(app)).split()
    assert [word for word in words if word in EMOTION_LABELS] == list(EMOTION_LABELS)
    (method,) = [each for each in app.segmented_control if each.label == "Method"]
    assert "Zhou et al. 2016" in texts(app, "caption")
    method.set_value("occlusion sensitivity").run()
    assert not complaints(app)
    assert "Zeiler and Fergus 2014" in texts(app, "caption")
    app.selectbox(key="run").set_value("other").run()  # which allows one method alone
    assert not complaints(app)
    assert not [each for each in app.segmented_control if each.label == "Method"]


def shares(chart):
    return chart["data"][0]["x"]


def test_a_slider_changes_the_prediction_and_reset_takes_it_back():
    app = visit(PHOTO, view="What if")
    assert not complaints(app)
    whole, changed, curve = charts_of(app)
    assert shares(changed) == pytest.approx(shares(whole))
    assert len(curve["data"]) == 7
    app.slider(key="what if brightness").set_value(-1.0).run()
    assert not complaints(app)
    _, black, moved = charts_of(app)
    assert shares(black) != pytest.approx(shares(whole), abs=0.05)
    assert black["data"][1]["x"] == pytest.approx(shares(whole))  # the strokes: what it was before
    assert moved["data"][0]["y"] != curve["data"][0]["y"]  # over the rotations of a black crop
    next(button for button in app.button if button.label == "Reset").click().run()
    assert shares(charts_of(app)[1]) == pytest.approx(shares(whole))


def test_the_curve_ends_where_the_slider_does():
    app = visit(PHOTO, view="What if")
    app.slider(key="what if occlusion").set_value(1.0).run()
    (over,) = [each for each in app.segmented_control if each.label.startswith("Probabilities over")]
    over.set_value("occlusion").run()
    assert not complaints(app)
    _, changed, curve = charts_of(app)
    assert [line["y"][-1] for line in curve["data"]] == pytest.approx(shares(changed), abs=1e-3)
    assert curve["layout"]["shapes"][0]["x0"] == 1


def test_two_networks_side_by_side():
    app = visit(PHOTO, view="Models", sample="Two Faces")
    assert not complaints(app)
    shown = [shares(chart) for chart in charts_of(app)[1:]]
    faces = Recognizer(tiny_tflite("pooled"), threads=1).predict(SAMPLES / TWO)
    for index, head in enumerate(("pooled", "flatten")):
        answer = Recognizer(tiny_tflite(head), threads=1).predict_crops(faces[0].crop[None])[0]
        assert shown[index] == pytest.approx(list(answer), abs=1e-5)
    assert list(app.dataframe[-1].value) == ["face", "no.", "best", "other"]
    assert "of 2 faces" in texts(app, "markdown")
    app.multiselect(key="models").set_value(["other"]).run()
    assert not complaints(app)
    assert len(charts_of(app)) == 2
    assert address(app)["models"] == ["other"]


def test_a_single_network_has_nothing_to_be_compared_with(tmp_path):
    for file in (tmp_path / "other").iterdir():
        file.unlink()
    (tmp_path / "other").rmdir()
    app = visit(PHOTO, view="Models")
    assert not complaints(app)
    assert "Train another one" in texts(app, "info")


def test_photos_survive_a_visit_to_another_page_until_they_are_taken_back():
    app = hand_in(visit(PHOTO), "grace-hopper.jpg", TWO)
    assert "in 2 photos" in texts(app, "markdown")
    app.switch_page("pages/9_About.py").run()
    app.switch_page(PHOTO).run()
    assert not complaints(app)
    assert "in 2 photos" in texts(app, "markdown")
    assert "2 photos from an earlier visit" in texts(app, "caption")
    hand_in(app, "eileen-collins.jpg")
    assert "in 3 photos" in texts(app, "markdown")
    app.file_uploader[0].set_value([]).run()  # the new one taken back, the earlier ones stay
    assert "in 2 photos" in texts(app, "markdown")
    next(button for button in app.button if button.label == "Remove").click().run()
    assert not complaints(app)
    assert app.pills(key="sample").value == "Eileen Collins"  # the sample again


def test_a_snapshot_survives_too():
    app = visit(PHOTO, source="Camera")
    app.camera_input[0].upload("shot.jpg", (SAMPLES / "eileen-collins.jpg").read_bytes()).run()
    assert "Face 1" in texts(app)
    app.switch_page("pages/9_About.py").run()
    app.switch_page(PHOTO).run()
    assert "Face 1" in texts(app)
    app.slider[0].set_value(0.5).run()
    assert not complaints(app)
    assert "Face 1" in texts(app)
    app.camera_input[0].upload("shot.jpg", (SAMPLES / "two-faces.jpg").read_bytes()).run()
    assert "A closer look at face 1" in texts(app)
    app.camera_input[0].set_value(None).run()
    assert "Face 1" not in texts(app)
