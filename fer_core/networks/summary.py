"""A network's model summary: its layers in the order in which a picture passes them, with output shapes,
parameters and MACs.

Made from the Keras network when a run is exported and stored with the run: nobody needs Keras to read it.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core import files
from fer_core.errors import RunError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Layer:
    """One layer of a network.

    Attributes:
        name: unique in its network.
        type: Keras's class name: "Conv2D".
        output_shape: without the batch: (height, width, channels), or (units,).
        parameters: how many numbers it holds, trained or not.
        macs: multiply-accumulate operations of its kernels for one picture; what works number by number
            (batch norm, ReLU) counts 0, as is usual.
    """

    name: str
    type: str
    output_shape: tuple[int, ...]
    parameters: int
    macs: int


@dataclass(frozen=True)
class Summary:
    """The layers of a network; those of a network inside it stand in its place."""

    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> int:
        """Of all layers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        """Of all layers, for one picture."""
        return sum(layer.macs for layer in self.layers)


def summarize(network: "keras.Model") -> Summary:
    """The summary of a network whose input has a fixed size."""
    return Summary(tuple(_layers(network)))


def _layers(network: "keras.Model") -> Iterator[Layer]:
    for layer in network.layers:
        if hasattr(layer, "layers"):
            yield from _layers(layer)
            continue
        shape = tuple(layer.output.shape[1:])
        # A kernel, (height, width, channels in, channels out) or (units in, units out), is applied once at
        # each place of the output.
        kernels = sum(math.prod(weight.shape) for weight in layer.weights if "kernel" in weight.name)
        macs = kernels * math.prod(shape[:-1])
        yield Layer(layer.name, type(layer).__name__, shape, layer.count_params(), macs)


def write_summary(path: Path, summary: Summary) -> None:
    """Write it as JSON, whole or not at all."""
    files.write_json(path, asdict(summary))


def read_summary(path: Path) -> Summary:
    """What ``write_summary`` wrote.

    Raises:
        RunError: if the file cannot be read or holds something else; the message names it.
    """
    try:
        return Summary(
            tuple(
                Layer(
                    name=str(each["name"]),
                    type=str(each["type"]),
                    output_shape=tuple(map(int, each["output_shape"])),
                    parameters=int(each["parameters"]),
                    macs=int(each["macs"]),
                )
                for each in files.read_json(path)["layers"]
            )
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RunError(f"{path} must hold a model summary. Received: {error!r}.") from error
