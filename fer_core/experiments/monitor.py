"""Runs that are training: how far they are, and how long they will take.

A training writes its history after each epoch, so what is read here may be half written or not there yet;
that is no error, only less to show.
"""

import math
import time
from dataclasses import dataclass
from pathlib import Path

from fer_core.errors import RunError
from fer_core.evaluation.learning_curves import History
from fer_core.experiments.runs import HISTORY, HISTORY_COLUMNS, RECIPE, Run, unfinished_runs
from fer_core.training.recipes import Recipe

RECENT_EPOCHS = 5  # whose median says how long the next ones take
PATIENCE_EPOCHS = 3  # a training that has been silent for longer than these has stopped,
PATIENCE_SECONDS = 600  # unless that is less than this: the first epoch compiles, the last one exports


@dataclass(frozen=True)
class RunningTraining:
    """A run that trains, or trained until something stopped it.

    Attributes:
        run: its folder, ``models/.<name>.partial/``.
        recipe: its config.
        history: a list an epoch for each column; empty lists before the first epoch has ended.
        silent_seconds: since it last wrote something.
    """

    run: Run
    recipe: Recipe
    history: History
    silent_seconds: float

    @property
    def name(self) -> str:
        """The name that it will have."""
        return self.run.name

    @property
    def done(self) -> int:
        """Epochs that have ended."""
        return len(self.history["epoch"])

    @property
    def epoch_seconds(self) -> float | None:
        """The median of the last epochs' seconds; None before the first has ended."""
        recent = sorted(self.history["seconds"][-RECENT_EPOCHS:])
        return recent[len(recent) // 2] if recent else None

    @property
    def seconds_left(self) -> float | None:
        """For the epochs still to come, as many as the recipe allows; None before the first has ended."""
        if self.epoch_seconds is None:
            return None
        return max(0.0, (self.recipe.epochs - self.done) * self.epoch_seconds - self.silent_seconds)

    @property
    def stopped(self) -> bool:
        """Whether it has been silent for so long that nobody seems to train it."""
        usual = PATIENCE_EPOCHS * (self.epoch_seconds or PATIENCE_SECONDS)
        return self.silent_seconds > max(usual, PATIENCE_SECONDS)


def list_running(folder: Path | None = None, *, now: float | None = None) -> list[RunningTraining]:
    """Every unfinished run whose recipe can be read, by name.

    Args:
        folder: of runs; ``models_folder()`` if None.
        now: seconds since the epoch, ``time.time()`` if None.
    """
    moment = time.time() if now is None else now
    return [found for run in unfinished_runs(folder) if (found := _read(run, moment)) is not None]


def _read(run: Run, now: float) -> RunningTraining | None:
    try:
        recipe = run.recipe
    except RunError:  # the folder is there a moment before its recipe, and gone when the run is finished
        return None
    changed = max(_changed(run.path / RECIPE), _changed(run.path / HISTORY))
    return RunningTraining(run, recipe, _read_history(run), max(0.0, now - changed))


def _read_history(run: Run) -> History:
    try:
        history = run.history
    except RunError:
        history = {}
    usable = all(math.isfinite(value) for values in history.values() for value in values)
    return history if history and usable else {column: [] for column in HISTORY_COLUMNS}


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
