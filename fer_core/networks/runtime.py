"""A run's ``model.tflite``, loaded: crops in, probabilities out, without TensorFlow and Keras.

Crops are gray uint8 (N, 48, 48); probabilities are (N, 7) float32, their rows sum to 1, the run's
calibration is part of the graph.
"""

import os
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, SignatureRunner

from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import DataError, RunError

Crops = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

IMAGES, PROBABILITIES, ACTIVATION_MAP = "images", "probabilities", "activation_map"
# A batch is hardly faster than one image at a time (two threads, 4.3 M parameters: 0.71 ms one alone,
# 0.63 ms each of 16, 0.62 ms each of 64) but holds more memory, and another thread's lock longer.
BATCH = 16
MOST_THREADS = 4


class LiteRTModel:
    """A network in LiteRT. It may be shared between threads: one runs at a time.

    Args:
        path: a ``.tflite`` file that ``fer_core.networks.export`` wrote.
        threads: how many threads compute; by default as many as there are cores, at most 4 (the images
            are too small for more).

    Raises:
        RunError: if the file is missing or broken, or is not one of our networks, or threads is below 1.
    """

    def __init__(self, path: str | Path, *, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise RunError(f"A network needs at least 1 thread. Received: {threads}.")
        self.path = Path(path)
        self._lock = threading.Lock()
        self._runner = self._load(threads or min(MOST_THREADS, os.cpu_count() or 1))
        # The first call packs the weights, which takes longer than the call itself, and shows a damaged file.
        self.probabilities(np.zeros((1, SIDE, SIDE), dtype=np.uint8))

    @property
    def has_activation_map(self) -> bool:
        """Whether the graph has class activation maps (its head is global average pooling)."""
        return ACTIVATION_MAP in self._runner.get_output_details()

    def probabilities(self, crops: Crops) -> Floats:
        """The probability of each emotion: (N, 48, 48) uint8 to (N, 7) float32.

        Raises:
            DataError: if the crops are not (N, 48, 48) uint8.
            RunError: if the network outputs something other than probabilities.
        """
        found = self._run(crops, PROBABILITIES)
        if not np.allclose(found.sum(axis=1), 1, atol=1e-3):  # False also where a value is NaN.
            raise RunError(
                f"{self.path} is damaged: its outputs must be probabilities that sum to 1. "
                f"Received: {found[0].tolist()}."
            )
        return found

    def activation_map(self, crops: Crops) -> Floats:
        """Class activation maps: (N, 48, 48) uint8 to (N, h, w, 7) float32.

        Raises:
            DataError: if the crops are not (N, 48, 48) uint8.
            RunError: if the graph has no such output, see ``has_activation_map``.
        """
        if not self.has_activation_map:
            raise RunError(f"{self.path} has no activation map: its head is not global average pooling.")
        return self._run(crops, ACTIVATION_MAP)

    def _run(self, crops: Crops, output: str) -> Floats:
        """One output for all crops, computed in batches of 16."""
        if crops.dtype != np.uint8 or crops.ndim != 3 or crops.shape[1:] != (SIDE, SIDE):
            raise DataError(
                f"Crops must be (N, {SIDE}, {SIDE}) uint8. Received: {crops.shape} {crops.dtype}."
            )
        if not len(crops):
            shape = self._runner.get_output_details()[output]["shape"]
            return np.empty((0, *shape[1:]), dtype=np.float32)
        parts = []
        for start in range(0, len(crops), BATCH):
            batch = np.ascontiguousarray(crops[start : start + BATCH, :, :, None])
            with self._lock:
                parts.append(self._runner(**{IMAGES: batch})[output])
        return np.concatenate(parts)

    def _load(self, threads: int) -> SignatureRunner:
        """The graph, ready to run, its input and output checked."""
        if not self.path.is_file():
            raise RunError(f"There is no model at {self.path}.")
        try:
            runner = Interpreter(model_path=str(self.path), num_threads=threads).get_signature_runner()
            shapes = {
                name: tuple(details["shape_signature"])
                for name, details in (runner.get_input_details() | runner.get_output_details()).items()
            }
        except Exception as error:  # LiteRT raises ValueError and RuntimeError, and names no file.
            raise RunError(
                f"{self.path} is damaged or not a LiteRT model: {str(error).strip().rstrip('.')}."
            ) from error
        expected = {IMAGES: (-1, SIDE, SIDE, 1), PROBABILITIES: (-1, EMOTION_COUNT)}
        if any(shapes.get(name) != shape for name, shape in expected.items()):
            raise RunError(
                f"{self.path} is not one of our networks. Expected {expected}. Received: {shapes}."
            )
        return runner
