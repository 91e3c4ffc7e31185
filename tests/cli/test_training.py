"""``fer train`` and ``fer runs``: what is refused leaves nothing, and what is kept can be gone on with."""

import hashlib
import os
import shlex
import shutil

import pytest

from fer_core.cli import common, training
from fer_core.cli import main as cli
from fer_core.experiments import locks, pipeline
from fer_core.experiments.measuring import is_own_data
from fer_core.experiments.runs import load_run
from fer_core.paths import NAME_RULE
from tests.synthetic import synthetic_splits


@pytest.fixture
def models(models, tiny, monkeypatch):
    """An empty models folder, and drawn faces for whatever --data says."""
    monkeypatch.setattr(training, "load_splits", lambda path: synthetic_splits(20, 6, 6))
    return models


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


def write_labels(path, *lines):
    path.write_text("\n".join(["row,old label,new label", *lines]) + "\n")
    return path


def test_corrected_labels_are_learnt_and_noted(models, tmp_path, capsys):
    labels = write_labels(tmp_path / "mine.csv", "3,happy,sad", "4,sad,sad", "5,surprise,")
    arguments = ["train", "tiny", "--data", "x", "--set", "epochs=1", "--labels", str(labels)]
    assert cli.main(arguments) == 0
    assert "mine.csv corrects 1 labels of Training." in capsys.readouterr().err
    run = load_run("tiny")
    sha256 = hashlib.sha256(labels.read_bytes()).hexdigest()
    assert run.provenance["labels"] == {"sha256": sha256, "changed": 1}
    assert run.provenance["command"].endswith("--labels mine.csv --set epochs=1")
    assert f"1 of Training corrected by a file (SHA-256 `{sha256}`)" in (run.path / "README.md").read_text()
    assert is_own_data(run, synthetic_splits(20, 6, 6))  # it can still be evaluated on what it was made of


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("3,sad,fear", "expected the label in the data, happy, as the old label. Received: sad."),
        ("9999,sad,fear", "Received: row 9999."),
        ("3,happy,glad", "line 2: expected one of angry"),
        ("200,sad,surprise", "expected a new label for at least one Training image."),  # of PrivateTest
    ],
)
def test_labels_that_do_not_fit_are_one_sentence_before_anything_is_trained(
    models, tmp_path, line, sentence, capsys
):
    labels = write_labels(tmp_path / "mine.csv", line)
    assert sentence in fail(["train", "tiny", "--data", "x", "--labels", str(labels)], capsys)
    assert kept(models) == []


def test_a_run_is_resumed_with_the_labels_that_it_was_begun_with(models, tmp_path, monkeypatch, capsys):
    labels = write_labels(tmp_path / "mine.csv", "3,happy,sad")
    arguments = ["train", "tiny", "--data", "x", "--set", "epochs=2", "--labels", str(labels)]
    with monkeypatch.context() as patch:
        interrupt(patch, "on_epoch")
        assert cli.main(arguments) == 130
    capsys.readouterr()
    write_labels(labels, "3,happy,fear")
    assert cli.main([*arguments, "--resume"]) == 1
    assert "begun with alone: expected the file with SHA-256" in capsys.readouterr().err
    assert cli.main([*arguments[:-2], "--resume"]) == 1
    assert "Received: no file (--labels)." in capsys.readouterr().err
    write_labels(labels, "3,happy,sad")
    assert cli.main([*arguments, "--resume"]) == 0


def test_a_run_is_measured_on_corrected_test_labels_and_stays_as_it_is(
    models, trained_run, drawn_splits, monkeypatch, capsys
):
    monkeypatch.setattr(common, "load_splits", lambda path: drawn_splits)
    shutil.copytree(trained_run.path, models / "tiny")
    row = int(drawn_splits["PrivateTest"].rows[0])
    labels = write_labels(models.parent / "mine.csv", f"{row},angry,sad", "0,angry,sad")
    assert cli.main(["evaluate", "tiny", "--data", "x.csv", "--labels", str(labels)]) == 0
    out, err = capsys.readouterr()
    assert "mine.csv corrects 1 labels of PublicTest and PrivateTest." in err
    assert f"_measured{os.sep}tiny{os.sep}x-mine-" in out
    assert "--labels corrects FER2013" in fail(["evaluate", "tiny", "--labels", str(labels)], capsys)
