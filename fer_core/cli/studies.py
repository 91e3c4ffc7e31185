"""``fer study``: one of the paper's comparisons, repeated."""

import argparse
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.cli.common import DATA_HELP, load_splits, show_training
from fer_core.formats import format_accuracy

if TYPE_CHECKING:
    from fer_core.experiments.runs import Run
    from fer_core.experiments.studies import Study


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer study NAME --data PATH``."""
    command = commands.add_parser("study", help="repeat one of the paper's comparisons")
    command.add_argument("study", help="a name, such as optimizers; an unknown one lists all")
    command.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    command.add_argument("--epochs", type=int, help="the budget of each variant (default: 10)")
    interrupted = command.add_mutually_exclusive_group()
    interrupted.add_argument("--resume", action="store_true", help="resume an interrupted variant")
    interrupted.add_argument("--restart", action="store_true", help="discard an interrupted variant")
    command.set_defaults(command=run_study)


def run_study(options: argparse.Namespace) -> int:
    """``fer study NAME --data PATH``: trains what is not there yet, then prints the results."""
    from fer_core.experiments.runs import interrupted_runs
    from fer_core.experiments.studies import EPOCHS, base_recipe, budget_folder, load_study

    epochs = EPOCHS if options.epochs is None else options.epochs
    study = load_study(options.study, base_recipe(epochs, study=options.study))
    splits = load_splits(options.data)
    from fer_core.experiments.study_runner import (
        train_variant,  # Keras loads here, after what can be wrong has been checked
    )

    results, command, folder = {}, _command_to_repeat(options), budget_folder(study.name, epochs)
    for variant in study.variants:
        print(f"{study.name}, {variant.name}: {variant.what}", file=sys.stderr)
        start = partial(
            train_variant,
            study,
            variant,
            splits,
            command=command,
            resume=options.resume,
            restart=options.restart,
        )
        run = show_training(
            start,
            epochs=variant.recipe.epochs,
            again=f"{command} --resume",
            interrupted=lambda name=variant.name: name in interrupted_runs(folder),  # type: ignore[misc]
        )
        if run is None:
            return 130
        results[variant.name] = run
    print("\n".join(_lines(study, results)))
    return 0


def _lines(study: "Study", results: "dict[str, Run]") -> list[str]:
    """A line a variant, and one a claim."""
    from fer_core.datasets.dataset import PRIVATE_TEST
    from fer_core.experiments.studies import describe_budget, describe_verdict, judge

    lines = [study.question]
    for name, run in results.items():
        scores = run.metrics[PRIVATE_TEST]["single"]["all"]
        lines.append(f"{name:<16}PrivateTest {format_accuracy(scores)}")
    evaluations = {name: run.evaluation(PRIVATE_TEST) for name, run in results.items()}
    lines += [describe_verdict(claim, *judge(claim, evaluations)) for claim in study.claims]
    return [*lines, describe_budget(list(results.values()))]


def _command_to_repeat(options: argparse.Namespace) -> str:
    words = ["python", "-m", "fer_core", "study", options.study, "--data", "PATH"]
    return shlex.join(words + (["--epochs", str(options.epochs)] if options.epochs is not None else []))
