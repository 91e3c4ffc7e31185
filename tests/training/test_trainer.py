"""The precision in which a machine trains an architecture."""

import keras
import pytest

from fer_core.training import trainer


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
