"""A run on disk, ``models/<name>/``: the only module that knows the names of its files.

    recipe.json        what was asked, every field resolved
    provenance.json    commit, command, seed, device, seconds, versions, data, parameters, temperature
    history.csv        a row an epoch: the columns of HISTORY_COLUMNS
    public.npz         the predictions on PublicTest, as ``metrics.Evaluation`` holds them
    private.npz        the same on PrivateTest
    metrics.json       a function of the two .npz files
    model.keras        uint8 (N, 48, 48, 1) -> logits (N, 7)
    model.tflite       the same for LiteRT -> probabilities (N, 7)
    README.md          the model card

A run is written into ``models/.<name>.partial/`` and renamed at the end: a folder that is there is whole.
"""

import csv
import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fer_core import files
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.errors import RecipeError, RunError
from fer_core.metrics import Evaluation, score_evaluation
from fer_core.recipes import Recipe

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
EVALUATION_FILES = {PUBLIC_TEST: "public.npz", PRIVATE_TEST: "private.npz"}
RECIPE, PROVENANCE, HISTORY, METRICS = "recipe.json", "provenance.json", "history.csv", "metrics.json"
KERAS, TFLITE, CARD, CHECKPOINT = "model.keras", "model.tflite", "README.md", "checkpoint.npz"
WHOLE = (RECIPE, PROVENANCE, HISTORY, METRICS, KERAS, TFLITE, CARD, *EVALUATION_FILES.values())


COMMITTED = Path(__file__).resolve().parent.parent / "models"  # the runs that come with this project
DRAWN = "_drawn"  # the run on faces drawn by code; ``list_runs`` passes over names that start with "_"


def models_folder() -> Path:
    """Where runs live: the environment variable FER_MODELS, or ``models/`` beside the package."""
    return Path(os.environ.get("FER_MODELS") or COMMITTED)


