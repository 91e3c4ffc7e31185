"""``fer evaluate`` and ``fer crossvalidate``: a run's metrics, and cross-dataset evaluation."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_core.cli.common import LABELS_HELP, TRAIN_HELP, measure, print_scores, read_image_set
from fer_core.emotions import EMOTION_LABELS
from fer_core.errors import DataError
from fer_core.formats import format_accuracy

if TYPE_CHECKING:
    from fer_core.datasets import Dataset
    from fer_core.training.recipes import Recipe

SETS_HELP = "ckplus=PATH, jaffe=PATH, ferg=PATH or rafd=PATH"


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer evaluate RUN [--data PATH ...]`` and ``fer crossvalidate RECIPE --data SET``."""
    command = commands.add_parser(
        "evaluate", help="a run's metrics; with --data, predict anew or on other sets"
    )
    command.add_argument("run")
    command.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="DATA",
        help=f"{TRAIN_HELP}; or, as often as wanted, another set: {SETS_HELP}",
    )
    command.add_argument(
        "--labels", type=Path, metavar="CSV", help=f"{LABELS_HELP}; the test images' are corrected"
    )
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the table of other sets as JSON")
    form.add_argument("--csv", action="store_true", help="the same as CSV")
    command.set_defaults(command=evaluate)

    command = commands.add_parser("crossvalidate", help="k-fold cross-validation on a small set")
    command.add_argument("recipe", help="see: fer recipes")
    command.add_argument("--data", required=True, metavar="SET", help=SETS_HELP)
    command.add_argument("--folds", type=int, default=10)
    command.add_argument(
        "--group",
        choices=("subject", "none"),
        default="subject",
        help="what no two folds share; with none, people are in several folds and the scores are optimistic",
    )
    command.add_argument("--seed", type=int, default=0, help="seed of the folds")
    command.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    command.add_argument("--json", action="store_true", help="all scores as JSON")
    command.set_defaults(command=crossvalidate)


def evaluate(options: argparse.Namespace) -> None:
    """``fer evaluate RUN [--data PATH ...]``."""
    from fer_core.datasets.image_sets import parse_spec
    from fer_core.experiments.runs import load_run

    run = load_run(options.run)
    known = [parse_spec(data)[0] for data in options.data]
    if options.labels and (any(known) or not known):
        raise DataError("--labels corrects FER2013: expected its path as --data. "
                        f"Received: {', '.join(options.data) or 'no --data'}.")  # fmt: skip
    if any(known):
        _evaluate_elsewhere(options)
        return
    if options.json or options.csv:
        raise DataError(f"--json and --csv write the table of other sets: expected --data {SETS_HELP}. "
                        "Received: none of them.")  # fmt: skip
    if len(known) > 1:
        raise DataError(f"A run is measured on one FER2013. Received: {', '.join(options.data)}.")
    if known:
        measure(run, Path(options.data[0]), calibrate=False, labels=options.labels)
    else:
        print_scores(run)


def _evaluate_elsewhere(options: argparse.Namespace) -> None:
    from fer_core.experiments.cross_dataset import evaluate_sets, format_results, write_csv
    from fer_core.experiments.runs import load_run

    run = load_run(options.run)
    rows = evaluate_sets(run, [read_image_set(spec) for spec in options.data])
    if options.json:
        print(json.dumps({"run": run.name, "sets": rows}, indent=1))
    elif options.csv:
        print(write_csv(rows), end="")
    else:
        print(f"{run.name}, single view\n\n{format_results(rows)}")


def crossvalidate(options: argparse.Namespace) -> None:
    """``fer crossvalidate RECIPE --data SET``."""
    from fer_core.datasets.folds import split_at_random, split_by_group
    from fer_core.training.recipes import load_recipe, override

    recipe = override(load_recipe(options.recipe), options.settings)
    image_set = read_image_set(options.data)
    dataset = image_set.dataset()
    _require_weights(recipe, dataset)
    split = split_by_group if options.group == "subject" else split_at_random
    fold_of = split(dataset, options.folds, options.seed)
    from fer_core.experiments.cross_dataset import format_results
    from fer_core.experiments.cross_validation import cross_validate

    done = cross_validate(recipe, dataset, fold_of, on_fold=_print_fold)
    left_out = {"contempt": image_set.contempt, "left_out": len(image_set.left_out)}
    pooled = done.scores() | left_out
    if options.json:
        folds = [done.fold_scores(fold) for fold in range(options.folds)]
        facts = {"recipe": recipe.to_json(), "group": options.group, "seed": options.seed}
        print(json.dumps(facts | {"pooled": pooled, "folds": folds, "epochs": done.epochs}, indent=1))
        return
    shared = "no subject in two folds" if options.group == "subject" else "people shared between folds"
    print(f"{recipe.name} on {dataset.name}, {options.folds} folds, {shared}\n\n{format_results([pooled])}")


def _require_weights(recipe: "Recipe", dataset: "Dataset") -> None:
    """Refuse class weights for a set that lacks an emotion (CK+48: neutral), before Keras loads."""
    from fer_core.datasets import class_counts

    absent = [name for name, n in zip(EMOTION_LABELS, class_counts(dataset.labels), strict=True) if not n]
    if recipe.class_weights and absent:
        raise DataError(
            f"{recipe.name} uses class weights: expected images of each emotion in {dataset.name}, "
            f"or --set class_weights=false. Received: none of {', '.join(absent)}."
        )


def _print_fold(fold: int, scores: dict[str, Any]) -> None:
    """One line per fold, on standard error like all progress."""
    print(f"fold {fold + 1}: {scores['count']:,} images, {format_accuracy(scores)}", file=sys.stderr)
