"""``fer baseline`` and ``fer baselines``: classical methods to measure the networks against."""

import argparse
import inspect
import shlex
import sys
from pathlib import Path

from fer_core.cli.common import DATA_HELP, load_splits, print_scores
from fer_core.formats import format_percent


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer baseline NAME --data PATH`` and ``fer baselines``."""
    command = commands.add_parser("baseline", help="fit a classical baseline into models/")
    command.add_argument("baseline", help="see: fer baselines")
    command.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    command.add_argument("--name", help="the run's name (default: the baseline's)")
    command.set_defaults(command=fit)

    command = commands.add_parser("baselines", help="list the classical baselines")
    command.set_defaults(command=show_baselines)


def show_baselines(options: argparse.Namespace) -> None:
    """``fer baselines``: the name and experiment card of each."""
    from fer_core.training.baselines import BASELINES

    for name, build in BASELINES.items():
        print(f"{name}\n{inspect.cleandoc(build.__doc__ or '')}\n")


def fit(options: argparse.Namespace) -> None:
    """``fer baseline NAME --data PATH``."""
    from fer_core.training.baselines import load_baseline

    baseline = load_baseline(options.baseline)
    baseline = baseline.replace(name=options.name or baseline.name)
    splits = load_splits(options.data)
    from fer_core.experiments.pipeline import (
        fit_run,  # Keras loads here, after what can be wrong has been checked
    )

    run = fit_run(baseline, splits, command=_command_to_repeat(options), on_candidate=_report)
    print_scores(run)
    print(f"The run is in {run.path}; its card is {run.path / 'README.md'}.")


def _report(candidate: float, accuracy: float) -> None:
    print(f"candidate {candidate:g}: PublicTest {format_percent(accuracy, digits=2)}", file=sys.stderr)


def _command_to_repeat(options: argparse.Namespace) -> str:
    words = ["python", "-m", "fer_core", "baseline", options.baseline, "--data", "PATH"]
    return shlex.join(words + (["--name", options.name] if options.name else []))
