"""Training over all local devices: each computes a share of every batch (Keras's ``DataParallel``, on JAX).

The batch stays the recipe's, and so do gradients and batch norm, which are over the whole of it: what is
learnt is what one device would learn, but for rounding. TensorFlow was tried and left: under its
MirroredStrategy ``train_on_batch`` gives every device the whole batch, so nothing is faster; shared out by
``fit``, each device has batch statistics of its own, so something else is learnt.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from fer_core.errors import RecipeError
from fer_core.extras import optional
from fer_core.training.recipes import Recipe

with optional():
    import keras


def devices_for(recipe: Recipe) -> int:
    """How many devices a recipe can be trained over here.

    Raises:
        RecipeError: if Keras does not run on JAX, or the batch has no equal shares for the devices.
    """
    backend = keras.backend.backend()
    if backend != "jax":
        raise RecipeError(
            f"Training over several devices needs Keras on JAX: set KERAS_BACKEND=jax. Received: {backend}."
        )
    devices = len(keras.distribution.list_devices())
    if recipe.batch_size % devices:
        raise RecipeError(
            f"batch_size must be a multiple of the {devices} devices here. Received: {recipe.batch_size}."
        )
    return devices


@contextmanager
def all_devices(recipe: Recipe) -> Iterator[None]:
    """What is built and trained inside is on all local devices.

    Raises:
        RecipeError: see ``devices_for``.
    """
    devices_for(recipe)
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)
