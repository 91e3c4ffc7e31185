"""What each epoch shows: faces in a new order, mixed, augmented, and answered by a teacher if there is one.

All of it is made before the epoch's first step, as a function of (recipe, faces, epoch) and, with
``self_share``, of what the network has answered last. Pictures are uint8 (M, side, side, 1), targets float32
(M, 7), or (M, 15) with a teacher's logits and the labels' weight beside the labels' shares (its answers weigh
the same for all); where it shows its maps too, (M, h, w, F), targets are a list of both.
"""

from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from fer_core.datasets.class_distribution import class_weights
from fer_core.datasets.dataset import Dataset
from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.metrics import softmax
from fer_core.recipes import Recipe
from fer_core.training import transfer
from fer_core.training.augmentation import Augmentation, crop_middle
from fer_core.training.maps import answer_in_batches, mirror_some, predict, with_even_maps
from fer_core.training.mixing import mix_faces
from fer_core.training.shelf import Lesson, Shelf

AT_ONCE = 1024  # faces that are augmented at a time


class Lessons:
    """The epochs' pictures, targets and weights; those that come again are kept in files.

    Args:
        recipe: its fields decide; the teacher is built under the dtype policy in force.
        faces: the faces to learn from.
        folder: for what comes again; without one it is made anew, the same.
    """

    def __init__(self, recipe: Recipe, faces: Dataset, folder: Path | None = None) -> None:
        self.recipe = recipe
        self.images = faces.images
        self.targets, self.weights = _targets(recipe, faces)
        self.teacher = transfer.build_teacher(recipe) if recipe.teacher else None
        # Pictures are made whole where crops of them are drawn, or where a teacher reads whole faces alone.
        reads_whole = self.teacher is not None and self.teacher.input_shape[1] == SIDE
        self.whole = recipe.random_crop or reads_whole
        self.augmentation = Augmentation(recipe.replace(crop_px=SIDE) if self.whole else recipe)
        if self.teacher is not None and recipe.teacher_maps:
            self.teacher = with_even_maps(self.teacher, self.images[:AT_ONCE, ..., None])
        self.shelf = Shelf(folder if recipe.lessons else None)
        # Mean shares (N, 7) of what the network itself has answered so far, once it has been asked.
        self.own_answers: npt.NDArray[np.float32] | None = None

    def ask(self, network: keras.Model, times: int) -> None:
        """Let the network answer all faces, the ``times``-th time, every second time mirrored: labels give
        way to the mean of its answers (``self_share``), in which the k-th weighs k.

        A mean is better than each of them, and older answers know fewer labels by heart (Laine and Aila 2017,
        "Temporal ensembling for semi-supervised learning", arXiv:1610.02242).
        """
        images = self.images if times % 2 else self.images[:, :, ::-1]
        answers = softmax(predict_logits(network, images))
        before = answers if self.own_answers is None else self.own_answers
        self.own_answers = before + (answers - before) * np.float32(2 / (times + 1))

    def of_epoch(self, epoch: int) -> Lesson:
        """Whole batches of faces for an epoch, counted from 0; a lesson given before comes in a new order
        (and in new crops, or every second picture mirrored with its maps)."""
        recipe = self.recipe
        number = epoch % recipe.lessons if recipe.lessons else epoch
        mixed = epoch < recipe.epochs - recipe.unmixed_epochs
        side = recipe.side_at(epoch)
        name = f"{number}-of-{side}px" + ("" if mixed else "-unmixed")
        lesson = self.shelf.take(name, lambda: self._make(number, side=side, mixed=mixed))
        rng = np.random.default_rng([recipe.seed, epoch, 1])
        order = rng.permutation(len(lesson[0]))
        images, targets, weights = keras.tree.map_structure(itemgetter(order), lesson)
        seen = crop_anywhere(images, side, rng) if recipe.random_crop else crop_middle(images, side)
        if recipe.teacher_maps:
            mirror_some(seen, targets[1], rng)
        return seen, targets, weights

    def _make(self, number: int, *, side: int, mixed: bool) -> Lesson:
        recipe, rng = self.recipe, np.random.default_rng([self.recipe.seed, number])
        count = len(self.images)
        chosen = rng.permutation(count)[: count // recipe.batch_size * recipe.batch_size]
        targets = self._softened(number)
        images, targets, weights = self.images[chosen], targets[chosen], self.weights[chosen]
        if mixed and (recipe.mixup or recipe.cutmix):
            images, targets, weights = mix_faces(
                (images, targets, weights), rng, mixup=recipe.mixup, cutmix=recipe.cutmix
            )
        seen = self._augment(images, number, SIDE if self.whole else side)
        if self.teacher is None:
            return seen, targets, weights
        maps = None
        if recipe.teacher_maps:
            logits, maps = predict(self.teacher, seen)
        else:
            logits = predict_logits(self.teacher, seen[..., 0])
        taught = np.column_stack([targets, logits, weights])
        return seen, taught if maps is None else [taught, maps], np.ones_like(weights)

    def _softened(self, epoch: int) -> npt.NDArray[np.float32]:
        """The labels, giving way to the network's own answers; their share grows evenly."""
        if self.own_answers is None:
            return self.targets
        share = np.float32(self.recipe.self_share * epoch / self.recipe.epochs)
        return (1 - share) * self.targets + share * self.own_answers

    def _augment(self, images: npt.NDArray[np.uint8], number: int, side: int) -> npt.NDArray[np.uint8]:
        self.augmentation.side = side
        return augment(self.augmentation, images, number)


def augment(augmentation: Augmentation, images: npt.NDArray[np.uint8], number: int) -> npt.NDArray[np.uint8]:
    """Pictures (N, side, side, 1) of faces (N, 48, 48), drawn as a function of (recipe, number)."""
    reseed([augmentation.seed_generator], augmentation.recipe.seed, number)
    parts = [images[start : start + AT_ONCE, ..., None] for start in range(0, len(images), AT_ONCE)]
    return np.concatenate([keras.ops.convert_to_numpy(augmentation(part, training=True)) for part in parts])


def crop_anywhere(
    images: npt.NDArray[np.uint8], side: int, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """A square (N, side, side, 1) of each picture, anywhere in it, and every second one mirrored."""
    rows, columns = (rng.integers(0, images.shape[1] - side + 1, (len(images), 1)) for _ in range(2))
    rows, columns = (start + np.arange(side) for start in (rows, columns))
    columns = np.where(rng.random((len(images), 1)) < 0.5, columns[:, ::-1], columns)
    return images[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


def predict_logits(network: keras.Model, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Logits (N, 7) float32 of uint8 (N, side, side) images."""
    parts = answer_in_batches(network, images[..., None])
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


def reseed(generators: list[keras.random.SeedGenerator], seed: int, epoch: int) -> None:
    """Give each generator a state that depends on (seed, epoch, its place in the list) alone."""
    for index, generator in enumerate(generators):
        state = np.random.SeedSequence([seed, epoch, index]).generate_state(1)[0] % 2**31
        generator.state.assign(np.array([state, 0], dtype=generator.state.dtype))


def seed_generators(model: keras.Model) -> Iterator[keras.random.SeedGenerator]:
    """Those of a network's random layers, such as dropout, in the order of its layers."""
    return (layer.seed_generator for layer in model.layers if hasattr(layer, "seed_generator"))


def _targets(recipe: Recipe, faces: Dataset) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """One-hot labels (N, 7) and each face's weight (N,)."""
    one_hot = np.eye(EMOTION_COUNT, dtype=np.float32)[faces.labels]
    weights = class_weights(faces.labels) if recipe.class_weights else np.ones(EMOTION_COUNT)
    return one_hot, weights.astype(np.float32)[faces.labels]
