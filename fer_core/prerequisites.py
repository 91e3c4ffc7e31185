"""What a training takes from elsewhere: weights to start from, networks to learn from.

Runs must be there, finished, under ``runs.models_folder()``. They learnt from the same Training split, so
what comes of them is still a network without other images; what starts from faces or from ImageNet is not,
and its run says so (``other_images``).
"""

from pathlib import Path

import keras

from fer_core.architectures import build_network
from fer_core.errors import RecipeError, RunError
from fer_core.face_weights import HOW, VGGFACE2, load_face_weights
from fer_core.recipes import RECIPES, Recipe
from fer_core.runs import Run, load_run, models_folder
from fer_core.training import Start, dtype_policy, join_teachers, precision_here

IMAGENET = "imagenet"
OTHER_IMAGES = {VGGFACE2: "VGGFace2", IMAGENET: "ImageNet"}  # a recipe's start -> whose images it has seen


def load_start(recipe: Recipe, path: Path | None = None) -> Start | None:
    """What puts the weights of ``recipe.start`` into the network; None where it starts from nothing.

    Args:
        recipe: its ``start``: "vggface2", "imagenet", a finished run, or "".
        path: the file of the face weights, for "vggface2".

    Raises:
        RecipeError: if the weights cannot be had, or are those of another network.
        RunError: if there is no such run.
    """
    if recipe.start == VGGFACE2:
        if path is None:
            raise RecipeError(
                f"{recipe.name} starts from face weights, which are not part of this project. {HOW}"
            )
        return lambda network: load_face_weights(network, path)
    if recipe.start == IMAGENET:
        return _load_imagenet
    if not recipe.start:
        return None
    earlier = _load(_earlier(recipe.start))

    def start(network: keras.Model) -> None:
        try:
            network.set_weights(earlier.get_weights())
        except ValueError as error:
            raise RecipeError(
                f"The run {recipe.start!r} cannot start a {recipe.architecture}: the two networks must have "
                f"the same weights. Received: {earlier.name}."
            ) from error

    return start


def _load_imagenet(network: keras.Model) -> None:
    """MobileNet v1's weights as Keras fetches and keeps them, below the last layer of ``build_mobilenet``."""
    try:
        body = keras.applications.MobileNet(include_top=False, weights="imagenet", input_shape=(224, 224, 3))
    except Exception as error:  # what Keras raises when a download fails
        raise RecipeError(
            "ImageNet's weights are missing and Keras could not fetch them. Run this once with a connection, "
            f"or start from nothing with --set start= instead. Received: {str(error).rstrip('.')}."
        ) from error
    weights = body.get_weights()
    weights[0] = weights[0] / 127.5  # they have seen pixels in [-1, 1]
    network.set_weights(weights + network.get_weights()[-2:])


def load_teacher(recipe: Recipe) -> keras.Model | None:
    """The mean of the finished runs that teach, uint8 (N, side, side, 1) -> logits (N, 7), or None.

    Raises:
        RecipeError: if one takes images of one size alone.
        RunError: if there is no such run.
    """
    if not recipe.teachers:
        return None
    return join_teachers([_any_side(_earlier(name)) for name in recipe.teachers])


def missing_teachers(recipe: Recipe) -> list[str]:
    """The runs that teach and are not there yet, but have a recipe; in the order in which to train them."""
    return [name for name in recipe.teachers if name in RECIPES and not (models_folder() / name).exists()]


def other_images(recipe: Recipe) -> str:
    """The images, other than the Training split's, that a training knows through its start or its teachers:
    "VGGFace2", "ImageNet", or "" for none.

    Raises:
        RunError: if a run that it starts or learns from is not there.
    """
    if recipe.start in OTHER_IMAGES:
        return OTHER_IMAGES[recipe.start]
    earlier = [_earlier(name).provenance for name in (recipe.start, *recipe.teachers) if name]
    return next((facts["other_images"] for facts in earlier if facts.get("other_images")), "")


def _any_side(run: Run) -> keras.Model:
    """A run's network for images of any side, in the precision that suits it here."""
    saved = _load(run)
    with dtype_policy(precision_here(run.recipe.architecture)):
        network = build_network(run.recipe.architecture, dropout=run.recipe.dropout, side=None)
    network.set_weights(saved.get_weights())
    return network


def _earlier(name: str) -> Run:
    """The run, or a sentence that says how to have it, where a recipe of its name trains it. One that is
    there, and broken, cannot be trained before it is deleted: its own sentence stands."""
    try:
        return load_run(name)
    except RunError as error:
        if name not in RECIPES or (models_folder() / name).exists():
            raise
        raise RunError(f"{error} Train it first: fer train {name} --data PATH.") from error


def _load(run: Run) -> keras.Model:
    if not run.has_network:
        raise RecipeError(
            f"A training starts or learns from a network; the run {run.name!r} is a baseline's."
        )
    return keras.saving.load_model(run.keras_path, compile=False)
