"""Files that are whole or absent: after a failure, a kill, and with two writers at once."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from fer_core import files
from fer_core.datasets import cache, kaggle
from fer_core.networks.export import export_tflite
from fer_core.training import checkpoints
from fer_core.training.recipes import paper_base
from tests.tiny_networks import tiny_network

# Begins to write what it is told to, says so, and waits to be killed.
WRITE_AND_WAIT = """
import sys, time
from pathlib import Path
from fer_core.files import replace_whole
with replace_whole(Path(sys.argv[1])) as partial:
    partial.write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(600)
"""
WRITERS = {
    "a.txt": lambda path: files.write_text(path, "new"),
    "a.json": lambda path: files.write_json(path, {"new": 1}),
    "a.csv": lambda path: files.write_columns(path, ["new"], [{"new": 1}]),
    "a.npz": lambda path: files.write_arrays(path, {"new": np.arange(3)}),
    "checkpoint.npz": lambda path: checkpoints.save(path, paper_base(), [], {}),
    "cache.npz": lambda path: cache._save(path, "stamp", {"new": np.arange(3)}),
    "fer2013.csv": lambda path: kaggle._copy(Path(__file__), path),
    "model.tflite": lambda path: export_tflite(tiny_network(), path),
}


def start_writing(path):
    """A process that is in the middle of writing a file."""
    writer = subprocess.Popen([sys.executable, "-c", WRITE_AND_WAIT, path], stdout=subprocess.PIPE)
    assert writer.stdout.readline() == b"writing\n"
    return writer


@pytest.mark.skipif(os.name == "nt", reason="nothing on Windows kills as SIGKILL does")
@pytest.mark.parametrize("name", WRITERS)
def test_what_a_killed_process_left_goes_with_the_next_file(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"old")
    with start_writing(path) as writer:
        writer.send_signal(signal.SIGKILL)
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2
    WRITERS[name](path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() != b"old"


def test_what_another_process_is_writing_stays(tmp_path):
    with start_writing(tmp_path / "a.txt") as writer:
        files.write_text(tmp_path / "a.txt", "mine")
        files.write_text(tmp_path / "b.txt", "mine")
        assert [path.read_bytes() for path in tmp_path.glob(f"{files.PARTIAL}*")] == [b"half"]
        writer.kill()


def test_many_writers_at_once_leave_one_whole_file(tmp_path):
    path, failed = tmp_path / "numbers.npz", []

    def write(number):
        try:
            for _ in range(20):
                files.write_arrays(path, {"same": np.full(1000, number)})
        except OSError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert list(tmp_path.iterdir()) == [path]
    assert len(set(files.read_arrays(path)["same"])) == 1


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(TypeError), files.replace_whole(path) as partial:
        partial.write_text("new") + "half way"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_a_new_file_is_as_readable_as_any_other(tmp_path):
    (tmp_path / "usual").touch()
    files.write_text(tmp_path / "whole", "")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "usual").stat().st_mode
