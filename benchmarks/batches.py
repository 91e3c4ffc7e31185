"""What ``scale.py`` measures: stages on one and two cores, runs of ``fer batch``, their memory, a kill."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageEnhance
from pyarrow import dataset, parquet

from fer_core.inference.face_table import photo_rows, to_arrow
from fer_core.inference.inputs import find_files
from fer_core.inference.prediction import Prediction
from fer_core.inference.recognizer import Recognizer
from fer_core.inference.video import VideoReader
from fer_core.vision.detection import crop_face
from fer_core.vision.pictures import load_picture

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "pages" / "parts" / "samples"
SIZES = {"480p": (640, 480), "1080p": (1920, 1080), "12 MP": (4032, 3024)}
STAGES = ("decode", "detect", "crop", "predict", "write")
PART_ROWS = 50_000  # as fer_core.inference.parts has it
EVERY_SECONDS = 0.5
COMMAND = """
import sys
from fer_core.inference import parts
if __name__ == "__main__":
    parts.MOST_ROWS = %d
    from fer_core.cli.main import main
    sys.exit(main())
"""
RATE = 5.0  # sampled frames a second of a video


def make_photos(folder: Path, size: tuple[int, int], count: int) -> Path:
    """``count`` JPEGs in folders of a thousand, each a sample photo at another place, size and brightness.

    Those that are there already stay, so that a second call takes no time.
    """
    samples = [Image.open(path).convert("RGB") for path in sorted(SAMPLES.glob("*.jpg"))]
    for index in range(count):
        path = folder / f"{index // 1000:04d}" / f"{index:07d}.jpg"
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(index)
        photo = samples[index % len(samples)]
        scale = min(size[0] / photo.width, size[1] / photo.height) * rng.uniform(0.5, 0.95)
        face = photo.resize((max(1, round(photo.width * scale)), max(1, round(photo.height * scale))))
        face = ImageEnhance.Brightness(face).enhance(rng.uniform(0.7, 1.2))
        ground = rng.integers(0, 255, (size[1] // 8, size[0] // 8, 3), np.uint8)
        picture = Image.fromarray(ground).resize(size)
        room = size[0] - face.width, size[1] - face.height
        picture.paste(face, (round(rng.uniform(0, room[0])), round(rng.uniform(0, room[1]))))
        picture.save(path, quality=88)
    return folder


def make_video(path: Path, seconds: int, size: tuple[int, int] = (1920, 1080)) -> Path:
    """A film of 25 frames a second in which a sample's face moves: H.264, as cameras write it."""
    import av

    face = Image.open(SAMPLES / "eileen-collins.jpg").resize((size[1] // 3, size[1] // 2))
    ground = np.full((size[1], size[0], 3), 110, np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(25 * seconds):
            picture = Image.fromarray(ground)
            picture.paste(face, ((4 * index) % (size[0] - face.width), size[1] // 4))
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    return path


def time_stages(folder: Path, run: str, scratch: Path) -> dict[str, float]:
    """Seconds a photo of each stage, in this process, on one thread."""
    cv2.setNumThreads(1)
    recognizer = Recognizer(run, threads=1)
    paths = [path for path, _ in find_files([str(folder)])]
    seconds = dict.fromkeys(STAGES, 0.0)
    rows = []
    for number, path in enumerate([paths[0], *paths]):  # the first once to warm up
        marks = [time.perf_counter()]
        picture = load_picture(path)
        marks.append(time.perf_counter())
        faces = recognizer.detect_faces(picture)
        marks.append(time.perf_counter())
        crops = [crop_face(picture, face) for face in faces]
        marks.append(time.perf_counter())
        shares = recognizer.predict_crops(np.stack(crops)) if crops else []
        marks.append(time.perf_counter())
        found = [Prediction(*each) for each in zip(shares, faces, crops, strict=True)]
        if number:
            rows += photo_rows(path, found)
            for name, took in zip(STAGES, np.diff(marks), strict=False):
                seconds[name] += took
    start = time.perf_counter()
    parquet.write_table(to_arrow(rows), scratch / f"{os.getpid()}.parquet", compression="zstd")
    seconds["write"] = time.perf_counter() - start
    return {name: took / len(paths) for name, took in seconds.items()}


def stage_rates(folder: Path, run: str, scratch: Path, workers: int) -> dict[str, float]:
    """Photos a second of each stage on so many cores at once."""
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        found = pool.starmap(time_stages, [(folder, run, scratch)] * workers, chunksize=1)
    return {name: sum(1 / each[name] for each in found) for name in STAGES}


def video_rate(film: Path, run: str) -> tuple[float, int]:
    """Seconds that a core takes for a film, and how many frames it samples."""
    cv2.setNumThreads(1)
    recognizer = Recognizer(run, threads=1)
    reader = VideoReader(recognizer, str(film), frames_per_second=RATE, keeps_key_frames=False)
    start = time.process_time()
    while reader.read_next():
        pass
    return time.process_time() - start, reader.frame_count


@dataclass
class Run:
    """One ``fer batch``: seconds, memory in MB every half second, and its exit code."""

    seconds: float = 0.0
    memory: list[float] = field(default_factory=list)
    code: int = 0


def run_batch(source: Path, out: Path, run: str, *options: str, kill_after: int = 0) -> Run:
    """Run it in a process of its own; with ``kill_after`` it is killed (SIGKILL) after so many files.

    Then its parts are small, so that there are some.
    """
    script = COMMAND % (kill_after // 4 or PART_ROWS)
    words = ["batch", str(source), "--out", str(out), "--run", run, *options]
    found, start = Run(), time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", script, *words], cwd=ROOT, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        used = sum(map(_own_megabytes, (process.pid, *_descendants(process.pid))))
        found.memory += [used] if used else []  # nothing is left of one that has just ended
        if kill_after and count_files(out) >= kill_after:
            process.send_signal(signal.SIGKILL)
        time.sleep(EVERY_SECONDS)
    found.seconds, found.code = time.perf_counter() - start, process.returncode
    return found


def count_files(out: Path) -> int:
    """How many photos the finished parts of a folder hold."""
    return sum(len(parquet.read_table(part, columns=["path"])["path"].unique()) for part in parts_of(out))


def parts_of(out: Path) -> list[str]:
    """The parts of a folder, in order."""
    return sorted(map(str, out.glob("part-*.parquet")))


def rows_are_equal(first: Path, second: Path) -> bool:
    """Whether two folders hold the same rows in the same order."""
    tables = [dataset.dataset(parts_of(each)).to_table() for each in (first, second)]
    return bool(tables[0].equals(tables[1]))


def bytes_per_row(out: Path) -> float:
    """Of the parts on disk."""
    rows = sum(parquet.read_metadata(part).num_rows for part in parts_of(out))
    return sum(os.path.getsize(part) for part in parts_of(out)) / rows


def fresh(folder: Path) -> Path:
    """A folder that is not there."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _descendants(process: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from _descendants(child)


def _own_megabytes(process: int) -> float:
    """A process's share of the memory: pages that several have are counted once over all (PSS)."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("Pss:")), 0.0)
