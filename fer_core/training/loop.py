"""recipe + training faces + validation faces -> a trained network, resumable after every epoch.

All randomness of an epoch (order, augmentation, dropout) is a function of (seed, epoch), so an interrupted
run that resumes goes on as if it had not stopped.
"""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fer_core import metrics
from fer_core.architectures import build_network
from fer_core.curves import best_epoch
from fer_core.datasets.dataset import PRIVATE_TEST, Dataset
from fer_core.errors import DataError, RunError
from fer_core.recipes import Recipe
from fer_core.training import checkpoints
from fer_core.training.averaging import averaged
from fer_core.training.head import refit_head, require_scikit_learn, rounded
from fer_core.training.lessons import Lessons, predict_logits, reseed, seed_generators
from fer_core.training.maps import without_translation
from fer_core.training.trainer import build_trainer, dtype_policy, precision_here

ASKED_EVERY = 4  # epochs after which a network that learns from itself answers its faces anew
LESSONS = "lessons"  # the folder of those that come again, beside the checkpoint
STATISTICS_FACES = 4096  # from which batch norm is measured anew for averaged weights, after each epoch
OnStep = Callable[[int, int], None]  # (steps done, steps of this epoch)
OnEpoch = Callable[[list[dict[str, float]]], None]  # the history so far, a row an epoch


@dataclass
class Progress:
    """How far a run has come; together with weights and optimizer it is what a checkpoint holds."""

    history: list[dict[str, float]] = field(default_factory=list)
    best_weights: list[npt.NDArray[Any]] = field(default_factory=list)
    monitor: str = "val_accuracy"
    head_penalty: float | None = None  # of the last layer, where that was fitted anew

    def best(self, column: str) -> int:
        """The first epoch (from 1) with the best value of a column; 0 before the first epoch."""
        values = [row[column] for row in self.history]
        return best_epoch({"epoch": range(1, len(values) + 1), column: values}, column) or 0

    @property
    def best_epoch(self) -> int:
        """The epoch (from 1) that is kept, the first of equals."""
        return self.best(self.monitor)

    def exhausted(self, patience: int) -> bool:
        """Whether neither validation loss nor accuracy has improved for ``patience`` epochs."""
        newest_record = max(self.best("val_accuracy"), self.best("val_loss"))
        return patience > 0 and len(self.history) - newest_record >= patience


def train(
    recipe: Recipe,
    *,
    train: Dataset,
    validation: Dataset,
    checkpoint: Path,
    resume: bool = False,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
) -> tuple[keras.Model, Progress]:
    """Train the recipe's network, keeping the weights of the epoch best on ``validation``.

    Args:
        recipe: what to train.
        train: the faces to learn from.
        validation: the faces that choose the epoch (and the penalty of a last layer fitted anew).
        checkpoint: the file that holds everything needed to go on; written after each epoch. Lessons that
            come again lie beside it until training has ended.
        resume: go on from ``checkpoint`` if it is there.
        on_step: called after each batch, for a progress bar.
        on_epoch: called after each epoch with the history so far.

    Returns:
        The network with its best weights, in float32: uint8 (N, 48, 48, 1) -> logits (N, 7); and the history.

    Raises:
        DataError: if either set is PrivateTest, which chooses nothing here, or the faces fill no batch.
        RecipeError: if the recipe asks for what this Python cannot do.
        RunError: if the checkpoint is broken or belongs to another recipe, or a lesson cannot be kept.
    """
    for dataset in (train, validation):
        if dataset.split == PRIVATE_TEST:
            raise DataError("PrivateTest is for the final evaluation alone. Received it as training input.")
    if recipe.refit_head:
        require_scikit_learn()
    faces = learnt_faces(recipe, train)
    steps = len(faces) // recipe.batch_size
    if steps == 0:
        raise DataError(f"One batch takes {recipe.batch_size} faces. Received: {len(faces)} to train on.")
    with dtype_policy(precision_here(recipe.precision)):
        lessons = Lessons(recipe, faces, checkpoint.with_name(LESSONS))
        network = build_trainer(recipe, steps, lessons.teacher)
    student = without_translation(network)
    progress = Progress(monitor=recipe.monitor)
    if resume and checkpoint.is_file():
        progress = _restore(checkpoint, recipe, network, lessons)
    else:
        lessons.shelf.clear()  # of another training
    while len(progress.history) < recipe.epochs and not progress.exhausted(recipe.patience):
        epoch, started = len(progress.history), time.perf_counter()
        row, seen = _train_epoch(recipe, network, lessons, epoch, on_step)
        with averaged(network, seen) if recipe.average else nullcontext():
            row |= _validate(student, validation)
            progress.history.append(row)
            if progress.best_epoch == len(progress.history):
                progress.best_weights = student.get_weights()
            times, between = divmod(len(progress.history), ASKED_EVERY)
            if recipe.self_share and times and not between and len(progress.history) < recipe.epochs:
                lessons.ask(student, times)
        row["seconds"] = time.perf_counter() - started
        _save(checkpoint, recipe, network, progress, lessons)
        if on_epoch:
            on_epoch(progress.history)
    lessons.shelf.clear()
    return _finished(recipe, progress, faces, validation), progress


