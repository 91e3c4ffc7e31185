"""The command line, ``python -m fer_core`` or ``fer``.

Results go to standard output, progress and errors to standard error; an error is one sentence and exit
code 1 (2 for a wrong command line, 130 when stopped with Ctrl-C). FER_DEBUG=1 shows where an error arose, and
what the native libraries log.
"""

import argparse
import logging
import os
import sys
import warnings

from fer_core.cli import (
    alignment_study,
    baselines,
    batch,
    cross_dataset,
    data,
    prediction,
    robustness,
    runs,
    serve,
    studies,
    training,
)
from fer_core.errors import FerError

# In the order in which help lists them.
MODULES = (
    *(data, training, baselines, studies, alignment_study, runs, cross_dataset, robustness),
    *(prediction, batch, serve),
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code.

    Args:
        arguments: the words of the command; by default this process's own, which then is the command's alone.
    """
    _keep_quiet(whole_process=arguments is None)
    # TensorFlow turns oneDNN on by itself on some processors alone. On an EPYC with AVX2 it does not, and a
    # training step then takes twice as long.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    for stream in (sys.stdout, sys.stdin):
        if hasattr(stream, "reconfigure"):  # a name that the console can't show, or that is no UTF-8
            stream.reconfigure(errors="backslashreplace" if stream is sys.stdout else "surrogateescape")
    _silence_warnings()
    options = build_parser().parse_args(arguments)
    try:
        code = options.command(options) or 0
        sys.stdout.flush()
        return code
    except FerError as error:
        print(f"fer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("fer: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        _give_up_output()
        return 0
    except OSError as error:  # a full disk, a folder that is read-only, a name that is too long
        what = error.filename or "a file, or standard output,"
        print(f"fer: {what} cannot be read or written: {error.strerror or error}.", file=sys.stderr)
        _give_up_output()
        return 1
    except Exception as error:
        if os.environ.get("FER_DEBUG"):
            raise
        print(f"fer: this should not happen: {type(error).__name__}: {error}. ", file=sys.stderr, end="")
        print("Set FER_DEBUG=1 to see where.", file=sys.stderr)
        return 1


def _silence_warnings() -> None:
    """Of what needs no action. Only here, where the process is ours: filters are one for all threads."""
    warnings.filterwarnings("ignore", module="PIL")  # odd metadata, which it reads over
    # An emotion rarer than the folds is in some of them alone, as it must be.
    warnings.filterwarnings("ignore", message="The least populated class")
    warnings.filterwarnings("ignore", message="In the future `np.object`")  # Keras, before it writes ONNX


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    from fer_core import __version__

    parser = argparse.ArgumentParser(prog="fer", description="Facial expression recognition.")
    parser.add_argument("--version", action="version", version=f"fer_core {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in MODULES:
        module.add_commands(commands)
    return parser


def _keep_quiet(*, whole_process: bool) -> None:
    """Leave standard error to progress and errors: no log lines of TensorFlow, oneDNN and LiteRT."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # a fold's new network is no reason to warn
    if not whole_process or os.environ.get("FER_DEBUG") or sys.stderr is None:
        return
    # Some lines come whatever is set (TensorFlow 2.21, LiteRT 2.3), from native code, straight to file
    # descriptor 2. So that one leads nowhere, and Python's own standard error has another.
    own, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    sys.stderr = os.fdopen(own, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _give_up_output() -> None:
    """Drop what standard output still holds if it cannot be written, or Python would complain at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
