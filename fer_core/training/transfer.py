"""What a training takes from an earlier one: weights to start from, or answers to learn from.

Runs must be there, finished, under ``runs.models_folder()``. They learnt from the same Training split, so
what comes of them is still a network without other pictures; what starts from ImageNet's weights is not, and
its run says so (``other_pictures``).
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
from keras import ops

from fer_core.architectures import (
    FLAT_HEADS,
    MOBILENET_ALPHA,
    MOBILENET_SIDE,
    build_mobilenet_body,
    build_network,
)
from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import RecipeError, RunError
from fer_core.recipes import RECIPES, Recipe
from fer_core.runs import Run, load_run, models_folder
from fer_core.training.augmentation import crop_middle
from fer_core.training.maps import with_maps

IMAGENET = "imagenet"  # in place of a run's name
IMAGENET_FILE = (
    f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{MOBILENET_ALPHA}_{MOBILENET_SIDE}_no_top.h5"
)


def load_start(recipe: Recipe, network: keras.Model) -> None:
    """Put the weights of the run ``recipe.start`` into the network, or ImageNet's below its head.

    Raises:
        RecipeError: if that run's network has other shapes, or it has none, or ImageNet's weights cannot be
            had.
        RunError: if there is no such run.
    """
    if recipe.start == IMAGENET:
        network.set_weights(_imagenet_weights(recipe) + network.get_weights()[-2:])
        return
    weights = _load(_earlier(recipe.start)).get_weights()
    shapes = [[tuple(each.shape) for each in some] for some in (weights, network.weights)]
    if shapes[0] != shapes[1]:
        raise RecipeError(
            f"The run {recipe.start!r} cannot start a {recipe.architecture}: the two networks must have the "
            f"same weights. Received: {len(weights)} arrays for {len(network.weights)}, or other shapes."
        )
    network.set_weights(weights)


def _imagenet_weights(recipe: Recipe) -> list[Any]:
    """MobileNetV2's, as Keras fetches and keeps them, without a head."""
    if recipe.architecture != "mobilenet":
        raise RecipeError(
            f"ImageNet's weights are had for mobilenet alone. Received: architecture {recipe.architecture!r}."
        )
    try:
        shape = (MOBILENET_SIDE, MOBILENET_SIDE, 3)
        return list(build_mobilenet_body(weights=IMAGENET, input_shape=shape).get_weights())
    except Exception as error:  # what Keras raises when a download fails
        folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
        raise RecipeError(
            f"ImageNet's weights are missing and Keras could not fetch them: expected {IMAGENET_FILE} in "
            f"{folder}. Run this once with a connection, put the file there, or start from nothing with "
            f"--set start= instead. Received: {str(error).rstrip('.')}."
        ) from error


def other_pictures(recipe: Recipe) -> str:
    """The pictures, other than the Training split's, that a training knows through its start or its teacher:
    "ImageNet", or "" for none.

    Raises:
        RunError: if a run that it starts or learns from is not there.
    """
    if recipe.start == IMAGENET:
        return "ImageNet"
    earlier = [_earlier(name).provenance for name in (recipe.start, *recipe.teachers) if name]
    return next((facts["other_pictures"] for facts in earlier if facts.get("other_pictures")), "")


