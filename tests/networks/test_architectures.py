"""What every network promises: pixels in, logits out, nothing of ours needed to load it."""

import re
import zipfile

import keras
import numpy as np
import pytest

from fer_core.datasets import draw_faces
from fer_core.errors import RecipeError
from fer_core.experiments import runs
from fer_core.experiments.runs import Run
from fer_core.networks.architectures import ARCHITECTURES, FLAT_HEADS, _cbam, build_network
from fer_core.networks.export import check_parity, export_tflite
from fer_core.networks.runtime import LiteRTModel
from fer_core.training.epoch_data import predict_logits
from fer_core.training.recipes import RECIPES, load_recipe
from fer_core.training.trainer import dtype_policy
from tests.experiments.test_committed_runs import NETWORKS

MOST_MEGABYTES = 25  # of a committed file
FACES = draw_faces(1, seed=5)[0]


@pytest.fixture(scope="module", params=sorted(ARCHITECTURES))
def network(request):
    keras.utils.set_random_seed(0)
    return build_network(request.param, dropout=0.2)


def test_pixels_go_in_and_logits_come_out(network):
    assert network.input_shape == (None, 48, 48, 1)
    assert network.inputs[0].dtype == "uint8"
    logits = predict_logits(network, FACES)
    assert (logits.shape, logits.dtype) == ((7, 7), np.float32)
    assert np.isfinite(logits).all()
    assert np.ptp(logits, axis=0).min() > 0  # different faces, different answers


@pytest.mark.parametrize("name", sorted(set(ARCHITECTURES) - set(FLAT_HEADS)))
def test_one_network_takes_images_of_any_side(name):
    """As a teacher does, whose student sees larger crops in the course of its training."""
    network = build_network(name, dropout=0.2, side=None)
    for side in (32, 40, 48):
        assert predict_logits(network, FACES[:, :side, :side]).shape == (7, 7)


@pytest.mark.parametrize("gray", [0, 1, 128, 255])
def test_a_picture_of_one_gray_gives_finite_logits(network, gray):
    assert np.isfinite(predict_logits(network, np.full((1, 48, 48), gray, np.uint8))).all()


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_logits_are_float32_under_any_policy(precision):
    for name in RECIPES:
        with dtype_policy(precision):
            network = build_network(load_recipe(name).architecture, dropout=0.2)
        assert network.outputs[0].dtype == "float32"


def test_the_file_is_small_and_loads_without_our_code(network, tmp_path):
    path = tmp_path / runs.KERAS
    network.save(path)
    assert path.stat().st_size < MOST_MEGABYTES * 1e6
    with zipfile.ZipFile(path) as file:
        modules = set(re.findall(r'"module": "(\w+)', file.read("config.json").decode()))
    assert modules == {"keras"}  # no custom layers: not one of fer_core's
    again = keras.saving.load_model(path, compile=False)
    np.testing.assert_array_equal(predict_logits(again, FACES), predict_logits(network, FACES))


@pytest.mark.parametrize("attention", ["residual-plain", "residual-cbam"])
def test_attention_is_exported_and_keeps_its_activation_map(attention, tmp_path):
    keras.utils.set_random_seed(0)
    network = build_network(attention, dropout=0.2)
    export_tflite(network, tmp_path / "model.tflite")
    check_parity(network, tmp_path / "model.tflite", FACES)
    assert LiteRTModel(tmp_path / "model.tflite").activation_map(FACES).shape == (7, 6, 6, 7)


def test_cbam_weighs_channels_and_then_places():
    """By the paper's equations, in NumPy; the mean of the two answers stands for their sum."""
    inputs = keras.Input((6, 5, 16))
    block = keras.Model(inputs, _cbam(inputs, 16))
    hidden, hidden_bias, out, out_bias, kernel, bias = (
        np.random.default_rng(index).normal(size=weight.shape) for index, weight in enumerate(block.weights)
    )
    block.set_weights([hidden, hidden_bias, out, out_bias, kernel, bias])
    maps = np.random.default_rng(9).normal(size=(2, 6, 5, 16))

    def sigmoid(values):
        return 1 / (1 + np.exp(-values))

    def shared(pooled):
        return np.maximum(pooled @ hidden + hidden_bias, 0) @ out + out_bias

    channels = sigmoid((shared(maps.mean(axis=(1, 2))) + shared(maps.max(axis=(1, 2)))) / 2)
    weighed = maps * channels[:, None, None]
    seen = np.pad(
        np.stack([weighed.mean(axis=3), weighed.max(axis=3)], axis=3), ((0, 0), (3, 3), (3, 3), (0, 0))
    )
    windows = np.lib.stride_tricks.sliding_window_view(seen, (7, 7), axis=(1, 2))  # (2, 6, 5, 2, 7, 7)
    places = sigmoid(np.einsum("nyxcij,ijco->nyxo", windows, kernel) + bias)
    np.testing.assert_allclose(np.asarray(block(maps)), weighed * places, atol=1e-4)


