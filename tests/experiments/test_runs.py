"""Run folders: whole or absent, ranked by PublicTest, and named in one sentence when they are broken."""

import dataclasses
import shutil

import numpy as np
import pytest

from fer_core import files, paths
from fer_core.errors import RunError
from fer_core.evaluation.calibration import Calibration
from fer_core.experiments import runs
from fer_core.experiments.run_writing import start_run
from fer_core.experiments.runs import WHOLE, Run, best_run, broken_runs, list_runs, load_run, unfinished_runs
from fer_core.training.recipes import paper_base
from tests.finished_runs import write_run

RECIPE = paper_base().replace(name="one")


def test_what_is_written_is_what_is_read(models):
    run = write_run(models, "one", tflite=b"network", epochs=3)
    assert run == load_run("one") == load_run(models / "one") == load_run(str(models / "one"))
    assert (run.name, run.path) == ("one", models / "one")
    assert run.recipe == RECIPE.replace(epochs=3)
    assert run.calibration == Calibration(temperature=1.1, power=1.2)
    assert run.tflite_path.read_bytes() == b"network"
    assert list(run.history) == list(runs.HISTORY_COLUMNS)
    assert run.history["epoch"] == [1.0, 2.0, 3.0]
    assert not run.checkpoint_path.exists()
    assert {path.name for path in run.path.iterdir()} == set(WHOLE)


def test_history_keeps_every_digit(models):
    run = start_run(RECIPE)
    rows = [dict.fromkeys(runs.HISTORY_COLUMNS, value) for value in (1 / 3, 1e-17, 12345678.9)]
    run.save_history(rows)
    assert run.history["loss"] == [1 / 3, 1e-17, 12345678.9]


def test_predictions_are_stored_whole(run):
    written = dataclasses.replace(run.evaluation("PrivateTest"), twins=np.arange(3589) < 9)
    run.save_evaluations(written)
    read = run.evaluation("PrivateTest")
    for name, value in vars(written).items():
        np.testing.assert_array_equal(getattr(read, name), value)
    assert Run(run.path).metrics["PrivateTest"]["single"]["twin_free"]["count"] == 3580
    assert Run(run.path).metrics["PublicTest"] == run.metrics["PublicTest"]


def test_metrics_follow_from_the_predictions(finished):
    assert finished.metrics == runs.compute_metrics(finished)
    assert list(finished.metrics) == ["PublicTest", "PrivateTest"]


def test_only_the_two_test_splits_are_stored(finished):
    with pytest.raises(RunError, match=r"store PublicTest and PrivateTest\. Received: 'Training'"):
        finished.evaluation("Training")


def answer(evaluation, accuracy):
    """The same faces, of which a share is read right."""
    right = np.arange(len(evaluation.labels)) < accuracy * len(evaluation.labels)
    answers = np.eye(7, dtype=np.float32)[np.where(right, evaluation.labels, (evaluation.labels + 1) % 7)]
    return dataclasses.replace(evaluation, probabilities=answers, probabilities_flip=answers)


def test_runs_are_ranked_by_public_test_and_never_by_private_test(models, finished):
    for name, public, private in [
        ("worst", 0.6, 0.9),
        ("best", 0.8, 0.1),
        ("middle", 0.7, 0.5),
        ("also", 0.7, 0.6),
    ]:
        run = Run(shutil.copytree(finished.path, models / name))
        run.save_evaluations(
            answer(run.evaluation("PublicTest"), public), answer(run.evaluation("PrivateTest"), private)
        )
    assert [run.name for run in list_runs()] == ["best", "also", "middle", "worst"]
    assert best_run().name == "best"


def test_an_empty_or_missing_folder_holds_no_runs(models):
    assert list_runs() == broken_runs() == unfinished_runs() == []
    assert list_runs(models / "nowhere") == []
    with pytest.raises(
        RunError, match=r"no trained network .* yet\. Train one with: python -m fer_core train"
    ):
        best_run()


