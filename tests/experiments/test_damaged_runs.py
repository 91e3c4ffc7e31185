"""One damaged run stops nothing: it is one line that says why, and every other run goes on."""

import os
import random
import shutil

import cv2
import pytest

from fer_core.cli import main as cli
from fer_core.datasets import draw_faces
from fer_core.errors import RunError
from fer_core.experiments.monitor import list_running
from fer_core.experiments.runs import broken_runs, list_runs, load_run, unfinished_runs
from tests.damaged_runs import DAMAGES
from tests.finished_runs import write_run
from tests.tiny_networks import tiny_tflite

TRIED = int(os.environ.get("FUZZ", "300")) // 5  # each is read by two commands
SEED = int(os.environ.get("FUZZ_SEED", "0"))
COMMANDS = (["runs"], ["results"], ["card", "damaged"], ["summary", "damaged"], ["evaluate", "damaged"])


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A folder of two whole runs, "sound" and "damaged"."""
    folder = tmp_path_factory.mktemp("sound")
    write_run(folder, "sound", tflite=tiny_tflite().read_bytes(), epochs=5)
    write_run(folder, "damaged", tflite=tiny_tflite().read_bytes(), epochs=5, seed=1)
    return folder


@pytest.fixture
def models(models, sound):
    return shutil.copytree(sound, models, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "face.png"
    cv2.imwrite(str(path), draw_faces(1, seed=0)[0][0])
    return str(path)


def run_command(arguments, capsys):
    """A command's exit code and what it prints; an error is one sentence."""
    code = cli.main(arguments)
    out, err = capsys.readouterr()
    assert code in (0, 1)
    assert "should not happen" not in err
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 1
    return code, out, err


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_one_line_and_stops_no_other(models, photo, damage, capsys):
    DAMAGES[damage](models / "damaged")
    assert [run.name for run in list_runs()] == ["sound"]
    (sentence,) = broken_runs()
    assert sentence.startswith(f"The run {models / 'damaged'} is broken: ")
    assert sentence.isprintable()
    assert len(sentence) < 900
    assert unfinished_runs() == list_running() == []
    with pytest.raises(RunError, match="is broken: "):
        load_run("damaged")
    for command in COMMANDS:
        code, out, err = run_command(command, capsys)
        assert code == (command[-1] == "damaged")
        assert ("sound" in out) == (code == 0)
        assert ("damaged" in err) == (command != ["results"])
    code, out, err = run_command(["predict", "--run", "damaged", photo], capsys)
    assert (code == 0) == (err == "") == ("%" in out)
    assert run_command(["predict", photo], capsys)[0] == 0


WHY = {
    "metrics cut short": r"metrics\.json cannot be read: .* line \d+ column \d+",
    "metrics a list": r"metrics\.json must hold a JSON object\. Received: list\.",
    "metrics deep": r"metrics\.json cannot be read: it is nested too deeply",
    "no PrivateTest": r"metrics\.json: PrivateTest: field required\.",
    "accuracy 99": r"PublicTest\.single\.all\.accuracy: .* less than or equal to 1\. Received: 99\.",
    "accuracy a number as text": r"accuracy: input should be a valid number\. Received: '0\.7'\.",
    "accuracy NaN": r"accuracy: input should be a finite number\. Received: nan\.",
    "accuracy of other predictions": r"metrics\.json does not follow from public\.npz: Public.*: "
    r"expected 3589 images and an accuracy of 0\.\d+\. Received: 3589 and 0\.9\.",
    "no parameters": r"provenance\.json: parameters: field required\.",
    "a command of two lines": r"provenance\.json: command: .* one line of printable characters",
    "recipe a pipe": r"it lacks recipe\.json\.",
    "recipe unknown field": r"recipe\.json holds no recipe: Unknown recipe field 'epoch'",
    "recipe field of text": r"recipe\.json holds no recipe: Recipe field epochs must be a whole number",
    "history a row short": r"history\.csv must hold the epochs 1 to 5, .* Received: 4 rows",
    "predictions that unpack to 0.3 GB": r"public\.npz does not hold .*: unpacked it would take 300 MB",
    "duplicates as numbers": r"public\.npz does not hold .*: twins must be of bool. Received: int64",
}


@pytest.mark.parametrize("damage", WHY)
def test_the_line_says_why(models, damage):
    DAMAGES[damage](models / "damaged")
    with pytest.raises(RunError, match=f"damaged is broken: .*{WHY[damage]}"):
        load_run("damaged")


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_unfinished_run_may_hold_anything(models, damage, capsys):
    os.rename(models / "damaged", models / ".damaged.partial")
    DAMAGES[damage](models / ".damaged.partial")
    assert {found.name for found in list_running()} <= {"damaged"}
    code, out, err = run_command(["runs"], capsys)
    assert (code, err) == (0, "")
    assert "sound" in out


@pytest.mark.parametrize("name", [b"caf\xe9", b"two words", b"a\nb", b"![x](y)"], ids=ascii)
def test_a_folder_of_another_name_is_no_run(models, name, capsys):
    os.rename(os.fsencode(models / "damaged"), os.path.join(os.fsencode(models), name))
    (sentence,) = broken_runs()
    assert "its folder's name must be at most 100 letters, digits" in sentence
    sentence.encode()
    assert [run.name for run in list_runs()] == ["sound"]
    for command in (["runs"], ["results"], ["card", "nobody"]):
        code, *_ = run_command(command, capsys)
        assert code == (command[0] == "card")


def test_files_with_random_bytes_are_one_line_or_none(models, capsys):
    """What the ways above do not think of; the same each time."""
    rng, damaged = random.Random(SEED), models / "damaged"
    names = sorted(path.name for path in damaged.iterdir() if path.suffix in (".json", ".csv", ".npz"))
    for _ in range(TRIED):
        path = damaged / rng.choice(names)
        before = path.read_bytes()
        content = bytearray(before)
        for _ in range(rng.choice((1, 4, 40))):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content)
        code, out, err = run_command(["runs"], capsys)
        assert code == 0
        assert "sound" in out
        assert ("damaged" in out) != ("damaged" in err)
        assert run_command(["card", "damaged"], capsys)[0] == ("damaged" in err)
        path.write_bytes(before)
