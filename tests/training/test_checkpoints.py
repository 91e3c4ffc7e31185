"""The checkpoint: a round trip, whole or absent, and one sentence for what is wrong with it."""

import json

import numpy as np
import pytest

from fer_core.errors import RunError
from fer_core.training import checkpoints
from fer_core.training.recipes import Recipe

RECIPE = Recipe(name="plain", architecture="paper-cnn", epochs=3)
HISTORY = [{"epoch": 1, "loss": 0.1 + 0.2, "val_loss": 1e-17}]  # numbers that decimals cannot hold
# Eleven arrays: by name, "10" would come before "2". Without shape, too: a step counter.
STATE = {
    "weights": [np.full((2, index), index, np.float32) for index in range(11)],
    "optimizer": [np.array(7, np.int64)],
    "best": [],
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.npz"


def test_everything_comes_back_as_it_was(path):
    checkpoints.save(path, RECIPE, HISTORY, STATE)
    history, state = checkpoints.load(path, RECIPE)
    assert history == HISTORY
    assert list(state) == list(STATE)
    for name, arrays in STATE.items():
        assert len(state[name]) == len(arrays)
        for read, written in zip(state[name], arrays, strict=True):
            assert read.dtype == written.dtype
            np.testing.assert_array_equal(read, written)


def test_a_kill_while_writing_leaves_the_last_checkpoint(path, monkeypatch):
    checkpoints.save(path, RECIPE, HISTORY, STATE)

    def write_half(file, **arrays):
        file.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints.np, "savez", write_half)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(path, RECIPE, [*HISTORY, *HISTORY], {})
    assert checkpoints.load(path, RECIPE)[0] == HISTORY


def test_a_checkpoint_of_another_recipe_names_each_field(path):
    checkpoints.save(path, RECIPE, HISTORY, STATE)
    with pytest.raises(
        RunError, match=r"another recipe: epochs was 3, now 4, optimizer was 'nadam', now 'sgd'\.$"
    ):
        checkpoints.load(path, RECIPE.replace(epochs=4, optimizer="sgd"))


def test_a_field_that_did_not_exist_then_has_its_default(path):
    older = {key: value for key, value in RECIPE.to_json().items() if key != "mixup"}
    np.savez(path, about=np.array(json.dumps({"recipe": older, "history": HISTORY, "names": []})))
    assert checkpoints.load(path, RECIPE) == (HISTORY, {})
    with pytest.raises(RunError, match=r"mixup was 0\.0, now 0\.2"):
        checkpoints.load(path, RECIPE.replace(mixup=0.2))


def write_npz(path, **about):
    np.savez(path, about=np.array(json.dumps(about)))


BROKEN = {
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:500]),
    "bytes changed": lambda path: path.write_bytes(path.read_bytes().replace(b"t", b"T")),
    "text": lambda path: path.write_text("not a checkpoint"),
    "another .npz": lambda path: np.savez(path, images=np.zeros(3)),
    "without a recipe": lambda path: write_npz(path, history=[], names=[]),
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_checkpoint_is_one_sentence(path, case):
    checkpoints.save(path, RECIPE, HISTORY, STATE)
    BROKEN[case](path)
    with pytest.raises(
        RunError, match=r"checkpoint\.npz cannot be read: .*Delete it to start anew\.$"
    ) as caught:
        checkpoints.load(path, RECIPE)
    assert "\n" not in str(caught.value)
