"""The Errors page: with no run, without FER2013, with a copy that fits the run and one that does not."""

import os

import numpy as np
import pytest

from fer_core.datasets import (
    PRIVATE_TEST,
    PUBLIC_TEST,
    VOTE_NAMES,
    draw_table,
    drawn_splits,
)
from fer_core.evaluation.metrics import Evaluation
from pages.parts import connect
from tests.finished_runs import write_run
from tests.pages.test_pages import address, charts_of, complaints, texts, visit
from tests.synthetic import synthetic_splits, write_fer2013_csv
from tests.tiny_networks import tiny_tflite

FER2013 = {"data": "FER2013"}  # in the URL: without a copy of it the page begins with the synthetic faces

ERRORS = "pages/6_Errors.py"
TEST_FACES = 4  # of each emotion, in each test split
FIRST = 7 * (8 + TEST_FACES)  # the row of the first PrivateTest face


@pytest.fixture(autouse=True)
def nothing_connected(monkeypatch, tmp_path):
    monkeypatch.delenv("FER2013_PATH", raising=False)
    monkeypatch.setattr(connect, "FETCHED", tmp_path / "nothing fetched")
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))


@pytest.fixture
def splits():
    return synthetic_splits(8, TEST_FACES, TEST_FACES)


@pytest.fixture
def run(tmp_path, splits):
    """A run that reads every angry face of the drawn test splits as sad, and the others rightly."""
    run = write_run(tmp_path / "models", "drawn", tflite=tiny_tflite("pooled").read_bytes())
    for split in (PUBLIC_TEST, PRIVATE_TEST):
        run.save_evaluations(answer(splits[split]))
    return run


def answer(data):
    said = np.where(data.labels == 0, 4, data.labels)
    share = np.linspace(0.5, 0.95, len(said))[:, None]
    probabilities = (share * np.eye(7)[said] + (1 - share) / 7).astype(np.float32)
    twins = np.arange(len(said)) < 2
    return Evaluation(data.split, data.rows, data.labels, probabilities, probabilities, twins)


@pytest.fixture
def connected(tmp_path, splits, monkeypatch):
    """The faces that the run was evaluated on, and votes that say sad of every face."""
    folder = tmp_path / "held"
    folder.mkdir()
    monkeypatch.setenv("FER2013_PATH", str(write_fer2013_csv(folder / "fer2013.csv", splits)))
    votes = ",".join("10" if name == "sadness" else "0" for name in VOTE_NAMES)
    count = sum(len(data) for data in splits.values())
    lines = ["Usage,Image name," + ",".join(VOTE_NAMES), *[f"Training,a.png,{votes}"] * count]
    (folder / "fer2013new.csv").write_text("\n".join(lines) + "\n")
    return folder


def cards(app):
    return [button for button in app.button if (button.key or "").startswith("open ")]


def images(app):
    return [image for element in app.get("image") for image in element.proto.imgs]


def test_without_fer2013_everything_but_the_pictures_is_there(run):
    app = visit(ERRORS, **FER2013)
    assert not complaints(app)
    assert "**4 of 28** PrivateTest images are misclassified (14.3 %; 95% interval 5.7 % to 31.5 %)" in texts(
        app, "markdown"
    )
    assert "Connect FER2013" in texts(app, "markdown")
    assert len(cards(app)) == 4
    assert cards(app)[0].label == "→ sad 87 %"  # the highest confidence first
    assert not images(app)
    cards(app)[0].click().run()
    said = texts(app)
    assert "Connect FER2013 to see the image" in said
    assert "Predicted as **▼ sad**" in said
    assert len(charts_of(app)) == 2


def test_with_fer2013_a_face_is_seen_with_all_that_is_known_of_it(run, connected):
    app = visit(ERRORS)
    assert not complaints(app)
    assert len(images(app)) == 4
    app = visit(ERRORS, face=str(FIRST))
    assert not complaints(app)
    said = texts(app)
    assert "True label: **▲ angry**" in said
    assert "FER+: 10 of 10 annotators chose **▼ sad**, not as labelled" in said
    assert "duplicate image" in said
    assert "(Training, angry)" in said
    assert len(images(app)) == 6 + 4  # the image, its saliency map, and its neighbours
    assert len(charts_of(app)) == 3


