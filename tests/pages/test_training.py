"""The Training page: smoothing, a run in progress with and without finished ones, and the network."""

import os
import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from fer_core import paths
from fer_core.evaluation.learning_curves import smooth
from fer_core.experiments import runs
from fer_core.experiments.run_writing import start_run
from fer_core.experiments.runs import (
    HISTORY,
    HISTORY_COLUMNS,
    list_runs,
    load_run,
)
from fer_core.training.recipes import paper_base
from pages.parts.readers import last_change
from tests.finished_runs import write_run
from tests.pages.test_pages import COMMAND, TRAINING, charts_of, complaints, texts, visit


@pytest.fixture
def finished(models):
    return write_run(models, "done", tflite=b"", seed=1)


@pytest.fixture
def training(models):
    """A run of which three of twenty epochs, of a minute each, are over."""
    run = start_run(paper_base().replace(name="new", epochs=20, patience=0), folder=models)
    write_epochs(run, 3)
    return run


def write_epochs(run, count):
    rows = [dict.fromkeys(HISTORY_COLUMNS, 0.1 * number) for number in range(1, count + 1)]
    run.save_history([row | {"epoch": at, "seconds": 60.0} for at, row in enumerate(rows, start=1)])


def progress(app):
    return [(bar.proto.value, bar.proto.text) for bar in app.get("progress")]


def names(app):
    return {trace.get("name") for trace in charts_of(app)[0]["data"]}


@pytest.mark.parametrize(
    "name", [run.name for run in list_runs(paths.CHECKOUT / "models") if run.has_network]
)
def test_the_page_of_a_committed_run_is_whole(name, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(paths.CHECKOUT / "models"))
    app = visit(TRAINING, run=name)
    assert complaints(app) == []
    assert len(app.table) == 3  # recipe, faces, where it comes from
    shown = app.table[-1].value.to_string()
    assert "Training 28,709, PublicTest 3,589" in shown
    assert shown.count("Training 28,709") == 1 + ("head" in load_run(name).provenance)
    assert "other pictures" not in shown  # an empty row


def test_smoothing_comes_from_the_url_and_is_off_at_first(finished):
    app = visit(TRAINING)
    assert app.slider(key="smoothing").value == 0
    assert [trace["name"] for trace in charts_of(app)[0]["data"]][:2] == ["validation", "training"]
    app = visit(TRAINING, smoothing="0.7")
    assert not complaints(app)
    raw, smoothed = charts_of(app)[0]["data"][:2]
    assert raw["opacity"] < 1
    accuracies = load_run(finished.path).history["val_accuracy"]
    assert smoothed["y"] == pytest.approx(smooth(accuracies, 0.7))


def test_a_run_in_progress_lies_over_the_finished_one(finished, training):
    app = visit(TRAINING)
    assert not complaints(app)
    ((share, text),) = progress(app)
    assert share == 15
    assert "**new**: epoch 3 of 20, best so far 30.0 % of PublicTest (epoch 3)" in text
    assert "about 17 min left" in text
    assert {"done", "new"} < names(app)
    assert app.selectbox(key="run").options == ["done"]
    app.multiselect(key="compare").set_value([]).run()
    assert "new" not in names(app)
    assert progress(app)


def test_the_page_follows_the_training(finished, training):
    app = visit(TRAINING)
    write_epochs(training, 5)
    app.run()
    assert "epoch 5 of 20" in progress(app)[0][1]
    shutil.rmtree(training.path)
    app.run()
    assert not complaints(app)
    assert not progress(app)
    assert "new" not in names(app)


def finish(training, **options):
    """Give the run in training its name, whole."""
    shutil.rmtree(training.path)
    return write_run(training.path.parent, training.name, tflite=b"", **options)


@pytest.mark.parametrize("rank", ["better", "worse"])
def test_the_page_turns_to_a_run_that_ends(finished, training, rank):
    app = visit(TRAINING)
    assert app.selectbox(key="run").value == "done"
    finish(training, seed=3 if rank == "worse" else 0)
    better = runs.public_accuracy(load_run("new")) > runs.public_accuracy(load_run("done"))
    assert better == (rank == "better")
    app.run()
    assert not complaints(app)
    assert not progress(app)
    assert app.selectbox(key="run").value == "new"
    assert {"new", "done"} < names(app)  # what was shown stays, below it
    app.selectbox(key="run").set_value("done").run()
    app.run()
    assert app.selectbox(key="run").value == "done"  # it turned once


