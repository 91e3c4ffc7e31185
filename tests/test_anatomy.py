"""A saved network taken apart without Keras, with Keras itself as the oracle."""

import json
import math
import zipfile

import keras
import pytest
from keras import layers

from fer_core import charts
from fer_core.anatomy import group_layers, read_layers
from fer_core.architectures import ARCHITECTURES
from fer_core.errors import RunError
from fer_core.runs import Run
from tests.networks import tiny_network
from tests.test_committed_runs import NETWORKS


def saved(network, folder):
    path = folder / "model.keras"
    network.save(path)
    return path


@pytest.fixture(scope="module", params=sorted(ARCHITECTURES))
def both(request, tmp_path_factory):
    """Keras's network and what is read from its file."""
    network = ARCHITECTURES[request.param](dropout=0.3)
    return network, read_layers(saved(network, tmp_path_factory.mktemp(request.param)))


def test_shapes_and_parameters_are_those_of_keras(both):
    network, found = both
    assert [layer.name for layer in found] == [layer.name for layer in network.layers]
    for layer, expected in zip(found, network.layers, strict=True):
        assert layer.shape == tuple(expected.output.shape[1:]), layer
        assert layer.parameters == expected.count_params(), layer
    assert sum(layer.parameters for layer in found) == network.count_params()


def test_inputs_are_the_layers_before(both):
    network, found = both
    for layer, expected in zip(found[1:], network.layers[1:], strict=True):
        tensors = expected.input if isinstance(expected.input, list) else [expected.input]
        assert layer.inputs == tuple(tensor._keras_history.operation.name for tensor in tensors)


@pytest.mark.parametrize("path", NETWORKS, ids=[path.name for path in NETWORKS])
def test_a_committed_run_holds_as_many_parameters_as_it_says(path):
    run = Run(path)
    assert sum(layer.parameters for layer in read_layers(run.keras_path)) == run.provenance["parameters"]


def test_multiply_adds_are_counted_by_hand(tmp_path):
    inputs = keras.Input((10, 8, 3))
    x = layers.Conv2D(4, (3, 5), strides=2, padding="valid")(inputs)  # 4 x 2 places
    x = layers.Conv2D(6, 1, groups=2, use_bias=False)(x)
    x = layers.AveragePooling2D(3, strides=2, padding="same")(x)  # 2 x 1
    outputs = layers.Dense(5)(layers.Flatten()(x))
    found = read_layers(saved(keras.Model(inputs, outputs), tmp_path))
    assert [layer.shape for layer in found] == [(10, 8, 3), (4, 2, 4), (4, 2, 6), (2, 1, 6), (12,), (5,)]
    work = [layer.multiply_adds for layer in found]
    assert work == [0, 4 * 2 * 3 * 5 * 3 * 4, 4 * 2 * 2 * 6, 0, 0, 12 * 5]
    assert found[1].detail == "3 × 5, 4 channels, every 2"


@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_a_network_within_a_network_is_opened(tmp_path, kind):
    if kind == "functional":
        inner_input = keras.Input((8, 8, 2), name="inside")
        inner = keras.Model(inner_input, layers.ReLU()(layers.Conv2D(3, 3)(inner_input)), name="inner")
    else:
        inner = keras.Sequential([layers.Conv2D(3, 3), layers.ReLU()], name="inner")
    inputs = keras.Input((8, 8, 2))
    network = keras.Model(inputs, layers.Dense(7)(layers.Flatten()(inner(inputs))))
    found = read_layers(saved(network, tmp_path))
    assert [layer.kind for layer in found] == ["InputLayer", "Conv2D", "ReLU", "Flatten", "Dense"]
    assert [layer.inputs for layer in found[1:]] == [(layer.name,) for layer in found[:-1]]
    assert sum(layer.parameters for layer in found) == network.count_params()


def test_what_is_not_known_is_said_and_what_follows_too(tmp_path):
    inputs = keras.Input((8, 8, 2))
    x = layers.Cropping2D(2)(inputs)
    found = read_layers(saved(keras.Model(inputs, layers.Flatten()(x)), tmp_path))
    assert [(layer.shape, layer.parameters, layer.multiply_adds) for layer in found[1:]] == [(None,) * 3] * 2
    figure = charts.plot_network(group_layers(found))
    assert "–" in list(figure.data[1].text)


def test_any_side_is_not_known(tmp_path):
    found = read_layers(saved(ARCHITECTURES["residual"](dropout=0.0, side=None), tmp_path))
    assert found[0].shape is None
    assert len(group_layers(found)) > 1


def test_blocks_hold_every_layer_once_in_order(both):
    _, found = both
    blocks = group_layers(found)
    assert [layer for block in blocks for layer in block.layers] == found
    assert all(block.head.kind in ("Conv2D", "DepthwiseConv2D", "Dense") for block in blocks[1:])
    assert sum(block.multiply_adds for block in blocks) == sum(layer.multiply_adds for layer in found)


def test_blocks_know_what_they_add():
    residual = [[block.skips_from for block in group_layers(_layers("residual"))]]
    assert sum(origin is not None for origin in residual[0]) == 3
    assert all(origin is None or origin < row - 1 for row, origin in enumerate(residual[0]))
    assert {block.skips_from for block in group_layers(_layers("paper-cnn"))} == {None}


def _layers(architecture):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return read_layers(saved(ARCHITECTURES[architecture](dropout=0.0), Path(folder)))


def test_the_drawing_shows_the_numbers(both):
    _, found = both
    blocks = group_layers(found)
    figure = charts.plot_network(blocks)
    boxes, texts, work = figure.data
    assert list(boxes.x) == pytest.approx([math.sqrt(_side(block.shape)) for block in blocks])
    assert texts.text[0] == "×".join(map(str, blocks[0].shape))
    assert sum(work.x) == pytest.approx(1)
    assert len(figure.layout.shapes) == sum(block.skips_from is not None for block in blocks)
    assert figure.layout.yaxis.ticktext[1].startswith("conv 3×3")
    json.loads(figure.to_json())


def _side(shape):
    return shape[0] if len(shape) == 3 else 1


def write_zip(path, name, content):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content)


@pytest.mark.parametrize(
    "content", [None, b"", b"no zip", "other.json", "config.json", "{}", '{"config": 3}']
)
def test_a_file_that_is_no_network_is_one_sentence(tmp_path, content):
    path = tmp_path / "model.keras"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        name = content if content.endswith("json") else "config.json"
        write_zip(path, name, "nonsense" if name == content else content)
    with pytest.raises(RunError, match=r"model\.keras must be a network saved by Keras 3\. Received: "):
        read_layers(path)


def test_a_small_network_is_read_too(tmp_path):
    network = tiny_network("pooled")
    assert sum(layer.parameters for layer in read_layers(saved(network, tmp_path))) == network.count_params()
