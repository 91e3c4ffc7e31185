"""The face weights that ``best`` starts from: read, put where they belong, refused in one sentence."""

import json

import keras
import numpy as np
import pytest

from fer_core.errors import RecipeError
from fer_core.networks.architectures import build_network
from fer_core.networks.face_weights import load_face_weights, read_tensors


def tensors_of(network):
    """Likely tensors for each layer, as TensorFlow.js names them; what is folded has no "mul"."""
    rng = np.random.default_rng(0)
    yield "feats/kernel", rng.normal(0, 1, (1024, 256))  # of a head that is not used
    yield "conv1_relu/Cast", np.array(6.0)
    for layer in network.layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            yield f"{layer.name}/depthwise_kernel", rng.normal(0, 0.3, layer.kernel.shape)
        elif isinstance(layer, keras.layers.Conv2D):
            fan_in = np.prod(layer.kernel.shape[:-1])
            yield f"{layer.name}/convolution/merged_input", rng.normal(0, fan_in**-0.5, layer.kernel.shape)
        elif isinstance(layer, keras.layers.BatchNormalization):
            if layer.name.startswith("conv_dw"):
                yield f"{layer.name}/batchnorm_1/mul", rng.uniform(0.5, 1.5, layer.gamma.shape)
            yield f"{layer.name}/batchnorm_1/sub", rng.normal(0, 0.1, layer.gamma.shape)


def write(path, tensors):
    """``path`` and the .bin beside it: float16 in the order of the list."""
    specs = [
        {"name": name, "shape": list(values.shape), "dtype": "float32", "quantization": {"dtype": "float16"}}
        for name, values in tensors
    ]
    path.write_text(json.dumps({"format": "graph-model", "weightsManifest": [{"weights": specs}]}))
    path.with_suffix(".bin").write_bytes(b"".join(values.astype("<f2").tobytes() for _, values in tensors))
    return path


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return build_network("mobilenet", dropout=0.1)


@pytest.fixture(scope="module")
def tensors(network):
    return list(tensors_of(network))


@pytest.fixture
def path(tensors, tmp_path):
    return write(tmp_path / "faceres.json", tensors)


def test_tensors_are_read_in_float32_with_their_shapes(path, tensors):
    read = read_tensors(path)
    assert list(read) == [name for name, _ in tensors]
    for name, values in tensors:
        assert read[name].dtype == np.float32
        np.testing.assert_array_equal(read[name], values.astype(np.float16).astype(np.float32))


def test_every_layer_computes_what_the_tensors_say_and_the_last_stays(network, path, tensors):
    """Convolutions have their kernels; batch norm is x mul + sub, or x + sub where mul is in the kernel."""
    last = network.get_weights()[-2:]
    load_face_weights(network, path)
    stored = {name: values.astype(np.float16).astype(np.float32) for name, values in tensors}
    norms = 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            norms += 1
            sub = stored[f"{layer.name}/batchnorm_1/sub"]
            mul = stored.get(f"{layer.name}/batchnorm_1/mul", np.ones_like(sub))
            x = np.random.default_rng(1).normal(size=(2, 3, 3, len(sub))).astype(np.float32)
            np.testing.assert_allclose(np.asarray(layer(x, training=False)), x * mul + sub, atol=1e-5)
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            np.testing.assert_array_equal(layer.get_weights()[0], stored[f"{layer.name}/depthwise_kernel"])
        elif isinstance(layer, keras.layers.Conv2D):
            kernel = stored[f"{layer.name}/convolution/merged_input"]
            np.testing.assert_array_equal(layer.get_weights()[0], kernel)
    assert norms == 27
    assert all(np.array_equal(a, b) for a, b in zip(last, network.get_weights()[-2:], strict=True))


REFUSED = {
    "missing": (lambda path: path.unlink(), r"cannot be read from .*FileNotFoundError.*npm pack"),
    "no .bin": (lambda path: path.with_suffix(".bin").unlink(), r"FileNotFoundError.*faceres\.bin.*npm pack"),
    "not JSON": (lambda path: path.write_text("{"), r"cannot be read from .*JSONDecodeError"),
    "a list": (lambda path: path.write_text("[]"), r"cannot be read from .*TypeError"),
    "names alone": (
        lambda path: path.write_text('{"weightsManifest": [{"weights": ["a"]}]}'),
        "cannot be read from .*AttributeError",
    ),
    "cut short": (
        lambda path: path.with_suffix(".bin").write_bytes(path.with_suffix(".bin").read_bytes()[:-2]),
        "cannot be read from .*ValueError",
    ),
    "too long": (
        lambda path: path.with_suffix(".bin").write_bytes(path.with_suffix(".bin").read_bytes() + b"  "),
        r"faceres\.bin should hold (\d+) bytes\. Received: \d+\..*npm pack",
    ),
    "another type": (
        lambda path: path.write_text(path.read_text().replace("float16", "uint8")),
        "cannot be read from .*'uint8'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_one_sentence_that_says_how_to_get_it(path, case):
    spoil, message = REFUSED[case]
    spoil(path)
    with pytest.raises(RecipeError, match=message) as caught:
        read_tensors(path)
    assert "\n" not in str(caught.value)


def test_tensors_that_are_missing_or_of_another_shape_are_named(network, tensors, tmp_path):
    path = write(
        tmp_path / "faceres.json", [each for each in tensors if each[0] != "conv1_bn/batchnorm_1/sub"]
    )
    with pytest.raises(RecipeError, match=r"does not fit mobilenet: it has no tensor 'conv1_bn/batch.*'\.$"):
        load_face_weights(network, path)
    halved = [(name, values[..., ::2]) if "pw_3/" in name else (name, values) for name, values in tensors]
    with pytest.raises(RecipeError, match=r"does not fit mobilenet: .*shape") as caught:
        load_face_weights(network, write(tmp_path / "faceres.json", halved))
    assert "\n" not in str(caught.value)


def test_another_network_is_refused(path):
    with pytest.raises(RecipeError, match="does not fit strided: it has no tensor"):
        load_face_weights(build_network("strided", dropout=0.1), path)
