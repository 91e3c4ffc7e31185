"""From data to a finished run: one tiny run, and what becomes of it when something is missing or stops."""

import json
import zipfile

import keras
import numpy as np
import pytest

from fer_core import pipeline, provenance, runs
from fer_core.calibration import Calibration, fit_calibration
from fer_core.cards import write_card
from fer_core.datasets import SPLITS, find_duplicates, fingerprint
from fer_core.errors import DataError, RunError
from fer_core.export import TOLERANCE, check_parity
from fer_core.metrics import accuracy, log_loss, softmax
from fer_core.pipeline import calibrate_run, evaluate_run, export_run, refit_run, train_run
from fer_core.recognition import Recognizer
from fer_core.runs import Run, load_run
from fer_core.training import predict_logits
from fer_core.training.head import PENALTIES
from tests.finished_runs import write_baseline

TESTS = ("PublicTest", "PrivateTest")


def test_a_run_is_whole_and_holds_nothing_else(trained_run):
    assert {path.name for path in trained_run.path.iterdir()} == {*runs.WHOLE, runs.SUMMARY}
    assert load_run(trained_run.path) == trained_run
    assert not list(trained_run.path.parent.glob(".*"))


def test_the_saved_network_is_compressed(trained_run):
    with zipfile.ZipFile(trained_run.keras_path) as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_DEFLATED}
        assert archive.testzip() is None
    assert keras.saving.load_model(trained_run.keras_path, compile=False).count_params() > 0


def test_the_recipe_and_the_history_are_the_runs(trained_run, tiny):
    assert trained_run.recipe == tiny
    assert trained_run.history["epoch"] == list(range(1, tiny.epochs + 1))


def test_provenance_lets_somebody_repeat_the_run(trained_run, drawn_splits, tiny):
    facts = trained_run.provenance
    assert facts["command"] == "python -m fer_core train tiny --data PATH"
    assert (facts["seed"], facts["epochs"]) == (tiny.seed, tiny.epochs)
    assert facts["seconds"] == pytest.approx(sum(trained_run.history["seconds"]))
    assert facts["versions"]["keras"] == keras.__version__
    assert facts["versions"]["numpy"] == np.__version__
    assert {split: data["sha256"] for split, data in facts["data"].items()} == {
        split: fingerprint(data) for split, data in drawn_splits.items()
    }
    assert [facts["data"][split]["counts"] for split in SPLITS] == [[60] * 7, [20] * 7, [20] * 7]
    assert facts["best_epoch"] == 1 + int(np.argmax(trained_run.history["val_accuracy"]))
    assert facts["device"].endswith(" cores")
    json.dumps(facts, allow_nan=False)


