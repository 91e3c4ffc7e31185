"""The Dataset page on CK+, JAFFE, FERG-DB and RaFD: asked for, read, shown, and wrong."""

import pytest

from fer_core.datasets import reference
from pages.parts import connect
from pages.parts.dataset.image_sets import _kept
from tests import image_sets as write
from tests.pages.test_dataset import images
from tests.pages.test_pages import charts_of, complaints, texts, visit

DATASET = "pages/3_Dataset.py"


@pytest.fixture(autouse=True)
def nothing_connected(monkeypatch, tmp_path):
    monkeypatch.delenv("FER2013_PATH", raising=False)
    monkeypatch.setattr(connect, "FETCHED", tmp_path / "nothing fetched")
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "no runs"))
    _kept().clear()


def read(name, path):
    app = visit(DATASET, set=name)
    app.text_input[0].set_value(str(path))
    return app.button[0].click().run()


@pytest.mark.parametrize("about", reference.OTHER_SETS, ids=lambda about: about.name)
def test_a_set_that_is_not_there_is_described_and_asked_for(about):
    app = visit(DATASET, set=about.name)
    assert not complaints(app)
    assert about.size in texts(app, "markdown")
    assert about.terms in texts(app, "markdown")
    assert f"Give the folder of {about.name}" in texts(app, "markdown")
    assert not charts_of(app)
    assert not images(app)


def test_fer2013_stays_the_first(tmp_path):
    app = visit(DATASET)
    assert app.segmented_control(key="set").value == "FER2013"
    assert len(charts_of(app)) == 3


def test_a_set_with_contempt_is_shown(tmp_path):
    write.write_ck48(tmp_path)
    stray = write.litter(tmp_path)
    app = read("CK+", tmp_path)
    assert not complaints(app)
    assert "**63** images of **3 subjects**" in texts(app, "markdown")
    tiles = {metric.label: metric.value for metric in app.metric}
    assert tiles == {
        "Images": "54",
        "Contempt": "9",
        "Subjects": "3",
        "Duplicate images": tiles["Duplicate images"],
        "Files left out": str(stray),
    }
    assert len(charts_of(app)) == 1
    assert len(images(app)) == 7 + 7  # mean faces and walls; neutral has none
    table = app.dataframe[0].value
    assert table["subject"].tolist() == ["S010", "S011", "S999"]
    assert table["contempt"].tolist() == [3, 3, 3]
    assert "not a picture" in str(app.table[0].value)


def test_a_set_stays_read_until_another_path_is_asked_for(tmp_path):
    app = read("CK+", write.write_ck48(tmp_path))
    app.segmented_control(key="set").set_value("FER2013").run()
    assert "Connect FER2013" in texts(app)
    app.segmented_control(key="set").set_value("CK+").run()
    assert len(images(app)) == 14
    next(each for each in app.button if each.label == "Shuffle").click().run()
    assert app.number_input(key="seed").value == 1
    next(tmp_path.rglob("*.png")).unlink()
    next(each for each in app.button if each.label == "Reload").click().run()
    assert "**62** images" in texts(app, "markdown")
    assert app.dataframe[0].value["all"].sum() == 62
    next(each for each in app.button if each.label == "Change path").click().run()
    assert "Give the folder of CK+" in texts(app, "markdown")


def test_the_csv_has_no_subjects(tmp_path):
    app = read("CK+", write.write_ck_csv(tmp_path / "ckextended.csv"))
    assert not complaints(app)
    assert "no subject identifiers" in texts(app, "info")
    assert "No file was left out" in texts(app, "caption")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "The path of JAFFE is needed"),
        ("gone", "does not exist"),
        ("empty", "holds no labelled picture of JAFFE"),
        ("nul\0", "must be a path"),
        ("ck", "its name tells no emotion"),
    ],
)
def test_a_wrong_path_is_one_sentence(tmp_path, path, sentence):
    (tmp_path / "empty").mkdir()
    write.write_ck48(tmp_path / "ck", count=1)
    app = read("JAFFE", tmp_path / path if path else "")
    (error,) = app.error
    assert sentence in error.value
    assert "Traceback" not in error.value
    assert "Give the folder of JAFFE" in texts(app, "markdown")
