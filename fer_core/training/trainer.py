"""What is trained: the network with a loss and an optimizer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fer_core.emotions import SIDE
from fer_core.extras import optional
from fer_core.networks.architectures import FULL_CONVOLUTIONS, build_network
from fer_core.training.distillation import distillation_loss, label_accuracy, label_loss, teacher_loss
from fer_core.training.muon import Muon
from fer_core.training.recipes import Recipe

with optional():
    import keras

MOMENTUM = 0.9  # of SGD and Muon, Nesterov's; the other optimizers keep Keras's betas
WARMUP_EPOCHS = 2.0  # in which the learning rate rises; a tenth of a training shorter than 20 epochs
CPUINFO = Path("/proc/cpuinfo")
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # as Linux calls them: twice on x86, then on Arm


def build_trainer(recipe: Recipe, steps: int) -> keras.Model:
    """The recipe's network, compiled to learn from augmented images: see ``epoch_data`` for its targets."""
    keras.utils.set_random_seed(recipe.seed)
    side = SIDE if recipe.whole_faces else None
    network = build_network(recipe.architecture, dropout=recipe.dropout, side=side)
    loss: Any = keras.losses.CategoricalCrossentropy(from_logits=True)
    metrics: list[Any] = [keras.metrics.CategoricalAccuracy(name="accuracy")]
    if recipe.teacher:
        loss = distillation_loss(recipe.distillation_weight)
        parts = {"accuracy": label_accuracy, "label_loss": label_loss, "distillation_loss": teacher_loss}
        metrics = [keras.metrics.MeanMetricWrapper(part, name=name) for name, part in parts.items()]
    network.compile(
        optimizer=build_optimizer(recipe, steps),
        loss=loss,
        metrics=metrics,
        # XLA is slower on the CPU under TensorFlow; JAX always compiles.
        jit_compile=keras.backend.backend() != "tensorflow",
    )
    return network


def build_optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer: a linear warm-up, then a half cosine (Loshchilov & Hutter 2017) down to 0."""
    warmup = round(min(WARMUP_EPOCHS, recipe.epochs / 10) * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 100 if warmup else recipe.learning_rate,
        decay_steps=max(1, recipe.epochs * steps - warmup),
        warmup_target=recipe.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    settings: dict[str, Any] = {"learning_rate": schedule, "weight_decay": recipe.weight_decay or None}
    if recipe.ema:
        settings |= {"use_ema": True, "ema_momentum": recipe.ema}
    if recipe.optimizer in ("sgd", "muon"):
        settings |= {"momentum": MOMENTUM, "nesterov": True}
    if recipe.optimizer == "muon":
        return Muon(**settings)
    return keras.optimizers.get({"class_name": recipe.optimizer.removesuffix("-plain"), "config": settings})


def precision_here(architecture: str) -> str:
    """The Keras dtype policy to train an architecture under on this machine.

    bfloat16 where it pays: networks of full convolutions, on a processor that knows it. Depthwise
    convolutions are slower in it, and where it has to be emulated a step takes ten times as long (19.6 s
    against 1.9, an EPYC with AVX2). Where Linux does not list what a processor can do, float32.
    """
    if architecture not in FULL_CONVOLUTIONS:
        return "float32"
    if keras.distribution.list_devices("gpu"):
        return "mixed_bfloat16"
    known = CPUINFO.is_file() and BFLOAT16_FLAGS & set(CPUINFO.read_text().split())
    return "mixed_bfloat16" if known else "float32"


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Build layers under another Keras dtype policy, and put the old one back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
