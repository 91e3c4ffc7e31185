"""What a training takes from elsewhere: weights to start from, networks to learn from.

Runs must be there, finished, under ``runs.models_folder()``. They learnt from the same Training split, so
what comes of them is still a network without other images; what starts from faces or from ImageNet is not,
and its run says so (``other_images``).
"""

from pathlib import Path

from fer_core.emotions import SIDE
from fer_core.errors import RecipeError, RunError
from fer_core.experiments.runs import Run, load_run, models_folder
from fer_core.extras import optional
from fer_core.networks.architectures import FLAT_HEADS, build_network, load_network
from fer_core.networks.face_weights import HOW, VGGFACE2, load_face_weights
from fer_core.training.distillation import join_teachers
from fer_core.training.loop import Start
from fer_core.training.recipes import RECIPES, Recipe, load_recipe
from fer_core.training.trainer import dtype_policy, precision_here

with optional():
    import keras

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
    if network.name != "mobilenet":
        raise RecipeError(f"ImageNet's weights start a mobilenet alone. Received: {network.name}.")
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


def missing_teachers(recipe: Recipe) -> list[Recipe]:
    """The recipes of teachers that have no run yet, and of those that they learn from, in the order in which
    to train them.

    Raises:
        RunError: if one has no run and no recipe, or a run that is broken.
    """
    missing: list[Recipe] = []
    for name in recipe.teachers:
        known = name.removeprefix("_")
        if known not in RECIPES or (models_folder() / name).exists():
            _earlier(name)
            continue
        teacher = load_recipe(known) if name == known else unranked(load_recipe(known))
        missing += [each for each in (*missing_teachers(teacher), teacher) if each not in missing]
    return missing


def unranked(recipe: Recipe) -> Recipe:
    """The recipe for faces drawn by code: an underscore keeps its run, and those that it learns from, out of
    FER2013's ranking."""
    names = [f"_{name.removeprefix('_')}" for name in (recipe.name, *recipe.teachers)]
    return recipe.replace(name=names[0], teacher="+".join(names[1:]))


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
    if run.recipe.architecture in FLAT_HEADS:
        raise RecipeError(
            f"The run {run.name!r} cannot teach: a teacher takes images of any size. Received: "
            f"{run.recipe.architecture}, for images of {SIDE} pixels a side."
        )
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
        known = name.removeprefix("_")
        if known not in RECIPES or (models_folder() / name).exists():
            raise
        data = "PATH" if name == known else "drawn"
        raise RunError(f"{error} Train it first: fer train {known} --data {data}.") from error


def _load(run: Run) -> keras.Model:
    if not run.has_network:
        raise RecipeError(
            f"A training starts or learns from a network; the run {run.name!r} is a baseline's."
        )
    return load_network(run.keras_path)
