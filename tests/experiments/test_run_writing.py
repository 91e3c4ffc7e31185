"""Runs are started, finished and changed as a whole: a kill, an error or a second process loses nothing."""

import os
import shutil
import subprocess
import sys
import threading

import pytest

from fer_core.cli import main as cli
from fer_core.errors import RecipeError, RunError
from fer_core.experiments import locks, runs
from fer_core.experiments.run_writing import finish_run, new_run, rewrite_run, start_run, sweep
from fer_core.experiments.runs import WHOLE, Run, list_runs, load_run, unfinished_runs
from fer_core.networks.checksums import KEY, checksums
from fer_core.training.recipes import paper_base
from tests.other_process import holding

RECIPE = paper_base().replace(name="one")
ORIGIN = {"command": "fer train paper-cnn --data PATH --name one", "commit": None}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != locks.FOLDER)


def test_a_started_run_is_hidden_until_it_is_finished(models, finished):
    run = start_run(RECIPE)
    assert (run.name, run.path.name) == ("one", ".one.partial")
    assert run.recipe == RECIPE
    assert list_runs() == []
    with pytest.raises(
        RunError, match=r"cannot be finished: it lacks provenance\.json, history\.csv, .*model\.keras"
    ):
        finish_run(run)
    for name in WHOLE:
        shutil.copy(finished.path / name, run.path / name)
    run.checkpoint_path.write_bytes(b"to go on from")
    done = finish_run(run)
    assert (done.path, done.checkpoint_path.exists()) == (models / "one", False)
    assert unfinished_runs() == []
    assert [found.name for found in list_runs()] == ["one"]


@pytest.mark.parametrize("resume", [False, True])
def test_a_finished_run_is_never_overwritten(models, run, resume):
    with pytest.raises(
        RunError, match=r"one is finished already\. Train under another name \(--name\), or delete"
    ):
        start_run(RECIPE, resume=resume)
    assert load_run("one") == run


def test_an_interrupted_run_is_resumed_or_restarted_and_never_lost_by_accident(models):
    first = start_run(RECIPE)
    first.checkpoint_path.write_bytes(b"to go on from")
    again = start_run(RECIPE.replace(seed=7), resume=True)
    assert again.checkpoint_path.read_bytes() == b"to go on from"
    assert again.recipe == RECIPE  # whether the two agree is for the checkpoint to say
    with pytest.raises(
        RunError, match=r"interrupted run one is there: .* \(--resume\) or .* \(--restart\)\.$"
    ):
        start_run(RECIPE)
    assert again.checkpoint_path.is_file()
    anew = start_run(RECIPE.replace(seed=7), restart=True)
    assert not anew.checkpoint_path.exists()
    assert anew.recipe.seed == 7


def test_a_run_that_stopped_before_its_first_epoch_is_begun_anew(models):
    (start_run(RECIPE).path / "left over").write_text("")
    assert [path.name for path in start_run(RECIPE).path.iterdir()] == [runs.RECIPE]


def test_nothing_to_resume_is_said_before_anything_is_written(models):
    with pytest.raises(RunError, match=r"nothing to resume: .*checkpoint\.npz is not there"):
        start_run(RECIPE, resume=True)
    assert list(models.iterdir()) == []


def fail(error, *, epochs):
    """A training that ends with an error after some epochs."""
    with new_run(RECIPE, origin=ORIGIN) as run:
        assert run.provenance == ORIGIN
        if epochs:
            run.checkpoint_path.write_bytes(b"to go on from")
        raise error


@pytest.mark.parametrize("error", [RecipeError("the faces fill no batch"), KeyboardInterrupt(), OSError()])
def test_a_training_that_fails_before_its_first_checkpoint_leaves_nothing(models, error):
    with pytest.raises(type(error)):
        fail(error, epochs=0)
    assert names(models) == []


def test_a_training_that_fails_later_can_be_gone_on_with(models):
    with pytest.raises(KeyboardInterrupt):
        fail(KeyboardInterrupt(), epochs=1)
    (interrupted,) = unfinished_runs()
    assert interrupted.provenance == ORIGIN
    with pytest.raises(RunError, match="interrupted run one is there"), new_run(RECIPE, origin=ORIGIN):
        pass
    assert interrupted.checkpoint_path.is_file()
    with new_run(RECIPE, origin=ORIGIN, resume=True) as again:
        assert again.checkpoint_path.read_bytes() == b"to go on from"


@pytest.fixture
def holder(models):
    """Another process that works on the run "one"."""
    with holding(models / "one") as process:
        yield process


@pytest.mark.parametrize("how", [{}, {"resume": True}, {"restart": True}], ids=str)
def test_a_second_training_says_who_holds_the_run_and_touches_nothing(models, holder, how):
    partial = start_run(RECIPE)
    partial.checkpoint_path.write_bytes(b"of the first")
    before = contents(partial.path)
    sentence = rf"one is in use: it is being trained by process {holder.pid}, since 20\d\d-\d\d-.*\. Wait"
    with pytest.raises(RunError, match=sentence), new_run(RECIPE.replace(seed=7), origin=ORIGIN, **how):
        pass
    assert contents(partial.path) == before
    holder.kill()
    holder.wait()
    with new_run(RECIPE.replace(seed=7), origin=ORIGIN, restart=True) as run:  # a killed one holds nothing
        assert run.recipe.seed == 7


