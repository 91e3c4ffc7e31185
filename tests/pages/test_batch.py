"""The Batch page on a folder of parts: what it shows, filters and saves, and what a visitor may name."""

import csv
import io
import os

import numpy as np
import pytest
from PIL import Image

from fer_core.emotions import EMOTION_LABELS
from fer_core.inference import parts
from fer_core.inference.face_table import FaceRow, to_arrow
from fer_core.inference.parts import Parts, claim
from fer_core.inference.results import Filter, Results
from fer_core.vision.alignment import Face
from pages.parts.batch import reading
from tests.pages.test_dataset import images
from tests.pages.test_pages import charts_of, complaints, texts, visit
from tests.pages.test_photo import saved
from tests.tiny_networks import SAMPLES

__all__ = ["saved"]  # a fixture

PAGE = "pages/8_Batch.py"
SETTINGS = {"run": "small", "face_threshold": 0.7, "frames_per_second": 5.0}
FACE = Face((100.0, 60.0, 80.0, 100.0), None, 0.9)


def shares(emotion, confidence):
    values = np.full(7, (1 - confidence) / 6)
    values[EMOTION_LABELS.index(emotion)] = confidence
    return values


@pytest.fixture(autouse=True)
def anew():
    for kept in (reading.open_results, reading.summarize, reading.most_confident):
        kept.clear()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two folders of photos, one there and one gone; a film; a wall; a file that is none. Three parts."""
    monkeypatch.setattr(parts, "MOST_ROWS", 4)
    here, gone = tmp_path / "photos" / "here", tmp_path / "photos" / "gone"
    here.mkdir(parents=True)
    Image.open(SAMPLES / "eileen-collins.jpg").save(here / "a.jpg")
    rows = [
        FaceRow(str(here / "a.jpg"), 1, FACE, shares("happy", 0.9)),
        FaceRow(str(here / "a.jpg"), 2, FACE, shares("sad", 0.5)),
        FaceRow(str(here / "wall.jpg")),
        *(FaceRow(str(gone / f"{n}.jpg"), 1, FACE, shares("happy", 0.6)) for n in range(3)),
        *(FaceRow(str(gone / "film.mp4"), 1, FACE, shares("fear", 0.7 + n / 100), n / 5) for n in range(4)),
        FaceRow(str(gone / "x.jpg"), error=f"{gone / 'x.jpg'} is not a picture."),
    ]
    out = tmp_path / "out"
    claim(out, SETTINGS)
    opened = Parts(out, say=print)
    for row in rows:
        opened.add(to_arrow([row]))
    opened.flush()
    return out


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def test_without_a_folder_it_says_how_to_fill_one():
    app = visit(PAGE)
    assert not complaints(app)
    assert "python -m fer_core batch photos/ films/ --out table" in texts(app, "code")
    assert not charts_of(app)


def test_a_folder_is_shown_with_its_charts_key_frames_rows_and_errors(folder):
    app = visit(PAGE, at=str(folder))
    assert not complaints(app)
    assert metrics(app) == {"Photos and videos": "7", "Faces": "9", "Without a face": "1", "Errors": "1"}
    assert len(charts_of(app)) == 5
    assert "Predicted by small, face threshold 0.7" in texts(app, "caption")
    said = texts(app, "caption")
    assert "happy 90%" in said
    assert "film.mp4 at 0.6 s" in said  # one of the film's four frames, the surest
    assert "film.mp4 at 0.4 s" not in said
    assert len(images(app)) == 2  # the faces of the photo that is still there
    assert said.count("no picture") == 4
    rows, errors = (table.value for table in app.dataframe)
    assert rows["emotion"].tolist() == ["happy", "sad", *3 * ["happy"], *4 * ["fear"]]
    assert errors["error"].tolist()[0].endswith("is not a picture.")


def test_filters_count_anew_and_the_csv_holds_what_is_left(folder, saved):
    app = visit(PAGE, at=str(folder))
    app.multiselect(key="emotions").set_value(["happy"]).run()
    assert metrics(app)["Faces"] == "4 of 9"
    app.slider(key="sure").set_value((80, 100)).run()
    assert metrics(app)["Faces"] == "1 of 9"
    (row,) = csv.DictReader(io.StringIO(saved["faces.csv"]()))
    assert (row["face"], row["emotion"], row["confidence"]) == ("1", "happy", "0.9")
    app.slider(key="sure").set_value((95, 100)).run()
    assert "No face matches" in texts(app, "info")
    assert not complaints(app)


def test_a_folder_of_the_photos_can_be_chosen_and_stands_in_the_url(folder):
    gone = str(folder.parent / "photos" / "gone")
    app = visit(PAGE, **{"at": str(folder), "in": gone})
    assert not complaints(app)
    assert metrics(app) == {"Photos and videos": "5", "Faces": "7", "Without a face": "0", "Errors": "1"}


@pytest.mark.parametrize("name", ["", "gone", "photos", "nul\0"])
def test_what_is_no_batch_is_one_sentence(folder, name):
    app = visit(PAGE, at=str(folder.parent / name))
    (error,) = app.error
    assert "Received: " in error.value
    assert not charts_of(app)


def test_a_part_that_is_damaged_is_one_sentence(folder):
    (folder / "part-00001.parquet").write_bytes(b"PAR1")
    app = visit(PAGE, at=str(folder))
    (error,) = app.error
    assert "holds a part that cannot be read" in texts(app, "error")
    assert "Traceback" not in error.value


def test_where_strangers_are_no_folder_can_be_named(folder, monkeypatch):
    monkeypatch.setenv("FER_PUBLIC", "1")
    app = visit(PAGE, at=str(folder))
    assert not complaints(app)
    assert "no folder of this one can be named" in texts(app, "info")
    assert not app.text_input
    assert not charts_of(app)


def test_a_result_shows_no_picture_from_outside_of_what_may_be_named(folder, monkeypatch):
    monkeypatch.setenv("FER_DATA_ROOTS", str(folder))
    app = visit(PAGE, at=str(folder))
    assert not complaints(app)
    assert metrics(app)["Faces"] == "9"
    assert not images(app)


def test_counts_are_those_of_the_whole_table_whatever_batches_it_is_read_in(folder, monkeypatch):
    from fer_core.inference import results

    whole = Results(folder).summarize(Filter())
    monkeypatch.setattr(results, "BATCH", 1)
    by_one = Results(folder).summarize(Filter())
    assert (by_one.files, by_one.without_face, by_one.errors) == (7, 1, 1)
    assert by_one.emotions.tolist() == whole.emotions.tolist() == [0, 0, 4, 4, 1, 0, 0]
    assert by_one.faces_per_photo.tolist() == whole.faces_per_photo.tolist() == [1, 3, 1, *9 * [0]]
    assert by_one.confidences.tolist() == whole.confidences.tolist()
    assert {os.path.basename(name): sum(counts) for name, counts in by_one.folders.items()} == {
        "here": 2,
        "gone": 7,
    }
    (best, *_) = Results(folder).most_confident(Filter(), 3)
    assert (best["emotion"], best["confidence"]) == ("happy", 0.9)
    seconds, probabilities = Results(folder).video(next(iter(by_one.videos)))
    assert seconds.tolist() == [0.0, 0.2, 0.4, 0.6]
    assert probabilities[:, EMOTION_LABELS.index("fear")] == pytest.approx([0.7, 0.71, 0.72, 0.73])
