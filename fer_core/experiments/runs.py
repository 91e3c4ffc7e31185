"""The runs on disk: found, listed, the best first, and each checked before anything is made of it."""

import os
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from fer_core import files
from fer_core.datasets.dataset import PUBLIC_TEST
from fer_core.errors import RunError
from fer_core.evaluation.metrics import confusion_matrix
from fer_core.experiments.run_files import (
    CARD,
    CHECKPOINT,
    DISTILLATION_LOSS,
    EMBEDDING,
    EVALUATION_FILES,
    HISTORY,
    HISTORY_COLUMNS,
    KERAS,
    METRICS,
    RECIPE,
    ROBUSTNESS,
    SUMMARY,
    TFLITE,
    WHOLE,
    WHOLE_BASELINE,
    WHOLE_STUDIED,
    Run,
    compute_metrics,
    missing_files,
)
from fer_core.paths import (
    NAME_RULE,
    PROVENANCE,
    RUN_NAME,
    committed_models,
    find_run,
    models_folder,
    run_folders,
)

__all__ = [
    "CARD",
    "CHECKPOINT",
    "DISTILLATION_LOSS",
    "DRAWN",
    "EMBEDDING",
    "EVALUATION_FILES",
    "HISTORY",
    "HISTORY_COLUMNS",
    "KERAS",
    "METRICS",
    "PROVENANCE",
    "RECIPE",
    "ROBUSTNESS",
    "SUMMARY",
    "TFLITE",
    "TRAIN_COMMAND",
    "WHOLE",
    "WHOLE_BASELINE",
    "WHOLE_STUDIED",
    "Run",
    "best_run",
    "broken_runs",
    "check_run",
    "compute_metrics",
    "drawn_run",
    "interrupted_runs",
    "list_networks",
    "list_runs",
    "load_run",
    "missing_files",
    "models_folder",
    "public_accuracy",
    "sort_out",
    "unfinished_runs",
]

TRAIN_COMMAND = "python -m fer_core train paper-cnn --data PATH"  # it needs no teacher
DRAWN = "_drawn"  # the run on faces drawn by code; ``list_runs`` passes over names that start with "_"


def load_run(run: str | Path) -> Run:
    """A finished run, by its name under ``models_folder()`` or its path.

    Raises:
        RunError: if there is no such folder, or what is in it is not a run: see ``check_run``.
    """
    found = Run(find_run(run))
    check_run(found)
    return found


def list_runs(folder: Path | None = None) -> list[Run]:
    """The finished runs, baselines' too, the best on PublicTest first; ``broken_runs`` are left out."""
    sound, _ = sort_out(run_folders(folder or models_folder()))
    return sorted(sound, key=lambda run: (-public_accuracy(run), run.name))


def list_networks(folder: Path | None = None) -> list[Run]:
    """Those of ``list_runs`` that can predict and have a history."""
    return [run for run in list_runs(folder) if run.has_network]


def best_run() -> Run:
    """The network that is best on PublicTest; a RunError where there is none."""
    ranked = []
    for run in map(Run, run_folders(models_folder())):
        with suppress(RunError):
            ranked.append((-public_accuracy(run), run.name, run))
    for *_, run in sorted(each for each in ranked if -1 <= each[0] <= 0):
        with suppress(RunError):  # checking all of them would take longer than a prediction
            check_run(run)
            if run.has_network:
                return run
    raise RunError(f"There is no trained network in {models_folder()} yet. Train one with: {TRAIN_COMMAND}")


def drawn_run() -> Run | None:
    """The embedded run on faces drawn by code, which is ranked nowhere; None where it is not whole."""
    try:
        return load_run((committed_models() or models_folder()) / DRAWN)
    except RunError:
        return None


def broken_runs(folder: Path | None = None) -> list[str]:
    """A sentence for each folder that looks like a run and is none: which, and why."""
    return sort_out(run_folders(folder or models_folder()))[1]


def unfinished_runs(folder: Path | None = None) -> list[Run]:
    """Runs that are training, or were interrupted; they have a history at most."""
    found = [Run(path) for path in sorted((folder or models_folder()).glob(".*.partial/"))]
    return [run for run in found if RUN_NAME.fullmatch(run.name)]


