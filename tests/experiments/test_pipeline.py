"""From data to a finished run: one tiny run, and what becomes of it when something is missing or stops."""

import json
import zipfile

import keras
import numpy as np
import pytest

from fer_core.datasets import SPLITS, find_duplicates, fingerprint
from fer_core.errors import DataError, RunError
from fer_core.evaluation.calibration import fit_calibration
from fer_core.evaluation.metrics import accuracy, log_loss, softmax
from fer_core.experiments import locks, pipeline, provenance, runs
from fer_core.experiments.model_card import write_card
from fer_core.experiments.pipeline import export_run, train_run
from fer_core.experiments.runs import Run, load_run
from fer_core.inference.recognizer import Recognizer
from fer_core.networks.export import TOLERANCE, check_parity
from fer_core.training.classifier import PENALTIES
from fer_core.training.epoch_data import predict_logits

TESTS = ("PublicTest", "PrivateTest")


def test_a_run_is_whole_and_holds_nothing_else(trained_run):
    assert {path.name for path in trained_run.path.iterdir()} == {*runs.WHOLE, runs.SUMMARY, runs.EMBEDDING}
    assert load_run(trained_run.path) == trained_run
    assert [path.name for path in trained_run.path.parent.glob(".*")] == [locks.FOLDER]


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
    assert facts["blank_images_left_out"] == 0
    json.dumps(facts, allow_nan=False)


def test_a_run_says_what_it_learnt_from_and_how(tiny, drawn_splits, tmp_path, monkeypatch):
    """Blank images are counted, the penalty of a re-trained classifier is noted, other images are named."""
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    data = drawn_splits["Training"]
    images = data.images.copy()
    images[:3] = 0
    splits = drawn_splits | {"Training": type(data)(images, data.labels, data.rows, "Training", data.name)}
    facts = train_run(tiny.replace(epochs=1, retrain_classifier=True), splits).provenance
    assert facts["blank_images_left_out"] == 3
    assert facts["classifier_penalty"] in PENALTIES
    assert facts["other_images"] == ""
    assert facts["precision"] == "float32"


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
    assert [path.name for path in tmp_path.glob(".*")] == [locks.FOLDER]
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
