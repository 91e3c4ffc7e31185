"""A run measured again: its own data replaces its results, other data never does, and one split is enough."""

import numpy as np
import pytest

from fer_core.cli import main as cli
from fer_core.datasets import Dataset, fingerprint
from fer_core.errors import DataError, RunError
from fer_core.evaluation.calibration import Calibration
from fer_core.evaluation.metrics import score
from fer_core.experiments import provenance, runs
from fer_core.experiments.measured import MEASURED, measure_run
from fer_core.experiments.measuring import calibrate_run, evaluate_run
from fer_core.experiments.model_card import write_card
from fer_core.experiments.runs import Run, load_run
from fer_core.inference.recognizer import Recognizer
from fer_core.networks.checksums import KEY, checksums
from tests.finished_runs import write_baseline
from tests.synthetic import write_fer2013_csv

TESTS = ("PublicTest", "PrivateTest")


@pytest.fixture
def other(drawn_splits):
    """Data that is not the run's own: the first 70 images of each split."""
    return {split: first(data, 70) for split, data in drawn_splits.items()}


def first(data, count):
    """The first images of a split."""
    return Dataset(data.images[:count], data.labels[:count], data.rows[:count], data.split, "Other faces")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_its_own_data_changes_nothing_where_nothing_has_changed(run_copy, drawn_splits):
    before = contents(run_copy.path)
    again = evaluate_run(run_copy, drawn_splits)
    assert again.metrics == run_copy.metrics
    after = contents(run_copy.path)
    assert set(after) == set(before)
    assert [name for name in after if after[name] != before[name] and not name.endswith(".npz")] == []
    for split in TESTS:  # of an .npz the times of its members differ
        for name, values in again.evaluation(split).arrays.items():
            np.testing.assert_array_equal(values, getattr(run_copy.evaluation(split), name))


@pytest.mark.parametrize("write", [evaluate_run, calibrate_run])
def test_a_runs_files_are_never_replaced_by_what_other_data_gives(run_copy, other, write):
    before = contents(run_copy.path)
    with pytest.raises(RunError, match="what comes of its own data alone"):
        write(run_copy, other)
    assert contents(run_copy.path) == before


@pytest.mark.parametrize("command", ["evaluate", "calibrate"])
def test_other_data_is_measured_printed_and_stored_apart(models, run_copy, other, capsys, command):
    before = contents(run_copy.path)
    path = write_fer2013_csv(models.parent / "my faces.csv", other)
    for _ in range(2):  # and again
        assert cli.main([command, "tiny", "--data", str(path)]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        assert "PrivateTest single  all                     70 images" in out
        (folder,) = (models / MEASURED / "tiny").glob("[!.]*")
        assert f"so the run stays as it is; these results are in {folder}." in out
    assert contents(run_copy.path) == before
    assert load_run("tiny") == Run(models / "tiny")
    assert [run.name for run in runs.list_runs()] == ["tiny"]
    assert runs.broken_runs() == []
    assert folder.name.startswith("my-faces-")
    assert folder.name.endswith("-calibrated") == (command == "calibrate")
    stored = Run(folder)
    assert {path.name for path in folder.iterdir()} == {
        "metrics.json", "provenance.json", "private.npz", "public.npz",
    }  # fmt: skip
    assert stored.metrics == runs.compute_metrics(stored)
    facts = stored.provenance
    assert facts["run"] == "tiny"
    assert facts[KEY] == checksums(run_copy.keras_path, run_copy.tflite_path)
    assert {split: data["sha256"] for split, data in facts["data"].items()} == {
        split: fingerprint(data) for split, data in other.items()
    }
    assert (stored.calibration == run_copy.calibration) == (command == "evaluate")


@pytest.mark.parametrize("split", TESTS)
def test_one_split_alone_is_enough(models, run_copy, other, split):
    found = measure_run(run_copy, {split: other[split]})
    answers = Recognizer(run_copy).predict_crops(other[split].images)
    assert found.metrics[split]["single"] == {"all": score(other[split].labels, answers)}
    assert list(found.metrics) == list(found.save().metrics) == [split]
    with_training = measure_run(run_copy, {split: other[split], "Training": other["Training"]})
    assert with_training.metrics[split]["flip"]["twin_free"]["count"] == 68
    assert with_training.path != found.path


def test_a_runs_own_split_alone_is_stored_apart(models, run_copy, drawn_splits, tmp_path, capsys):
    before = contents(run_copy.path)
    alone = {split: first(data, 140 * (split == "PrivateTest")) for split, data in drawn_splits.items()}
    path = write_fer2013_csv(tmp_path / "private.csv", alone)
    assert cli.main(["evaluate", "tiny", "--data", str(path)]) == 0
    assert "PublicTest" not in capsys.readouterr().out
    assert contents(run_copy.path) == before


@pytest.mark.parametrize(
    ("calibrate", "held", "words"),
    [
        (False, ["Training"], "measured on PublicTest or PrivateTest: .* Received: Training alone"),
        (False, [], "Received: no images alone"),
        (True, ["PrivateTest"], "fitted to PublicTest: .* Received: PrivateTest alone"),
    ],
)
def test_data_that_measures_nothing_is_refused(run_copy, other, calibrate, held, words):
    with pytest.raises(DataError, match=words):
        measure_run(run_copy, {split: other[split] for split in held}, calibrate=calibrate)


def test_results_are_printed_before_they_are_stored(models, run_copy, other, tmp_path, capsys):
    (models / MEASURED).write_text("in the way")
    path = write_fer2013_csv(tmp_path / "other.csv", other)
    assert cli.main(["evaluate", "tiny", "--data", str(path)]) == 1
    out, err = capsys.readouterr()
    assert "PrivateTest single  all                     70 images" in out
    assert err.startswith("fer: ")
    assert len(err.splitlines()) == 1
    assert "should not happen" not in err


def test_a_run_that_is_calibrated_anew_keeps_its_network(run_copy, drawn_splits):
    """As one that had a temperature alone, of before 0.23."""
    old = {key: value for key, value in run_copy.provenance.items() if key != "power"} | {"temperature": 9.0}
    run_copy.save_provenance(old)
    network = run_copy.keras_path.read_bytes()
    assert runs.Run(run_copy.path).calibration == Calibration(9.0)
    again = calibrate_run(runs.Run(run_copy.path), drawn_splits)
    assert again.keras_path.read_bytes() == network
    found = checksums(again.keras_path, again.tflite_path)
    expected = {"calibrated_at": provenance.current_commit(), KEY: found}
    assert again.provenance == run_copy.provenance | expected
    for split in TESTS:
        stored, before = again.evaluation(split), run_copy.evaluation(split)
        np.testing.assert_allclose(stored.probabilities, before.probabilities, atol=1e-6)
    assert f"python -m fer_core calibrate {again.name} --data" in write_card(again)


def test_a_baseline_is_no_network(drawn_splits, tmp_path):
    with pytest.raises(RunError, match=r"Only the run of a network has one.*'hog', a baseline\.$"):
        calibrate_run(write_baseline(tmp_path, "hog"), drawn_splits)
