"""Another process that holds a lock until it is killed."""

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


@contextmanager
def holding(path):
    """The process, which has ``path`` now."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD, path], **pipes) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()