def test_no_commit_outside_a_checkout(monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "provenance.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.current_commit() is None
    monkeypatch.setenv("PATH", "")  # and where there is no git
    assert provenance.current_commit() is None


@pytest.mark.parametrize("split", TESTS)
def test_predictions_are_of_every_face_in_order(trained_run, drawn_splits, split):
    evaluation, data = trained_run.evaluation(split), drawn_splits[split]
    np.testing.assert_array_equal(evaluation.rows, data.rows)
    np.testing.assert_array_equal(evaluation.labels, data.labels)
    recognizer = Recognizer(trained_run)
    single, mirrored = (recognizer.predict_crops(images) for images in (data.images, data.images[:, :, ::-1]))
    np.testing.assert_allclose(evaluation.probabilities, single, atol=1e-6)
    np.testing.assert_allclose(evaluation.probabilities_flip, (single + mirrored) / 2, atol=1e-6)
    assert np.abs(single - mirrored).max() > 1e-3
    assert accuracy(evaluation.labels, evaluation.probabilities) > 0.7  # chance is 1/7


def test_twins_are_those_of_earlier_splits(trained_run, drawn_splits):
    before = drawn_splits["Training"].images
    for split in TESTS:
        twins = trained_run.evaluation(split).twins
        np.testing.assert_array_equal(twins, find_duplicates(drawn_splits[split].images, before))
        assert twins.sum() == 2
        before = np.concatenate([before, drawn_splits[split].images])
        scores = trained_run.metrics[split]["single"]
        assert scores["all"]["count"] - scores["twin_free"]["count"] == 2


def test_metrics_and_card_follow_from_the_files(trained_run):
    assert trained_run.metrics == runs.compute_metrics(trained_run)
    assert (trained_run.path / runs.CARD).read_text(encoding="utf-8") == write_card(trained_run)


def test_the_saved_network_is_the_one_that_was_best(trained_run, drawn_splits):
    network = keras.saving.load_model(trained_run.keras_path, compile=False)
    public = drawn_splits["PublicTest"]
    logits = predict_logits(network, public.images)
    best = trained_run.provenance["best_epoch"] - 1
    assert accuracy(public.labels, logits) == pytest.approx(trained_run.history["val_accuracy"][best])
    assert log_loss(public.labels, softmax(logits)) == pytest.approx(
        trained_run.history["val_loss"][best], rel=1e-3
    )
    assert network.count_params() == trained_run.provenance["parameters"]
    assert getattr(network, "optimizer", None) is None
    # The calibration is fitted on PublicTest, and model.tflite answers with it folded in.
    assert trained_run.calibration == fit_calibration(public.labels, logits)
    calibration = trained_run.calibration
    assert check_parity(network, trained_run.tflite_path, public.images, calibration=calibration) < TOLERANCE


def test_evaluating_again_changes_nothing(run_copy, drawn_splits):
    before = {path.name: path.read_bytes() for path in run_copy.path.iterdir()}
    again = evaluate_run(run_copy, drawn_splits)
    assert again.metrics == run_copy.metrics
    after = {path.name: path.read_bytes() for path in run_copy.path.iterdir()}
    assert set(after) == set(before)
    for name in (runs.METRICS, runs.CARD, runs.RECIPE, runs.PROVENANCE):
        assert after[name] == before[name], name


def test_evaluating_other_faces_rewrites_metrics_and_card(run_copy, drawn_splits):
    fewer = {
        split: type(data)(data.images[:70], data.labels[:70], data.rows[:70], split, data.name)
        for split, data in drawn_splits.items()
    }
    again = evaluate_run(run_copy, fewer)
    assert again.metrics["PrivateTest"]["flip"]["all"]["count"] == 70
    assert "n = 70" in (run_copy.path / runs.CARD).read_text(encoding="utf-8")


def test_a_refitted_run_is_whole_and_says_what_was_done(run_copy, drawn_splits):
    before = run_copy.evaluation("PublicTest").probabilities
    old = keras.saving.load_model(run_copy.keras_path, compile=False).get_weights()
    again = refit_run(run_copy, drawn_splits)
    network = keras.saving.load_model(again.keras_path, compile=False)
    assert all(np.array_equal(a, b) for a, b in zip(old[:-2], network.get_weights()[:-2], strict=True))
    public = drawn_splits["PublicTest"]
    logits = predict_logits(network, public.images)
    assert again.calibration == fit_calibration(public.labels, logits)
    stored = again.evaluation("PublicTest").probabilities
    assert np.abs(stored - before).max() > 1e-3
    np.testing.assert_allclose(stored, again.calibration.probabilities(logits), atol=TOLERANCE)
    assert again.provenance["head"]["penalty"] in PENALTIES
    assert again.recipe == run_copy.recipe.replace(refit_head=True)
    assert again.metrics == runs.compute_metrics(again)
    card = (again.path / runs.CARD).read_text(encoding="utf-8")
    assert card == write_card(again)
    # What training recorded of itself stays.
    changed = vars(again.calibration) | {"head": again.provenance["head"]}
    assert again.provenance == run_copy.provenance | changed
    training = again.provenance["data"]["Training"]
    assert again.provenance["head"]["data"] == {"Training": training}


def test_a_run_that_is_calibrated_anew_keeps_its_network(run_copy, drawn_splits):
    """As one that had a temperature alone, of before 0.23."""
    old = {key: value for key, value in run_copy.provenance.items() if key != "power"} | {"temperature": 9.0}
    run_copy.save_provenance(old)
    network = run_copy.keras_path.read_bytes()
    assert runs.Run(run_copy.path).calibration == Calibration(9.0)
    again = calibrate_run(runs.Run(run_copy.path), drawn_splits)
    assert again.keras_path.read_bytes() == network
    assert again.provenance == run_copy.provenance | {"calibrated_at": provenance.current_commit()}
    for split in TESTS:
        stored, before = again.evaluation(split), run_copy.evaluation(split)
        np.testing.assert_allclose(stored.probabilities, before.probabilities, atol=1e-6)
    assert f"python -m fer_core calibrate {again.name} --data" in write_card(again)


@pytest.mark.parametrize("finish", [refit_run, calibrate_run])
def test_a_baseline_is_no_network(drawn_splits, tmp_path, finish):
    with pytest.raises(RunError, match=r"Only the run of a network has one.*'hog', a baseline\.$"):
        finish(write_baseline(tmp_path, "hog"), drawn_splits)


def test_exporting_again_gives_the_same_answers(run_copy, drawn_splits):
    run_copy.tflite_path.unlink()
    assert export_run(run_copy, drawn_splits["PublicTest"]) < TOLERANCE
    stored = run_copy.evaluation("PublicTest").probabilities
    answers = Recognizer(run_copy).predict_crops(drawn_splits["PublicTest"].images)
    np.testing.assert_allclose(answers, stored, atol=1e-6)


@pytest.mark.parametrize("missing", SPLITS)
def test_data_without_a_split_is_refused_before_anything_is_written(
    tiny, drawn_splits, tmp_path, monkeypatch, missing
):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    data = drawn_splits[missing]
    empty = type(data)(data.images[:0], data.labels[:0], data.rows[:0], missing)
    for splits in (
        {split: data for split, data in drawn_splits.items() if split != missing},
        drawn_splits | {missing: empty},
    ):
        with pytest.raises(DataError, match=rf"Received data without: {missing}\.$"):
            train_run(tiny, splits)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_stopped_after_training_is_finished_by_resuming(
    tiny, trained_run, drawn_splits, tmp_path, monkeypatch
):
    """The power fails while model.tflite is written: resuming trains nothing, and ends in the same run."""
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    monkeypatch.setattr(pipeline, "export_run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    short = tiny.replace(epochs=1)
    with pytest.raises(KeyboardInterrupt):
        train_run(short, drawn_splits)
    (unfinished,) = runs.unfinished_runs()
    assert unfinished.history["epoch"] == [1.0]
    assert runs.list_runs() == []
    monkeypatch.undo()
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    epochs = []
    run = train_run(short, drawn_splits, resume=True, on_epoch=epochs.append)
    assert epochs == []
    assert run.path == tmp_path / "tiny"
    assert run.history == unfinished.history
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(RunError, match="is finished already"):
        train_run(short, drawn_splits)


def test_a_run_reports_its_progress_and_keeps_its_history_meanwhile(
    tiny, drawn_splits, tmp_path, monkeypatch
):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))

    def stop(history):
        (unfinished,) = runs.unfinished_runs()
        assert unfinished.history["loss"] == [row["loss"] for row in history]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_run(tiny.replace(epochs=2), drawn_splits, on_epoch=stop)
    assert Run(tmp_path / ".tiny.partial").checkpoint_path.is_file()
