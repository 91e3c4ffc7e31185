"""Training over several devices: two of JAX's on this processor learn what one does.

In processes of their own, as this one's Keras runs on TensorFlow.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from fer_core.errors import RecipeError
from fer_core.training.data_parallel import devices_for

ROOT = Path(__file__).parents[2]
TRAIN = """
import json, sys
from pathlib import Path
from fer_core.networks.architectures import ARCHITECTURES
from fer_core.training.data_parallel import devices_for
from fer_core.training.epoch_data import predict_logits
from fer_core.training.loop import train
from tests.synthetic import synthetic_splits
from tests.tiny import TINY, build_tiny
ARCHITECTURES["tiny"] = build_tiny
splits, folder = synthetic_splits(20, 5, 5), Path(sys.argv[1])
recipe = TINY.replace(epochs=3, ema=0.9)
data = {"train": splits["Training"], "validation": splits["PublicTest"]}
found = {"devices": devices_for(recipe)}
for name, options in {"one": {}, "all": {"data_parallel": True}}.items():
    options |= data | {"checkpoint": folder / f"{name}.npz"}
    network, progress = train(recipe, **options)
    logits = predict_logits(network, splits["PublicTest"].images)
    found[name] = {"history": progress.history, "logits": logits.tolist()}
    resumed, _ = train(recipe, **options, resume=True)
    found[name]["resumed"] = predict_logits(resumed, splits["PublicTest"].images).tolist()
print(json.dumps(found))
"""


@pytest.mark.timeout(900)  # it loads JAX and compiles
@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
def test_two_devices_learn_what_one_does(tmp_path):
    surroundings = os.environ | {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    }
    words = [sys.executable, "-W", "ignore", "-c", TRAIN, tmp_path]
    done = subprocess.run(words, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["devices"] == 2
    one, both = found["one"], found["all"]
    for column in ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"):
        assert [row[column] for row in both["history"]] == pytest.approx(
            [row[column] for row in one["history"]], rel=1e-3
        )
    for each in (one, both):
        assert each["resumed"] == each["logits"]
    assert np.array(both["logits"]) == pytest.approx(np.array(one["logits"]), abs=0.01)


def test_tensorflow_is_refused_in_one_sentence(tiny):
    with pytest.raises(RecipeError, match=r"set KERAS_BACKEND=jax\. Received: tensorflow\."):
        devices_for(tiny)


def test_a_batch_has_equal_shares(tiny, monkeypatch):
    from fer_core.training import data_parallel

    monkeypatch.setattr(data_parallel.keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(data_parallel.keras.distribution, "list_devices", lambda: ["cpu:0"] * 3)
    with pytest.raises(RecipeError, match=r"multiple of the 3 devices here\. Received: 32\."):
        devices_for(tiny)
    assert devices_for(tiny.replace(batch_size=33)) == 3
