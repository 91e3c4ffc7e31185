"""The command line, ``python -m fer_core`` or ``fer``: each command is a thin call of the library.

Results go to standard output, progress and errors to standard error; an error is one sentence and exit
code 1 (2 for a wrong command line, 130 when stopped with Ctrl-C).
"""

import argparse
import inspect
import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.errors import FerError
from fer_core.formats import format_accuracy, format_percent, format_seconds

if TYPE_CHECKING:
    from fer_core.datasets import Dataset
    from fer_core.recognition import Prediction, Recognizer
    from fer_core.runs import Run

DATA_HELP = "fer2013.csv, icml_face_data.csv, an .npz, the folder tree, or a folder that holds one of these"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up chatter
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
    _add_data(commands)
    _add_train(commands)

    command = commands.add_parser("recipes", help="list the recipes that train a network")
    command.set_defaults(command=show_recipes)

    command = commands.add_parser("runs", help="list the trained networks, the best on PublicTest first")
    command.set_defaults(command=show_runs)

    command = commands.add_parser("evaluate", help="a run's numbers; with --data predicted anew")
    command.add_argument("run")
    command.add_argument("--data", type=Path, help=DATA_HELP)
    command.set_defaults(command=evaluate)

    command = commands.add_parser("predict", help="read the expression of every face in photos")
    command.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE")
    command.add_argument("--run", help="which network (default: the best on PublicTest)")
    command.add_argument("--json", action="store_true", help="all seven probabilities, as JSON")
    command.add_argument("--output", type=Path, metavar="FOLDER", help="write annotated pictures there")
    command.set_defaults(command=predict)

    command = commands.add_parser("card", help="write a run's model card anew")
    command.add_argument("run")
    command.set_defaults(command=card)

    command = commands.add_parser("results", help="the README's table of all runs, as Markdown")
    command.set_defaults(command=show_results)

    command = commands.add_parser("benchmark", help="how fast a run predicts on this machine")
    command.add_argument("run")
    command.set_defaults(command=benchmark)
    return parser


def _add_data(commands: argparse._SubParsersAction) -> None:
    data = commands.add_parser("data", help="check or fetch FER2013").add_subparsers(
        required=True, metavar="COMMAND"
    )
    command = data.add_parser("check", help="what a copy of FER2013 holds, and what is odd about it")
    command.add_argument("path", type=Path, help=DATA_HELP)
    command.set_defaults(command=check_data)
    command = data.add_parser("get", help="fetch fer2013.csv from Kaggle (needs kagglehub)")
    command.add_argument("folder", type=Path, nargs="?", default=Path("data"))
    command.set_defaults(command=get_data)


