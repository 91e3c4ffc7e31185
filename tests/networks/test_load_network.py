"""A run's model.keras is read as data alone: what is damaged, or holds code, is one sentence."""

import json
import re
import zipfile

import keras
import numpy as np
import pytest

from fer_core.errors import RunError
from fer_core.files import write_json
from fer_core.networks.architectures import load_network
from fer_core.networks.checksums import KEY, checksums
from tests.tiny_networks import tiny_network


@pytest.fixture
def path(tmp_path):
    tiny_network().save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def refuse(path):
    with pytest.raises(RunError, match=r"model\.keras") as caught:
        load_network(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "safe_mode" not in sentence
    return sentence


def test_a_sound_file_is_read_and_not_compiled(path):
    network = load_network(path)
    assert getattr(network, "optimizer", None) is None
    for weight, expected in zip(network.get_weights(), tiny_network().get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_code_in_a_file_is_never_run_and_nobody_is_told_how_to(path):
    inputs = keras.Input((48, 48, 1))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs)).save(path)
    assert "it holds code, which is never run" in refuse(path)


def change_config(path, pattern, replacement):
    """Rewrite config.json in the archive."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = re.sub(pattern, replacement, members["config.json"].decode())
    assert config != members["config.json"].decode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {"config.json": config.encode()}).items():
            archive.writestr(name, content)


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("a network"),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "an archive of nothing": lambda path: zipfile.ZipFile(path, "w").close(),
    "stride 0": lambda path: change_config(path, r'"strides": \[4, 4\]', '"strides": [0, 0]'),
    "another shape": lambda path: change_config(path, '"filters": 8', '"filters": 9'),
    "no layer of Keras": lambda path: change_config(path, '"class_name": "Conv2D"', '"class_name": "Conv"'),
    "code of another module": lambda path: change_config(path, '"module": "keras.layers"', '"module": "os"'),
    "config a list": lambda path: change_config(path, r"(?s).*", json.dumps([1])),
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_one_sentence(path, damage):
    DAMAGES[damage](path)
    refuse(path)


def test_one_that_its_run_did_not_record_is_never_opened(path, monkeypatch):
    write_json(path.with_name("provenance.json"), {KEY: checksums(path)})
    load_network(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(keras.saving, "load_model", None)
    assert "is damaged or was exchanged: its SHA-256 must be" in refuse(path)