def interrupted_runs(folder: Path | None = None) -> dict[str, Run]:
    """Those of the unfinished runs that a training can go on with, by name."""
    return {run.name: run for run in unfinished_runs(folder) if run.checkpoint_path.is_file()}


def public_accuracy(run: Run) -> float:
    """The number that runs are ranked by: PrivateTest never selects anything.

    Raises:
        RunError: if metrics.json lacks it.
    """
    return files.read_number(run.path / METRICS, PUBLIC_TEST, "single", "all", "accuracy")


def sort_out(folders: Iterable[Path], *, studied: bool = False) -> tuple[list[Run], list[str]]:
    """Those of the folders that hold a sound run, and a sentence for each other: see ``check_run``."""
    sound, broken = [], []
    for path in folders:
        try:
            check_run(Run(path), studied=studied)
            sound.append(Run(path))
        except RunError as error:
            broken.append(str(error))
    return sound, broken


def check_run(run: Run, *, studied: bool = False) -> None:
    """Refuse what is not a whole run whose files agree; read again only when one of them has changed.

    Models are not among what is read (see ``checksums``), nor is the summary, which follows from them.

    Raises:
        RunError: with the first thing that is wrong.
    """
    if problem := _problem(run.path, studied, _stamps(run.path)):
        raise RunError(problem)


def _stamps(path: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes with any file of a run."""
    found = []
    with suppress(OSError):  # it goes while we look, or may not be looked at: the check will tell
        for name in sorted(os.listdir(path)):
            there = os.path.exists(path / name)
            stat = os.stat(path / name) if there else os.lstat(path / name)  # a link to nowhere
            found.append((name, stat.st_mtime_ns, stat.st_size))
    return tuple(found)


@lru_cache(maxsize=512)
def _problem(path: Path, studied: bool, stamps: tuple[tuple[str, int, int], ...]) -> str:
    """What is wrong with a run, as one sentence; "" if nothing is."""
    try:
        _check_files(Run(path), studied)
    except RunError as error:
        why = str(error).replace(f"{path}{os.sep}", "")
    except Exception as error:  # whatever a file holds, it stops no other run
        why = f"{type(error).__name__}: {error}."
    else:
        return ""
    text = f"The run {path} is broken: {why}".encode("utf-8", "backslashreplace").decode()
    return " ".join(text.split())


def _check_files(run: Run, studied: bool) -> None:
    from fer_core.experiments import run_schema

    if not RUN_NAME.fullmatch(run.name):
        raise RunError(f"its folder's name must be {NAME_RULE}. Received: {run.name!a}.")
    if missing := missing_files(run, studied=studied):
        raise RunError(f"it lacks {', '.join(missing)}.")
    _ = run.config  # reading it is the check
    run_schema.check_provenance(run.provenance, run.path / PROVENANCE, network=run.has_network)
    run_schema.check_metrics(run.metrics, run.path / METRICS)
    if run.has_network:
        run_schema.check_history(run.history, run.provenance, run.path / HISTORY)
    if (run.path / ROBUSTNESS).is_file():
        run_schema.check_robustness(files.read_json(run.path / ROBUSTNESS), run.path / ROBUSTNESS)
    for split in EVALUATION_FILES:
        _check_numbers(run, split)
        _ = run.embedding(split)


def _check_numbers(run: Run, split: str) -> None:
    """Hold what pages and cards show to the predictions it was computed from: counts, accuracy, confusion."""
    stored, evaluation = run.metrics[split], run.evaluation(split)
    for subset, found in (("all", evaluation), ("twin_free", evaluation.without_twins())):
        for view in ("single", "flip"):
            scores, count = stored[view][subset], len(found.labels)
            confusion = confusion_matrix(found.labels, found.view(view))
            accuracy = int(confusion.trace()) / max(1, count)
            same = scores["count"] == count
            if same and count:
                same = scores["confusion"] == confusion.tolist() and abs(scores["accuracy"] - accuracy) < 1e-9
            if not same:
                raise RunError(
                    f"{METRICS} does not follow from {EVALUATION_FILES[split]}: {split}, {view}, {subset}: "
                    f"expected {count} images and an accuracy of {accuracy:.4f}. "
                    f"Received: {scores['count']} and {scores.get('accuracy')}."
                )
