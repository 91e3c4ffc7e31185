"""Evaluation of other data: the whole page for it, stored apart from the run's own results."""

import pytest

from fer_core.datasets import Dataset
from fer_core.experiments.measured import MEASURED, list_measured
from fer_core.experiments.runs import load_run
from tests.finished_runs import write_run
from tests.pages.test_pages import EVALUATION, address, charts_of, complaints, texts, visit
from tests.synthetic import synthetic_splits, write_fer2013_csv
from tests.tiny_networks import tiny_tflite


@pytest.fixture
def models(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    monkeypatch.setenv("FER_MODELS", str(folder))
    for seed, name in enumerate(("best", "other")):
        write_run(folder, name, tflite=tiny_tflite("flatten").read_bytes(), seed=4 * seed)
    return folder


@pytest.fixture
def faces(tmp_path):
    return write_fer2013_csv(tmp_path / "my faces.csv", synthetic_splits(6, 2, 2))


def evaluate(app, path):
    app.text_input[0].set_value(str(path))
    return app.button[0].click().run()


def test_other_data_gives_the_whole_page_and_leaves_the_run_as_it_is(models, faces):
    before = {path.name: path.read_bytes() for path in (models / "best").iterdir()}
    app = evaluate(visit(EVALUATION), faces)
    assert not complaints(app)
    (measured,) = list_measured(load_run(models / "best"))
    assert app.selectbox(key="data").value == measured.data
    assert address(app)["data"] == [measured.data]
    scores = measured.metrics["PrivateTest"]["single"]["all"]
    assert scores["count"] == 14
    assert list(app.dataframe[0].value["run"]) == ["best"]
    assert app.dataframe[0].value["accuracy"][0] == pytest.approx(100 * scores["accuracy"])
    assert "of 14** PrivateTest images are predicted correctly" in texts(app, "markdown")
    assert len(charts_of(app)) == 2
    assert "Click a cell" not in texts(app, "caption")  # Errors has no such images
    assert {path.name: path.read_bytes() for path in (models / "best").iterdir()} == before


def test_an_upload_is_evaluated_too(models, faces):
    app = visit(EVALUATION)
    app.file_uploader(key="other data upload").upload(faces.name, faces.read_bytes())
    app.button[0].click().run()
    assert not complaints(app)
    assert app.selectbox(key="data").value.startswith("my-faces-")
    app = visit(EVALUATION)
    app.file_uploader(key="other data upload").upload("notes.csv", b"nothing")
    app.button[0].click().run()
    assert len(app.error) == 1
    assert "fer-uploads" not in app.error[0].value


def test_results_of_one_split_alone_have_no_other(models, tmp_path):
    splits = synthetic_splits(6, 2, 2)
    alone = {split: splits[split] if split == "PrivateTest" else _none(splits[split]) for split in splits}
    app = evaluate(visit(EVALUATION), write_fer2013_csv(tmp_path / "alone.csv", alone))
    assert not complaints(app)
    assert app.segmented_control(key="split").options == ["PrivateTest"]
    assert app.segmented_control(key="duplicates").options == ["all images"]
    assert "Without duplicates" not in [metric.label for metric in app.metric]
    app.selectbox(key="data").set_value("FER2013").run()
    assert app.segmented_control(key="split").options == ["PrivateTest", "PublicTest"]
    assert list(app.dataframe[0].value["run"]) == ["best", "other"]


@pytest.mark.parametrize(("text", "said"), [("", "A path is needed"), ("/nowhere/faces", "does not exist")])
def test_a_path_that_cannot_be_read_is_one_sentence(models, text, said):
    app = evaluate(visit(EVALUATION), text)
    assert len(app.error) == 1
    assert said in texts(app, "error")
    assert not (models / MEASURED).exists()


def test_strangers_name_no_paths(models, monkeypatch):
    monkeypatch.setenv("FER_PUBLIC", "1")
    app = visit(EVALUATION)
    assert not complaints(app)
    assert not app.text_input


def _none(data):
    return Dataset(data.images[:0], data.labels[:0], data.rows[:0], data.split)
