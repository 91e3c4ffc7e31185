"""``fer train`` and ``fer runs``: what is refused leaves nothing, and what is kept can be gone on with."""

import os
import shlex
import shutil

import pytest

from fer_core.cli import main as cli
from fer_core.cli import training
from fer_core.experiments import locks, pipeline
from fer_core.experiments.runs import load_run
from fer_core.paths import NAME_RULE
from tests.synthetic import synthetic_splits


@pytest.fixture
def models(tiny, tmp_path, monkeypatch):
    """An empty models folder, and drawn faces for whatever --data says."""
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(training, "load_splits", lambda path: synthetic_splits(20, 6, 6))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def kept(models):
    return [path.name for path in models.iterdir() if path.name != locks.FOLDER]


def fail(arguments, capsys):
    """The one sentence that a command ends with."""
    assert cli.main(arguments) == 1
    out, err = capsys.readouterr()
    (sentence,) = err.strip().splitlines()
    assert (out, sentence[:5]) == ("", "fer: ")
    assert "should not happen" not in err
    assert "safe_mode" not in err
    return sentence


@pytest.mark.parametrize("name", ["", " ", "a b", "../up", "a/b", ".hidden", "x" * 101, "x" * 300, "é"])
def test_a_name_that_is_no_folders_is_refused(models, name, capsys):
    sentence = fail(["train", "tiny", "--data", "x", "--name", name], capsys)
    assert f"name must be {NAME_RULE}. Received: {name!r}." in sentence
    assert kept(models) == []


def test_a_training_that_is_refused_at_its_start_leaves_nothing(models, capsys):
    sentence = fail(["train", "tiny", "--data", "x", "--set", "batch_size=5000"], capsys)
    assert "batch" in sentence
    assert kept(models) == []
    assert cli.main(["runs"]) == 0
    assert "tiny" not in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_one_sentence(models, monkeypatch, capsys):
    (models / "file").write_text("")
    monkeypatch.setenv("FER_MODELS", str(models / "file"))
    assert "Not a directory" in fail(["train", "tiny", "--data", "x"], capsys)


def test_a_full_disk_is_one_sentence(models, capsys):
    """As one sees it here: no file may grow beyond some size."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limits[1]))
    try:
        sentence = fail(["train", "tiny", "--data", "x", "--set", "epochs=1"], capsys)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "File too large" in sentence
    assert kept(models) == []


def interrupt(monkeypatch, after):
    """Press Ctrl-C once so many steps or epochs are over."""
    train_run = pipeline.train_run

    def stop(*_):
        raise KeyboardInterrupt

    def train(*args, **options):
        return train_run(*args, **options | {after: stop})

    monkeypatch.setattr(pipeline, "train_run", train)


def test_stopped_before_the_first_epoch_it_advises_no_resume(models, monkeypatch, capsys):
    interrupt(monkeypatch, "on_step")
    assert cli.main(["train", "tiny", "--data", "x"]) == 130
    assert capsys.readouterr().err.endswith("stopped; no epoch was finished, so nothing is kept.\n")
    assert kept(models) == []


def test_the_command_that_goes_on_with_a_renamed_run_does(models, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        interrupt(patch, "on_epoch")
        assert cli.main(["train", "tiny", "--data", "x", "--name", "mine", "--set", "epochs=2"]) == 130
    assert "each finished epoch is kept. Go on with: fer" in capsys.readouterr().err
    assert cli.main(["runs"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("mine")]
    said, command = line.split("go on with: ")
    assert said.split() == ["mine", "not", "finished;"]
    assert command == "fer train tiny --data PATH --name mine --set epochs=2 --resume"
    assert cli.main(shlex.split(command)[1:]) == 0
    assert load_run("mine").history["epoch"] == [1, 2]
    assert kept(models) == ["mine"]


def test_what_an_unfinished_run_says_of_its_command_is_not_trusted(models, capsys):
    for number, text in enumerate(["{", "[]", '{"command": 3}', '{"command": "a\\nb"}', '{"command": ""}']):
        run = models / f".r{number}.partial"
        run.mkdir()
        (run / "checkpoint.npz").write_bytes(b"")
        (run / "provenance.json").write_text(text)
    (models / ".begun.partial").mkdir()
    os.makedirs(os.fsencode(models) + b"/.caf\xe9.partial")
    assert cli.main(["runs"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [" ".join(line.split()) for line in out.splitlines()[:6]] == [
        "begun not finished; no epoch has ended yet",
        *(f"r{n} not finished; go on with: fer train r{n} --data PATH --resume" for n in range(5)),
    ]


def test_a_damaged_network_is_one_sentence(models, trained_run, capsys):
    """Also one whose model.keras is not what its provenance says, or holds code."""
    run = shutil.copytree(trained_run.path, models / "tiny")
    content = bytearray((run / "model.keras").read_bytes())
    content[len(content) // 2] ^= 1
    (run / "model.keras").write_bytes(content)
    (run / "summary.json").unlink()
    assert "model.keras is damaged or was exchanged" in fail(["summary", "tiny"], capsys)
