"""Two other libraries on the same photo, in a virtual environment of their own.

    python benchmarks/peers.py --venv DIR

makes the environment (TensorFlow: about 2 GB, a few minutes) and prints what each finds and how long it
takes. ``make bench PEERS=DIR`` also puts that into docs/benchmark.md. Their accuracy is not measured.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PHOTO = Path(__file__).parent.parent / "pages" / "parts" / "samples" / "two-faces.jpg"
PEERS = ("fer==25.10.3", "facex==1.1.0")
TENSORFLOW = "tensorflow" if sys.platform == "darwin" else "tensorflow-cpu"
# What they import to read a photo. Their own lists also hold PyTorch and FFmpeg, which that does not need;
# and ``fer`` imports pkg_resources, which newer setuptools lack.
NEEDED = (
    TENSORFLOW,
    "opencv-contrib-python-headless<5",
    "scikit-image",
    "pandas",
    "requests",
    "tqdm",
    "pillow",
    "setuptools<81",
)
MEASURE = """
import json, logging, sys, time
import cv2
logging.disable(logging.CRITICAL)
photo, repeats = cv2.imread(sys.argv[1]), int(sys.argv[2])

def load_fer():
    from fer.fer import FER
    return FER().detect_emotions, lambda face: max(face["emotions"], key=face["emotions"].get)

def load_facex():
    import facex
    return facex.PoolManager(pool_size=1).predict, lambda face: max(face["emot"], key=face["emot"].get)

found = {}
for name, load in (("fer", load_fer), ("facex", load_facex)):
    try:
        predict, emotion_of = load()
        faces, seconds = predict(photo), []
        for _ in range(repeats):
            start = time.perf_counter()
            predict(photo)
            seconds.append(time.perf_counter() - start)
        emotions = [emotion_of(face) for face in faces]
        found[name] = {"emotions": emotions, "ms": 1000 * sorted(seconds)[len(seconds) // 2]}
    except Exception as error:
        found[name] = {"error": f"{type(error).__name__}: {error}"}
print("\\n" + json.dumps(found), flush=True)
import os
os._exit(0)  # facex's threads would hold the process
"""


def measure(venv: Path, *, repeats: int = 200) -> dict[str, dict[str, Any]]:
    """What each peer finds in ``PHOTO``: its emotions, one a face, and the median milliseconds; or an error.

    Args:
        venv: a folder; the environment is made there if it is not there yet.
        repeats: how many predictions the median is over.
    """
    python = venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = venv / "peers-installed"
    if not done.is_file():
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([*pip, *NEEDED], check=True)
        subprocess.run([*pip, "--no-deps", *PEERS], check=True)
        done.touch()
    command = [str(python), "-c", MEASURE, str(PHOTO), str(repeats)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(said.strip().splitlines()[-1]))


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", type=Path, required=True, help="where the environment is, or is made")
    parser.add_argument("--repeats", type=int, default=200)
    options = parser.parse_args()
    for name, found in measure(options.venv, repeats=options.repeats).items():
        print(f"{name}: {found}")


if __name__ == "__main__":
    main()