def test_what_is_no_run_is_passed_over(models, run):
    (models / ".cache").mkdir()
    (models / "__pycache__").mkdir()
    (models / "README.md").write_text("about these runs")
    start_run(RECIPE.replace(name="two"))
    assert [found.name for found in list_runs()] == ["one"]
    assert broken_runs() == []
    assert [(found.name, found.path.name) for found in unfinished_runs()] == [("two", ".two.partial")]


@pytest.mark.parametrize("name", WHOLE)
def test_a_run_that_lacks_a_file_is_named(run, name):
    (run.path / name).unlink()
    with pytest.raises(RunError, match=rf"one is broken: it lacks {name}\.$"):
        load_run("one")
    assert list_runs() == []
    assert len(broken_runs()) == 1
    assert name in broken_runs()[0]


def overwrite_npz(run, **changes):
    path = run.path / "public.npz"
    with np.load(path) as file:
        arrays = dict(file)
    arrays |= changes
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})


BROKEN_PREDICTIONS = {
    "cut short": lambda run: (run.path / "public.npz").write_bytes(
        (run.path / "public.npz").read_bytes()[:900]
    ),
    "a word": lambda run: (run.path / "public.npz").write_text("probabilities"),
    "an array missing": lambda run: overwrite_npz(run, twins=None),
    "an array too many": lambda run: overwrite_npz(run, logits=np.zeros(3)),
    "a row short": lambda run: overwrite_npz(run, rows=np.arange(7)),
    "not probabilities": lambda run: overwrite_npz(run, probabilities=np.ones((3589, 7), np.float32)),
    "labels of text": lambda run: overwrite_npz(run, labels=np.array(["happy"] * 3589)),
}


@pytest.mark.parametrize("case", BROKEN_PREDICTIONS)
def test_broken_predictions_are_one_sentence(run, case):
    BROKEN_PREDICTIONS[case](run)
    with pytest.raises(RunError, match=r"public\.npz does not hold the predictions of a split: ") as caught:
        run.evaluation("PublicTest")
    assert "\n" not in str(caught.value)


NO_NUMBER = ",".join(runs.HISTORY_COLUMNS) + "\n1,x,,,,,\n"


@pytest.mark.parametrize("text", ["epoch,loss\n1,2\n", NO_NUMBER, "1,2,3\n4,5,6\n"])
def test_a_broken_history_names_its_columns(run, text):
    (run.path / runs.HISTORY).write_text(text)
    with pytest.raises(
        RunError, match=r"history\.csv must be a CSV with the columns epoch, loss.* Received: "
    ):
        _ = run.history


def test_an_unknown_run_names_those_there_are(models, run):
    with pytest.raises(RunError, match=r"no run 'two'\. The runs in .* are: one\."):
        load_run("two")
    shutil.rmtree(run.path)
    with pytest.raises(RunError, match=r"no run 'two'\. The runs in .* are: none yet\."):
        load_run("two")


def test_runs_live_beside_the_package_unless_told_otherwise(monkeypatch, tmp_path):
    monkeypatch.delenv("FER_MODELS", raising=False)
    assert (paths.models_folder().parent / "fer_core").is_dir()
    assert paths.models_folder().name == "models"
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    assert paths.models_folder() == tmp_path


def test_a_kill_while_writing_leaves_the_old_file(run, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    before = {path.name: path.read_bytes() for path in run.path.iterdir()}
    evaluation = run.evaluation("PublicTest")
    monkeypatch.setattr(files.os, "replace", stop)
    for write in (
        lambda: run.save_card("new"),
        lambda: run.save_history([]),
        lambda: run.save_config(RECIPE.replace(seed=9)),
        lambda: run.save_evaluations(evaluation),
    ):
        with pytest.raises(KeyboardInterrupt):
            write()
    assert {path.name: path.read_bytes() for path in run.path.iterdir()} == before
