"""What several commands share."""

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_core.errors import RunError
from fer_core.formats import format_accuracy, format_macro_f1

if TYPE_CHECKING:
    from fer_core.datasets import Dataset
    from fer_core.datasets.image_sets import ImageSet
    from fer_core.datasets.label_corrections import LabelCorrections
    from fer_core.experiments.runs import Run

DATA_HELP = (
    "fer2013.csv, icml_face_data.csv, an .npz, Parquet, a folder tree, or a folder or .zip of one of them"
)
DRAWN = Path("drawn")  # in place of a path: faces drawn by code
SUBSETS = {"all": "all", "twin_free": "without duplicates"}  # of a split, as metrics.json calls them
LABELS_HELP = "a CSV of corrected labels (row, old label, new label), as the Errors page exports it"
RATE = 5.0  # frames a second of a video: an expression lasts half a second or longer
FACE_THRESHOLD = 0.7
TRAIN_HELP = f"{DATA_HELP}; or the word {DRAWN}: synthetic faces"


def add_reading_options(command: argparse.ArgumentParser) -> None:
    """``--run``, ``--rate`` and ``--face-threshold``: how photos and videos are read."""
    command.add_argument("--run", help="which network (default: the best on PublicTest)")
    command.add_argument(
        "--rate", type=_rate, default=RATE, help=f"sampled frames a second of a video (default: {RATE:g})"
    )
    command.add_argument(
        "--face-threshold",
        type=float,
        default=FACE_THRESHOLD,
        help="the least score of a face, above 0 and at most 1. Lower values find more faces, and more false "
        f"detections (default: {FACE_THRESHOLD:g})",
    )


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate <= 1000:
        raise argparse.ArgumentTypeError(f"expected more than 0 and at most 1000, received {text!r}")
    return rate


def say(sentence: str) -> None:
    """Print a remark on standard error."""
    print(f"fer: {sentence}", file=sys.stderr)


def default_run() -> "Run | str":
    """The best of the trained networks, or the one that an installed package carries."""
    from fer_core.experiments import runs
    from fer_core.paths import DEFAULT_RUN, PRETRAINED

    try:
        return runs.best_run()
    except RunError:
        if (PRETRAINED / DEFAULT_RUN).is_dir():
            return DEFAULT_RUN
        raise


def load_splits(path: Path) -> "dict[str, Dataset]":
    """The three official splits of FER2013 in whatever form ``path`` holds them, or those drawn by code."""
    from fer_core.datasets import drawn_splits, load_fer2013_splits

    if path == DRAWN:
        return drawn_splits()
    return load_fer2013_splits(path)


def correct_labels(
    path: Path, splits: "dict[str, Dataset]", *to: str
) -> "tuple[LabelCorrections, dict[str, Dataset]]":
    """The corrected labels of a file, and the data with them; says how many labels of the splits change."""
    from fer_core.datasets.label_corrections import load_corrections

    labels = load_corrections(path)
    corrected, count = labels.apply(splits, *to)
    print(f"{path.name} corrects {count:,} labels of {' and '.join(to)}.", file=sys.stderr)
    return labels, corrected


def read_image_set(spec: str) -> "ImageSet":
    """CK+, JAFFE, FERG-DB or RaFD from ``"ckplus=PATH"`` or a path, with a bar while faces are found."""
    from fer_core.cli.progress import CountProgress
    from fer_core.datasets.image_sets import load_image_set

    with CountProgress("detecting faces") as progress:
        return load_image_set(spec, on_picture=progress.on_step)


def show_training(
    train: "Callable[..., Run]", *, epochs: int, again: str, interrupted: Callable[[], bool]
) -> "Run | None":
    """Train under a bar; None where Ctrl-C stopped it, once it is said how to go on.

    Args:
        train: takes ``on_step`` and ``on_epoch``, as ``pipeline.train_run`` does.
        epochs: how many are asked for.
        again: the command that goes on.
        interrupted: whether there is something to go on from.
    """
    from fer_core.cli.progress import TrainingProgress

    with TrainingProgress(epochs) as progress:
        try:
            return train(on_step=progress.on_step, on_epoch=progress.on_epoch)
        except KeyboardInterrupt:
            if interrupted():
                how = f"each finished epoch is kept. Go on with: {again}"
            else:
                how = "no epoch was finished, so nothing is kept."
            print(f"\nfer: stopped; {how}", file=sys.stderr)
            return None


def print_scores(run: "Run", metrics: dict[str, Any] | None = None) -> None:
    """One line for each split, view and subset, of the run's own metrics or of others."""
    what = f"{run.provenance['parameters']:,} parameters" if run.has_network else "a baseline"
    print(f"{run.name}: {what}")
    for split, views in (run.metrics if metrics is None else metrics).items():
        for view, subsets in views.items():
            for subset, scores in subsets.items():
                print(
                    f"{split:<12}{view:<8}{SUBSETS[subset]:<20}{scores['count']:>6,} images  "
                    f"accuracy {format_accuracy(scores)}  "
                    f"macro-F1 {format_macro_f1(scores, digits=2)}  ECE {scores['ece']:.3f}"
                )


def measure(run: "Run", data: Path, *, calibrate: bool, labels: Path | None = None) -> None:
    """Measure or calibrate a run and print its scores, which replace its own on its own data alone; with
    corrected labels of test images it is other data."""
    splits, name = load_splits(data), data.stem
    if labels:
        from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST

        splits = correct_labels(labels, splits, PUBLIC_TEST, PRIVATE_TEST)[1]
        name = f"{name}-{labels.stem}"
    from fer_core.experiments.measured import is_own_data, measure_run

    if is_own_data(run, splits):
        from fer_core.experiments.measuring import calibrate_run, evaluate_run  # Keras loads here

        print_scores((calibrate_run if calibrate else evaluate_run)(run, splits))
        return
    found = measure_run(run, splits, name=name, calibrate=calibrate)
    print_scores(run, found.metrics)
    print(
        f"This is not the data that {run.name} was trained on, so the run stays as it is; these results are "
        f"in {found.save().path}."
    )