def learnt_faces(recipe: Recipe, dataset: Dataset) -> Dataset:
    """What the recipe learns from: all faces, or (``drop_blank``) all but images whose pixels are all 0."""
    if not recipe.drop_blank:
        return dataset
    seen = dataset.images.any(axis=(1, 2))
    return Dataset(
        dataset.images[seen], dataset.labels[seen], dataset.rows[seen], dataset.split, dataset.name,
        None if dataset.groups is None else dataset.groups[seen],
    )  # fmt: skip


def _train_epoch(
    recipe: Recipe, network: keras.Model, lessons: Lessons, epoch: int, on_step: OnStep | None
) -> tuple[dict[str, float], npt.NDArray[np.uint8]]:
    """One pass over the faces; what does not fill a batch waits for another epoch. The history's row, and
    some of the pictures that were shown.

    Batch by batch and not by ``fit``: under TensorFlow that ends each epoch waiting for tf.data's tuner to
    wake, which it does after 10 ms, 20 ms, ... 82 s: an epoch of 45 s took 82.
    """
    reseed(list(seed_generators(network)), recipe.seed, epoch)
    lesson = lessons.of_epoch(epoch)
    if epoch and recipe.side_at(epoch) != recipe.side_at(epoch - 1):
        network.make_train_function(force=True)  # or TensorFlow makes one that is slower, for any size
    steps = len(lesson[0]) // recipe.batch_size
    logs = []
    for step in range(steps):
        part = slice(step * recipe.batch_size, (step + 1) * recipe.batch_size)
        batch = keras.tree.map_structure(itemgetter(part), lesson)
        logs.append(network.train_on_batch(*batch, return_dict=True))
        if on_step:
            on_step(step + 1, steps)
    row = {
        "epoch": epoch + 1,
        "loss": float(np.mean([row["loss"] for row in logs])),
        "accuracy": float(np.mean([_accuracy(row) for row in logs])),
        "learning_rate": float(network.optimizer.learning_rate),
    }
    return row, lesson[0][:STATISTICS_FACES]


def _accuracy(row: dict[str, float]) -> float:
    """Keras puts an output's name before it where there are two."""
    return next(value for key, value in row.items() if key.endswith("accuracy"))


def _validate(network: keras.Model, validation: Dataset) -> dict[str, float]:
    """Plain cross-entropy and accuracy: no augmentation, no class weights, no label smoothing."""
    probabilities = metrics.softmax(predict_logits(network, validation.images))
    return {
        "val_loss": metrics.log_loss(validation.labels, probabilities),
        "val_accuracy": metrics.accuracy(validation.labels, probabilities),
    }


def _save(path: Path, recipe: Recipe, network: keras.Model, progress: Progress, lessons: Lessons) -> None:
    state = {
        "weights": network.get_weights(),
        "optimizer": [np.asarray(variable) for variable in network.optimizer.variables],
        "best": progress.best_weights,
        "own_answers": [] if lessons.own_answers is None else [lessons.own_answers],
    }
    checkpoints.save(path, recipe, progress.history, state)


def _restore(path: Path, recipe: Recipe, network: keras.Model, lessons: Lessons) -> Progress:
    history, state = checkpoints.load(path, recipe)
    network.optimizer.build(network.trainable_variables)
    try:
        network.set_weights(state["weights"])
        for variable, value in zip(network.optimizer.variables, state["optimizer"], strict=True):
            variable.assign(value)
    except (KeyError, ValueError) as error:
        raise RunError(
            f"The checkpoint {path} does not fit the network that the recipe builds now; it was written by "
            "other code. Delete it to start anew."
        ) from error
    lessons.own_answers = next(iter(state.get("own_answers", [])), None)
    return Progress(history, state["best"], recipe.monitor)


def _finished(recipe: Recipe, progress: Progress, faces: Dataset, validation: Dataset) -> keras.Model:
    """The best weights in a float32 network: no mixed precision, no optimizer, nothing of training left."""
    with dtype_policy("float32"):
        network = build_network(recipe)
    network.set_weights(rounded(progress.best_weights))
    if recipe.refit_head:
        progress.head_penalty = refit_head(network, faces, validation)
    return network
