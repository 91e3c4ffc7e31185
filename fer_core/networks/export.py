"""From Keras to LiteRT: ``model.tflite``, which predicts without TensorFlow, checked against the original.

The Keras model maps crops, uint8 (N, 48, 48, 1), to logits (N, 7). The exported graph maps the same crops,
its input "images", to "probabilities" (N, 7), calibrated, for any N; where the head is global average pooling
and one dense layer, also to "activation_map" (N, h, w, 7). Weights are stored in float16, half the bytes, or
as they are, and computed with in float32. ``interchange`` writes the same
graph in other formats.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import RunError
from fer_core.evaluation.calibration import UNCALIBRATED, Calibration
from fer_core.extras import optional
from fer_core.files import replace_whole
from fer_core.networks.runtime import ACTIVATION_MAP, IMAGES, PROBABILITIES, LiteRTModel

with optional():
    import keras

TOLERANCE = 2e-3  # of a probability; rounding weights to float16 changed 0.0011 at most
BATCH = 256


def export_tflite(
    model: keras.Model, path: str | Path, *, calibration: Calibration = UNCALIBRATED, float16: bool = True
) -> None:
    """Write a Keras model as a LiteRT file, whole or not at all.

    Args:
        model: uint8 (N, 48, 48, 1) to logits (N, 7); mixed precision is exported as float32.
        path: the ``.tflite`` file to write.
        calibration: from logits to probabilities.
        float16: round the weights, batch norm's factors in them, to half the bytes.

    Raises:
        RunError: if Keras does not run on TensorFlow, the model is not that, or it holds something
            that LiteRT cannot run.
    """
    if keras.backend.backend() != "tensorflow":
        raise RunError(
            "A LiteRT file can be written only where Keras runs on TensorFlow (KERAS_BACKEND=tensorflow). "
            f"Received: {keras.backend.backend()}."
        )
    graph = build_graph(as_float32(model), calibration)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with replace_whole(Path(path)) as partial:
        try:
            graph.export(str(partial), format="litert", verbose=False, **_converter_settings(float16))
            LiteRTModel(partial, trusted=True)
        except Exception as error:  # The converter raises whatever fails in it.
            raise RunError(f"The model cannot be written for LiteRT: {error}") from error


def check_parity(
    model: keras.Model,
    tflite_path: str | Path,
    images: npt.NDArray[np.uint8],
    *,
    calibration: Calibration = UNCALIBRATED,
) -> float:
    """Check that an exported file predicts as its model does.

    Args:
        model: what was exported.
        tflite_path: what it was exported to.
        images: (N, 48, 48) uint8, at least one.
        calibration: with which it was exported.

    Returns:
        The largest difference of any probability.

    Raises:
        RunError: if it exceeds ``TOLERANCE``, or the file cannot be read.
        DataError: if the images are not (N, 48, 48) uint8.
    """
    exported = LiteRTModel(tflite_path, trusted=True).probabilities(images)
    return require_parity(model, exported, images, calibration=calibration, what=Path(tflite_path))


def require_parity(
    model: keras.Model,
    exported: npt.NDArray[np.float32],
    images: npt.NDArray[np.uint8],
    *,
    calibration: Calibration,
    what: Path,
) -> float:
    """The largest difference between a model's probabilities and those of ``what`` it was exported to.

    Raises:
        RunError: if it exceeds ``TOLERANCE``.
    """
    difference = float(np.abs(exported - _keras_probabilities(model, images, calibration)).max())
    if not difference <= TOLERANCE:
        raise RunError(
            f"{what} does not predict as its Keras model does: probabilities may differ by at most "
            f"{TOLERANCE:g}. Received: {difference:.2g}."
        )
    return difference


def as_float32(model: keras.Model) -> keras.Model:
    """The same network computing in float32; the model itself where it does so already.

    Mixed precision is for training: LiteRT has no bfloat16 kernels, and rounding differs by device.
    """
    inner = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    if all(layer.compute_dtype == "float32" for layer in inner):
        return model
    copy = keras.models.clone_model(model, clone_function=_clone_in_float32)
    copy.set_weights(model.get_weights())
    return copy


def _clone_in_float32(layer: keras.Layer) -> keras.Layer:
    """A layer with the same settings and the float32 policy; the input keeps its uint8."""
    config = layer.get_config()
    if not isinstance(layer, keras.layers.InputLayer):
        config["dtype"] = "float32"
    return type(layer).from_config(config)


def build_graph(model: keras.Model, calibration: Calibration) -> keras.Model:
    """The model with named, calibrated outputs and, where possible, a class activation map."""
    head = _find_pooled_head(model)
    images = keras.Input((SIDE, SIDE, 1), dtype="uint8", name=IMAGES)
    tensors = [model.output] if head is None else [model.output, head[0].input]
    logits, *features = keras.Model(model.input, tensors)(images)
    highest = keras.ops.max(logits, axis=1, keepdims=True)
    behind = keras.layers.Rescaling(1 / calibration.temperature, dtype="float32")(highest - logits)
    outputs = {PROBABILITIES: keras.layers.Softmax(dtype="float32")(-(behind**calibration.power))}
    if head is not None:
        # Pooling averages and the dense layer is linear, so the dense layer applied to each place, before
        # pooling, gives what that place adds to each logit (Zhou et al., CVPR 2016).
        place = keras.layers.Conv2D(EMOTION_COUNT, 1, use_bias=False, dtype="float32")
        outputs[ACTIVATION_MAP] = place(features[0])
        place.set_weights([head[1].get_weights()[0][None, None]])
    return keras.Model(images, outputs)


def _find_pooled_head(model: keras.Model) -> tuple[keras.Layer, keras.layers.Dense] | None:
    """The model's global average pooling and its last dense layer, if nothing but dropout lies between."""
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.Dropout)]
    if len(layers) < 2 or not isinstance(layers[-1], keras.layers.Dense):
        return None
    pooling, dense = layers[-2:]
    is_linear = dense.activation is keras.activations.linear
    is_pooling = isinstance(pooling, keras.layers.GlobalAveragePooling2D)
    return (pooling, dense) if is_pooling and is_linear else None


def _converter_settings(float16: bool) -> dict[str, Any]:
    """LiteRT's own operations alone, for our runtime has no others."""
    import tensorflow as tf

    target: dict[str, Any] = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    if not float16:
        return {"target_spec": target}
    target["supported_types"] = [tf.float16]
    return {"target_spec": target, "optimizations": [tf.lite.Optimize.DEFAULT]}


def _keras_probabilities(
    model: keras.Model, images: npt.NDArray[np.uint8], calibration: Calibration
) -> npt.NDArray[np.float32]:
    """The calibrated probabilities of the float32 model, computed by Keras."""
    model = as_float32(model)
    starts = range(0, len(images), BATCH)
    logits = [model(images[start : start + BATCH, :, :, None], training=False) for start in starts]
    return calibration.probabilities(np.concatenate([keras.ops.convert_to_numpy(each) for each in logits]))
