"""The command line, ``python -m fer_core`` or ``fer``.

Results go to standard output, progress and errors to standard error; an error is one sentence and exit
code 1 (2 for a wrong command line, 130 when stopped with Ctrl-C).
"""

import argparse
import logging
import os
import sys

from fer_core.commands import across, alignment, baselines, data, prediction, runs, studies, training
from fer_core.errors import FerError

# In the order in which help lists them.
MODULES = (data, training, baselines, studies, alignment, runs, across, prediction)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up chatter
    # TensorFlow turns oneDNN on by itself on some processors alone. On an EPYC with AVX2 it does not, and a
    # training step then takes twice as long.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # a fold's new network is no reason to warn
    options = build_parser().parse_args(arguments)
    try:
        return options.command(options) or 0
    except FerError as error:
        print(f"fer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("fer: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if os.environ.get("FER_DEBUG"):
            raise
        print(f"fer: this should not happen: {type(error).__name__}: {error}. ", file=sys.stderr, end="")
        print("Set FER_DEBUG=1 to see where.", file=sys.stderr)
        return 1


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="fer", description="Facial expression recognition.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in MODULES:
        module.add_commands(commands)
    return parser
