"""How far ``fer batch`` goes: rates by stage, Ray beside the pool, memory, a kill: docs/scale.md.

    python benchmarks/scale.py --write                  about an hour on two quiet cores, 4 GB of disk
    python benchmarks/scale.py --photos 60 --stage-photos 3 --engine-photos 12 --video-seconds 2

Photos are made by code from the app's samples. Takes Linux; what Ray is compared by takes ray[data].
"""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the checkout's own code

from benchmarks import batches
from benchmarks.batches import SIZES, STAGES, fresh, make_photos, make_video, run_batch
from fer_core.experiments.provenance import describe_device

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "scale.md"
BEGIN, END = "<!-- figures: python benchmarks/scale.py --write -->\n", "<!-- /figures -->"
WORKERS = (1, 2)
WEEK = 7 * 24 * 3600
BILLION, CORES = 1_000_000_000, 1_000
FEW = 4  # photos that show how long a start takes
POINTS = (0.1, 0.25, 0.5, 0.75, 1.0)  # of a run, at which its memory is told


def main() -> None:
    """Measure, and print the figures or write them into docs/scale.md."""
    options = parse()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        text = report(measure(options, work), options)
    if not options.write:
        print(text)
        return
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    DOCUMENT.write_text(before + BEGIN + text + END + rest.partition(END)[2], encoding="utf-8")


def parse() -> argparse.Namespace:
    """The words of the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=20_000, help="of the long run, 640 x 480")
    parser.add_argument("--stage-photos", type=int, default=200, help="of each size, for the stages")
    parser.add_argument("--engine-photos", type=int, default=2_000, help="for Ray beside the pool, 1080p")
    parser.add_argument("--video-seconds", type=int, default=60, help="of film, 1080p")
    parser.add_argument("--run", default="small", help="which network")
    parser.add_argument("--work", type=Path, help="a folder whose photos are kept for the next time")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/scale.md")
    return parser.parse_args()


def measure(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """All figures."""
    found: dict[str, Any] = {"stages": {}, "engines": {}}
    for name, size in SIZES.items():
        folder = make_photos(work / f"stages {name}", size, options.stage_photos)
        for workers in WORKERS:
            say(f"stages of {name} photos on {workers} cores")
            found["stages"][name, workers] = batches.stage_rates(folder, options.run, work, workers)
        sizes = [path.stat().st_size for path in folder.rglob("*.jpg")]
        found.setdefault("bytes", {})[name] = sum(sizes) / len(sizes)
    say("a film")
    film = make_video(work / "film.mp4", options.video_seconds)
    found["video"] = batches.video_rate(film, options.run)
    measure_engines(found, options, work)
    measure_long_run(found, options, work)
    return found


def measure_engines(found: dict[str, Any], options: argparse.Namespace, work: Path) -> None:
    """The same photos by both engines, and how long each takes for a few alone: its start."""
    many = make_photos(work / "engines", SIZES["1080p"], options.engine_photos)
    few = make_photos(work / "few", SIZES["1080p"], FEW)
    ways = [("local", 1), ("local", 2)] + [("ray", 2)] * bool(importlib.util.find_spec("ray"))
    for engine, workers in ways:
        say(f"{options.engine_photos} photos by {engine}, {workers} workers")
        words = ("--engine", engine, "--workers", str(workers))
        start = run_batch(few, fresh(work / "out few"), options.run, *words)
        whole = run_batch(many, fresh(work / f"out {engine}"), options.run, *words)
        found["engines"][engine, workers] = start.seconds, whole.seconds
    if len(ways) == 3:
        found["equal"] = batches.rows_are_equal(work / "out local", work / "out ray")


def measure_long_run(found: dict[str, Any], options: argparse.Namespace, work: Path) -> None:
    """Many photos at once, and again with a kill in the middle."""
    say(f"making {options.photos} photos")
    photos = make_photos(work / "long", SIZES["480p"], options.photos)
    say(f"{options.photos} photos at once")
    found["long"] = run_batch(photos, fresh(work / "out long"), options.run)
    found["row"] = batches.bytes_per_row(work / "out long")
    say("and killed in the middle")
    killed = fresh(work / "out killed")
    run_batch(photos, killed, options.run, kill_after=options.photos // 3)
    found["kept"] = batches.count_files(killed)
    found["resumed"] = run_batch(photos, killed, options.run)
    found["same"] = batches.rows_are_equal(work / "out long", killed)


def report(found: dict[str, Any], options: argparse.Namespace) -> str:
    """The figures as Markdown."""
    parts = (stages(found, options), engines(found, options), long_run(found, options), paper(found, options))
    head = f"Measured on {describe_device()}, network `{options.run}`."
    return "\n\n".join((head, *parts)) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def rate(value: float) -> str:
    """So many a second: a digit behind the point where that says something."""
    return f"{value:,.1f}" if value < 10 else f"{value:,.0f}"


def total(rates: dict[str, float]) -> float:
    """Photos a second through all stages, one after the other."""
    return 1 / sum(1 / rate for rate in rates.values())


def stages(found: dict[str, Any], options: argparse.Namespace) -> str:
    """Rates by stage, and that of a film."""
    rows = [
        [name, str(workers), *(rate(rates[stage]) for stage in STAGES), f"**{rate(total(rates))}**"]
        for (name, workers), rates in found["stages"].items()
    ]
    seconds, frames = found["video"]
    return f"""## Photos a second by stage

