"""A saved network taken apart: its layers in order, with output shapes, parameters and multiply-adds.

``model.keras`` is a zip whose ``config.json`` says how the network is built, so Keras is not needed to read
it. Shapes leave out the batch: (48, 48, 1), a height and a width in pixels and channels, or (256,).
"""

import json
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from fer_core.errors import RunError

Shape = tuple[int, ...]
Config = Mapping[str, Any]
NETWORKS = ("Functional", "Sequential", "Model")  # what may lie inside another
# Layers without weights that leave the shape alone.
SAME_SHAPE = (
    "Activation", "Add", "Dropout", "LeakyReLU", "Multiply", "ReLU", "Rescaling", "Softmax",
)  # fmt: skip
POOLING = ("MaxPooling2D", "AveragePooling2D")
GLOBAL_POOLING = ("GlobalAveragePooling2D", "GlobalMaxPooling2D")
FLATTENING = ("Flatten", *GLOBAL_POOLING)


@dataclass(frozen=True)
class Layer:
    """One layer of a network.

    Attributes:
        name: unique in its network.
        kind: Keras's class name: "Conv2D".
        inputs: the names of the layers that it takes its input from.
        shape: of its output; None where it is not known.
        parameters: how many numbers it holds, trained or not; None for a kind that is not known here.
        multiply_adds: of its matrix products for one picture; what works number by number (batch norm, ReLU)
            counts 0, as is usual. None for a kind that is not known here.
        detail: its size in words: "3 × 3, 64 channels"; empty where there is none.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    shape: Shape | None
    parameters: int | None
    multiply_adds: int | None
    detail: str = ""


def read_layers(path: Path) -> list[Layer]:
    """The layers of a saved Keras network, in the order in which a picture passes them.

    Raises:
        RunError: if the file is no saved network.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            network = json.loads(archive.read("config.json"))
        layers, _ = _walk(network, {}, None)
    except (OSError, zipfile.BadZipFile, KeyError, IndexError, TypeError, ValueError) as error:
        raise RunError(f"{path} must be a network saved by Keras 3. Received: {error!r}.") from error
    return layers


def _walk(network: Config, known: Mapping[str, Shape | None], source: str | None) -> tuple[list[Layer], str]:
    """The layers of a network, those of networks inside it too, and the name of the last.

    Args:
        network: as Keras writes it.
        known: the shapes of the layers around it.
        source: the layer outside that feeds it; None for the whole network.
    """
    shapes, layers = dict(known), []
    alias: dict[str, str] = {}  # an inner network's name, or its input's, stands for a layer that is listed
    last = source or ""
    for each in network["config"]["layers"]:
        name = each["config"].get("name", each.get("name", each["class_name"]))
        inputs = tuple(alias.get(origin, origin) for origin in _origins(each)) or ((last,) if last else ())
        if each["class_name"] == "InputLayer" and source is not None:
            alias[name] = source
        elif each["class_name"] in NETWORKS:
            inner, alias[name] = _walk(each, shapes, inputs[0])
            layers += inner
            shapes |= {layer.name: layer.shape for layer in inner}
            last = alias[name]
        else:
            layers.append(_describe(each, name, inputs, [shapes.get(origin) for origin in inputs]))
            shapes[name], last = layers[-1].shape, name
    outputs = network["config"].get("output_layers")
    end = next(_names(outputs), last) if outputs else last
    return layers, alias.get(end, end)


def _names(nodes: Any) -> Iterator[str]:
    """The layers in ``["logits", 0, 0]``, or in a list of such."""
    if nodes and isinstance(nodes[0], str):
        yield nodes[0]
    else:
        for node in nodes:
            yield from _names(node)


def _origins(layer: Config) -> list[str]:
    """The names of the layers that feed this one, in order."""
    found: list[str] = []

    def search(value: Any) -> None:
        if isinstance(value, Mapping):
            if value.get("class_name") == "__keras_tensor__":
                found.append(value["config"]["keras_history"][0])
            else:
                search(list(value.values()))
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for inner in value:
                search(inner)

    search(layer.get("inbound_nodes", [])[:1])  # a layer that is used twice is listed once
    return found


