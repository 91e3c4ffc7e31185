"""Other processes: one that holds a lock until it is killed, and work that ends the one it is done in."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

HOLD = """
import sys
from pathlib import Path
from fer_core.experiments.locks import hold
with hold(Path(sys.argv[1]), "being trained"):
    print("held", flush=True)
    sys.stdin.read()
"""


def hear_ctrl_c():
    """For a process about to be started: what runs in a shell's background hears no Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def holding(path):
    """The process, which has ``path`` now."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD, path], **pipes) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


class EndsProcess:
    """Doubles its inputs; one of them is too much for its process."""

    EXPECTED = ((1, [0]), (1, "1 ends the process that reads it."), (2, [4, 6]))

    def __call__(self, chunk, is_stopped=bool):
        if 1 in chunk:
            os.kill(os.getpid(), signal.SIGABRT)
        return [2 * each for each in chunk]

    def failed(self, chunk, sentence):
        return f"{chunk[0]} {sentence}"
