"""The Dataset page, and how FER2013 is connected: by path, upload, Kaggle and environment, and by mistake."""

import numpy as np
import pytest

from fer_core.datasets import VOTE_NAMES
from fer_core.errors import DataError
from pages.parts import connect
from tests.pages.test_pages import charts_of, complaints, texts, visit
from tests.synthetic import synthetic_splits, write_fer2013_csv, write_fer2013_tree

DATASET = "pages/3_Dataset.py"
COUNT = 7 * (6 + 2 + 2)


@pytest.fixture(autouse=True)
def nothing_connected(monkeypatch, tmp_path):
    monkeypatch.delenv("FER2013_PATH", raising=False)
    monkeypatch.setattr(connect, "FETCHED", tmp_path / "nothing fetched")
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "no runs"))


@pytest.fixture
def copy(tmp_path):
    """A small fer2013.csv of drawn faces, in a folder of its own."""
    (tmp_path / "held").mkdir()
    return write_fer2013_csv(tmp_path / "held" / "fer2013.csv", synthetic_splits(6, 2, 2))


def write_votes(path, count=COUNT):
    lines = ["Usage,Image name," + ",".join(VOTE_NAMES)]
    lines += [f"Training,fer{row:07}.png,10" + ",0" * 9 for row in range(count)]
    path.write_text("\n".join(lines) + "\n")
    return path


def ask_path(app, path):
    app.text_input[0].set_value(str(path))
    return app.button[0].click().run()


def images(app):
    return [image for element in app.get("image") for image in element.proto.imgs]


def test_without_data_the_page_shows_what_is_known(monkeypatch):
    app = visit(DATASET)
    assert not complaints(app)
    said = texts(app)
    for fact in ("35,887", "Training 28,709", "3,369", "66 %", "65.7 %", "314", "Connect FER2013"):
        assert fact in said + str([metric.help for metric in app.metric])
    assert len(charts_of(app)) == 3
    assert not images(app)
    assert "RaFD" in str(app.table[0].value)
    app = visit(DATASET, split="PrivateTest")
    assert charts_of(app)[0]["data"][0]["x"] is not None
    assert "Class distribution: PrivateTest" in texts(app, "subheader")


def test_a_path_connects_for_the_session(copy):
    app = ask_path(visit(DATASET), copy)
    assert not complaints(app)
    assert f"{COUNT} images, without FER+ annotations" in texts(app, "caption")
    assert f"**{COUNT}** grayscale images" in texts(app, "markdown")
    assert len(images(app)) >= 7 + 7  # mean faces, and a wall of each emotion
    app.run()
    assert "Connect FER2013" not in texts(app)
    next(each for each in app.button if each.label == "Disconnect").click().run()
    assert "Connect FER2013" in texts(app)
    assert not images(app)


def test_the_wall_is_reshuffled_and_its_seed_stands_in_the_url(copy, monkeypatch):
    monkeypatch.setenv("FER2013_PATH", str(copy.parent))
    app = visit(DATASET, seed="7")
    assert app.number_input(key="seed").value == 7
    before = [image.url for image in images(app)]
    next(each for each in app.button if each.label == "Shuffle").click().run()
    assert app.number_input(key="seed").value == 8
    assert [image.url for image in images(app)] != before


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "A path is needed"),
        ("nowhere/fer2013.csv", "does not exist"),
        ("nul\0.csv", "Received"),
        ("x" * 5000, "Received"),
        ("held", "holds no FER2013"),
        ("held/notes.csv", "notes.csv, line 1"),
        ("held/archive.zip", "damaged or cut short"),
    ],
)
def test_a_wrong_path_is_one_sentence(tmp_path, path, sentence):
    (tmp_path / "held").mkdir()
    if "notes" in path:
        (tmp_path / path).write_text("a,b\n1,2\n")
    if "archive" in path:
        (tmp_path / path).write_bytes(b"PK")
    app = ask_path(visit(DATASET), tmp_path / path if path else "")
    (error,) = app.error
    assert sentence in error.value
    assert "Traceback" not in error.value
    assert len(charts_of(app)) == 3  # what is known is still there


def test_a_wrong_environment_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("FER2013_PATH", str(tmp_path / "gone.csv"))
    app = visit(DATASET)
    assert "gone.csv does not exist" in app.error[0].value
    assert "Connect FER2013" in texts(app)


def test_uploads_are_kept_for_the_session(copy, tmp_path):
    app = visit(DATASET)
    app.segmented_control(key="connect from").set_value("Upload").run()
    app.file_uploader[0].upload("notes.csv", b"a,b\n1,2\n").run()
    assert "notes.csv, line 1" in app.error[0].value
    app.file_uploader[0].upload("mine.csv", copy.read_bytes()).run()
    assert not complaints(app)
    assert "Images from mine.csv" in texts(app, "caption")


@pytest.mark.parametrize("reason", ["no module kagglehub", "no network"])
def test_kaggle_failing_is_one_sentence(monkeypatch, reason):
    def fail(folder):
        raise DataError(f"FER2013 could not be fetched. Received: {reason}.")

    monkeypatch.setattr(connect, "fetch_fer2013", fail)
    app = visit(DATASET)
    app.segmented_control(key="connect from").set_value("Kaggle").run()
    assert not complaints(app)
    next(each for each in app.button if each.label == "Download from Kaggle").click().run()
    assert reason in app.error[0].value