def _describe(layer: Config, name: str, inputs: tuple[str, ...], came: Sequence[Shape | None]) -> Layer:
    """One layer; what its kind or its input leaves unknown is None."""
    kind, config = layer["class_name"], layer["config"]
    if kind == "InputLayer":
        return Layer(name, kind, (), _without_batch(config.get("batch_shape")), 0, 0)
    if kind not in KINDS or not came or any(shape is None for shape in came):
        return Layer(name, kind, inputs, None, None, None)
    known = [shape for shape in came if shape is not None]
    shape, parameters, multiply_adds, detail = KINDS[kind](config, known)
    return Layer(name, kind, inputs, shape, parameters, multiply_adds, detail)


def _without_batch(shape: Any) -> Shape | None:
    return tuple(shape[1:]) if shape and all(isinstance(side, int) for side in shape[1:]) else None


# What a layer makes of its inputs' shapes: (output shape, parameters, multiply-adds, detail).
Made = tuple[Shape, int, int, str]


def _convolution(config: Config, came: Sequence[Shape]) -> Made:
    channels = came[0][-1] // config.get("groups", 1)
    kernel, filters = config["kernel_size"], config["filters"]
    sides = _slide(came[0], kernel, config["strides"], config["padding"], config.get("dilation_rate", (1, 1)))
    weights = math.prod(kernel) * channels * filters
    detail = f"{kernel[0]} × {kernel[1]}, {filters} channels"
    if math.prod(config["strides"]) > 1:
        detail += f", every {config['strides'][0]}"
    return (*sides, filters), weights + filters * config["use_bias"], math.prod(sides) * weights, detail


def _dense(config: Config, came: Sequence[Shape]) -> Made:
    *places, width = came[0]
    units = config["units"]
    weights = width * units
    made = (*places, units)
    return made, weights + units * config["use_bias"], math.prod(places) * weights, f"{units} units"


def _normalization(config: Config, came: Sequence[Shape]) -> Made:
    axes = config["axis"] if isinstance(config["axis"], list) else [config["axis"]]
    size = math.prod(came[0][axis if axis < 0 else axis - 1] for axis in axes)
    moving = 2 if "momentum" in config else 0  # batch norm's mean and variance
    return came[0], size * (config["center"] + config["scale"] + moving), 0, ""


def _depthwise(config: Config, came: Sequence[Shape]) -> Made:
    kernel, channels = config["kernel_size"], came[0][-1] * config["depth_multiplier"]
    sides = _slide(came[0], kernel, config["strides"], config["padding"], config.get("dilation_rate", (1, 1)))
    weights = math.prod(kernel) * channels
    detail = f"{kernel[0]} × {kernel[1]}, a channel at a time"
    if math.prod(config["strides"]) > 1:
        detail += f", every {config['strides'][0]}"
    return (*sides, channels), weights + channels * config["use_bias"], math.prod(sides) * weights, detail


def _pool(config: Config, came: Sequence[Shape]) -> Made:
    """Channels come last, or first: then the last two axes are pooled."""
    shape, first = came[0], config.get("data_format") == "channels_first"
    places = shape[1:] if first else shape[:2]
    sides = _slide(places, config["pool_size"], config["strides"], config["padding"], (1, 1))
    made = (shape[0], *sides) if first else (*sides, shape[-1])
    return made, 0, 0, " × ".join(map(str, config["pool_size"]))


def _pad(config: Config, came: Sequence[Shape]) -> Made:
    sides = [side + sum(ends) for side, ends in zip(came[0], config["padding"], strict=False)]
    return (*sides, came[0][-1]), 0, 0, ""


