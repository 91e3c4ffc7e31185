"""``fer batch``: the face table of very many photos and videos, as a folder of Parquet files."""

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.cli.common import add_reading_options, default_run, say
from fer_core.errors import DataError

if TYPE_CHECKING:
    from fer_core.inference.parts import Parts
    from fer_core.inference.recognizer import Recognizer


def add_commands(commands: argparse._SubParsersAction) -> None:
    """``fer batch SOURCE ... --out DIR``."""
    command = commands.add_parser(
        "batch", help="predict very many photos and videos into a folder of Parquet"
    )
    command.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="a photo, a video, a folder with all below it, a pattern such as '*.jpg', a .txt file or - "
        "(standard input) that lists these, or a .parquet file with a column of image files' bytes",
    )
    command.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="a new folder, or one that the same network and settings began: what is done is not done again",
    )
    add_reading_options(command)
    command.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="processes on this machine, or Ray Data, also on many machines (default: local)",
    )
    command.add_argument("--workers", type=int, metavar="N", help="how many processes (default: one a core)")
    command.add_argument(
        "--address", help="of a Ray cluster; auto: the one that this machine is part of (default: none)"
    )
    command.set_defaults(command=batch)


def batch(options: argparse.Namespace) -> int:
    """``fer batch``; what cannot be read has a row with its error, and makes the exit code 1."""
    from fer_core.experiments.locks import hold
    from fer_core.inference.batch import load_recognizer
    from fer_core.inference.engines import check_workers
    from fer_core.inference.inputs import read_lists
    from fer_core.inference.parts import MANIFEST, Parts, claim, describe

    check_workers(options.workers)
    if options.address and options.engine != "ray":
        raise DataError(
            f"--address is that of a Ray cluster. Received: {options.address} without --engine ray."
        )
    recognizer = load_recognizer(options.run or default_run(), options.face_threshold)
    claim(options.out, describe(recognizer, options.rate))
    with hold(options.out / MANIFEST, "being filled"):
        parts = Parts(options.out, say=say)
        if parts.done:
            say(f"{options.out} holds {len(parts.done):,} photos and videos already; the rest follows.")
        return _fill(parts, list(read_lists(options.sources)), recognizer, options)


def _fill(parts: "Parts", names: list[str], recognizer: "Recognizer", options: argparse.Namespace) -> int:
    """Predict what is not done; what was predicted is kept, whatever ends this."""
    from fer_core.cli.progress import BatchProgress
    from fer_core.inference.batch import TableReader, chunks, map_chunks
    from fer_core.inference.inputs import count_inputs, find_inputs

    results = map_chunks(
        TableReader(recognizer, frames_per_second=options.rate),
        chunks(find_inputs(names, done=parts.done, say=say)),
        engine=options.engine,
        workers=options.workers,
        address=options.address,
    )
    faces = errors = 0
    with closing(results), BatchProgress(lambda: count_inputs(names, done=parts.done)) as progress:
        try:
            for result in results:
                parts.add(result.rows)
                faces += len(result.rows) - result.rows["face"].null_count
                errors += len(result.rows) - result.rows["error"].null_count
                progress.on_inputs(result.inputs)
        except KeyboardInterrupt:
            say(f"stopped; {progress.said} are kept in {options.out}. The same command goes on.")
            return 130
        finally:
            parts.flush()
    print(f"{options.out}: {progress.said}, {faces:,} faces, {errors:,} errors")
    return int(bool(errors))
