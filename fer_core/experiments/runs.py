"""A run on disk, ``models/<name>/``: the only module that knows the names of its files.

    recipe.json        what was asked, every field resolved
    provenance.json    commit, command, seed, device, seconds, versions, data, parameters, calibration
    history.csv        a row an epoch: the columns of HISTORY_COLUMNS
    public.npz         the predictions on PublicTest, as ``metrics.Evaluation`` holds them
    private.npz        the same on PrivateTest
    metrics.json       a function of the two .npz files
    model.keras        uint8 (N, 48, 48, 1) -> logits (N, 7)
    model.tflite       the same for LiteRT -> probabilities (N, 7)
    summary.json       the network's layers, parameters and MACs; older runs have none
    README.md          the model card

A baseline's run (see ``baselines``) has baseline.json in place of recipe.json, and neither history nor model;
a study's (see ``studies``) has neither model nor card. A run is written into ``models/.<name>.partial/`` and
renamed at the end: a folder that is there is whole.
"""

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from fer_core import files
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.errors import DataError, RecipeError, RunError
from fer_core.evaluation.calibration import Calibration
from fer_core.evaluation.metrics import Evaluation, score_evaluation
from fer_core.networks.summary import Summary, read_summary
from fer_core.paths import (
    BASELINE,
    PROVENANCE,
    RECIPE,
    TFLITE,
    committed_models,
    find_run,
    models_folder,
)
from fer_core.training.baselines import Baseline
from fer_core.training.recipes import Recipe

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
EVALUATION_FILES = {PUBLIC_TEST: "public.npz", PRIVATE_TEST: "private.npz"}
TRAIN_COMMAND = "python -m fer_core train paper-cnn --data PATH"  # it needs no teacher
HISTORY, METRICS, SUMMARY = "history.csv", "metrics.json", "summary.json"
Asked = TypeVar("Asked", Recipe, Baseline)
KERAS, CARD, CHECKPOINT = "model.keras", "README.md", "checkpoint.npz"
WHOLE = (RECIPE, PROVENANCE, HISTORY, METRICS, KERAS, TFLITE, CARD, *EVALUATION_FILES.values())
WHOLE_STUDIED = (RECIPE, PROVENANCE, HISTORY, METRICS, *EVALUATION_FILES.values())
WHOLE_BASELINE = (BASELINE, PROVENANCE, METRICS, CARD, *EVALUATION_FILES.values())


DRAWN = "_drawn"  # the run on faces drawn by code; ``list_runs`` passes over names that start with "_"


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

    @property
    def has_network(self) -> bool:
        """False for a baseline's run: it has predictions and metrics, but no history and no network."""
        return not (self.path / BASELINE).is_file()

    @cached_property
    def recipe(self) -> Recipe:
        """What was asked of a network."""
        return _read_asked(self.path / RECIPE, Recipe)

    @cached_property
    def baseline(self) -> Baseline:
        """What was asked of a baseline."""
        return _read_asked(self.path / BASELINE, Baseline)

    @property
    def asked(self) -> Recipe | Baseline:
        """What was asked of either."""
        return self.recipe if self.has_network else self.baseline

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
        return files.read_columns(self.path / HISTORY, HISTORY_COLUMNS)

    @property
    def calibration(self) -> Calibration:
        """From the network's logits to probabilities; baselines, and networks until 0.22, have no power."""
        path = self.path / PROVENANCE
        power = files.read_number(path, "power") if "power" in self.provenance else 1.0
        return Calibration(files.read_number(path, "temperature"), power)

    @cached_property
    def summary(self) -> Summary | None:
        """The network's layers, parameters and MACs; None in a baseline's run and in old ones."""
        path = self.path / SUMMARY
        return read_summary(path) if path.is_file() else None

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
        path = self.path / EVALUATION_FILES[split]
        try:
            return Evaluation(split=split, **files.read_arrays(path))
        except (TypeError, DataError) as error:  # an array is missing, or they do not belong together
            raise RunError(f"{path} does not hold the predictions of a split: {error}.") from error

    def save_asked(self, asked: Recipe | Baseline) -> None:
        """Write recipe.json or baseline.json, which is what tells the two kinds of run apart."""
        name = BASELINE if isinstance(asked, Baseline) else RECIPE
        files.write_json(self.path / name, asked.to_json())

    def save_provenance(self, provenance: dict[str, Any]) -> None:
        """Write provenance.json."""
        files.write_json(self.path / PROVENANCE, provenance)

    def save_history(self, rows: list[dict[str, float]]) -> None:
        """Write history.csv, also while the run is still training."""
        files.write_columns(self.path / HISTORY, HISTORY_COLUMNS, rows)

    def save_evaluations(self, *evaluations: Evaluation) -> None:
        """Write the predictions, and the metrics that follow from all that are stored."""
        for evaluation in evaluations:
            files.write_arrays(self.path / EVALUATION_FILES[evaluation.split], evaluation.arrays)
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
    path = find_run(run)
    if missing := missing_files(Run(path)):
        raise RunError(f"The run {path} is not whole: it lacks {', '.join(missing)}.")
    return Run(path)


