"""``fer alignment``: whether roll correction helps a run's network."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.cli.common import DATA_HELP, load_splits
from fer_core.formats import format_accuracy

if TYPE_CHECKING:
    from fer_core.experiments.alignment_study import Alignment


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer alignment RUN --data PATH``."""
    command = commands.add_parser("alignment", help="does roll correction improve a run's accuracy?")
    command.add_argument("run")
    command.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    command.add_argument(
        "--seed", type=int, default=0, help="of the sampled images and the rotation directions"
    )
    command.add_argument("--faces", type=int, default=0, help="how many images to sample (default: all)")
    command.set_defaults(command=measure)


def measure(options: argparse.Namespace) -> None:
    """``fer alignment RUN --data PATH``: measures, stores, and prints the results."""
    from fer_core.experiments.runs import load_run

    run = load_run(options.run)
    splits = load_splits(options.data)
    from fer_core.cli.progress import CountProgress
    from fer_core.experiments.alignment_study import save_alignment
    from fer_core.experiments.provenance import current_commit
    from fer_core.experiments.roll_correction import measure_alignment

    origin = {"command": _command_to_repeat(options, run.name), "commit": current_commit()}
    with CountProgress("detecting faces") as progress:
        alignment, facts = measure_alignment(
            run, splits, faces=options.faces, seed=options.seed, on_picture=progress.on_step
        )
    save_alignment(run.name, alignment, origin | facts)
    print("\n".join(_lines(run.name, alignment)))


def _command_to_repeat(options: argparse.Namespace, run: str) -> str:
    words = ["python", "-m", "fer_core", "alignment", run, "--data", "PATH"]
    words += ["--faces", str(options.faces)] if options.faces else []
    return shlex.join(words + (["--seed", str(options.seed)] if options.seed else []))


def _lines(run: str, alignment: "Alignment") -> list[str]:
    """One line per angle, and what it means."""
    from fer_core.experiments.alignment_study import describe, describe_roll, effects

    lines = [f"{run}, single view, {len(alignment.labels):,} images"]
    lines.append(f"{'rotation':<11}{'eyes found':>10}  {'unaligned':<24}{'corrected':<24}difference")
    for each in effects(alignment):
        lines.append(
            f"{each.degrees:>2}°{each.found:>18,}  {format_accuracy(each.raw):<24}"
            f"{format_accuracy(each.corrected):<24}{each.change}"
        )
    return [*lines, describe_roll(alignment), describe(alignment)]
