"""What is trained: the network with a loss and an optimizer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from fer_core.architectures import build_network
from fer_core.emotions import SIDE
from fer_core.recipes import Recipe
from fer_core.training import maps, transfer
from fer_core.training.muon import Muon

CPUINFO = Path("/proc/cpuinfo")
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # as Linux calls them: twice on x86, then on Arm


def build_trainer(recipe: Recipe, steps: int, teacher: keras.Model | None = None) -> keras.Model:
    """The recipe's network, compiled to learn from augmented pictures: see ``lessons`` for its targets.

    With ``teacher_maps`` it answers with the maps of ``teacher`` too.
    """
    keras.utils.set_random_seed(recipe.seed)
    network = build_network(recipe, side=SIDE if recipe.whole_faces else None)
    if recipe.start:
        transfer.load_start(recipe, network)
    loss: Any = keras.losses.CategoricalCrossentropy(True, recipe.label_smoothing)
    accuracy: Any = keras.metrics.CategoricalAccuracy(name="accuracy")
    if recipe.teacher:
        loss = transfer.distillation_loss(recipe)
        accuracy = keras.metrics.MeanMetricWrapper(transfer.label_accuracy, name="accuracy")
    learnt: dict[str, Any] = {"loss": loss, "metrics": [accuracy]}
    if recipe.teacher_maps and teacher is not None:
        network = maps.with_translation(network, teacher, recipe.side_at(0))
        learnt = {"loss": [loss, maps.squared_error], "loss_weights": [1.0, recipe.teacher_maps]}
        learnt["metrics"] = [[accuracy], []]
    network.compile(
        optimizer=build_optimizer(recipe, steps),
        **learnt,
        # XLA is slower on the CPU under TensorFlow; JAX always compiles.
        jit_compile=keras.backend.backend() != "tensorflow",
    )
    return network


def build_optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer: a linear warm-up, then a half cosine (Loshchilov & Hutter 2017) down to 0."""
    warmup = round(recipe.warmup_epochs * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 100 if warmup else recipe.learning_rate,
        decay_steps=max(1, recipe.epochs * steps - warmup),
        warmup_target=recipe.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    settings: dict[str, Any] = {"learning_rate": schedule, "weight_decay": recipe.weight_decay or None}
    if recipe.average:
        settings |= {"use_ema": True, "ema_momentum": recipe.average}
    if recipe.optimizer in ("sgd", "muon"):
        settings |= {"momentum": recipe.momentum, "nesterov": recipe.momentum > 0}
    if recipe.optimizer == "muon":
        return Muon(**settings)
    return keras.optimizers.get({"class_name": recipe.optimizer, "config": settings})


def precision_here(precision: str) -> str:
    """The Keras dtype policy for a recipe's precision: float32 where bfloat16 would have to be emulated.

    On a processor without it a step in mixed_bfloat16 takes ten times as long as in float32 (19.6 s against
    1.9, an EPYC with AVX2). Where Linux does not list what a processor can do, the recipe is followed.
    """
    if keras.distribution.list_devices("gpu") or not CPUINFO.is_file():
        return precision
    return precision if BFLOAT16_FLAGS & set(CPUINFO.read_text().split()) else "float32"


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Build layers under another Keras dtype policy, and put the old one back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