def test_a_run_that_was_not_watched_ends_without_a_word(finished, training):
    app = visit(TRAINING)
    app.multiselect(key="compare").set_value([]).run()
    finish(training)
    app.run()
    assert app.selectbox(key="run").value == "done"
    assert set(app.selectbox(key="run").options) == {"done", "new"}


def test_a_run_that_is_given_up_changes_nothing_else(finished, training):
    app = visit(TRAINING)
    shutil.rmtree(training.path)
    app.run()
    assert app.selectbox(key="run").value == "done"


def test_the_first_run_is_shown_once_it_ends(training):
    app = visit(TRAINING)
    finish(training)
    app.run()
    assert not complaints(app)
    assert app.selectbox(key="run").value == "new"
    assert not progress(app)


def test_a_run_ends_while_the_page_is_drawn(finished, training, monkeypatch):
    """Between two looks at the folder: the page sees it under way and finished, and draws once more."""
    app = visit(TRAINING)
    looked = list_runs

    def look(folder=None):
        if training.path.exists():
            finish(training)
        return looked(folder)

    write_epochs(training, 4)
    monkeypatch.setattr("pages.parts.readers.list_runs", look)
    app.run()
    assert not complaints(app)
    assert app.selectbox(key="run").value == "new"
    assert not progress(app)


def test_a_file_from_the_future_hides_no_run(finished, training):
    os.utime(finished.path / "README.md", (4e9, 4e9))
    app = visit(TRAINING)
    finish(training)
    app.run()
    assert app.selectbox(key="run").value == "new"


class Listed(nullcontext):
    """What ``os.scandir`` returns, of entries that were there."""

    def __init__(self, entries):
        super().__init__(self)
        self._entries = iter(entries)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._entries)


@pytest.mark.parametrize("look", [1, 2])
def test_a_folder_may_get_its_name_while_it_is_looked_at(finished, training, monkeypatch, look):
    scan, whole = os.scandir, training.path.with_name("new")
    looks = iter(range(1, 100))

    def scan_late(path):
        found = scan(path)
        if Path(path) == whole.parent and next(looks) == look:
            found = Listed(list(found))
            training.path.rename(whole)
        return found

    monkeypatch.setattr("os.scandir", scan_late)
    for _ in range(look):
        assert last_change(whole.parent) > 0
    assert whole.exists()


def test_a_run_in_progress_needs_no_finished_one(training):
    app = visit(TRAINING)
    assert not complaints(app)
    assert len(charts_of(app)) == 4
    assert COMMAND not in texts(app, "code")
    assert "No run has finished yet" in texts(app, "markdown")
    assert "NAdam" in str([table.value for table in app.table])


@pytest.mark.parametrize("text", [None, "", "epoch,lo", ",".join(HISTORY_COLUMNS) + "\n1,0.2"])
def test_a_half_written_history_is_no_error(finished, training, text):
    if text is None:
        (training.path / HISTORY).unlink()
    else:
        (training.path / HISTORY).write_text(text)
    app = visit(TRAINING)
    assert not complaints(app)
    ((share, said),) = progress(app)
    assert share == 0
    assert "its first epoch is not over yet" in said


def test_a_run_that_was_interrupted_says_so(finished, training, monkeypatch):
    monkeypatch.setattr("fer_core.experiments.monitor.PATIENCE_SECONDS", -1)
    monkeypatch.setattr("fer_core.experiments.monitor.PATIENCE_EPOCHS", -1)
    assert "It has stopped; `--resume` goes on from there." in progress(visit(TRAINING))[0][1]


def test_the_last_epoch_is_not_the_end(finished, training):
    write_epochs(training, 20)
    assert "it is being tested and saved" in progress(visit(TRAINING))[0][1]


def test_a_folder_without_a_recipe_is_no_training(models):
    (models / ".early.partial").mkdir()
    app = visit(TRAINING)
    assert not complaints(app)
    assert COMMAND in texts(app, "code")
