"""Runs in training: what is there is read, and what is half there is no error."""

import os

import pytest

from fer_core.experiments.monitor import list_running
from fer_core.experiments.run_writing import start_run
from fer_core.experiments.runs import HISTORY, HISTORY_COLUMNS, RECIPE
from fer_core.training.recipes import paper_base

STARTED = 1_000_000.0


@pytest.fixture
def run(tmp_path):
    """A run that has just begun: a recipe of 10 epochs, no history."""
    started = start_run(paper_base().replace(name="new", epochs=10), folder=tmp_path)
    os.utime(started.path / RECIPE, (STARTED, STARTED))
    return started


def train(run, epochs, *, seconds=60.0):
    """Write the history of the first epochs, the last of which ended at STARTED."""
    row = dict.fromkeys(HISTORY_COLUMNS, 0.5)
    run.save_history([row | {"epoch": epoch + 1, "seconds": seconds} for epoch in range(epochs)])
    os.utime(run.path / HISTORY, (STARTED, STARTED))


def look(run, *, after=0.0):
    (found,) = list_running(run.path.parent, now=STARTED + after)
    return found


def test_before_the_first_epoch_has_ended_nothing_is_known(run):
    found = look(run, after=30)
    assert (found.name, found.done, found.seconds_left) == ("new", 0, None)
    assert not found.stopped
    assert look(run, after=3600).stopped


def test_time_left_follows_from_the_epochs_so_far(run):
    train(run, 4)
    assert look(run).seconds_left == 6 * 60
    assert look(run, after=20).seconds_left == 6 * 60 - 20
    train(run, 10)
    assert look(run, after=5).seconds_left == 0


def test_one_slow_epoch_does_not_count(run):
    row = dict.fromkeys(HISTORY_COLUMNS, 0.5)
    run.save_history([row | {"seconds": seconds} for seconds in (500, 60, 60, 400, 60, 60)])
    assert look(run).epoch_seconds == 60


def test_a_long_silence_means_that_it_has_stopped(run):
    train(run, 3, seconds=400)
    assert not look(run, after=1100).stopped  # an epoch takes its time
    assert look(run, after=1300).stopped
    train(run, 3, seconds=1)
    assert not look(run, after=500).stopped  # the end of a training is slow
    assert look(run, after=700).stopped


@pytest.mark.parametrize(
    "text", ["", "epoch,loss", "nonsense\n1\n", ",".join(HISTORY_COLUMNS) + "\n1,2.0,0.", "\0\0"]
)
def test_a_half_written_history_is_one_without_epochs(run, text):
    (run.path / HISTORY).write_text(text)
    found = look(run)
    assert found.done == 0
    assert set(found.history) == set(HISTORY_COLUMNS)


def test_a_history_that_is_no_number_is_not_drawn(run):
    (run.path / HISTORY).write_text(",".join(HISTORY_COLUMNS) + "\n1,nan,0.1,2,0.1,0.1,3\n")
    assert look(run).done == 0


def test_a_folder_without_a_recipe_is_left_out(tmp_path):
    (tmp_path / ".early.partial").mkdir()
    assert list_running(tmp_path) == []
    assert list_running(tmp_path / "nowhere") == []
