"""recipe + training images + validation images -> a trained network, resumable after every epoch.

All randomness of an epoch (order, augmentation, dropout) is a function of (seed, epoch), so an interrupted
run that resumes goes on as if it had not stopped.
"""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.datasets.dataset import PRIVATE_TEST, Dataset
from fer_core.errors import DataError, RecipeError, RunError
from fer_core.evaluation import metrics
from fer_core.evaluation.learning_curves import best_epoch
from fer_core.extras import optional
from fer_core.networks.architectures import build_network
from fer_core.training import checkpoints
from fer_core.training.batch_norm import adapt_statistics
from fer_core.training.classifier import require_scikit_learn, retrain_classifier, rounded
from fer_core.training.data_parallel import all_devices
from fer_core.training.ema import averaged
from fer_core.training.epoch_data import EpochData, predict_logits, reseed, seed_generators
from fer_core.training.recipes import Recipe
from fer_core.training.trainer import build_trainer, dtype_policy, precision_here

with optional():
    import keras

SELF_DISTILLED_EVERY = 4  # epochs after which a self-distilled network predicts its images anew
STATISTICS_IMAGES = 4096  # from which batch norm is measured anew for averaged weights, after each epoch
Start = Callable[[keras.Model], None]  # puts weights from elsewhere into an untrained network
OnStep = Callable[[int, int], None]  # (steps done, steps of this epoch)
OnEpoch = Callable[[list[dict[str, float]]], None]  # the history so far, one row per epoch


@dataclass
class Progress:
    """How far a run has come; together with weights and optimizer it is what a checkpoint holds."""

    history: list[dict[str, float]] = field(default_factory=list)
    best_weights: list[npt.NDArray[Any]] = field(default_factory=list)
    monitor: str = "val_accuracy"
    classifier_penalty: float | None = None  # of a re-trained classifier

    def best(self, column: str) -> int:
        """The first epoch (from 1) with the best value of a column; 0 before the first epoch."""
        values = [row[column] for row in self.history]
        return best_epoch({"epoch": range(1, len(values) + 1), column: values}, column) or 0

    @property
    def best_epoch(self) -> int:
        """The best epoch (from 1), the first of equals."""
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
    start: Start | None = None,
    teacher: keras.Model | None = None,
    resume: bool = False,
    data_parallel: bool = False,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
) -> tuple[keras.Model, Progress]:
    """Train the recipe's network, keeping the weights of the epoch best on ``validation``.

    Args:
        recipe: what to train.
        train: the images to learn from; blank ones are left out.
        validation: the images that select the epoch (and the penalty of a re-trained classifier).
        checkpoint: the file that holds everything needed to go on; written after each epoch.
        start: puts the weights of ``recipe.start`` into the network; batch norm then adapts to these images.
        teacher: of ``recipe.teacher``: uint8 (N, side, side, 1) -> logits (N, 7).
        resume: go on from ``checkpoint`` if it is there.
        data_parallel: train over all local devices, see ``training.data_parallel``.
        on_step: called after each batch, for a progress bar.
        on_epoch: called after each epoch with the history so far.

    Returns:
        The network with its best weights, in float32: uint8 (N, 48, 48, 1) -> logits (N, 7); and the history.

    Raises:
        DataError: if either set is PrivateTest, which is for testing alone, or the images fill no batch.
        RecipeError: if the recipe asks for what this Python cannot do, or a start or teacher is not given.
        RunError: if the checkpoint is broken or belongs to another recipe.
    """
    for dataset in (train, validation):
        if dataset.split == PRIVATE_TEST:
            raise DataError("PrivateTest is for the final evaluation alone. Received it as training input.")
    resume = resume and checkpoint.is_file()
    _require_given(recipe, start=bool(start) or resume, teacher=teacher is not None)
    if recipe.retrain_classifier:
        require_scikit_learn()
    images = without_blank(train)
    steps = len(images) // recipe.batch_size
    if steps == 0:
        raise DataError(f"One batch takes {recipe.batch_size} images. Received: {len(images)} to train on.")
    data = EpochData(recipe, images, teacher)
    with all_devices(recipe) if data_parallel else nullcontext():
        network = _build(recipe, steps, data, start=None if resume else start)
        progress = Progress(monitor=recipe.monitor)
        if resume:
            progress = _restore(checkpoint, recipe, network, data)
        while len(progress.history) < recipe.epochs and not progress.exhausted(recipe.patience):
            _one_epoch(recipe, network, data, progress, validation=validation, on_step=on_step)
            _save(checkpoint, recipe, network, progress, data)
            if on_epoch:
                on_epoch(progress.history)
    return _finished(recipe, progress, images, validation), progress


def _build(recipe: Recipe, steps: int, data: EpochData, *, start: Start | None) -> keras.Model:
    """The network to train, with the weights that it starts from."""
    with dtype_policy(precision_here(recipe.architecture)):
        network = build_trainer(recipe, steps)
    if start:
        start(network)
        adapt_statistics(network, data.of_epoch(0)[0][:STATISTICS_IMAGES])
    return network


