"""Learning where a teacher sees what: its last maps, before pooling makes one number of each.

Seven logits say little of a picture. The maps behind them hold hundreds of numbers for each of 5 x 5 places,
and a student that has to tell them learns twice as fast at first (docs/experiments.md). Romero et al. 2015
("FitNets", arXiv:1412.6550) teach by maps from the middle, Chen et al. 2022 ("Knowledge Distillation with
the Reused Teacher Classifier", arXiv:2203.14001) by the last ones. They keep the teacher's classifier and the
layer that translates into its maps; here the student's own last layer learns beside it, and it is left out.

Maps are (N, h, w, F), in a lesson uint8 in twentieths of a deviation, for they are large: of 28,000 pictures,
with 5 x 5 places and 256 channels, 180 MB. Rounded so, a map of deviation 1 is off by 0.014.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from fer_core.errors import RecipeError

Maps = npt.NDArray[np.uint8]
Pictures = npt.NDArray[np.uint8]
BATCH = 256
LEVELS = 20.0  # of a kept map, a deviation; 255 of them are 12.75 deviations, and what is louder is cut there


def last_maps(network: keras.Model) -> keras.KerasTensor:
    """What the network's last global pooling takes in, (N, h, w, F).

    Raises:
        RecipeError: if nothing pools.
    """
    pooling = [layer for layer in network.layers if _pools(layer)]
    if not pooling:
        raise RecipeError(
            f"teacher_maps needs teachers and a student that end in global pooling. Received: {network.name}."
        )
    return pooling[-1].input


def _pools(layer: layers.Layer) -> bool:
    return isinstance(layer, layers.GlobalAveragePooling2D | layers.GlobalMaxPooling2D)


def with_maps(networks: Sequence[keras.Model]) -> list[keras.Model]:
    """The networks, to logits and their last maps; those that pool nothing, beside others, to logits alone.

    Raises:
        RecipeError: if none pools.
    """
    pooled = [network for network in networks if any(map(_pools, network.layers))] or networks
    return [
        keras.Model(each.input, [each.output, last_maps(each)], name=each.name) if each in pooled else each
        for each in networks
    ]


def with_even_maps(teacher: keras.Model, pictures: Pictures) -> keras.Model:
    """The teacher, each of its maps brought to a deviation of 1 over ``pictures`` (N, side, side, 1), so that
    their error weighs the same whoever teaches: of two teachers one may answer five times as loud. They come
    in ``LEVELS`` a deviation, float32."""
    logits, maps = teacher.outputs
    _, parts = zip(*answer_in_batches(teacher, pictures), strict=True)
    seen = np.concatenate(parts)
    deviation = seen.std(axis=(0, 1, 2), dtype=np.float64)
    scale = LEVELS / np.maximum(deviation, deviation.mean() / 10)  # a map that is nearly silent stays quiet
    even = layers.Rescaling(scale.tolist(), dtype="float32")(maps)
    return keras.Model(teacher.input, [logits, even], name=teacher.name)


def predict(teacher: keras.Model, pictures: Pictures) -> tuple[npt.NDArray[np.float32], Maps]:
    """Logits (N, 7) and even maps (N, h, w, F), rounded, of pictures (N, side, side, 1)."""
    logits, maps = zip(*map(_rounded, answer_in_batches(teacher, pictures)), strict=True)
    return np.concatenate(logits), np.concatenate(maps)


def _rounded(answer: Any) -> tuple[npt.NDArray[np.float32], Maps]:
    """Batch by batch, so that few maps are in memory in full; a ReLU's are never below 0."""
    logits, maps = map(keras.ops.convert_to_numpy, answer)
    return logits.astype(np.float32), np.minimum(np.rint(maps), 255).astype(np.uint8)


def answer_in_batches(network: keras.Model, pictures: Pictures) -> Iterator[Any]:
    """What the network answers to each ``BATCH`` of pictures (N, side, side, 1), in their order."""
    for start in range(0, len(pictures), BATCH):
        yield network.predict_on_batch(pictures[start : start + BATCH])


def mirror_some(pictures: Pictures, maps: Maps, rng: np.random.Generator) -> None:
    """Mirror every second picture where it is, and its maps with it, as pictures are that come again."""
    mirrored = rng.random(len(pictures)) < 0.5
    for each in (pictures, maps):  # in place: a lesson's maps are large
        each[mirrored] = each[mirrored, :, ::-1]


def with_translation(network: keras.Model, teacher: keras.Model, side: int) -> keras.Model:
    """The student with a second answer: its last maps, translated into the teacher's by a 1x1 convolution.

    Args:
        network: the student, to logits.
        teacher: to logits and maps.
        side: pixels a side of what the student sees.

    Raises:
        RecipeError: if the student pools nothing, or its maps have another number of places.
    """
    seen = last_maps(network)
    grids = [_places(network, seen, side), _places(teacher, teacher.outputs[1], side)]
    if grids[0] != grids[1]:
        raise RecipeError(
            "With teacher_maps the student's last maps must have as many places as its teacher's. "
            f"Received: {grids[0]} and {grids[1]} for pictures of {side} pixels."
        )
    channels = teacher.outputs[1].shape[-1]
    x = layers.Conv2D(channels, 1, use_bias=False, kernel_initializer="he_normal")(seen)
    x = layers.ReLU()(layers.BatchNormalization()(x))  # the teacher's maps come from a ReLU too
    return keras.Model(network.input, [network.output, x], name=network.name)


def _places(model: keras.Model, maps: keras.KerasTensor, side: int) -> tuple[int, ...]:
    """Rows and columns of its maps; pictures are of ``side`` pixels where it takes any."""
    side = model.input_shape[1] or side
    return tuple(keras.Model(model.input, maps).compute_output_shape((1, side, side, 1))[1:3])


def without_translation(network: keras.Model) -> keras.Model:
    """The student alone, to logits (N, 7): it shares its weights with ``network``."""
    return keras.Model(network.input, network.outputs[0]) if len(network.outputs) > 1 else network


def squared_error(shown: Any, told: Any) -> Any:
    """The mean squared error (N,), in deviations, of maps (N, h, w, F): those that teachers show, in
    ``LEVELS`` a deviation, and those that their student tells."""
    error = ops.cast(shown, "float32") / LEVELS - ops.cast(told, "float32")
    return ops.mean(ops.square(error), axis=(1, 2, 3))
