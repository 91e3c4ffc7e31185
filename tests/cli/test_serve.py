"""``fer serve`` from the command line: what is wrong is said before it listens."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from fer_core.cli import main as cli
from tests.other_process import hear_ctrl_c

pytest.importorskip("fastapi_offline", reason="the extra [api] is not installed")


def test_it_listens_where_it_says_and_ends_with_ctrl_c():
    words = [sys.executable, "-m", "fer_core", "serve", "--run", "small", "--port", "0"]
    with subprocess.Popen(
        words,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,  # noqa: PLW1509 - no other thread holds a lock that it needs
    ) as server:
        address = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline()).group()
        with urllib.request.urlopen(f"{address}/health", timeout=60) as answer:
            assert answer.status == 200
        os.kill(server.pid, signal.SIGINT)
        assert server.wait(60) == 130
        assert server.stderr.read() == "fer: stopped.\n"


@pytest.mark.parametrize("options", [["--host", "192.0.2.1"], ["--host", "no such host"]])
def test_an_address_that_is_not_ours_is_one_sentence(options, capsys):
    assert cli.main(["serve", "--run", "small", *options]) == 1
    assert "must name a free address of this machine. Received: " in capsys.readouterr().err


def test_a_port_that_is_taken_is_one_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert cli.main(["serve", "--run", "small", "--port", port]) == 1
    assert f"Received: 127.0.0.1, {port}: Address already in use." in capsys.readouterr().err


def test_an_unknown_run_is_named(capsys):
    assert cli.main(["serve", "--run", "nobody"]) == 1
    assert "There is no run 'nobody'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [["--port", "99999"], ["--workers", "0"], ["--max-mb", "-1"], ["--max-megapixels", "many"]]
)
def test_limits_are_above_zero(options, capsys):
    with pytest.raises(SystemExit):
        cli.main(["serve", *options])
    assert "expected a" in capsys.readouterr().err