@pytest.mark.parametrize("row", ["0", "999999", "-1", "one", "9" * 30, "²"])
def test_a_face_of_elsewhere_is_said(run, row):
    app = visit(ERRORS, **FER2013, face=row)
    assert not app.error
    assert "is no image of PrivateTest" in texts(app, "warning")


def test_a_copy_that_does_not_fit_is_said_and_not_shown(run, tmp_path, monkeypatch):
    other = write_fer2013_csv(tmp_path / "other.csv", synthetic_splits(2, 1, 1))
    monkeypatch.setenv("FER2013_PATH", str(other))
    app = visit(ERRORS)
    assert not complaints(app)
    assert "not the one that this run was evaluated on" in texts(app, "info")
    assert not images(app)
    assert len(cards(app)) == 4


def test_a_cell_is_picked_by_the_boxes_and_stands_in_the_url(run):
    app = visit(ERRORS, **FER2013, true="happy", predicted="happy")
    assert len(cards(app)) == TEST_FACES
    assert len(charts_of(app)[0]["layout"]["shapes"]) == 1
    app.selectbox(key="predicted").set_value("sad").run()
    assert "No image matches these filters" in texts(app, "info")
    app.selectbox(key="true").set_value("angry").run()
    assert len(cards(app)) == TEST_FACES
    app = visit(ERRORS, true="elated")
    assert not complaints(app)
    assert app.selectbox(key="true").value == "any"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"duplicates": "duplicates"}, 1),
        ({"duplicates": "no duplicates"}, 3),
        ({"annotators": "agree"}, 0),
        ({"annotators": "disagree"}, 4),
        ({"sure": ["0", "70"]}, 2),
        ({"split": "PublicTest", "sort": "highest disagreement first"}, 4),
    ],
)
def test_filters_come_from_the_url(run, connected, query, count):
    app = visit(ERRORS, **query)
    assert not complaints(app)
    assert len(cards(app)) == count
    assert ("Only images with" in texts(app, "caption")) == ("sort" not in query)
    assert address(app).keys() == query.keys()  # what is not understood leaves the URL


def test_without_votes_the_page_says_that_people_are_not_asked(run):
    app = visit(ERRORS, **FER2013, annotators="agree", sort="highest disagreement first")
    assert not complaints(app)
    assert "FER+ is not connected" in texts(app, "caption")
    assert len(cards(app)) == 4


def test_labels_that_look_wrong_stand_beside_the_voters(run, connected):
    app = visit(ERRORS, show="Label errors")
    assert not complaints(app)
    assert "PrivateTest labels may be wrong." in texts(app, "markdown")
    assert "it supports the suggested label" in texts(app, "markdown")
    assert "Northcutt" in texts(app, "caption")
    assert {card.label.split()[1] for card in cards(app)} == {"sad"}


def test_the_map_shows_every_face_and_opens_one(run):
    app = visit(ERRORS, **FER2013, show="Embedding")
    assert not complaints(app)
    assert sum(len(trace.get("text", [])) for trace in charts_of(app)[0]["data"]) == 28
    app.number_input(key="row").set_value(FIRST + 1).run()
    next(button for button in app.button if button.label == "Open").click().run()
    assert not complaints(app)
    assert "True label" in texts(app, "markdown")


def test_many_faces_come_page_by_page_and_as_csv(tmp_path):
    write_run(tmp_path / "models", "large", tflite=b"")
    app = visit(ERRORS, **FER2013)
    assert not complaints(app)
    assert len(cards(app)) == 16
    first = cards(app)[0].key
    app.number_input(key="page").set_value(2).run()
    assert cards(app)[0].key != first
    app.selectbox(key="true").set_value("disgust").run()
    assert app.number_input(key="page").value == 1
    app = visit(ERRORS, **FER2013, page="2")
    assert cards(app)[0].key != first
    for page in ("9999", "0", "x"):
        app = visit(ERRORS, **FER2013, page=page, true="disgust")
        assert not complaints(app)
        assert cards(app)
    assert any("Images as CSV" in button.label for button in app.get("download_button"))


