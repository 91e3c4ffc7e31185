"""Muon: what a step is, for kernels and for everything else."""

import keras
import numpy as np
import pytest

from fer_core.training.muon import Muon, orthogonalize
from fer_core.training.trainer import dtype_policy

RATE = 0.1


def steps_of(optimizer, shape, gradients):
    """Where a variable that begins at 0 is after each of the gradients."""
    variable = keras.Variable(np.zeros(shape, np.float32))
    places = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        places.append(np.array(variable))
    return places


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("shape", [(90, 16), (16, 90), (32, 32)])
def test_every_direction_is_as_long_as_every_other(shape, dtype):
    random = np.random.default_rng(0).normal(size=shape)
    left, spread, right = np.linalg.svd(random, full_matrices=False)
    matrix = left * np.geomspace(1, 50, len(spread)) @ right  # some directions fifty times others
    found = np.array(orthogonalize(keras.ops.convert_to_tensor(matrix.astype(np.float32)), dtype))
    assert found.dtype == np.float32
    values = np.linalg.svd(found, compute_uv=False)
    assert 0.4 < values.min() <= values.max() < 1.3  # Jordan's coefficients bring them near 1, not to it


def test_it_keeps_the_directions_of_what_it_evens_out():
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(60, 12)).astype(np.float32)
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    found = np.array(orthogonalize(keras.ops.convert_to_tensor(matrix), "bfloat16"))
    turned = left.T @ found @ right.T
    assert np.abs(turned - np.diag(np.diag(turned))).max() < 0.1
    assert (np.diag(turned) > 0.5).all()


@pytest.mark.parametrize(("policy", "dtype"), [("float32", "float32"), ("mixed_bfloat16", "bfloat16")])
def test_it_computes_in_the_dtype_of_the_network(policy, dtype):
    with dtype_policy(policy):
        assert Muon(learning_rate=RATE).compute_dtype == dtype


def test_nothing_is_learnt_of_no_gradient():
    assert not np.array(orthogonalize(keras.ops.zeros((9, 4)), "bfloat16")).any()


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_kernels_step_depends_on_the_gradients_direction_alone(momentum):
    gradient = np.random.default_rng(2).normal(size=(3, 3, 8, 16)).astype(np.float32)
    how = {"learning_rate": RATE, "momentum": momentum, "nesterov": momentum > 0}
    short, long = (steps_of(Muon(**how), gradient.shape, [scale * gradient])[0] for scale in (0.01, 10.0))
    np.testing.assert_allclose(short, long, atol=1e-3 * RATE)
    values = np.linalg.svd(long.reshape(-1, 16) / RATE, compute_uv=False)
    assert 0.4 < values.min() <= values.max() < 1.3
    assert (long * gradient).sum() < 0  # downhill


def test_momentum_goes_on_where_gradients_end():
    gradient = np.random.default_rng(3).normal(size=(3, 3, 4, 8)).astype(np.float32)
    how = {"learning_rate": RATE, "momentum": 0.9, "nesterov": True}
    first, second = steps_of(Muon(**how), gradient.shape, [gradient, np.zeros_like(gradient)])
    np.testing.assert_allclose(second, 2 * first, atol=0.02 * RATE)


@pytest.mark.parametrize("shape", [(8,), (16, 7), (3, 3, 16, 1)], ids=["bias", "dense", "depthwise"])
def test_all_that_is_no_kernel_learns_as_under_sgd(shape):
    rng = np.random.default_rng(4)
    gradients = [rng.normal(size=shape).astype(np.float32) for _ in range(3)]
    how = {"learning_rate": RATE, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}
    for one, other in zip(
        steps_of(Muon(**how), shape, gradients),
        steps_of(keras.optimizers.SGD(**how), shape, gradients),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
