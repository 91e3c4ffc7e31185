"""``fer robustness``: a run's accuracy on degraded images."""

import argparse
from pathlib import Path

from fer_core.cli.common import TRAIN_HELP, load_splits


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer robustness RUN --data PATH``."""
    command = commands.add_parser("robustness", help="a run's accuracy on degraded PublicTest images")
    command.add_argument("run")
    command.add_argument("--data", type=Path, required=True, help=TRAIN_HELP)
    command.set_defaults(command=robustness)


def robustness(options: argparse.Namespace) -> None:
    """``fer robustness RUN --data PATH``."""
    from fer_core.cli.progress import CountProgress
    from fer_core.experiments.robustness import format_robustness, measure_run_robustness
    from fer_core.experiments.runs import load_run

    run, splits = load_run(options.run), load_splits(options.data)
    with CountProgress("degraded images") as progress:
        found, folder = measure_run_robustness(run, splits, name=options.data.stem, on_step=progress.on_step)
    print(f"{run.name}, {found.split}, {found.count:,} images, single view\n\n{format_robustness(found)}")
    if folder != run.path:
        print(
            f"\nThis is not the data that {run.name} was trained on, so the run stays as it is; these "
            f"results are in {folder}."
        )
