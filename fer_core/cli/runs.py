"""Finished runs: ``fer runs``, ``results``, ``card``, ``report``, ``summary``, ``export``, ``embed``,
``benchmark``."""

import argparse
import sys
from pathlib import Path

from fer_core.formats import format_accuracy, format_seconds, format_shape


def add_commands(commands: argparse._SubParsersAction) -> None:
    """One command per question about runs."""
    command = commands.add_parser("runs", help="list the finished runs, the best on PublicTest first")
    command.set_defaults(command=show_runs)

    command = commands.add_parser("card", help="rewrite a run's model card")
    command.add_argument("run")
    command.set_defaults(command=card)

    command = commands.add_parser("report", help="a run's card and charts as one HTML file, to print")
    command.add_argument("run")
    command.add_argument("--output", type=Path, metavar="FILE", help="default: the run's name, here")
    command.set_defaults(command=report)

    command = commands.add_parser("results", help="the README's table of all runs, as Markdown")
    command.set_defaults(command=show_results)

    command = commands.add_parser("summary", help="a network's layers, parameters and MACs")
    command.add_argument("run")
    command.set_defaults(command=show_summary)

    command = commands.add_parser("export", help="write a run's network for another runtime")
    command.add_argument("run")
    command.add_argument("--format", choices=("litert", "onnx", "saved_model"), default="onnx")
    command.add_argument("--output", type=Path, metavar="PATH", help="default: the run's name, here")
    command.set_defaults(command=export)

    command = commands.add_parser("embed", help="store where t-SNE places a run's images (a minute)")
    command.add_argument("run")
    command.set_defaults(command=embed)

    command = commands.add_parser("benchmark", help="how fast a run predicts on this machine")
    command.add_argument("run")
    command.set_defaults(command=benchmark)


def show_runs(options: argparse.Namespace) -> None:
    """``fer runs``."""
    from fer_core.experiments.runs import (
        broken_runs,
        interrupted_runs,
        list_runs,
        models_folder,
        unfinished_runs,
    )

    runs = list_runs()
    for run in runs:
        scores = run.metrics["PrivateTest"]["single"]["all"]
        time = format_seconds(run.provenance["seconds"])
        how = f"{run.provenance['epochs']} epochs" if run.has_network else "a baseline"
        print(f"{run.name:<20}PrivateTest {format_accuracy(scores)}  {how}, {time}")
    interrupted = interrupted_runs()
    for run in unfinished_runs():
        how = f"go on with: {run.resume_command}" if run.name in interrupted else "no epoch has ended yet"
        print(f"{run.name:<20}not finished; {how}")
    for sentence in broken_runs():
        print(f"fer: {sentence}", file=sys.stderr)
    if not runs:
        print(
            f"There is no finished run in {models_folder()} yet. Train one: fer train paper-cnn --data PATH"
        )


def card(options: argparse.Namespace) -> None:
    """``fer card RUN``."""
    from fer_core.experiments.model_card import write_card
    from fer_core.experiments.run_writing import rewrite_run
    from fer_core.experiments.runs import load_run

    with rewrite_run(load_run(options.run), "getting a new card") as run:
        run.save_card(write_card(run))


def report(options: argparse.Namespace) -> None:
    """``fer report RUN``."""
    from fer_core.charts.report import build_report
    from fer_core.experiments.runs import load_run
    from fer_core.files import write_text

    run = load_run(options.run)
    path = options.output or Path(f"{run.name}.html")
    write_text(path, build_report(run))
    print(f"The report of {run.name} is {path}.")


def show_results(options: argparse.Namespace) -> None:
    """``fer results``."""
    from fer_core.experiments.model_card import results_table
    from fer_core.experiments.runs import list_runs

    print(results_table(list_runs()))


def show_summary(options: argparse.Namespace) -> None:
    """``fer summary RUN``."""
    from fer_core.experiments.pipeline import summarize_run
    from fer_core.experiments.runs import load_run

    summary = summarize_run(load_run(options.run))
    width = max((len(layer.name) for layer in summary.layers), default=5) + 2
    print(f"{'layer':<{width}}{'type':<24}{'output shape':<16}{'parameters':>12}{'MACs':>16}")
    for layer in summary.layers:
        print(
            f"{layer.name:<{width}}{layer.type:<24}{format_shape(layer.output_shape):<16}"
            f"{layer.parameters:>12,}{layer.macs:>16,}"
        )
    print(f"{'total':<{width + 40}}{summary.parameters:>12,}{summary.macs:>16,}")


def export(options: argparse.Namespace) -> None:
    """``fer export RUN --format FORMAT``: parity is checked on drawn faces, which any machine has."""
    from fer_core.datasets.synthetic import draw_faces
    from fer_core.experiments.predictions import require_network
    from fer_core.experiments.runs import load_run
    from fer_core.networks.architectures import load_network
    from fer_core.networks.interchange import FORMATS, export_network

    run = load_run(options.run)
    require_network(run)
    path = options.output or Path(f"{run.name}{FORMATS[options.format] or '_saved_model'}")
    difference = export_network(
        load_network(run.keras_path),
        path,
        format=options.format,
        calibration=run.calibration,
        images=draw_faces(10, seed=0)[0],
    )
    print(f"{path}: probabilities differ from Keras's by at most {difference:.1g}, on 70 drawn faces.")


def benchmark(options: argparse.Namespace) -> None:
    """``fer benchmark RUN``."""
    from fer_core.experiments.benchmark import format_benchmark, measure
    from fer_core.experiments.runs import load_run

    print(format_benchmark(measure(load_run(options.run))))


def embed(options: argparse.Namespace) -> None:
    """``fer embed RUN``."""
    from fer_core.experiments.embedding import embed_run
    from fer_core.experiments.runs import load_run

    embed_run(load_run(options.run))