def missing_files(run: Run, *, studied: bool = False) -> list[str]:
    """What a finished run of its kind has, and this one lacks."""
    whole = WHOLE_STUDIED if studied else WHOLE if run.has_network else WHOLE_BASELINE
    return [name for name in whole if not (run.path / name).is_file()]


def list_runs(folder: Path | None = None) -> list[Run]:
    """The finished runs, baselines' too, the best on PublicTest first; ``broken_runs`` are left out."""
    return sorted(_readable(folder)[0], key=lambda run: (-public_accuracy(run), run.name))


def list_networks(folder: Path | None = None) -> list[Run]:
    """Those of ``list_runs`` that can predict and have a history."""
    return [run for run in list_runs(folder) if run.has_network]


def best_run() -> Run:
    """The network that is best on PublicTest; a RunError where there is none."""
    for best in list_networks():
        return best
    raise RunError(f"There is no trained network in {models_folder()} yet. Train one with: {TRAIN_COMMAND}")


def drawn_run() -> Run | None:
    """The embedded run on faces drawn by code, which is ranked nowhere; None where it is not whole."""
    try:
        return load_run((committed_models() or models_folder()) / DRAWN)
    except RunError:
        return None


def broken_runs(folder: Path | None = None) -> list[str]:
    """A sentence for each folder that looks like a run and cannot be read."""
    return _readable(folder)[1]


def unfinished_runs(folder: Path | None = None) -> list[Run]:
    """Runs that are training, or were interrupted; they have a history at most."""
    return [Run(path) for path in sorted((folder or models_folder()).glob(".*.partial"))]


def public_accuracy(run: Run) -> float:
    """The number that runs are ranked by, a RunError without it: PrivateTest never selects anything."""
    return files.read_number(run.path / METRICS, PUBLIC_TEST, "single", "all", "accuracy")


def _readable(folder: Path | None) -> tuple[list[Run], list[str]]:
    found, broken = [], []
    for path in sorted((folder or models_folder()).glob("[!._]*/")):
        try:
            run = load_run(path)
            _ = public_accuracy(run), run.calibration, run.asked  # reading them is the check
            found.append(run)
        except RunError as error:
            broken.append(str(error))
    return found, broken


def start_run(
    asked: Recipe | Baseline, *, folder: Path | None = None, resume: bool = False, restart: bool = False
) -> Run:
    """The unfinished run to train or fit into. An interrupted one is gone on with (``resume``), or thrown
    away (``restart``), but never lost by accident: see ``check_start`` for what is refused."""
    run = check_start(asked, folder=folder, resume=resume, restart=restart)
    if run.path.exists() and not resume:
        shutil.rmtree(run.path)
    run.path.mkdir(parents=True, exist_ok=True)
    if not resume:  # an interrupted run keeps its own; whether the two agree is the checkpoint's to say
        run.save_asked(asked)
    return run


def check_start(
    asked: Recipe | Baseline, *, folder: Path | None = None, resume: bool = False, restart: bool = False
) -> Run:
    """The run that ``start_run`` would start, with nothing written yet.

    Raises:
        RunError: if a run of that name is there, finished or not, or there is nothing to resume.
    """
    finished = (folder or models_folder()) / asked.name
    if finished.exists():
        raise RunError(
            f"The run {finished} is finished already. Train under another name (--name), or delete it."
        )
    run = Run(finished.with_name(f".{asked.name}.partial"))
    interrupted = run.checkpoint_path.is_file()
    if resume and not interrupted:
        raise RunError(f"There is nothing to resume: {run.checkpoint_path} is not there.")
    if interrupted and not (resume or restart):
        raise RunError(
            f"An interrupted run {asked.name} is there: go on with it (--resume) or drop it (--restart)."
        )
    return run


def finish_run(run: Run, *, studied: bool = False) -> Run:
    """Give a partial run its final name, once every file is there; then the checkpoint goes."""
    if missing := missing_files(run, studied=studied):
        raise RunError(f"The run {run.path} cannot be finished: it lacks {', '.join(missing)}.")
    finished = Run(run.path.with_name(run.name))
    os.replace(run.path, finished.path)
    finished.checkpoint_path.unlink(missing_ok=True)
    return finished


def _read_asked(path: Path, kind: type[Asked]) -> Asked:
    try:
        return kind.from_json(files.read_json(path))
    except RecipeError as error:
        raise RunError(f"{path} holds no {kind.__name__.lower()}: {error}") from error
