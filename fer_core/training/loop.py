"""recipe + training faces + validation faces -> a trained network, resumable after every epoch.

All randomness of an epoch (order, augmentation, dropout) is a function of (seed, epoch), so an interrupted
run that resumes goes on as if it had not stopped.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fer_core import metrics
from fer_core.architectures import build_network
from fer_core.datasets.counts import class_weights
from fer_core.datasets.dataset import PRIVATE_TEST, Dataset
from fer_core.emotions import EMOTION_COUNT
from fer_core.errors import DataError, RunError
from fer_core.recipes import Recipe
from fer_core.training import checkpoints
from fer_core.training.averaging import averaged
from fer_core.training.mixing import Batch, mix_faces
from fer_core.training.trainer import build_trainer, dtype_policy

Logits = npt.NDArray[np.float32]
STATISTICS_FACES = 4096  # from which batch norm is measured anew for averaged weights, after each epoch
OnStep = Callable[[int, int], None]  # (steps done, steps of this epoch)
OnEpoch = Callable[[list[dict[str, float]]], None]  # the history so far, a row an epoch


@dataclass
class Progress:
    """How far a run has come; together with weights and optimizer it is what a checkpoint holds."""

    history: list[dict[str, float]] = field(default_factory=list)
    best_weights: list[npt.NDArray[Any]] = field(default_factory=list)

    def best(self, column: str, pick: Callable[..., Any]) -> int:
        """The first epoch (from 1) with the best value of a column; 0 before the first epoch."""
        values = [row[column] for row in self.history]
        return values.index(pick(values)) + 1 if values else 0

    @property
    def best_epoch(self) -> int:
        """The epoch (from 1) with the highest validation accuracy, the first of equals."""
        return self.best("val_accuracy", max)

    def exhausted(self, patience: int) -> bool:
        """Whether neither validation loss nor accuracy has improved for ``patience`` epochs."""
        newest_record = max(self.best_epoch, self.best("val_loss", min))
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
        validation: the faces that choose the epoch, and nothing else.
        checkpoint: the file that holds everything needed to go on; written after each epoch.
        resume: go on from ``checkpoint`` if it is there.
        on_step: called after each batch, for a progress bar.
        on_epoch: called after each epoch with the history so far.

    Returns:
        The network with its best weights, in float32: uint8 (N, 48, 48, 1) -> logits (N, 7); and the history.

    Raises:
        DataError: if either set is PrivateTest, which chooses nothing here, or the faces fill no batch.
        RunError: if the checkpoint is broken or belongs to another recipe.
    """
    for dataset in (train, validation):
        if dataset.split == PRIVATE_TEST:
            raise DataError("PrivateTest is for the final evaluation alone. Received it as training input.")
    faces = without_blank(train) if recipe.drop_blank else train
    steps = len(faces) // recipe.batch_size
    if steps == 0:
        raise DataError(f"One batch takes {recipe.batch_size} faces. Received: {len(faces)} to train on.")
    with dtype_policy(recipe.precision):
        network, trainer = build_trainer(recipe, steps)
    progress = Progress()
    if resume and checkpoint.is_file():
        progress = _restore(checkpoint, recipe, trainer)
    batch_faces = (faces.images, *_targets(recipe, faces))
    while len(progress.history) < recipe.epochs and not progress.exhausted(recipe.patience):
        epoch = len(progress.history)
        row = _train_epoch(recipe, trainer, batch_faces, epoch, on_step)
        with _averaged(recipe, trainer, network, batch_faces, epoch):
            row |= _validate(network, validation)
            progress.history.append(row)
            if progress.best_epoch == len(progress.history):
                progress.best_weights = network.get_weights()
        _save(checkpoint, recipe, trainer, progress)
        if on_epoch:
            on_epoch(progress.history)
    return _finished(recipe, progress), progress


def without_blank(dataset: Dataset) -> Dataset:
    """The data set without images whose pixels are all 0."""
    seen = dataset.images.any(axis=(1, 2))
    return Dataset(
        dataset.images[seen], dataset.labels[seen], dataset.rows[seen], dataset.split, dataset.name,
        None if dataset.groups is None else dataset.groups[seen],
    )  # fmt: skip


def _targets(recipe: Recipe, faces: Dataset) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """One-hot labels (N, 7) and each face's weight (N,)."""
    one_hot = np.eye(EMOTION_COUNT, dtype=np.float32)[faces.labels]
    weights = class_weights(faces.labels) if recipe.class_weights else np.ones(EMOTION_COUNT)
    return one_hot, weights.astype(np.float32)[faces.labels]


@contextmanager
def _averaged(
    recipe: Recipe, trainer: keras.Model, network: keras.Model, faces: Batch, epoch: int
) -> Iterator[None]:
    """The average weights in place of the newest, where the recipe asks for one."""
    if not recipe.average:
        yield
        return
    chosen = np.random.default_rng([recipe.seed, epoch]).permutation(len(faces[0]))[:STATISTICS_FACES]
    mixed = _epoch_faces(recipe, (faces[0][chosen], faces[1][chosen], faces[2][chosen]), epoch)[0]
    seen = trainer.get_layer("augmentation")(mixed[..., None], training=True)
    with averaged(trainer, network, keras.ops.convert_to_numpy(seen)):
        yield