def build_teacher(recipe: Recipe) -> keras.Model:
    """The frozen network of the run that teaches, to logits (N, 7); of several, to their mean. With
    ``teacher_maps`` it has a second answer: the last maps of all that pool globally, (N, h, w, F).

    It reads what the student sees, augmented and mixed ("a good teacher is patient and consistent", Beyer et
    al. 2022, arXiv:2106.05237), in any number of pixels. One that flattens its maps reads whole faces alone:
    with such a one among them pictures are made whole, and the others look at the part that the student sees.
    Where crops are drawn anew, all are shown the whole picture. Several in one are the ensemble of Hinton et
    al. 2015.

    Raises:
        RecipeError: if one reads whole faces alone, and the student's pictures grow; or none has maps to
            show.
        RunError: if there is no such run.
    """
    runs = [_earlier(name) for name in recipe.teachers]
    flat = [run.name for run in runs if run.has_network and run.recipe.architecture in FLAT_HEADS]
    if flat and recipe.first_px:
        raise RecipeError(
            f"The run {flat[0]!r} reads whole faces in all their pixels and cannot teach from pictures that "
            f"grow: first_px must be 0. Received: {recipe.first_px}."
        )
    side = SIDE if flat or recipe.whole_faces else None
    whole = keras.Input((side, side, 1), dtype="uint8")
    part = crop_middle(whole, recipe.crop_px) if flat and not recipe.random_crop else whole
    seen = [whole if run.name in flat else part for run in runs]
    networks = [_rebuild(run, view.shape[1]) for run, view in zip(runs, seen, strict=True)]
    if recipe.teacher_maps:
        networks = with_maps(networks)
    answers = [network(view, training=False) for network, view in zip(networks, seen, strict=True)]
    teacher = keras.Model(whole, _joined(answers), name="teacher")
    teacher.trainable = False
    return teacher


def _joined(answers: Sequence[Any]) -> Any:
    """What several networks answer as one: the mean of their logits, and any maps side by side."""
    shown = [answer for answer in answers if isinstance(answer, list)]
    logits = [answer[0] if isinstance(answer, list) else answer for answer in answers]
    mean = keras.layers.Average(dtype="float32")(logits) if len(logits) > 1 else logits[0]
    if not shown:
        return mean
    maps = [answer[1] for answer in shown]
    return [mean, keras.layers.Concatenate(dtype="float32")(maps) if len(maps) > 1 else maps[0]]


def _rebuild(run: Run, side: int | None) -> keras.Model:
    """A run's network, for pictures of any side or of ``side`` pixels, under the dtype policy in force."""
    saved = _load(run)
    network = build_network(run.recipe.replace(crop_px=SIDE, first_px=0), side=side)
    network.set_weights(saved.get_weights())
    network.name = f"teacher_{run.name}"  # teachers may share an architecture, and a model has each name once
    return network


def _earlier(name: str) -> Run:
    """The run, or a sentence that says how to have it, where a recipe of its name trains it. One that is
    there, and broken, cannot be trained before it is deleted: its own sentence stands."""
    try:
        return load_run(name)
    except RunError as error:
        if name not in RECIPES or (models_folder() / name).exists():
            raise
        raise RunError(f"{error} Train it first: python -m fer_core train {name} --data PATH.") from error


def _load(run: Run) -> keras.Model:
    if not run.has_network:
        raise RecipeError(
            f"A training starts or learns from a network; the run {run.name!r} is a baseline's."
        )
    return keras.saving.load_model(run.keras_path, compile=False)


def distillation_loss(recipe: Recipe) -> Callable[[Any, Any], Any]:
    """The loss (N,) of the student's logits (N, 7), given targets, the teacher's logits and the labels'
    weight beside each other, (N, 15).

    (1 - share) weight cross-entropy(targets, student) + share T^2 cross-entropy(teacher / T, student / T), as
    in Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network", arXiv:1503.02531. Class
    weights are the labels' alone: a teacher says of each face what it sees, whatever its emotion.
    """
    share, temperature = recipe.teacher_share, recipe.teacher_temperature

    def loss(taught: Any, student: Any) -> Any:
        targets, teacher, weight = ops.split(taught, (EMOTION_COUNT, 2 * EMOTION_COUNT), axis=1)
        smooth = targets * (1 - recipe.label_smoothing) + recipe.label_smoothing / EMOTION_COUNT
        soft = ops.softmax(teacher / temperature)
        hard_loss = ops.categorical_crossentropy(smooth, student, from_logits=True)
        soft_loss = ops.categorical_crossentropy(soft, student / temperature, from_logits=True)
        return (1 - share) * weight[:, 0] * hard_loss + share * temperature**2 * soft_loss

    return loss


def label_accuracy(taught: Any, student: Any) -> Any:
    """The share of faces that the student reads as their label says, (N,) of 0 and 1."""
    return keras.metrics.categorical_accuracy(taught[:, :EMOTION_COUNT], student)