@pytest.mark.parametrize("path", NETWORKS, ids=[path.name for path in NETWORKS])
def test_a_committed_network_is_still_built_as_it_was(path):
    """Runs are started from, and taught by, the weights of earlier ones: order and shapes must stay."""
    stored = keras.saving.load_model(Run(path).keras_path, compile=False)
    built = build_network(Run(path).recipe.architecture, dropout=0.2)
    built.set_weights(stored.get_weights())
    np.testing.assert_array_equal(predict_logits(built, FACES), predict_logits(stored, FACES))


def test_light_and_contrast_hardly_matter_to_the_papers_network():
    network = build_network("paper-cnn", dropout=0.2)
    faces = np.clip(FACES, 80, 180)  # with room above and below
    darker = (faces.astype(int) * 0.5 + 10).round().astype(np.uint8)
    plain, changed = predict_logits(network, faces), predict_logits(network, darker)
    assert np.abs(plain - changed).max() < 0.1 * np.ptp(plain)  # what rounding to whole grays leaves


def test_named_recipes_have_an_architecture():
    assert {load_recipe(name).architecture for name in RECIPES} <= set(ARCHITECTURES)


def test_an_unknown_architecture_names_those_there_are():
    with pytest.raises(RecipeError, match=r"no architecture 'vgg'\. The architectures are: .*paper-cnn"):
        build_network("vgg", dropout=0.2)


def test_crops_and_whole_images_share_their_weights():
    networks = [build_network("residual", dropout=0.2, side=side) for side in (None, 48)]
    shapes = [[weight.shape for weight in network.weights] for network in networks]
    assert shapes[0] == shapes[1]
    assert networks[0](FACES[:2, :40, :40, None]).shape == (2, 7)


def test_the_papers_network_that_pools_as_a_whole_learns_from_crops():
    network = build_network("paper-cnn-pooled", dropout=0.2, side=None)
    assert network(FACES[:2, :40, :40, None]).shape == (2, 7)
    kinds = {type(layer).__name__ for layer in network.layers}
    assert {"Conv2D", "BatchNormalization", "MaxPooling2D", "Dropout", "Flatten", "Dense", "ReLU"} <= kinds


@pytest.mark.parametrize("architecture", FLAT_HEADS)
def test_a_flat_head_takes_whole_images_alone(architecture):
    with pytest.raises(RecipeError, match=r"crop_px must be 48, and first_px 0\. Received: images of any"):
        build_network(architecture, dropout=0.2, side=None)


def test_mobilenet_sees_gray_pixels_on_twice_the_side_at_its_weights_scale():
    """Below the first convolution: three equal channels of 96 px, of mean 0 and deviation 64."""
    network = build_network("mobilenet", dropout=0.2)
    seen = np.asarray(keras.Model(network.input, network.get_layer("conv1").input)(FACES[..., None]))
    assert seen.shape == (7, 96, 96, 3)
    assert (seen == seen[..., :1]).all()
    small = (FACES - FACES.mean(axis=(1, 2), keepdims=True)) / FACES.std(axis=(1, 2), keepdims=True) * 64
    means = seen[..., 0].reshape(7, 48, 2, 48, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(
        means[:, 1:-1, 1:-1].mean(axis=(1, 2)), small[:, 1:-1, 1:-1].mean(axis=(1, 2)), atol=2
    )
    assert np.corrcoef(means.ravel(), small.ravel())[0, 1] > 0.98
    assert means.std() == pytest.approx(64, rel=0.1)