def test_a_run_without_a_mistake_says_so(run, splits):
    data = splits[PRIVATE_TEST]
    probabilities = (0.9 * np.eye(7)[data.labels] + 0.1 / 7).astype(np.float32)
    run.save_evaluations(
        Evaluation(PRIVATE_TEST, data.rows, data.labels, probabilities, probabilities, np.zeros(28, bool))
    )
    app = visit(ERRORS, **FER2013)
    assert not complaints(app)
    assert "**0 of 28**" in texts(app, "markdown")
    assert "No image matches these filters" in texts(app, "info")


def test_a_network_that_cannot_run_is_one_sentence_in_the_drawer(run, connected):
    run.tflite_path.write_bytes(b"broken")
    app = visit(ERRORS, face=str(FIRST))
    (error,) = app.error
    assert "model.tflite is damaged" in error.value
    assert "True label: **▲ angry**" in texts(app, "markdown")


def test_without_fer2013_the_page_begins_with_synthetic_faces_and_the_way_to_connect_it(run, connected):
    copy = os.environ.pop("FER2013_PATH")
    app = visit(ERRORS)
    assert not complaints(app)
    assert "drawn by code, hard on purpose" in texts(app, "caption")
    assert len(images(app)) == len(cards(app)) == 16
    assert address(app) == {}
    said = [each.value for each in app.markdown]
    above = next(place for place, text in enumerate(said) if "Connect FER2013" in text)
    assert above < next(place for place, text in enumerate(said) if "are misclassified" in text)
    app.text_input[0].set_value(copy)
    app.button[0].click().run()
    assert not complaints(app)
    assert app.segmented_control(key="data").value == "FER2013"  # to be seen, it was connected
    assert len(images(app)) == len(cards(app)) == 4


def test_a_run_that_is_asked_for_is_shown_also_without_fer2013(run):
    app = visit(ERRORS, run="drawn")
    assert not complaints(app)
    assert app.segmented_control(key="data").value == "FER2013"
    assert len(cards(app)) == 4
    assert "Connect FER2013" in texts(app, "markdown")


def test_drawn_faces_need_no_run_of_ones_own():
    assert not cards(visit(ERRORS, **FER2013))
    app = visit(ERRORS, true="fear", predicted="surprise")
    assert not complaints(app)
    assert len(images(app)) == len(cards(app)) > 0


@pytest.mark.parametrize("split", [PUBLIC_TEST, PRIVATE_TEST])
def test_a_drawn_face_is_seen_with_all_that_is_known_of_it(split):
    data = drawn_splits()[split]
    app = visit(ERRORS, split=split, face=str(data.rows[0]))
    assert not complaints(app)
    said = texts(app, "markdown")
    assert "Drawn as **▲ angry**" in said
    assert "1 duplicate image: row " in said
    assert len(images(app)) == 16 + 2 + 4  # the image, its saliency map, and its neighbours
    assert len(charts_of(app)) == 2  # nobody votes


def test_the_label_of_a_drawn_face_that_is_wrong_is_told():
    table, shown = draw_table()
    row = np.flatnonzero((shown != table.labels) & (table.splits == 2))[0]
    app = visit(ERRORS, show="Label errors", face=str(row), annotators="agree")
    assert not complaints(app)
    assert "so the label is wrong on purpose" in texts(app, "markdown")
    assert "were set wrong on purpose" in texts(app, "markdown")
    assert "Synthetic faces have no annotators" in texts(app, "caption")


def test_the_map_of_drawn_faces_has_them_all():
    app = visit(ERRORS, show="Embedding")
    assert not complaints(app)
    assert sum(len(trace.get("text", [])) for trace in charts_of(app)[0]["data"]) == 420
