"""``fer train``, ``fer calibrate`` and ``fer recipes``."""

import argparse
import inspect
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.cli.common import (
    DRAWN,
    LABELS_HELP,
    TRAIN_HELP,
    correct_labels,
    load_splits,
    measure,
    print_scores,
    show_training,
)

if TYPE_CHECKING:
    from fer_core.datasets import Dataset
    from fer_core.datasets.label_corrections import LabelCorrections
    from fer_core.training.recipes import Recipe

PARALLEL_HELP = "share every batch out to all local devices; Keras has to run on JAX (KERAS_BACKEND=jax)"
START_HELP = "the pre-trained weights for `best`; without it, a message says how to get them"


def add_commands(commands: argparse._SubParsersAction) -> None:
    """A command for training, for the calibration, and the list of recipes."""
    command = commands.add_parser("train", help="train a recipe into models/")
    command.add_argument("recipe", help="see: fer recipes")
    command.add_argument("--data", type=Path, required=True, help=TRAIN_HELP)
    interrupted = command.add_mutually_exclusive_group()
    interrupted.add_argument("--resume", action="store_true", help="resume an interrupted run")
    interrupted.add_argument("--restart", action="store_true", help="discard an interrupted run")
    command.add_argument("--name", help="the run's name (default: the recipe's)")
    command.add_argument("--data-parallel", action="store_true", help=PARALLEL_HELP)
    command.add_argument("--start", type=Path, metavar="FILE", help=START_HELP)
    command.add_argument(
        "--labels", type=Path, metavar="CSV", help=f"{LABELS_HELP}; Training alone is corrected"
    )
    command.add_argument("--with-teachers", action="store_true", help="first train missing teachers")
    command.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    command.set_defaults(command=train)

    command = commands.add_parser("calibrate", help="recalibrate a finished run on PublicTest")
    command.add_argument("run")
    command.add_argument("--data", type=Path, required=True, help=TRAIN_HELP)
    command.set_defaults(command=calibrate)

    command = commands.add_parser("recipes", help="list the recipes that train a network")
    command.set_defaults(command=show_recipes)


def show_recipes(options: argparse.Namespace) -> None:
    """``fer recipes``: the name and experiment card of each."""
    from fer_core.training.recipes import RECIPES

    for name, build in RECIPES.items():
        print(f"{name}\n{inspect.cleandoc(build.__doc__ or '')}\n")


def train(options: argparse.Namespace) -> int:
    """``fer train RECIPE --data PATH``."""
    from fer_core.datasets.dataset import TRAINING
    from fer_core.experiments.run_writing import check_start
    from fer_core.training.recipes import load_recipe, override

    recipe = override(load_recipe(options.recipe), options.settings)
    recipe = recipe.replace(name=recipe.name if options.name is None else options.name)
    splits = load_splits(options.data)
    labels = correct_labels(options.labels, splits, TRAINING)[0] if options.labels else None
    from fer_core.experiments.prerequisites import (  # Keras loads here, once the data is read
        missing_teachers,
        unranked,
    )
    from fer_core.training.data_parallel import devices_for

    recipe = unranked(recipe) if options.data == DRAWN else recipe
    teachers = missing_teachers(recipe) if options.with_teachers else []
    for each in (recipe, *teachers):  # before hours of training, and not after
        check_start(each, resume=_resumes(each, options), restart=options.restart)
        if options.data_parallel:
            devices_for(each)
    for teacher in teachers:
        print(f"{recipe.name} is distilled from {teacher.name}: training the teacher first.", file=sys.stderr)
        command = _command_to_repeat(options, of=teacher)
        if not _train_one(teacher, splits, options, labels=labels, command=command):
            return 130
    return (
        0 if _train_one(recipe, splits, options, labels=labels, command=_command_to_repeat(options)) else 130
    )


def _resumes(recipe: "Recipe", options: argparse.Namespace) -> bool:
    """Whether to go on with an interrupted run; with its teachers, only where one is there."""
    from fer_core.experiments.runs import interrupted_runs

    return options.resume and (recipe.name in interrupted_runs() or not options.with_teachers)


def _train_one(
    recipe: "Recipe",
    splits: "dict[str, Dataset]",
    options: argparse.Namespace,
    *,
    labels: "LabelCorrections | None",
    command: str,
) -> bool:
    """Train one recipe under a bar, and print its scores; False where Ctrl-C stopped it."""
    from fer_core.experiments.pipeline import train_run
    from fer_core.experiments.runs import interrupted_runs

    again = [word for word in sys.argv[1:] if word not in ("--resume", "--restart")]
    start = partial(
        train_run,
        recipe,
        splits,
        command=command,
        start_path=options.start,
        labels=labels,
        data_parallel=options.data_parallel,
        resume=_resumes(recipe, options),
        restart=options.restart,
    )
    run = show_training(
        start,
        epochs=recipe.epochs,
        again=f"fer {shlex.join(again)} --resume",
        interrupted=lambda: recipe.name in interrupted_runs(),
    )
    if run is None:
        return False
    print_scores(run)
    print(f"The run is in {run.path}; its model card is {run.path / 'README.md'}.")
    return True


def calibrate(options: argparse.Namespace) -> None:
    """``fer calibrate RUN --data PATH``."""
    from fer_core.experiments.runs import load_run

    measure(load_run(options.run), options.data, calibrate=True)


def _command_to_repeat(options: argparse.Namespace, of: "Recipe | None" = None) -> str:
    """The command as somebody else would type it, for the recipe that is asked for, or a teacher of it:
    without this machine's paths."""
    name = of.name.removeprefix("_") if of else options.recipe
    words = ["fer", "train", name, "--data", str(DRAWN) if options.data == DRAWN else "PATH"]
    words += ["--start", options.start.name] if options.start and (not of or of.start) else []
    words += ["--labels", options.labels.name] if options.labels else []
    words += ["--name", options.name] if options.name and not of else []
    for setting in [] if of else options.settings:
        words += ["--set", setting]
    return shlex.join(words)
