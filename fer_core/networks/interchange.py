"""A network in the formats of other runtimes, written by Keras's own exporters and checked against Keras.

Each format holds the graph of ``export``: "images" uint8 (N, 48, 48, 1) -> "probabilities" float32 (N, 7),
calibrated, and "activation_map" (N, h, w, 7) where the network has one; weights in float32.

litert        one file for LiteRT, as in the run, but for its weights
onnx          one file for ONNX Runtime, OpenCV and others: https://onnx.ai
saved_model   a folder for TensorFlow Serving and TensorFlow.js
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_core.emotions import SIDE
from fer_core.errors import RunError
from fer_core.evaluation.calibration import Calibration
from fer_core.extras import optional
from fer_core.networks.export import as_float32, build_graph, export_tflite, require_parity
from fer_core.networks.runtime import IMAGES, PROBABILITIES, LiteRTModel

with optional():
    import keras

FORMATS = {"litert": ".tflite", "onnx": ".onnx", "saved_model": ""}  # format -> suffix of what is written
Probabilities = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]


def export_network(
    model: keras.Model,
    path: Path,
    *,
    format: str,
    calibration: Calibration,
    images: npt.NDArray[np.uint8],
) -> float:
    """Write a network in another format, whole or not at all, once its own runtime has repeated Keras.

    Args:
        model: uint8 (N, 48, 48, 1) -> logits (N, 7).
        path: the file to write, or the folder for "saved_model"; neither may be there.
        format: one of ``FORMATS``.
        calibration: from logits to probabilities.
        images: (N, 48, 48) uint8, those that both predict.

    Returns:
        The largest difference of any probability.

    Raises:
        RunError: if there is no such format, the path is taken, or the written network predicts otherwise.
        MissingExtraError: if ONNX's packages are not installed.
    """
    if format not in FORMATS:
        raise RunError(f"A network is exported as {', '.join(FORMATS)}. Received: {format!r}.")
    if path.exists():
        raise RunError(f"{path} is there already, and an export replaces nothing. Name another path.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fer-export-") as aside:
        written = Path(aside) / f"network{FORMATS[format]}"
        predict = _WRITERS[format](model, written, calibration)
        difference = require_parity(model, predict(images), images, calibration=calibration, what=path)
        shutil.move(written, path)
    return difference


def _write_litert(model: keras.Model, path: Path, calibration: Calibration) -> Probabilities:
    export_tflite(model, path, calibration=calibration, float16=False)
    return LiteRTModel(path, trusted=True).probabilities


def _write_onnx(model: keras.Model, path: Path, calibration: Calibration) -> Probabilities:
    with optional():
        import onnxruntime
        import tf2onnx  # noqa: F401 - Keras imports it, and would say less clearly that it is missing
    _called_graph(model, calibration).export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path.read_bytes())
    return lambda images: session.run([PROBABILITIES], {IMAGES: images[..., None]})[0]


def _write_saved_model(model: keras.Model, path: Path, calibration: Calibration) -> Probabilities:
    _called_graph(model, calibration).export(path, format="tf_saved_model", verbose=False)
    loaded = keras.layers.TFSMLayer(str(path), call_endpoint="serve")
    return lambda images: np.asarray(loaded(images[..., None])[PROBABILITIES])


def _called_graph(model: keras.Model, calibration: Calibration) -> keras.Model:
    """The graph, called once: Keras exports no other."""
    graph = build_graph(as_float32(model), calibration)
    graph(np.zeros((1, SIDE, SIDE, 1), np.uint8))
    return graph


_WRITERS: dict[str, Callable[[keras.Model, Path, Calibration], Probabilities]] = {
    "litert": _write_litert,
    "onnx": _write_onnx,
    "saved_model": _write_saved_model,
}