{table(["photos", "cores", *STAGES, "all stages"], rows)}

A 1080p film of 25 frames a second, sampled five times a second: {frames / seconds:.1f} sampled frames a
second of a core, {options.video_seconds / seconds:.1f} times real time."""


def engines(found: dict[str, Any], options: argparse.Namespace) -> str:
    """Ray beside the pool of processes."""
    rates, rows = {}, []
    for (engine, workers), (start, whole) in found["engines"].items():
        rates[engine] = (options.engine_photos - FEW) / (whole - start)
        rows.append([engine, str(workers), f"{start:.1f} s", f"{whole:.1f} s", rate(rates[engine])])
    said = "Ray was not installed."
    if "ray" in rates:
        slower = 100 * (rates["local"] / rates["ray"] - 1)
        same = "the same" if found["equal"] else "NOT the same"
        said = f"Once started, a photo takes {slower:+.0f} % of time by Ray; the rows are {same}."
    return f"""## Ray beside the pool of processes

{options.engine_photos:,} photos of 1080p by `fer batch`, from its start to its end.

{table(["engine", "workers", f"{FEW} photos", "all", "photos a second after the start"], rows)}

{said}"""


def long_run(found: dict[str, Any], options: argparse.Namespace) -> str:
    """Memory and the kill."""
    run, memory = found["long"], found["long"].memory
    points = [memory[min(len(memory) - 1, int(share * len(memory)))] for share in POINTS]
    half = len(memory) // 2
    same = "equal those" if found["same"] else "DIFFER from those"
    return f"""## {options.photos:,} photos of 640 x 480

{run.seconds / 60:.1f} min on all cores, {options.photos / run.seconds:.1f} photos a second.

{table(["at", *(f"{share:.0%}" for share in POINTS)], [["MB, all processes", *map("{:.0f}".format, points)]])}

At most {max(memory[: half + 1]):.0f} MB in the first half, {max(memory[half:]):.0f} MB in the second.

Killed (SIGKILL) on the way, it kept {found["kept"]:,} photos; the same command predicted the rest in
{found["resumed"].seconds / 60:.1f} min, and the rows {same} of the uninterrupted run, in order too."""


def paper(found: dict[str, Any], options: argparse.Namespace) -> str:
    """What very large collections take, from the rates of one core."""
    rows = []
    for name in SIZES:
        rates, size = found["stages"][name, 1], found["bytes"][name]
        hours = BILLION / total(rates) / 3600
        slowest = min(STAGES, key=lambda stage: rates[stage])
        binds = f"{slowest}, {total(rates) / rates[slowest]:.0%} of the time"
        read = f"{size * BILLION / 1e12:,.0f} TB, {size * CORES * total(rates) / 1e9:.1f} GB/s"
        rows.append([name, f"{hours:,.0f}", f"{hours / CORES:,.0f} h", read, binds])
    week = WEEK / options.video_seconds * found["video"][0] / 3600
    head = ["a billion photos of", "core-hours", f"on {CORES:,} cores", "to be read there", "what binds"]
    return f"""## On paper

{table(head, rows)}

The table of a billion photos with a face each has {found["row"] * BILLION / 1e9:,.0f} GB. A week of 1080p
film at 25 frames a second, sampled five times a second, takes {week:,.0f} core-hours."""


def say(what: str) -> None:
    """What comes next, on standard error."""
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
