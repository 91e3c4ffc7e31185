"""The model summary, with Keras as the oracle."""

import json

import keras
import pytest
from keras import layers

from fer_core.cli import main as cli
from fer_core.errors import RunError
from fer_core.experiments.runs import SUMMARY
from fer_core.networks.architectures import ARCHITECTURES
from fer_core.networks.summary import read_summary, summarize, write_summary
from tests.tiny_networks import tiny_network


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_names_shapes_and_parameters_are_those_of_keras(architecture):
    network = ARCHITECTURES[architecture](dropout=0.3)
    found = summarize(network)
    assert [layer.name for layer in found.layers] == [layer.name for layer in network.layers]
    for layer, expected in zip(found.layers, network.layers, strict=True):
        assert layer.type == type(expected).__name__
        assert layer.output_shape == tuple(expected.output.shape[1:]), layer
        assert layer.parameters == expected.count_params(), layer
    assert found.parameters == network.count_params()


def test_macs_are_counted_by_hand():
    inputs = keras.Input((10, 8, 3))
    x = layers.Conv2D(4, (3, 5), strides=2, padding="valid")(inputs)  # 4 x 2 places
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(6, 1, groups=2, use_bias=False)(x)
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
    outputs = layers.Dense(5)(layers.Flatten()(x))
    found = summarize(keras.Model(inputs, outputs))
    work = [layer.macs for layer in found.layers]
    assert work == [0, 4 * 2 * 3 * 5 * 3 * 4, 0, 4 * 2 * 2 * 6, 4 * 2 * 3 * 3 * 6 * 2, 0, 4 * 2 * 12 * 5]
    assert found.macs == sum(work)


@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_a_network_within_a_network_is_opened(kind):
    if kind == "functional":
        inner_input = keras.Input((8, 8, 2), name="inside")
        inner = keras.Model(inner_input, layers.ReLU()(layers.Conv2D(3, 3)(inner_input)), name="inner")
    else:
        inner = keras.Sequential([layers.Conv2D(3, 3), layers.ReLU()], name="inner")
    inputs = keras.Input((8, 8, 2))
    network = keras.Model(inputs, layers.Dense(7)(layers.Flatten()(inner(inputs))))
    found = summarize(network)
    types = [layer.type for layer in found.layers if layer.type != "InputLayer"]
    assert types == ["Conv2D", "ReLU", "Flatten", "Dense"]
    assert found.parameters == network.count_params()


def test_it_is_read_as_it_was_written(tmp_path):
    summary = summarize(tiny_network("pooled"))
    write_summary(tmp_path / SUMMARY, summary)
    assert read_summary(tmp_path / SUMMARY) == summary


@pytest.mark.parametrize(
    "values", [{}, {"layers": None}, {"layers": [3]}, {"layers": [{"name": "a"}]}, {"parameters": "many"}]
)
def test_a_file_that_holds_none_is_one_sentence(tmp_path, values):
    if "parameters" in values:
        values = {"layers": [{"name": "a", "type": "b", "output_shape": [7], "macs": 0} | values]}
    (tmp_path / SUMMARY).write_text(json.dumps(values))
    with pytest.raises(RunError, match=r"summary\.json must hold a model summary\. Received: "):
        read_summary(tmp_path / SUMMARY)


def test_a_run_is_exported_with_its_summary(trained_run):
    network = keras.saving.load_model(trained_run.keras_path, compile=False)
    assert trained_run.summary == summarize(network)
    assert trained_run.summary.parameters == trained_run.provenance["parameters"]


def test_the_command_prints_it_and_makes_it_where_it_is_missing(run_copy, capsys):
    stored = run_copy.path / SUMMARY
    expected = stored.read_bytes()
    stored.unlink()
    assert cli.main(["summary", str(run_copy.path)]) == 0
    out = capsys.readouterr().out
    assert f"{run_copy.provenance['parameters']:,}" in out.splitlines()[-1]
    assert stored.read_bytes() == expected
