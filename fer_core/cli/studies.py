"""``fer study``: one of the paper's comparisons, repeated."""

import argparse
import shlex
import statistics
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_core.cli.common import DATA_HELP, load_splits, show_training
from fer_core.formats import format_accuracy, format_percent

if TYPE_CHECKING:
    from fer_core.datasets.dataset import Dataset
    from fer_core.experiments.runs import Run
    from fer_core.experiments.study_claims import Study, Variant

LOCAL, RAY = "local", "ray"


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer study NAME --data PATH``."""
    command = commands.add_parser("study", help="repeat one of the paper's comparisons")
    command.add_argument("study", help="a name, such as optimizers; an unknown one lists all")
    command.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    command.add_argument("--epochs", type=int, help="the budget of each variant (default: 10)")
    command.add_argument(
        "--seeds",
        type=int,
        default=1,
        help="how often each variant is trained, each time with another seed, so that verdicts include "
        "the luck of training (default: 1)",
    )
    command.add_argument(
        "--engine",
        choices=(LOCAL, RAY),
        default=LOCAL,
        help=f"{LOCAL}: one after the other; {RAY}: at once, a core or a GPU each (default: {LOCAL})",
    )
    command.add_argument("--address", help="of a Ray cluster, such as auto (default: this machine)")
    interrupted = command.add_mutually_exclusive_group()
    interrupted.add_argument("--resume", action="store_true", help="resume an interrupted variant")
    interrupted.add_argument("--restart", action="store_true", help="discard an interrupted variant")
    command.set_defaults(command=run_study)


def run_study(options: argparse.Namespace) -> int:
    """``fer study NAME --data PATH``: trains what is not there yet, then prints the results."""
    from fer_core.experiments.studies import EPOCHS, base_recipe, load_study
    from fer_core.experiments.study_seeds import repeat_variants

    epochs = EPOCHS if options.epochs is None else options.epochs
    study = load_study(options.study, base_recipe(epochs, study=options.study))
    variants = repeat_variants(study, options.seeds)
    splits = load_splits(options.data)
    command = _command_to_repeat(options)
    settings = {"command": command, "resume": options.resume, "restart": options.restart}
    train = _train_here if options.engine == LOCAL else partial(_train_on_ray, address=options.address)
    results = train(study, variants, splits, settings)
    if results is None:
        return 130
    print("\n".join(_lines(study, results)))
    return 0


def _train_here(
    study: "Study", variants: "tuple[Variant, ...]", splits: "dict[str, Dataset]", settings: dict[str, Any]
) -> "dict[str, Run] | None":
    """One after the other under a bar; None where Ctrl-C stopped it."""
    from fer_core.experiments.runs import interrupted_runs
    from fer_core.experiments.studies import budget_folder
    from fer_core.experiments.study_runner import (
        train_variant,  # Keras loads here, after what can be wrong has been checked
    )

    results = {}
    for variant in variants:
        print(f"{study.name}, {variant.name}: {variant.what}", file=sys.stderr)
        folder = budget_folder(study.name, variant.recipe.epochs)
        run = show_training(
            partial(train_variant, study, variant, splits, **settings),
            epochs=variant.recipe.epochs,
            again=f"{settings['command']} --resume",
            interrupted=lambda name=variant.name, folder=folder: name in interrupted_runs(folder),  # type: ignore[misc]
        )
        if run is None:
            return None
        results[variant.name] = run
    return results


def _train_on_ray(
    study: "Study",
    variants: "tuple[Variant, ...]",
    splits: "dict[str, Dataset]",
    settings: dict[str, Any],
    *,
    address: str | None,
) -> "dict[str, Run] | None":
    """At once, with a line for each that is finished; None where Ctrl-C stopped it."""
    from fer_core.datasets.dataset import PRIVATE_TEST
    from fer_core.experiments.study_ray import train_on_ray

    def say(variant: "Variant", run: "Run") -> None:
        scores = run.metrics[PRIVATE_TEST]["single"]["all"]
        print(f"{study.name}, {variant.name}: PrivateTest {format_accuracy(scores)}", file=sys.stderr)

    print(f"{study.name}: {len(variants)} trainings on Ray", file=sys.stderr)
    try:
        return train_on_ray(study, variants, splits, address=address, on_finished=say, **settings)
    except KeyboardInterrupt:
        again = f"{settings['command']} --engine {RAY} --resume"
        print(f"\nfer: stopped; each finished epoch is kept. Go on with: {again}", file=sys.stderr)
        return None


def _lines(study: "Study", results: "dict[str, Run]") -> list[str]:
    """A line a variant, and one a claim."""
    from fer_core.datasets.dataset import PRIVATE_TEST
    from fer_core.experiments.studies import describe_budget, describe_verdict, judge
    from fer_core.experiments.study_seeds import evaluations_of, trainings_of

    lines, names = [study.question], [variant.name for variant in study.variants]
    for name in names:
        scores = [run.metrics[PRIVATE_TEST]["single"]["all"] for run in trainings_of(name, results)]
        lines.append(f"{name:<16}PrivateTest {format_accuracy(scores[0])}{_spread(scores)}")
    evaluations = evaluations_of(names, results, PRIVATE_TEST)
    lines += [describe_verdict(claim, *judge(claim, evaluations)) for claim in study.claims]
    return [*lines, describe_budget([results[name] for name in names])]


def _spread(scores: list[dict[str, Any]]) -> str:
    """The mean of several trainings and their standard deviation; nothing of a single one."""
    values = [each["accuracy"] for each in scores]
    if len(values) == 1:
        return ""
    mean, deviation = statistics.mean(values), statistics.stdev(values)
    return f"; {len(values)} seeds: {format_percent(mean)} ± {100 * deviation:.1f}"


def _command_to_repeat(options: argparse.Namespace) -> str:
    words = ["python", "-m", "fer_core", "study", options.study, "--data", "PATH"]
    words += ["--epochs", str(options.epochs)] if options.epochs is not None else []
    return shlex.join(words + (["--seeds", str(options.seeds)] if options.seeds > 1 else []))
