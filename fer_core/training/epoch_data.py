"""The data of each epoch: images shuffled, mixed, augmented, and predicted by the teacher if there is one.

All of it is made before the epoch's first step, as a function of (recipe, images, epoch) and, with
``self_distillation``, of what the network has predicted so far. Images are uint8 (M, side, side, 1), targets
float32 (M, 7), or (M, 15) with a teacher's logits and the labels' weight beside the labels' shares (the
teacher's logits weigh the same for all).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fer_core.datasets.class_distribution import class_weights
from fer_core.datasets.dataset import Dataset
from fer_core.emotions import EMOTION_COUNT
from fer_core.evaluation.metrics import softmax
from fer_core.extras import optional
from fer_core.training.augmentation import Augmentation
from fer_core.training.mixing import mix_images
from fer_core.training.recipes import Recipe

with optional():
    import keras

AT_ONCE = 1024  # images that are augmented at a time
BATCH = 256  # images that are predicted at a time
# Images, targets and sample weights, as Keras's train_on_batch takes them.
Samples = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.float32]]


class EpochData:
    """Makes each epoch's images, targets and sample weights.

    Args:
        recipe: its fields decide.
        dataset: the images to learn from.
        teacher: uint8 (N, side, side, 1) -> logits (N, 7), or None.
    """

    def __init__(self, recipe: Recipe, dataset: Dataset, teacher: keras.Model | None = None) -> None:
        self.recipe = recipe
        self.images = dataset.images
        self.targets, self.weights = _targets(recipe, dataset)
        self.teacher = teacher
        self.augmentation = Augmentation(recipe)
        # Mean probabilities (N, 7) of what the network itself has predicted so far, once it has.
        self.own_predictions: npt.NDArray[np.float32] | None = None

    def add_own_predictions(self, network: keras.Model, times: int) -> None:
        """Let the network predict all images, the ``times``-th time, every second time mirrored: labels give
        way to the mean of its predictions (``self_distillation``), in which the k-th weighs k.

        A mean is better than each of them, and older predictions overfit less (Laine and Aila 2017, "Temporal
        ensembling for semi-supervised learning", arXiv:1610.02242).
        """
        images = self.images if times % 2 else self.images[:, :, ::-1]
        newest = softmax(predict_logits(network, images))
        before = newest if self.own_predictions is None else self.own_predictions
        self.own_predictions = before + (newest - before) * np.float32(2 / (times + 1))

    def of_epoch(self, epoch: int) -> Samples:
        """Whole batches for an epoch, counted from 0; what does not fill a batch waits for another epoch."""
        recipe = self.recipe
        rng = np.random.default_rng([recipe.seed, epoch])
        count = len(self.images)
        order = rng.permutation(count)[: count // recipe.batch_size * recipe.batch_size]
        samples = self.images[order], self._softened(epoch)[order], self.weights[order]
        if recipe.mixup or recipe.cutmix:
            samples = mix_images(samples, rng, mixup=recipe.mixup, cutmix=recipe.cutmix)
        images, targets, weights = samples
        self.augmentation.side = recipe.side_at(epoch)
        images = augment(self.augmentation, images, epoch)
        if self.teacher is None:
            return images, targets, weights
        logits = predict_logits(self.teacher, images[..., 0])
        return images, np.column_stack([targets, logits, weights]), np.ones_like(weights)

    def _softened(self, epoch: int) -> npt.NDArray[np.float32]:
        """The labels, giving way to the network's own predictions; their share grows evenly."""
        if self.own_predictions is None:
            return self.targets
        share = np.float32(self.recipe.self_distillation * epoch / self.recipe.epochs)
        return (1 - share) * self.targets + share * self.own_predictions


def augment(augmentation: Augmentation, images: npt.NDArray[np.uint8], epoch: int) -> npt.NDArray[np.uint8]:
    """Images (N, side, side, 1) of (N, 48, 48), drawn as a function of (recipe, epoch)."""
    reseed([augmentation.seed_generator], augmentation.recipe.seed, epoch)
    parts = [images[start : start + AT_ONCE, ..., None] for start in range(0, len(images), AT_ONCE)]
    return np.concatenate([keras.ops.convert_to_numpy(augmentation(part, training=True)) for part in parts])


def predict_logits(network: keras.Model, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Logits (N, 7) float32 of uint8 (N, side, side) images."""
    parts = [images[start : start + BATCH, ..., None] for start in range(0, len(images), BATCH)]
    return np.concatenate([np.asarray(network.predict_on_batch(part), np.float32) for part in parts])


def reseed(generators: list[keras.random.SeedGenerator], seed: int, epoch: int) -> None:
    """Give each generator a state that depends on (seed, epoch, its place in the list) alone."""
    for index, generator in enumerate(generators):
        state = np.random.SeedSequence([seed, epoch, index]).generate_state(1)[0] % 2**31
        generator.state.assign(np.array([state, 0], dtype=generator.state.dtype))


def seed_generators(model: keras.Model) -> Iterator[keras.random.SeedGenerator]:
    """Those of a network's random layers, such as dropout, in the order of its layers."""
    return (layer.seed_generator for layer in model.layers if hasattr(layer, "seed_generator"))


def _targets(recipe: Recipe, dataset: Dataset) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """One-hot labels (N, 7) and each image's weight (N,)."""
    one_hot = np.eye(EMOTION_COUNT, dtype=np.float32)[dataset.labels]
    weights = class_weights(dataset.labels) if recipe.class_weights else np.ones(EMOTION_COUNT)
    return one_hot, weights.astype(np.float32)[dataset.labels]
