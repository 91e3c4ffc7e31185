"""Robustness: counted on degraded images, stored with the run or apart from it, never over other data's."""

import json

import numpy as np
import pytest

from fer_core.cli import main as cli
from fer_core.datasets import PUBLIC_TEST, Dataset
from fer_core.errors import DataError, RunError
from fer_core.evaluation.robustness import Robustness
from fer_core.experiments.measured import MEASURED
from fer_core.experiments.model_card import write_card
from fer_core.experiments.robustness import measure_robustness, measure_run_robustness
from fer_core.experiments.runs import ROBUSTNESS, Run, check_run
from fer_core.inference.recognizer import Recognizer
from fer_core.vision.corruptions import CORRUPTIONS, corrupt
from tests.finished_runs import write_baseline
from tests.synthetic import write_fer2013_csv


def first(data, count):
    return Dataset(data.images[:count], data.labels[:count], data.rows[:count], data.split, "Other faces")


def brightest(images):
    """A classifier: the emotion is how bright the image is."""
    shades = np.clip(images.reshape(len(images), -1).mean(axis=1) // 37, 0, 6).astype(int)
    return np.eye(7, dtype=np.float32)[shades]


def test_every_corruption_is_counted_at_every_severity():
    images = np.repeat(np.arange(18, 252, 37, dtype=np.uint8), 48 * 48).reshape(7, 48, 48)
    data = Dataset(images, np.arange(7, dtype=np.uint8), np.arange(7), PUBLIC_TEST)
    steps = []
    found = measure_robustness(brightest, data, on_step=lambda *step: steps.append(step))
    assert steps == [(number, 40) for number in range(1, 41)]
    assert (found.count, found.clean, found.clean_accuracy) == (7, 7, 1.0)
    assert list(found.correct) == list(CORRUPTIONS)
    for name in ("rotation", "low resolution", "blur", "eyes hidden", "mouth hidden"):
        assert found.correct[name] == (7,) * 5  # a plain image stays as it is
    expected = [
        int((brightest(corrupt(images, "darkness", severity)).argmax(axis=1) == data.labels).sum())
        for severity in range(1, 6)
    ]
    assert found.correct["darkness"] == tuple(expected)
    assert expected[-1] < 7
    assert found.means["darkness"] == pytest.approx(np.mean(expected) / 7)
    assert found.mean == pytest.approx(np.mean(list(found.means.values())))
    assert Robustness.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_on_its_own_data_it_is_stored_with_the_run_and_its_card(run_copy, drawn_splits):
    found, folder = measure_run_robustness(run_copy, drawn_splits)
    assert folder == run_copy.path
    run, public = Run(folder), drawn_splits[PUBLIC_TEST]
    check_run(run)
    assert run.robustness == found
    assert found.clean_accuracy == run.metrics[PUBLIC_TEST]["single"]["all"]["accuracy"]
    assert (folder / "README.md").read_text() == write_card(run)
    assert "## Robustness" in write_card(run)
    predicted = Recognizer(run).predict_crops(corrupt(public.images, "blur", 5)).argmax(axis=1)
    assert found.correct["blur"][4] == int((predicted == public.labels).sum())


def test_what_other_data_gives_is_stored_apart(run_copy, drawn_splits, monkeypatch, capsys):
    models = run_copy.path.parent
    monkeypatch.setenv("FER_MODELS", str(models))
    before = {path.name: path.read_bytes() for path in run_copy.path.iterdir()}
    path = write_fer2013_csv(
        models.parent / "my faces.csv", {split: first(each, 20) for split, each in drawn_splits.items()}
    )
    for _ in range(2):  # and again
        assert cli.main(["robustness", "tiny", "--data", str(path)]) == 0
    out, _ = capsys.readouterr()
    assert "mean of all" in out
    assert "the run stays as it is" in out
    assert {path.name: path.read_bytes() for path in run_copy.path.iterdir()} == before
    (folder,) = (models / MEASURED / "tiny").glob("[!.]*")
    assert folder.name.startswith("my-faces-")
    assert Run(folder).robustness.count == 20


def test_without_a_network_or_an_image_there_is_nothing_to_measure(run_copy, drawn_splits, tmp_path):
    with pytest.raises(RunError, match="a baseline"):
        measure_run_robustness(write_baseline(tmp_path, "hog"), drawn_splits)
    for splits in ({}, {PUBLIC_TEST: first(drawn_splits[PUBLIC_TEST], 0)}):
        with pytest.raises(DataError, match="PublicTest"):
            measure_run_robustness(run_copy, splits)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"clean": -1}, "robustness.json: clean"),
        ({"correct": {"blur": [1, 2]}}, "robustness.json: correct.blur"),
        ({"correct": {"blur": [9, 9, 9, 9, 99]}, "levels": {"blur": ["a"] * 5}}, "no more predictions"),
        ({"levels": {}}, "must name the same corruptions"),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path, change, said):
    run = write_baseline(tmp_path, "hog")
    sound = {"split": PUBLIC_TEST, "count": 10, "clean": 9,
             "correct": {"blur": [9, 8, 7, 6, 5]}, "levels": {"blur": ["1", "2", "3", "4", "5"]}}  # fmt: skip
    (run.path / ROBUSTNESS).write_text(json.dumps(sound))
    check_run(run)
    (run.path / ROBUSTNESS).write_text(json.dumps(sound | change))
    with pytest.raises(RunError, match=said):
        check_run(run)