def _add_train(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("train", help="train a recipe into models/")
    command.add_argument("recipe", help="see: fer recipes")
    command.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    interrupted = command.add_mutually_exclusive_group()
    interrupted.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    interrupted.add_argument("--restart", action="store_true", help="throw an interrupted run away")
    command.add_argument("--name", help="the run's name (default: the recipe's)")
    command.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    command.set_defaults(command=train)


def check_data(options: argparse.Namespace) -> None:
    """``fer data check PATH``."""
    from fer_core.datasets import check_fer2013, format_report

    print(format_report(check_fer2013(options.path)))


def get_data(options: argparse.Namespace) -> None:
    """``fer data get [FOLDER]``."""
    from fer_core.datasets import check_fer2013, fetch_fer2013, format_report

    print(format_report(check_fer2013(fetch_fer2013(options.folder))))


def show_recipes(options: argparse.Namespace) -> None:
    """``fer recipes``: the name and experiment card of each."""
    from fer_core.recipes import RECIPES

    for name, build in RECIPES.items():
        print(f"{name}\n{inspect.cleandoc(build.__doc__ or '')}\n")


def train(options: argparse.Namespace) -> int:
    """``fer train RECIPE --data PATH``."""
    from fer_core.recipes import load_recipe, override

    recipe = override(load_recipe(options.recipe), options.settings)
    recipe = recipe.replace(name=options.name or recipe.name)
    splits = _load_splits(options.data)
    from fer_core.pipeline import train_run  # Keras loads here, after what can be wrong has been checked
    from fer_core.progress import TrainingProgress

    with TrainingProgress(recipe.epochs) as progress:
        try:
            run = train_run(
                recipe,
                splits,
                command=_command_to_repeat(options),
                resume=options.resume,
                restart=options.restart,
                on_step=progress.on_step,
                on_epoch=progress.on_epoch,
            )
        except KeyboardInterrupt:
            again = [word for word in sys.argv[1:] if word not in ("--resume", "--restart")]
            print(f"\nfer: stopped; each finished epoch is kept. Go on with: "
                  f"python -m fer_core {shlex.join(again)} --resume", file=sys.stderr)  # fmt: skip
            return 130
    _print_scores(run)
    print(f"The run is in {run.path}; its model card is {run.path / 'README.md'}.")
    return 0


def _command_to_repeat(options: argparse.Namespace) -> str:
    """The command as somebody else would type it: without this machine's paths."""
    words = ["python", "-m", "fer_core", "train", options.recipe, "--data", "PATH"]
    words += ["--name", options.name] if options.name else []
    for setting in options.settings:
        words += ["--set", setting]
    return shlex.join(words)


def _load_splits(path: Path) -> "dict[str, Dataset]":
    from fer_core.datasets import load_fer2013_splits

    return load_fer2013_splits(path)


def evaluate(options: argparse.Namespace) -> None:
    """``fer evaluate RUN [--data PATH]``."""
    from fer_core.runs import load_run

    run = load_run(options.run)
    if options.data:
        from fer_core.pipeline import evaluate_run

        run = evaluate_run(run, _load_splits(options.data))
    _print_scores(run)


def _print_scores(run: "Run") -> None:
    """A line for each split, view and subset."""
    print(f"{run.name}: {run.provenance['parameters']:,} parameters")
    for split, views in run.metrics.items():
        for view, subsets in views.items():
            for subset, scores in subsets.items():
                print(
                    f"{split:<12}{view:<8}{subset.replace('_', '-'):<10}{scores['count']:>6,} faces  "
                    f"accuracy {format_accuracy(scores)}  "
                    f"macro-F1 {format_percent(scores['macro_f1'], digits=2)}  ECE {scores['ece']:.3f}"
                )


def show_runs(options: argparse.Namespace) -> None:
    """``fer runs``."""
    from fer_core.runs import broken_runs, list_runs, models_folder, unfinished_runs

    runs = list_runs()
    for run in runs:
        scores = run.metrics["PrivateTest"]["single"]["all"]
        time = format_seconds(run.provenance["seconds"])
        print(
            f"{run.name:<20}PrivateTest {format_accuracy(scores)}  {run.provenance['epochs']} epochs, {time}"
        )
    for run in unfinished_runs():
        print(f"{run.name:<20}not finished; go on with: fer train {run.name} --data PATH --resume")
    for sentence in broken_runs():
        print(f"fer: {sentence}", file=sys.stderr)
    if not runs:
        print(
            f"There is no finished run in {models_folder()} yet. Train one: fer train paper-cnn --data PATH"
        )


def predict(options: argparse.Namespace) -> int:
    """``fer predict PICTURE ...``; a picture that cannot be read does not stop the others."""
    from fer_core.recognition import Recognizer
    from fer_core.runs import best_run

    recognizer = Recognizer(options.run or best_run())
    results, failed = {}, False
    for path in options.pictures:
        try:
            results[str(path)] = _predict_one(recognizer, path, options.output)
        except FerError as error:
            print(f"fer: {error}", file=sys.stderr)
            failed = True
    if options.json:
        faces = {path: [face.as_dict() for face in found] for path, found in results.items()}
        print(json.dumps({"run": recognizer.name, "pictures": faces}, indent=1))
    else:
        for path, found in results.items():
            print("\n".join(_prediction_lines(path, found)))
    return 1 if failed else 0


def _predict_one(recognizer: "Recognizer", path: Path, output: Path | None) -> "list[Prediction]":
    from fer_core.pictures import load_picture

    picture = load_picture(path)
    found = recognizer.predict(picture)
    if output:
        from PIL import Image

        from fer_core.drawing import draw_predictions

        output.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw_predictions(picture, found)).save(output / f"{path.stem}-faces.png")
    return found


def _prediction_lines(path: str, found: "list[Prediction]") -> list[str]:
    if not found:
        return [f"{path}: no face found"]
    lines = []
    for number, face in enumerate(found, 1):
        x, y, width, height = (round(value) for value in face.face.box)
        lines.append(
            f"{path}: face {number} at {x},{y} ({width}x{height} px): "
            f"{face.emotion.label} {format_percent(face.confidence)}"
        )
    return lines


def card(options: argparse.Namespace) -> None:
    """``fer card RUN``."""
    from fer_core.cards import write_card
    from fer_core.runs import load_run

    run = load_run(options.run)
    run.save_card(write_card(run))


def show_results(options: argparse.Namespace) -> None:
    """``fer results``."""
    from fer_core.cards import results_table
    from fer_core.runs import list_runs

    print(results_table(list_runs()))


def benchmark(options: argparse.Namespace) -> None:
    """``fer benchmark RUN``."""
    from fer_core.benchmark import format_benchmark, measure
    from fer_core.runs import load_run

    print(format_benchmark(measure(load_run(options.run))))
