"""The command line: results on stdout, one sentence and an exit code for what is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fer_core
from fer_core import paths
from fer_core.cli import main as cli
from fer_core.cli.main import training
from fer_core.errors import DataError
from fer_core.experiments import pipeline
from fer_core.experiments.model_card import write_card
from fer_core.experiments.runs import Run
from fer_core.training.recipes import RECIPES
from tests.synthetic import synthetic_splits, write_fer2013_csv

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "pages" / "parts" / "samples"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_fer2013_csv(tmp_path / "fer2013.csv")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["data", "check", "nowhere.csv"], ["nowhere.csv", "does not exist"]),
        (["train", "no-such", "--data", "x"], ["no-such", "paper-cnn"]),
        (["train", "paper-cnn", "--data", "nowhere.csv"], ["nowhere.csv"]),
        (["train", "paper-cnn", "--data", "x", "--set", "epoch=3"], ["'epoch'", "epochs"]),
        (["train", "paper-cnn", "--data", "x", "--set", "epochs=many"], ["epochs", "'many'"]),
        (["evaluate", "no-such"], ["no-such"]),
        (["calibrate", "no-such", "--data", "x"], ["no-such"]),
        (["card", "no-such"], ["no-such"]),
        (["benchmark", "no-such"], ["no-such"]),
        (["predict", "--run", "no-such", "photo.jpg"], ["no-such"]),
    ],
)
def test_what_is_wrong_is_one_sentence(arguments, words, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    assert cli.main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fer: ")
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    for word in words:
        assert word in err


def test_predict_without_any_run_says_how_to_train_one(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    assert cli.main(["predict", "photo.jpg"]) == 1
    assert "train paper-cnn" in capsys.readouterr().err


def test_an_unforeseen_error_is_a_sentence_too(capsys, monkeypatch):
    def explode(options):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(training, "show_recipes", explode)
    assert cli.main(["recipes"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_check_prints_the_counts(csv, capsys):
    assert cli.main(["data", "check", str(csv)]) == 0
    out = capsys.readouterr().out
    assert all(split in out for split in synthetic_splits())


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(28, "No space left on device"), "standard output, cannot be read or written: No space left"),
        (PermissionError(13, "Permission denied", "models/a"), "models/a cannot be read or written: Perm"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(error, says, capsys, monkeypatch):
    def refuse(options):
        raise error

    monkeypatch.setattr(training, "show_recipes", refuse)
    assert cli.main(["recipes"]) == 1
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1


@pytest.fixture(scope="module")
def process():
    """``process(words, ...)`` runs the command line as a process of its own."""

    def run(*words, **options):
        command = [sys.executable, "-m", "fer_core", *map(str, words)]
        options = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.run(command, check=False, **options)

    return run


def test_version_is_that_of_the_package(process):
    done = process("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().strip() == f"fer_core {fer_core.__version__}"


def test_the_version_of_a_checkout_is_that_of_its_pyproject():
    project = (paths.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{fer_core.__version__}"\n' in project


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk at hand")
@pytest.mark.parametrize("words", [["recipes"], ["predict", "--run", "small", str(SAMPLES)]])
def test_a_full_disk_is_one_sentence(words, process):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = process(*words, stdout=full)
    said = done.stderr.decode()
    assert done.returncode == 1
    assert said.count("\n") == 1
    assert "No space left on device" in said


def test_no_native_library_writes_log_lines(process, trained_run):
    """LiteRT and TensorFlow do, whatever the environment says: here both are loaded, and run."""
    photo = SAMPLES / "two-faces.jpg"
    script = (
        "import sys, fer_core.cli.main as cli; "
        "sys.argv = ['fer', 'predict', '--run', sys.argv[1], sys.argv[2]]; "
        "code = cli.main(); import tensorflow as tf; print(tf.constant(1) + 1); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, trained_run.path, photo], cwd=ROOT, capture_output=True, check=True
    )
    assert done.stderr == b""
    assert done.stdout.decode().startswith(f"{photo}: face 1 at ")


def test_get_passes_on_why_it_failed(capsys, monkeypatch, tmp_path):
    def refuse(folder):
        raise DataError("Kaggle said no.")

    monkeypatch.setattr("fer_core.datasets.fetch_fer2013", refuse)
    assert cli.main(["data", "get", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "fer: Kaggle said no.\n"


def test_recipes_shows_each_experiment_card(capsys):
    assert cli.main(["recipes"]) == 0
    assert "NAdam" in capsys.readouterr().out


def test_runs_lists_the_trained_run(trained_run, capsys, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(trained_run.path.parent))
    assert cli.main(["runs"]) == 0
    assert trained_run.name in capsys.readouterr().out


def test_results_is_the_table_of_all_runs(trained_run, capsys, monkeypatch):
    monkeypatch.setenv("FER_MODELS", str(trained_run.path.parent))
    assert cli.main(["results"]) == 0
    assert f"`{trained_run.name}`" in capsys.readouterr().out


def test_card_is_written_anew(run_copy, capsys):
    (run_copy.path / "README.md").write_text("old")
    assert cli.main(["card", str(run_copy.path)]) == 0
    assert (run_copy.path / "README.md").read_text(encoding="utf-8") == write_card(run_copy)


def test_evaluate_prints_every_view(trained_run, capsys):
    assert cli.main(["evaluate", str(trained_run.path)]) == 0
    out = capsys.readouterr().out
    assert out.count("PrivateTest") == 4
    assert out.count("without duplicates") == 4


def test_benchmark_measures_the_run(trained_run, capsys):
    assert cli.main(["benchmark", str(trained_run.path)]) == 0
    assert "one image" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["--name", "mine"], ["--name", "_mine"]])
def test_a_run_on_drawn_faces_is_named_so_that_it_is_not_ranked(words, monkeypatch, tmp_path):
    asked = {}

    def train_run(recipe, splits, **options):
        asked.update(name=recipe.name, data=splits["Training"].name, command=options["command"])
        raise DataError("enough")

    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    monkeypatch.setattr("fer_core.experiments.pipeline.train_run", train_run)
    assert cli.main(["train", "drawn", "--data", "drawn", *words]) == 1
    assert asked["name"] == ("_mine" if words else "_drawn")
    assert asked["data"] == "Drawn faces"
    assert asked["command"] == " ".join(["fer train drawn --data drawn", *words])


@pytest.fixture
def family(tiny, monkeypatch, tmp_path):
    """Two small recipes that teach and one that is distilled from them, under an empty folder of runs."""
    small = tiny.replace(architecture="strided", epochs=1, batch_size=64)
    recipes = {
        "one": small.replace(name="one"),
        "other": small.replace(name="other", seed=1),
        "student": small.replace(name="student", teacher="one+other", distillation_weight=0.5, seed=2),
    }
    for name, recipe in recipes.items():
        monkeypatch.setitem(RECIPES, name, lambda recipe=recipe: recipe)
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(training, "load_splits", lambda path: synthetic_splits(20, 6, 6))
    return tmp_path / "models"


TRAIN_STUDENT = ["train", "student", "--data", "fer2013.csv", "--with-teachers"]


def test_missing_teachers_are_trained_first(family, capsys):
    assert cli.main(["train", "student", "--data", "fer2013.csv"]) == 1
    assert "Train it first: fer train one --data PATH." in capsys.readouterr().err
    assert cli.main([*TRAIN_STUDENT, "--name", "mine", "--set", "epochs=2"]) == 0
    assert "mine is distilled from other: training the teacher first." in capsys.readouterr().err
    assert sorted(path.name for path in family.glob("[!.]*")) == ["mine", "one", "other"]
    commands = {name: Run(family / name).provenance["command"] for name in ("mine", "other")}
    assert commands == {
        "mine": "fer train student --data PATH --name mine --set epochs=2",
        "other": "fer train other --data PATH",
    }
    assert Run(family / "mine").history["epoch"] == [1, 2]
    assert cli.main([*TRAIN_STUDENT, "--name", "mine"]) == 1  # and the teachers are not trained again
    assert "is finished already" in capsys.readouterr().err


def test_a_name_that_is_taken_is_said_before_the_teachers_are_trained(family, capsys):
    (family / "student").mkdir(parents=True)
    assert cli.main(TRAIN_STUDENT) == 1
    assert "is finished already" in capsys.readouterr().err
    assert [path.name for path in family.iterdir()] == ["student"]


@pytest.mark.parametrize("stopped", ["other", "student"])
def test_resume_goes_on_with_the_run_that_was_interrupted(family, capsys, monkeypatch, stopped):
    train_run = pipeline.train_run
    resumed = []

    def stop_at(recipe, splits, **options):
        def stop(history):
            raise KeyboardInterrupt

        resumed.append((recipe.name, options["resume"]))
        if (recipe.name, options["resume"]) == (stopped, False):
            options["on_epoch"] = stop
        return train_run(recipe, splits, **options)

    monkeypatch.setattr(pipeline, "train_run", stop_at)
    assert cli.main(TRAIN_STUDENT) == 130
    assert cli.main(TRAIN_STUDENT) == 1
    assert "--resume" in capsys.readouterr().err
    assert (family / f".{stopped}.partial" / "checkpoint.npz").is_file()
    resumed.clear()
    assert cli.main([*TRAIN_STUDENT, "--resume"]) == 0
    assert (
        resumed
        == {
            "other": [("other", True), ("student", False)],
            "student": [("student", True)],
        }[stopped]
    )
    assert sorted(path.name for path in family.glob("[!.]*")) == ["one", "other", "student"]


def test_drawn_faces_teach_no_ranked_run(family):
    assert cli.main(["train", "student", "--data", "drawn", "--with-teachers"]) == 0
    assert sorted(path.name for path in family.glob("[!.]*")) == ["_one", "_other", "_student"]
    assert Run(family / "_student").recipe.teacher == "_one+_other"
    assert Run(family / "_one").provenance["command"] == "fer train one --data drawn"