def test_a_run_that_another_process_rewrites_is_left_alone(run, holder, capsys):
    before = contents(run.path)
    with pytest.raises(RunError, match=f"by process {holder.pid}"), rewrite_run(run, "being calibrated"):
        pass
    assert cli.main(["card", "one"]) == 1
    assert f"by process {holder.pid}" in capsys.readouterr().err
    assert contents(run.path) == before
    assert names(run.path.parent) == ["one"]


def test_threads_do_not_rewrite_one_run_at_once(run):
    entered, refused = threading.Event(), []

    def rewrite():
        try:
            with rewrite_run(run, "being calibrated"):
                entered.set()
        except RunError as error:
            refused.append(str(error))

    with rewrite_run(run, "being evaluated"):
        thread = threading.Thread(target=rewrite)
        thread.start()
        thread.join()
    assert not entered.is_set()
    assert f"being evaluated by process {os.getpid()}" in refused[0]


def test_a_rewritten_run_is_replaced_as_a_whole(run):
    before = contents(run.path)
    with rewrite_run(run, "being calibrated") as copy:
        assert copy.name == "one"
        copy.save_provenance(copy.provenance | {"temperature": 2.0})
        copy.save_card("new")
        assert contents(run.path) == before
        assert [found.name for found in list_runs()] == ["one"]
    assert load_run("one").provenance["temperature"] == 2.0
    assert names(run.path.parent) == ["one"]


def rewrite(run, change):
    with rewrite_run(run, "being calibrated") as copy:
        copy.save_card("new")
        change(copy.path)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda path: 1 / 0, ZeroDivisionError, "division"),
        (lambda path: (path / runs.HISTORY).unlink(), RunError, r"stays as it was: .* lacks history\.csv\.$"),
    ],
    ids=["an error", "a file short"],
)
def test_a_rewriting_that_fails_changes_nothing(run, change, error, words):
    before = contents(run.path)
    with pytest.raises(error, match=words):
        rewrite(run, change)
    assert contents(run.path) == before
    assert names(run.path.parent) == ["one"]


# Rewrites a run again and again, each time killed one system call later, and looks at what is there then.
KILL_AND_LOOK = """
import os, shutil, signal, sys
from pathlib import Path
from fer_core.experiments import runs
from fer_core.experiments import run_writing
models, new = Path(os.environ["FER_MODELS"]), dict(temperature=2.0)
old = runs.load_run("one").provenance["temperature"]

def kill_at(point):
    calls = [(os, name) for name in ("mkdir", "rename", "replace", "unlink", "rmdir")]
    for home, name in [*calls, (shutil, "copyfile")]:
        def counted(*args, call=getattr(home, name), **options):
            nonlocal point
            point -= 1
            if point < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **options)
        setattr(home, name, counted)

def rewrite():
    with run_writing.rewrite_run(runs.load_run("one"), "being calibrated") as copy:
        copy.save_provenance(copy.provenance | new)
        copy.save_evaluations(copy.evaluation("PublicTest"))
        copy.save_card("new")

for point in range(200):
    child = os.fork()
    if not child:
        kill_at(point)
        rewrite()
        os._exit(0)
    killed = os.waitpid(child, 0)[1] == signal.SIGKILL
    found = runs.load_run("one")
    card = (found.path / "README.md").read_text() == "new"
    assert (found.provenance["temperature"] == 2.0) == card == (not killed or card), point
    assert [run.name for run in runs.list_runs()] == ["one"] and not runs.broken_runs(), point
    run_writing.sweep(models)
    assert {".locks", "one"} >= set(os.listdir(models)), (point, os.listdir(models))
    assert not list((models / "one").glob(".*")), point
    if not killed:
        break
    if card:  # it had taken its place
        shutil.rmtree(models / "one")
        shutil.copytree(sys.argv[1], models / "one")
print(point, card)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing on Windows kills as SIGKILL does")
def test_a_kill_at_any_moment_leaves_the_old_run_or_the_new_one(run, finished):
    done = subprocess.run(
        [sys.executable, "-c", KILL_AND_LOOK, finished.path], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    points, replaced = done.stdout.split()
    assert int(points) > 30
    assert replaced == "True"


def test_what_older_versions_left_is_swept_and_what_is_in_use_is_not(run, models, holder):
    two = Run(shutil.copytree(run.path, models / "two"))
    for each in (run, two):
        (each.path / ".model.tflite.k3j2").write_bytes(b"left")
        each.checkpoint_path.write_bytes(b"left")
    (models / ".gone.partial").mkdir()
    (models / ".three.rewriting").mkdir()
    kept = start_run(RECIPE.replace(name="kept"))
    kept.checkpoint_path.write_bytes(b"to go on from")
    sweep(models)
    assert names(models) == [".kept.partial", "one", "two"]
    assert names(two.path) == sorted(WHOLE)
    assert names(run.path) == sorted([*WHOLE, ".model.tflite.k3j2", runs.CHECKPOINT])  # the holder's


def test_a_finished_run_records_its_model_files(run):
    assert run.provenance[KEY] == checksums(run.keras_path, run.tflite_path)