def _require_given(recipe: Recipe, *, start: bool, teacher: bool) -> None:
    """Refuse to train without the start weights or the teacher that the recipe names."""
    for name, asked, given in (("start", recipe.start, start), ("teacher", recipe.teacher, teacher)):
        if asked and not given:
            raise RecipeError(
                f"{recipe.name} needs its {name}, {asked!r}, which only `fer train` loads. "
                "Received: a training without it."
            )


def without_blank(dataset: Dataset) -> Dataset:
    """All but blank images (every pixel 0), of which FER2013's Training split holds 11."""
    seen = dataset.images.any(axis=(1, 2))
    return Dataset(
        dataset.images[seen], dataset.labels[seen], dataset.rows[seen], dataset.split, dataset.name,
        None if dataset.groups is None else dataset.groups[seen],
    )  # fmt: skip


def _one_epoch(
    recipe: Recipe,
    network: keras.Model,
    data: EpochData,
    progress: Progress,
    *,
    validation: Dataset,
    on_step: OnStep | None,
) -> None:
    """Learn, validate, keep what is best, and let the network predict its own images where it is due."""
    started = time.perf_counter()
    row, seen = _learn(recipe, network, data, len(progress.history), on_step)
    with averaged(network, seen) if recipe.ema else nullcontext():
        row |= _validate(network, validation)
        progress.history.append(row)
        if progress.best_epoch == len(progress.history):
            progress.best_weights = network.get_weights()
        times, between = divmod(len(progress.history), SELF_DISTILLED_EVERY)
        if recipe.self_distillation and times and not between and len(progress.history) < recipe.epochs:
            data.add_own_predictions(network, times)
    row["seconds"] = time.perf_counter() - started


def _learn(
    recipe: Recipe, network: keras.Model, data: EpochData, epoch: int, on_step: OnStep | None
) -> tuple[dict[str, float], npt.NDArray[np.uint8]]:
    """One pass over the images. The history's row, and some of the images that were shown.

    Batch by batch and not by ``fit``: under TensorFlow that ends each epoch waiting for tf.data's tuner to
    wake, which it does after 10 ms, 20 ms, ... 82 s: an epoch of 45 s took 82.
    """
    reseed(list(seed_generators(network)), recipe.seed, epoch)
    samples = data.of_epoch(epoch)
    if epoch and recipe.side_at(epoch) != recipe.side_at(epoch - 1):
        network.make_train_function(force=True)  # or TensorFlow makes one that is slower, for any size
    steps = len(samples[0]) // recipe.batch_size
    logs = []
    for step in range(steps):
        part = slice(step * recipe.batch_size, (step + 1) * recipe.batch_size)
        logs.append(network.train_on_batch(*(each[part] for each in samples), return_dict=True))
        if on_step:
            on_step(step + 1, steps)
    means = {name: float(np.mean([row[name] for row in logs])) for name in logs[0]}
    row = {
        "epoch": epoch + 1,
        "loss": means.get("label_loss", means["loss"]),  # what validation has too: no teacher in it
        "accuracy": means["accuracy"],
        "learning_rate": float(network.optimizer.learning_rate),
    }
    if recipe.teacher:
        row["distillation_loss"] = means["distillation_loss"]
    return row, samples[0][:STATISTICS_IMAGES]


def _validate(network: keras.Model, validation: Dataset) -> dict[str, float]:
    """Plain cross-entropy and accuracy: no augmentation, no class weights, no label smoothing."""
    probabilities = metrics.softmax(predict_logits(network, validation.images))
    return {
        "val_loss": metrics.log_loss(validation.labels, probabilities),
        "val_accuracy": metrics.accuracy(validation.labels, probabilities),
    }


def _save(path: Path, recipe: Recipe, network: keras.Model, progress: Progress, data: EpochData) -> None:
    state = {
        "weights": network.get_weights(),
        "optimizer": [np.asarray(variable) for variable in network.optimizer.variables],
        "best": progress.best_weights,
        "own_predictions": [] if data.own_predictions is None else [data.own_predictions],
    }
    checkpoints.save(path, recipe, progress.history, state)


def _restore(path: Path, recipe: Recipe, network: keras.Model, data: EpochData) -> Progress:
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
    data.own_predictions = next(iter(state.get("own_predictions", [])), None)
    return Progress(history, state["best"], recipe.monitor)


def _finished(recipe: Recipe, progress: Progress, images: Dataset, validation: Dataset) -> keras.Model:
    """The best weights in a float32 network: no mixed precision, no optimizer, nothing of training left."""
    with dtype_policy("float32"):
        network = build_network(recipe.architecture, dropout=recipe.dropout)
    network.set_weights(rounded(progress.best_weights))
    if recipe.retrain_classifier:
        progress.classifier_penalty = retrain_classifier(network, images, validation)
    return network
