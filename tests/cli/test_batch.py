"""``fer batch``: killed, stopped and begun again, it gives what it would have given at once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from fer_core.cli import main as cli
from fer_core.inference.parts import MANIFEST
from tests.batches import RUN, read_parts, write_photos
from tests.other_process import hear_ctrl_c

ROOT = Path(__file__).parents[2]
SECONDS = 240
# The command with small chunks and parts, so that a few photos make many.
SMALL = """
import sys
from fer_core.inference import batch, parts
if __name__ == "__main__":
    batch.CHUNK, parts.MOST_ROWS = 2, 4
    from fer_core.cli.main import main
    sys.exit(main())
"""


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("photos"), 27)


@pytest.fixture(scope="module")
def at_once(photos, tmp_path_factory):
    """The rows of a run that nothing interrupts, and what it says."""
    out = tmp_path_factory.mktemp("at once")
    done = subprocess.run(command(photos, out), cwd=ROOT, capture_output=True, text=True, check=False)
    return read_parts(out), done


def command(photos, out, *more):
    words = ["batch", photos, "--out", out, "--run", RUN, "--workers", "1", *more]
    return [sys.executable, "-m", "fer_core", *map(str, words)]


def fer(*words, capsys):
    code = cli.main(["batch", *map(str, words)])
    return code, *capsys.readouterr()


def test_it_says_what_it_did_and_one_that_could_not_be_read_makes_the_exit_code_1(photos, at_once):
    rows, done = at_once
    assert done.returncode == 1
    assert "30 photos and videos, " in done.stdout
    assert done.stdout.endswith(" a second, 29 faces, 1 errors\n")
    assert done.stderr == ""
    assert list(rows["path"].unique()) == sorted(str(path) for path in photos.iterdir())


def end(photos, out, how):
    """Begin, end it by a signal once two parts are there, and wait until none of its processes runs."""
    small = [sys.executable, "-c", SMALL, *command(photos, out)[3:]]
    process = subprocess.Popen(
        small,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        preexec_fn=hear_ctrl_c,  # noqa: PLW1509 - no other thread holds a lock that it needs
    )
    until = time.monotonic() + SECONDS
    while not (out / "part-00001.parquet").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    if how == signal.SIGKILL:
        process.kill()  # the one that gathers, alone
    else:
        os.killpg(process.pid, how)  # as a terminal does: everybody
    said = process.communicate(timeout=SECONDS)
    while True:  # its workers end by themselves
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return process.returncode, *said
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_what_was_ended_goes_on_and_gives_the_same_rows(how, photos, at_once, tmp_path):
    out = tmp_path / "out"
    code, _, err = end(photos, out, how)
    before = read_parts(out)
    if how == signal.SIGINT:
        assert code == 130
        assert err.startswith("fer: stopped; ")
        assert err.endswith(f" are kept in {out}. The same command goes on.\n")
    assert 0 < len(before) < len(at_once[0])
    pd.testing.assert_frame_equal(before, at_once[0][: len(before)])
    done = subprocess.run(command(photos, out), cwd=ROOT, capture_output=True, text=True, check=False)
    count = before["path"].nunique()
    assert done.stderr == f"fer: {out} holds {count} photos and videos already; the rest follows.\n"
    assert done.stdout.startswith(f"{out}: {30 - count} photos and videos, ")
    pd.testing.assert_frame_equal(read_parts(out), at_once[0])
    assert not [path for path in out.iterdir() if path.name.startswith(".fer-partial")]


def test_another_network_and_a_folder_of_photos_are_refused(photos, tmp_path, capsys):
    (tmp_path / "none").mkdir()
    out = tmp_path / "out"
    assert fer(tmp_path / "none", "--out", out, "--run", RUN, capsys=capsys)[0] == 1
    code, printed, err = fer(photos, "--out", out, "--run", RUN, "--rate", "2", capsys=capsys)
    assert (code, printed, err.count("\n")) == (1, "", 1)
    assert "5.0 frames a second. Received: " in err
    assert "2.0 frames a second. Name another folder." in err
    code, _, err = fer(photos, "--out", photos, "--run", RUN, capsys=capsys)
    assert (code, err.count("\n")) == (1, 1)
    assert "a new or empty folder" in err
    assert not [path for path in photos.iterdir() if path.name.startswith((".", MANIFEST))]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--workers", "0"], "at least 1 worker. Received: 0."),
        (["--address", "auto"], "Received: auto without --engine ray."),
        (["--run", "no-such"], "There is no run 'no-such'."),
        (["--face-threshold", "2"], "The face threshold must lie in (0, 1]. Received: 2.0."),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_one_sentence_and_makes_no_folder(options, says, photos, tmp_path, capsys):
    out = tmp_path / "out"
    code, printed, err = fer(photos, "--out", out, "--run", RUN, *options, capsys=capsys)
    assert (code, printed, err.count("\n")) == (1, "", 1)
    assert says in err
    assert not out.exists()


def test_ray_that_is_not_installed_is_one_sentence(photos, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, err = fer(photos, "--out", tmp_path / "out", "--run", RUN, "--engine", "ray", capsys=capsys)
    assert (code, err.count("\n")) == (1, 1)
    assert "Install it with: pip install 'fer-core[ray]'" in err


def test_two_at_once_are_one_too_many(photos, tmp_path, capsys):
    from fer_core.experiments.locks import hold

    out = tmp_path / "out"
    with hold(out / MANIFEST, "being filled"):
        code, _, err = fer(photos, "--out", out, "--run", RUN, capsys=capsys)
    assert code == 1
    assert "is in use: it is being filled by process" in err


def test_progress_is_a_line_a_minute_where_there_is_no_bar(capsys, monkeypatch):
    from fer_core.cli import progress

    monkeypatch.setattr(progress, "LINE_SECONDS", 0)
    with progress.BatchProgress(lambda: 40) as shown:
        while not shown._total:  # counted in a thread
            time.sleep(0.001)
        shown.on_inputs(10)
        shown.on_inputs(30)
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("fer: 10 photos and videos, ")
    assert first.endswith(" left of 40")
    assert last.startswith("fer: 40 photos and videos, ")
    assert "left" not in last