@dataclass(frozen=True)
class Run:
    """A run folder; its files are read when they are first asked for.

    Raises:
        RunError: when a file is missing or cannot be read; the message names it.
    """

    path: Path

    @property
    def name(self) -> str:
        """The folder's name, without the dot and ".partial" of an unfinished run."""
        return self.path.name.removeprefix(".").removesuffix(".partial")

    @cached_property
    def recipe(self) -> Recipe:
        """What was asked."""
        fields = files.read_json(self.path / RECIPE)
        try:
            return Recipe.from_json(fields)
        except RecipeError as error:
            raise RunError(f"{self.path / RECIPE} holds no recipe: {error}") from error

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the run comes from: commit, command, seed, device, seconds, versions, data, parameters."""
        return files.read_json(self.path / PROVENANCE)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """``metrics[split][view][subset]``: see ``metrics.score`` for the numbers in each."""
        return files.read_json(self.path / METRICS)

    @cached_property
    def history(self) -> dict[str, list[float]]:
        """A list an epoch for each of HISTORY_COLUMNS; accuracies in [0, 1]."""
        return _read_history(self.path / HISTORY)

    @property
    def temperature(self) -> float:
        """What logits were divided by before softmax (Guo et al. 2017)."""
        return files.read_number(self.path / PROVENANCE, "temperature")

    @property
    def keras_path(self) -> Path:
        """The saved Keras network."""
        return self.path / KERAS

    @property
    def tflite_path(self) -> Path:
        """The network for LiteRT."""
        return self.path / TFLITE

    @property
    def checkpoint_path(self) -> Path:
        """What an unfinished run goes on from; gone once the run is finished."""
        return self.path / CHECKPOINT

    def evaluation(self, split: str) -> Evaluation:
        """The stored predictions on "PublicTest" or "PrivateTest"."""
        if split not in EVALUATION_FILES:
            raise RunError(f"Runs store {' and '.join(EVALUATION_FILES)}. Received: {split!r}.")
        return _read_evaluation(self.path / EVALUATION_FILES[split], split)

    def save_recipe(self, recipe: Recipe) -> None:
        """Write recipe.json."""
        files.write_json(self.path / RECIPE, recipe.to_json())

    def save_provenance(self, provenance: dict[str, Any]) -> None:
        """Write provenance.json."""
        files.write_json(self.path / PROVENANCE, provenance)

    def save_history(self, rows: list[dict[str, float]]) -> None:
        """Write history.csv, also while the run is still training."""
        with (
            files.replacing(self.path / HISTORY) as unfinished,
            open(unfinished, "w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, HISTORY_COLUMNS)
            writer.writeheader()
            writer.writerows(rows)

    def save_evaluations(self, *evaluations: Evaluation) -> None:
        """Write the predictions, and the metrics that follow from all that are stored."""
        for evaluation in evaluations:
            arrays = {key: value for key, value in vars(evaluation).items() if key != "split"}
            with files.replacing(self.path / EVALUATION_FILES[evaluation.split]) as unfinished:
                np.savez_compressed(unfinished, **arrays)
        files.write_json(self.path / METRICS, compute_metrics(self))

    def save_card(self, text: str) -> None:
        """Write README.md, the model card."""
        files.write_text(self.path / CARD, text)


def compute_metrics(run: Run) -> dict[str, Any]:
    """What metrics.json must hold, computed from the stored predictions alone."""
    stored = [split for split, name in EVALUATION_FILES.items() if (run.path / name).is_file()]
    return {split: score_evaluation(run.evaluation(split)) for split in stored}


def load_run(run: str | Path) -> Run:
    """A finished run, by its name under ``models_folder()`` or its path.

    Raises:
        RunError: if there is no such folder, or it lacks a file.
    """
    path = Path(run) if Path(run).is_dir() else models_folder() / str(run)
    if not path.is_dir():
        names = ", ".join(found.name for found in list_runs()) or "none yet"
        raise RunError(f"There is no run {str(run)!r}. The runs in {models_folder()} are: {names}.")
    missing = [name for name in WHOLE if not (path / name).is_file()]
    if missing:
        raise RunError(f"The run {path} is not whole: it lacks {', '.join(missing)}.")
    return Run(path)


def list_runs(folder: Path | None = None) -> list[Run]:
    """The finished runs, the best on PublicTest first; those of ``broken_runs`` are left out."""
    return sorted(_readable(folder)[0], key=lambda run: (-public_accuracy(run), run.name))


def best_run() -> Run:
    """The finished run that is best on PublicTest.

    Raises:
        RunError: if there is none.
    """
    found = list_runs()
    if not found:
        raise RunError(
            f"There is no trained network in {models_folder()} yet. "
            "Train one with: python -m fer_core train paper-cnn --data PATH"
        )
    return found[0]


def drawn_run() -> Run | None:
    """The embedded run on faces drawn by code, which is ranked nowhere; None where it is not whole."""
    try:
        return load_run(COMMITTED / DRAWN)
    except RunError:
        return None


def broken_runs(folder: Path | None = None) -> list[str]:
    """A sentence for each folder that looks like a run and cannot be read."""
    return _readable(folder)[1]


def unfinished_runs(folder: Path | None = None) -> list[Run]:
    """Runs that are training, or were interrupted; they have a history at most."""
    return [Run(path) for path in sorted((folder or models_folder()).glob(".*.partial"))]


def public_accuracy(run: Run) -> float:
    """The number that runs are ranked by: PrivateTest never selects anything.

    Raises:
        RunError: if metrics.json lacks it.
    """
    return files.read_number(run.path / METRICS, PUBLIC_TEST, "single", "all", "accuracy")


def _readable(folder: Path | None) -> tuple[list[Run], list[str]]:
    found, broken = [], []
    for path in sorted((folder or models_folder()).glob("[!._]*/")):
        try:
            run = load_run(path)
            _ = public_accuracy(run), run.temperature, run.recipe  # reading them is the check
            found.append(run)
        except RunError as error:
            broken.append(str(error))
    return found, broken


def start_run(
    recipe: Recipe, *, folder: Path | None = None, resume: bool = False, restart: bool = False
) -> Run:
    """The unfinished run to train into. An interrupted one is gone on with (``resume``), or thrown away
    (``restart``), but never lost by accident.

    Raises:
        RunError: if a run of that name is there, finished or not, or there is nothing to resume.
    """
    finished = (folder or models_folder()) / recipe.name
    if finished.exists():
        raise RunError(
            f"The run {finished} is finished already. Train under another name (--name), or delete it."
        )
    run = Run(finished.with_name(f".{recipe.name}.partial"))
    interrupted = run.checkpoint_path.is_file()
    if resume and not interrupted:
        raise RunError(f"There is nothing to resume: {run.checkpoint_path} is not there.")
    if interrupted and not (resume or restart):
        raise RunError(
            f"An interrupted run {recipe.name} is there: go on with it (--resume) or drop it (--restart)."
        )
    if run.path.exists() and not resume:
        shutil.rmtree(run.path)
    run.path.mkdir(parents=True, exist_ok=True)
    if not resume:  # an interrupted run keeps its own; whether the two agree is the checkpoint's to say
        run.save_recipe(recipe)
    return run


def finish_run(run: Run) -> Run:
    """Give a partial run its final name, once every file is there; then the checkpoint goes."""
    missing = [name for name in WHOLE if not (run.path / name).is_file()]
    if missing:
        raise RunError(f"The run {run.path} cannot be finished: it lacks {', '.join(missing)}.")
    finished = Run(run.path.with_name(run.name))
    os.replace(run.path, finished.path)
    finished.checkpoint_path.unlink(missing_ok=True)
    return finished


def _read_history(path: Path) -> dict[str, list[float]]:
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {column: [float(row[column]) for row in rows] for column in HISTORY_COLUMNS}
    except (OSError, KeyError, TypeError, ValueError) as error:
        expected = ", ".join(HISTORY_COLUMNS)
        raise RunError(f"{path} must be a CSV with the columns {expected}. Received: {error}.") from error


def _read_evaluation(path: Path, split: str) -> Evaluation:
    try:
        with open(path, "rb") as opened, np.load(opened) as arrays:  # np.load leaves a broken file open
            return Evaluation(split=split, **arrays)
    except Exception as error:  # zipfile, NumPy and missing arrays each raise their own
        raise RunError(f"{path} does not hold the predictions of a split: {error}.") from error
