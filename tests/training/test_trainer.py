"""What is trained with what: optimizers, the learning rate, the precision."""

import keras
import numpy as np
import pytest

from fer_core.training import trainer
from fer_core.training.recipes.recipe import OPTIMIZERS


@pytest.mark.parametrize(
    ("flags", "here"),
    [
        ("fpu avx avx2", "float32"),
        ("fpu avx512f avx512_bf16", "mixed_bfloat16"),
        ("amx_bf16", "mixed_bfloat16"),
        (None, "float32"),
    ],
)
def test_bfloat16_is_computed_with_where_the_processor_has_it(flags, here, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: [])
    if flags:
        (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    assert trainer.precision_here("residual-small") == trainer.precision_here("paper-cnn-pooled") == here
    assert trainer.precision_here("mobilenet") == trainer.precision_here("strided") == "float32"


def test_a_gpu_computes_with_bfloat16_whatever_the_processor(tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "CPUINFO", tmp_path / "cpuinfo")
    (tmp_path / "cpuinfo").write_text("flags : avx2")
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: ["gpu:0"])
    assert trainer.precision_here("residual") == "mixed_bfloat16"
    assert trainer.precision_here("mobilenet") == "float32"


@pytest.mark.parametrize(("epochs", "warmup"), [(40, 20), (20, 20), (10, 10), (3, 3)])
def test_the_learning_rate_warms_up_and_falls_to_nothing(tiny, epochs, warmup):
    """In two epochs of ten steps, or in a tenth of a short training."""
    schedule = trainer.build_optimizer(tiny.replace(epochs=epochs), steps=10)._learning_rate
    rates = np.array([float(schedule(step)) for step in range(10 * epochs + 1)]) / tiny.learning_rate
    assert rates[0] == pytest.approx(0.01)
    assert rates.max() == pytest.approx(1.0)
    assert rates.argmax() == warmup
    assert rates[-1] == pytest.approx(0.0, abs=1e-6)
    assert (np.diff(rates[warmup:]) < 0).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_is_built_with_the_recipes_settings(tiny, name):
    optimizer = trainer.build_optimizer(tiny.replace(optimizer=name), steps=10)
    assert type(optimizer).__name__.lower() == name.removesuffix("-plain")
    assert optimizer.weight_decay == tiny.weight_decay
    momentum = {"sgd": (0.9, True), "muon": (0.9, True), "sgd-plain": (0.0, False)}
    if name in momentum:
        assert (optimizer.momentum, optimizer.nesterov) == momentum[name]