def test_kaggle_connects(monkeypatch, copy):
    monkeypatch.setattr(connect, "fetch_fer2013", lambda folder: copy)
    app = visit(DATASET)
    app.segmented_control(key="connect from").set_value("Kaggle").run()
    next(each for each in app.button if each.label == "Download from Kaggle").click().run()
    assert f"{COUNT} images" in texts(app, "caption")


def test_votes_beside_the_faces_are_found(copy, monkeypatch):
    write_votes(copy.parent / "fer2013new.csv")
    monkeypatch.setenv("FER2013_PATH", str(copy))
    app = visit(DATASET)
    assert not complaints(app)
    assert "with FER+ annotations" in texts(app, "caption")
    assert "chose the label most often for **14 %** of the images" in texts(
        app, "markdown"
    )  # every vote is neutral


def test_votes_that_do_not_fit_are_one_sentence(copy, monkeypatch):
    write_votes(copy.parent / "fer2013new.csv", count=9)
    monkeypatch.setenv("FER2013_PATH", str(copy))
    app = visit(DATASET)
    assert not app.error
    assert "expected rows in [0, 8]" in texts(app, "warning")


def test_votes_can_be_uploaded(copy, monkeypatch, tmp_path):
    monkeypatch.setenv("FER2013_PATH", str(copy))
    app = visit(DATASET)
    app.segmented_control(key="connect votes from").set_value("Upload").run()
    app.file_uploader[0].upload("fer2013new.csv", b"a,b\n").run()
    assert "expected the header" in app.error[0].value
    app.file_uploader[0].upload("fer2013new.csv", write_votes(tmp_path / "v.csv").read_bytes()).run()
    assert not complaints(app)
    assert "with FER+ annotations" in texts(app, "caption")


def test_a_folder_of_pictures_has_no_votes(tmp_path, monkeypatch):
    monkeypatch.setenv("FER2013_PATH", str(write_fer2013_tree(tmp_path / "tree", synthetic_splits(2, 1, 1))))
    app = visit(DATASET)
    assert not complaints(app)
    assert "fit neither folders nor Parquet" in texts(app, "markdown")


def test_how_a_split_is_read_is_said(tmp_path, monkeypatch):
    tree = write_fer2013_tree(tmp_path / "tree", synthetic_splits(2, 1, 0))
    (tree / "test").rename(tree / "validation")
    for number, path in enumerate(sorted((tree / "validation").rglob("*.png"))):
        path.rename(path.with_name(f"{number}.png"))
    monkeypatch.setenv("FER2013_PATH", str(tree))
    app = visit(DATASET)
    assert not complaints(app)
    assert [text.value for text in app.text] == ["validation is read as PublicTest."]


def test_a_copy_without_a_split_says_so(tmp_path, monkeypatch):
    splits = synthetic_splits(3, 0, 1)
    splits["PrivateTest"] = type(splits["PrivateTest"])(
        *(getattr(splits["PrivateTest"], name)[:3] for name in ("images", "labels", "rows")), "PrivateTest"
    )
    monkeypatch.setenv("FER2013_PATH", str(write_fer2013_csv(tmp_path / "fer2013.csv", splits)))
    app = visit(DATASET, split="PublicTest")
    assert not complaints(app)
    assert "has no PublicTest images" in texts(app, "info")
    app = visit(DATASET, split="PrivateTest")
    assert not texts(app, "info")
    assert np.array(charts_of(app)[0]["data"][0]["x"]).size


def weights(app):
    return charts_of(app)[1]["data"][0]["text"]


def test_class_weights_are_trainings_whatever_split_is_shown():
    app = visit(DATASET)
    assert "Class weights: Training" in texts(app, "subheader")
    assert weights(app)[:4] == ["<b>×1.03</b>", "<b>×9.41</b>", "<b>×1.00</b>", "<b>×0.57</b>"]
    assert weights(visit(DATASET, split="PrivateTest")) == weights(app)


def test_without_an_emotion_there_are_no_class_weights(tmp_path, monkeypatch):
    splits = synthetic_splits(3, 1, 1)
    splits["Training"] = type(splits["Training"])(
        *(getattr(splits["Training"], name)[:3] for name in ("images", "labels", "rows")), "Training"
    )
    monkeypatch.setenv("FER2013_PATH", str(write_fer2013_csv(tmp_path / "fer2013.csv", splits)))
    app = visit(DATASET, split="PrivateTest")
    assert not complaints(app)
    assert "Class weights need an image of each emotion" in texts(app, "info")


def test_votes_are_connected_by_path(copy, monkeypatch, tmp_path):
    monkeypatch.setenv("FER2013_PATH", str(copy))
    app = visit(DATASET)
    votes = write_votes(tmp_path / "votes.csv")
    for path, sentence in [("", "A path is needed"), (tmp_path / "gone.csv", "gone.csv: expected the FER+")]:
        app.text_input[0].set_value(str(path))
        next(each for each in app.button if each.label == "Connect").click().run()
        assert sentence in texts(app, "error")
    app.text_input[0].set_value(str(votes))
    next(each for each in app.button if each.label == "Connect").click().run()
    assert not complaints(app)
    assert "with FER+ annotations" in texts(app, "caption")