def _train_epoch(
    recipe: Recipe, trainer: keras.Model, faces: Batch, epoch: int, on_step: OnStep | None
) -> dict[str, float]:
    """One pass over the faces in a new order; what does not fill a batch waits for another epoch.

    Batch by batch and not by ``fit``: under TensorFlow that ends each epoch waiting for tf.data's tuner to
    wake, which it does after 10 ms, 20 ms, ... 82 s: an epoch of 45 s took 82.
    """
    started = time.perf_counter()
    _resize(trainer, recipe.side_at(epoch))
    _reseed(trainer, recipe.seed, epoch)
    images, targets, weights = _epoch_faces(recipe, faces, epoch)
    steps = len(images) // recipe.batch_size
    logs = []
    for step in range(steps):
        part = slice(step * recipe.batch_size, (step + 1) * recipe.batch_size)
        logs.append(
            trainer.train_on_batch(images[part, ..., None], targets[part], weights[part], return_dict=True)
        )
        if on_step:
            on_step(step + 1, steps)
    return {
        "epoch": epoch + 1,
        "loss": float(np.mean([row["loss"] for row in logs])),
        "accuracy": float(np.mean([row["accuracy"] for row in logs])),
        "learning_rate": float(trainer.optimizer.learning_rate),
        "seconds": time.perf_counter() - started,
    }


def _epoch_faces(recipe: Recipe, faces: Batch, epoch: int) -> Batch:
    """The faces in the epoch's order, whole batches of them, mixed where the recipe says so."""
    rng = np.random.default_rng([recipe.seed, epoch])
    order = rng.permutation(len(faces[0]))[: len(faces[0]) // recipe.batch_size * recipe.batch_size]
    images, targets, weights = faces[0][order], faces[1][order], faces[2][order]
    if (recipe.mixup or recipe.cutmix) and epoch < recipe.epochs - recipe.unmixed_epochs:
        return mix_faces((images, targets, weights), rng, mixup=recipe.mixup, cutmix=recipe.cutmix)
    return images, targets, weights


def _resize(trainer: keras.Model, side: int) -> None:
    """Let the network learn from pictures of that many pixels a side from now on."""
    augmentation = trainer.get_layer("augmentation")
    if augmentation.side != side:
        augmentation.side = side
        trainer.make_train_function(force=True)  # the compiled one knows the old side


def _reseed(model: keras.Model, seed: int, epoch: int) -> None:
    """Give each random layer a state that depends on (seed, epoch, layer) alone."""
    for index, generator in enumerate(_seed_generators(model)):
        state = np.random.SeedSequence([seed, epoch, index]).generate_state(1)[0] % 2**31
        generator.state.assign(np.array([state, 0], dtype=generator.state.dtype))


def _seed_generators(model: keras.Model) -> Iterator[keras.random.SeedGenerator]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _seed_generators(layer)
        elif hasattr(layer, "seed_generator"):
            yield layer.seed_generator


def predict_logits(network: keras.Model, images: npt.NDArray[np.uint8]) -> Logits:
    """Logits (N, 7) float32 of uint8 (N, 48, 48) images."""
    parts = [images[start : start + 256, ..., None] for start in range(0, len(images), 256)]
    return np.concatenate([np.asarray(network.predict_on_batch(part), np.float32) for part in parts])


def _validate(network: keras.Model, validation: Dataset) -> dict[str, float]:
    """Plain cross-entropy and accuracy: no augmentation, no class weights, no label smoothing."""
    probabilities = metrics.softmax(predict_logits(network, validation.images))
    return {
        "val_loss": metrics.log_loss(validation.labels, probabilities),
        "val_accuracy": metrics.accuracy(validation.labels, probabilities),
    }


def _save(path: Path, recipe: Recipe, trainer: keras.Model, progress: Progress) -> None:
    state = {
        "weights": trainer.get_weights(),
        "optimizer": [np.asarray(variable) for variable in trainer.optimizer.variables],
        "best": progress.best_weights,
    }
    checkpoints.save(path, recipe, progress.history, state)


def _restore(path: Path, recipe: Recipe, trainer: keras.Model) -> Progress:
    history, state = checkpoints.load(path, recipe)
    trainer.optimizer.build(trainer.trainable_variables)
    try:
        trainer.set_weights(state["weights"])
        for variable, value in zip(trainer.optimizer.variables, state["optimizer"], strict=True):
            variable.assign(value)
    except (KeyError, ValueError) as error:
        raise RunError(
            f"The checkpoint {path} does not fit the network that the recipe builds now; it was written by "
            "other code. Delete it to start anew."
        ) from error
    return Progress(history, state["best"])


def _finished(recipe: Recipe, progress: Progress) -> keras.Model:
    """The best weights in a float32 network: no mixed precision, no optimizer, nothing of training left.

    Kernels are rounded to float16, as LiteRT stores them, so that both networks hold the same ones.
    """
    with dtype_policy("float32"):
        network = build_network(recipe)
    rounded = [each.astype(np.float16) if each.ndim > 1 else each for each in progress.best_weights]
    network.set_weights(rounded)
    return network