def _enlarge(config: Config, came: Sequence[Shape]) -> Made:
    sides = [side * factor for side, factor in zip(came[0], config["size"], strict=False)]
    return (*sides, came[0][-1]), 0, 0, " × ".join(map(str, config["size"]))


def _join(config: Config, came: Sequence[Shape]) -> Made:
    axis = config["axis"] if config["axis"] < 0 else config["axis"] - 1
    made = list(came[0])
    made[axis] = sum(shape[axis] for shape in came)
    return tuple(made), 0, 0, ""


def _pool_all(config: Config, came: Sequence[Shape]) -> Made:
    channels = came[0][-1]
    return ((1, 1, channels) if config.get("keepdims") else (channels,)), 0, 0, ""


def _flatten(config: Config, came: Sequence[Shape]) -> Made:
    return (math.prod(came[0]),), 0, 0, ""


def _keep(config: Config, came: Sequence[Shape]) -> Made:
    """The shape stays; several inputs are stretched to each other, (1, 1, 64) to (6, 6, 64)."""
    return tuple(max(sides) for sides in zip(*came, strict=True)), 0, 0, ""


def _slide(
    shape: Shape, window: Sequence[int], strides: Sequence[int], padding: str, dilation: Sequence[int]
) -> Shape:
    """Height and width of what a window leaves that slides over (height, width, channels)."""
    if padding == "same":
        return tuple(-(-side // step) for side, step in zip(shape, strides, strict=False))
    reach = [spread * (size - 1) + 1 for size, spread in zip(window, dilation, strict=True)]
    return tuple((side - far) // step + 1 for side, far, step in zip(shape, reach, strides, strict=False))


KINDS: dict[str, Callable[[Config, Sequence[Shape]], Made]] = {
    "Conv2D": _convolution,
    "Concatenate": _join,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "BatchNormalization": _normalization,
    "LayerNormalization": _normalization,
    "Flatten": _flatten,
    "UpSampling2D": _enlarge,
    "ZeroPadding2D": _pad,
    **dict.fromkeys(POOLING, _pool),
    **dict.fromkeys(GLOBAL_POOLING, _pool_all),
    **dict.fromkeys(SAME_SHAPE, _keep),
}


@dataclass(frozen=True)
class Block:
    """A layer with weights and what follows it without any of its own but normalization, up to the next.

    Attributes:
        layers: at least one, in order.
        skips_from: the block (its index) whose output is added to this one's, beside what comes from the
            block before; None in a plain network.
    """

    layers: tuple[Layer, ...]
    skips_from: int | None = None

    @property
    def head(self) -> Layer:
        """The layer that names the block: its convolution or dense layer, or the network's input."""
        return self.layers[0]

    @property
    def shape(self) -> Shape | None:
        """Of the maps, or numbers, that the block makes, before they are flattened or averaged away."""
        kept = list(takewhile(lambda layer: layer.kind not in FLATTENING, self.layers))
        return (kept or self.layers)[-1].shape

    @property
    def multiply_adds(self) -> int:
        """Of all its layers; those not known count 0."""
        return sum(layer.multiply_adds or 0 for layer in self.layers)


def group_layers(layers: Sequence[Layer]) -> list[Block]:
    """The network in blocks, one for each layer that multiplies or whose kind is not known."""
    groups: list[list[Layer]] = []
    for layer in layers:
        if not groups or layer.multiply_adds != 0:
            groups.append([])
        groups[-1].append(layer)
    home = {layer.name: index for index, group in enumerate(groups) for layer in group}
    return [Block(tuple(group), _skip(group, index, home)) for index, group in enumerate(groups)]


def _skip(group: Sequence[Layer], index: int, home: Mapping[str, int]) -> int | None:
    """From how far back an Add in this block takes one of its inputs."""
    origins = [home[name] for layer in group if layer.kind == "Add" for name in layer.inputs if name in home]
    earlier = [origin for origin in origins if origin < index]
    return min(earlier) if earlier else None
