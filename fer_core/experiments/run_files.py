"""One run on disk, ``models/<name>/``: the only module that knows the names of its files.

    recipe.json        the config: what was trained, every field resolved
    provenance.json    commit, command, seed, device, seconds, versions, data, parameters, calibration
    history.csv        a row an epoch: the columns of HISTORY_COLUMNS
    public.npz         the predictions on PublicTest, as ``metrics.Evaluation`` holds them
    private.npz        the same on PrivateTest
    metrics.json       a function of the two .npz files
    model.keras        uint8 (N, 48, 48, 1) -> logits (N, 7)
    model.tflite       the same for LiteRT -> probabilities (N, 7)
    summary.json       the network's layers, parameters and MACs; older runs have none
    embedding.npz      where t-SNE places the images of either split; older runs have none
    robustness.json    accuracy on degraded images, once ``fer robustness`` has measured it
    README.md          the model card

A baseline's run (see ``baselines``) has baseline.json in place of recipe.json, and neither history nor model;
a study's (see ``studies``) has neither model nor card. A run is written into ``models/.<name>.partial/`` and
renamed at the end: a folder that is there is whole.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from fer_core import files
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.errors import RecipeError, RunError
from fer_core.evaluation.calibration import Calibration
from fer_core.evaluation.error_analysis import projection_key
from fer_core.evaluation.metrics import Evaluation, score_evaluation
from fer_core.evaluation.robustness import Robustness
from fer_core.networks.summary import Summary, read_summary
from fer_core.paths import BASELINE, PROVENANCE, RECIPE, TFLITE
from fer_core.training.baselines import Baseline
from fer_core.training.recipes import Recipe

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
DISTILLATION_LOSS = "distillation_loss"  # a further column where a teacher's predictions were learnt
EVALUATION_FILES = {PUBLIC_TEST: "public.npz", PRIVATE_TEST: "private.npz"}
HISTORY, METRICS, SUMMARY = "history.csv", "metrics.json", "summary.json"
ROBUSTNESS, EMBEDDING = "robustness.json", "embedding.npz"
Config = TypeVar("Config", Recipe, Baseline)
KERAS, CARD, CHECKPOINT = "model.keras", "README.md", "checkpoint.npz"
WHOLE = (RECIPE, PROVENANCE, HISTORY, METRICS, KERAS, TFLITE, CARD, *EVALUATION_FILES.values())
WHOLE_STUDIED = (RECIPE, PROVENANCE, HISTORY, METRICS, *EVALUATION_FILES.values())
WHOLE_BASELINE = (BASELINE, PROVENANCE, METRICS, CARD, *EVALUATION_FILES.values())


@dataclass(frozen=True)
class Run:
    """A run folder; its files are read when they are first asked for.

    Raises:
        RunError: when a file is missing or cannot be read; the message names it.
    """

    path: Path

    @property
    def name(self) -> str:
        """The folder's name, without the dot and ".partial" of one that is not finished."""
        name = self.path.name
        return name[1:].rpartition(".")[0] if name.startswith(".") else name

    @property
    def has_network(self) -> bool:
        """False for a baseline's run: it has predictions and metrics, but no history and no network."""
        return not (self.path / BASELINE).is_file()

    @cached_property
    def recipe(self) -> Recipe:
        """The config of a network."""
        return _read_config(self.path / RECIPE, Recipe)

    @cached_property
    def baseline(self) -> Baseline:
        """The config of a baseline."""
        return _read_config(self.path / BASELINE, Baseline)

    @property
    def config(self) -> Recipe | Baseline:
        """The config of either."""
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
        """A list an epoch for each of HISTORY_COLUMNS, and DISTILLATION_LOSS where there is a teacher (not
        before 0.25: ``loss`` was then all that was learnt). Accuracies in [0, 1], losses in nats.
        """
        return files.read_columns(self.path / HISTORY, HISTORY_COLUMNS, optional=(DISTILLATION_LOSS,))

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

    @cached_property
    def robustness(self) -> Robustness | None:
        """Accuracy on degraded images; None where it was not measured."""
        path = self.path / ROBUSTNESS
        return Robustness.from_json(files.read_json(path)) if path.is_file() else None

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

    @property
    def resume_command(self) -> str:
        """What goes on with an unfinished run: the command that started it, as provenance.json says."""
        try:
            command = self.provenance.get("command")
        except RunError:
            command = None
        known = isinstance(command, str) and command.isprintable() and command
        return f"{command if known else f'fer train {self.name} --data PATH'} --resume"

    def evaluation(self, split: str) -> Evaluation:
        """The stored predictions on "PublicTest" or "PrivateTest"."""
        if split not in EVALUATION_FILES:
            raise RunError(f"Runs store {' and '.join(EVALUATION_FILES)}. Received: {split!r}.")
        path = self.path / EVALUATION_FILES[split]
        try:
            return Evaluation(split=split, **files.read_arrays(path))
        except (TypeError, ValueError) as error:  # an array is missing, or they do not belong together
            raise RunError(f"{path} does not hold the predictions of a split: {error}.") from error

    def embedding(self, split: str) -> npt.NDArray[np.float32] | None:
        """Where t-SNE places the images of a split, (N, 2); None where nothing is stored, or what is stored
        was computed from other predictions."""
        path = self.path / EMBEDDING
        stored = files.read_arrays(path) if path.is_file() else {}
        if split not in stored:
            return None
        evaluation, points = self.evaluation(split), stored[split]
        if str(stored.get(f"{split} key")) != projection_key(evaluation):
            return None
        if points.shape != (len(evaluation.labels), 2) or not np.isfinite(points).all():
            raise RunError(f"{path} must hold ({len(evaluation.labels)}, 2) numbers of {split}.")
        return points.astype(np.float32)

    def save_config(self, config: Recipe | Baseline) -> None:
        """Write recipe.json or baseline.json, which is what tells the two kinds of run apart."""
        name = BASELINE if isinstance(config, Baseline) else RECIPE
        files.write_json(self.path / name, config.to_json())

    def save_provenance(self, provenance: dict[str, Any]) -> None:
        """Write provenance.json."""
        files.write_json(self.path / PROVENANCE, provenance)

    def save_history(self, rows: list[dict[str, float]]) -> None:
        """Write history.csv, also while the run is still training."""
        distilled = (DISTILLATION_LOSS,) if rows and DISTILLATION_LOSS in rows[0] else ()
        files.write_columns(self.path / HISTORY, (*HISTORY_COLUMNS, *distilled), rows)

    def save_evaluations(self, *evaluations: Evaluation) -> None:
        """Write the predictions, and the metrics that follow from all that are stored."""
        for evaluation in evaluations:
            files.write_arrays(self.path / EVALUATION_FILES[evaluation.split], evaluation.arrays)
        self.save_metrics(compute_metrics(self))

    def save_metrics(self, metrics: dict[str, Any]) -> None:
        """Write metrics.json."""
        files.write_json(self.path / METRICS, metrics)

    def save_embedding(self, points: dict[str, npt.NDArray[np.floating[Any]]]) -> None:
        """Write embedding.npz: (N, 2) by split, each with what it is held to."""
        keys = {f"{split} key": np.array(projection_key(self.evaluation(split))) for split in points}
        placed = {split: values.astype(np.float32) for split, values in points.items()}
        files.write_arrays(self.path / EMBEDDING, placed | keys)

    def save_robustness(self, found: Robustness, facts: dict[str, Any]) -> None:
        """Write robustness.json, with the facts of its measurement."""
        files.write_json(self.path / ROBUSTNESS, found.to_json() | facts)

    def save_card(self, text: str) -> None:
        """Write README.md, the model card."""
        files.write_text(self.path / CARD, text)


def compute_metrics(run: Run) -> dict[str, Any]:
    """What metrics.json must hold, computed from the stored predictions alone."""
    stored = [split for split, name in EVALUATION_FILES.items() if (run.path / name).is_file()]
    return {split: score_evaluation(run.evaluation(split)) for split in stored}


def missing_files(run: Run, *, studied: bool = False) -> list[str]:
    """What a finished run of its kind has, and this one lacks."""
    whole = WHOLE_STUDIED if studied else WHOLE if run.has_network else WHOLE_BASELINE
    return [name for name in whole if not (run.path / name).is_file()]


def _read_config(path: Path, kind: type[Config]) -> Config:
    try:
        return kind.from_json(files.read_json(path))
    except RecipeError as error:
        raise RunError(f"{path} holds no {kind.__name__.lower()}: {error}") from error
