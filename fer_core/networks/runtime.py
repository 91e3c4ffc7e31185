"""A run's ``model.tflite``, loaded: crops in, probabilities out, without TensorFlow and Keras.

Crops are gray uint8 (N, 48, 48); probabilities are (N, 7) float32, their rows sum to 1, the run's
calibration is part of the graph.
"""

import os
import signal
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, SignatureRunner

from fer_core.emotions import EMOTION_COUNT, SIDE
from fer_core.errors import DataError, RunError
from fer_core.files import require_regular_file
from fer_core.networks.checksums import require_intact
from fer_core.paths import CHECKOUT

Crops = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

IMAGES, PROBABILITIES, ACTIVATION_MAP = "images", "probabilities", "activation_map"
# A batch is hardly faster than one image at a time (two threads, 4.3 M parameters: 0.71 ms one alone,
# 0.63 ms each of 16, 0.62 ms each of 64) but holds more memory, and another thread's lock longer.
BATCH = 16
MOST_THREADS = 4
MOST_BYTES = 1_000_000_000  # of a file; ours have 2 to 9 MB
# Reads a file that nothing vouches for, in a process of its own: what native code does with a damaged one is
# not for Python to catch. It says why it cannot be used, or nothing.
TRY = """
import sys
import numpy as np
from fer_core.errors import RunError
from fer_core.networks.runtime import BATCH, LiteRTModel
try:
    model = LiteRTModel(sys.argv[1], trusted=True)
    crops = np.random.default_rng(0).integers(0, 256, (BATCH, 48, 48), dtype=np.uint8)
    model.probabilities(crops)
    if model.has_activation_map:
        model.activation_map(crops)
except RunError as error:
    print(error)
"""
TRY_SECONDS = 20  # a sound one takes one


class LiteRTModel:
    """A network in LiteRT. It may be shared between threads: one runs at a time.

    Args:
        path: a ``.tflite`` file that ``fer_core.networks.export`` wrote.
        threads: how many threads compute; by default as many as there are cores, at most 4 (the images
            are too small for more).
        trusted: the file was just written by this process. Any other is held to the SHA-256 that its run
            recorded, and is first opened in a process of its own where nothing recorded it.

    Raises:
        RunError: if the file is missing or broken, or is not one of our networks, or threads is below 1.
    """

    def __init__(self, path: str | Path, *, threads: int | None = None, trusted: bool = False) -> None:
        if threads is not None and threads < 1:
            raise RunError(f"A network needs at least 1 thread. Received: {threads}.")
        self.path = Path(path)
        self._lock = threading.Lock()
        require_regular_file(self.path, MOST_BYTES, what="model")
        if not trusted and not require_intact(self.path):
            _try_elsewhere(self.path)
        self._runner = self._load(threads or min(MOST_THREADS, os.cpu_count() or 1))

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
        self._check(found)
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
        """The graph, ready to run: its input and output checked, and called once."""
        expected = {IMAGES: (-1, SIDE, SIDE, 1), PROBABILITIES: (-1, EMOTION_COUNT)}
        try:
            runner = Interpreter(model_path=str(self.path), num_threads=threads).get_signature_runner()
            shapes = {
                name: tuple(details["shape_signature"])
                for name, details in (runner.get_input_details() | runner.get_output_details()).items()
            }
            if all(shapes.get(name) == shape for name, shape in expected.items()):
                # The first call packs the weights, which takes longer than the call itself, and shows damage.
                found = runner(**{IMAGES: np.zeros((1, SIDE, SIDE, 1), np.uint8)})[PROBABILITIES]
                self._check(found)
                return runner
        except RunError:
            raise
        except Exception as error:  # LiteRT raises ValueError and RuntimeError, and names no file.
            reason = " ".join(str(error).split()).rstrip(".")
            raise RunError(f"{self.path} is damaged or not a LiteRT model: {reason}.") from error
        raise RunError(f"{self.path} is not one of our networks. Expected {expected}. Received: {shapes}.")

    def _check(self, found: Floats) -> None:
        if not np.allclose(found.sum(axis=1), 1, atol=1e-3):  # False also where a value is NaN.
            raise RunError(
                f"{self.path} is damaged: its outputs must be probabilities that sum to 1. "
                f"Received: {found[0].tolist()}."
            )


def _try_elsewhere(path: Path) -> None:
    """Open a file in a process of its own, once for each state of the file.

    Raises:
        RunError: if it cannot be used, or ends that process.
    """
    stat = path.stat()
    problem = _problem(path.resolve(), stat.st_mtime_ns, stat.st_size)
    if problem:
        raise RunError(problem)


@lru_cache(maxsize=64)
def _problem(path: Path, mtime_ns: int, size: int) -> str:
    """Why a file cannot be used; "" if it can."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(CHECKOUT), *filter(None, sys.path)])}
    try:
        tried = subprocess.run(
            [sys.executable, "-c", TRY, path],
            env=environment, capture_output=True, text=True, timeout=TRY_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"{path} is damaged: it was not read within {TRY_SECONDS} seconds."
    if tried.returncode:
        ended = -tried.returncode
        how = signal.Signals(ended).name if ended in list(signal.Signals) else f"exit code {tried.returncode}"
        return f"{path} is damaged or not a LiteRT model: it ends the process that reads it ({how})."
    return tried.stdout.strip()
