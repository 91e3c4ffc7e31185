"""How fast a run predicts on this machine, and how much memory that takes: measured, never asserted.

The cold start runs in a process of its own, from the interpreter's start to the first prediction.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np

from fer_core.datasets.synthetic import draw_faces
from fer_core.errors import RunError
from fer_core.experiments.provenance import describe_device
from fer_core.experiments.runs import Run
from fer_core.inference.recognizer import Recognizer

COLD_START = """
import json, sys
import numpy as np
from fer_core.inference.recognizer import Recognizer
Recognizer(sys.argv[1]).predict(np.full((48, 48, 3), 128, np.uint8))
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
except ImportError:
    peak = None
print(json.dumps(peak))
"""


@dataclass(frozen=True)
class Benchmark:
    """Seconds from a cold start to the first prediction, peak memory, milliseconds per image, and size."""

    name: str
    device: str
    parameters: int
    macs: int | None
    cold_seconds: float
    peak_mib: float | None
    one_face_ms: float
    one_face_one_thread_ms: float
    batch_face_ms: float


def measure(run: Run, *, repeats: int = 200) -> Benchmark:
    """Measure a run; medians of ``repeats`` predictions of drawn 48x48 faces.

    Raises:
        RunError: if the cold process fails.
    """
    faces = draw_faces(10, seed=0)[0][:64]
    recognizer = Recognizer(run)
    cold_seconds, peak = cold_start(run)
    return Benchmark(
        name=run.name,
        device=describe_device(),
        parameters=run.provenance["parameters"],
        macs=run.summary.macs if run.summary else None,
        cold_seconds=cold_seconds,
        peak_mib=peak,
        one_face_ms=_median_ms(recognizer, faces[:1], repeats),
        one_face_one_thread_ms=_median_ms(Recognizer(run, threads=1), faces[:1], repeats),
        batch_face_ms=_median_ms(recognizer, faces, repeats // 10) / len(faces),
    )


def cold_start(run: Run) -> tuple[float, float | None]:
    """Seconds from a new interpreter's start to its first prediction, and its peak memory in MiB if known.

    Raises:
        RunError: if that process fails.
    """
    command = [sys.executable, "-c", COLD_START, str(run.tflite_path)]
    started = time.perf_counter()
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if process.returncode:
        reason = (process.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise RunError(f"A new process could not predict with {run.path}: {reason}")
    return seconds, json.loads(process.stdout)


def _median_ms(recognizer: Recognizer, faces: np.ndarray, repeats: int) -> float:
    seconds = []
    for _ in range(repeats + 3):
        started = time.perf_counter()
        recognizer.predict_crops(faces)
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds[3:]) * 1000)  # the first ones warm up


def format_benchmark(found: Benchmark) -> str:
    """The measurements as text of several lines."""
    macs = "" if found.macs is None else f" and {found.macs / 1e6:,.0f} million MACs per image"
    memory = "unknown" if found.peak_mib is None else f"{found.peak_mib:.0f} MiB"
    return "\n".join(
        [
            f"{found.name}: {found.parameters:,} parameters{macs}, on {found.device}",
            f"cold start to the first prediction {found.cold_seconds:.2f} s, peak memory {memory}",
            f"one image                          {found.one_face_ms:.2f} ms",
            f"one image, one thread              {found.one_face_one_thread_ms:.2f} ms",
            f"per image in a batch of 64         {found.batch_face_ms:.2f} ms",
        ]
    )
