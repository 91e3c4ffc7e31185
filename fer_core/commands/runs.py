"""``fer runs``, ``results``, ``card`` and ``benchmark``: what is known of finished runs."""

import argparse
import sys

from fer_core.formats import format_accuracy, format_seconds


def add_commands(commands: argparse._SubParsersAction) -> None:
    """A command a question about runs."""
    command = commands.add_parser("runs", help="list the finished runs, the best on PublicTest first")
    command.set_defaults(command=show_runs)

    command = commands.add_parser("card", help="write a run's model card anew")
    command.add_argument("run")
    command.set_defaults(command=card)

    command = commands.add_parser("results", help="the README's table of all runs, as Markdown")
    command.set_defaults(command=show_results)

    command = commands.add_parser("benchmark", help="how fast a run predicts on this machine")
    command.add_argument("run")
    command.set_defaults(command=benchmark)


def show_runs(options: argparse.Namespace) -> None:
    """``fer runs``."""
    from fer_core.runs import broken_runs, list_runs, models_folder, unfinished_runs

    runs = list_runs()
    for run in runs:
        scores = run.metrics["PrivateTest"]["single"]["all"]
        time = format_seconds(run.provenance["seconds"])
        how = f"{run.provenance['epochs']} epochs" if run.has_network else "a baseline"
        print(f"{run.name:<20}PrivateTest {format_accuracy(scores)}  {how}, {time}")
    for run in unfinished_runs():
        print(f"{run.name:<20}not finished; go on with: fer train {run.name} --data PATH --resume")
    for sentence in broken_runs():
        print(f"fer: {sentence}", file=sys.stderr)
    if not runs:
        print(
            f"There is no finished run in {models_folder()} yet. Train one: fer train paper-cnn --data PATH"
        )


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
